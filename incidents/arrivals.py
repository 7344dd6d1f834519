"""How an update will arrive, asked of whoever delivers: the preview is what is sent, word for word."""

from dataclasses import dataclass

from django.utils import timezone

from . import kinds
from .models import TimelineEntry
from .signals import arrival_asked
from .sms_length import sms_length


@dataclass(frozen=True)
class Arrival:
    """One channel: the words, and who gets them and who does not; people are whatever tells them apart."""

    channel: str
    text: str
    subject: str = ""
    reached: frozenset = frozenset()
    missed: frozenset = frozenset()
    is_sms: bool = False

    @property
    def people(self):
        return len(self.reached)

    @property
    def length(self):
        return sms_length(self.text)


@dataclass(frozen=True)
class Reach:
    """How many people get it by whatever channel, and how many are meant and get it by none."""

    people: int
    missed: int

    @classmethod
    def of(cls, arrivals):
        reached = frozenset().union(*(arrival.reached for arrival in arrivals))
        missed = frozenset().union(*(arrival.missed for arrival in arrivals))
        return cls(len(reached), len(missed - reached))


def arrivals_of(incident, audience, body, *, number, by, next_update_at=None, no_change=""):
    """The `Arrival`s of an update that is not published yet."""
    now = timezone.now()
    entry = TimelineEntry(
        organization_id=incident.organization_id,
        incident=incident,
        kind=kinds.UPDATE_PUBLISHED.name,
        actor=by,
        details={
            "number": number,
            "audience": audience,
            "body": body,
            "no_change": no_change,
            "next_update_at": next_update_at.isoformat() if next_update_at else "",
        },
        happened_at=now,
        recorded_at=now,
    )
    return [arrival for _, answer in arrival_asked.send(TimelineEntry, entry=entry) for arrival in answer or ()]
