"""How often those who look for the cause were interrupted: counted, so that it can be told and kept small."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q

from . import kinds
from .models import StreamException


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
            Q(revoked_at=None) | Q(revoked_at__gt=OuterRef("recorded_at")),
            workstream=OuterRef("workstream"),
            membership=OuterRef("actor"),
            granted_at__lte=OuterRef("recorded_at"),
            until__gt=OuterRef("recorded_at"),
        )
        names = {
            "asks": kinds.ASK_PUT.name,
            "messages": kinds.MESSAGE_POSTED.name,
            "kept_out": kinds.POST_DECLINED.name,
        }
        entries = incident.timeline.order_by().of_kinds(*names.values())
        counted = {name: Count("pk", filter=Q(kind=kind)) for name, kind in names.items() if name != "messages"}
        spoken = Count("pk", filter=Q(Exists(let_in), kind=names["messages"]))
        return cls(**entries.aggregate(messages=spoken, **counted))


def by_addressee(incident):
    """`[(name, how often)]` of who was asked, the most often first."""
    rows = (
        incident.asks.order_by()
        .values(name=F("addressee__person__name"), email=F("addressee__person__email"))
        .annotate(times=Count("pk"))
        .order_by("-times", "name")
    )
    return [(row["name"] or row["email"], row["times"]) for row in rows]
