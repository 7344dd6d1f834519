"""Hats: who wears which, since when, and how it went from one head to the next. The database allows no second lead."""

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from playbooks.models import RoleDefinition
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .participants import Participant


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


class RoleQuerySet(TenantQuerySet):
    def current(self):
        """Those that are worn now."""
        return self.filter(state__in=WORN)

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
    def title(self):
        return title_of(self.definition, self.domain)

    @property
    def label(self):
        return label_of(self.definition, self.domain)

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
        authority.require(
            authority.may_respond(membership),
            f"{membership.name} is a stakeholder and cannot take a role.",
            code="responders_only",
        )
        holder = cls._holder(incident, definition, domain, membership)
        if holder and holder.membership == membership:
            raise Refused(f"{membership.name} is {holder.label} already.", code="unchanged")
        reasons = cls._require_right(incident, holder, membership, by, waiver)
        reasons |= cls._keep_apart(incident, definition, domain, membership, by, waiver)
        if holder:
            holder._end(S.RELEASED)
        Participant.ensure(incident, membership)
        state = S.ACTIVE if by in (None, membership) else S.ASKED
        assignment = cls._insert(incident, definition, domain, membership, state=state, asked_by=by)
        return incident.record(
            kinds.ROLE_HANDED_OVER if holder else kinds.ROLE_TAKEN,
            by=by,
            before=holder.membership.name if holder else "",
            asked=state == S.ASKED,
            **assignment.facts(),
            **reasons,
        )

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
        self._require_worn()
        reasons = self._require_right(self.incident, self, None, by, waiver)
        self._end(S.RELEASED)
        return self.incident.record(kinds.ROLE_RELEASED, by=by, **self.facts(), **reasons)

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
    def _require_right(incident, holder, membership, by, waiver):
        """The holder hands over, the lead assigns, anybody takes what is vacant; all else wants a reason."""
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
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
    def _keep_apart(incident, definition, domain, membership, by, waiver):
        from ..guards import check
        from ..guards.exclusivity import clashes

        return check(incident, clashes(incident, definition, membership), by=by, waiver=waiver)

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

    def _require_worn(self):
        if not self.is_worn:
            raise Refused("This role was released already.", code="unchanged")

    def _end(self, state):
        self.state, self.ended_at = state, timezone.now()
        self.save(update_fields=["state", "ended_at"])


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
