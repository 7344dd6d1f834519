"""The hats of an incident as the organisation defines them: duties, what a holder must not do, what excludes what."""

from django.core.exceptions import ValidationError
from django.db import models, transaction

from teams.errors import Refused
from teams.models import Function
from teams.models.catalogue import CatalogueModel, CatalogueQuerySet
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet


class Wanted(models.TextChoices):
    """When a vacancy is a gap."""

    ALWAYS = "always", "In every incident"
    CROSS_FUNCTIONAL = "cross_functional", "Once a function beside engineering is engaged"
    CUSTOMER_FACING = "customer_facing", "Once customers are affected"
    ON_DEMAND = "on_demand", "When somebody asks for it"


class RoleDefinitionQuerySet(CatalogueQuerySet):
    def named(self, slug):
        """The role with this slug, or None."""
        return self.filter(slug=str(slug)).first()

    def names(self):
        """`{slug: name}` of all roles, in their order."""
        return dict(self.in_order().values_list("slug", "name"))


class RoleDefinition(CatalogueModel):
    """One role. `duties` and `must_not` hold one line each; the `card` is shown to whoever gets the role."""

    Wanted = Wanted

    duties = models.TextField(blank=True, help_text="What the holder sees to, one line each.")
    must_not = models.TextField(blank=True, help_text="What the holder leaves to others, one line each.")
    card = models.TextField(
        blank=True, help_text="Instructions and the first three tasks, shown to whoever gets the role. Markdown."
    )
    single = models.BooleanField(
        "one holder", default=True, help_text="At most one person holds it; one per domain where it is per domain."
    )
    per_domain = models.BooleanField(default=False, help_text="Held for one technical domain, which has to be named.")
    technical = models.BooleanField(default=False, help_text="Its holder looks into the cause or repairs it.")
    wanted = models.CharField(max_length=16, choices=Wanted, default=Wanted.ON_DEMAND)
    function = models.ForeignKey(
        Function,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whoever is on call for it is asked first when the role is vacant.",
    )
    duty_minutes = models.PositiveSmallIntegerField(
        "minutes of duty",
        null=True,
        blank=True,
        help_text="After so many minutes the holder is told to hand over; empty: never.",
    )
    built_in = models.BooleanField(default=False, editable=False)

    objects = TenantManager.from_queryset(RoleDefinitionQuerySet)()

    class Meta(CatalogueModel.Meta):
        verbose_name = "role"

    @property
    def label(self):
        """The name in the middle of a sentence."""
        return self.name if self.name[1:2].isupper() else self.name[:1].lower() + self.name[1:]

    @property
    def duty_lines(self):
        return _lines(self.duties)

    @property
    def must_not_lines(self):
        return _lines(self.must_not)

    @transaction.atomic
    def change(self, *, by, **fields):
        """Say it differently. What incidents and rights name it by, the slug, never changes."""
        if fields.get("slug", self.slug) != self.slug:
            raise Refused("A slug never changes.", code="slug_fixed")
        super().change(by=by, **fields)


class Occasion(models.TextChoices):
    ALWAYS = "always", "In every incident"
    CROSS_FUNCTIONAL = "cross_functional", "Once a function beside engineering is engaged"


class RoleExclusionQuerySet(TenantQuerySet):
    def with_roles(self):
        return self.select_related("role", "other").order_by("pk")


class RoleExclusion(TenantModel):
    """Two roles that one person must not hold at the same time. `code` names the rule in refusals and waivers."""

    Occasion = Occasion

    role = models.ForeignKey(RoleDefinition, models.CASCADE, related_name="exclusions")
    other = models.ForeignKey(
        RoleDefinition,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: every role that does technical work, and technical work itself.",
    )
    when = models.CharField(max_length=16, choices=Occasion, default=Occasion.ALWAYS)
    code = models.SlugField(max_length=40, default="roles_exclude_each_other")
    because = models.CharField(max_length=200, blank=True, help_text="One sentence for whoever is refused.")

    objects = TenantManager.from_queryset(RoleExclusionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "role", "other"], name="role_exclusion_once"),
            models.UniqueConstraint(
                fields=["organization", "role"], condition=models.Q(other=None), name="role_exclusion_of_technical_once"
            ),
        ]

    def __str__(self):
        return f"{self.role}, not {self.other or 'technical work'}"

    def is_between(self, one, another):
        """Whether it keeps these two roles apart, whichever way round they stand."""
        return self._is_from(one, another) or self._is_from(another, one)

    def _is_from(self, role, other):
        if role.pk != self.role_id or other.pk == self.role_id:
            return False
        return other.technical if self.other_id is None else other.pk == self.other_id


def require_defined(slug):
    """For `clean` of what names a role by its slug: the organisation has to know it."""
    if slug and not RoleDefinition.objects.filter(slug=slug).exists():
        raise ValidationError({"role": "There is no role with this slug."})


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]
