"""Decisions: a choice with a named decider and the authority used, and what others had to say about it.

Whoever holds the right decides; everybody else's direction is kept as input, or decides anyway for a reason that stands
on the timeline. A question that waits climbs to whoever comes next. Nothing is ever decided by itself.
"""

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Case, Max, OuterRef, Q, Subquery, When
from django.utils import timezone

from playbooks.models import DecisionClass, DecisionDeadline, IncidentRole
from playbooks.models.authority import DECIDED_CLASSES
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import ADMINISTRATORS, Duty
from ..rights import Rights, in_words
from .incident import Incident
from .messages import Message
from .obligations import SHORTEST, Obligation, ObligationKind
from .participants import Capacity, Participant
from .workstreams import Workstream

OUTSIDE_AUTHORITY = "decision_outside_authority"
LEAST_OPTIONS = 2
LONGEST_WINDOW = 32_767
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NO_CHANGE = "Leave it as it is"


class DecisionState(models.TextChoices):
    RAISED = "raised", "Open"
    DECIDED = "decided", "Decided"
    EXECUTED = "executed", "Done"
    REVERSED = "reversed", "Reversed"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = DecisionState
STANDING = (S.DECIDED, S.EXECUTED)


def key_of(subject, workstream=None):
    """What makes two subjects the same question: neither case nor spaces. A restricted workstream asks by itself."""
    apart = f"{workstream.pk}/" if workstream and workstream.restricted else ""
    return apart + " ".join(subject.split()).casefold()


class DecisionQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Without what belongs to restricted workstreams; none for stakeholders, who read briefings."""
        if not membership.is_responder:
            return self.none()
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def open(self):
        """Those that wait for a choice."""
        return self.filter(state=S.RAISED)

    def waiting(self):
        """Those that wait for a choice, or for the yes of whose it was."""
        return self.filter(Q(state=S.RAISED) | Q(interim=True))

    def about(self, subject, workstream=None):
        return self.filter(subject_key=key_of(subject, workstream))

    def latest_first(self):
        return self.order_by("-number")

    def with_people(self):
        people = ("raised_by__person", "decided_by__person", "acknowledged_by__person")
        return self.select_related("domain", "workstream", "supersedes", "reverses", *people)

    def for_reading(self):
        """With what a card shows, in two queries: `followed_by` is the number of what replaced it or took it back."""
        later = Decision.objects.filter(Q(supersedes=OuterRef("pk")) | Q(reverses=OuterRef("pk")))
        inputs = DecisionInput.objects.select_related("given_by__person").order_by("pk")
        return (
            self.with_people()
            .annotate(followed_by=Subquery(later.values("number")[:1]))
            .prefetch_related(models.Prefetch("inputs", queryset=inputs))
        )

    def waiting_first(self):
        """What waits for a choice, or for a yes, stands above the rest; the newest first."""
        return self.order_by(Case(When(Q(state=S.RAISED) | Q(interim=True), then=0), default=1), "-number")


class Decision(TenantModel):
    """`number` is 1…n per incident, read as D1. `options` are `{"key", "text", "tradeoff"}`; `choice` is in words.

    `asked_of` is the role whose it is. `authority_used` says by what it was decided (`rights.py`), and is empty where
    somebody decided outside theirs. `interim`: it holds until that role ratifies it.
    """

    State = DecisionState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    decision_class = models.CharField(max_length=16, choices=DECIDED_CLASSES)
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    subject = models.CharField(max_length=200)
    subject_key = models.CharField(max_length=400)
    options = models.JSONField(default=list)
    cost_of_waiting = models.TextField(blank=True)
    commitments_sacrificed = models.JSONField(default=list)
    asked_of = models.CharField(max_length=60)
    needed_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DecisionState, default=DecisionState.RAISED)
    raised_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    acknowledged_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    choice = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    authority_used = models.CharField(max_length=60, blank=True)
    outside_authority = models.BooleanField(default=False)
    interim = models.BooleanField(default=False)
    executed_at = models.DateTimeField(null=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="reversed_by")
    workstream = models.ForeignKey(Workstream, models.SET_NULL, null=True, related_name="decisions")
    source_message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="decisions")
    # Made by the client: the same key is the same decision, however often it arrives.
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(DecisionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="decision_number_once"),
            models.UniqueConstraint(
                fields=["organization", "incident", "subject_key"],
                condition=Q(state=S.RAISED),
                name="decision_one_open",
            ),
            models.UniqueConstraint(fields=["organization", "raised_by", "key"], name="decision_key_once"),
        ]

    def __str__(self):
        return f"{self.name} {self.subject}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def name(self):
        return f"D{self.number}"

    @property
    def label(self):
        """What stands on the message that it was raised from."""
        return self.name

    @property
    def is_open(self):
        return self.state == S.RAISED

    @property
    def class_word(self):
        return DecisionClass(self.decision_class).name.capitalize()

    @property
    def asked_of_words(self):
        return in_words(self.asked_of)

    def right(self, rights=None):
        """Who decides it now."""
        return (rights or Rights(self.incident)).to_decide(self.decision_class, self.domain)

    # --- Asking ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def open(
        cls,
        incident,
        decision_class,
        subject,
        *,
        by,
        domain=None,
        options=(),
        choice="",
        reason="",
        needed_by=None,
        cost_of_waiting="",
        commitments_sacrificed=(),
        workstream=None,
        source_message=None,
        key=None,
        waiver="",
    ):
        """Ask whoever holds the right; with a `choice`, decide in the same act. Returns the entry.

        Without the right a choice is kept as input to the open decision of that subject, which is opened for its
        holder where there is none. There is never more than one.
        """
        incident.lock()
        earlier = cls.objects.filter(raised_by=by, key=key).first() if key else None
        if earlier:
            return incident.timeline.filter(details__decision=earlier.number).in_order().first()
        incident.require_open()
        decision_class = DecisionClass(decision_class)
        # Whoever holds the right decides, from wherever they read.
        if not (choice and Rights(incident).to_decide(decision_class, domain).admits(by)):
            authority.require_work(by, incident)
        if domain is not None and decision_class != DecisionClass.INVESTIGATION:
            raise Refused("Only an investigation belongs to one domain.", code="domain_of_investigation")
        workstream = workstream or (source_message.workstream if source_message else None)
        known = incident.decisions.about(subject, workstream)
        known = known if by is None else known.visible_to(by)
        waiting = known.open().select_related("domain", "workstream").first()
        if waiting:
            waiting.incident = incident
            return waiting._take_choice(choice, by=by, reason=reason, waiver=waiver)
        if choice and known.filter(state=S.DECIDED, choice=choice, decided_by=by).exists():
            raise Refused("You decided exactly this already.", code="unchanged")
        decision = cls(
            incident=incident,
            decision_class=decision_class,
            domain=domain,
            subject=" ".join(subject.split()),
            options=options_of(options),
            cost_of_waiting=cost_of_waiting,
            commitments_sacrificed=list(commitments_sacrificed),
            needed_by=needed_by,
            workstream=workstream,
            source_message=source_message,
            raised_by=by,
            key=key,
        )
        return decision._raise(choice, by=by, reason=reason, waiver=waiver)

    @classmethod
    def wait_again(cls, incident):
        """The incident is open again, and so is what nobody decided; call under its lock."""
        for decision in incident.decisions.open():
            decision.needed_by = decision._default_time()
            decision.save(update_fields=["needed_by"])
            decision._start_clock()

    # --- Choosing ----------------------------------------------------------------------------

    @transaction.atomic
    def decide(self, choice, *, by, reason="", waiver=""):
        """Choose, by right; anybody else only outside of it, for a reason that the holder is told."""
        self._lock_to_change()
        self._require_raised()
        return self._decide(choice, by=by, reason=reason, waiver=waiver)

    @transaction.atomic
    def give_input(self, choice, *, by, text=""):
        """Say what one would do; whoever holds the right reads it before deciding."""
        self._lock_to_change()
        authority.require_work(by, self.incident)
        self._require_raised()
        return self._keep_input(choice, by=by, text=text)

    @transaction.atomic
    def ratify(self, *, by):
        """Say yes to what somebody chose in one's place meanwhile."""
        self._lock_to_change()
        if not (self.interim and self.state in STANDING):
            raise Refused(f"{self.name} waits for nobody's yes.", code="unchanged")
        right = self.right()
        authority.require(right.is_held and right.admits(by), right.sentence, code="decision_right")
        self.interim = False
        self.save(update_fields=["interim"])
        return self._record(kinds.DECISION_RATIFIED, by=by)

    @transaction.atomic
    def supersede(self, choice, *, by, reason="", waiver=""):
        """Choose differently from now on: a new decision that points back to this one. Returns its entry."""
        self._lock_to_change()
        self._require_standing()
        return self._follow_up(choice, by=by, reason=reason, waiver=waiver, kind=kinds.DECISION_MADE, supersedes=self)

    @transaction.atomic
    def reverse(self, *, by, reason, waiver=""):
        """Take it back: a new decision that points back to this one. Returns its entry."""
        self._lock_to_change()
        self._require_standing()
        if not reason:
            raise Refused("Say why it is taken back.", code="reason_required")
        choice = f"Taken back: {self.choice}"
        return self._follow_up(choice, by=by, reason=reason, waiver=waiver, kind=kinds.DECISION_REVERSED, reverses=self)

    # --- Around it ---------------------------------------------------------------------------

    @transaction.atomic
    def acknowledge(self, *, by):
        """Say that one has seen it, so that whoever asked knows that it is in somebody's hands."""
        self._lock_to_change()
        self._require_raised()
        right = self.right()
        authority.require(right.admits(by), right.sentence, code="decision_right")
        if self.acknowledged_at:
            raise Refused(f"{self.acknowledged_by.name} has seen it already.", code="unchanged")
        self.acknowledged_by, self.acknowledged_at = by, timezone.now()
        self.save(update_fields=["acknowledged_by", "acknowledged_at"])
        return self._record(kinds.DECISION_ACKNOWLEDGED, by=by)

    @transaction.atomic
    def postpone(self, needed_by, *, by, reason):
        """Need it later. Whoever asked, decides or leads may say so, with a reason."""
        self._lock_to_change()
        self._require_raised()
        self._require_concerned(by)
        if not reason:
            raise Refused("Say why it can wait.", code="reason_required")
        _require_ahead(needed_by)
        if needed_by <= self.needed_by:
            raise Refused("Give a later time than it has now.", code="not_later")
        before, self.needed_by = self.needed_by, needed_by
        self.save(update_fields=["needed_by"])
        Obligation.cancel(self.incident, ObligationKind.DECISION, self.pk)
        self._start_clock()
        return self._record(
            kinds.DECISION_POSTPONED, by=by, before=before.isoformat(), needed_by=needed_by.isoformat(), reason=reason
        )

    @transaction.atomic
    def execute(self, *, by):
        """It has been carried out."""
        self._lock_to_change()
        authority.require_work(by, self.incident)
        if self.state != S.DECIDED:
            raise Refused(f"{self.name} is {self.get_state_display().lower()}: nothing to carry out.", code="unchanged")
        self.state, self.executed_at = S.EXECUTED, timezone.now()
        self.save(update_fields=["state", "executed_at"])
        return self._record(kinds.DECISION_EXECUTED, by=by)

    @transaction.atomic
    def withdraw(self, *, by, reason=""):
        """Nobody has to decide this any more."""
        self._lock_to_change()
        self._require_raised()
        self._require_concerned(by)
        return self._withdraw(by=by, reason=reason)

    @classmethod
    def withdraw_all(cls, incident, *, by, reason):
        """The incident goes on elsewhere: what waits here waits for nobody. Call under the incident's lock."""
        for decision in incident.decisions.open().with_people().order_by("number"):
            decision.incident = incident
            decision._withdraw(by=by, reason=reason)

    @classmethod
    def withdraw_one(cls, incident, pk, *, by, reason):
        """What was asked has settled itself; nothing happens where it is decided, or was never asked."""
        for decision in incident.decisions.open().with_people().filter(pk=pk):
            decision.incident = incident
            decision._withdraw(by=by, reason=reason)

    # --- What the verbs share ------------------------------------------------------------------

    def _lock_to_change(self):
        self.incident.lock()
        self.incident.require_open()
        self.lock()

    def _withdraw(self, *, by, reason):
        self.state, self.reason = S.WITHDRAWN, reason
        self.save(update_fields=["state", "reason"])
        Obligation.cancel(self.incident, ObligationKind.DECISION, self.pk)
        entry = self._record(kinds.DECISION_WITHDRAWN, by=by, reason=reason)
        _reinforcements().lapse_with(self, by=by)
        return entry

    def _require_raised(self):
        if not self.is_open:
            raise Refused(f"{self.name} is {self.get_state_display().lower()} already.", code="decided")

    def _require_standing(self):
        if self.state not in STANDING:
            raise Refused(f"{self.name} is {self.get_state_display().lower()}: nothing stands.", code="not_standing")

    def _require_concerned(self, by):
        authority.require(
            by == self.raised_by or self.right().admits(by) or authority.may_coordinate(by, self.incident),
            "Whoever asked, decides or leads may do this.",
            code="decision_right",
        )

    def _raise(self, choice, *, by, reason, waiver):
        """The first entry of a new decision: the question, or at once the answer."""
        right = self.right()
        decides = bool(choice) and (right.admits(by) or bool(waiver))
        self.asked_of = right.role
        self._complete_options(choice, decides)
        if self.needed_by is None:
            self.needed_by = self._default_time()
        elif not decides:
            _require_ahead(self.needed_by)
        self._insert()
        if decides:
            return self._decide(choice, by=by, reason=reason, waiver=waiver)
        clock = self._start_clock()
        self._let_in(right)
        entry = self._record(
            kinds.DECISION_RAISED,
            by=by,
            asked_of=right.role,
            authority=right.authority,
            told_members=_told(right.members or Rights(self.incident).administrators),
            options=[option["text"] for option in self.options],
            needed_by=self.needed_by.isoformat(),
            cost_of_waiting=self.cost_of_waiting,
            commitments_sacrificed=self.commitments_sacrificed,
            obligation=clock.pk,
            message=self.source_message_id,
        )
        return self._keep_input(choice, by=by, text=reason) if choice else entry

    def _take_choice(self, choice, *, by, reason, waiver):
        """A choice that arrives for an open decision: by right or for a reason it decides, else it is input."""
        if not choice:
            raise Refused(f"{self.name} asks this already. Add to it.", code="decision_open", decision=self.number)
        if self.right().admits(by) or waiver:
            return self._decide(choice, by=by, reason=reason, waiver=waiver)
        return self._keep_input(choice, by=by, text=reason)

    def _decide(self, choice, *, by, reason, waiver, kind=kinds.DECISION_MADE):
        from .. import guards

        authority.require_responder(by)
        authority.require(by is not None, "Only a person decides.", code="person_only")
        right = self.right()
        if not right.admits(by):
            authority.require_work(by, self.incident)
        breach = None if right.admits(by) else guards.Breach(OUTSIDE_AUTHORITY, right.sentence, subject=self.name)
        lifted = guards.check(self.incident, [breach], by=by, waiver=waiver)
        choice = self._chosen(choice)
        hanging = _reinforcements().required_option(self, choice)
        self.state, self.choice, self.reason = S.DECIDED, choice, reason
        self.decided_by, self.decided_at = by, timezone.now()
        self.outside_authority, self.authority_used = bool(breach), "" if breach else right.authority
        self.interim = right.interim and not breach
        self.supersedes = self.supersedes or self._standing_before()
        self.save()
        Obligation.satisfy(self.incident, ObligationKind.DECISION, self.pk)
        earlier = self.supersedes or self.reverses
        if earlier:
            earlier.state = S.REVERSED if self.reverses else S.SUPERSEDED
            earlier.save(update_fields=["state"])
        entry = self._record(
            kind,
            by=by,
            choice=self.choice,
            reason=reason,
            authority=self.authority_used,
            outside_authority=self.outside_authority,
            interim=self.interim,
            supersedes=self.supersedes.number if self.supersedes else None,
            reverses=self.reverses.number if self.reverses else None,
            told_members=self._interested(by),
            overruled=_told(right.members) if breach else [],
            asked_of=self.asked_of,
            **lifted,
        )
        for request in hanging:
            request.incident = self.incident
            request.follow(self)
        return entry

    def _keep_input(self, choice, *, by, text):
        choice = self._chosen(choice)
        if not (choice or text):
            raise Refused("Say what you would do.", code="empty")
        if self.inputs.filter(given_by=by, choice=choice, text=text).exists():
            raise Refused("You have said exactly this already.", code="unchanged")
        self.inputs.create(given_by=by, choice=choice, text=text)
        return self._record(kinds.DECISION_INPUT, by=by, choice=choice, text=text)

    def _follow_up(self, choice, *, by, reason, waiver, kind, **points_back):
        """A new decision about the same, made in the same act."""
        waiting = self.incident.decisions.open().filter(subject_key=self.subject_key).first()
        if waiting:
            raise Refused(f"{waiting.name} asks this already.", code="decision_open", decision=waiting.number)
        decision = type(self)(
            incident=self.incident,
            decision_class=self.decision_class,
            domain=self.domain,
            subject=self.subject,
            options=self.options,
            needed_by=timezone.now(),
            asked_of=self.right().role,
            workstream=self.workstream,
            raised_by=by,
            **points_back,
        )
        decision._insert()
        return decision._decide(choice, by=by, reason=reason, waiver=waiver, kind=kind)

    def _insert(self):
        self.subject_key = key_of(self.subject, self.workstream)
        self.number = (self.incident.decisions.aggregate(last=Max("number"))["last"] or 0) + 1
        # The incident's lock makes this impossible; the constraint is there in case somebody forgets the lock.
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError:
            raise Refused("Somebody else asks this already. Look again.", code="decision_open") from None

    def _complete_options(self, choice, decides):
        """Whoever is asked for people has something to choose from; a proposal stands against doing nothing."""
        if choice and not decides and not self.options:
            self.options = options_of([choice, NO_CHANGE])
        if self.decision_class == DecisionClass.RESOURCE and not decides and len(self.options) < LEAST_OPTIONS:
            raise Refused("Name at least two options to choose from.", code="options_required")

    def _chosen(self, choice):
        """The choice in words; the key of an option stands for it."""
        choice = (choice or "").strip()
        return next((option["text"] for option in self.options if option["key"] == choice.casefold()), choice)

    def _standing_before(self):
        """What the same right decided about the same subject and nobody has carried out yet: it is replaced."""
        if self.reverses:
            return None
        same = self.incident.decisions.filter(
            subject_key=self.subject_key, decision_class=self.decision_class, domain=self.domain, state=S.DECIDED
        )
        return same.exclude(pk=self.pk).latest_first().first()

    def _interested(self, by):
        """Who asked, who had something to say, and whose decision is replaced; not whoever decides."""
        people = {self.raised_by_id, *self.inputs.values_list("given_by", flat=True)}
        earlier = self.supersedes or self.reverses
        if earlier:
            people.add(earlier.decided_by_id)
        return sorted(people - {None, by.pk})

    def _let_in(self, right):
        """Whoever is asked about a private incident has to see it."""
        if self.incident.private:
            for member in right.members:
                on_it = self.incident.participants.current().filter(membership=member).exists()
                if not (member.is_administrator or on_it):
                    Participant.join(self.incident, member, by=self.raised_by, capacity=Capacity.OBSERVER)

    def _default_time(self):
        minutes = DecisionDeadline.objects.minutes_for(self.incident.severity, self.decision_class)
        return timezone.now() + timedelta(minutes=minutes)

    def _start_clock(self):
        now = timezone.now()
        last = self.incident.obligations.about(ObligationKind.DECISION, self.pk).aggregate(last=Max("starts_at"))[
            "last"
        ]
        # Where the clock stands still for a moment, the next window must not be taken for the last one.
        starts_at = last + SHORTEST if last and last >= now else now
        minutes = max(1, round((self.needed_by - now).total_seconds() / 60))
        return Obligation.open(
            self.incident,
            ObligationKind.DECISION,
            minutes=min(minutes, LONGEST_WINDOW),
            subject=self.pk,
            starts_at=starts_at,
            due_at=self.needed_by,
        )

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            workstream=self.workstream,
            decision=self.number,
            subject=self.subject,
            decision_class=self.decision_class,
            domain=self.domain.slug if self.domain else "",
            **details,
        )


class DecisionInput(TenantModel):
    """What somebody without the right would do, and why."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="inputs")
    given_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    choice = models.TextField(blank=True)
    text = models.TextField(blank=True)
    given_at = models.DateTimeField(default=timezone.now)


class DecisionDuty(Duty):
    """Somebody waits for a decision. It climbs from its holder to the lead, an executive and the administrators."""

    states = ("warned", "due", "escalated")
    escalate_after = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))
    chain = (IncidentRole.LEAD, IncidentRole.EXECUTIVE, ADMINISTRATORS)
    says = {
        "warned": kinds.DECISION_WARNED,
        "due": kinds.DECISION_DUE,
        "escalated": kinds.DECISION_ESCALATED,
    }

    def owner_role(self, obligation):
        return _decision_of(obligation).asked_of

    def told(self, obligation):
        owner = str(self.owner_role(obligation))
        ahead = [str(step) for step in self.chain if step != owner]
        return [owner, *ahead[: obligation.level]]

    def details(self, obligation):
        decision = _decision_of(obligation)
        rights = Rights(decision.incident)
        right = decision.right(rights)
        told = {*right.members, *(member for step in self.told(obligation)[1:] for member in _holders(step, rights))}
        return {
            "decision": decision.number,
            "subject": decision.subject,
            "decision_class": decision.decision_class,
            "asked_of": right.role,
            "authority": right.authority,
            "options": [option["text"] for option in decision.options],
            "cost_of_waiting": decision.cost_of_waiting,
            "told_members": _told(told or rights.administrators),
        }

    def workstream(self, obligation):
        return _decision_of(obligation).workstream


def _decision_of(obligation):
    return Decision.objects.select_related("incident", "domain", "workstream").get(pk=obligation.subject)


def _holders(step, rights):
    """Who is meant by a step of the chain, or whoever stands in."""
    if step == ADMINISTRATORS:
        return rights.administrators
    decision_class = DecisionClass.COORDINATION if step == IncidentRole.LEAD else DecisionClass.RESOURCE
    return rights.to_decide(decision_class).members


def _reinforcements():
    from .reinforcements import ReinforcementRequest

    return ReinforcementRequest


def _told(members):
    return sorted(member.pk for member in members)


def _require_ahead(needed_by):
    if needed_by <= timezone.now():
        raise Refused("Give a time later than now.", code="past")


def options_of(options):
    """Options as they are kept, from texts or from `{"key"?, "text", "tradeoff"?}`; keys are letters unless given."""
    kept = []
    for option in options:
        given = {"text": option} if isinstance(option, str) else option
        key = (given.get("key") or LETTERS[len(kept) % len(LETTERS)]).strip().casefold()
        kept.append({"key": key, "text": given["text"].strip(), "tradeoff": (given.get("tradeoff") or "").strip()})
    if len({option["key"] for option in kept}) < len(kept):
        raise Refused("Two options have the same key.", code="options_alike")
    return kept
