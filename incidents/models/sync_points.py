"""Sync points: people of several workstreams meet once, for a purpose, and what came of it is kept."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from ..saying import require_words
from .incident import Incident
from .participants import Participant
from .workstreams import Workstream

# A clock that runs a little behind ours still says "now".
GRACE = timedelta(minutes=1)


class SyncPointState(models.TextChoices):
    PLANNED = "planned", "Planned"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


class SyncPointQuerySet(TenantQuerySet):
    def planned(self):
        return self.filter(state=SyncPointState.PLANNED)

    def visible_to(self, membership):
        """Without those about a restricted workstream that the member may not know of; stakeholders see none."""
        if not membership.is_responder:
            return self.none()
        hidden = SyncPointStream.objects.filter(workstream__in=Workstream.objects.hidden_from(membership))
        return self.exclude(pk__in=hidden.values("sync_point"))

    def with_people(self):
        return self.select_related("called_by__person").prefetch_related(
            models.Prefetch("attendees", Membership.objects.with_people().in_order()),
            models.Prefetch("streams", Workstream.objects.in_order()),
        )

    def in_order(self):
        return self.order_by("starts_at", "pk")


class SyncPoint(TenantModel):
    State = SyncPointState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="sync_points")
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField()
    attendees = models.ManyToManyField(Membership, through="SyncPointAttendee", related_name="+")
    streams = models.ManyToManyField(Workstream, through="SyncPointStream", related_name="sync_points")
    state = models.CharField(max_length=10, choices=SyncPointState, default=SyncPointState.PLANNED)
    outcome = models.TextField(blank=True)
    called_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    called_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(SyncPointQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "incident", "state"], name="sync_point_by_state")]

    def __str__(self):
        return self.title

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def call(cls, incident, title, *, by, starts_at, purpose="", attendees=(), streams=(), waiver=""):
        """Ask people to meet; the owners of the workstreams are among them. Returns the entry."""
        from .obligations import Obligation, ObligationKind

        incident.lock()
        waiver = authority.require_coordination(by, incident, "call a sync point", waiver)
        incident.require_open()
        now = timezone.now()
        if starts_at < now - GRACE:
            raise Refused("That moment has passed.", code="in_the_past")
        shut = [stream for stream in streams if stream.restricted]
        if len(shut) > 1:
            raise Refused(
                "Two of these workstreams are restricted: whoever comes would learn of both.", code="both_restricted"
            )
        owners = Membership.objects.with_people().filter(pk__in=[stream.owner_id for stream in streams])
        invited = {member.pk: member for member in (*attendees, *owners)}
        cls._require_readers(invited.values(), shut)
        sync = cls.objects.create(
            incident=incident, title=title, purpose=purpose, starts_at=starts_at, called_by=by, called_at=now
        )
        sync.attendees.set(invited.values())
        sync.streams.set(streams)
        for member in invited.values():
            Participant.ensure(incident, member)
        if starts_at > now:
            minutes = max(1, round((starts_at - now).total_seconds() / 60))
            Obligation.open(incident, ObligationKind.SYNC, minutes=minutes, subject=sync.pk, due_at=starts_at)
        return sync._record(
            kinds.SYNC_CALLED,
            by=by,
            purpose=purpose,
            starts_at=starts_at.isoformat(),
            names=sorted(member.name for member in invited.values()),
            told_members=sorted(invited),
            waiver=waiver,
        )

    @transaction.atomic
    def hold(self, outcome, *, by):
        """Write down what came of it. Returns the entry."""
        self._begin(by)
        outcome = require_words(outcome, "Say what came of it.")
        self._end(SyncPointState.HELD, outcome)
        return self._record(kinds.SYNC_HELD, by=by, outcome=outcome)

    @transaction.atomic
    def cancel(self, *, by, reason=""):
        """Nobody has to come; those who were asked are told. Returns the entry."""
        self._begin(by)
        self._end(SyncPointState.CANCELLED, "")
        told = sorted(self.attendees.values_list("pk", flat=True))
        return self._record(kinds.SYNC_CANCELLED, by=by, reason=reason, told_members=told)

    # --- Inside ------------------------------------------------------------------------------

    @staticmethod
    def _require_readers(members, shut):
        for member in members:
            authority.require_responder(member, f"{member.name} is a stakeholder and takes no part in the work.")
            if any(not stream.is_open_to(member) for stream in shut):
                raise Refused(f"The restricted workstream is not open to {member.name}.", code="not_a_reader")

    def _begin(self, by):
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        attends = by is not None and self.attendees.filter(pk=by.pk).exists()
        authority.require(
            attends or authority.may_coordinate(by, self.incident),
            "Whoever takes part, or the incident lead, says what became of it.",
            code="coordination_right",
        )
        if self.state != SyncPointState.PLANNED:
            raise Refused(f"This sync point was {self.get_state_display().lower()} already.", code="unchanged")

    def _end(self, state, outcome):
        from .obligations import Obligation, ObligationKind

        self.state, self.outcome, self.ended_at = state, outcome, timezone.now()
        self.save(update_fields=["state", "outcome", "ended_at"])
        Obligation.satisfy(self.incident, ObligationKind.SYNC, self.pk)

    def _record(self, kind, *, by, **details):
        """The entry belongs to the restricted workstream that it is about, if there is one."""
        return self.incident.record(
            kind, by=by, workstream=self.restricted_stream(), sync=self.pk, title=self.title, **details
        )  # fmt: skip

    def restricted_stream(self):
        return self.streams.restricted().first()


class SyncPointAttendee(TenantModel):
    sync_point = models.ForeignKey(SyncPoint, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "sync_point", "membership"], name="sync_attendee_once")
        ]


class SyncPointStream(TenantModel):
    sync_point = models.ForeignKey(SyncPoint, models.CASCADE, related_name="+")
    workstream = models.ForeignKey(Workstream, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "sync_point", "workstream"], name="sync_stream_once")
        ]


class SyncDuty(Duty):
    """Whoever is asked to a sync point is reminded five minutes before."""

    states = ("warned",)
    says = {"warned": kinds.SYNC_SOON}

    def told(self, obligation):
        return []

    def details(self, obligation):
        sync = self._sync(obligation)
        return {
            "sync": sync.pk,
            "title": sync.title,
            "starts_at": sync.starts_at.isoformat(),
            "told_members": sorted(sync.attendees.values_list("pk", flat=True)),
        }

    def workstream(self, obligation):
        return self._sync(obligation).restricted_stream()

    @staticmethod
    def _sync(obligation):
        return SyncPoint.objects.get(pk=obligation.subject)
