"""What may be the cause, and what was tried against it: theories with their evidence, and attempts at a fix."""

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, Service, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .changes import ChangeIntent
from .incident import Incident
from .messages import Message
from .participants import Participant
from .workstreams import Workstream

# The guard over two groups on one thing.
DUPLICATE = "duplicate_effort"


class HypothesisState(models.TextChoices):
    OPEN = "open", "Open"
    TESTING = "testing", "Testing"
    CONFIRMED = "confirmed", "Confirmed"
    RULED_OUT = "ruled_out", "Ruled out"


S = HypothesisState
UNDECIDED = (S.OPEN, S.TESTING)


class HypothesisQuerySet(TenantQuerySet):
    def undecided(self):
        return self.filter(state__in=UNDECIDED)

    def visible_to(self, membership):
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def in_order(self):
        return self.order_by("number")

    def for_reading(self):
        """With people and evidence; a constant number of queries."""
        return self.select_related(
            "incident", "owner__person", "proposed_by__person", "domain", "component", "workstream"
        ).prefetch_related(
            models.Prefetch("evidence", queryset=HypothesisEvidence.objects.select_related("by__person").in_order()),
            models.Prefetch("testers", queryset=Membership.objects.select_related("person").in_order()),
        )


class Hypothesis(TenantModel):
    """One theory about the cause. `component` is what is suspected: on each there is one undecided theory at a time,
    unless somebody says why two."""

    State = HypothesisState
    page = "incidents:evidence"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="hypotheses")
    number = models.PositiveSmallIntegerField()
    statement = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=HypothesisState, default=HypothesisState.OPEN)
    component = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, related_name="hypotheses")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="hypotheses")
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    testers = models.ManyToManyField(Membership, through="HypothesisTester", related_name="+")
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(HypothesisQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "hypotheses"
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="hypothesis_number_once"),
        ]

    def __str__(self):
        return f"{self.key} {self.statement}"

    @property
    def key(self):
        return f"H{self.number}"

    @property
    def label(self):
        """The same, as findings and tasks name it that were raised from a message."""
        return self.key

    @property
    def is_undecided(self):
        return self.state in UNDECIDED

    # --- Verbs -----------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def propose(
        cls, incident, statement, *, by, component=None, domain=None, workstream=None, owner=None, message=None,
        waiver="",
    ):  # fmt: skip
        """Say what may be the cause. Returns the entry; `hypothesis` in its details is the primary key.

        What comes from a `message` belongs to the message's workstream.

        One on a component that has an undecided one already is shown that one, to join it instead.
        """
        from ..guards import check

        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        if owner is not None:
            authority.require_responder(owner, f"{owner.name} is a stakeholder and cannot test a theory.")
        same = cls._known_about(incident, component, by)
        lifted = check(incident, [each._breach() for each in same], by=by, waiver=waiver)
        last = incident.hypotheses.aggregate(last=Max("number"))["last"] or 0
        hypothesis = cls.objects.create(
            incident=incident,
            number=last + 1,
            statement=statement,
            component=component,
            domain=domain,
            workstream=message.workstream if message else workstream,
            message=message,
            owner=owner,
            proposed_by=by,
        )
        if owner is not None:
            Participant.ensure(incident, owner)
        return hypothesis._record(
            kinds.HYPOTHESIS_PROPOSED,
            by=by,
            component=component.slug if component else "",
            owner=owner.name if owner else "",
            same=[each.key for each in same],
            **({"message": message.pk} if message else {}),
            **lifted,
        )

    @transaction.atomic
    def join(self, *, by):
        """Work on it too, instead of beginning another one."""
        self._lock(by)
        self._require_undecided()
        _, joined = HypothesisTester.objects.get_or_create(hypothesis=self, membership=by)
        if not joined:
            raise Refused(f"You are on {self.key} already.", code="unchanged")
        Participant.ensure(self.incident, by)
        return self._record(kinds.HYPOTHESIS_JOINED, by=by)

    @transaction.atomic
    def test(self, *, by):
        """Somebody finds out whether it holds."""
        self._lock(by)
        if self.state == S.TESTING:
            raise Refused(f"{self.key} is being tested already. Join it.", code="unchanged")
        self._require_undecided()
        self.state, self.owner = S.TESTING, self.owner or by
        self.save(update_fields=["state", "owner"])
        if by is not None:
            HypothesisTester.objects.get_or_create(hypothesis=self, membership=by)
            Participant.ensure(self.incident, by)
        return self._record(kinds.HYPOTHESIS_TESTED, by=by)

    def confirm(self, *, by, text="", url=""):
        """It is the cause, and something shows it: what is said here, or what was added before."""
        return self._decide(S.CONFIRMED, kinds.HYPOTHESIS_CONFIRMED, by=by, text=text, url=url)

    def rule_out(self, *, by, text="", url=""):
        """It is not the cause, and something shows it."""
        return self._decide(S.RULED_OUT, kinds.HYPOTHESIS_RULED_OUT, by=by, text=text, url=url)

    @transaction.atomic
    def reopen(self, *, by, reason=""):
        """Look again at what was decided."""
        self._lock(by)
        if self.is_undecided:
            raise Refused(f"{self.key} is {self.get_state_display().lower()} as it is.", code="unchanged")
        before, self.state, self.decided_at = self.state, S.OPEN, None
        self.save(update_fields=["state", "decided_at"])
        return self._record(kinds.HYPOTHESIS_REOPENED, by=by, before=before, reason=reason)

    def come_to(self, state, *, by, text="", url=""):
        """Whatever brings it to this state; `text` is the evidence, or the reason for opening it again."""
        match HypothesisState(state):
            case S.TESTING:
                return self.test(by=by)
            case S.OPEN:
                return self.reopen(by=by, reason=text)
            case S.CONFIRMED:
                return self.confirm(by=by, text=text, url=url)
            case S.RULED_OUT:
                return self.rule_out(by=by, text=text, url=url)

    @transaction.atomic
    def add_evidence(self, text, *, by, supports, url=""):
        """Something that speaks for it or against it; also of what is decided, for whoever reads it later."""
        self._lock(by)
        self._keep_evidence(text, by=by, supports=supports, url=url)
        return self._record(kinds.EVIDENCE_ADDED, by=by, text=text, url=url, against=not supports)

    # --- Inside ----------------------------------------------------------------------------------

    @transaction.atomic
    def _decide(self, state, kind, *, by, text, url):
        self._lock(by)
        self._require_undecided(state)
        supports = state == S.CONFIRMED
        if text:
            self._keep_evidence(text, by=by, supports=supports, url=url)
        elif not self.evidence.filter(supports=supports).exists():
            raise Refused("Say what shows it.", code="evidence_required")
        self.state, self.decided_at = state, timezone.now()
        self.save(update_fields=["state", "decided_at"])
        return self._record(kind, by=by, text=text, url=url)

    def _keep_evidence(self, text, *, by, supports, url):
        if not text:
            raise Refused("Say what was seen.", code="evidence_required")
        HypothesisEvidence.objects.create(hypothesis=self, text=text, url=url, supports=supports, by=by)

    def _lock(self, by):
        self.incident.lock()
        self.lock()
        self.incident.require_open()
        authority.require_responder(by)

    def _require_undecided(self, wanted=None):
        if self.state == wanted:
            raise Refused(f"{self.key} is {self.get_state_display().lower()} already.", code="unchanged")
        if not self.is_undecided:
            label = self.get_state_display().lower()
            raise Refused(f"{self.key} is {label}: reopen it first.", code="hypothesis_order")

    @staticmethod
    def _known_about(incident, component, by):
        """What is suspected of a component, as far as whoever asks may know of it."""
        if component is None:
            return []
        suspected = incident.hypotheses.undecided().filter(component=component)
        return list((suspected.visible_to(by) if by else suspected).select_related("workstream").in_order())

    def _breach(self):
        from ..guards import Breach

        sentence = f"{self.key} “{self.statement}” suspects {self.component} already. Join it, or say why another one."
        return Breach(DUPLICATE, sentence, self.key, self.workstream)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            workstream=self.workstream,
            hypothesis=self.pk,
            key=self.key,
            statement=self.statement,
            **details,
        )


class HypothesisTester(TenantModel):
    """Somebody who works on a theory."""

    hypothesis = models.ForeignKey(Hypothesis, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "hypothesis", "membership"], name="hypothesis_tester_once")
        ]


class EvidenceQuerySet(TenantQuerySet):
    def in_order(self):
        return self.order_by("pk")


class HypothesisEvidence(TenantModel):
    """Something that was seen, for a theory or against it."""

    hypothesis = models.ForeignKey(Hypothesis, models.CASCADE, related_name="evidence")
    text = models.TextField()
    url = models.URLField(max_length=500, blank=True)
    supports = models.BooleanField()
    by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(EvidenceQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "evidence"

    def __str__(self):
        return self.text[:80]


class FixState(models.TextChoices):
    STARTED = "started", "Started"
    WORKED = "worked", "Worked"
    DID_NOT_WORK = "did_not_work", "Did not work"
    ROLLED_BACK = "rolled_back", "Rolled back"


class FixQuerySet(TenantQuerySet):
    def under_way(self):
        return self.filter(state=FixState.STARTED)

    def visible_to(self, membership):
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def in_order(self):
        return self.order_by("number")

    def for_reading(self):
        return self.select_related("incident", "by__person", "hypothesis", "change", "workstream")


class FixAttempt(TenantModel):
    """Something was tried: against which theory, under which change, and whether it helped."""

    State = FixState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="fix_attempts")
    number = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=300)
    hypothesis = models.ForeignKey(Hypothesis, models.PROTECT, null=True, related_name="fix_attempts")
    change = models.ForeignKey(ChangeIntent, models.PROTECT, null=True, related_name="fix_attempts")
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, related_name="fix_attempts")
    state = models.CharField(max_length=12, choices=FixState, default=FixState.STARTED)
    result = models.TextField(blank=True)
    by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(FixQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="fix_number_once"),
        ]

    def __str__(self):
        return f"{self.key} {self.what}"

    @property
    def key(self):
        return f"F{self.number}"

    @property
    def is_under_way(self):
        return self.state == FixState.STARTED

    @classmethod
    @transaction.atomic
    def start(cls, incident, what, *, by, hypothesis=None, change=None):
        """Somebody tries something. Returns the entry; `fix` in its details is the primary key.

        It belongs to the workstream of its theory or its change, so that what is restricted stays so.
        """
        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        last = incident.fix_attempts.aggregate(last=Max("number"))["last"] or 0
        workstream = next((each.workstream for each in (hypothesis, change) if each and each.workstream), None)
        attempt = cls.objects.create(
            incident=incident,
            number=last + 1,
            what=what,
            hypothesis=hypothesis,
            change=change,
            workstream=workstream,
            by=by,
        )
        if by is not None:
            Participant.ensure(incident, by)
        return attempt._record(kinds.FIX_STARTED, by=by)

    @transaction.atomic
    def finish(self, state, *, by, result=""):
        """Say whether it helped; also once the incident is over."""
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        state = FixState(state)
        if state == FixState.STARTED:
            raise Refused("A fix worked, did not work or was rolled back.", code="fix_result")
        if state == self.state:
            raise Refused(f"{self.key} {state.label.lower()} already.", code="unchanged")
        # What worked may turn out not to, and has to be taken back.
        before, self.state, self.result, self.ended_at = self.state, state, result, timezone.now()
        self.save(update_fields=["state", "result", "ended_at"])
        return self._record(kinds.FIX_ENDED, by=by, before=before, state=state, result=result)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            workstream=self.workstream,
            fix=self.pk,
            key=self.key,
            what=self.what,
            hypothesis=self.hypothesis.key if self.hypothesis else "",
            change=self.change.key if self.change else "",
            **details,
        )
