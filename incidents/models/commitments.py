"""Commitments: what is promised to customers or partners by when, and whether those who can judge it agree.

A promise is told only after the lead or a technical coordinator has confirmed it, or for a reason. Once told, it stays
due whatever becomes of the incident: customers wait for it after the incident is resolved, closed or merged just the
same. Only keeping it, missing it or taking it back ends its clock.
"""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from ..saying import require_reason
from .incident import Incident
from .obligations import FAR, SHORTEST, Obligation, ObligationKind
from .participants import Participant

UNCONFIRMED = "commitment_unconfirmed"
LONGEST_WINDOW = 32_767


class CommitmentState(models.TextChoices):
    PROPOSED = "proposed", "Not confirmed"
    CONFIRMED = "confirmed", "Confirmed"
    REFUSED = "refused", "Cannot be kept"
    COMMUNICATED = "communicated", "Promised"
    REOPENED = "reopened", "To be thought over"
    KEPT = "kept", "Kept"
    MISSED = "missed", "Missed"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = CommitmentState
OPEN = (S.PROPOSED, S.CONFIRMED, S.COMMUNICATED, S.REOPENED)
# What the estimate puts in question.
STANDING = (S.CONFIRMED, S.COMMUNICATED)
UNDECIDED = (S.PROPOSED, S.REOPENED)
OVER = (S.KEPT, S.MISSED, S.WITHDRAWN)


class CommitmentQuerySet(TenantQuerySet):
    def open(self):
        """Those that somebody has to see to: not over, and not refused before anybody heard of them."""
        return self.filter(Q(state__in=OPEN) | Q(state=S.REFUSED, communicated_at__isnull=False))

    def unconfirmed(self):
        """Those that wait for the word of somebody who can judge them."""
        return self.filter(state__in=UNDECIDED)

    def with_people(self):
        people = ("owner__person", "proposed_by__person", "judged_by__person", "communicated_by__person")
        return self.select_related("domain", "ended_by__person", *people)

    def in_order(self):
        return self.order_by("number")

    def soonest_first(self):
        return self.order_by("due_at", "number")


class Commitment(TenantModel):
    """`owner` sees to it. `judged_by` confirmed or refused it; `reason` is why it was refused or withdrawn."""

    State = CommitmentState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="commitments")
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=300)
    to_whom = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=CommitmentState, default=CommitmentState.PROPOSED)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    judged_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    communicated_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    communicated_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    # Made by the client: the same key is the same commitment, however often it arrives.
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(CommitmentQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="commitment_number_once"),
            models.UniqueConstraint(fields=["organization", "proposed_by", "key"], name="commitment_key_once"),
        ]

    def __str__(self):
        return f"{self.label} {self.text}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def label(self):
        """How people call it: P2."""
        return f"P{self.number}"

    @property
    def is_told(self):
        return self.communicated_at is not None

    @property
    def is_over(self):
        return self.state in OVER

    @property
    def waits_since(self):
        """Since when it waits for somebody who can judge it."""
        return self.reopened_at or self.proposed_at

    @property
    def is_unconfirmed(self):
        return self.state in UNDECIDED

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def propose(cls, incident, text, *, by, to_whom, due_at, domain=None, owner=None, key=None):
        """Write down what is to be promised. It may not be told yet. Returns the entry, by `key` the first one's."""
        incident.lock()
        if key and (earlier := incident.commitments.filter(proposed_by=by, key=key).first()):
            return incident.timeline.get(kind=kinds.COMMITMENT_PROPOSED.name, details__commitment=earlier.pk)
        incident.require_open()
        authority.require_responder(by)
        text, to_whom = (" ".join(words.split()) for words in (text, to_whom))
        if not (text and to_whom):
            raise Refused("Say what is promised, and to whom.", code="empty")
        if due_at <= timezone.now():
            raise Refused("Give a time later than now.", code="past")
        if due_at > timezone.now() + FAR:
            raise Refused("Promise something nearer.", code="too_far")
        owner = owner or by
        if owner is not None:
            authority.require_responder(owner, f"{owner.name} is a stakeholder and reads.")
            Participant.ensure(incident, owner)
        commitment = cls.objects.create(
            incident=incident,
            number=(incident.commitments.aggregate(last=Max("number"))["last"] or 0) + 1,
            text=text,
            to_whom=to_whom,
            due_at=due_at,
            domain=domain,
            owner=owner,
            proposed_by=by,
            key=key,
        )
        return commitment._record(kinds.COMMITMENT_PROPOSED, by=by, told_members=commitment._judges(by))

    @transaction.atomic
    def confirm(self, *, by):
        """The lead, or the coordinator of its domain: it can be kept. Returns the entry."""
        self._begin_to_judge(by)
        self.state = S.COMMUNICATED if self.is_told else S.CONFIRMED
        return self._judge(kinds.COMMITMENT_CONFIRMED, by=by)

    @transaction.atomic
    def refuse(self, *, by, reason):
        """It cannot be kept. One that was told stays due until somebody takes it back. Returns the entry."""
        self._begin_to_judge(by)
        reason = require_reason(reason, "Say why it cannot be kept.")
        self.state, self.reason = S.REFUSED, reason
        return self._judge(kinds.COMMITMENT_REFUSED, by=by, reason=reason, told=self.is_told)

    @transaction.atomic
    def communicate(self, *, by, waiver=""):
        """It was told to whom it is for, and is due from now on. Returns the entry."""
        from .. import guards

        self._begin(by)
        self.incident.require_not_closed()
        self._require_not_over()
        authority.require(
            by == self.owner or authority.may_promise(by, self.incident),
            "Who owns it, speaks for the incident, decides priorities or leads tells it.",
            code="promising_right",
        )
        if self.is_told:
            raise Refused(f"{self.label} was told already.", code="unchanged")
        if self.state == S.REFUSED:
            raise Refused(f"{self.label} cannot be kept: {self.reason}", code="commitment_refused")
        if self.due_at <= timezone.now():
            raise Refused("Its time has passed. Promise something new.", code="past")
        lifted = guards.check(self.incident, [self._breach()], by=by, waiver=waiver)
        self.state, self.communicated_by, self.communicated_at = S.COMMUNICATED, by, timezone.now()
        self.save(update_fields=["state", "communicated_by", "communicated_at"])
        self._start_clock()
        return self._record(kinds.COMMITMENT_COMMUNICATED, by=by, unconfirmed=bool(lifted), **lifted)

    @classmethod
    def think_over(cls, incident, estimate, before):
        """An estimate holds that differs from the one before: what it puts in question is confirmed anew, or refused.

        A later one, or that nobody knows any more, reopens everything; a first one what was to be done before its end.
        Call under the incident's lock.
        """
        standing = incident.commitments.filter(state__in=STANDING).with_people().in_order()
        if not estimate.moves_back(before):
            if (before is not None and not before.unknown) or estimate.unknown:
                return
            standing = standing.filter(due_at__lt=estimate.latest)
        for commitment in standing:
            commitment.incident = incident
            commitment.state, commitment.reopened_at = S.REOPENED, timezone.now()
            commitment.save(update_fields=["state", "reopened_at"])
            told = {*commitment._judges(None), commitment.owner_id, commitment.communicated_by_id}
            commitment._record(
                kinds.COMMITMENT_REOPENED,
                by=None,
                told=commitment.is_told,
                told_members=sorted(told - {None}),
                estimate=estimate.pk,
                unknown=estimate.unknown,
            )

    @transaction.atomic
    def keep(self, *, by):
        """What was promised was done. Returns the entry."""
        self._begin_to_end(by)
        Obligation.satisfy(self.incident, ObligationKind.COMMITMENT, self.pk)
        return self._end(S.KEPT, kinds.COMMITMENT_KEPT, by=by)

    @transaction.atomic
    def miss(self, *, by, reason=""):
        """It will not be done, and its time need not be waited for. Returns the entry."""
        self._begin_to_end(by)
        Obligation.cancel(self.incident, ObligationKind.COMMITMENT, self.pk)
        return self._end(S.MISSED, kinds.COMMITMENT_MISSED, by=by, reason=reason, told_members=self._told_of_miss(by))

    @transaction.atomic
    def withdraw(self, *, by, reason):
        """It is promised no more; where it was told, that it does not hold was told too. Returns the entry."""
        self._begin(by)
        self._require_not_over()
        self._require_say(by)
        reason = reason.strip()
        if self.is_told and not reason:
            raise Refused("Say why it was taken back.", code="reason_required")
        return self._withdraw(by=by, reason=reason)

    @classmethod
    def withdraw_all(cls, incident, *, by, reason):
        """The incident goes on elsewhere. What nobody was told is withdrawn; what was told stays due here.

        Call under the incident's lock.
        """
        for commitment in incident.commitments.open().filter(communicated_at=None).with_people().in_order():
            commitment.incident = incident
            commitment._withdraw(by=by, reason=reason)

    def lapse(self, now):
        """Its time has come and nobody said that it was kept; call under the incident's lock. The clock has spoken."""
        self.state, self.ended_at = S.MISSED, now
        self.save(update_fields=["state", "ended_at"])

    # --- Inside ------------------------------------------------------------------------------

    def _begin(self, by):
        incident = self.incident.lock()
        self.lock()
        self.incident = incident
        authority.require_responder(by)

    def _begin_to_judge(self, by):
        self._begin(by)
        self.incident.require_not_closed()
        authority.require(
            authority.may_vouch(by, self.incident, self.domain),
            "The incident lead or a technical coordinator says whether it can be kept.",
            code="vouching_right",
        )
        if not self.is_unconfirmed:
            raise Refused(f"{self.label} is {self.get_state_display().lower()}.", code="unchanged")

    def _begin_to_end(self, by):
        self._begin(by)
        self._require_not_over()
        self._require_say(by)
        if not self.is_told:
            raise Refused(f"{self.label} was told to nobody yet.", code="not_told")

    def _require_not_over(self):
        if self.is_over:
            raise Refused(f"{self.label} is {self.get_state_display().lower()} already.", code="unchanged")

    def _require_say(self, by):
        authority.require(
            by in (self.owner, self.proposed_by) or authority.may_promise(by, self.incident),
            "Who owns it, speaks for the incident, decides priorities or leads says what became of it.",
            code="promising_right",
        )

    def _breach(self):
        """G20: a promise that nobody who can judge it has confirmed."""
        from ..guards import Breach

        if not self.is_unconfirmed:
            return None
        sentence = (
            f"Neither the incident lead nor a technical coordinator has confirmed {self.label}. Say why to tell it."
        )
        return Breach(UNCONFIRMED, sentence, subject=self.label)

    def _judge(self, kind, *, by, **details):
        self.judged_by, self.judged_at = by, timezone.now()
        self.save(update_fields=["state", "reason", "judged_by", "judged_at"])
        told = {self.owner_id, self.communicated_by_id, self.proposed_by_id} - {None, by.pk if by else None}
        return self._record(kind, by=by, told_members=sorted(told), **details)

    def _judges(self, by):
        """Who can say whether it can be kept, other than whoever asks."""
        coordinators = self.incident.holders_of([IncidentRole.TECHNICAL_COORDINATOR], self.domain)
        judges = coordinators if self.domain and coordinators else self.incident.holders_of(authority.VOUCHING)
        return sorted(judges - {by.pk if by else None})

    def _told_of_miss(self, by):
        speakers = self.incident.holders_of([IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD])
        return sorted({*speakers, self.owner_id} - {None, by.pk if by else None})

    def _withdraw(self, *, by, reason):
        Obligation.cancel(self.incident, ObligationKind.COMMITMENT, self.pk)
        return self._end(S.WITHDRAWN, kinds.COMMITMENT_WITHDRAWN, by=by, reason=reason, told=self.is_told)

    def _end(self, state, kind, *, by, reason="", **details):
        self.state, self.ended_by, self.ended_at, self.reason = state, by, timezone.now(), reason
        self.save(update_fields=["state", "ended_by", "ended_at", "reason"])
        return self._record(kind, by=by, reason=reason, **details)

    def _start_clock(self):
        now = timezone.now()
        windows = self.incident.obligations.about(ObligationKind.COMMITMENT, self.pk)
        last = windows.aggregate(last=Max("starts_at"))["last"]
        minutes = max(1, round((self.due_at - now).total_seconds() / 60))
        Obligation.open(
            self.incident,
            ObligationKind.COMMITMENT,
            minutes=min(minutes, LONGEST_WINDOW),
            subject=self.pk,
            owner=self.owner,
            # Where the clock stands still for a moment, the next window must not be taken for the last one.
            starts_at=last + SHORTEST if last and last >= now else now,
            due_at=self.due_at,
        )

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            commitment=self.pk,
            number=self.number,
            text=self.text,
            to_whom=self.to_whom,
            due_at=self.due_at.isoformat(),
            **details,
        )


class CommitmentDuty(Duty):
    """Customers wait for what they were promised: its owner is warned, and at its time it is missed."""

    states = ("warned", "due")
    warning = timedelta(minutes=30)
    says = {"warned": kinds.COMMITMENT_WARNED, "due": kinds.COMMITMENT_MISSED}

    def owner_role(self, obligation):
        return IncidentRole.PRODUCT

    def told(self, obligation):
        if obligation.state == "due":
            return [str(IncidentRole.COMMUNICATIONS_LEAD), str(IncidentRole.LEAD)]
        return super().told(obligation)

    def details(self, obligation):
        commitment = Commitment.objects.get(pk=obligation.subject)
        return super().details(obligation) | {
            "commitment": commitment.pk,
            "number": commitment.number,
            "text": commitment.text,
            "to_whom": commitment.to_whom,
        }

    def reached(self, obligation, incident, now):
        if obligation.state == "due":
            Commitment.objects.get(pk=obligation.subject).lapse(now)
            Obligation.cancel(incident, ObligationKind.COMMITMENT, obligation.subject)
