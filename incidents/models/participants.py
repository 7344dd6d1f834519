"""Who is in the room, in what capacity and for how long, and when they were last seen there."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident

# A beat comes every 20 seconds; three missed beats, and the person is gone.
PRESENCE_LIFETIME = timedelta(seconds=60)
# Who did or typed something this lately is engaged; who only has the room open is idle.
ENGAGED_FOR = timedelta(minutes=5)
# Acts come in bursts, and the moment of the last one is needed by the minute.
NOTED_EVERY = timedelta(minutes=1)
# Who was away this long has missed something.
LONG_AWAY = timedelta(minutes=10)


class Capacity(models.TextChoices):
    """Active people work on it. Observers read along; followers hear what is broadcast. Neither posts."""

    ACTIVE = "active", "Active"
    OBSERVER = "observer", "Observer"
    FOLLOWER = "follower", "Follower"


class PresenceState(models.TextChoices):
    """`watching` is whoever has the room open and does not work on it; such people are counted and not named."""

    ENGAGED = "engaged", "Engaged"
    IDLE = "idle", "Idle"
    AWAY = "away", "Away"
    WATCHING = "watching", "Watching"
    GONE = "gone", "Not here"


class ParticipantQuerySet(TenantQuerySet):
    def current(self):
        return self.filter(left_at=None)

    def active(self):
        return self.current().filter(capacity=Capacity.ACTIVE)

    def reading(self):
        """On it, and not to work: observers and followers."""
        return self.current().exclude(capacity=Capacity.ACTIVE)

    def with_people(self):
        return self.select_related("membership__person", "membership__function", "membership__domain")

    def present(self, now=None):
        """Seen within the last minute, be they on it or only looking in."""
        return self.filter(seen_at__gt=(now or timezone.now()) - PRESENCE_LIFETIME)

    def at_work(self):
        """What guards look at: those who work on it, the longest first."""
        return self.active().with_people().with_direction().order_by("since", "pk")

    def in_the_room(self, now, *, viewer):
        """Everybody on it, whoever has it open, whoever could be recalled, and who asks; by name."""
        looking_in = Q(seen_at__gt=now - PRESENCE_LIFETIME) | Q(membership=viewer)
        found = self.filter(Q(left_at=None) | looking_in | Q(released_at__isnull=False))
        return found.with_people().with_direction().order_by("membership__person__name", "membership__person__email")

    def with_direction(self):
        """Each with `is_directed`: whether they write in a workstream that somebody else owns and is not done."""
        from .messages import Message
        from .workstreams import WorkstreamState

        elsewhere = (
            Message.objects.filter(incident=OuterRef("incident"), author=OuterRef("membership"))
            .exclude(workstream__state=WorkstreamState.DONE)
            .exclude(workstream__owner=None)
            .exclude(workstream__owner=OuterRef("membership"))
        )
        return self.annotate(is_directed=Exists(elsewhere))


class Participant(TenantModel):
    """One row a person and incident. It is a participation while `left_at` is empty.

    Whoever opens the room without being on it has a row too, with `left_at` from the first: they are watching, and
    that gives them neither a right nor a message. `since` is when the present capacity began; what was before is in
    `stints`. `released_at` is set while somebody is released and could be recalled.
    """

    Capacity = Capacity

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="participants")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="participations")
    capacity = models.CharField(max_length=10, choices=Capacity, default=Capacity.ACTIVE)
    joined_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    away = models.BooleanField(default=False)
    active_at = models.DateTimeField(null=True)
    # When they were last here before a long absence; None once they have caught up with it.
    absent_since = models.DateTimeField(null=True)
    caught_up_at = models.DateTimeField(null=True)
    caught_up_number = models.PositiveIntegerField(default=0)
    # Through which lens they look at the room (`incidents/lenses.py`); empty: that of their role.
    lens = models.CharField(max_length=10, blank=True, default="", db_default="")

    objects = TenantManager.from_queryset(ParticipantQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "membership"], name="participant_once")
        ]

    def __str__(self):
        return f"{self.membership} in {self.incident}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def is_active(self):
        return self.left_at is None and self.capacity == Capacity.ACTIVE

    def presence_at(self, now):
        """How present they are at a moment."""
        if self.seen_at is None or self.seen_at <= now - PRESENCE_LIFETIME:
            return PresenceState.GONE
        if not self.is_active:
            return PresenceState.WATCHING
        if self.away:
            return PresenceState.AWAY
        return PresenceState.ENGAGED if self.active_at and self.active_at > now - ENGAGED_FOR else PresenceState.IDLE

    # --- Coming ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def join(cls, incident, membership, *, by, capacity=Capacity.ACTIVE, waiver=""):
        """Bring a member in, or change how they take part. Returns the entry, or None when nothing changed.

        Working on it above the cap of the severity wants a reason; observing and following never does.
        """
        incident.lock()
        if capacity == Capacity.ACTIVE:
            authority.require_responder(membership, f"{membership.name} is a stakeholder and can follow, not respond.")
        if by != membership:
            authority.require_responder(by)
        lifted = cls._check_cap(incident, membership, by, waiver) if capacity == Capacity.ACTIVE else {}
        entry = cls._settle(incident, membership, capacity, by=by, **lifted)
        if entry and capacity == Capacity.ACTIVE and by not in (None, membership):
            from .reinforcements import ReinforcementRequest

            ReinforcementRequest.note_brought(incident, membership, by=by)
        return entry

    @classmethod
    @transaction.atomic
    def bring_team(cls, incident, team, *, by, capacity=Capacity.ACTIVE):
        """Let a whole team follow: they hear what is broadcast, and nobody crowds the room. Returns the entry.

        Any other capacity is refused: who is needed is asked by name, or through their function.
        """
        incident.lock()
        authority.require_responder(by)
        if capacity != Capacity.FOLLOWER:
            raise Refused(
                f"{team} is a whole team and is not added to an incident. Let it follow instead, with the capacity "
                "“follower”: its members hear every update that is broadcast.",
                code="department_bulk_add",
                offers=("follower",),
            )
        on_it = incident.participants.current().values("membership")
        newcomers = list(team.members.active().with_people().exclude(pk__in=on_it).in_order())
        if not newcomers:
            raise Refused(f"Everybody in {team} is on it already.", code="unchanged")
        for member in newcomers:
            cls._take_up(incident, member, capacity)
        return incident.record(
            kinds.TEAM_FOLLOWS,
            by=by,
            team=team.slug,
            name=team.name,
            count=len(newcomers),
            members=[member.pk for member in newcomers],
        )

    @classmethod
    def ensure(cls, incident, membership):
        """Make sure that somebody who acts is on the incident; call under the incident's lock.

        Nobody is kept from responding by a full room: the cap shows as a gap instead.
        """
        if not incident.participants.active().filter(membership=membership).exists():
            cls._settle(incident, membership, Capacity.ACTIVE, by=membership)

    @classmethod
    def under_a_hat(cls, incident, membership, *, reads):
        """Whoever gets a hat works on it. Whose only hats are for reading along observes: they are in no count of
        those at work, and say nothing until they join. Call under the incident's lock.
        """
        if not reads:
            cls.ensure(incident, membership)
        elif not incident.roles.current().exclude(role=IncidentRole.OBSERVER).filter(membership=membership).exists():
            cls._settle(incident, membership, Capacity.OBSERVER, by=membership)

    @transaction.atomic
    def recall(self, *, by, waiver=""):
        """Bring somebody back to work who was released. Returns the entry; they are called at once."""
        self.incident.lock()
        self.lock()
        self.incident.require_open()
        authority.require_responder(by)
        name = self.membership.name
        authority.require_responder(self.membership, f"{name} does not respond any more.")
        if self.is_active:
            raise Refused(f"{name} works on it already.", code="unchanged")
        if self.released_at is None:
            raise Refused(f"{name} was never released from this incident. Invite them instead.", code="never_released")
        lifted = self._check_cap(self.incident, self.membership, by, waiver)
        self._become(Capacity.ACTIVE)
        return self.incident.record(
            kinds.PARTICIPANT_RECALLED, by=by, member=self.membership_id, name=name, function=self._function, **lifted
        )

    # --- Going -------------------------------------------------------------------------------

    @transaction.atomic
    def leave(self, *, by, follows=None, thanks="", reason=""):
        """End the participation; a hat has to be handed over or released first.

        Who is released from working on it goes on following, unless `follows` is False; who leaves by themselves
        does so where it is True.
        """
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
        if follows is None:
            follows = by != self.membership
        return self._let_go(by=by, follows=follows and self.is_active, thanks=thanks, reason=reason)

    @classmethod
    def release_all(cls, incident, function, *, by, follows=True, thanks="", reason=""):
        """Release everybody of a function who wears no hat; call under the incident's lock. Returns the entries."""
        hats = incident.roles.current().values("membership")
        people = incident.participants.active().with_people().filter(membership__function=function)
        released = people.exclude(membership__in=hats).exclude(membership=by).order_by("membership__person__name")
        return [each._let_go(by=by, follows=follows, thanks=thanks, reason=reason) for each in released]

    # --- Being there: never an entry -----------------------------------------------------------

    @classmethod
    def beat(cls, incident, memberships, *, away=False, active=False, now=None):
        """Note who has the room open, and with `active` that they used it; rows or primary keys.

        Whoever is not on the incident gets a row that says so.
        """
        now = now or timezone.now()
        rows = cls.objects.filter(incident=incident, membership__in=memberships)
        returned = Case(When(seen_at__lt=now - LONG_AWAY, then=F("seen_at")), default=F("absent_since"))
        used = {"active_at": now} if active else {}
        noted = rows.update(absent_since=returned, seen_at=now, away=away, **used)
        if noted < len(memberships):
            known = set(rows.values_list("membership_id", flat=True))
            cls.objects.bulk_create(
                [
                    cls(
                        incident_id=getattr(incident, "pk", incident),
                        membership_id=member,
                        capacity=Capacity.OBSERVER,
                        joined_at=now,
                        left_at=now,
                        seen_at=now,
                        away=away,
                    )
                    for member in {getattr(each, "pk", each) for each in memberships} - known
                ],
                ignore_conflicts=True,
            )

    @classmethod
    def note_act(cls, incident, membership, *, now):
        """Somebody did something in the incident; written at most once a minute."""
        stale = Q(active_at=None) | Q(active_at__lt=now - NOTED_EVERY)
        cls.objects.filter(stale, incident=incident, membership=membership).update(active_at=now)

    @classmethod
    def look_through(cls, incident, membership, lens):
        """Remember in which order a member wants the room, be they on the incident or only looking in."""
        now = timezone.now()
        cls.objects.update_or_create(
            incident=incident,
            membership=membership,
            defaults={"lens": lens},
            create_defaults={"lens": lens, "capacity": Capacity.OBSERVER, "joined_at": now, "left_at": now},
        )

    @classmethod
    @transaction.atomic
    def catch_up(cls, incident, membership, *, upto=None):
        """A member has read what happened, up to an entry's number; the last one where none is given.

        Returns the entry, or None when there was nothing new to them.
        """
        incident.lock()
        upto = min(incident.last_number if upto is None else upto, incident.last_number)
        now = timezone.now()
        participant, _ = cls.objects.get_or_create(
            incident=incident,
            membership=membership,
            defaults={"capacity": Capacity.OBSERVER, "joined_at": now, "left_at": now},
        )
        news = upto > participant.caught_up_number or participant.absent_since
        if participant.caught_up_at and not news:
            return None
        entry = incident.record(kinds.CAUGHT_UP, by=membership, number=upto)
        # One's own word is no news.
        participant.caught_up_number = entry.number if upto == entry.number - 1 else upto
        participant.caught_up_at, participant.absent_since = now, None
        participant.save(update_fields=["caught_up_at", "caught_up_number", "absent_since"])
        return entry

    # --- Inside --------------------------------------------------------------------------------

    @property
    def _function(self):
        return self.membership.function.slug if self.membership.function else ""

    @staticmethod
    def _check_cap(incident, membership, by, waiver):
        from ..guards import check
        from ..guards.participants import over_the_cap

        return check(incident, [over_the_cap(incident, membership)], by=by, waiver=waiver)

    @classmethod
    def _settle(cls, incident, membership, capacity, *, by, **lifted):
        participant = cls._take_up(incident, membership, capacity)
        if participant is None:
            return None
        entry = incident.record(
            kinds.PARTICIPANT_JOINED,
            by=by,
            member=membership.pk,
            name=membership.name,
            function=participant._function,
            capacity=capacity,
            **lifted,
        )
        if capacity == Capacity.ACTIVE:
            from .roles import RoleAssignment

            RoleAssignment.end_reading(incident, membership, by=by)
        if membership.domain_id:
            # Another domain at work may want somebody who coordinates it.
            from ..vacancies import follow

            follow(incident)
        return entry

    @classmethod
    def _take_up(cls, incident, membership, capacity):
        """The participant in this capacity from now on, or None when that is so already."""
        now = timezone.now()
        participant, created = cls.objects.get_or_create(
            incident=incident,
            membership=membership,
            defaults={"capacity": capacity, "joined_at": now, "since": now},
        )
        participant.incident, participant.membership = incident, membership
        if created:
            participant.stints.create(capacity=capacity, started_at=participant.since)
        elif participant.left_at is None and participant.capacity == capacity:
            return None
        else:
            participant._become(capacity)
        if capacity == Capacity.ACTIVE:
            participant._answer_invitations()
        return participant

    def _become(self, capacity):
        """Begin a stint in a capacity and end the one before."""
        now = timezone.now()
        self.stints.filter(ended_at=None).update(ended_at=now)
        self.stints.create(capacity=capacity, started_at=now)
        if self.left_at:
            self.joined_at, self.left_at = now, None
        if capacity == Capacity.ACTIVE:
            self.released_at = None
        self.capacity, self.since = capacity, now
        self.save(update_fields=["capacity", "since", "joined_at", "left_at", "released_at"])

    def _let_go(self, *, by, follows, thanks, reason):
        now = timezone.now()
        released = self.is_active and by != self.membership
        if follows:
            self._become(Capacity.FOLLOWER)
        else:
            self.stints.filter(ended_at=None).update(ended_at=now)
            self.left_at = now
        if released:
            self.released_at = now
        self.save(update_fields=["left_at", "released_at"])
        return self.incident.record(
            kinds.PARTICIPANT_LEFT,
            by=by,
            member=self.membership_id,
            name=self.membership.name,
            follows=follows,
            thanks=thanks,
            reason=reason,
        )

    def _answer_invitations(self):
        """Whoever joins has accepted whatever they were invited to, and nobody is asked for them any more."""
        from .invitations import IncidentInvitation
        from .reinforcements import ReinforcementRequest

        IncidentInvitation.met(self.incident, self.membership)
        ReinforcementRequest.met(self.incident, self.membership)


class Stint(TenantModel):
    """One unbroken time in one capacity; over once `ended_at` is set, and kept. Duty is counted from these."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="stints")
    capacity = models.CharField(max_length=10, choices=Capacity)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "participant"], condition=Q(ended_at=None), name="stint_one_open"
            )
        ]

    def __str__(self):
        return f"{self.get_capacity_display()} from {self.started_at:%H:%M}"
