"""How often those who look for the cause were interrupted: counted, so that it can be told and kept small."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from . import kinds
from .models import Message, StreamException


@dataclass(frozen=True)
class Interruptions:
    """`asks` went to an engineer; `messages` were written where the cause is looked for by somebody let in from
    outside. `kept_out` did not get there and are none."""

    asks: int
    messages: int
    kept_out: int

    @property
    def total(self):
        return self.asks + self.messages

    @classmethod
    def of(cls, incident):
        let_in = StreamException.objects.filter(
            Q(revoked_at=None) | Q(revoked_at__gt=OuterRef("posted_at")),
            workstream=OuterRef("workstream"),
            membership=OuterRef("author"),
            granted_at__lte=OuterRef("posted_at"),
            until__gt=OuterRef("posted_at"),
        )
        counted = incident.timeline.order_by().aggregate(
            asks=Count("pk", filter=Q(kind=kinds.ASK_PUT.name)),
            kept_out=Count("pk", filter=Q(kind=kinds.POST_DECLINED.name)),
        )
        messages = Message.objects.filter(Exists(let_in), incident=incident, author__isnull=False).count()
        return cls(messages=messages, **counted)


def by_addressee(incident):
    """`[(name, how often)]` of who was asked, the most often first."""
    rows = (
        incident.asks.order_by()
        .values(name=F("addressee__person__name"), email=F("addressee__person__email"))
        .annotate(times=Count("pk"))
        .order_by("-times", "name")
    )
    return [(row["name"] or row["email"], row["times"]) for row in rows]
