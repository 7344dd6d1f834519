"""Questions: what somebody wants to know. They wait in a queue of their own and never drop into a workstream."""

import hashlib
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty, UpdateDuty
from .incident import Incident
from .obligations import Obligation, ObligationKind

# How long an asker waits, unless the next briefing is soon enough.
WAIT = timedelta(minutes=20)
MAX_LENGTH = 2000
LEADERSHIP = "leadership"


class QuestionState(models.TextChoices):
    NEW = "new", "New"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Declined"


class QuestionQuerySet(TenantQuerySet):
    def visible_to(self, membership, incident):
        """All of an incident's for who may answer them, one's own for everybody else."""
        of_incident = self.filter(incident=incident)
        if authority.may_answer(membership, incident):
            return of_incident
        return of_incident.filter(asker=membership)

    def waiting(self):
        return self.filter(state=QuestionState.NEW)

    def with_people(self):
        return self.select_related("asker__person", "asker__function", "answered_by__person")

    def in_order(self):
        return self.order_by("number")


class Question(TenantModel):
    """`answer` holds the answer, or why there is none. What people wrote stays here and out of the timeline.

    `audience` is the tier that the asker belongs to; `for_customers`: the support liaison answers; `for_briefing`: the
    next update to leadership is soon enough.
    """

    State = QuestionState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="questions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=MAX_LENGTH)
    audience = models.CharField(max_length=12, choices=Audience)
    for_customers = models.BooleanField(default=False)
    for_briefing = models.BooleanField(default=False)
    asker = models.ForeignKey(Membership, models.PROTECT, related_name="questions")
    asked_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=QuestionState, default=QuestionState.NEW)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(QuestionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="question_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "asker", "key"], name="question_key_once"),
        ]

    def __str__(self):
        return f"{self.label} {self.text}"

    @property
    def label(self):
        """How people call it: Q7."""
        return f"Q{self.number}"

    @property
    def is_new(self):
        return self.state == QuestionState.NEW

    @property
    def owner_role(self):
        """The slug of the role that answers."""
        return IncidentRole.SUPPORT_LIAISON if self.for_customers else IncidentRole.COMMUNICATIONS_LEAD

    @property
    def reference(self):
        """What entries say about it, which is never what somebody wrote."""
        return {"question": self.pk, "number": self.number, "asker": self.asker_id, "name": self.asker.name}

    @classmethod
    @transaction.atomic
    def ask(cls, incident, text, *, by, audience="", for_customers=False, for_briefing=False, key=None):
        """Put a question into the queue; everybody who may see the incident may ask.

        Returns the entry; the same `key` again returns the first one's entry.
        """
        incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, asker=by, key=key).first()):
            return incident.timeline.get(kind=kinds.QUESTION_ASKED.name, details__question=earlier.pk)
        incident.require_not_closed()
        authority.require(authority.may_ask(by, incident), "You cannot see this incident.", code="not_visible")
        text = text.strip()
        if not text:
            raise Refused("Write your question first.", code="empty")
        audience = Audience(audience) if audience else cls._audience_of(by)
        for_customers = for_customers or audience == Audience.CUSTOMERS
        now = timezone.now()
        question = cls(
            incident=incident,
            number=(incident.questions.aggregate(last=Max("number"))["last"] or 0) + 1,
            text=text,
            audience=audience,
            for_customers=for_customers,
            for_briefing=for_briefing,
            asker=by,
            asked_at=now,
            key=key,
        )
        question._promise(now)
        return incident.record(
            kinds.QUESTION_ASKED,
            by=by,
            audience=audience,
            owner_role=question.owner_role,
            for_briefing=for_briefing,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            **question.reference,
        )

    @classmethod
    def wait_again(cls, incident):
        """Promise an answer anew to who has none; call when the incident is reopened, under its lock."""
        now = timezone.now()
        for question in incident.questions.waiting():
            question.incident = incident
            question._promise(now)

    @transaction.atomic
    def give_answer(self, text, *, by):
        """Answer it, once; the asker is told."""
        self._begin(by)
        text = text.strip()
        if not text:
            raise Refused("Write the answer first.", code="empty")
        return self._settle(QuestionState.ANSWERED, kinds.QUESTION_ANSWERED, text, by=by)

    @transaction.atomic
    def decline(self, *, reason, by):
        """Say that there will be no answer, and why; the asker is told."""
        self._begin(by)
        reason = reason.strip()
        if not reason:
            raise Refused("Say why there is no answer.", code="reason_required")
        return self._settle(QuestionState.DECLINED, kinds.QUESTION_DECLINED, reason, by=by)

    @staticmethod
    def _audience_of(membership):
        function = membership.function.slug if membership.function else ""
        return Audience.LEADERSHIP if function == LEADERSHIP or not membership.is_responder else Audience.COORDINATION

    def _promise(self, now):
        """Save it with the time by which somebody answers, and start that clock."""
        briefing = None
        if self.for_briefing:
            briefing = (
                self.incident.obligations.live()
                .filter(kind=ObligationKind.UPDATE, audience=Audience.LEADERSHIP, due_at__gt=now)
                .first()
            )
        self.answer_by = briefing.due_at if briefing else now + WAIT
        self.save()
        if self.incident.is_open:
            Obligation.open(
                self.incident,
                ObligationKind.QUESTION,
                minutes=max(1, round((self.answer_by - now).total_seconds() / 60)),
                # The clock knows from it who answers.
                audience=Audience.CUSTOMERS if self.for_customers else "",
                subject=self.pk,
                starts_at=now,
                due_at=self.answer_by,
            )

    def _begin(self, by):
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        authority.require(
            authority.may_answer(by, self.incident),
            "The communications lead, the support liaison or the incident lead answers questions.",
            code="answering_right",
        )
        if not self.is_new:
            who = self.answered_by.name if self.answered_by else "Muster"
            raise Refused(
                f"{who} has {self.get_state_display().lower()} {self.label} already.", code="already_answered"
            )

    def _settle(self, state, kind, answer, *, by):
        self.state, self.answer, self.answered_by, self.answered_at = state, answer, by, timezone.now()
        self.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        Obligation.satisfy(self.incident, ObligationKind.QUESTION, self.pk)
        sealed = hashlib.sha256(answer.encode()).hexdigest()
        return self.incident.record(kind, by=by, sha256=sealed, **self.reference)


class QuestionDuty(Duty):
    """Somebody waits for an answer."""

    states = ("due", "escalated")
    chain = UpdateDuty.chain
    says = {"due": kinds.QUESTION_WAITS, "escalated": kinds.QUESTION_WAITS}

    def owner_role(self, obligation):
        if obligation.audience == Audience.CUSTOMERS:
            return IncidentRole.SUPPORT_LIAISON
        return IncidentRole.COMMUNICATIONS_LEAD

    def details(self, obligation):
        question = Question.objects.with_people().get(pk=obligation.subject)
        return question.reference
