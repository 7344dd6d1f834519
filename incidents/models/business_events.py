"""The calendar of the business: launches, campaigns, days that matter to a key account, and which services they need.

An incident on one of these services that is not over a day before such an event, or during it, brings product a task:
hold it, move it or go on. One per event and incident, whatever happens at the same moment.
"""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.text import Truncator

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership, Organization, Service, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from .incident import Incident
from .obligations import FAR, SHORTEST, Obligation, ObligationKind
from .tasks import Task

# So long before it begins, somebody has to know that it may have to wait.
AHEAD = timedelta(hours=24)
LONGEST_WINDOW = 32_767
TASK_LENGTH = 200


class EventKind(models.TextChoices):
    LAUNCH = "launch", "Launch"
    CAMPAIGN = "campaign", "Campaign"
    KEY_ACCOUNT = "key_account", "Key account"


class BusinessEventQuerySet(TenantQuerySet):
    def planned(self):
        return self.filter(cancelled_at=None)

    def ahead(self, now=None):
        """Planned and not over."""
        return self.planned().filter(ends_at__gt=now or timezone.now())

    def touching(self, incident):
        """Those that need a service which is affected, and were not over when the incident began."""
        needed = EventService.objects.filter(service__in=incident.services.all())
        return self.planned().filter(pk__in=needed.values("event"), ends_at__gt=incident.declared_at)

    def for_reading(self):
        services = models.Prefetch("services", Service.objects.in_order())
        return self.select_related("planned_by__person").prefetch_related(services)

    def soonest_first(self):
        return self.order_by("starts_at", "pk")


class BusinessEvent(TenantModel):
    Kind = EventKind

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=EventKind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    services = models.ManyToManyField(Service, through="EventService", related_name="+")
    note = models.CharField(max_length=500, blank=True)
    planned_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(BusinessEventQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="business_event_in_order"
            )
        ]
        indexes = [models.Index(fields=["organization", "ends_at"], name="business_event_by_end")]

    def __str__(self):
        return self.name

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def plan(cls, name, *, by, kind, starts_at, ends_at, services, note=""):
        """Put it into the calendar. Returns the event."""
        authority.require_responder(by)
        _require_window(starts_at, ends_at, services)
        incidents = _take_turn()
        event = cls.objects.create(name=name, kind=kind, starts_at=starts_at, ends_at=ends_at, note=note, planned_by=by)
        event.services.set(services)
        audit.log(by, "business_event_planned", event, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
        event._meet_all(incidents)
        return event

    @transaction.atomic
    def change(self, *, by, **changed):
        """Another name, time, kind or other services; what is not named stays."""
        authority.require_responder(by)
        incidents = _take_turn()
        self.lock()
        self._require_planned()
        services = changed.pop("services", None)
        for name, value in changed.items():
            setattr(self, name, value)
        _require_window(self.starts_at, self.ends_at, self.services.all() if services is None else services)
        self.save(update_fields=["name", "kind", "starts_at", "ends_at", "note"])
        if services is not None:
            self.services.set(services)
        audit.log(by, "business_event_changed", self, starts_at=self.starts_at.isoformat())
        self._stop_clocks()
        self._meet_all(incidents)

    @transaction.atomic
    def cancel(self, *, by):
        """It does not take place. Tasks that it has brought stay with whoever has them."""
        authority.require_responder(by)
        self.lock()
        self._require_planned()
        self.cancelled_at = timezone.now()
        self.save(update_fields=["cancelled_at"])
        audit.log(by, "business_event_cancelled", self)
        self._stop_clocks()

    @classmethod
    def meet(cls, incident):
        """Look which events the incident reaches into; call under its lock, whenever its services or its end change.

        What is too far away has a clock.
        """
        if not incident.is_open:
            return
        known = set(EventOverlap.objects.filter(incident=incident).values_list("event_id", flat=True))
        for event in cls.objects.touching(incident).soonest_first():
            if event.pk not in known:
                event._meet(incident)

    @classmethod
    def wait_again(cls, incident):
        """The incident goes on; call under its lock."""
        cls.meet(incident)

    # --- Inside ------------------------------------------------------------------------------

    def _require_planned(self):
        if self.cancelled_at:
            raise Refused(f"{self.name} was cancelled already.", code="unchanged")

    def _meet_all(self, incidents):
        for incident in incidents:
            type(self).meet(incident)

    def _stop_clocks(self):
        Obligation.objects.live().about(ObligationKind.EVENT, self.pk).update(state="cancelled", next_at=None)

    def _meet(self, incident):
        now = timezone.now()
        estimate = incident.estimates.current()
        reach = max(now + AHEAD, estimate.latest) if estimate and estimate.latest else now + AHEAD
        if self.starts_at <= reach:
            self.overlap(incident)
        elif not incident.obligations.live().about(ObligationKind.EVENT, self.pk).exists():
            self._wait(incident, now)

    def _wait(self, incident, now):
        due_at = self.starts_at - AHEAD
        last = (
            incident.obligations.about(ObligationKind.EVENT, self.pk)
            .order_by("-starts_at")
            .values_list("starts_at", flat=True)
            .first()
        )
        minutes = max(1, round((due_at - now).total_seconds() / 60))
        Obligation.open(
            incident,
            ObligationKind.EVENT,
            minutes=min(minutes, LONGEST_WINDOW),
            subject=self.pk,
            starts_at=last + SHORTEST if last and last >= now else now,
            due_at=due_at,
        )

    def overlap(self, incident):
        """The incident reaches into it: product has to decide, once. Call under the incident's lock."""
        overlap, is_new = EventOverlap.objects.get_or_create(event=self, incident=incident)
        if not is_new:
            return
        promises = [commitment.label for commitment in incident.commitments.open().soonest_first()]
        risk = f"; at risk: {', '.join(promises)}" if promises else ""
        text = Truncator(f"Hold, move or go on with “{self.name}”").chars(TASK_LENGTH - min(len(risk), 90))
        entry = Task.add(incident, text + Truncator(risk).chars(90), by=None, role=IncidentRole.PRODUCT)
        overlap.task_id = entry.details["task"]
        overlap.save(update_fields=["task"])
        incident.record(
            kinds.EVENT_OVERLAPPED,
            business_event=self.pk,
            name=self.name,
            event_kind=self.kind,
            starts_at=self.starts_at.isoformat(),
            ends_at=self.ends_at.isoformat(),
            task=overlap.task_id,
            task_number=entry.details["number"],
            commitments=promises,
        )


class EventService(TenantModel):
    event = models.ForeignKey(BusinessEvent, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "event", "service"], name="event_service_once")]


class EventOverlap(TenantModel):
    """That an incident reaches into an event, and the task that it brought."""

    event = models.ForeignKey(BusinessEvent, models.CASCADE, related_name="overlaps")
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="event_overlaps")
    task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="+")
    found_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "event", "incident"], name="event_overlap_once")]


class EventDuty(Duty):
    """An event comes near while the incident is not over. What follows has its own entry."""

    states = ("due",)
    says = {}

    def reached(self, obligation, incident, now):
        event = BusinessEvent.objects.planned().filter(pk=obligation.subject).first()
        Obligation.satisfy(incident, ObligationKind.EVENT, obligation.subject)
        if event is not None and BusinessEvent.objects.touching(incident).filter(pk=event.pk).exists():
            event.overlap(incident)


def _take_turn():
    """One change of the calendar at a time, and every open incident locked, in the order in which others lock them."""
    Organization.objects.take_turn()
    return [incident.lock() for incident in Incident.objects.open().order_by("pk")]


def _require_window(starts_at, ends_at, services):
    if starts_at >= ends_at:
        raise Refused("It has to end later than it begins.", code="window_order")
    if ends_at <= timezone.now():
        raise Refused("It is over already.", code="past")
    if ends_at > timezone.now() + FAR:
        raise Refused("Nobody plans that far ahead.", code="too_far")
    if not services:
        raise Refused("Name the services that it needs.", code="services_required")
