"""How often each audience hears, by severity."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .catalogue import Severity


class Audience(models.TextChoices):
    """The four tiers that hear about an incident, from the innermost outward."""

    TECHNICAL = "technical", "Technical"
    COORDINATION = "coordination", "Coordination"
    LEADERSHIP = "leadership", "Leadership"
    CUSTOMERS = "customers", "Customers"


class CadenceQuerySet(TenantQuerySet):
    def at(self, severity):
        """`{audience: minutes}` of the audiences that have a clock at this severity."""
        return dict(self.filter(severity=severity, minutes__isnull=False).values_list("audience", "minutes"))


class Cadence(TenantModel):
    """The longest an audience waits between two updates. No minutes: this audience has no clock here."""

    severity = models.ForeignKey(Severity, models.CASCADE, related_name="cadences")
    audience = models.CharField(max_length=12, choices=Audience)
    minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes between two updates; empty: only when something changes.",
    )

    objects = TenantManager.from_queryset(CadenceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "severity", "audience"], name="cadence_once"),
            models.CheckConstraint(
                condition=models.Q(minutes=None) | models.Q(minutes__range=(1, 1440)),
                name="cadence_within_a_day",
            ),
        ]

    def __str__(self):
        return f"{self.severity}, {self.get_audience_display()}"
