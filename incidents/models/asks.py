"""Asks: what a question needs from one engineer, in other words than the asker's, and what that person says.

Questions stay out of workstreams. Whoever answers them rewrites what has to be known, to one person, with what it is
for and by when; the answer comes back to the question, and is told from there. Each ask is an interruption and counted.
"""

import hashlib
import re
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from ..saying import require_words
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .questions import Question
from .workstreams import Workstream

# By when an answer is wanted, unless somebody says otherwise.
WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
MAX_LENGTH = 1000
WORD = re.compile(r"\w+")
# From so many letters on a question is known again within other words; “Why?” is in many.
RECOGNISABLE = 15


class AskState(models.TextChoices):
    OPEN = "open", "Waits"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Not answered"
    WITHDRAWN = "withdrawn", "Not needed any more"


class AskQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(state=AskState.OPEN)

    def visible_to(self, membership, incident):
        """All of an incident's for who answers questions, and those put to oneself; none for stakeholders."""
        if not membership.is_responder:
            return self.none()
        of_incident = self.filter(incident=incident)
        if authority.may_answer(membership, incident):
            return of_incident.open_to(membership)
        return of_incident.filter(addressee=membership)

    def open_to(self, membership):
        """Without what belongs to restricted workstreams that are not theirs to know."""
        hidden = Workstream.objects.hidden_from(membership)
        return self.filter(Q(addressee=membership) | ~Q(workstream__in=hidden) | Q(workstream=None))

    def with_people(self):
        return self.select_related("addressee__person", "asked_by__person", "workstream", "question")

    def in_order(self):
        return self.order_by("number")


class Ask(TenantModel):
    """`text` is for the addressee and never the words of the question; `answer` is also why there is none."""

    State = AskState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="asks")
    question = models.ForeignKey(Question, models.CASCADE, related_name="asks")
    number = models.PositiveSmallIntegerField()
    addressee = models.ForeignKey(Membership, models.PROTECT, related_name="asks")
    workstream = models.ForeignKey(Workstream, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=MAX_LENGTH)
    purpose = models.CharField(max_length=200, blank=True)
    needed_by = models.DateTimeField()
    asked_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=AskState, default=AskState.OPEN)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(AskQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="ask_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "asked_by", "key"], name="ask_key_once"),
            models.UniqueConstraint(
                fields=["organization", "question", "addressee"],
                condition=Q(state=AskState.OPEN),
                name="ask_one_open",
            ),
        ]

    def __str__(self):
        return f"{self.label} {self.text}"

    @property
    def label(self):
        """How people call it: A2."""
        return f"A{self.number}"

    @property
    def is_open(self):
        return self.state == AskState.OPEN

    @property
    def reference(self):
        """What entries say about it; the words stay here."""
        return {
            "ask": self.pk,
            "number": self.number,
            "for_question": self.question.number,
            "member": self.addressee_id,
            "name": self.addressee.name,
        }

    @classmethod
    @transaction.atomic
    def put(cls, question, text, *, to, by, purpose, workstream=None, needed_by=None, key=None):
        """Put to one person what has to be known for a question, and what for. The same `key` again returns the first
        one's entry."""
        incident = question.incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, asked_by=by, key=key).first()):
            return incident.timeline.get(kind=kinds.ASK_PUT.name, details__ask=earlier.pk)
        question.lock()
        incident.require_open()
        authority.require(
            authority.may_answer(by, incident),
            "The communications lead, the support liaison or the incident lead asks engineers.",
            code="answering_right",
        )
        if not question.is_waiting:
            raise Refused(f"{question.label} waits for no answer any more.", code="already_answered")
        text, now = text.strip(), timezone.now()
        cls._require_rewritten(text, question)
        purpose = require_words(purpose, "Say what it is for.", code="purpose_required")
        cls._require_able(to, incident, workstream)
        needed_by = needed_by or now + WAIT
        if not now < needed_by <= now + LONGEST_WAIT:
            raise Refused("An answer is needed later than now, and within a day.", code="needed_by")
        if question.asks.open().filter(addressee=to).exists():
            raise Refused(f"{to.name} has been asked for {question.label} already.", code="already_asked")
        ask = cls.objects.create(
            incident=incident,
            question=question,
            number=(incident.asks.aggregate(last=Max("number"))["last"] or 0) + 1,
            addressee=to,
            workstream=workstream,
            text=text,
            purpose=purpose,
            needed_by=needed_by,
            asked_by=by,
            asked_at=now,
            key=key,
        )
        Obligation.open(
            incident,
            ObligationKind.ASK,
            minutes=max(1, round((needed_by - now).total_seconds() / 60)),
            subject=ask.pk,
            owner=to,
            starts_at=now,
            due_at=needed_by,
        )
        return ask._record(kinds.ASK_PUT, by=by, sha256=_seal(text))

    @transaction.atomic
    def give_answer(self, text, *, by, declined=False):
        """Say what one knows, once, or with `declined` why one cannot; whoever asked is told."""
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        authority.require(by == self.addressee, f"{self.addressee.name} was asked.", code="asked_only")
        if not self.is_open:
            raise Refused(f"{self.label}: {self.get_state_display().lower()}.", code="already_answered")
        text = require_words(text, "Write the answer first.")
        self.state = AskState.DECLINED if declined else AskState.ANSWERED
        self.answer, self.answered_at = text, timezone.now()
        self.save(update_fields=["state", "answer", "answered_at"])
        Obligation.satisfy(self.incident, ObligationKind.ASK, self.pk)
        return self._record(kinds.ASK_ANSWERED, by=by, declined=declined, asker=self.asked_by_id, sha256=_seal(text))

    @classmethod
    def withdraw_all(cls, question, *, by, also_asked_for=None):
        """Nobody has to know any more; call when the question is settled, under the incident's lock.

        `also_asked_for`: only those whose addressees are asked for that other question anyhow.
        """
        asks = question.asks.open().with_people()
        if also_asked_for is not None:
            asks = asks.filter(addressee__in=also_asked_for.asks.open().values("addressee"))
        for ask in asks:
            ask.incident, ask.state, ask.answered_at = question.incident, AskState.WITHDRAWN, timezone.now()
            ask.save(update_fields=["state", "answered_at"])
            Obligation.cancel(question.incident, ObligationKind.ASK, ask.pk)
            ask._record(kinds.ASK_WITHDRAWN, by=by)

    @staticmethod
    def _require_rewritten(text, question):
        if not text:
            raise Refused("Write what you have to know.", code="empty")
        said, asked = (" ".join(WORD.findall(words.casefold())) for words in (text, question.text))
        if said == asked or (len(asked) >= RECOGNISABLE and asked in said):
            raise Refused(
                "Say in your own words what you have to know: the asker's words do not go to engineers.",
                code="not_rewritten",
            )

    @staticmethod
    def _require_able(to, incident, workstream):
        authority.require_responder(to, f"{to.name} is a stakeholder.")
        if to.ended_at is not None or not incident.is_visible_to(to):
            raise Refused(f"{to.name} cannot see this incident.", code="not_visible")
        if workstream and not workstream.is_open_to(to):
            raise Refused(f"“{workstream}” is not open to {to.name}.", code="restricted_stream")

    def _record(self, kind, *, by, **details):
        return self.incident.record(kind, by=by, workstream=self.workstream, **self.reference, **details)


def _seal(text):
    return hashlib.sha256(text.encode()).hexdigest()


class AskDuty(Duty):
    """An engineer was asked: reminded once, and then whoever asks for the others hears that nothing came."""

    states = ("due", "escalated")
    escalate_after = (timedelta(minutes=10),)
    chain = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD)
    says = {"due": kinds.ASK_WAITS, "escalated": kinds.ASK_WAITS}

    def details(self, obligation):
        told = super().details(obligation) if obligation.state == "due" else {}
        return {**told, **self._ask(obligation).reference}

    def workstream(self, obligation):
        return self._ask(obligation).workstream

    def _ask(self, obligation):
        return Ask.objects.with_people().get(pk=obligation.subject)
