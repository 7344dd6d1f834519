"""Symptoms: what several customers see alike, so that there is one line with a number instead of many reports."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, Service
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..saying import require_words
from .incident import Incident

# So long the lead is shown that there is a new one.
NEW_FOR = timedelta(minutes=10)


class SymptomQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Those of incidents that are theirs to see; none for stakeholders, who read briefings."""
        if not membership.is_responder:
            return self.none()
        return self.filter(incident__in=Incident.objects.visible_to(membership))

    def current(self):
        """Without those that were merged into another one."""
        return self.filter(merged_into=None)

    def in_order(self):
        return self.order_by("number")

    def for_reading(self):
        return self.select_related("service", "merged_into", "named_by__person")


class Symptom(TenantModel):
    """`number` is 1…n per incident, read as S1. The support liaison sorts the reports."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="symptoms")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    service = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    named_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    named_at = models.DateTimeField(default=timezone.now)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    objects = TenantManager.from_queryset(SymptomQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="symptom_number_once"),
        ]

    def __str__(self):
        return f"{self.key} {self.title}"

    @property
    def key(self):
        return f"S{self.number}"

    # --- Verbs -----------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def name(cls, incident, title, *, by, reports, service=None):
        """Give what several reports have in common a name. Returns the entry; `symptom` in it is the primary key."""
        incident.lock()
        _require_sorting(incident, by)
        symptom = cls._insert(incident, title, service, by)
        moved = symptom._take(reports)
        if not moved:
            raise Refused("Choose the reports that it is about.", code="reports_required")
        return symptom._record(kinds.SYMPTOM_NAMED, by=by, reports=moved)

    @transaction.atomic
    def gather(self, reports, *, by):
        """Put reports under it, wherever they were. Returns the entry."""
        self._begin(by)
        moved = self._take(reports)
        if not moved:
            raise Refused("Choose reports that are not there already.", code="unchanged")
        return self._record(kinds.REPORTS_SORTED, by=by, reports=moved)

    @transaction.atomic
    def merge_into(self, other, *, by):
        """It is the same as another one, which gets its reports. Returns the entry."""
        self._begin(by)
        if other.pk == self.pk:
            raise Refused("A symptom cannot be merged into itself.", code="merge_itself")
        other.lock()
        other._require_current()
        self.merged.update(merged_into=other)
        self.merged_into = other
        self.save(update_fields=["merged_into"])
        moved = self.reports.update(symptom=other)
        return self._record(kinds.SYMPTOMS_MERGED, by=by, reports=moved, into=other.key, into_title=other.title)

    @transaction.atomic
    def split(self, title, reports, *, by, service=None):
        """Some of its reports are something else: they get a name of their own. Returns the entry."""
        self._begin(by)
        chosen = [report for report in reports if report.symptom_id == self.pk]
        if not chosen:
            raise Refused("Choose the reports that are something else.", code="reports_required")
        apart = self._insert(self.incident, title, service or self.service, by)
        moved = apart._take(chosen)
        return apart._record(kinds.SYMPTOM_SPLIT, by=by, reports=moved, origin=self.key)

    @classmethod
    def move_all(cls, incident, other):
        """Goes along with a merge of incidents, under the locks of both: numbers go on after those of the other."""
        last = other.symptoms.aggregate(last=Max("number"))["last"] or 0
        for number, symptom in enumerate(incident.symptoms.in_order(), start=last + 1):
            symptom.incident, symptom.number = other, number
            symptom.save(update_fields=["incident", "number"])

    # --- Inside ----------------------------------------------------------------------------------

    @classmethod
    def _insert(cls, incident, title, service, by):
        title = require_words(title, "Say what customers see, in one line.")
        last = incident.symptoms.aggregate(last=Max("number"))["last"] or 0
        return cls.objects.create(incident=incident, number=last + 1, title=title, service=service, named_by=by)

    def _take(self, reports):
        """How many of these reports it did not have before."""
        chosen = self.incident.reports.filter(pk__in=[report.pk for report in reports])
        return chosen.exclude(symptom=self).update(symptom=self)

    def _begin(self, by):
        self.incident.lock()
        self.lock()
        _require_sorting(self.incident, by)
        self._require_current()

    def _require_current(self):
        if self.merged_into_id:
            raise Refused(f"{self.key} was merged into {self.merged_into.key}.", code="merged_already")

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind, by=by, symptom=self.pk, key=self.key, title=self.title,
            service=self.service.slug if self.service else "", **details,
        )  # fmt: skip


def _require_sorting(incident, by):
    incident.require_not_closed()
    authority.require(
        authority.may_sort_reports(by, incident),
        "The support liaison or the incident lead sorts the reports.",
        code="liaison_right",
    )
