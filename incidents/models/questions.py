"""Questions: what somebody wants to know. They wait in a queue of their own and never drop into a workstream."""

import hashlib
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from playbooks.models import Audience, IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty, UpdateDuty
from ..listening import likeness
from ..saying import require_reason, require_words
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .updates import OUTER_AUDIENCES, StatusUpdate

# How long an asker waits, unless the next briefing is soon enough.
WAIT = timedelta(minutes=20)
MAX_LENGTH = 2000
LEADERSHIP = "leadership"
# So many that are alike are shown.
ALIKE_SHOWN = 3


class QuestionState(models.TextChoices):
    NEW = "new", "New"
    COVERED = "covered", "Waits for the update"
    MERGED = "merged", "Merged"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Declined"


WAITING = (QuestionState.NEW, QuestionState.COVERED)


class QuestionQuerySet(TenantQuerySet):
    def visible_to(self, membership, incident):
        """All of an incident's for who may answer them; one's own, and what was answered to all, for everybody else."""
        of_incident = self.filter(incident=incident)
        if authority.may_answer(membership, incident):
            return of_incident
        return of_incident.known_to(membership)

    def known_to(self, membership):
        """One's own, those one joined, and those whose answer was given to an audience that one belongs to."""
        return self.filter(_known_to(membership))

    def suggested_to(self, membership, incident):
        """What whoever asks may be shown as alike: what is theirs to read, and what waits of their own tier."""
        if authority.may_answer(membership, incident):
            found = self.filter(incident=incident)
        else:
            of_own_tier = Q(audience=tier_of(membership), state__in=WAITING)
            found = self.filter(_known_to(membership) | of_own_tier, incident=incident)
        return found.filter(state__in=(*WAITING, QuestionState.ANSWERED))

    def alike(self, text):
        """A list of those that may ask the same, the most alike first."""
        found = [(likeness(text, each.text), each) for each in self.with_people().in_order()]
        ranked = sorted((pair for pair in found if pair[0]), key=lambda pair: pair[0], reverse=True)
        return [question for _, question in ranked[:ALIKE_SHOWN]]

    def waiting(self):
        return self.filter(state__in=WAITING)

    def to_be_answered(self):
        """Those that wait for somebody's own words, and not for an update."""
        return self.filter(state=QuestionState.NEW)

    def for_the_briefing(self):
        """Those that the next briefing of leadership answers."""
        return self.waiting().filter(for_briefing=True)

    def covered_by(self, audience):
        """Those that the next update to this audience answers."""
        return self.filter(state=QuestionState.COVERED, covered_audience=audience)

    def with_people(self):
        return self.select_related(
            "asker__person", "asker__function", "answered_by__person", "merged_into__answered_in", "answered_in"
        )

    def in_order(self):
        return self.order_by("number")


class Question(TenantModel):
    """`answer` holds the answer, or why there is none. What people wrote stays here and out of the timeline.

    `audience` is the tier that the asker belongs to; `for_customers`: the support liaison answers; `for_briefing`: the
    next update to leadership is soon enough. `to_audience`: everybody of the tier reads the answer. `covered_audience`
    is whose next update answers it, `answered_in` the one that did; `briefing` is where it was read out. A merged one
    has the answer of `merged_into`.
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
    to_audience = models.BooleanField(default=False, db_default=False)
    covered_audience = models.CharField(max_length=12, choices=Audience, blank=True, default="", db_default="")
    answered_in = models.ForeignKey(StatusUpdate, models.PROTECT, null=True, related_name="answers")
    briefing = models.ForeignKey("incidents.Briefing", models.PROTECT, null=True, related_name="questions")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
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
    def is_waiting(self):
        return self.state in WAITING

    @property
    def said_answer(self):
        """The answer as far as it is said: the words of an update are read once that has left."""
        given = (self.merged_into or self).answered_in
        return "" if given and given.is_held else self.answer

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
        text = require_words(text, "Write your question first.")
        audience = Audience(audience) if audience else tier_of(by)
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

    @classmethod
    def answer_covered(cls, update, *, by):
        """Answer those that waited for this update; call when it was published, under the incident's lock."""
        said = "\n".join(f"{label}: {text}" for label, text in update.parts)
        for question in update.incident.questions.covered_by(update.audience).with_people().in_order():
            question.incident, question.answered_in = update.incident, update
            question._settle(QuestionState.ANSWERED, kinds.QUESTION_ANSWERED, f"{update}\n{said}", by=by)

    @classmethod
    def wait_for_another(cls, update, *, by):
        """The update that answered them was taken back: the next one does; call under the incident's lock."""
        now = timezone.now()
        nothing = {"answer": "", "answered_by": None, "answered_at": None}
        clock = update.incident.obligations.live().filter(kind=ObligationKind.UPDATE, audience=update.audience).first()
        for question in update.answers.with_people().in_order():
            question.incident, question.state, question.answered_in = update.incident, QuestionState.COVERED, None
            for name, value in nothing.items():
                setattr(question, name, value)
            question._promise(now)
            question.merged.update(**nothing)
            if clock and clock.due_at > now:
                question._move_promise(clock.due_at)
                question.save(update_fields=["answer_by"])
            update.incident.record(kinds.QUESTION_COVERED, by=by, audience=update.audience, **question.reference)

    @transaction.atomic
    def give_answer(self, text, *, by, to_audience=False):
        """Answer it, once; everybody who asked is told. `to_audience`: so is everybody of the asker's tier."""
        self._begin(by)
        text = require_words(text, "Write the answer first.")
        if to_audience:
            self._require_publishing(by)
        self.to_audience = to_audience
        return self._settle(QuestionState.ANSWERED, kinds.QUESTION_ANSWERED, text, by=by)

    @transaction.atomic
    def cover(self, *, by, audience=""):
        """Let the next update to an audience answer it: the asker's own tier, unless another is named."""
        self._begin(by)
        audience = Audience(audience or self.audience)
        if self.covered_audience == audience:
            raise Refused(
                f"The next update to {audience.label.lower()} answers {self.label} already.", code="unchanged"
            )
        if not all(_reads(audience, asker) for asker in self.everybody_who_asked):
            raise Refused(f"Who asked {self.label} does not read updates to {audience.label.lower()}.", code="audience")
        self.state, self.covered_audience = QuestionState.COVERED, audience
        clock = self.incident.obligations.live().filter(kind=ObligationKind.UPDATE, audience=audience).first()
        if clock and clock.due_at > timezone.now():
            self._move_promise(clock.due_at)
        self.save(update_fields=["state", "covered_audience", "answer_by"])
        return self.incident.record(kinds.QUESTION_COVERED, by=by, audience=audience, **self.reference)

    @transaction.atomic
    def merge_into(self, other, *, by):
        """Say that it asks the same as another one; whoever asked either gets the other's answer, once."""
        self._begin(by)
        if other.pk == self.pk:
            raise Refused(f"{self.label} cannot be merged into itself.", code="same_question")
        if other.incident_id != self.incident_id:
            raise Refused("The other question belongs to another incident.", code="other_incident")
        other.incident = self.incident
        other.lock()
        if not other.is_waiting:
            raise Refused(f"{other.label} waits for no answer any more.", code="already_answered")
        askers = self.everybody_who_asked
        if other.covered_audience and not all(_reads(other.covered_audience, asker) for asker in askers):
            raise Refused(
                f"Who asked {self.label} does not read the update that answers {other.label}.", code="audience"
            )
        QuestionAsker.objects.bulk_create(
            [QuestionAsker(question=other, membership=asker) for asker in askers if asker.pk != other.asker_id],
            ignore_conflicts=True,
        )
        self.merged.update(merged_into=other)
        self._pass_asks_on(other, by=by)
        self.state, self.merged_into = QuestionState.MERGED, other
        self.save(update_fields=["state", "merged_into"])
        Obligation.cancel(self.incident, ObligationKind.QUESTION, self.pk)
        if timezone.now() < self.answer_by < other.answer_by:
            other._move_promise(self.answer_by)
            other.save(update_fields=["answer_by"])
        return self.incident.record(kinds.QUESTION_MERGED, by=by, into=other.number, **self.reference)

    @transaction.atomic
    def join(self, *, by):
        """Want to know it, too: the answer goes to everybody who asked. For whoever may be shown it."""
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        authority.require(authority.may_ask(by, self.incident), "You cannot see this incident.", code="not_visible")
        shown = Question.objects.suggested_to(by, self.incident).filter(pk=self.pk).exists()
        authority.require(
            shown or not self.is_waiting, "This question is not of your tier. Ask it yourself.", code="not_visible"
        )
        self._require_waiting()
        if by in self.everybody_who_asked:
            raise Refused(f"You have asked {self.label} already.", code="already_asked")
        if self.covered_audience and not _reads(self.covered_audience, by):
            raise Refused(f"You do not read the update that answers {self.label}. Ask it yourself.", code="audience")
        QuestionAsker.objects.create(question=self, membership=by)
        return self.incident.record(kinds.QUESTION_JOINED, by=by, **self.reference)

    def alike(self, membership):
        """Others of the incident that may ask the same, as far as this member may be shown them."""
        others = Question.objects.suggested_to(membership, self.incident).exclude(pk=self.pk)
        return others.alike(self.text)

    @property
    def everybody_who_asked(self):
        """Memberships, each once: whoever asked it, and whose question was merged into it."""
        others = self.askers.select_related("membership__person").order_by("pk")
        return [self.asker, *(each.membership for each in others)]

    def answer_aloud(self, briefing, text, *, by):
        """Answer it in a briefing; `Briefing.hold` calls it under the incident's lock."""
        self.briefing = briefing
        answer = text.strip() or f"Answered in briefing {briefing.number}."
        self._settle(QuestionState.ANSWERED, kinds.QUESTION_ANSWERED, answer, by=by)

    def wait_for_next_briefing(self, moment):
        """It was not read out: it waits for the next one, or as long as any other where none is planned."""
        self._move_promise(moment or timezone.now() + WAIT)
        self.save(update_fields=["answer_by"])

    @transaction.atomic
    def decline(self, *, reason, by):
        """Say that there will be no answer, and why; the asker is told."""
        self._begin(by)
        reason = require_reason(reason, "Say why there is no answer.")
        return self._settle(QuestionState.DECLINED, kinds.QUESTION_DECLINED, reason, by=by)

    @classmethod
    def decline_all(cls, incident, *, by, reason):
        """The incident goes on elsewhere, and nobody will answer here. Call under the incident's lock."""
        for question in incident.questions.waiting().with_people().in_order():
            question.incident = incident
            question._settle(QuestionState.DECLINED, kinds.QUESTION_DECLINED, reason, by=by)

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
        self._require_waiting()

    def _require_waiting(self):
        if self.state == QuestionState.MERGED:
            raise Refused(f"{self.label} was merged into {self.merged_into.label}.", code="merged")
        if not self.is_waiting:
            who = self.answered_by.name if self.answered_by else "Muster"
            raise Refused(
                f"{who} has {self.get_state_display().lower()} {self.label} already.", code="already_answered"
            )

    def _pass_asks_on(self, other, *, by):
        """What was asked for this one is known for the other; nobody is asked twice for one."""
        from .asks import Ask

        Ask.withdraw_all(self, by=by, also_asked_for=other)
        self.asks.update(question=other)

    def _require_publishing(self, by):
        authority.require(
            authority.may_publish(by, self.incident, self.audience),
            "The communications lead speaks to a whole audience. Answer who asked alone.",
            code="publishing_right",
        )
        if self.audience == Audience.CUSTOMERS:
            authority.require(
                authority.may_speak_outside(by),
                "Confirm your e-mail address before you write to customers: open the link we sent you.",
                code="email_unconfirmed",
            )

    def _move_promise(self, moment):
        self.answer_by = moment
        Obligation.postpone(self.incident, ObligationKind.QUESTION, self.pk, moment)

    def _settle(self, state, kind, answer, *, by):
        from .asks import Ask

        answered = {"answer": answer, "answered_by": by, "answered_at": timezone.now()}
        self.state = state
        for name, value in answered.items():
            setattr(self, name, value)
        self.save(update_fields=["state", "to_audience", "answered_in", "briefing", *answered])
        self.merged.update(**answered)
        Obligation.satisfy(self.incident, ObligationKind.QUESTION, self.pk)
        Ask.withdraw_all(self, by=by)
        sealed = hashlib.sha256(answer.encode()).hexdigest()
        details = {"askers": [asker.pk for asker in self.everybody_who_asked]}
        if self.to_audience:
            details |= {"audience": self.audience, "to_audience": True}
        if self.answered_in:
            held = self.answered_in.held_until
            details["update"], details["in_update"] = self.answered_in.number, self.answered_in_id
            details["held_until"] = held.isoformat() if held else ""
        if self.briefing:
            details["in_briefing"] = self.briefing.number
        return self.incident.record(kind, by=by, sha256=sealed, **details, **self.reference)


class QuestionAsker(TenantModel):
    """Somebody else wants to know the same: they said so, or their question was merged into this one."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="askers")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "question", "membership"], name="question_asker_once")
        ]


def _known_to(membership):
    joined = QuestionAsker.objects.filter(question=OuterRef("pk"), membership=membership)
    # Whoever's question was merged reads the answer at their own.
    asked = Q(asker=membership) | Q(askers__membership=membership)
    merged = Question.objects.filter(asked, merged_into=OuterRef("pk"))
    published = Q(to_audience=True, state=QuestionState.ANSWERED)
    if not membership.is_responder:
        published &= Q(audience__in=OUTER_AUDIENCES)
    return Q(asker=membership) | Q(Exists(joined) & ~Exists(merged)) | published


def tier_of(membership):
    """The audience that somebody who asks belongs to."""
    function = membership.function.slug if membership.function else ""
    return Audience.LEADERSHIP if function == LEADERSHIP or not membership.is_responder else Audience.COORDINATION


def _reads(audience, membership):
    """Whether somebody is told what this audience is told."""
    return membership.is_responder or audience in OUTER_AUDIENCES


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
