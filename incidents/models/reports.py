"""Reports: what customers see, as told to Support. They come in without the room, and before there is an incident."""

import hashlib

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, Organization, Service
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..saying import require_words
from .incident import Incident
from .symptoms import Symptom
from .timeline import LONGEST_BEFORE

MAX_LENGTH = 2000
# Nobody counts further by hand; what is larger comes from a figure, not from customers who wrote.
MOST_CUSTOMERS = 10_000
_NOTHING = object()


class Source(models.TextChoices):
    TICKET = "ticket", "Ticket"
    PHONE = "phone", "Telephone"
    CHAT = "chat", "Chat"
    EMAIL = "email", "E-mail"
    SOCIAL = "social", "Social media"
    ACCOUNT_MANAGER = "account_manager", "Account manager"
    OTHER = "other", "Elsewhere"


class ReportQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """What waits, and what belongs to incidents that are theirs to see; for stakeholders their own."""
        if not membership.is_responder:
            return self.filter(reported_by=membership)
        if membership.is_administrator:
            return self
        theirs = Incident.objects.visible_to(membership).filter(pk=OuterRef("incident"))
        return self.filter(Q(incident=None) | Exists(theirs))

    def waiting(self):
        """Those that no incident has."""
        return self.filter(incident=None)

    def told_since(self, moment):
        """Those that were filed since then, or counted up by one more customer."""
        counted = ReportEcho.objects.filter(at__gte=moment).values("report")
        return self.filter(Q(reported_at__gte=moment) | Q(pk__in=counted))

    def unsorted(self):
        return self.filter(symptom=None)

    def latest_first(self):
        return self.order_by("-pk")

    def for_reading(self):
        return self.select_related("incident", "symptom", "service", "reported_by__person")


class SupportReport(TenantModel):
    """`error_text` is what the customer sees and stays here, out of the timeline. `count` customers said so when it was
    written down, `echoes` more since. `seen_at` is when the customer saw it, `reported_at` when Support told."""

    Source = Source

    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="reports")
    symptom = models.ForeignKey(Symptom, models.SET_NULL, null=True, related_name="reports")
    error_text = models.TextField(max_length=MAX_LENGTH)
    feature = models.CharField(max_length=120, blank=True)
    segment = models.CharField(max_length=80, blank=True)
    service = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=16, choices=Source, default=Source.TICKET)
    ticket = models.CharField(max_length=500, blank=True)
    count = models.PositiveIntegerField(default=1)
    echoes = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(default=timezone.now)
    reported_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(ReportQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "reported_by", "key"], name="report_key_once"),
            models.CheckConstraint(condition=Q(count__gte=1), name="report_of_somebody"),
        ]
        indexes = [
            models.Index(fields=["organization", "incident", "reported_at"], name="report_by_incident"),
            models.Index(fields=["organization", "symptom"], name="report_by_symptom"),
        ]

    def __str__(self):
        return self.error_text[:80]

    @property
    def customers(self):
        """How many customers said so by now."""
        return self.count + self.echoes

    @property
    def ticket_url(self):
        """Where the ticket is, if what was given is an address."""
        return self.ticket if self.ticket.startswith(("https://", "http://")) else ""

    # --- Verbs -----------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def file(
        cls, error_text, *, by, incident=None, symptom=None, feature="", segment="", service=None,
        source=Source.TICKET, ticket="", count=1, seen_at=None, key=None,
    ):  # fmt: skip
        """Write down what customers see; every member may, also while there is no incident. Returns the report.

        The same `key` again returns the first one. `entry` of what is returned is the entry, None without an incident.
        """
        from .spikes import Spike

        _lock(incident)
        if key and (earlier := cls.objects.for_reading().filter(reported_by=by, key=key).first()):
            earlier.entry = earlier._entry()
            return earlier
        authority.require(authority.may_report(by, incident), "You cannot see this incident.", code="not_visible")
        error_text = require_words(error_text, "Write what the customer sees.")
        if not 1 <= count <= MOST_CUSTOMERS:
            raise Refused(f"Between 1 and {MOST_CUSTOMERS} customers.", code="count_range")
        now = timezone.now()
        _require_plausible(seen_at, now)
        if incident is not None:
            incident.require_not_closed()
        if symptom is not None:
            symptom.refresh_from_db(fields=["merged_into"])
            symptom = symptom.merged_into or symptom
        report = cls.objects.create(
            incident=incident, symptom=symptom, error_text=error_text, feature=feature.strip(),
            segment=segment.strip(), service=service, source=source, ticket=ticket.strip(), count=count,
            seen_at=seen_at or now, reported_by=by, reported_at=now, key=key,
        )  # fmt: skip
        report.entry = report._record(
            kinds.REPORT_FILED,
            by=by,
            count=count if count > 1 else None,
            segment=report.segment,
            title=symptom.title if symptom else "",
            symptom=symptom.pk if symptom else None,
            key=symptom.key if symptom else "",
            sha256=hashlib.sha256(error_text.encode()).hexdigest(),
        )
        Spike.watch(incident)
        return report

    @transaction.atomic
    def count_one_more(self, *, by, ticket=""):
        """One more customer says the same: once for each member, or for each of their tickets.

        Returns the entry, None without an incident.
        """
        from .spikes import Spike

        self._begin()
        authority.require(authority.may_report(by, self.incident), "You cannot see this incident.", code="not_visible")
        if self.incident is not None:
            self.incident.require_not_closed()
        ticket = ticket.strip()
        _, counted = self.repeated.get_or_create(membership=by, ticket=ticket)
        if not counted:
            raise Refused("You have counted this already. Name the ticket of another customer.", code="counted_already")
        type(self).objects.filter(pk=self.pk).update(echoes=F("echoes") + 1)
        self.echoes += 1
        entry = self._record(kinds.REPORT_REPEATED, by=by, customers=self.customers)
        Spike.watch(self.incident)
        return entry

    @classmethod
    @transaction.atomic
    def attach(cls, reports, incident, *, by):
        """Bring reports that wait to an incident. Returns the entry."""
        from .spikes import Spike

        lock_waiting()
        incident.lock()
        authority.require_responder(by)
        authority.require(authority.may_report(by, incident), "You cannot see this incident.", code="not_visible")
        incident.require_not_closed()
        waiting = cls.objects.select_for_update().waiting().filter(pk__in=[report.pk for report in reports])
        found = list(waiting.order_by("pk"))
        if not found:
            raise Refused("These reports belong to an incident already.", code="report_taken")
        cls.objects.filter(pk__in=[report.pk for report in found]).update(incident=incident)
        Spike.follow_reports(incident, by=by)
        customers = sum(report.customers for report in found)
        return incident.record(kinds.REPORTS_ATTACHED, by=by, reports=len(found), customers=customers)

    # --- Inside ----------------------------------------------------------------------------------

    def _begin(self):
        """Lock what it belongs to and then itself, also when it was brought to an incident meanwhile."""
        held = _NOTHING
        while held != self.incident_id:
            _lock(self.incident)
            held = self.incident_id
            self.refresh_from_db(fields=["incident"])
        self.lock()

    def _record(self, kind, *, by, **details):
        if self.incident is None:
            return None
        return self.incident.record(kind, by=by, report=self.pk, **details)

    def _entry(self):
        if self.incident is None:
            return None
        return self.incident.timeline.filter(kind=kinds.REPORT_FILED.name, details__report=self.pk).first()


class ReportEcho(TenantModel):
    """One more customer who said the same as a report."""

    report = models.ForeignKey(SupportReport, models.CASCADE, related_name="repeated")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    ticket = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "report", "membership", "ticket"], name="report_echo_once")
        ]
        indexes = [models.Index(fields=["organization", "at"], name="report_echo_by_time")]


def lock_waiting():
    """Hold the reports that no incident has together: they are counted, brought away and answered one after another."""
    Organization.objects.take_turn()


def _lock(incident):
    """What is counted next is counted alone."""
    if incident is None:
        lock_waiting()
    else:
        incident.lock()


def _require_plausible(seen_at, now):
    if seen_at is not None and seen_at > now:
        raise Refused("This is later than now.", code="in_future")
    if seen_at is not None and seen_at < now - LONGEST_BEFORE:
        raise Refused("This is more than a year ago.", code="too_early")
