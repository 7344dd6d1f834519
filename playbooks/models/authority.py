"""Decision rights: which role may decide what, settled before an incident needs it."""

from django.db import models

from teams.tenancy import TenantManager, TenantModel, TenantQuerySet


class DecisionClass(models.TextChoices):
    INVESTIGATION = "investigation", "Investigation: how to look, inside one domain"
    COORDINATION = "coordination", "Coordination: order, escalation, roll-back, who is involved"
    PRIORITY = "priority", "Priority: feature or fix, what is restored first"
    RESOURCE = "resource", "Resources: taking people from other commitments"
    PUBLISHING = "publishing", "Publishing: what is said above the technical tier"


class IncidentRole(models.TextChoices):
    """The hats of an incident, as the matrix and `incidents` name them."""

    LEAD = "lead", "Incident lead"
    COMMUNICATIONS_LEAD = "communications_lead", "Communications lead"
    TECHNICAL_COORDINATOR = "technical_coordinator", "Technical coordinator"
    SUPPORT_LIAISON = "support_liaison", "Support liaison"
    PRODUCT = "product", "Product"
    EXECUTIVE = "executive", "Executive"


class DecisionRightQuerySet(TenantQuerySet):
    def roles_for(self, decision_class):
        """The roles that hold a class of decisions, as a set of slugs."""
        return set(self.filter(decision_class=decision_class).values_list("role", flat=True))


class DecisionRight(TenantModel):
    """One role holds one class of decisions."""

    decision_class = models.CharField(max_length=16, choices=DecisionClass)
    role = models.CharField(max_length=24, choices=IncidentRole)

    objects = TenantManager.from_queryset(DecisionRightQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "decision_class", "role"], name="decision_right_once")
        ]

    def __str__(self):
        return f"{self.get_role_display()}: {self.decision_class}"
