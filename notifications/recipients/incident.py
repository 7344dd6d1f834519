"""The incident itself: that it began, how bad it is, and that it is over."""

from incidents import kinds

from ..models.routing import RoutedEvent
from .calls import Call
from .routing import routed
from .situation import EMAIL


def _ending(situation):
    """Whoever heard that it began hears how it went on, and so does whoever is on it."""
    for member, channel in sorted(situation.told):
        yield Call(member, (channel,), "Was told that the incident began", needed=member in situation.called)
    for member in sorted(situation.participants):
        yield Call(member, (EMAIL,), "Is on the incident")


CALLS = {
    kinds.DECLARED.name: routed(RoutedEvent.DECLARED),
    kinds.SEVERITY_CHANGED.name: routed(RoutedEvent.SEVERITY_CHANGED),
    kinds.RESOLVED.name: _ending,
    kinds.REOPENED.name: _ending,
    kinds.DECLINED.name: _ending,
    kinds.MERGED.name: _ending,
}
