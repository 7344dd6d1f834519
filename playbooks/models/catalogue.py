"""The words an incident is described with: severities and types, as the organisation names them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from teams.models import Function
from teams.models.catalogue import CatalogueModel, CatalogueQuerySet
from teams.models.membership import LeadLevel
from teams.tenancy import TenantManager, TenantModel


class SeverityQuerySet(CatalogueQuerySet):
    def worst_first(self):
        return self.order_by("rank")


class Severity(CatalogueModel):
    """How big the impact is. Rank 1 is the worst; a higher number is milder."""

    rank = models.PositiveSmallIntegerField()
    preset = models.BooleanField(default=False, help_text="Chosen when nothing else is said.")
    silence_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="How long a technical workstream may say nothing before its owner is asked; empty: nobody asks.",
    )
    participant_cap = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many people usually work on it at most. More come in with a reason. Empty: as many as come.",
    )
    lead_level = models.PositiveSmallIntegerField(
        "lead level",
        default=0,
        choices=LeadLevel,
        help_text="How experienced whoever leads has to be; below it, giving the lead wants a reason.",
    )

    objects = TenantManager.from_queryset(SeverityQuerySet)()

    class Meta(CatalogueModel.Meta):
        verbose_name_plural = "severities"
        constraints = [
            *CatalogueModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "rank"], name="severity_rank_once"),
            models.CheckConstraint(condition=models.Q(rank__gte=1), name="severity_rank_from_one"),
        ]

    def is_worse_than(self, other):
        return self.rank < other.rank

    @classmethod
    def preset_or_mildest(cls):
        """What an incident starts with when nothing else is said."""
        return cls.objects.order_by("-preset", "-rank").first()


class IncidentType(CatalogueModel):
    """A kind of incident. Its words are how a type is guessed from a title."""

    words = models.CharField(
        max_length=400,
        blank=True,
        help_text="Words, separated by commas, that make a title look like this type.",
    )
    required_functions = models.ManyToManyField(Function, through="RequiredFunction", related_name="incident_types")

    def matches(self, title):
        lowered = title.lower()
        return any(word.strip() and word.strip() in lowered for word in self.words.lower().split(","))


class RequiredFunction(TenantModel):
    """A function that every incident of a type needs, whatever the playbook says."""

    incident_type = models.ForeignKey(IncidentType, models.CASCADE, related_name="requirements")
    function = models.ForeignKey(Function, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident_type", "function"], name="required_function_once")
        ]

    def __str__(self):
        return f"{self.incident_type} needs {self.function}"
