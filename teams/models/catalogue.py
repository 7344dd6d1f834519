"""How an organisation is arranged: functions, technical domains, teams, services, and who is on call."""

from django.core.validators import RegexValidator
from django.db import models, transaction

from ..authority import require_administrator
from ..errors import Refused
from ..tenancy import TenantManager, TenantModel, TenantQuerySet
from . import audit

slug_validator = RegexValidator(r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", "Use lower-case letters, digits and hyphens.")


class CatalogueQuerySet(TenantQuerySet):
    def in_order(self):
        return self.order_by("position", "name")


class CatalogueModel(TenantModel):
    """Something an organisation names: a slug that is unique inside it, a name, a place in the list."""

    slug = models.CharField(max_length=60, validators=[slug_validator])
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = TenantManager.from_queryset(CatalogueQuerySet)()

    class Meta(TenantModel.Meta):
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="%(app_label)s_%(class)s_slug_once",
                violation_error_message="Something here has this slug already.",
            )
        ]

    def __str__(self):
        return self.name

    @classmethod
    @transaction.atomic
    def add(cls, *, by, **fields):
        """Put something new into the catalogue. Returns it."""
        require_administrator(by)
        added = cls.objects.create(**fields)
        audit.log(by, f"{cls._meta.model_name}_added", added)
        return added

    @transaction.atomic
    def change(self, *, by, **fields):
        self.lock()
        require_administrator(by)
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=list(fields))
        audit.log(by, f"{self._meta.model_name}_changed", self)


class Function(CatalogueModel):
    """An organisational area that takes part in incidents: engineering, support, finance …"""

    @transaction.atomic
    def put_on_call(self, membership, *, by):
        """Let a member answer for this function from now on; None: nobody in particular, so the administrators."""
        self.lock()
        require_administrator(by)
        if membership and not membership.is_responder:
            raise Refused(f"{membership.name} is a stakeholder and cannot be on call.", code="responders_only")
        Rota.objects.filter(function=self).delete()
        if membership:
            Rota.objects.create(function=self, on_call=membership)
        audit.log(by, "on_call_changed", self, on_call=str(membership or ""))


class TechnicalDomain(CatalogueModel):
    """A field of engineering knowledge: backend, frontend, infrastructure, database, platform."""

    function = models.ForeignKey(Function, models.PROTECT, related_name="domains")


class Team(CatalogueModel):
    """People who work together, inside one function."""

    function = models.ForeignKey(Function, models.PROTECT, related_name="teams")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, blank=True, related_name="teams")
    members = models.ManyToManyField("teams.Membership", through="teams.TeamMember", related_name="teams")

    @transaction.atomic
    def consist_of(self, members, *, by):
        """Make these members the team, and nobody else."""
        self.lock()
        require_administrator(by)
        self.members.set(members)
        audit.log(by, "team_members_changed", self, members=", ".join(sorted(str(member) for member in members)))


class TeamMember(TenantModel):
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    membership = models.ForeignKey("teams.Membership", models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "team", "membership"], name="teams_member_once")]


class Service(CatalogueModel):
    """Something customers or other services use; it breaks, and somebody owns it."""

    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, blank=True, related_name="services")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="services")


class Rota(TenantModel):
    """Who answers for a function now. Without one, the organisation's administrators do."""

    function = models.OneToOneField(Function, models.CASCADE, related_name="rota")
    on_call = models.ForeignKey("teams.Membership", models.CASCADE, related_name="rotas")

    def __str__(self):
        return f"{self.function}: {self.on_call}"
