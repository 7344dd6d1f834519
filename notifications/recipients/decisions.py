"""Decisions: whoever is asked for one, and whoever lives with it."""

from incidents import kinds
from playbooks.models import DecisionClass

from .calls import told_by_name
from .situation import EMAIL, SMS


def _raised(situation):
    """Whoever decides it. For people or money an executive is paged, however mild the incident."""
    resource = situation.details.get("decision_class") == DecisionClass.RESOURCE
    by = (EMAIL, SMS) if resource else situation.paging
    yield from told_by_name(situation, by, _asked(situation, "Asked to decide"))


def _reminder(situation):
    by = (EMAIL,) if situation.kind == kinds.DECISION_WARNED.name else situation.paging
    yield from told_by_name(situation, by, _asked(situation, "A decision waits"))


def _decided(situation):
    """Whose right was passed over hears it first; then whoever asked, proposed, or had decided before."""
    yield from told_by_name(situation, situation.paging, "Decided in your place, outside their authority", "overruled")
    yield from told_by_name(situation, (EMAIL,), "Asked, proposed or decided before")


def _asked(situation, phrase):
    """Who is asked, and why not the one whose decision it is."""
    role, authority = (situation.details.get(name, "") for name in ("asked_of", "authority"))
    name = situation.name_of(role).lower()
    return f"{phrase}: {name}" if authority == role else f"{phrase}: nobody is {name}"


CALLS = {
    kinds.DECISION_RAISED.name: _raised,
    kinds.DECISION_MADE.name: _decided,
    kinds.DECISION_REVERSED.name: _decided,
    kinds.DECISION_WARNED.name: _reminder,
    kinds.DECISION_DUE.name: _reminder,
    kinds.DECISION_ESCALATED.name: _reminder,
}
