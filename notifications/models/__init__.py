"""Outward: who hears what, by which rule, and what became of every message."""

from .audiences import AudienceGroup, AudienceMember, OptOut
from .deliveries import Attempt, Delivery, FanOut, Notice
from .heartbeat import Heartbeat
from .maintenance import Maintenance, MaintenanceComponent
from .maintenance_words import MaintenanceWord
from .public_incidents import ComponentImpact, ImpactLevel, PublicIncident, PublicPost, PublicState
from .routing import RoutingRule, RoutingService
from .status_page import Component, ComponentService, CustomHost, StatusPage
from .subscribers import Subscriber, SubscriberComponent

__all__ = [
    "Attempt",
    "AudienceGroup",
    "AudienceMember",
    "Component",
    "ComponentImpact",
    "ComponentService",
    "CustomHost",
    "Delivery",
    "FanOut",
    "Heartbeat",
    "ImpactLevel",
    "Maintenance",
    "MaintenanceComponent",
    "MaintenanceWord",
    "Notice",
    "OptOut",
    "PublicIncident",
    "PublicPost",
    "PublicState",
    "RoutingRule",
    "RoutingService",
    "StatusPage",
    "Subscriber",
    "SubscriberComponent",
]
