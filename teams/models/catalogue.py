"""How an organisation is arranged: functions, technical domains, teams, services, and who is on call."""

from dataclasses import dataclass

from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction

from ..authority import require_administrator
from ..errors import Refused, Taken
from ..graph import leads_back, reached_from
from ..tenancy import TenantManager, TenantModel, TenantQuerySet, no_key_lock
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
        added = cls(**fields)
        added._keep()
        audit.log(by, f"{cls._meta.model_name}_added", added)
        return added

    @transaction.atomic
    def change(self, *, by, **fields):
        self.lock()
        require_administrator(by)
        for name, value in fields.items():
            setattr(self, name, value)
        self._keep(update_fields=list(fields))
        audit.log(by, f"{self._meta.model_name}_changed", self)

    def _keep(self, **options):
        """Save; of two who want one slug at the same moment, the database lets the first have it."""
        try:
            with transaction.atomic():
                self.save(**options)
        except IntegrityError:
            if type(self).objects.filter(slug=self.slug).exclude(pk=self.pk).exists():
                raise Taken from None
            raise


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
    """People who work together, inside one function. `manager` answers when an incident asks for one of them."""

    function = models.ForeignKey(Function, models.PROTECT, related_name="teams")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, blank=True, related_name="teams")
    manager = models.ForeignKey(
        "teams.Membership", models.SET_NULL, null=True, blank=True, related_name="managed_teams"
    )
    members = models.ManyToManyField("teams.Membership", through="teams.TeamMember", related_name="teams")

    @transaction.atomic
    def consist_of(self, members, *, by):
        """Make these members the team, and nobody else."""
        self.lock()
        require_administrator(by)
        self.members.set(members)
        audit.log(by, "team_members_changed", self, members=", ".join(sorted(str(member) for member in members)))

    def _keep(self, **options):
        if self.manager and not self.manager.is_responder:
            raise Refused(f"{self.manager.name} is a stakeholder and cannot manage a team.", code="responders_only")
        super()._keep(**options)


class TeamMember(TenantModel):
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    membership = models.ForeignKey("teams.Membership", models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "team", "membership"], name="teams_member_once")]


class Service(CatalogueModel):
    """Something customers or other services use; it breaks, and somebody owns it."""

    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, blank=True, related_name="services")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="services")
    depends_on = models.ManyToManyField(
        "self",
        through="teams.ServiceDependency",
        through_fields=("service", "needed"),
        symmetrical=False,
        related_name="dependants",
    )

    @transaction.atomic
    def rest_on(self, services, *, by):
        """Make these the services that this one needs, and no others; a circle of needs is refused."""
        # All of them, so that two services cannot begin to need each other at the same moment.
        list(type(self).objects.select_for_update(**no_key_lock()).order_by("pk").values_list("pk"))
        require_administrator(by)
        needed = {service.pk for service in services}
        if ServiceGraph.read().is_circular(self.pk, needed):
            raise Refused(f"{self} would need itself in the end.", code="circular_dependency")
        if needed == set(self.depends_on.values_list("pk", flat=True)):
            return
        self.depends_on.set(services)
        audit.log(by, "service_dependencies_changed", self, depends_on=", ".join(sorted(map(str, services))))


class DependencyQuerySet(TenantQuerySet):
    def edges(self):
        """`(service, what it needs)` of the whole organisation, as primary keys."""
        return list(self.order_by("pk").values_list("service_id", "needed_id"))


class ServiceDependency(TenantModel):
    """One service needs another one to work."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="+")
    needed = models.ForeignKey(Service, models.CASCADE, related_name="+", verbose_name="depends on")

    objects = TenantManager.from_queryset(DependencyQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "service dependencies"
        constraints = [
            models.UniqueConstraint(fields=["organization", "service", "needed"], name="teams_dependency_once")
        ]

    def __str__(self):
        return f"{self.service} needs {self.needed}"


@dataclass(frozen=True)
class ServiceGraph:
    """Which service of the organisation needs which, read once and then walked."""

    edges: list

    @classmethod
    def read(cls):
        return cls(ServiceDependency.objects.edges())

    def dependants_of(self, services):
        """`{service: the one it needs}` of all that fail with these, nearest first; primary keys, without the given."""
        return reached_from(services, [(needed, service) for service, needed in self.edges])

    def needs_of(self, services):
        """`{service: the one that needs it}` of all that these rest on, nearest first."""
        return reached_from(services, self.edges)

    def is_circular(self, service, needed):
        """Whether the service would need itself if it needed these, and nothing else."""
        others = [edge for edge in self.edges if edge[0] != service]
        return leads_back(service, [*others, *((service, each) for each in needed)])

    def around(self, services):
        """These, whatever fails with them, and whatever they rest on."""
        return {*services, *self.dependants_of(services), *self.needs_of(services)}


class Rota(TenantModel):
    """Who answers for a function now. Without one, the organisation's administrators do."""

    function = models.OneToOneField(Function, models.CASCADE, related_name="rota")
    on_call = models.ForeignKey("teams.Membership", models.CASCADE, related_name="rotas")

    def __str__(self):
        return f"{self.function}: {self.on_call}"
