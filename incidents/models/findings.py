"""Findings: what a coordinator reports to the lead in four lines, and that the lead has heard it."""

import hashlib
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..deputies import deputies_of, may_stand_in
from ..duties import ADMINISTRATORS, Duty
from ..saying import require_reason, require_words
from .incident import Incident
from .messages import Message
from .obligations import Obligation, ObligationKind
from .participants import Participant
from .timeline import TimelineEntry
from .workstreams import Workstream

# How long the lead has to say that a finding was heard; at this rank of severity and worse, half of it.
ACKNOWLEDGEMENT_MINUTES = 10
URGENT_RANK = 2
REMARK_LENGTH = 1000


class Confidence(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class FindingState(models.TextChoices):
    RAISED = "raised", "Raised"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SYNTHESISED = "synthesised", "Taken up"
    MORE_ASKED = "more_asked", "More asked"
    CHALLENGED = "challenged", "Challenged"
    SET_ASIDE = "set_aside", "Set aside"
    CORRECTED = "corrected", "Corrected"


S = FindingState
# From where to where. With the author lies what more was asked about and what was challenged; their reply raises it
# anew. A correction is a new finding in the old one's place.
TRANSITIONS = {
    S.RAISED: {S.ACKNOWLEDGED, S.SYNTHESISED, S.MORE_ASKED, S.CHALLENGED, S.SET_ASIDE, S.CORRECTED},
    S.ACKNOWLEDGED: {S.SYNTHESISED, S.MORE_ASKED, S.CHALLENGED, S.SET_ASIDE, S.CORRECTED},
    S.SYNTHESISED: {S.MORE_ASKED, S.CHALLENGED, S.SET_ASIDE, S.CORRECTED},
    S.MORE_ASKED: {S.RAISED, S.ACKNOWLEDGED, S.SYNTHESISED, S.CHALLENGED, S.SET_ASIDE, S.CORRECTED},
    S.CHALLENGED: {S.RAISED, S.SET_ASIDE, S.CORRECTED},
    S.SET_ASIDE: {S.ACKNOWLEDGED, S.SYNTHESISED, S.CORRECTED},
    S.CORRECTED: set(),
}
WITH_AUTHOR = (S.MORE_ASKED, S.CHALLENGED)
# Nothing is built on these any more.
FALLEN = (S.SET_ASIDE, S.CORRECTED)


class FindingQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Without what belongs to restricted workstreams that the member may not know of."""
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def raised(self):
        """Those that the lead has not answered."""
        return self.filter(state=FindingState.RAISED)

    def with_author(self):
        """Those that wait for a word of whoever raised them."""
        return self.filter(state__in=WITH_AUTHOR)

    def standing(self):
        """Those that something may be built on."""
        return self.exclude(state__in=FALLEN)

    def not_restricted(self):
        """What is no secret among those who work in the incident."""
        return self.exclude(workstream__restricted=True)

    def not_worked_in(self):
        """Heard or not, and neither part of what we know nor dealt with otherwise; what few may know is left out."""
        return self.filter(state__in=(S.RAISED, S.ACKNOWLEDGED)).not_restricted()

    def with_people(self):
        related = (
            "raised_by__person", "raised_by__function", "settled_by__person", "workstream", "domain", "message",
            "corrects", "correction",
        )  # fmt: skip
        return self.select_related(*related)

    def for_reading(self):
        """With what was said about each, in a constant number of queries."""
        return self.with_people().prefetch_related(
            models.Prefetch("remarks", queryset=FindingRemark.objects.with_people().order_by("pk"))
        )

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
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="correction")
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

    @property
    def is_with_author(self):
        return self.state in WITH_AUTHOR

    @property
    def is_standing(self):
        return self.state not in FALLEN

    @property
    def is_confidential(self):
        return self.workstream is not None and self.workstream.restricted

    @property
    def corrected_by(self):
        """The finding in its place, or None; read by `with_people`."""
        return getattr(self, "correction", None)

    def may_become(self, state):
        return state in TRANSITIONS[S(self.state)]

    # --- Verbs -------------------------------------------------------------------------------

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
        authority.require_responder(by)
        authority.require(
            authority.may_post(by, incident),
            "You read along and raise no findings. Join the incident first.",
            code="readers_do_not_post",
        )
        condition = require_words(condition, "Say what you found.")
        finding = cls(
            incident=incident,
            workstream=message.workstream if message else workstream,
            domain=domain,
            message=message,
            condition=condition,
            actions=actions.strip(),
            needs=needs.strip(),
            meaning=meaning.strip(),
            confidence=confidence,
            evidence=evidence,
            needs_action=needs_action,
            raised_by=by,
            key=key,
        )
        finding._insert()
        return finding._record_raised(kinds.FINDING_RAISED, **({"message": message.pk} if message else {}))

    @classmethod
    def wait_again(cls, incident):
        """Give new time to who has not answered; call when the incident is reopened, under its lock."""
        now = timezone.now()
        for finding in incident.findings.raised():
            finding.incident = incident
            finding._start_clock(now)
        for finding in incident.findings.with_author().select_related("raised_by"):
            finding.incident = incident
            finding._ask_author(now)

    @transaction.atomic
    def acknowledge(self, *, by, waiver=""):
        """The lead has heard it."""
        waiver = self._begin(by, "acknowledges a finding", waiver)
        state = S.SYNTHESISED if self._is_in_what_we_know() else S.ACKNOWLEDGED
        self._require(state)
        return self._settle(state, kinds.FINDING_ACKNOWLEDGED, by=by, waiver=waiver)

    def take_up(self, *, by):
        """It stands behind a line of what we know, whose entry says so; call under the incident's lock."""
        if self.state != S.SYNTHESISED and self.may_become(S.SYNTHESISED):
            self._become(S.SYNTHESISED, by=by)

    @transaction.atomic
    def set_aside(self, *, reason, by, waiver=""):
        """It is wrong, or leads nowhere. It stays on record with the reason."""
        waiver = self._begin(by, "sets a finding aside", waiver)
        self._require(S.SET_ASIDE)
        if not reason:
            raise Refused("Say why it is set aside.", code="reason_required")
        return self._settle(S.SET_ASIDE, kinds.FINDING_SET_ASIDE, by=by, waiver=waiver, reason=reason)

    @transaction.atomic
    def ask_for_more(self, text, *, by, waiver=""):
        """The lead has heard it and cannot use it yet: its author is asked."""
        waiver = self._begin(by, "asks for more about a finding", waiver)
        self._require(S.MORE_ASKED)
        return self._back_to_author(
            S.MORE_ASKED, kinds.FINDING_MORE_ASKED, text, by=by, missing="Say what you want to know.", waiver=waiver
        )

    @transaction.atomic
    def challenge(self, reason, *, by):
        """Somebody knows better. It goes back to its author, and what rests on it is marked."""
        self._look(by)
        authority.require(
            authority.may_post(by, self.incident),
            "You read along and challenge no findings. Join the incident first.",
            code="readers_do_not_post",
        )
        if by is not None and by.pk == self.raised_by_id:
            raise Refused("It is your own: correct it instead.", code="own_finding", offers=("correction",))
        self._require(S.CHALLENGED)
        return self._back_to_author(
            S.CHALLENGED, kinds.FINDING_CHALLENGED, reason, by=by, missing="Say what is wrong with it."
        )

    @transaction.atomic
    def reply(self, text, *, by):
        """Say more, or why it stands: the lead is asked to hear it once more."""
        self._look(by)
        self._require_author(by, "replies")
        if not self.is_with_author:
            raise Refused(f"Nothing was asked about {self.label}.", code="unchanged")
        remark = self._remark(RemarkKind.REPLY, text, by=by, missing="Write your reply first.")
        asked = self.remarks.exclude(kind=RemarkKind.REPLY).order_by("pk").last()
        told = [asked.made_by_id] if asked and asked.made_by_id else []
        self.state = S.RAISED
        Obligation.satisfy(self.incident, ObligationKind.REPLY, self.pk)
        self._start_clock(timezone.now())
        return remark.seal(self._record(kinds.FINDING_REPLIED, by=by, sha256=remark.sha256, told_members=told))

    @transaction.atomic
    def correct(self, condition, *, by, reason="", key=None, **lines):
        """Put a new finding in this one's place; `lines` as in `post`. Returns the entry.

        What was built on the old one is marked from then on, and who published it is told.
        """
        from .synthesis import Synthesis

        self.incident.lock()
        if key and (earlier := type(self).objects.filter(incident=self.incident, raised_by=by, key=key).first()):
            return self.incident.timeline.get(kind=kinds.FINDING_CORRECTED.name, details__finding=earlier.pk)
        self._look(by)
        self._require_author(by, "corrects")
        self._require(S.CORRECTED)
        condition = require_words(condition, "Say what you found.")
        lines = {name: text.strip() if isinstance(text, str) else text for name, text in lines.items()}
        inherited = {"confidence": self.confidence, "domain": self.domain, "needs_action": self.needs_action}
        finding = type(self)(
            incident=self.incident,
            workstream=self.workstream,
            condition=condition,
            raised_by=by,
            corrects=self,
            key=key,
            **{**inherited, **lines},
        )
        current = Synthesis.resting_on(self)
        self._become(S.CORRECTED, by=by, reason=reason)
        finding._insert()
        return finding._record_raised(
            kinds.FINDING_CORRECTED,
            corrects=self.number,
            reason=reason,
            version=current.version if current else None,
            told_members=sorted({self.raised_by_id, current.published_by_id if current else None} - {None}),
        )

    # --- Inside ------------------------------------------------------------------------------

    def _insert(self):
        """Number it and start the lead's clock; call under the incident's lock."""
        if self.raised_by is not None:
            Participant.ensure(self.incident, self.raised_by)
        self.number = (self.incident.findings.aggregate(last=Max("number"))["last"] or 0) + 1
        self.domain = self.domain or (self.workstream.domain if self.workstream else None)
        self.raised_at = timezone.now()
        self._start_clock(self.raised_at)

    def _start_clock(self, now):
        minutes = self._minutes
        self.acknowledge_by = now + timedelta(minutes=minutes)
        self.save()
        if self.incident.is_open:
            Obligation.open_again(self.incident, ObligationKind.FINDING, minutes=minutes, subject=self.pk, now=now)
        self._follow_synthesis()

    def _ask_author(self, now):
        if self.incident.is_open:
            Obligation.open_again(
                self.incident,
                ObligationKind.REPLY,
                minutes=self._minutes,
                subject=self.pk,
                owner=self.raised_by,
                now=now,
            )

    @property
    def _minutes(self):
        urgent = self.incident.severity.rank <= URGENT_RANK
        return ACKNOWLEDGEMENT_MINUTES // 2 if urgent else ACKNOWLEDGEMENT_MINUTES

    def _look(self, by):
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        authority.require_responder(by)

    def _begin(self, by, act, waiver):
        self._look(by)
        clock = self.incident.obligations.live().about(ObligationKind.FINDING, self.pk).first()
        return authority.require(
            may_stand_in(by, self.incident, clock, beside={self.raised_by_id}),
            f"Only the incident lead {act}. Say why to do it anyway.",
            code="coordination_right",
            waiver=waiver,
        )

    def _require(self, state):
        if state == self.state:
            raise Refused(f"{self.label} was {state.label.lower()} already.", code="unchanged")
        if not self.may_become(state):
            sentences = {
                S.CORRECTED: f"{self.label} was corrected: look at the finding in its place.",
                S.CHALLENGED: f"{self.label} is challenged: its author replies or corrects it, or you set it aside.",
            }
            now = f"{self.label} is {self.get_state_display().lower()}."
            raise Refused(sentences.get(self.state, now), code="finding_state")

    def _require_author(self, by, act):
        own = by is None or by.pk == self.raised_by_id
        authority.require(
            own
            or by.pk in self.incident.holders_of([IncidentRole.TECHNICAL_COORDINATOR], self.domain)
            or authority.may_coordinate(by, self.incident),
            f"Whoever raised {self.label}, the coordinator of its domain or the incident lead {act} it.",
            code="author_only",
        )

    def _settle(self, state, kind, *, by, waiver, reason=""):
        self._become(state, by=by, reason=reason)
        self._follow_synthesis()
        return self._record(kind, by=by, reason=reason, waiver=waiver)

    def _become(self, state, *, by, reason=""):
        """Its new state, and nothing is owed about it any more."""
        self.state, self.reason, self.settled_by, self.settled_at = state, reason, by, timezone.now()
        self.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        for kind in (ObligationKind.FINDING, ObligationKind.REPLY):
            Obligation.satisfy(self.incident, kind, self.pk)

    def _back_to_author(self, state, kind, text, *, by, missing, **details):
        remark = self._remark(state, text, by=by, missing=missing)
        self._become(state, by=by)
        self._ask_author(timezone.now())
        self._follow_synthesis()
        told = [self.raised_by_id] if self.raised_by_id else []
        return remark.seal(self._record(kind, by=by, sha256=remark.sha256, told_members=told, **details))

    def _remark(self, kind, text, *, by, missing):
        text = require_reason(text, missing)
        return FindingRemark(finding=self, kind=kind, text=text, made_by=by)

    def _is_in_what_we_know(self):
        from .synthesis import Synthesis

        return Synthesis.resting_on(self) is not None

    def _follow_synthesis(self):
        from .synthesis import Synthesis

        Synthesis.follow(self.incident)

    def _record_raised(self, kind, **details):
        return self._record(
            kind,
            by=self.raised_by,
            actions=self.actions,
            needs=self.needs,
            meaning=self.meaning,
            confidence=self.confidence,
            domain=self.domain.slug if self.domain else "",
            evidence=self.evidence,
            needs_action=self.needs_action,
            **details,
        )

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


class RemarkKind(models.TextChoices):
    MORE_ASKED = "more_asked", "asks"
    CHALLENGED = "challenged", "challenges it"
    REPLY = "reply", "replies"


class FindingRemarkQuerySet(TenantQuerySet):
    def saying(self, words):
        return self.filter(text__icontains=words)

    def with_people(self):
        return self.select_related("made_by__person")


class FindingRemark(TenantModel):
    """What was asked about a finding, held against it, or replied. The words stay here and out of the timeline."""

    Kind = RemarkKind

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="remarks")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=RemarkKind)
    text = models.TextField(max_length=REMARK_LENGTH)
    made_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(FindingRemarkQuerySet)()

    def __str__(self):
        return f"{self.get_kind_display()}: {self.text}"

    @property
    def sha256(self):
        return hashlib.sha256(self.text.encode()).hexdigest()

    def seal(self, entry):
        """Keep it with the entry that says it was made; returns that entry."""
        self.entry = entry
        self.save(force_insert=True)
        return entry


class OwedAboutFinding(Duty):
    """What is owed about one finding; `subject` is its primary key."""

    states = ("due", "escalated")
    says = {"due": kinds.FINDING_WAITS, "escalated": kinds.FINDING_WAITS}

    def details(self, obligation):
        finding = self.finding(obligation)
        return {"finding": finding.pk, "number": finding.number, "condition": finding.condition}

    def workstream(self, obligation):
        return self.finding(obligation).workstream

    def finding(self, obligation):
        return Finding.objects.with_people().get(pk=obligation.subject)


class FindingDuty(OwedAboutFinding):
    """A finding waits for the lead; then for a deputy, at last for the administrators.

    Whoever speaks hears what is made of it: raw, it is not for them.
    """

    def told(self, obligation):
        return [str(IncidentRole.LEAD), *([ADMINISTRATORS] if obligation.level > 1 else [])]

    def details(self, obligation):
        finding = self.finding(obligation)
        deputies = []
        if obligation.level:
            beside = {finding.raised_by_id, *obligation.incident.holders_of([IncidentRole.LEAD])}
            stream = finding.workstream
            deputies = [
                member.pk
                for member in deputies_of(obligation.incident, beside=beside)
                if stream is None or stream.is_open_to(member)
            ]
        return super().details(obligation) | {"told_members": sorted(deputies)}


class ReplyDuty(OwedAboutFinding):
    """Whoever raised it owes a word about it; then the lead hears that none came."""

    escalate_after = (timedelta(minutes=5),)
    chain = (IncidentRole.LEAD,)

    def details(self, obligation):
        owner = {"told_members": [obligation.owner_id]} if obligation.owner_id else {}
        return super().details(obligation) | {"for_author": True} | owner
