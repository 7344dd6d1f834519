"""Questions and what is asked of one engineer for them: who answers, and who asked."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import Call, holder_or_next, mailed, paged, reminder
from .situation import EMAIL


def _question(situation):
    role = situation.details.get("owner_role", IncidentRole.COMMUNICATIONS_LEAD)
    yield from holder_or_next(situation, role, (EMAIL,), "Questions")


def _asker(situation):
    """Everybody who asked it, and where it was answered to all, the groups of that audience."""
    details = situation.details
    for member in details.get("askers", (details.get("asker"),)):
        yield Call(member, (EMAIL,), "You asked the question")
    for group in situation.groups.values() if details.get("to_audience") else ():
        if group.audience == details.get("audience"):
            for member in sorted(group.members):
                yield Call(member, (EMAIL,), f"Audience group {group.name}")


CALLS = {
    kinds.QUESTION_ASKED.name: _question,
    kinds.QUESTION_ANSWERED.name: _asker,
    kinds.QUESTION_DECLINED.name: _asker,
    kinds.QUESTION_WAITS.name: reminder,
    kinds.ASK_PUT.name: paged("member", "You know it"),
    kinds.ASK_ANSWERED.name: mailed("asker", "You asked them"),
    kinds.ASK_WAITS.name: reminder,
}
