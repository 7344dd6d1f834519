"""Clocks of updates and of the assessment: who owes what is due, and whoever comes next."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import holder_or_next, reminder


def _defaulted(situation):
    yield from holder_or_next(situation, IncidentRole.LEAD, situation.paging)


CALLS = {
    kinds.ASSESSMENT_DEFAULTED.name: _defaulted,
    kinds.CLOCK_WARNED.name: reminder,
    kinds.CLOCK_DUE.name: reminder,
    kinds.CLOCK_OVERDUE.name: reminder,
    kinds.CLOCK_ESCALATED.name: reminder,
}
