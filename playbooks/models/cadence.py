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


class Confirmation(models.TextChoices):
    """Who has read a draft before it is said; whoever wrote it does not count."""

    NOBODY = "nobody", "Nobody"
    SECOND = "second", "A second person"
    LEAD = "lead", "Whoever leads, for the facts"


class CadenceQuerySet(TenantQuerySet):
    def at(self, severity):
        """`{audience: minutes}` of the audiences that have a clock at this severity."""
        return dict(self._clocks(severity).values_list("audience", "minutes"))

    def beginning(self, severity, told=()):
        """`{audience: (minutes, minutes until the next word)}`: the first is owed sooner. `told` have heard it."""
        rows = self._clocks(severity).values_list("audience", "minutes", "first_minutes")
        return {
            audience: (minutes, minutes if audience in told else first or minutes) for audience, minutes, first in rows
        }

    def minimum(self, severity, audience):
        """The shortest time between two updates, or None."""
        row = self.filter(severity=severity, audience=audience).first()
        return row.minimum_minutes if row else None

    def _clocks(self, severity):
        return self.filter(severity=severity, minutes__isnull=False)


class Cadence(TenantModel):
    """The longest an audience waits between two updates. No minutes: this audience has no clock here.

    `first_minutes` is how soon the first word is owed, `minimum_minutes` the shortest time between two.
    """

    severity = models.ForeignKey(Severity, models.CASCADE, related_name="cadences")
    audience = models.CharField(max_length=12, choices=Audience)
    minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes between two updates; empty: only when something changes.",
    )

    first_minutes = models.PositiveSmallIntegerField(
        "first after",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes until the first word; empty: as long as between two updates.",
    )
    minimum_minutes = models.PositiveSmallIntegerField(
        "at most every",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Minutes that at least lie between two updates; sooner asks for a reason; empty: none.",
    )

    confirmation = models.CharField(
        "confirmed by",
        max_length=8,
        choices=Confirmation,
        default=Confirmation.NOBODY,
        help_text="Who confirms a draft before it is published. The holding text is confirmed by standing here.",
    )

    objects = TenantManager.from_queryset(CadenceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "severity", "audience"], name="cadence_once"),
            models.CheckConstraint(
                condition=models.Q(minutes=None) | models.Q(minutes__range=(1, 1440)),
                name="cadence_within_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes=None)
                | models.Q(minimum_minutes=None)
                | models.Q(minimum_minutes__lte=models.F("minutes")),
                name="cadence_minimum_before_maximum",
                violation_error_message="The shortest time between two updates cannot be longer than the longest.",
            ),
        ]

    def __str__(self):
        return f"{self.severity}, {self.get_audience_display()}"
