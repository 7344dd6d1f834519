"""The timeline: one numbered, sealed row for everything that happened. Rows are added, never changed."""

import hashlib
import json
from datetime import UTC

from django.db import models
from django.utils import timezone

from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import kinds
from ..kinds import Visibility

GENESIS = "0" * 64


def reach_of(membership):
    """How far into the room a member sees; members of one reach may read exactly the same entries."""
    return Visibility.ROOM if membership.is_responder else Visibility.BRIEFING


class TimelineQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """What one member may read; this and `is_within` are the only places where that is decided for entries."""
        return self.within(reach_of(membership))

    def within(self, reach):
        return self if reach == Visibility.ROOM else self.filter(visibility=Visibility.BRIEFING)

    def after(self, number):
        return self.filter(number__gt=number)

    def in_order(self):
        return self.order_by("number")

    def latest_first(self):
        return self.order_by("-number")

    def of_kinds(self, *names):
        return self.filter(kind__in=names)

    def without_system(self):
        return self.exclude(kind__in=[kind.name for kind in kinds.all_kinds() if kind.system])

    def by_function(self, slug):
        return self.filter(actor__function__slug=slug)

    def for_reading(self):
        """With what a line of the timeline shows, in a constant number of queries."""
        from .messages import Message

        return self.select_related("actor__person", "actor__function", "workstream").prefetch_related(
            models.Prefetch("messages", queryset=Message.objects.for_reading())
        )


class TimelineEntry(TenantModel):
    """`number` is 1…n per incident in commit order; `hash` seals the content and the entry before it.

    `happened_at` is when it took place, `recorded_at` when it was written down; both UTC.
    """

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="timeline")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey("teams.Membership", models.PROTECT, null=True, related_name="+")
    workstream = models.ForeignKey("incidents.Workstream", models.PROTECT, null=True, related_name="+")
    visibility = models.CharField(max_length=10, choices=[(v.value, v.name.title()) for v in Visibility])
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = TenantManager.from_queryset(TimelineQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "timeline entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="timeline_number_once"),
        ]

    def __str__(self):
        return f"{self.number} {self.kind}"

    @property
    def template_name(self):
        return f"incidents/entries/{self.kind}.html"

    @property
    def message(self):
        """The message this entry announced, if it announced one; prefetched by `for_reading`."""
        return next(iter(self.messages.all()), None)

    def is_within(self, reach):
        """Whether members of this reach may read the entry."""
        return reach == Visibility.ROOM or self.visibility == Visibility.BRIEFING

    def fingerprint(self):
        """The SHA-256 over the entry's content and `previous_hash`, as 64 hexadecimal digits."""
        content = {
            "organization": self.organization_id,
            "incident": self.incident_id,
            "number": self.number,
            "kind": self.kind,
            "actor": self.actor_id,
            "workstream": self.workstream_id,
            "visibility": str(self.visibility),
            "details": self.details,
            "happened_at": self.happened_at.astimezone(UTC).isoformat(),
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
            "previous": self.previous_hash,
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def seal(self, previous_hash):
        """Chain the entry to the one before it."""
        self.previous_hash = previous_hash
        self.hash = self.fingerprint()


def first_break(entries, head_hash, last_number):
    """Verify a chain. `entries` in order from 1; returns the number where it is broken, or None."""
    previous, expected = GENESIS, 0
    for entry in entries:
        expected += 1
        if entry.number != expected:
            return expected
        if entry.previous_hash != previous or entry.hash != entry.fingerprint():
            return entry.number
        previous = entry.hash
    if expected != last_number or previous != head_hash:
        return expected + 1 if expected < last_number else expected
    return None
