"""Facts for the business: estimates, commitments, what comes back first, and events that need what is affected."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import by_name, holder_or_next, lead_hears, told_by_name, told_by_role
from .situation import EMAIL


def _commitment(situation):
    """Whoever has to judge it or lives with the judgement; where nobody is named, whoever leads."""
    by = situation.paging if situation.kind == kinds.COMMITMENT_REOPENED.name else (EMAIL,)
    yield from told_by_name(situation, by, "Commitment")
    if not situation.details.get("told_members"):
        yield from holder_or_next(situation, IncidentRole.LEAD, by, "Commitments")


def _missed(situation):
    yield from told_by_name(situation, situation.paging, "A promise was missed")
    yield from told_by_role(situation, situation.paging, "A missed promise")


def _event(situation):
    yield from holder_or_next(situation, IncidentRole.PRODUCT, (EMAIL,), "Business events")


CALLS = {
    kinds.ESTIMATE_PROPOSED.name: lead_hears("Proposed estimates"),
    kinds.ESTIMATE_SET.name: by_name("Passes on the estimate"),
    kinds.COMMITMENT_PROPOSED.name: _commitment,
    kinds.COMMITMENT_CONFIRMED.name: by_name("Their commitment"),
    kinds.COMMITMENT_REFUSED.name: by_name("Their commitment"),
    kinds.COMMITMENT_REOPENED.name: _commitment,
    kinds.COMMITMENT_WARNED.name: by_name("Owns the commitment"),
    kinds.COMMITMENT_MISSED.name: _missed,
    kinds.RESTORATION_ORDER_SET.name: by_name("Works along the order"),
    kinds.RESTORATION_ORDER_OBJECTED.name: by_name("Decides what comes back first"),
    kinds.EVENT_OVERLAPPED.name: _event,
}
