"""Who is in the room, in what capacity, and when they were last seen there."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident

# A beat comes every 20 seconds; three missed beats, and the person is gone.
PRESENCE_LIFETIME = timedelta(seconds=60)


class Capacity(models.TextChoices):
    ACTIVE = "active", "Active"
    OBSERVER = "observer", "Observer"
    FOLLOWER = "follower", "Follower"


class ParticipantQuerySet(TenantQuerySet):
    def current(self):
        return self.filter(left_at=None)

    def with_people(self):
        return self.select_related("membership__person", "membership__function", "membership__domain")

    def present(self, now=None):
        """Seen within the last minute."""
        return self.current().filter(seen_at__gt=(now or timezone.now()) - PRESENCE_LIFETIME)


class Participant(TenantModel):
    Capacity = Capacity

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="participants")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="participations")
    capacity = models.CharField(max_length=10, choices=Capacity, default=Capacity.ACTIVE)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    away = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(ParticipantQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "membership"], name="participant_once")
        ]

    def __str__(self):
        return f"{self.membership} in {self.incident}"

    @classmethod
    @transaction.atomic
    def join(cls, incident, membership, *, by, capacity=Capacity.ACTIVE):
        """Bring a member in, or change how they take part. Returns the entry, or None when nothing changed."""
        incident.lock()
        if capacity == Capacity.ACTIVE:
            authority.require(
                authority.may_respond(membership),
                f"{membership.name} is a stakeholder and can follow, not respond.",
                code="responders_only",
            )
        if by != membership:
            authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        return cls._settle(incident, membership, capacity, by=by)

    @classmethod
    def ensure(cls, incident, membership):
        """Make sure that somebody who acts is on the incident; call under the incident's lock."""
        known = cls.objects.filter(Q(capacity=Capacity.ACTIVE), incident=incident, membership=membership, left_at=None)
        if not known.exists():
            cls._settle(incident, membership, Capacity.ACTIVE, by=membership)

    @classmethod
    def _settle(cls, incident, membership, capacity, *, by):
        participant, created = cls.objects.get_or_create(
            incident=incident, membership=membership, defaults={"capacity": capacity}
        )
        if not created:
            if participant.left_at is None and participant.capacity == capacity:
                return None
            participant.left_at, participant.capacity = None, capacity
            participant.save(update_fields=["left_at", "capacity"])
        return incident.record(
            kinds.PARTICIPANT_JOINED,
            by=by,
            member=membership.pk,
            name=membership.name,
            function=membership.function.slug if membership.function else "",
            capacity=capacity,
        )

    @transaction.atomic
    def leave(self, *, by):
        """End the participation; a hat has to be handed over or released first."""
        self.incident.lock()
        self.lock()
        if by != self.membership:
            authority.require(
                authority.may_coordinate(by, self.incident),
                "Only the incident lead may release others.",
                code="coordination_right",
            )
        if self.left_at:
            raise Refused(f"{self.membership.name} has left already.", code="unchanged")
        if self.incident.roles.current().filter(membership=self.membership).exists():
            raise Refused(
                f"{self.membership.name} still holds a role. Hand it over or release it first.",
                code="holds_role",
            )
        self.left_at = timezone.now()
        self.save(update_fields=["left_at"])
        return self.incident.record(kinds.PARTICIPANT_LEFT, by=by, member=self.membership_id, name=self.membership.name)

    @classmethod
    def beat(cls, incident, memberships, *, away=False, now=None):
        """Note who has the room open; rows or primary keys. Ephemeral: never an entry."""
        cls.objects.current().filter(incident=incident, membership__in=memberships).update(
            seen_at=now or timezone.now(), away=away
        )
