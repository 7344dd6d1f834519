"""How long a decision may wait, by severity and class, before it climbs to whoever comes next."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .authority import DECIDED_CLASSES
from .catalogue import Severity

# Where an organisation has struck out the row.
DEFAULT_MINUTES = 60


class DecisionDeadlineQuerySet(TenantQuerySet):
    def minutes_for(self, severity, decision_class):
        """How long a decision of this class may wait at this severity."""
        row = self.filter(severity=severity, decision_class=decision_class).first()
        return row.minutes if row else DEFAULT_MINUTES


class DecisionDeadline(TenantModel):
    """The time to decide where whoever asks names none."""

    severity = models.ForeignKey(Severity, models.CASCADE, related_name="decision_deadlines")
    decision_class = models.CharField(max_length=16, choices=DECIDED_CLASSES)
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(10080)],
        help_text="Minutes from the question to the moment at which it climbs.",
    )

    objects = TenantManager.from_queryset(DecisionDeadlineQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "severity", "decision_class"], name="decision_deadline_once"
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__range=(1, 10080)), name="decision_deadline_within_a_week"
            ),
        ]

    def __str__(self):
        return f"{self.severity}, {self.decision_class}"
