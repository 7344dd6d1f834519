"""Which workstream waits for which, in words that both can read; never in a circle."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from teams.errors import Refused
from teams.graph import reached_from
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .workstreams import Workstream, WorkstreamState


class DependencyQuerySet(TenantQuerySet):
    def live(self):
        return self.filter(resolved_at=None)

    def visible_to(self, membership):
        """Those of which a member may know both ends."""
        known = Workstream.objects.visible_to(membership)
        return self.filter(waiting__in=known, blocking__in=known)

    def with_workstreams(self):
        return self.select_related("waiting__owner__person", "blocking__owner__person")

    def in_order(self):
        return self.order_by("pk")


class WorkstreamDependency(TenantModel):
    """`waiting` cannot go on before `blocking` is done; over once `resolved_at` is set, and kept."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="dependencies")
    waiting = models.ForeignKey(Workstream, models.CASCADE, related_name="waits_for")
    blocking = models.ForeignKey(Workstream, models.CASCADE, related_name="holds_up")
    reason = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(DependencyQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "workstream dependencies"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "waiting", "blocking"],
                condition=Q(resolved_at=None),
                name="dependency_once",
            ),
            models.CheckConstraint(condition=~Q(waiting=models.F("blocking")), name="dependency_on_another"),
        ]

    def __str__(self):
        return f"“{self.waiting}” waits for “{self.blocking}”"

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def add(cls, waiting, blocking, *, by, reason=""):
        """Say that one waits for the other, whose owner hears of it. Returns the entry.

        The incident's lock makes two people who close a circle from both sides come one after the other.
        """
        incident = waiting.incident.lock()
        incident.require_open()
        waiting.lock()
        # Read again with the row; every entry has to come from the incident that is locked.
        waiting.incident = incident
        blocking.lock()
        cls._require_right(waiting, by)
        if blocking.incident_id != waiting.incident_id:
            raise Refused("That workstream belongs to another incident.", code="other_incident")
        if waiting.restricted and blocking.restricted:
            raise Refused(
                "Both workstreams are restricted: this would tell the readers of one about the other.",
                code="both_restricted",
            )
        for stream in (waiting, blocking):
            if stream.state == WorkstreamState.DONE:
                raise Refused(f"“{stream}” is done: there is nothing to wait for.", code="workstream_done")
        cls._require_no_circle(incident, waiting, blocking, by)
        if cls.objects.live().filter(waiting=waiting, blocking=blocking).exists():
            raise Refused(f"“{waiting}” waits for “{blocking}” already.", code="unchanged")
        dependency = cls.objects.create(
            incident=incident, waiting=waiting, blocking=blocking, reason=reason, added_by=by
        )
        waiting.state = WorkstreamState.BLOCKED
        waiting.save(update_fields=["state"])
        waiting.follow_silence()
        return dependency._record(kinds.WORKSTREAM_BLOCKED, by=by, tells=blocking, reason=reason)

    @transaction.atomic
    def resolve(self, *, by):
        """Say that it waits no longer. Returns the entry."""
        self.incident.lock()
        self.lock()
        self._require_right(self.waiting, by)
        if self.resolved_at:
            raise Refused("This is settled already.", code="unchanged")
        return self._settle(by=by)

    @classmethod
    def settle_on(cls, waiting, blocking, *, by):
        """Bring what it waits for to exactly these. Returns the last entry, or None; call under the lock."""
        wanted = {stream.pk: stream for stream in blocking}
        entry = None
        for dependency in cls.objects.live().filter(waiting=waiting).with_workstreams().in_order():
            if wanted.pop(dependency.blocking_id, None) is None and _may_know(by, dependency.blocking):
                dependency.incident = waiting.incident
                cls._require_right(waiting, by)
                entry = dependency._settle(by=by)
        for stream in wanted.values():
            entry = cls.add(waiting, stream, by=by)
        if entry is not None:
            waiting.refresh_from_db(fields=["state"])
        return entry

    @classmethod
    def settle_around(cls, finished, *, by):
        """A workstream is done: who waited for it goes on, and it waits for nothing itself; call under the lock."""
        cls.objects.live().filter(waiting=finished).update(resolved_at=timezone.now())
        for dependency in cls.objects.live().filter(blocking=finished).with_workstreams().in_order():
            dependency.incident = finished.incident
            dependency._settle(by=by)

    # --- Inside ------------------------------------------------------------------------------

    @staticmethod
    def _require_right(waiting, by):
        authority.require_responder(by)
        authority.require(
            authority.may_plan(by, waiting),
            "The workstream's owner, a technical coordinator or the incident lead says what it waits for.",
            code="planning_right",
        )

    @classmethod
    def _require_no_circle(cls, incident, waiting, blocking, by):
        if waiting == blocking:
            raise Refused(f"“{waiting}” cannot wait for itself.", code="dependency_cycle")
        edges = list(cls.objects.live().filter(incident=incident).values_list("waiting_id", "blocking_id"))
        before = reached_from([blocking.pk], edges)
        if waiting.pk not in before:
            return
        path = [waiting.pk]
        while path[-1] != blocking.pk:
            path.append(before[path[-1]])
        names = Workstream.objects.in_bulk(path)
        circle = [names[pk] for pk in (path[0], *reversed(path))]
        first, *others = [f"“{stream}”" if _may_know(by, stream) else "another workstream" for stream in circle]
        raise Refused(
            f"That is a circle: {first} waits for {', which waits for '.join(others)}.", code="dependency_cycle"
        )

    def _settle(self, *, by):
        self.resolved_at = timezone.now()
        self.save(update_fields=["resolved_at"])
        waiting = self.waiting
        if waiting.state == WorkstreamState.BLOCKED and not waiting.waits_for.live().exists():
            waiting.state = WorkstreamState.WORKING
            waiting.save(update_fields=["state"])
            waiting.incident = self.incident
            waiting.follow_silence()
        return self._record(kinds.WORKSTREAM_UNBLOCKED, by=by, tells=waiting)

    def _record(self, kind, *, by, tells, **details):
        """The entry names both, so whoever may not know of one of them does not read it."""
        return self.incident.record(
            kind,
            by=by,
            workstream=self.waiting,
            beside=self.blocking,
            dependency=self.pk,
            waiting=self.waiting.title,
            blocking=self.blocking.title,
            told_members=[tells.owner_id] if tells.owner_id else [],
            told=[] if tells.owner_id else ["lead"],
            **details,
        )


def _may_know(membership, workstream):
    return membership is None or not workstream.restricted or workstream.is_open_to(membership)
