"""Changes: whose is in the way, whose may begin, and whose ought to be over."""

from incidents import kinds
from playbooks.models import IncidentRole

from .calls import Call, by_name, holder_or_next, reminder, told_by_name
from .situation import EMAIL


def _collision(situation):
    """Both owners, and whoever says which goes first."""
    yield from told_by_name(situation, (EMAIL,), "Their change is in the way")
    yield from holder_or_next(situation, IncidentRole.LEAD, (EMAIL,))


def _go(situation):
    """Somebody waits for it with their hands on the keys; whoever does so in another incident is not called to this."""
    for member in situation.details.get("told_members", ()):
        yield Call(member, situation.paging, "Their change may begin")


def _cleared(situation):
    """What they waited for in another incident is over; without the lead's go that is news and not a call."""
    if situation.details.get("released"):
        yield from _go(situation)
    else:
        yield from told_by_name(situation, (EMAIL,), "Their change waits for nothing more")


CALLS = {
    kinds.CHANGES_COLLIDED.name: _collision,
    kinds.CHANGES_ARRANGED.name: by_name("Their change has its place"),
    kinds.CHANGE_CLEARED.name: _cleared,
    kinds.CHANGE_RELEASED.name: _go,
    kinds.CHANGE_ENDED.name: _go,
    kinds.CHANGE_WITHDRAWN.name: _go,
    kinds.CHANGE_DUE.name: reminder,
    kinds.CHANGE_LAPSED.name: reminder,
}
