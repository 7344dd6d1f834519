"""Who may arrange the organisation itself; who may do what in an incident is the incident's own business."""

from .errors import Refused


def may_administer(membership):
    """`None` is the system, or an operator at the command line."""
    return membership is None or membership.is_administrator


def require_administrator(membership):
    if not may_administer(membership):
        raise Refused("Only administrators of the organisation can do this.", code="administrators_only")


def is_owner(membership):
    return membership is None or membership.role == "owner"
