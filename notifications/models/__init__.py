"""Outward: who hears what, by which rule, and what became of every message."""

from .audiences import AudienceGroup, AudienceMember, OptOut
from .deliveries import Attempt, Delivery, FanOut, Notice
from .heartbeat import Heartbeat
from .routing import RoutingRule, RoutingService

__all__ = [
    "Attempt",
    "AudienceGroup",
    "AudienceMember",
    "Delivery",
    "FanOut",
    "Heartbeat",
    "Notice",
    "OptOut",
    "RoutingRule",
    "RoutingService",
]
