"""What customers report: who says what follows when there are more than usual, and who has to know what to answer."""

from dataclasses import replace

from incidents import kinds
from incidents.duties import ADMINISTRATORS
from playbooks.models import IncidentRole

from ..models.routing import RoutedEvent
from .calls import Call, by_name, holder_or_next, on_call, on_call_for, reminder
from .routing import applies
from .situation import BRIEFING, EMAIL

# What no entry says, because there is no incident yet.
SPIKE_PROPOSED, SPIKE_OVER = "spike_proposed", "spike_over"

BECAUSE = "More reports than usual"


def _spike(situation):
    """Whoever listens to customers, and whoever leads: a person says what follows from it."""
    for role in (IncidentRole.SUPPORT_LIAISON, IncidentRole.LEAD):
        yield from holder_or_next(situation, role, (EMAIL,), BECAUSE)


def _proposal(situation):
    """Before there is an incident: whoever listens to customers now, and whoever would be called if one were declared.
    A person says what follows from it, so only those who respond; in the end the administrators."""
    listening = on_call_for(situation, situation.details.get("function"), BECAUSE, situation.paging)
    yield from _responding(situation, listening)
    for rule in situation.rules:
        if rule.event == RoutedEvent.DECLARED and rule.function_id and applies(rule, situation):
            called = on_call(situation, rule.function_id, f"{BECAUSE}: {rule.name}", rule.channels)
            yield from _responding(situation, called)
    if ADMINISTRATORS in situation.details.get("told", ()):
        for member in situation.administrators:
            yield Call(member, situation.paging, f"{BECAUSE}, and nobody answers: administrators")


def _responding(situation, calls):
    """Those of them who respond; where whoever is on call only reads, the administrators."""
    for call in calls:
        if not situation.members[call.member].stakeholder:
            yield call
            continue
        for member in situation.administrators:
            yield replace(call, member=member, rule=f"{call.rule}, who only reads, so administrators")


def _agents(situation):
    """Everybody of the function that answers customers, whether they are in the room or not."""
    function_id, name = situation.functions.get(situation.details.get("function"), (None, ""))
    for member in situation.members.values():
        if function_id and member.function_id == function_id:
            yield Call(member.id, (EMAIL,), f"Answers customers: {name}", BRIEFING)


CALLS = {
    kinds.SPIKE_SEEN.name: _spike,
    kinds.SPIKE_WAITS.name: reminder,
    kinds.SPIKE_FADED.name: _spike,
    SPIKE_PROPOSED: _proposal,
    SPIKE_OVER: by_name("Was told that more customers write than usual"),
    kinds.SUPPORT_BRIEF_WRITTEN.name: _agents,
}
