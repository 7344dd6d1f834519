"""Reinforcements: people who are asked for by name although their work is elsewhere.

Who answers for them is asked first. Where they object, say nothing in time, or the person is at work on another
incident, an executive decides what is given up; no clock ever decides it.
"""

import hashlib

from django.db import models, transaction
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.text import Truncator

from playbooks.models import DecisionClass
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from ..saying import require_words
from .decisions import Decision
from .incident import Incident
from .invitations import IncidentInvitation
from .obligations import Obligation, ObligationKind
from .participants import Capacity, Participant
from .workstreams import Workstream

# At this rank of severity and worse, the manager's answer is wanted sooner.
URGENT_RANK = 2
URGENT_MINUTES, MINUTES = 10, 30
MAX_LENGTH = 1000
LONGEST_HOURS = 168
LONGEST_SUBJECT = 200
# The keys of the two options that an executive chooses from.
LEND, LEAVE = "lend", "leave"


class ReinforcementState(models.TextChoices):
    """What is agreed or granted goes on as an invitation."""

    ASKED = "asked", "Asked of the manager"
    AGREED = "agreed", "Agreed"
    OBJECTED = "objected", "Waits for a decision"
    GRANTED = "granted", "Granted"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Came to nothing"


S = ReinforcementState
WAITING = (S.ASKED, S.OBJECTED)


class ReinforcementQuerySet(TenantQuerySet):
    def waiting(self):
        return self.filter(state__in=WAITING)

    def asked(self):
        """Those that a manager has to answer."""
        return self.filter(state=S.ASKED)

    def answered_by(self, manager):
        """Those about people of a team that this member manages."""
        return self.filter(member__teams__manager=manager).exclude(member=manager).distinct()

    def hanging_on(self, decision):
        """Those that this decision, or the one that it replaces or takes back, is about."""
        earlier = {decision.pk, decision.supersedes_id, decision.reverses_id} - {None}
        return self.filter(decision__in=earlier).with_people().order_by("pk")

    def with_people(self):
        return self.select_related(
            "member__person", "member__function", "requested_by__person", "answered_by__person", "workstream",
            "decision",
        )  # fmt: skip

    def for_reading(self, viewer):
        """With people, and `shown_workstream`: the key of the workstream, where the viewer may know of it."""
        readable = Workstream.objects.visible_to(viewer).filter(pk=OuterRef("workstream"))
        return self.with_people().annotate(shown_workstream=Subquery(readable.values("pk")[:1]))

    def latest_first(self):
        return self.order_by("-number")

    def in_order(self):
        return self.order_by("number")


class ReinforcementRequest(TenantModel):
    """`number` is 1…n per incident, read as R1. What people wrote stays here and out of the timeline.

    `direct`: nobody had to be asked first; the manager was told, and may object once. `decision` is where an executive
    is asked; its latest choice counts.
    """

    State = ReinforcementState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="reinforcements")
    number = models.PositiveIntegerField()
    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    purpose = models.TextField(blank=True)
    hours = models.PositiveSmallIntegerField(null=True)
    workstream = models.ForeignKey(Workstream, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=ReinforcementState, default=ReinforcementState.ASKED)
    direct = models.BooleanField(default=False)
    requested_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    decision = models.OneToOneField(Decision, models.SET_NULL, null=True, related_name="+")
    invitation = models.ForeignKey(IncidentInvitation, models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    # Made by the client: the same key is the same request, however often it arrives.
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(ReinforcementQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="reinforcement_number_once"),
            models.UniqueConstraint(
                fields=["organization", "incident", "member"],
                condition=Q(state__in=WAITING),
                name="reinforcement_waits_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "incident", "requested_by", "key"], name="reinforcement_key_once"
            ),
        ]

    def __str__(self):
        return f"{self.label} {self.member}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def label(self):
        """How people call it: R1."""
        return f"R{self.number}"

    @property
    def is_waiting(self):
        return self.state in WAITING

    @property
    def is_unanswered(self):
        """Whether its manager has still to say something, or still may."""
        return self.state == S.ASKED or (self.direct and self.state == S.GRANTED and self.answered_at is None)

    @property
    def managers(self):
        """Who answers for the person now."""
        return Membership.objects.managing(self.member)

    # --- Asking ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def ask(cls, incident, member, *, by, purpose, hours, workstream=None, key=None, waiver=""):
        """Ask for somebody by name, for some hours. Returns the entry; the same `key` again returns the first one's.

        Whoever is on call, or has no manager, is invited at once. At work on another incident, an executive decides.
        Otherwise it is the manager's to agree or object.
        """
        incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, requested_by=by, key=key).first()):
            return incident.timeline.filter(details__reinforcement=earlier.pk).in_order().first()
        incident.require_open()
        waiver_used = authority.require_coordination(by, incident, "ask for people of other teams", waiver)
        cls._require_askable(incident, member, by)
        purpose = require_words(purpose, "Say what you need them for.")
        if not 1 <= hours <= LONGEST_HOURS:
            raise Refused(f"Ask for 1 to {LONGEST_HOURS} hours.", code="hours")
        request = cls(
            incident=incident,
            member=member,
            purpose=purpose,
            hours=hours,
            workstream=workstream,
            requested_by=by,
            key=key,
        )
        return request._begin(by=by, waiver=waiver, waiver_used=waiver_used)

    @classmethod
    def note_brought(cls, incident, member, *, by):
        """Somebody was brought in at once: whoever answers for them is told, and may object. Under the lock."""
        managers = [manager for manager in Membership.objects.managing(member) if manager != by]
        if not managers or incident.reinforcements.filter(member=member, state__in=(S.AGREED, S.GRANTED)).exists():
            return None
        request = cls(incident=incident, member=member, requested_by=by, direct=True, state=S.GRANTED)
        request._insert()
        return request._record(kinds.REINFORCEMENT_TAKEN, by=by, managers=_told(managers), brought_in=True)

    @transaction.atomic
    def withdraw(self, *, by, reason=""):
        """They are not needed any more; whoever asked may say so, and the lead."""
        self._lock()
        authority.require(
            by == self.requested_by or authority.may_coordinate(by, self.incident),
            "Only whoever asked, or the incident lead, takes this back.",
            code="coordination_right",
        )
        if not self.is_waiting:
            raise Refused(f"{self.label} is {self.get_state_display().lower()} already.", code="unchanged")
        if self.direct and self._is_here():
            raise Refused(
                f"{self.member.name} works on it. Release them, or let the executive decide.", code="works_on_it"
            )
        return self._withdraw(by=by, reason=reason)

    @classmethod
    def withdraw_all(cls, incident, *, by, reason=""):
        """The incident is over, or goes on elsewhere: nobody is waited for. Call under the incident's lock."""
        for request in incident.reinforcements.waiting().with_people().in_order():
            request.incident = incident
            request._withdraw(by=by, reason=reason)

    @classmethod
    def met(cls, incident, member):
        """Somebody works on it now, however they came: nobody has to let them go any more."""
        for request in incident.reinforcements.waiting().with_people().filter(member=member, direct=False):
            request.incident = incident
            request._lapse(f"{member.name} works on it already")

    @classmethod
    def let_in_all(cls, incident, *, by):
        """It has become private: whoever has still to answer goes on seeing it. Call under the incident's lock."""
        for request in incident.reinforcements.asked().with_people().in_order():
            request.incident = incident
            for manager in request.managers:
                request._let_in(manager, by=by)

    # --- Answering ---------------------------------------------------------------------------

    @transaction.atomic
    def give_answer(self, agrees, *, by, reason="", commitments=()):
        """What whoever answers for the person says, once. Returns the entry.

        An objection says why and what would be given up; then an executive decides.
        """
        self._lock()
        managers = list(self.managers)
        authority.require(by in managers, f"Whoever manages {self.member.name} answers this.", code="managers_only")
        if not self.is_unanswered:
            raise Refused(self._why_too_late(), code="already_answered")
        reason = reason.strip()
        if not (agrees or reason):
            raise Refused("Say why they cannot be spared.", code="reason_required")
        self.answered_by, self.answered_at, self.answer = by, timezone.now(), reason
        Obligation.satisfy(self.incident, ObligationKind.REINFORCEMENT, self.pk)
        return self._agree(by) if agrees else self._object(by, commitments)

    def go_unanswered(self):
        """Nobody answered in time: an executive is asked instead. Call under the incident's lock."""
        if not authority.may_respond(self.member):
            return self._lapse(f"{self.member.name} does not respond any more")
        self._settle(S.OBJECTED)
        entry = self._record(kinds.REINFORCEMENT_UNANSWERED)
        self._ask_executive(commitments_of(self.member, self.incident))
        return entry

    # --- What an executive decided ---------------------------------------------------------------

    @classmethod
    def required_option(cls, decision, choice):
        """The requests that hang on a decision; refuse a choice that says neither yes nor no to them."""
        options = [option["text"] for option in decision.options if option["key"] in (LEND, LEAVE)]
        requests = list(cls.objects.hanging_on(decision)) if options else []
        if requests and not decision.reverses_id and choice not in options:
            words = " or ".join(f"“{option}”" for option in options)
            raise Refused(f"Somebody's place hangs on this: choose {words}.", code="option_required")
        return requests

    def follow(self, decision):
        """Bring about what was decided, replaced or taken back; call under the incident's lock."""
        if self.state not in (S.OBJECTED, S.GRANTED, S.REFUSED):
            return
        was_lent, self.decision = self.state == S.GRANTED, decision
        if decision.reverses_id:
            if was_lent:
                self._refuse(decision)
            else:
                self._lapse(f"{decision.name} takes the decision back", by=decision.decided_by)
        elif _lends(decision):
            self._grant(decision)
        else:
            self._refuse(decision)

    @classmethod
    def lapse_with(cls, decision, *, by):
        """Nobody decides it any more; call under the incident's lock."""
        for request in cls.objects.hanging_on(decision).waiting():
            request.incident = decision.incident
            request._lapse(f"{decision.name} was withdrawn", by=by)

    # --- Inside ------------------------------------------------------------------------------

    @staticmethod
    def _require_askable(incident, member, by):
        authority.require_responder(member, f"{member.name} is a stakeholder and can follow, not respond.")
        if by == member:
            raise Refused("You need no request: join.", code="invites_oneself")
        if incident.participants.active().filter(membership=member).exists():
            raise Refused(f"{member.name} works on it already.", code="unchanged")
        if incident.invitations.waiting().filter(membership=member).exists():
            raise Refused(f"{member.name} is invited already and has not answered yet.", code="unchanged")
        if waiting := incident.reinforcements.waiting().filter(member=member).first():
            raise Refused(f"{waiting.label} asks for {member.name} already.", code="unchanged")

    def _begin(self, *, by, waiver, waiver_used):
        managers = list(Membership.objects.managing(self.member))
        commitments = commitments_of(self.member, self.incident)
        facts = {
            "managers": _told(managers),
            "sha256": hashlib.sha256(self.purpose.encode()).hexdigest(),
            "waiver": waiver_used,
        }
        if commitments:
            self.state = S.OBJECTED
            self._insert()
            entry = self._record(kinds.REINFORCEMENT_ASKED, by=by, busy=True, **facts)
            self._ask_executive(commitments)
            return entry
        if not managers or by in managers or self.member.rotas.exists():
            self.direct, self.state = True, S.GRANTED
            self._insert()
            entry = self._record(kinds.REINFORCEMENT_TAKEN, by=by, **facts)
            self._invite(waiver=waiver)
            return entry
        self._insert(waits=True, owner=managers[0])
        for manager in managers:
            self._let_in(manager, by=by)
        return self._record(kinds.REINFORCEMENT_ASKED, by=by, answer_by=self.answer_by.isoformat(), **facts)

    def _insert(self, *, waits=False, owner=None):
        last = self.incident.reinforcements.aggregate(last=Max("number"))["last"] or 0
        self.number, now = last + 1, timezone.now()
        self.requested_at = now
        minutes = URGENT_MINUTES if self.incident.severity.rank <= URGENT_RANK else MINUTES
        if waits:
            self.answer_by = now + timezone.timedelta(minutes=minutes)
        elif self.state == S.GRANTED:
            self.settled_at = now
        self.save(force_insert=True)
        if waits:
            Obligation.open(
                self.incident,
                ObligationKind.REINFORCEMENT,
                minutes=minutes,
                subject=self.pk,
                owner=owner,
                starts_at=now,
            )

    def _let_in(self, manager, *, by):
        """Whoever answers about a private incident has to see it."""
        if self.incident.private and not self.incident.is_visible_to(manager):
            Participant.join(self.incident, manager, by=by, capacity=Capacity.OBSERVER)

    def _lock(self):
        self.incident.lock()
        self.lock()
        self.incident.require_open()

    def _why_too_late(self):
        if self.answered_by:
            return f"{self.answered_by.name} has answered {self.label} already."
        if self.decision:
            return f"{self.label} has gone on: {self.decision.name} is with an executive."
        return f"{self.label} is {self.get_state_display().lower()} already."

    def _agree(self, by):
        if not (self.direct or authority.may_respond(self.member)):
            return self._lapse(f"{self.member.name} does not respond any more", by=by)
        self._settle(S.AGREED)
        entry = self._record(kinds.REINFORCEMENT_AGREED, by=by)
        if not self.direct:
            self._invite(waiver=f"{by.name} lets them go for {self.label}")
        return entry

    def _object(self, by, commitments):
        self._settle(S.OBJECTED)
        sealed = hashlib.sha256(self.answer.encode()).hexdigest()
        entry = self._record(kinds.REINFORCEMENT_OBJECTED, by=by, sha256=sealed)
        given_up = [*commitments_of(self.member, self.incident), *(line.strip() for line in commitments)]
        self._ask_executive([line for line in given_up if line])
        self.decision.give_input(LEAVE, by=by, text=self.answer)
        return entry

    def _ask_executive(self, commitments):
        """A decision for people, asked by nobody in particular, so that nobody but its holder and the lead ends it."""
        name, whole = self.member.name, f"{self.label}: lend {self.member.name} to {self.incident.key}"
        for_hours = f" for {self.hours} hours?" if self.hours else "?"
        subject = Truncator(whole).chars(LONGEST_SUBJECT - len(for_hours)) + for_hours
        waiting = self.incident.decisions.about(subject).open().first()
        if waiting is None:
            entry = Decision.open(
                self.incident,
                DecisionClass.RESOURCE,
                subject,
                by=None,
                options=[
                    {"key": LEND, "text": f"Lend {name}"},
                    {"key": LEAVE, "text": f"Leave {name} where they are"},
                ],
                commitments_sacrificed=commitments,
            )
            waiting = self.incident.decisions.get(number=entry.details["decision"])
        waiting.incident = self.incident
        self.decision = waiting
        self.save(update_fields=["decision"])

    def _grant(self, decision):
        if not authority.may_respond(self.member):
            self._lapse(f"{self.member.name} does not respond any more", by=decision.decided_by)
            return
        self._settle(S.GRANTED)
        self._record(
            kinds.REINFORCEMENT_GRANTED, by=decision.decided_by, decision=decision.number, managers=_told(self.managers)
        )
        self._invite(waiver=f"Granted as {self.label} by {decision.name}")

    def _refuse(self, decision):
        self._settle(S.REFUSED)
        entry = self._record(
            kinds.REINFORCEMENT_REFUSED,
            by=decision.decided_by,
            decision=decision.number,
            managers=_told(self.managers),
            here=self._is_here(),
        )
        IncidentInvitation.take_back(self.incident, self.invitation_id, by=decision.decided_by)
        return entry

    def _invite(self, *, waiver):
        """The person is asked now, unless they are here, or asked already."""
        if self._is_here() or self.incident.invitations.waiting().filter(membership=self.member).exists():
            return
        by = self.requested_by if authority.may_respond(self.requested_by) else None
        sent = IncidentInvitation.invite(self.incident, self.member, by=by, reason=self.purpose, waiver=waiver)
        self.invitation_id = sent.details["invitation"]
        self.save(update_fields=["invitation"])

    def _is_here(self):
        return self.incident.participants.active().filter(membership=self.member).exists()

    def _withdraw(self, *, by, reason):
        self._end(S.WITHDRAWN, by=by, reason=reason or f"{self.label} was withdrawn")
        entry = self._record(kinds.REINFORCEMENT_WITHDRAWN, by=by, reason=reason, managers=_told(self.managers))
        IncidentInvitation.take_back(self.incident, self.invitation_id, by=by)
        return entry

    def _lapse(self, because, *, by=None):
        self._end(S.LAPSED, by=by, reason=because)
        return self._record(kinds.REINFORCEMENT_LAPSED, by=by, because=because, managers=_told(self.managers))

    def _end(self, state, *, by, reason):
        """Nobody has to answer or decide it any more."""
        self._settle(state)
        Obligation.cancel(self.incident, ObligationKind.REINFORCEMENT, self.pk)
        Decision.withdraw_one(self.incident, self.decision_id, by=by, reason=reason)

    def _settle(self, state):
        self.state = state
        self.settled_at = None if state in WAITING else timezone.now()
        self.save(update_fields=["state", "settled_at", "answered_by", "answered_at", "answer", "decision"])

    def _record(self, kind, *, by=None, **details):
        return self.incident.record(
            kind,
            by=by,
            reinforcement=self.pk,
            number=self.number,
            member=self.member_id,
            name=self.member.name,
            hours=self.hours,
            requester=self.requested_by_id,
            **details,
        )


class ReinforcementDuty(Duty):
    """Somebody's manager was asked; when the time is over, an executive is."""

    states = ("due",)
    says = {}

    def reached(self, obligation, incident, now):
        request = ReinforcementRequest.objects.with_people().get(pk=obligation.subject)
        request.incident = incident
        if request.state == S.ASKED:
            Obligation.satisfy(incident, ObligationKind.REINFORCEMENT, request.pk)
            request.go_unanswered()


def commitments_of(member, incident):
    """What somebody would leave for this incident, in words: the other open incidents that they work on.

    A private one is not named, because others read this. A drill is nothing that anybody is kept in.
    """
    elsewhere = (
        Participant.objects.active()
        .filter(membership=member, incident__in=Incident.objects.open().real())
        .exclude(incident=incident)
        .select_related("incident")
        .order_by("incident__number")
    )
    return ["Work on another incident" if each.incident.private else f"Work on {each.incident}" for each in elsewhere]


def _lends(decision):
    return any(option["key"] == LEND and option["text"] == decision.choice for option in decision.options)


def _told(members):
    return sorted(member.pk for member in members)
