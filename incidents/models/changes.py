"""Changes: who changes what until when, in whose way that is, who goes first, and how it ended.

A change is proposed, and is then clear or in conflict with others; the lead lets it go, its owner starts it and says
how it ended. One that nobody ends by its time lapses and stands in nobody's way any more.
"""

from datetime import timedelta
from itertools import pairwise

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, Organization, Service, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from .change_conflicts import GRACE, ChangeConflict, Colliding, owners_in, require_no_circle
from .change_states import LIVE, RESULTS, ChangeState, Standing
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .participants import Participant
from .workstreams import Workstream

LONGEST = timedelta(hours=24)
S = ChangeState


class ChangeQuerySet(TenantQuerySet):
    def live(self):
        """Still to come or under way."""
        return self.filter(state__in=LIVE)

    def visible_to(self, membership):
        """Those in incidents and workstreams that the member may know of."""
        hidden = Workstream.objects.hidden_from(membership)
        return self.filter(incident__in=Incident.objects.visible_to(membership)).exclude(workstream__in=hidden)

    def in_order(self):
        return self.order_by("number")

    def for_reading(self):
        """With services, people, and what stands in whose way; a constant number of queries."""
        pairs = ChangeConflict.objects.with_changes()
        return self.select_related("incident", "owner__person", "domain", "workstream").prefetch_related(
            models.Prefetch("services", queryset=Service.objects.order_by("name")),
            models.Prefetch("conflicts_later", queryset=pairs),
            models.Prefetch("conflicts_earlier", queryset=pairs),
        )


class ChangeIntent(Colliding, TenantModel):
    """Somebody says: I am changing this until then. `starts_at` and `until` are the window that is claimed."""

    State = ChangeState
    Standing = Standing

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="changes")
    number = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=200)
    services = models.ManyToManyField(Service, through="ChangeService", related_name="+")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, related_name="changes")
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="changes")
    reversible = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=ChangeState, default=ChangeState.PROPOSED)
    starts_at = models.DateTimeField()
    until = models.DateTimeField()
    proposed_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True)

    objects = TenantManager.from_queryset(ChangeQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="change_number_once"),
        ]
        indexes = [
            # Every proposal looks for what is live in the whole organisation.
            models.Index(fields=["organization"], condition=Q(state__in=LIVE), name="change_live"),
        ]

    def __str__(self):
        return f"{self.key} {self.action}"

    # --- Questions; those about conflicts read what `for_reading` has fetched -------------------

    @property
    def key(self):
        return f"C{self.number}"

    @property
    def is_live(self):
        return self.state in LIVE

    @property
    def is_restricted(self):
        return self.workstream is not None and self.workstream.restricted

    @property
    def may_end(self):
        """Whether a result can be told: while it is under way, and late for one that lapsed meanwhile."""
        return self.state == S.STARTED or (self.state == S.LAPSED and self.started_at is not None)

    @property
    def conflicts(self):
        """Every pair that it is part of, settled ones too."""
        return [*self.conflicts_later.all(), *self.conflicts_earlier.all()]

    @property
    def open_conflicts(self):
        return [pair for pair in self.conflicts if pair.is_open]

    @property
    def waits_for(self):
        """Changes that go first and are not over."""
        others = [pair.other_than(self) for pair in self.conflicts if pair.goes_first_id not in (None, self.pk)]
        ahead = [other for other in others if other.is_live and other.incident.is_open]
        return sorted(ahead, key=lambda each: each.pk)

    @property
    def standing(self):
        if self.state != S.PROPOSED:
            return Standing(self.state)
        return Standing.CONFLICT if self.open_conflicts else Standing.CLEAR

    def with_those_in_its_way(self, membership):
        """This change and the live ones it is in conflict or in order with, as far as the member may see them."""
        near = {pair.other_than(self).pk for pair in self._pairs() if pair.is_live}
        visible = type(self).objects.visible_to(membership).for_reading()
        return list(visible.filter(pk__in={self.pk, *near}).order_by("pk"))

    def name_in(self, incident):
        """What it may be called before everybody in an incident, not all of whom may know of it."""
        if self.incident_id == incident.pk:
            return "another change" if self.is_restricted else self.key
        hidden = self.is_restricted or self.incident.private
        return "a change in another incident" if hidden else f"{self.incident.key} {self.key}"

    # --- Verbs -----------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def propose(
        cls,
        incident,
        action,
        *,
        by,
        until,
        services=(),
        starts_at=None,
        owner=None,
        domain=None,
        workstream=None,
        reversible=True,
    ):
        """Claim services for a while. Returns the entry; `change` in its details is the primary key.

        Whatever is live on the same services, or on those that need them or that they need, is in conflict with it.
        """
        in_turn = cls.take_turn(incident)
        incident.require_open()
        authority.require_work(by, incident)
        owner = owner or by
        if owner is None:
            raise Refused("Say who will do it.", code="owner_required")
        authority.require_responder(owner, f"{owner.name} is a stakeholder and cannot change anything.")
        now = timezone.now()
        starts_at = starts_at or now
        _require_window(starts_at, until, now)
        last = incident.changes.aggregate(last=Max("number"))["last"] or 0
        change = cls.objects.create(
            incident=incident,
            number=last + 1,
            action=action,
            domain=domain,
            workstream=workstream,
            owner=owner,
            reversible=reversible,
            starts_at=starts_at,
            until=until,
            proposed_at=now,
            proposed_by=by,
        )
        change.services.set(services)
        Participant.ensure(incident, owner)
        change._open_clock()
        entry = change._record(
            kinds.CHANGE_PROPOSED,
            by=by,
            owner=owner.name,
            services=[service.slug for service in services],
            starts_at=starts_at.isoformat(),
            until=until.isoformat(),
            irreversible=not reversible,
        )
        change._collide(in_turn, by=by)
        return entry

    @transaction.atomic
    def release(self, *, by, waiver=""):
        """The lead's go. Refused while another change is in the way and nobody said which goes first."""
        self._lock()
        self.incident.require_open()
        right = authority.require_coordination(by, self.incident, f"let {self.key} go", waiver)
        if self.state != S.PROPOSED:
            raise Refused(f"{self.key} is {self.standing.label.lower()} already.", code="unchanged")
        lifted = self._settle_conflicts(self.open_conflicts, by=by, waiver=waiver)
        return self._release(by=by, **{"waiver": right, **lifted})

    @transaction.atomic
    def start(self, *, by, waiver=""):
        """It is under way from now on: after the lead's go, which is given along by whoever may give it."""
        in_turn = self.take_turn(self.incident)
        self._lock()
        self.incident.require_open()
        right = self._require_ownership(by, "starts", waiver)
        if self.state not in (S.PROPOSED, S.RELEASED):
            raise Refused(f"{self.key} is {self.standing.label.lower()}.", code="change_order")
        lets_go = self.state == S.PROPOSED and authority.may_coordinate(by, self.incident)
        go = authority.require(
            lets_go or self.state == S.RELEASED,
            f"The incident lead has not let {self.key} go yet. Say why to start anyway.",
            code="not_released",
            waiver=waiver,
        )
        now = timezone.now()
        if now < self.starts_at:
            self.starts_at = now
            self.save(update_fields=["starts_at"])
            self._collide(in_turn, by=by)
        lifted = self._settle_conflicts(self._in_the_way(), by=by, waiver=waiver)
        if lets_go:
            self._release(by=by)
        self.state, self.started_at = S.STARTED, now
        self.save(update_fields=["state", "started_at"])
        return self._record(kinds.CHANGE_STARTED, by=by, **{"waiver": right or go, **lifted})

    @transaction.atomic
    def finish(self, result, *, by, text="", waiver=""):
        """Say how it ended. Late words about one that lapsed are taken, and so are those after the incident."""
        in_turn = self.take_turn(self.incident)
        self._lock()
        waiver = self._require_ownership(by, "ends", waiver)
        result = ChangeState(result)
        if result not in RESULTS:
            raise Refused("A change succeeded, failed or was rolled back.", code="change_result")
        if not self.may_end:
            raise Refused(f"{self.key} is {self.standing.label.lower()}, not under way.", code="change_order")
        late, in_the_way = self.state == S.LAPSED, self._stands_in_the_way
        self.state, self.result, self.ended_at = result, text, timezone.now()
        self.save(update_fields=["state", "result", "ended_at"])
        Obligation.satisfy(self.incident, ObligationKind.CHANGE, self.pk)
        entry = self._record(
            kinds.CHANGE_ENDED,
            by=by,
            result=result,
            text=text,
            waiver=waiver,
            late=late,
            told_members=self._next_here(),
        )
        if in_the_way:
            self._clear_elsewhere(in_turn)
        return entry

    @transaction.atomic
    def extend(self, until, *, by, reason="", waiver=""):
        """It takes longer. What comes after it moves along, and what is now in the way is told."""
        in_turn = self.take_turn(self.incident)
        self._lock()
        self.incident.require_open()
        waiver = self._require_ownership(by, "extends", waiver)
        if not self.is_live:
            raise Refused(f"{self.key} is {self.standing.label.lower()}: propose it again.", code="change_order")
        if until <= self.until:
            raise Refused("Say a later time than before.", code="window_order")
        _require_window(self.starts_at, until, timezone.now())
        before = self.until
        self._move(self.starts_at, until)
        entry = self._record(
            kinds.CHANGE_EXTENDED,
            by=by,
            before=before.isoformat(),
            until=until.isoformat(),
            reason=reason,
            waiver=waiver,
        )
        self._collide(in_turn, by=by)
        self._push(in_turn, by=by)
        return entry

    @transaction.atomic
    def withdraw(self, *, by, reason="", waiver=""):
        """It will not be done after all."""
        in_turn = self.take_turn(self.incident)
        self._lock()
        waiver = self._require_ownership(by, "withdraws", waiver)
        if self.state == S.STARTED:
            raise Refused(f"{self.key} is under way. Say how it ended.", code="change_order")
        if not self.is_live:
            raise Refused(f"{self.key} is {self.standing.label.lower()} already.", code="unchanged")
        return self._withdraw(in_turn, by=by, reason=reason, waiver=waiver)

    @classmethod
    def withdraw_all(cls, incident, in_turn, *, by, reason):
        """The incident goes on elsewhere: what has not begun does not begin here. Call in turn."""
        for change in incident.changes.live().exclude(state=S.STARTED).for_reading().order_by("number"):
            change.incident = incident
            change._withdraw(in_turn, by=by, reason=reason)

    @classmethod
    def out_of_the_way(cls, incident, in_turn):
        """The incident is over, and what was still claimed in it holds up nobody elsewhere. Call in turn, once."""
        told = set()
        for change in incident.changes.live().for_reading().order_by("number"):
            freed = [each for each in change._freed() if each.pk not in told]
            change._clear(freed, in_turn)
            told.update(each.pk for each in freed)

    @classmethod
    @transaction.atomic
    def arrange(cls, incident, changes, *, by, waiver=""):
        """Put changes that are in each other's way one after the other, in the order given. Returns the entry.

        Whatever comes later moves behind what goes first, as long as it was meant to take.
        """
        in_turn = cls.take_turn(incident)
        wanted = list(dict.fromkeys(change.pk for change in changes))
        found = cls.objects.for_reading().in_bulk(wanted)
        order = [found[each] for each in wanted]
        # Their own first, then the others' that it reaches into.
        places = {change.incident_id: change.incident for change in order}.values()
        places = sorted(places, key=lambda each: each != incident)
        for place in places:
            place.require_open()
        rights = [authority.require_coordination(by, place, "say which change goes first", waiver) for place in places]
        for before, change in pairwise(order):
            if change.state == S.STARTED and before.state != S.STARTED:
                raise Refused(f"{change.key} is under way and goes first.", code="change_order")
        pairs = [pair for each in order for pair in each.conflicts_later.all() if pair.other_than(each) in order]
        if not any(pair.is_live for pair in pairs):
            raise Refused("None of these are in each other's way.", code="unchanged")
        for pair in pairs:
            pair.put_first(min((pair.earlier, pair.later), key=order.index), by=by)
        require_no_circle(order)
        entries = [
            in_turn[place.pk].record(
                kinds.CHANGES_ARRANGED,
                by=by,
                order=[change.name_in(place) for change in order],
                told_members=owners_in(order, place),
                waiver=next(filter(None, rights), ""),
            )
            for place in places
        ]
        for change in order:
            change._push(in_turn, by=by)
        return entries[0]

    def lapse(self, now, in_turn):
        """Nobody ended it in time; call in turn. Its own entry is the clock's and says nothing to those who waited."""
        self.incident = in_turn[self.incident_id]
        self.state, self.ended_at = S.LAPSED, now
        self.save(update_fields=["state", "ended_at"])
        self._clear(self._freed(), in_turn)

    @classmethod
    def wait_again(cls, incident):
        """The incident goes on: what is still claimed has its clock again. Call under the incident's lock."""
        for change in incident.changes.live():
            change._open_clock()

    @classmethod
    def take_turn(cls, *incidents):
        """Lock whatever a look around may touch. Returns `{primary key: incident}`, all of them locked.

        One at a time in the whole organisation, so that of two proposals at one moment the second sees the first;
        then these and the incidents in which something is claimed, in the order of their keys. Call before anything
        else is locked.
        """
        Organization.objects.take_turn()
        claimed = cls.objects.live().values("incident")
        others = Incident.objects.open().filter(pk__in=claimed).exclude(pk__in=[each.pk for each in incidents])
        in_turn = {each.pk: each for each in sorted([*incidents, *others], key=lambda each: each.pk)}
        for each in in_turn.values():
            each.lock()
        return in_turn

    # --- Inside ----------------------------------------------------------------------------------

    def _withdraw(self, in_turn, *, by, reason, waiver=""):
        self.state, self.ended_at = S.WITHDRAWN, timezone.now()
        self.save(update_fields=["state", "ended_at"])
        Obligation.cancel(self.incident, ObligationKind.CHANGE, self.pk)
        entry = self._record(
            kinds.CHANGE_WITHDRAWN, by=by, reason=reason, waiver=waiver, told_members=self._next_here()
        )  # fmt: skip
        self._clear_elsewhere(in_turn)
        return entry

    def _lock(self):
        """Its incident and itself, which reads the pairs it is part of as they are now."""
        incident = self.incident.lock()
        self.lock()
        # One row, one object: each counts the entries it has recorded.
        self.incident = incident
        self._forget_pairs()

    def _release(self, *, by, **details):
        self.state, self.released_at, self.released_by = S.RELEASED, timezone.now(), by
        self.save(update_fields=["state", "released_at", "released_by"])
        return self._record(kinds.CHANGE_RELEASED, by=by, told_members=[self.owner_id], **details)

    def _move(self, starts_at, until):
        self.starts_at, self.until = starts_at, until
        self.save(update_fields=["starts_at", "until"])
        Obligation.postpone(self.incident, ObligationKind.CHANGE, self.pk, until)

    def _open_clock(self):
        now = timezone.now()
        minutes = max(1, round((self.until - now).total_seconds() / 60))
        Obligation.open(
            self.incident,
            ObligationKind.CHANGE,
            minutes=minutes,
            subject=self.pk,
            owner=self.owner,
            starts_at=min(now, self.until),
            due_at=self.until,
        )

    def _require_ownership(self, by, act, waiver):
        """Its owner's, and the lead's who lets it go."""
        own = by is not None and by.pk in (self.owner_id, self.proposed_by_id)
        if own:
            authority.require_responder(by)
        else:
            authority.require_work(by, self.incident)
        return authority.require(
            own or authority.may_coordinate(by, self.incident),
            f"{self.owner.name} {act} {self.key}, or the incident lead. Say why to do it anyway.",
            code="change_owner",
            waiver=waiver,
        )

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind, by=by, workstream=self.workstream, change=self.pk, key=self.key, action=self.action, **details
        )


class ChangeService(TenantModel):
    """A service that a change touches."""

    change = models.ForeignKey(ChangeIntent, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "change", "service"], name="change_service_once")
        ]


class ChangeDuty(Duty):
    """A change is over by its time: its owner is reminded, ten minutes later it lapses and the lead is told."""

    states = ("due", "overdue")
    overdue_after = GRACE
    says = {"due": kinds.CHANGE_DUE, "overdue": kinds.CHANGE_LAPSED}

    def details(self, obligation):
        change = ChangeIntent.objects.get(pk=obligation.subject)
        return {**super().details(obligation), "change": change.pk, "key": change.key, "action": change.action}

    def workstream(self, obligation):
        return ChangeIntent.objects.select_related("workstream").get(pk=obligation.subject).workstream

    def lock(self, obligation):
        """Whatever waits for it in another incident is told when it lapses."""
        return ChangeIntent.take_turn(obligation.incident)[obligation.incident_id]

    def reached(self, obligation, incident, now):
        if obligation.state == "overdue":
            change = ChangeIntent.objects.get(pk=obligation.subject)
            change.lapse(now, ChangeIntent.take_turn(incident))
            Obligation.cancel(incident, ObligationKind.CHANGE, change.pk)


def _require_window(starts_at, until, now):
    if until <= max(starts_at, now):
        raise Refused("A change ends after it begins, and later than now.", code="window_order")
    if until - now > LONGEST:
        raise Refused("Say when within the next day it is over; extend it when it takes longer.", code="window_far")
