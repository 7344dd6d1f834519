"""Changes in each other's way: who is in whose, which goes first, and who is told once the way is clear."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.errors import Refused
from teams.graph import leads_back
from teams.models import Membership, ServiceGraph
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import kinds
from .change_states import LIVE
from .change_states import ChangeState as S
from .incident import OPEN

# From its time until it lapses.
GRACE = timedelta(minutes=10)
# The guard over changes in each other's way, G17.
IN_CONFLICT = "conflicting_changes"


class ConflictQuerySet(TenantQuerySet):
    def with_changes(self):
        sides = ("earlier__incident", "earlier__workstream", "later__incident", "later__workstream")
        return self.select_related(*sides).order_by("pk")

    def open_in(self, incident):
        """Those that nobody settled, one of the two being in this incident and both still to come or under way."""
        live = Q(earlier__state__in=LIVE, later__state__in=LIVE)
        goes_on = Q(earlier__incident__status__in=OPEN, later__incident__status__in=OPEN)
        here = Q(earlier__incident=incident) | Q(later__incident=incident)
        return self.with_changes().filter(live, goes_on, here, resolved_at=None)


class ChangeConflict(TenantModel):
    """Two changes in each other's way; `earlier` was proposed first. Settled once somebody said what happens."""

    earlier = models.ForeignKey("incidents.ChangeIntent", models.CASCADE, related_name="conflicts_later")
    later = models.ForeignKey("incidents.ChangeIntent", models.CASCADE, related_name="conflicts_earlier")
    about = models.CharField(max_length=300)
    found_at = models.DateTimeField(default=timezone.now)
    goes_first = models.ForeignKey("incidents.ChangeIntent", models.CASCADE, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    objects = TenantManager.from_queryset(ConflictQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "earlier", "later"], name="change_conflict_once")
        ]

    def __str__(self):
        return f"{self.earlier.key} and {self.later.key}: {self.about}"

    @property
    def is_live(self):
        """Whether both are still to come or under way."""
        return all(change.is_live and change.incident.is_open for change in (self.earlier, self.later))

    @property
    def is_open(self):
        return self.resolved_at is None and self.is_live

    @property
    def subject(self):
        """What a waiver names."""
        return f"{self.earlier_id}-{self.later_id}"

    def side_in(self, incident):
        """The one in this incident; of two, one that everybody there may know of."""
        here = [change for change in (self.earlier, self.later) if change.incident_id == incident.pk]
        return min(here, key=lambda change: change.is_restricted)

    def other_than(self, change):
        return self.later if change.pk == self.earlier_id else self.earlier

    def sentence_for(self, change):
        other = self.other_than(change).name_in(change.incident)
        if self.goes_first_id not in (None, change.pk):
            return f"{change.key} comes after {other}, which is not over."
        return f"{change.key} and {other} are in each other's way ({self.about})."

    def put_first(self, change, *, by):
        """Settle it: this one goes first; None: they may go on at the same time."""
        self.goes_first, self.resolved_at, self.resolved_by = change, timezone.now(), by
        self.save(update_fields=["goes_first", "resolved_at", "resolved_by"])


class Colliding:
    """The half of a change that looks at the others."""

    def _collide(self, in_turn, *, by):
        """Note and tell every live change that this one gets in the way of, where its proposer may know of it."""
        own, graph = {service.pk: service for service in self.services.all()}, ServiceGraph.read()
        known = {each for pair in self._pairs() for each in (pair.earlier_id, pair.later_id)}
        near = (
            type(self)
            .objects.live()
            .filter(services__in=graph.around(own), incident__status__in=OPEN, incident__drill=self.incident.drill)
        )
        if by is not None:
            near = near.visible_to(by)
        near = near.exclude(pk__in={self.pk, *known}).distinct().order_by("pk").for_reading()
        place = in_turn[self.incident_id]
        for other in near:
            if not self._overlaps(other):
                continue
            about = _relation(own, {service.pk: service for service in other.services.all()}, graph)
            earlier, later = sorted((self, other), key=lambda each: each.pk)
            ChangeConflict.objects.create(earlier=earlier, later=later, about=about)
            self._tell_of(other, place, about)
            if other.incident_id != place.pk or self.is_restricted != other.is_restricted:
                other._tell_of(self, in_turn[other.incident_id], about)
        self._forget_pairs()

    def _tell_of(self, other, incident, about):
        """Say where this change is known that the other one is in its way; call under the incident's lock."""
        incident.record(
            kinds.CHANGES_COLLIDED,
            workstream=self.workstream,
            change=self.pk,
            key=self.key,
            other=other.name_in(incident),
            about=about,
            told_members=owners_in((self, other), incident),
        )

    def _overlaps(self, other):
        """Whether both are claimed at one time. What was not ended by its time is taken to go on until it lapses."""
        now = timezone.now()
        one, two = (each.until if each.until > now else now + GRACE for each in (self, other))
        return self.starts_at < two and other.starts_at < one

    def _in_the_way(self):
        """Open conflicts, and those that are arranged with the other one first and not over."""
        waiting = {change.pk for change in self.waits_for}
        return [pair for pair in self.conflicts if pair.is_open or pair.other_than(self).pk in waiting]

    def _settle_conflicts(self, pairs, *, by, waiver):
        """Let it go through in spite of these where a reason is given. Returns details for the entry."""
        from ..guards import Breach, check
        from .waivers import GuardWaiver

        settled = set(
            GuardWaiver.objects.filter(incident=self.incident, guard=IN_CONFLICT).values_list("subject", flat=True)
        )
        breaches = [
            Breach(IN_CONFLICT, pair.sentence_for(self), pair.subject, self.workstream)
            for pair in pairs
            if not (pair.is_open and pair.subject in settled)
        ]
        details = check(self.incident, breaches, by=by, waiver=waiver)
        for pair in pairs:
            pair.put_first(None, by=by)
        self._forget_pairs()
        return details

    @property
    def _stands_in_the_way(self):
        return self.is_live and self.incident.is_open

    def _freed(self):
        """Changes that waited for this one, which is over, have not begun, and wait for nothing else."""
        followers = [pair.other_than(self).pk for pair in self._pairs() if pair.goes_first_id == self.pk]
        waiting = (
            type(self)
            .objects.for_reading()
            .filter(pk__in=followers, state__in=(S.PROPOSED, S.RELEASED), incident__status__in=OPEN)
        )
        return [change for change in waiting.order_by("pk") if not change.waits_for]

    def _next_here(self):
        """The owners who may begin now in this incident, to be told with the end of this one."""
        freed = [change for change in self._freed() if change.state == S.RELEASED]
        return [change.owner_id for change in freed if change.incident_id == self.incident_id]

    def _clear_elsewhere(self, in_turn):
        """Tell those who waited for this one in another incident; they may not know of this one's."""
        self._clear([change for change in self._freed() if change.incident_id != self.incident_id], in_turn)

    def _clear(self, freed, in_turn):
        for change in freed:
            change.incident = in_turn[change.incident_id]
            change._record(
                kinds.CHANGE_CLEARED,
                by=None,
                other=self.name_in(change.incident),
                released=change.state == S.RELEASED,
                told_members=[change.owner_id],
            )

    def _push(self, in_turn, *, by):
        """Move what comes after this one behind it, and what comes after that."""
        for pair in self._pairs():
            follower = pair.other_than(self)
            if pair.goes_first_id != self.pk or follower.state == S.STARTED or not follower.is_live:
                continue
            if follower.starts_at >= self.until or follower.incident_id not in in_turn:
                continue
            follower.incident = in_turn[follower.incident_id]
            follower._move(self.until, self.until + (follower.until - follower.starts_at))
            follower._record(
                kinds.CHANGE_MOVED,
                by=by,
                after=self.name_in(follower.incident),
                starts_at=follower.starts_at.isoformat(),
                until=follower.until.isoformat(),
            )
            follower._collide(in_turn, by=by)
            follower._push(in_turn, by=by)

    def _pairs(self):
        """The pairs as they are in the database now."""
        return list(ChangeConflict.objects.with_changes().filter(Q(earlier=self) | Q(later=self)))

    def _forget_pairs(self):
        for name in ("conflicts_later", "conflicts_earlier"):
            getattr(self, "_prefetched_objects_cache", {}).pop(name, None)


def owners_in(changes, incident):
    """Who has a change in this incident; whoever has one in another is told there, and need not know of this one."""
    return sorted({change.owner_id for change in changes if change.incident_id == incident.pk})


def _relation(own, other, graph):
    """In words why two sets of services, `{primary key: service}`, cannot be changed at the same time."""
    if shared := sorted(str(own[each]) for each in own.keys() & other.keys()):
        return f"same service: {', '.join(shared)}"
    for needed, needing in ((own, other), (other, own)):
        way = graph.dependants_of(set(needed))
        for each in needing.keys() & way.keys():
            first = each
            while first in way:
                first = way[first]
            return f"{needing[each]} needs {needed[first]}"
    raise ValueError("These services have nothing to do with each other.")


def require_no_circle(changes):
    """Refuse an order that goes round; call after it was written."""
    pairs = ChangeConflict.objects.exclude(goes_first=None).filter(earlier__state__in=LIVE, later__state__in=LIVE)
    edges = [
        (pair.goes_first_id, pair.later_id if pair.goes_first_id == pair.earlier_id else pair.earlier_id)
        for pair in pairs
    ]
    for change in changes:
        if leads_back(change.pk, edges):
            raise Refused(f"{change.key} would wait for itself. Put all of them into one order.", code="circular_order")
