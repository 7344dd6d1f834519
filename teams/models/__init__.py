"""Who takes part: people, their organisations, and how both are arranged."""

from .access import ApiToken, IdempotentRequest
from .audit import AuditEntry
from .catalogue import Function, Rota, Service, ServiceDependency, ServiceGraph, Team, TeamMember, TechnicalDomain
from .membership import Invitation, Membership
from .organization import Organization
from .person import Person

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Function",
    "IdempotentRequest",
    "Invitation",
    "Membership",
    "Organization",
    "Person",
    "Rota",
    "Service",
    "ServiceDependency",
    "ServiceGraph",
    "Team",
    "TeamMember",
    "TechnicalDomain",
]
