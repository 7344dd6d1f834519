"""The incident: the row that everything hangs on, and the verbs that change it."""

from dataclasses import dataclass
from functools import partial

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from playbooks.models import (
    Criticality,
    DecisionRight,
    IncidentRole,
    IncidentType,
    PlaybookVersion,
    Scope,
    Severity,
)
from teams.errors import Refused
from teams.models import Membership, Service, ServiceGraph
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..signals import entry_recorded
from .timeline import GENESIS, TimelineEntry, first_break


class Status(models.TextChoices):
    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    DECLINED = "declined", "Declined"
    MERGED = "merged", "Merged"


OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
# Nothing is left to do. Between the two lie those that are resolved: last tasks and late answers.
CLOSED = (Status.CLOSED, Status.DECLINED, Status.MERGED)

# From where to where. Reopening and merging are verbs of their own.
TRANSITIONS = {
    Status.INVESTIGATING: {Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.DECLINED},
    Status.IDENTIFIED: {Status.INVESTIGATING, Status.MONITORING, Status.RESOLVED, Status.DECLINED},
    Status.MONITORING: {Status.INVESTIGATING, Status.IDENTIFIED, Status.RESOLVED, Status.DECLINED},
    Status.RESOLVED: {Status.CLOSED, Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING},
    Status.CLOSED: {Status.INVESTIGATING},
    Status.DECLINED: {Status.INVESTIGATING},
    Status.MERGED: set(),
}


class IncidentQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Private incidents only for who is on them or invited, and for the organisation's administrators."""
        if membership.is_administrator:
            return self
        from .invitations import IncidentInvitation
        from .participants import Participant

        on_it = Participant.objects.filter(incident=OuterRef("pk"), membership=membership, left_at=None)
        invited = IncidentInvitation.objects.waiting().filter(incident=OuterRef("pk"), membership=membership)
        return self.filter(Q(private=False) | Exists(on_it) | Exists(invited))

    def open(self):
        return self.filter(status__in=OPEN)

    def real(self):
        return self.filter(drill=False)

    def latest_first(self):
        return self.order_by("-number")

    def worst_first(self):
        return self.order_by("severity__rank", "-number")

    def with_summary(self):
        """With what a line of a list shows."""
        return self.select_related("severity", "incident_type", "declared_by__person").prefetch_related(
            models.Prefetch("roles", queryset=_role_model().objects.current().with_people(), to_attr="current_roles")
        )


def _role_model():
    from .roles import RoleAssignment

    return RoleAssignment


class Incident(TenantModel):
    """Numbered per organisation. Only a title is needed; everything else has a default and can be corrected."""

    Status = Status

    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    status = models.CharField(max_length=14, choices=Status, default=Status.INVESTIGATING)
    severity = models.ForeignKey(Severity, models.PROTECT, related_name="incidents")
    incident_type = models.ForeignKey(IncidentType, models.PROTECT, null=True, related_name="incidents")
    playbook_version = models.ForeignKey(PlaybookVersion, models.PROTECT, null=True, related_name="incidents")
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.UNKNOWN)
    criticality = models.CharField(max_length=12, choices=Criticality, default=Criticality.UNKNOWN)
    services = models.ManyToManyField(Service, through="IncidentService", related_name="incidents")
    drill = models.BooleanField(default=False)
    private = models.BooleanField(default=False)
    declared_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    declared_at = models.DateTimeField()
    assessed_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    # Made by the client, so that a double click or a retry declares once.
    declaration_key = models.CharField(max_length=64, null=True)
    # The head of the timeline, taken and moved under this row's lock.
    last_number = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, default=GENESIS)

    objects = TenantManager.from_queryset(IncidentQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="incident_number_once"),
            models.UniqueConstraint(fields=["organization", "declaration_key"], name="incident_declared_once"),
        ]
        indexes = [models.Index(fields=["organization", "status", "-number"], name="incident_by_status")]

    def __str__(self):
        return f"{self.key} {self.title}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def key(self):
        return f"INC-{self.number}"

    @property
    def is_open(self):
        return self.status in OPEN

    def get_absolute_url(self):
        return reverse("incidents:detail", kwargs={"org": self.organization.slug, "number": self.number})

    def holders_of(self, roles, domain=None):
        """Primary keys of the memberships that wear one of these hats now, of hats per domain only the domain's."""
        worn = self.roles.current().filter(role__in=roles)
        if domain is not None:
            worn = worn.filter(Q(domain=None) | Q(domain=domain))
        return set(worn.values_list("membership_id", flat=True))

    def holders_by_right(self, *classes):
        """Primary keys of the memberships whose hats carry the right to decide what is of one of these classes."""
        return self.holders_of(DecisionRight.objects.filter(decision_class__in=classes).values("role"))

    def is_only_read_by(self, membership):
        """Whether this member observes or follows, and would have to join to post."""
        return self.participants.reading().filter(membership=membership).exists()

    def holder_of(self, role, domain=None):
        """The membership that wears this hat now, or None."""
        assignment = self.roles.current().with_people().of(role, domain).first()
        return assignment.membership if assignment else None

    def told_audiences(self):
        """The audiences that have had a word."""
        return set(self.updates.said().order_by().values_list("audience", flat=True).distinct())

    @property
    def is_cross_functional(self):
        """Whether a function beside engineering is at work."""
        return self.functions.beside_engineering().exists()

    @property
    def lead(self):
        """The membership that leads, or None, as `with_summary` has read it."""
        return next((each.membership for each in self.current_roles if each.role == IncidentRole.LEAD), None)

    def last_number_for(self, membership):
        """The number of the last entry that this member may read, up to the one that was last when this was read."""
        entries = self.timeline.visible_to(membership).filter(number__lte=self.last_number)
        return entries.aggregate(last=Max("number"))["last"] or 0

    def possibly_affected(self, affected=None):
        """`[PossiblyAffected]`: what fails with the `affected` services, nearest first, unless somebody cleared it.

        A constant number of queries, however deep services rest on services.
        """
        affected = {service.pk for service in (self.services.all() if affected is None else affected)}
        ways = ServiceGraph.read().dependants_of(affected) if affected else {}
        if not ways:
            return []
        cleared = set(ClearedService.objects.filter(incident=self).values_list("service_id", flat=True))
        found = Service.objects.select_related("team").in_bulk({*ways, *ways.values()})
        return [
            PossiblyAffected(found[service], found[service].team, found[via])
            for service, via in ways.items()
            if service not in cleared
        ]

    def is_visible_to(self, membership):
        return type(self).objects.visible_to(membership).filter(pk=self.pk).exists()

    def require_open(self):
        """Refuse an act on an incident that is over."""
        if not self.is_open:
            raise Refused(f"{self.key} is {self.get_status_display().lower()}. Reopen it first.", code="not_open")

    def require_not_closed(self):
        """Refuse an act that still has its place once the incident is resolved, and none afterwards."""
        if self.status in CLOSED:
            self.require_open()

    # --- Verbs -------------------------------------------------------------------------------
    # Declaring joins incident, playbook and people: `mobilization.declare`.

    @transaction.atomic
    def change_details(self, *, by, title=None, summary=None, services=None, incident_type=None):
        """Correct what the incident is called and what it touches. Leaves alone what is not given."""
        from ..mobilization import require_functions_of
        from .business_events import BusinessEvent

        self.lock()
        authority.require_responder(by)
        changed = {}
        if title is not None and title != self.title:
            changed["title"] = {"before": self.title, "after": title}
            self.title = title
        if summary is not None and summary != self.summary:
            changed["summary"] = {"before": self.summary, "after": summary}
            self.summary = summary
        if incident_type is not None and incident_type != self.incident_type:
            changed["type"] = {
                "before": getattr(self.incident_type, "slug", None),
                "after": incident_type.slug,
            }
            self.incident_type = incident_type
        if services is not None:
            before = sorted(self.services.values_list("slug", flat=True))
            after = sorted(service.slug for service in services)
            if before != after:
                changed["services"] = {"before": before, "after": after}
                self.services.set(services)
                ClearedService.objects.filter(incident=self, service__in=services).delete()
        if not changed:
            raise Refused("Nothing was changed.", code="unchanged")
        self.save(update_fields=["title", "summary", "incident_type"])
        entry = self.record(kinds.DETAILS_CHANGED, by=by, changed=changed)
        if "type" in changed:
            require_functions_of(self, by=by)
        if "services" in changed:
            BusinessEvent.meet(self)
        return entry

    @transaction.atomic
    def judge_service(self, service, *, affected, by):
        """Say of a service that it is affected, or that it is not although something it needs is. Returns the entry."""
        self.lock()
        authority.require_responder(by)
        if affected:
            return self.change_details(services={*self.services.all(), service}, by=by)
        was_affected = self.services.filter(pk=service.pk).exists()
        _, cleared = ClearedService.objects.get_or_create(incident=self, service=service, defaults={"cleared_by": by})
        if not (was_affected or cleared):
            raise Refused(f"{service} is known not to be affected.", code="unchanged")
        self.services.remove(service)
        return self.record(kinds.SERVICE_CLEARED, by=by, service=service.slug, name=service.name)

    @transaction.atomic
    def change_severity(self, severity, *, by, reason="", waiver=""):
        """Make it worse or milder. Clocks follow at once; a promise already made to an audience is kept."""
        from .. import silence
        from ..mobilization import require_functions_of
        from .obligations import Obligation
        from .spikes import Spike

        self.lock()
        waiver = self._require_coordination(by, "change the severity", waiver)
        self.require_open()
        if severity == self.severity:
            raise Refused(f"The severity is {severity.name} already.", code="unchanged")
        before, self.severity = self.severity, severity
        self.save(update_fields=["severity"])
        moved = Obligation.follow_severity(self)
        silence.follow_severity(self)
        Spike.follow_severity(self, by=by)
        entry = self.record(
            kinds.SEVERITY_CHANGED,
            by=by,
            before=before.slug,
            after=severity.slug,
            direction="worse" if severity.is_worse_than(before) else "milder",
            moved=moved,
            reason=reason,
            waiver=waiver,
        )
        require_functions_of(self, by=by)
        return entry

    def take_turn(self):
        """Lock it and the incidents in which somebody may wait for what is claimed here; before anything is locked."""
        from .changes import ChangeIntent

        return ChangeIntent.take_turn(self)

    @transaction.atomic
    def change_status(self, status, *, by, reason="", waiver=""):
        """Move along the life of an incident, resolving, closing, declining and reopening included."""
        from .changes import ChangeIntent

        status = Status(status)
        in_turn = {self.pk: self.lock()} if status in OPEN else self.take_turn()
        was_open = self.is_open
        waiver = self._require_coordination(by, "change the status", waiver)
        if status == self.status:
            raise Refused(f"The incident is {status.label.lower()} already.", code="unchanged")
        if status not in TRANSITIONS[Status(self.status)]:
            raise Refused(
                f"An incident that is {Status(self.status).label.lower()} cannot become {status.label.lower()}.",
                code="status_order",
            )
        entry = _STATUS_VERBS.get(status, Incident._move)(self, status, by=by, reason=reason, waiver=waiver)
        if was_open and not self.is_open:
            ChangeIntent.out_of_the_way(self, in_turn)
        return entry

    def resolve(self, *, by, reason="", waiver=""):
        return self.change_status(Status.RESOLVED, by=by, reason=reason, waiver=waiver)

    def close(self, *, by, reason="", waiver=""):
        return self.change_status(Status.CLOSED, by=by, reason=reason, waiver=waiver)

    def decline(self, *, by, reason="", waiver=""):
        """A false alarm, or nothing that needs an incident."""
        return self.change_status(Status.DECLINED, by=by, reason=reason, waiver=waiver)

    @transaction.atomic
    def reopen(self, *, by, reason="", waiver=""):
        """Investigate again what had ended."""
        self.lock()
        waiver = self._require_coordination(by, "reopen it", waiver)
        if self.is_open:
            raise Refused(f"{self.key} is open: there is nothing to reopen.", code="unchanged")
        return self.change_status(Status.INVESTIGATING, by=by, reason=reason, waiver=waiver)

    @transaction.atomic
    def merge_into(self, other, *, by, reason="", waiver=""):
        """End this incident as a duplicate of `other`, whose timeline says that it arrived."""
        from .changes import ChangeIntent
        from .commitments import Commitment
        from .decisions import Decision
        from .invitations import IncidentInvitation
        from .obligations import Obligation
        from .questions import Question
        from .reinforcements import ReinforcementRequest
        from .spikes import Spike
        from .symptoms import Symptom

        if other.pk == self.pk:
            raise Refused("An incident cannot be merged into itself.", code="merge_itself")
        in_turn = ChangeIntent.take_turn(self, other)
        waiver = self._require_coordination(by, "merge it", waiver)
        self.require_open()
        if not other.is_open:
            raise Refused(f"{other.key} is not open: merge into an open incident.", code="target_not_open")
        if self.drill != other.drill:
            raise Refused("A drill and a real incident are never merged.", code="drill_boundary")
        for model in (ReinforcementRequest, Decision, Commitment):
            model.withdraw_all(self, by=by, reason=f"Goes on in {other.key}")
        where = "in another incident." if other.private else f"in {other.key}. Ask there."
        Question.decline_all(self, by=by, reason=f"It goes on {where}")
        ChangeIntent.withdraw_all(self, in_turn, by=by, reason=f"Goes on in {other.key}")
        self.status, self.merged_into = Status.MERGED, other
        self.resolved_at = timezone.now()
        self.save(update_fields=["status", "merged_into", "resolved_at"])
        self.alerts.update(incident=other)
        Symptom.move_all(self, other)
        self.reports.update(incident=other)
        Spike.objects.end_all(self, reason=f"Goes on in {other.key}")
        Obligation.cancel_open(self)
        IncidentInvitation.end_all(self)
        _role_model().end_pending(self)
        entry = self.record(kinds.MERGED, by=by, into=other.number, reason=reason, waiver=waiver)
        other.record(kinds.DUPLICATE_ARRIVED, by=by, number=self.number, title=self.title)
        ChangeIntent.out_of_the_way(self, in_turn)
        return entry

    @transaction.atomic
    def make_private(self, *, by, waiver=""):
        """Hide it from everybody who is not on it."""
        from .participants import Participant
        from .reinforcements import ReinforcementRequest

        self.lock()
        waiver = self._require_coordination(by, "make it private", waiver)
        if self.private:
            raise Refused("This incident is private already.", code="unchanged")
        self.private = True
        self.save(update_fields=["private"])
        if by is not None:
            Participant.ensure(self, by)
        ReinforcementRequest.let_in_all(self, by=by)
        return self.record(kinds.MADE_PRIVATE, by=by, waiver=waiver)

    @transaction.atomic
    def make_visible(self, *, by, waiver=""):
        """Show it to the whole organisation again."""
        self.lock()
        waiver = self._require_coordination(by, "make it visible", waiver)
        if not self.private:
            raise Refused("This incident is visible already.", code="unchanged")
        self.private = False
        self.save(update_fields=["private"])
        return self.record(kinds.MADE_VISIBLE, by=by, waiver=waiver)

    # --- The timeline ------------------------------------------------------------------------

    def record(
        self, kind, *, by=None, workstream=None, beside=None, happened_at=None, visibility=None, **details
    ):  # fmt: skip
        """Append one entry; call under the row's lock, in the transaction of the change. Empty details are left out.

        An entry that names a workstream carries it: `workstream` where it belongs, `beside` a second one.
        """
        from .participants import Participant

        now = timezone.now()
        entry = TimelineEntry(
            organization_id=self.organization_id,
            incident=self,
            number=self.last_number + 1,
            kind=kind.name,
            actor=by,
            workstream=workstream,
            beside=beside,
            visibility=(visibility or kind.visibility).value,
            details={name: value for name, value in details.items() if value not in (None, "", [], {}, False)},
            happened_at=happened_at or now,
            recorded_at=now,
        )
        entry.seal(self.head_hash)
        entry.save(force_insert=True)
        self.last_number, self.head_hash = entry.number, entry.hash
        self.save(update_fields=["last_number", "head_hash"])
        if by is not None:
            Participant.note_act(self, by, now=now)
        entry_recorded.send(TimelineEntry, entry=entry)
        if workstream is not None and workstream.silence_minutes and by is not None:
            self._heard_from(workstream)
        return entry

    def first_break(self):
        """The number of the first entry where the hash chain is broken, or None."""
        return first_break(self.timeline.in_order().iterator(), self.head_hash, self.last_number)

    # --- Inside ------------------------------------------------------------------------------

    def _heard_from(self, workstream):
        """Somebody said or did something where silence would have been a signal."""
        from .obligations import Obligation, ObligationKind

        Obligation.begin_anew(
            self, ObligationKind.SILENCE, minutes=workstream.silence_minutes, subject=workstream.pk
        )  # fmt: skip

    def _move(self, status, *, by, reason, waiver):
        before, self.status = self.status, status
        if before not in OPEN:
            return self._reopen(before, by=by, reason=reason, waiver=waiver)
        self.save(update_fields=["status"])
        return self.record(kinds.STATUS_CHANGED, by=by, before=before, after=status, reason=reason, waiver=waiver)

    def _reopen(self, before, *, by, reason, waiver):
        from .. import silence
        from .business_events import BusinessEvent
        from .challenges import UpdateChallenge
        from .changes import ChangeIntent
        from .decisions import Decision
        from .findings import Finding
        from .obligations import Obligation
        from .questions import Question
        from .roles import RoleAssignment
        from .synthesis import Synthesis
        from .tasks import Task

        self.resolved_at = self.closed_at = None
        self.save(update_fields=["status", "resolved_at", "closed_at"])
        Obligation.open_updates(self)
        silence.begin_again(self)
        for each in (Decision, Finding, Synthesis, Question, UpdateChallenge, Task, ChangeIntent, BusinessEvent):
            each.wait_again(self)
        entry = self.record(kinds.REOPENED, by=by, before=before, after=self.status, reason=reason, waiver=waiver)
        RoleAssignment.take_up_again(self)
        return entry

    def _end(self, status, *, by, reason, waiver, kind):
        from .invitations import IncidentInvitation
        from .obligations import Obligation
        from .reinforcements import ReinforcementRequest

        ReinforcementRequest.withdraw_all(self, by=by)
        before, self.status = self.status, status
        now = timezone.now()
        if status == Status.CLOSED:
            self.closed_at = now
        else:
            self.resolved_at = now
        self.save(update_fields=["status", "resolved_at", "closed_at"])
        Obligation.cancel_open(self)
        IncidentInvitation.end_all(self)
        _role_model().end_pending(self)
        return self.record(kind, by=by, before=before, after=status, reason=reason, waiver=waiver)

    def _require_coordination(self, by, act, waiver):
        return authority.require_coordination(by, self, act, waiver)


_STATUS_VERBS = {
    Status.RESOLVED: partial(Incident._end, kind=kinds.RESOLVED),
    Status.CLOSED: partial(Incident._end, kind=kinds.CLOSED),
    Status.DECLINED: partial(Incident._end, kind=kinds.DECLINED),
}


@dataclass(frozen=True)
class PossiblyAffected:
    """A service that needs `via`, which is affected itself or possibly so; `team` owns it."""

    service: Service
    team: object
    via: Service


class ClearedService(TenantModel):
    """A service that needs an affected one, and of which somebody said that it is not affected."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")
    cleared_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "service"], name="cleared_service_once")
        ]


class IncidentService(TenantModel):
    """A service that an incident affects."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "service"], name="incident_service_once")
        ]
