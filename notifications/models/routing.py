"""Routing rules: which event at which severity reaches whom, and by which channel."""

from django.db import models, transaction

from playbooks.models import Audience, IncidentType, Severity
from playbooks.models.roles import require_defined
from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import Function, Service, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet


class RoutedEvent(models.TextChoices):
    DECLARED = "declared", "An incident is declared"
    SEVERITY_CHANGED = "severity_changed", "The severity changes"
    UPDATE_PUBLISHED = "update_published", "An update is published"


class RoutingRuleQuerySet(TenantQuerySet):
    def in_order(self):
        return self.filter(is_active=True).order_by("position", "pk")

    def with_conditions(self):
        return self.select_related("from_severity", "incident_type", "function", "group").prefetch_related("services")


class RoutingRule(TenantModel):
    """When the conditions hold, everybody the targets name is told by the channels ticked. Empty conditions hold."""

    Event = RoutedEvent

    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    event = models.CharField(max_length=20, choices=RoutedEvent)
    # Conditions
    from_severity = models.ForeignKey(
        Severity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="This severity and worse.",
    )
    incident_type = models.ForeignKey(IncidentType, models.CASCADE, null=True, blank=True, related_name="+")
    services = models.ManyToManyField(Service, through="RoutingService", related_name="+", blank=True)
    audience = models.CharField(max_length=12, choices=Audience, blank=True, help_text="Only updates to this audience.")
    # Targets
    function = models.ForeignKey(
        Function,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whoever is on call for it.",
    )
    role = models.CharField(max_length=60, blank=True, help_text="Whoever holds it.")
    group = models.ForeignKey("AudienceGroup", models.CASCADE, null=True, blank=True, related_name="+")
    participants = models.BooleanField(default=False, help_text="Everybody who is on the incident.")
    # Channels
    by_email = models.BooleanField(default=True)
    by_sms = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(RoutingRuleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(function__isnull=False)
                | models.Q(group__isnull=False)
                | models.Q(participants=True)
                | ~models.Q(role=""),
                name="routing_rule_has_target",
            ),
            models.CheckConstraint(
                condition=models.Q(by_email=True) | models.Q(by_sms=True), name="routing_rule_has_channel"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        require_defined(self.role)

    @classmethod
    @transaction.atomic
    def add(cls, *, by, services=(), **fields):
        """Tell more people. Returns the rule."""
        require_administrator(by)
        rule = cls(**fields)
        rule._require_sense()
        rule.save()
        rule.services.set(services)
        audit.log(by, "routing_rule_added", rule)
        return rule

    @transaction.atomic
    def change(self, *, by, services=None, **fields):
        self.lock()
        require_administrator(by)
        for name, value in fields.items():
            setattr(self, name, value)
        self._require_sense()
        self.save(update_fields=list(fields))
        if services is not None:
            self.services.set(services)
        audit.log(by, "routing_rule_changed", self)

    @transaction.atomic
    def remove(self, *, by):
        self.lock()
        require_administrator(by)
        audit.log(by, "routing_rule_removed", self)
        self.delete()

    def _require_sense(self):
        if not (self.function_id or self.group_id or self.participants or self.role):
            raise Refused("A rule names somebody: a function, a role, a group, or who is on it.", code="no_target")
        if not (self.by_email or self.by_sms):
            raise Refused("A rule needs a channel.", code="no_channel")


class RoutingService(TenantModel):
    """A service that a rule is about."""

    rule = models.ForeignKey(RoutingRule, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "rule", "service"], name="routing_service_once")]
