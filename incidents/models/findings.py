"""Findings: what a coordinator reports to the lead in four lines, and that the lead has heard it."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty, UpdateDuty
from .incident import Incident
from .messages import Message
from .obligations import Obligation, ObligationKind
from .participants import Participant
from .workstreams import Workstream

# How long the lead has to say that a finding was heard; at this rank of severity and worse, half of it.
ACKNOWLEDGEMENT_MINUTES = 10
URGENT_RANK = 2


class Confidence(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class FindingState(models.TextChoices):
    RAISED = "raised", "Raised"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SET_ASIDE = "set_aside", "Set aside"


class FindingQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Without what belongs to restricted workstreams that the member may not know of."""
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def raised(self):
        """Those that the lead has not answered."""
        return self.filter(state=FindingState.RAISED)

    def with_people(self):
        related = ("raised_by__person", "raised_by__function", "settled_by__person", "workstream", "domain", "message")
        return self.select_related(*related)

    def in_order(self):
        return self.order_by("number")

    def latest_first(self):
        return self.order_by("-number")


class Finding(TenantModel):
    """`condition` is what is, `actions` what was done, `needs` what is asked for, `meaning` what follows from it."""

    Confidence = Confidence
    State = FindingState
    page = "incidents:finding"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="findings")
    number = models.PositiveSmallIntegerField()
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, related_name="findings")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="findings")
    condition = models.TextField()
    actions = models.TextField(blank=True)
    needs = models.TextField(blank=True)
    meaning = models.TextField(blank=True)
    confidence = models.CharField(max_length=6, choices=Confidence, default=Confidence.MEDIUM)
    evidence = models.URLField(max_length=500, blank=True)
    needs_action = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=FindingState, default=FindingState.RAISED)
    reason = models.CharField(max_length=500, blank=True)
    raised_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    acknowledge_by = models.DateTimeField()
    settled_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(FindingQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="finding_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "raised_by", "key"], name="finding_key_once"),
        ]

    def __str__(self):
        return f"{self.label} {self.condition}"

    @property
    def label(self):
        """How people call it: F12."""
        return f"F{self.number}"

    @classmethod
    @transaction.atomic
    def post(
        cls,
        incident,
        condition,
        *,
        by,
        actions="",
        needs="",
        meaning="",
        confidence=Confidence.MEDIUM,
        workstream=None,
        domain=None,
        evidence="",
        needs_action=False,
        message=None,
        key=None,
    ):
        """Report to the lead. Returns the entry; the same `key` again returns the first one's entry.

        What comes from a `message` belongs to the message's workstream, and what comes from a workstream to its
        domain, unless another `domain` is named.
        """
        incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, raised_by=by, key=key).first()):
            return incident.timeline.get(kind=kinds.FINDING_RAISED.name, details__finding=earlier.pk)
        incident.require_open()
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        authority.require(
            authority.may_post(by, incident),
            "You read along and raise no findings. Join the incident first.",
            code="readers_do_not_post",
        )
        condition = condition.strip()
        if not condition:
            raise Refused("Say what you found.", code="empty")
        now = timezone.now()
        workstream = message.workstream if message else workstream
        if by is not None:
            Participant.ensure(incident, by)
        finding = cls(
            incident=incident,
            number=(incident.findings.aggregate(last=Max("number"))["last"] or 0) + 1,
            workstream=workstream,
            domain=domain or (workstream.domain if workstream else None),
            message=message,
            condition=condition,
            actions=actions.strip(),
            needs=needs.strip(),
            meaning=meaning.strip(),
            confidence=confidence,
            evidence=evidence,
            needs_action=needs_action,
            raised_by=by,
            raised_at=now,
            key=key,
        )
        finding._start_clock(now)
        return finding._record(
            kinds.FINDING_RAISED,
            by=by,
            actions=finding.actions,
            needs=finding.needs,
            meaning=finding.meaning,
            confidence=finding.confidence,
            domain=finding.domain.slug if finding.domain else "",
            evidence=evidence,
            needs_action=needs_action,
            **({"message": message.pk} if message else {}),
        )

    @classmethod
    def wait_again(cls, incident):
        """Give the lead new time for what was not acknowledged; call when the incident is reopened, under its lock."""
        now = timezone.now()
        for finding in incident.findings.raised():
            finding.incident = incident
            finding._start_clock(now)

    @transaction.atomic
    def acknowledge(self, *, by, waiver=""):
        """The lead has heard it."""
        waiver = self._begin(by, "acknowledges a finding", waiver)
        if self.state == FindingState.ACKNOWLEDGED:
            raise Refused(f"{self.label} was acknowledged already.", code="unchanged")
        return self._settle(FindingState.ACKNOWLEDGED, kinds.FINDING_ACKNOWLEDGED, by=by, waiver=waiver)

    @transaction.atomic
    def set_aside(self, *, reason, by, waiver=""):
        """It is wrong, or leads nowhere. It stays on record with the reason."""
        waiver = self._begin(by, "sets a finding aside", waiver)
        if self.state == FindingState.SET_ASIDE:
            raise Refused(f"{self.label} was set aside already.", code="unchanged")
        if not reason:
            raise Refused("Say why it is set aside.", code="reason_required")
        return self._settle(FindingState.SET_ASIDE, kinds.FINDING_SET_ASIDE, by=by, waiver=waiver, reason=reason)

    def _start_clock(self, now):
        minutes = ACKNOWLEDGEMENT_MINUTES
        if self.incident.severity.rank <= URGENT_RANK:
            minutes //= 2
        self.acknowledge_by = now + timedelta(minutes=minutes)
        self.save()
        Obligation.open(self.incident, ObligationKind.FINDING, minutes=minutes, subject=self.pk, starts_at=now)

    def _begin(self, by, act, waiver):
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        return authority.require(
            authority.may_coordinate(by, self.incident),
            f"Only the incident lead {act}. Say why to do it anyway.",
            code="coordination_right",
            waiver=waiver,
        )

    def _settle(self, state, kind, *, by, waiver, reason=""):
        self.state, self.reason, self.settled_by, self.settled_at = state, reason, by, timezone.now()
        self.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        Obligation.satisfy(self.incident, ObligationKind.FINDING, self.pk)
        return self._record(kind, by=by, reason=reason, waiver=waiver)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            workstream=self.workstream,
            finding=self.pk,
            number=self.number,
            condition=self.condition,
            **details,
        )


class FindingDuty(Duty):
    """A finding waits for the lead; then whoever speaks hears of it, and at last the administrators."""

    states = ("due", "escalated")
    chain = UpdateDuty.chain
    says = {"due": kinds.FINDING_WAITS, "escalated": kinds.FINDING_WAITS}

    def details(self, obligation):
        finding = self._finding(obligation)
        return {"finding": finding.pk, "number": finding.number, "condition": finding.condition}

    def workstream(self, obligation):
        return self._finding(obligation).workstream

    def _finding(self, obligation):
        return Finding.objects.with_people().get(pk=obligation.subject)
