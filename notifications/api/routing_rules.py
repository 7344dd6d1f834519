"""Routing rules, and trying them out."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.api.roles import RoleSlug
from playbooks.models import Audience, IncidentType, Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, CommaSeparated, Line, ManyNamed, Named, Query
from teams.models import Function, Service

from .. import situations
from ..models import AudienceGroup, RoutingRule
from ..models.deliveries import Channel
from ..recipients import who_hears


class RoutingRuleAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    active = serializers.BooleanField(source="is_active")
    event = serializers.ChoiceField(choices=RoutingRule.Event)
    from_severity = Named(Severity, allow_null=True, help_text="This severity and worse.")
    type = Named(IncidentType, source="incident_type", allow_null=True)
    services = serializers.SerializerMethodField()
    audience = serializers.ChoiceField(choices=[("", "Every audience"), *Audience.choices])
    function = Named(Function, allow_null=True, help_text="Whoever is on call for it.")
    role = RoleSlug(allow_blank=True, help_text="Whoever holds it.")
    group = Named(AudienceGroup, allow_null=True)
    participants = serializers.BooleanField(help_text="Everybody who is on the incident.")
    by_email = serializers.BooleanField()
    by_sms = serializers.BooleanField()

    def get_services(self, rule) -> serializers.ListField(child=serializers.SlugField()):
        return [service.slug for service in rule.services.all()]


class RoutingRuleBody(Body):
    """Conditions that are left out hold always; at least one target and one channel are needed."""

    name = Line(max_length=120)
    position = serializers.IntegerField(required=False, min_value=0, max_value=32_767)
    active = serializers.BooleanField(source="is_active", required=False)
    event = serializers.ChoiceField(choices=RoutingRule.Event)
    from_severity = Named(Severity, required=False, allow_null=True)
    type = Named(IncidentType, source="incident_type", required=False, allow_null=True)
    services = ManyNamed(Service, required=False)
    audience = serializers.ChoiceField(choices=Audience, required=False, allow_blank=True)
    function = Named(Function, required=False, allow_null=True)
    role = RoleSlug(required=False, allow_blank=True)
    group = Named(AudienceGroup, required=False, allow_null=True)
    participants = serializers.BooleanField(required=False)
    by_email = serializers.BooleanField(required=False)
    by_sms = serializers.BooleanField(required=False)


class RoutingRules(Endpoint):
    @listing(RoutingRuleAnswer)
    def get(self, request):
        """List the routing rules."""
        return self.page(RoutingRuleAnswer, RoutingRule.objects.with_conditions(), ascending=True)

    @operation(
        body=RoutingRuleBody,
        answer=RoutingRuleAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Finance hears of bad payments",
                {
                    "name": "Payments at SEV2 and worse",
                    "event": "declared",
                    "from_severity": "sev2",
                    "type": "payment",
                    "function": "finance",
                    "by_sms": True,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Add a routing rule. Administrators only."""
        rule = RoutingRule.add(by=self.member, **self.body(RoutingRuleBody))
        return self.answer(RoutingRuleAnswer, find_rule(self, rule.pk), status=201)


class OneRoutingRule(Endpoint):
    @operation(answer=RoutingRuleAnswer)
    def get(self, request, pk):
        """Read a routing rule."""
        return self.answer(RoutingRuleAnswer, find_rule(self, pk))

    @operation(body=RoutingRuleBody(partial=True), answer=RoutingRuleAnswer)
    def patch(self, request, pk):
        """Change a routing rule. Administrators only."""
        find_rule(self, pk).change(by=self.member, **self.body(RoutingRuleBody, partial=True))
        return self.answer(RoutingRuleAnswer, find_rule(self, pk))

    @operation(status=204)
    def delete(self, request, pk):
        """Remove a routing rule. Administrators only."""
        find_rule(self, pk).remove(by=self.member)
        return Response(status=204)


def find_rule(endpoint, pk):
    return endpoint.find(RoutingRule.objects.with_conditions(), pk=pk)


# --- Trying them out ------------------------------------------------------------------------------


class HearingAnswer(Answer):
    member = serializers.EmailField(source="listener.email")
    channel = serializers.ChoiceField(choices=Channel)
    rule = serializers.CharField(help_text="Which rule decided it.")
    skipped = serializers.CharField(help_text="Why nothing would be sent all the same; empty where it would.")


class HearingsAnswer(Answer):
    results = HearingAnswer(many=True)


class Imagined(Body):
    event = serializers.ChoiceField(choices=RoutingRule.Event, required=False, default=RoutingRule.Event.DECLARED)
    severity = Named(Severity)
    type = Named(IncidentType, source="incident_type", required=False, allow_null=True)
    services = ManyNamed(Service, required=False)
    audience = serializers.ChoiceField(choices=Audience, required=False, default="")


class ImaginedInQuery(Query):
    event = serializers.ChoiceField(choices=RoutingRule.Event, required=False, default=RoutingRule.Event.DECLARED)
    severity = Named(Severity)
    type = Named(IncidentType, source="incident_type", required=False)
    services = CommaSeparated(required=False, help_text="Slugs, separated by commas.")
    audience = serializers.ChoiceField(choices=Audience, required=False, default="")


class DryRun(Endpoint):
    @operation(answer=HearingsAnswer, query=ImaginedInQuery)
    def get(self, request):
        """Try the rules out. Who would be told now, and why; nothing is sent."""
        asked = self.query(ImaginedInQuery)
        asked["services"] = list(Service.objects.filter(slug__in=asked.get("services", ())))
        return self._imagine(**asked)

    @operation(
        body=Imagined,
        answer=HearingsAnswer,
        examples=[
            OpenApiExample(
                "A bad day for payments",
                {"event": "declared", "severity": "sev1", "type": "payment"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Try the rules out. The same with a body."""
        return self._imagine(**self.body(Imagined))

    def _imagine(self, event, **circumstances):
        situation = situations.imagined(event, **circumstances)
        return self.answer(HearingsAnswer, {"results": who_hears(situation)})
