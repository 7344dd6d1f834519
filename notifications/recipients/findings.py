"""Findings: the lead hears of each, and whoever is asked about one or relied on it of what became of it."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import by_name, holder_or_next, reminder, told_by_name
from .situation import EMAIL


def _finding(situation):
    """The lead hears of it by mail; one that asks for action, as of anything that is needed now."""
    by = situation.paging if situation.details.get("needs_action") else (EMAIL,)
    yield from holder_or_next(situation, IncidentRole.LEAD, by, "Findings")


def _answered(situation):
    """The lead as of any finding, and whoever asked, wrote what rests on it, or raised the one it corrects."""
    yield from _finding(situation)
    yield from told_by_name(situation, (EMAIL,), "Asked about it, or relied on it")


CALLS = {
    kinds.FINDING_RAISED.name: _finding,
    kinds.FINDING_MORE_ASKED.name: by_name("Raised the finding"),
    kinds.FINDING_CHALLENGED.name: by_name("Raised the finding"),
    kinds.FINDING_REPLIED.name: _answered,
    kinds.FINDING_CORRECTED.name: _answered,
    kinds.FINDING_WAITS.name: reminder,
}
