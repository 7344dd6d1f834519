"""What we know: those who pass it on, and those who look after it."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import Call, by_name, holder_or_next, mailed, reminder, told_by_name
from .situation import EMAIL


def _known(situation):
    """Those who pass it on in their own words; the lead, where somebody else wrote it."""
    for role in (IncidentRole.LEAD, IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.SUPPORT_LIAISON):
        for member in situation.worn_by(role):
            yield Call(member, (EMAIL,), f"What we know: {situation.name_of(role).lower()}")


def _challenged(situation):
    yield from holder_or_next(situation, IncidentRole.LEAD, (EMAIL,), "What we know")
    yield from told_by_name(situation, (EMAIL,), "Published it")


CALLS = {
    kinds.SYNTHESIS_PUBLISHED.name: _known,
    kinds.SYNTHESIS_CHALLENGED.name: _challenged,
    kinds.SYNTHESIS_WAITS.name: reminder,
    kinds.SYNTHESIS_DELEGATED.name: mailed("member", "You say what we know for a while"),
    kinds.SYNTHESIS_DELEGATION_ENDED.name: by_name("What we know is in other hands"),
}
