"""Hats: who leads and who speaks. At most one person wears each, and the database sees to it."""

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .participants import Participant

ROLES = (IncidentRole.LEAD, IncidentRole.COMMUNICATIONS_LEAD)


class RoleQuerySet(TenantQuerySet):
    def current(self):
        return self.filter(ended_at=None)

    def with_people(self):
        return self.select_related("membership__person", "membership__function")


class RoleAssignment(TenantModel):
    """One interval of one hat on one head; over once `ended_at` is set, and kept."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=24, choices=IncidentRole)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="roles")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(RoleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "role"],
                condition=Q(ended_at=None),
                name="role_one_holder",
            )
        ]

    def __str__(self):
        return f"{self.get_role_display()}: {self.membership}"

    @classmethod
    @transaction.atomic
    def assign(cls, incident, role, membership, *, by, waiver=""):
        """Give a hat to a member, taking it from whoever wears it. Taking a vacant one needs nobody's leave."""
        incident.lock()
        incident.require_open()
        role = IncidentRole(role)
        authority.require(
            authority.may_respond(membership),
            f"{membership.name} is a stakeholder and cannot take a role.",
            code="responders_only",
        )
        holder = incident.roles.current().select_related("membership__person").filter(role=role).first()
        if holder and holder.membership == membership:
            raise Refused(f"{membership.name} is {role.label.lower()} already.", code="unchanged")
        waiver = cls._require_right(incident, role, holder, membership, by, waiver)
        if holder:
            holder._end()
        Participant.ensure(incident, membership)
        cls._insert(incident, role, membership)
        return incident.record(
            kinds.ROLE_HANDED_OVER if holder else kinds.ROLE_TAKEN,
            by=by,
            role=role,
            member=membership.pk,
            name=membership.name,
            before=holder.membership.name if holder else "",
            waiver=waiver,
        )

    @classmethod
    @transaction.atomic
    def take(cls, incident, role, *, by):
        """Take a vacant hat; refused with the winner's name when somebody was faster."""
        incident.lock()
        holder = incident.holder_of(role)
        if holder and holder != by:
            raise Refused(f"{holder.name} is {IncidentRole(role).label.lower()}.", code="role_held")
        return cls.assign(incident, role, by, by=by)

    @transaction.atomic
    def stand_down(self, *, by, waiver=""):
        """Put the hat down; it is vacant until somebody takes it."""
        self.incident.lock()
        self.lock()
        if self.ended_at:
            raise Refused("This role was released already.", code="unchanged")
        waiver = self._require_right(self.incident, self.role, self, None, by, waiver)
        self._end()
        return self.incident.record(
            kinds.ROLE_RELEASED, by=by, role=self.role, member=self.membership_id, name=self.membership.name,
            waiver=waiver,
        )  # fmt: skip

    @staticmethod
    def _require_right(incident, role, holder, membership, by, waiver):
        """The holder hands over, the lead assigns, anybody takes what is vacant; all else wants a reason."""
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        holds_it = holder is not None and by is not None and holder.membership_id == by.pk
        takes_vacant = holder is None and by == membership
        return authority.require(
            holds_it or takes_vacant or authority.may_coordinate(by, incident),
            f"{holder.membership.name if holder else 'The incident lead'} decides about this role. "
            "Say why to do it anyway.",
            code="coordination_right",
            waiver=waiver,
        )

    @classmethod
    def _insert(cls, incident, role, membership):
        # The incident's lock makes this impossible; the constraint is there in case somebody forgets the lock.
        try:
            with transaction.atomic():
                return cls.objects.create(incident=incident, role=role, membership=membership)
        except IntegrityError:
            raise Refused("Somebody else was faster. Look again.", code="role_held") from None

    def _end(self):
        self.ended_at = timezone.now()
        self.save(update_fields=["ended_at"])
