"""Decision rights: which role may decide what, settled before an incident needs it."""

from django.db import models

from teams.tenancy import TenantManager, TenantModel

from .roles import require_defined


class DecisionClass(models.TextChoices):
    INVESTIGATION = "investigation", "Investigation: how to look, inside one domain"
    COORDINATION = "coordination", "Coordination: order, escalation, roll-back, who is involved"
    PRIORITY = "priority", "Priority: feature or fix, what is restored first"
    RESOURCE = "resource", "Resources: taking people from other commitments"
    PUBLISHING = "publishing", "Publishing: what is said above the technical tier"


# What is asked and decided one by one; publishing is an act with a form of its own.
DECIDED_CLASSES = [(each.value, each.label) for each in DecisionClass if each != DecisionClass.PUBLISHING]


class IncidentRole(models.TextChoices):
    """The roles every organisation starts with, by the slugs that rules name them by. It may define more."""

    LEAD = "lead", "Incident lead"
    COMMUNICATIONS_LEAD = "communications_lead", "Communications lead"
    TECHNICAL_COORDINATOR = "technical_coordinator", "Technical coordinator"
    SUPPORT_LIAISON = "support_liaison", "Support liaison"
    PRODUCT = "product", "Product"
    EXECUTIVE = "executive", "Executive"
    RESPONDER = "responder", "Responder"
    OBSERVER = "observer", "Observer"


class DecisionRight(TenantModel):
    """One role, built in or the organisation's own, holds one class of decisions."""

    decision_class = models.CharField(max_length=16, choices=DecisionClass)
    role = models.CharField(max_length=60)

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "decision_class", "role"], name="decision_right_once")
        ]

    def __str__(self):
        return f"{self.role}: {self.decision_class}"

    def clean(self):
        require_defined(self.role)
