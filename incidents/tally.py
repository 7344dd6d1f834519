"""The tally of an incident's reports: per symptom and in all, in a constant number of queries."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from . import listening
from .models.reports import ReportEcho

# The segments that are named; the others are few.
SEGMENTS = 3


@dataclass
class Counted:
    """What was counted of a symptom, or of everything. `recent` and `before` are customers of the last two windows."""

    reports: int = 0
    customers: int = 0
    recent: int = 0
    before: int = 0
    first_seen_at: datetime | None = None
    first_reported_at: datetime | None = None
    last_at: datetime | None = None
    # The report that one more customer is counted on.
    first_report: int | None = None
    segments: list = field(default_factory=list)

    @property
    def direction(self):
        return listening.direction(self.recent, self.before)

    def add(self, reports, customers, recent, before, last_at, first_seen_at=None, first_reported_at=None, first=None):
        self.reports += reports
        self.customers += customers
        self.recent += recent
        self.before += before
        self.last_at = max(filter(None, (self.last_at, last_at)), default=None)
        self.first_seen_at = min(filter(None, (self.first_seen_at, first_seen_at)), default=None)
        self.first_reported_at = min(filter(None, (self.first_reported_at, first_reported_at)), default=None)
        self.first_report = min(filter(None, (self.first_report, first)), default=None)


NOTHING = Counted()


class Tally:
    def __init__(self, incident, now=None, *, any_there=True):
        self.incident = incident
        self.any_there = any_there
        self.now = now or timezone.now()

    @cached_property
    def by_symptom(self):
        """`{primary key of a symptom, or None for what is not sorted: Counted}`."""
        found = {}
        if not self.any_there:
            return found
        now, half = self.now, self.now - listening.WINDOW
        start = half - listening.WINDOW
        told = self.incident.reports.values("symptom").annotate(
            reports=Count("pk"),
            customers=Sum("count"),
            recent=Sum("count", filter=Q(reported_at__gt=half, reported_at__lte=now), default=0),
            before=Sum("count", filter=Q(reported_at__gt=start, reported_at__lte=half), default=0),
            last_at=Max("reported_at"),
            first_seen_at=Min("seen_at"),
            first_reported_at=Min("reported_at"),
            first=Min("pk"),
        )
        for row in told.order_by():
            found.setdefault(row.pop("symptom"), Counted()).add(**row)
        if not found:
            return found
        repeated = (
            ReportEcho.objects.filter(report__incident=self.incident)
            .values("report__symptom")
            .annotate(
                customers=Count("pk"),
                recent=Count("pk", filter=Q(at__gt=half, at__lte=now)),
                before=Count("pk", filter=Q(at__gt=start, at__lte=half)),
                last_at=Max("at"),
            )
        )
        for row in repeated.order_by():
            found[row.pop("report__symptom")].add(reports=0, **row)
        segments = self.incident.reports.exclude(segment="").values("symptom", "segment")
        for row in segments.annotate(customers=Sum("count") + Sum("echoes")).order_by("-customers", "segment"):
            found[row["symptom"]].segments.append((row["segment"], row["customers"]))
        return found

    def of(self, symptom):
        return self.by_symptom.get(symptom.pk, NOTHING)

    @property
    def unsorted(self):
        return self.by_symptom.get(None, NOTHING)

    @cached_property
    def total(self):
        total = Counted()
        for each in self.by_symptom.values():
            total.add(
                each.reports, each.customers, each.recent, each.before, each.last_at, each.first_seen_at,
                each.first_reported_at, each.first_report,
            )  # fmt: skip
        return total

    @cached_property
    def lead_time(self):
        """Who knew first, or None while nothing was reported."""
        if self.total.first_reported_at is None:
            return None
        first_alert_at = self.incident.alerts.aggregate(first=Min("first_at"))["first"]
        return listening.LeadTime(self.total.first_reported_at, first_alert_at, self.incident.declared_at)

    @cached_property
    def symptoms(self):
        """The symptoms that stand, the most customers first, each with its `counted`."""
        if not self.by_symptom:
            return []
        found = list(self.incident.symptoms.current().for_reading().in_order())
        for symptom in found:
            symptom.incident = self.incident
            symptom.counted = self.of(symptom)
        return sorted(found, key=lambda each: (-each.counted.customers, each.number))

    @property
    def figures(self):
        """The numbers of this moment, as a digest keeps them."""
        return {
            "reports": self.total.reports,
            "customers": self.total.customers,
            "direction": self.total.direction,
            "symptoms": [
                {
                    "key": each.key,
                    "title": each.title,
                    "customers": each.counted.customers,
                    "direction": each.counted.direction,
                }
                for each in self.symptoms
            ],
        }
