"""Challenges: somebody who knows better holds what an audience was told to be wrong, and is answered.

The answer is a correction or a withdrawal, which goes to exactly those who had the update, or that it stands, and why.
"""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from playbooks.models import Audience, IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty, UpdateDuty
from ..saying import require_reason
from .findings import Finding
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .updates import StatusUpdate, UpdateState

MAX_LENGTH = 1000
# Within so long whoever speaks for the incident says what becomes of it: people act on what they were told.
ANSWER_WITHIN = timedelta(minutes=10)
# Who knows what happens, what customers see, and what it means, and so may say that an update is wrong.
CHALLENGERS = (IncidentRole.TECHNICAL_COORDINATOR, IncidentRole.SUPPORT_LIAISON, IncidentRole.PRODUCT)


class ChallengeState(models.TextChoices):
    OPEN = "open", "Waits for an answer"
    CORRECTED = "corrected", "Corrected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STANDS = "stands", "Stands"


class ChallengeQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(state=ChallengeState.OPEN)

    def with_people(self):
        return self.select_related("update", "challenged_by__person", "answered_by__person")

    def in_order(self):
        return self.order_by("pk")


class UpdateChallenge(TenantModel):
    """`reason` is what is not right; `answer` why the update was corrected or withdrawn, or why it stands."""

    State = ChallengeState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="challenges")
    update = models.ForeignKey(StatusUpdate, models.CASCADE, related_name="challenges")
    reason = models.TextField(max_length=MAX_LENGTH)
    challenged_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    challenged_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=ChallengeState, default=ChallengeState.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ChallengeQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "update", "challenged_by"],
                condition=Q(state=ChallengeState.OPEN),
                name="challenge_one_open",
            )
        ]

    def __str__(self):
        return f"Challenge of {str(self.update).lower()}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def is_open(self):
        return self.state == ChallengeState.OPEN

    @property
    def answer_by(self):
        return self.challenged_at + ANSWER_WITHIN

    @classmethod
    def may_challenge(cls, member, update):
        """Whoever coordinates, listens to customers or decides priorities, and whoever wrote what it rests on.

        While nobody wears one of these hats, everybody who works on it but the executive.
        """
        incident = update.incident
        if member is None or not authority.may_post(member, incident):
            return False
        holders = incident.holders_of(CHALLENGERS)
        if member.pk in holders or cls._wrote_source(member, update):
            return True
        at_work = not holders and incident.participants.at_work().filter(membership=member).exists()
        return at_work and member.pk not in incident.holders_of([IncidentRole.EXECUTIVE])

    @staticmethod
    def _wrote_source(member, update):
        """Whether they published the version of what we know that it was written on, or raised what is behind it."""
        known = update.synthesis
        if known is None:
            return False
        lines = [*update.sources.values_list("line", flat=True), ""]
        behind = Finding.objects.filter(sources__synthesis=known, sources__field__in=lines, raised_by=member)
        return known.published_by_id == member.pk or behind.exists()

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def raise_against(cls, update, reason, *, by):
        """Say what is not right with an update that people have. Returns the entry."""
        incident = update.incident.lock()
        update.lock()
        incident.require_not_closed()
        authority.require_responder(by)
        authority.require(
            cls.may_challenge(by, update),
            "Technical coordinators, the support liaison, product and whoever wrote what it rests on challenge an "
            "update. Raise a finding, and it is read by those.",
            code="challenge_right",
        )
        if not update.stands:
            state = update.get_state_display().lower()
            raise Refused(f"Update {update.number} was {state} already.", code="already_replaced")
        if update.is_held:
            raise Refused("It has not left yet: ask whoever published it to take it back.", code="not_gone_out")
        if update.challenges.open().filter(challenged_by=by).exists():
            raise Refused("You have challenged it already.", code="unchanged")
        reason = require_reason(reason, "Say what is not right.")
        challenge = cls.objects.create(incident=incident, update=update, reason=reason, challenged_by=by)
        if incident.is_open:
            challenge._owe()
        told = [update.published_by_id] if update.published_by_id not in (None, by.pk) else []
        return challenge._record(kinds.UPDATE_CHALLENGED, by=by, reason=reason, told_members=told)

    @transaction.atomic
    def let_stand(self, reason, *, by, waiver=""):
        """The update is right as it is, because. Returns the entry."""
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        waiver = authority.require(
            # Technical word comes from everybody; what stands against a challenge is one person's to say there, too.
            authority.may_publish(by, self.incident, Audience.COORDINATION),
            "Whether it stands is the communications lead's to say. Say why to do it anyway.",
            code="publishing_right",
            waiver=waiver,
        )
        if not self.is_open:
            raise Refused(f"This is answered: {self.get_state_display().lower()}.", code="already_answered")
        return self._settle(ChallengeState.STANDS, require_reason(reason, "Say why it stands."), by=by, waiver=waiver)

    @classmethod
    def answer_all(cls, update, *, by):
        """The update was corrected or withdrawn: that answers whoever challenged it; call under the lock."""
        state = ChallengeState.CORRECTED if update.state == UpdateState.CORRECTED else ChallengeState.WITHDRAWN
        for challenge in update.challenges.open().with_people().in_order():
            challenge.incident, challenge.update = update.incident, update
            challenge._settle(state, update.reason, by=by)

    @classmethod
    def wait_again(cls, incident):
        """The incident goes on: what nobody has answered is owed anew."""
        for challenge in incident.challenges.open().with_people().in_order():
            challenge.incident = incident
            challenge._owe()

    # --- Inside ------------------------------------------------------------------------------

    def _owe(self):
        Obligation.open_again(
            self.incident,
            ObligationKind.CHALLENGE,
            minutes=ANSWER_WITHIN // timedelta(minutes=1),
            audience=self.update.audience,
            subject=self.pk,
        )

    def _settle(self, state, answer, *, by, waiver=""):
        self.state, self.answer, self.answered_by, self.answered_at = state, answer, by, timezone.now()
        self.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        Obligation.satisfy(self.incident, ObligationKind.CHALLENGE, self.pk)
        told = [self.challenged_by_id] if by is None or by.pk != self.challenged_by_id else []
        return self._record(
            kinds.CHALLENGE_ANSWERED, by=by, outcome=state, reason=answer, told_members=told, waiver=waiver
        )

    def _record(self, kind, *, by, **details):
        return self.incident.record(kind, by=by, **self.reference, **details)

    @property
    def reference(self):
        """What every entry about it carries."""
        return {"challenge": self.pk, "name": self.challenged_by.name, **self.update.reference}


class ChallengeDuty(Duty):
    """An audience may have been told something wrong: whoever speaks for the incident, then the lead."""

    states = ("due", "escalated")
    chain = UpdateDuty.chain
    says = {"due": kinds.CHALLENGE_WAITS, "escalated": kinds.CHALLENGE_WAITS}

    def owner_role(self, obligation):
        return IncidentRole.COMMUNICATIONS_LEAD

    def details(self, obligation):
        reference = UpdateChallenge.objects.with_people().get(pk=obligation.subject).reference
        # The clock says whose audience it is.
        return {name: value for name, value in reference.items() if name != "audience"}
