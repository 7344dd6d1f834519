"""Hats: who wears which, since when, and how it went from one head to the next. The database allows no second lead."""

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from playbooks.models import IncidentRole, RoleDefinition
from teams.errors import Refused
from teams.models import Membership, Rota, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import ADMINISTRATORS, Duty
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .participants import Participant

# How long whoever is asked, or offered a role, has for an answer.
ANSWER_MINUTES = 5


class RoleState(models.TextChoices):
    """From the first word to the last. Whoever is asked wears the hat already; whoever is offered it does not."""

    VOLUNTEERED = "volunteered", "Hand raised"
    OFFERED = "offered", "Offered"
    ASKED = "asked", "Asked, has not answered"
    ACTIVE = "active", "Active"
    HANDING_OVER = "handing_over", "Handing over"
    RELEASED = "released", "Released"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"


S = RoleState
WORN = (S.ASKED, S.ACTIVE, S.HANDING_OVER)
# Neither worn nor over: somebody was offered the hat, or offers to wear it.
PENDING = (S.VOLUNTEERED, S.OFFERED)


class RoleQuerySet(TenantQuerySet):
    def current(self):
        """Those that are worn now."""
        return self.filter(state__in=WORN)

    def pending(self):
        """Those that wait for an answer without being worn."""
        return self.filter(state__in=PENDING)

    def of(self, role, domain=None):
        """Of one role, and of one domain where the role is held per domain."""
        return self.filter(role=str(role), domain=domain)

    def with_people(self):
        return self.with_titles().select_related("membership__person", "membership__function")

    def with_titles(self):
        return self.select_related("definition", "domain")


class RoleAssignment(TenantModel):
    """One interval of one hat on one head; over once `ended_at` is set, and kept. Never worn without `started_at`.

    `role` and `single` repeat the definition, the first to be found by, the second for the constraints.
    """

    State = RoleState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="roles")
    definition = models.ForeignKey(RoleDefinition, models.PROTECT, related_name="+")
    role = models.CharField(max_length=60)
    single = models.BooleanField(default=True)
    domain = models.ForeignKey(TechnicalDomain, models.PROTECT, null=True, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="roles")
    state = models.CharField(max_length=14, choices=RoleState, default=RoleState.ACTIVE)
    asked_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(RoleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "role"],
                condition=Q(state__in=WORN, single=True, domain=None),
                name="role_one_holder",
            ),
            models.UniqueConstraint(
                fields=["organization", "incident", "role", "domain"],
                condition=Q(state__in=WORN, single=True),
                name="role_one_holder_per_domain",
            ),
            models.UniqueConstraint(
                fields=["organization", "incident", "role", "membership"],
                condition=Q(state__in=WORN, domain=None),
                name="role_once_a_person",
            ),
        ]

    def __str__(self):
        return f"{self.title}: {self.membership}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def is_worn(self):
        return self.state in WORN

    @property
    def reads_along(self):
        """Whether its holder learns by watching, and does nothing else."""
        return self.role == IncidentRole.OBSERVER

    @property
    def title(self):
        return title_of(self.definition, self.domain)

    @property
    def label(self):
        return label_of(self.definition, self.domain)

    @property
    def query(self):
        """What the address of an act on this hat says beside the role."""
        return f"?domain={self.domain.slug}" if self.domain else ""

    @property
    def anchor(self):
        """A name for its controls that stays the same from one reading to the next."""
        return f"{self.role}-{self.pk}"

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def assign(cls, incident, role, membership, *, by, waiver="", domain=None):
        """Give a hat to a member, taking it from whoever wears it. Taking a vacant one needs nobody's leave.

        Who takes it for themself is active at once; who is given it wears it at once and is asked whether they can.
        """
        incident.lock()
        incident.require_open()
        definition = defined(role, domain)
        authority.require_responder(membership, f"{membership.name} is a stakeholder and cannot take a role.")
        holder = cls._holder(incident, definition, domain, membership)
        if holder and holder.membership == membership:
            raise Refused(f"{membership.name} is {holder.label} already.", code="unchanged")
        reasons = cls.require_right(incident, holder, membership, by, waiver)
        reasons |= cls.keep_apart(incident, definition, domain, membership, by, waiver)
        offers = incident.roles.filter(state=S.VOLUNTEERED, membership=membership).of(definition.slug, domain)
        asked = by not in (None, membership) and not offers.exists()
        if holder:
            holder._end(S.RELEASED)
        assignment = cls._put_on(incident, definition, domain, membership, by=by, state=S.ASKED if asked else S.ACTIVE)
        entry = incident.record(
            kinds.ROLE_HANDED_OVER if holder else kinds.ROLE_TAKEN,
            by=by,
            before=holder.membership.name if holder else "",
            asked=asked,
            **assignment.facts(),
            **reasons,
        )
        _follow(incident)
        return entry

    @classmethod
    def first_lead(cls, incident, membership):
        """Whoever declares leads until somebody else does, qualified or not: declaring is refused to nobody."""
        definition = defined(IncidentRole.LEAD)
        assignment = cls._put_on(incident, definition, None, membership, by=membership, state=S.ACTIVE)
        return incident.record(kinds.ROLE_TAKEN, by=membership, **assignment.facts())

    @classmethod
    @transaction.atomic
    def take(cls, incident, role, *, by, waiver="", domain=None):
        """Take a vacant hat; refused with the winner's name when somebody was faster."""
        incident.lock()
        definition = defined(role, domain)
        holder = cls._holder(incident, definition, domain, by)
        if holder and holder.membership != by:
            raise Refused(f"{holder.membership.name} is {holder.label}.", code="role_held")
        return cls.assign(incident, role, by, by=by, waiver=waiver, domain=domain)

    @transaction.atomic
    def stand_down(self, *, by, waiver=""):
        """Put the hat down; it is vacant until somebody takes it."""
        self.incident.lock()
        self.lock()
        self.require_worn()
        reasons = self.require_right(self.incident, self, None, by, waiver)
        self._end(S.RELEASED)
        entry = self.incident.record(kinds.ROLE_RELEASED, by=by, **self.facts(), **reasons)
        _follow(self.incident, left=self.membership_id)
        return entry

    @transaction.atomic
    def accept(self, *, by, waiver=""):
        """Whoever was asked says that they have it; whoever was offered it puts it on. Returns the entry."""
        self.incident.lock()
        self.incident.require_open()
        self.lock()
        authority.require(by == self.membership, "Only whoever was asked can answer.", code="not_asked")
        if self.state == S.ASKED:
            self.state = S.ACTIVE
            self.save(update_fields=["state"])
            Obligation.satisfy(self.incident, ObligationKind.ACCEPTANCE, self.pk)
            return self.incident.record(kinds.ROLE_ACCEPTED, by=by, **self.facts())
        if self.state != S.OFFERED:
            raise Refused("Nobody waits for this answer any more.", code="unchanged")
        # Putting it on ends the offer too, whoever was faster.
        return self.take(self.incident, self.role, by=by, waiver=waiver, domain=self.domain)

    @transaction.atomic
    def decline(self, *, by, reason=""):
        """Whoever was asked, was offered it or raised a hand says no; a hat that was worn is vacant at once."""
        self.incident.lock()
        self.lock()
        authority.require(by == self.membership, "Only whoever was asked can answer.", code="not_asked")
        if self.state not in (S.ASKED, *PENDING):
            raise Refused("Nobody waits for this answer any more.", code="unchanged")
        worn = self.is_worn
        self._end(S.DECLINED)
        entry = self.incident.record(kinds.ROLE_DECLINED, by=by, reason=reason, worn=worn, **self.facts())
        if worn:
            _follow(self.incident, left=self.membership_id)
        return entry

    @classmethod
    @transaction.atomic
    def offer(cls, incident, role, membership, *, by, domain=None, waiver=""):
        """Ask somebody whether they would take a vacant hat; until they say so, nobody wears it."""
        incident.lock()
        incident.require_open()
        definition = defined(role, domain)
        authority.require_responder(membership, f"{membership.name} is a stakeholder and cannot take a role.")
        cls._require_vacant(incident, definition, domain, membership)
        reasons = cls.require_right(incident, None, membership, by, waiver)
        offered = cls._insert(
            incident, definition, domain, membership, state=S.OFFERED, asked_by=by, started_at=None
        )  # fmt: skip
        Obligation.open(
            incident, ObligationKind.OFFER, minutes=ANSWER_MINUTES, subject=offered.pk, owner=membership
        )  # fmt: skip
        return incident.record(kinds.ROLE_OFFERED, by=by, **offered.facts(), **reasons)

    @classmethod
    @transaction.atomic
    def volunteer(cls, incident, role, *, by, domain=None):
        """Raise a hand for a vacant hat; whoever leads sees it and gives it with one click."""
        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        definition = defined(role, domain)
        cls._require_vacant(incident, definition, domain, by)
        raised = cls._insert(incident, definition, domain, by, state=S.VOLUNTEERED, asked_by=by, started_at=None)
        return incident.record(kinds.ROLE_VOLUNTEERED, by=by, **raised.facts())

    @transaction.atomic
    def withdraw(self, *, by):
        """Take an offer back."""
        self.incident.lock()
        self.lock()
        authority.require(
            self.asked_by == by or authority.may_coordinate(by, self.incident),
            "Whoever offered it, or the incident lead, takes it back.",
            code="coordination_right",
        )
        if self.state not in PENDING:
            raise Refused("This was answered already.", code="unchanged")
        self._end(S.EXPIRED)
        return self.incident.record(kinds.ROLE_OFFER_ENDED, by=by, **self.facts())

    @transaction.atomic
    def seize(self, *, by, reason):
        """Take a hat off somebody's head in an emergency, in the middle of a hand-over too. Returns the entry."""
        self.incident.lock()
        self.incident.require_open()
        self.lock()
        self.require_worn()
        authority.require(
            authority.may_seize(by, self.incident, self.definition),
            "Only whoever is on call for the role, an executive or an administrator may seize it.",
            code="seizure_right",
        )
        if by == self.membership:
            raise Refused(f"You are {self.label} already.", code="unchanged")
        if not reason:
            raise Refused("Say why you take it.", code="reason_required")
        lifted = self.keep_apart(self.incident, self.definition, self.domain, by, by, reason)
        lifted.pop("waiver", None)
        self._end(S.RELEASED)
        seized = self._put_on(self.incident, self.definition, self.domain, by, by=by, state=S.ACTIVE)
        entry = self.incident.record(
            kinds.ROLE_SEIZED,
            by=by,
            before=self.membership.name,
            before_member=self.membership_id,
            reason=reason,
            **seized.facts(),
            **lifted,
        )
        _follow(self.incident)
        return entry

    # --- What follows by itself; all under the incident's lock ---------------------------------

    def expire(self):
        """Nobody answered an offer: the next on call is offered it, and whoever leads hears of it."""
        self._end(S.EXPIRED)
        following = self._next_to_ask()
        self.incident.record(kinds.ROLE_OFFER_ENDED, following=following.name if following else "", **self.facts())
        if following:
            self.offer(self.incident, self.role, following, by=None, domain=self.domain)

    def move_to(self, membership, *, by):
        """From this head to another at the end of a hand-over. Returns the new assignment."""
        self._end(S.RELEASED)
        return self._put_on(self.incident, self.definition, self.domain, membership, by=by, state=S.ACTIVE)

    @classmethod
    def let_go(cls, membership):
        """Whoever can no longer respond wears nothing any more, in any incident that is open."""
        worn = cls.objects.filter(membership=membership, state__in=(*WORN, *PENDING)).with_people()
        for number in sorted(set(worn.values_list("incident", flat=True))):
            with transaction.atomic():
                incident = Incident.objects.get(pk=number).lock()
                for each in worn.filter(incident=incident):
                    each.incident = incident
                    was_worn = each.is_worn
                    each._end(S.RELEASED if was_worn else S.EXPIRED)
                    if was_worn:
                        incident.record(kinds.ROLE_RELEASED, **each.facts())
                _follow(incident)

    @classmethod
    def end_reading(cls, incident, membership, *, by):
        """Whoever begins to work on it no longer only reads along: the observer's hat comes off."""
        for each in incident.roles.current().with_people().filter(membership=membership, role=IncidentRole.OBSERVER):
            each.incident = incident
            each._end(S.RELEASED)
            incident.record(kinds.ROLE_RELEASED, by=by, **each.facts())

    @classmethod
    def end_pending(cls, incident):
        """The incident is over: what was offered is not on offer any more."""
        incident.roles.pending().update(state=S.EXPIRED, ended_at=timezone.now())

    @classmethod
    def take_up_again(cls, incident):
        """The incident goes on: whoever wears a hat is on duty from now, and what is vacant is missed."""
        for each in incident.roles.current().with_people():
            each._begin_duty()
        _follow(incident)

    def facts(self):
        """What every entry about this hat says, in bare words and keys."""
        return {
            "role": self.role,
            "title": self.label,
            "domain": self.domain.slug if self.domain else "",
            "member": self.membership_id,
            "name": self.membership.name,
        }

    # --- Inside ------------------------------------------------------------------------------

    @classmethod
    def _holder(cls, incident, definition, domain, membership):
        """The assignment that stands in the way of another: the one holder's, or where many may hold it, one's own."""
        worn = incident.roles.current().with_people().of(definition.slug, domain)
        return (worn if definition.single else worn.filter(membership=membership)).first()

    @staticmethod
    def require_right(incident, holder, membership, by, waiver):
        """The holder hands over, the lead assigns, anybody takes what is vacant; all else wants a reason."""
        authority.require_responder(by)
        holds_it = holder is not None and by is not None and holder.membership_id == by.pk
        takes_vacant = holder is None and by == membership
        reason = authority.require(
            holds_it or takes_vacant or authority.may_coordinate(by, incident),
            f"{holder.membership.name if holder else 'The incident lead'} decides about this role. "
            "Say why to do it anyway.",
            code="coordination_right",
            waiver=waiver,
        )
        return {"waiver": reason} if reason else {}

    @staticmethod
    def keep_apart(incident, definition, domain, membership, by, waiver):
        from ..guards import check
        from ..guards.exclusivity import clashes
        from ..guards.roles import qualification_breach

        breaches = [qualification_breach(definition, membership, incident.severity)]
        return check(incident, [*breaches, *clashes(incident, definition, membership)], by=by, waiver=waiver)

    @staticmethod
    def _require_vacant(incident, definition, domain, membership):
        rows = incident.roles.with_people().of(definition.slug, domain)
        holder = (rows.current() if definition.single else rows.current().filter(membership=membership)).first()
        if holder:
            raise Refused(f"{holder.membership.name} is {holder.label}.", code="role_held")
        if rows.pending().filter(membership=membership).exists():
            raise Refused(f"{membership.name} was asked already, or has raised a hand.", code="unchanged")

    def _next_to_ask(self):
        """Whoever is on call for the role's function, unless they were asked before."""
        rota = Rota.objects.select_related("on_call__person", "on_call__function")
        rota = rota.filter(function=self.definition.function_id).first()
        if rota is None or not rota.on_call.is_responder:
            return None
        rows = self.incident.roles.of(self.role, self.domain)
        if rows.current().exists() or rows.filter(membership=rota.on_call).exists():
            return None
        return rota.on_call

    @classmethod
    def _put_on(cls, incident, definition, domain, membership, *, by, state):
        """The hat on a head that it fits: everything pending about it is over, and the duty begins."""
        rows = incident.roles.of(definition.slug, domain).pending()
        if not definition.single:
            rows = rows.filter(membership=membership)
        for each in rows:
            each.incident = incident
            each._end(S.EXPIRED)
        assignment = cls._insert(incident, definition, domain, membership, state=state, asked_by=by)
        if state == S.ASKED:
            Obligation.open(
                incident,
                ObligationKind.ACCEPTANCE,
                minutes=ANSWER_MINUTES,
                subject=assignment.pk,
                owner=membership,
            )
        assignment._begin_duty()
        Participant.under_a_hat(incident, membership, reads=assignment.reads_along)
        return assignment

    def _begin_duty(self):
        if self.definition.duty_minutes:
            Obligation.cancel(self.incident, ObligationKind.LONG_DUTY, self.pk)
            Obligation.open(
                self.incident,
                ObligationKind.LONG_DUTY,
                minutes=self.definition.duty_minutes,
                subject=self.pk,
                owner=self.membership,
            )

    @classmethod
    def _insert(cls, incident, definition, domain, membership, **fields):
        # The incident's lock makes this impossible; the constraint is there in case somebody forgets the lock.
        try:
            with transaction.atomic():
                return cls.objects.create(
                    incident=incident,
                    definition=definition,
                    role=definition.slug,
                    single=definition.single,
                    domain=domain,
                    membership=membership,
                    **fields,
                )
        except IntegrityError:
            raise Refused("Somebody else was faster. Look again.", code="role_held") from None

    def require_worn(self):
        if not self.is_worn:
            raise Refused("This role was released already.", code="unchanged")

    def _end(self, state):
        self.state, self.ended_at = state, timezone.now()
        self.save(update_fields=["state", "ended_at"])
        for kind in (ObligationKind.ACCEPTANCE, ObligationKind.OFFER, ObligationKind.LONG_DUTY):
            Obligation.cancel(self.incident, kind, self.pk)
        self.handovers.open().update(state="cancelled", ended_at=self.ended_at)


class HatDuty(Duty):
    """What is owed about one hat; `subject` is the assignment."""

    def assignment(self, obligation):
        return RoleAssignment.objects.with_people().select_related("definition__function").get(pk=obligation.subject)

    def details(self, obligation):
        return self.assignment(obligation).facts()


class AcceptanceDuty(HatDuty):
    """Whoever was given a hat says whether they can: after five minutes the lead hears of it, then the rota."""

    states = ("due", "escalated")
    escalate_after = (timedelta(minutes=5),)
    says = {"due": kinds.ROLE_UNANSWERED, "escalated": kinds.ROLE_UNANSWERED}

    def told(self, obligation):
        leads = self.assignment(obligation).role == IncidentRole.LEAD
        return [ADMINISTRATORS] if leads or obligation.state == "escalated" else [str(IncidentRole.LEAD)]

    def details(self, obligation):
        assignment = self.assignment(obligation)
        function = assignment.definition.function
        called = function.slug if function and obligation.state == "escalated" else ""
        return assignment.facts() | {"told_members": [assignment.membership_id], "function": called}


class OfferDuty(HatDuty):
    """An offer waits for an answer; without one it goes to the next."""

    states = ("due",)
    says = {}

    def told(self, obligation):
        return []

    def reached(self, obligation, incident, now):
        assignment = self.assignment(obligation)
        assignment.incident = incident
        assignment.expire()


class LongDuty(HatDuty):
    """Nobody wears a heavy hat for hours on end: the holder hears of it, then the lead, then the administrators."""

    states = ("due", "escalated")
    escalate_after = (timedelta(minutes=30), timedelta(minutes=90))
    says = {"due": kinds.LONG_DUTY, "escalated": kinds.LONG_DUTY}

    def told(self, obligation):
        return [[], [str(IncidentRole.LEAD)], [ADMINISTRATORS]][obligation.level]

    def details(self, obligation):
        assignment = self.assignment(obligation)
        return assignment.facts() | {
            "told_members": [assignment.membership_id],
            "minutes": obligation.interval_minutes,
        }


def _follow(incident, *, left=None):
    from .. import vacancies

    vacancies.follow(incident, left=left)


def title_of(definition, domain=None):
    """A role at the beginning of a line: `Technical coordinator, Database`."""
    return f"{definition.name}, {domain.name}" if domain else definition.name


def label_of(definition, domain=None):
    """A role in the middle of a sentence: `technical coordinator for database`."""
    return f"{definition.label} for {domain.name}" if domain else definition.label


def defined(role, domain=None):
    """The definition of a role by its slug; refused where it is not defined, or the domain does not fit it."""
    definition = RoleDefinition.objects.named(role)
    if definition is None:
        raise Refused("There is no such role.", code="unknown_role")
    if definition.per_domain and domain is None:
        raise Refused(f"Say for which domain: the {definition.label} is one for each.", code="domain_required")
    if domain is not None and not definition.per_domain:
        raise Refused(f"The {definition.label} is one for all domains.", code="domain_unwanted")
    return definition
