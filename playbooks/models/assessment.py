"""From how far and how deep an incident reaches to the functions that are mobilised."""

from django.db import models

from teams.models import Function
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet


class Scope(models.TextChoices):
    """How many customers are affected."""

    ALL = "all", "All customers"
    MANY = "many", "Many customers"
    SOME = "some", "Some customers"
    FEW = "few", "A few customers"
    NONE = "none", "No customers"
    UNKNOWN = "unknown", "Not known yet"


class Criticality(models.TextChoices):
    """How much of the business hangs on what is broken."""

    CRITICAL = "critical", "Critical"
    NON_CRITICAL = "non_critical", "Not critical"
    UNKNOWN = "unknown", "Not known yet"


class AssessmentRuleQuerySet(TenantQuerySet):
    def functions_for(self, scope, criticality):
        """The functions an assessment calls for, in catalogue order."""
        rules = self.filter(scope=scope, criticality=criticality)
        return Function.objects.filter(assessment_rules__in=rules).distinct().in_order()


class AssessmentRule(TenantModel):
    """One cell of the assessment matrix. What is unknown is seeded like the larger case."""

    scope = models.CharField(max_length=8, choices=Scope)
    criticality = models.CharField(max_length=12, choices=Criticality)
    functions = models.ManyToManyField(Function, through="AssessmentFunction", related_name="assessment_rules")

    objects = TenantManager.from_queryset(AssessmentRuleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "scope", "criticality"], name="assessment_rule_once")
        ]

    def __str__(self):
        return f"{self.get_scope_display()}, {self.get_criticality_display()}"


class AssessmentFunction(TenantModel):
    rule = models.ForeignKey(AssessmentRule, models.CASCADE, related_name="+")
    function = models.ForeignKey(Function, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "function"], name="assessment_function_once")
        ]
