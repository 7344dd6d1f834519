"""Why somebody did, or did not, get what an incident sent."""

from dataclasses import dataclass

from incidents.models import TimelineEntry

from .models import Delivery, FanOut
from .notices import TOLD_KINDS

# The newest entries that are explained.
EXPLAINED = 30


@dataclass(frozen=True)
class Explanation:
    """One entry that people were told of, and what that meant for one member: deliveries, or else a sentence."""

    entry: TimelineEntry
    deliveries: tuple
    sentence: str

    @property
    def what(self):
        return self.entry.kind.replace("_", " ")


def explain(incident, member, *, viewer):
    """`[Explanation]` of what the viewer may know of, the newest entry first, in a constant number of queries."""
    fan_outs = (
        FanOut.objects.filter(entry__in=incident.timeline.visible_to(viewer), entry__kind__in=TOLD_KINDS)
        .select_related("entry")
        .order_by("-entry__number")[:EXPLAINED]
    )
    own = {}
    for delivery in Delivery.objects.filter(incident=incident, recipient=member).select_related("notice"):
        own.setdefault(delivery.notice.entry_id, []).append(delivery)
    on_it = incident.participants.current().filter(membership=member).exists()
    return [
        Explanation(
            each.entry,
            tuple(own.get(each.entry_id, ())),
            "" if each.entry_id in own else _why_not(each, incident, member, on_it),
        )
        for each in fan_outs
    ]


def _why_not(fan_out, incident, member, on_it):
    if fan_out.done_at is None:
        return "Who hears of this is still being worked out." if fan_out.next_at else "This could not be sent out."
    if fan_out.entry.actor_id == member.pk:
        return "It was their own act."
    if incident.drill and not on_it:
        return "A drill is told only to who is on it."
    if incident.private and not on_it:
        return "A private incident is told only to who is on it or called to it."
    return "No rule named them."
