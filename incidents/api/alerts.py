"""Alerts from monitoring, with and without an incident."""

from django.db.models import Q
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import listing, operation
from teams.api.shapes import LARGEST_ID, Answer, Body

from ..lookups import find_incident
from ..models import Alert, Incident
from .reach import require_responder


class AlertAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=Alert.State)
    integration = serializers.CharField(source="integration.name")
    dedup_key = serializers.CharField()
    labels = serializers.DictField()
    annotations = serializers.DictField()
    source_url = serializers.CharField()
    count = serializers.IntegerField(help_text="How often the source reported it.")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    incident = serializers.IntegerField(source="incident.number", default=None, allow_null=True)


class AlertFilters(Paging):
    state = serializers.ChoiceField(choices=Alert.State, required=False)
    waiting = serializers.BooleanField(required=False, default=False, help_text="Only those no incident has.")


class Attachment(Body):
    alert = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)


class Alerts(Endpoint):
    @operation(answer=pages_of(AlertAnswer), query=AlertFilters)
    def get(self, request):
        """List alerts, the newest first."""
        require_responder(request)
        asked = self.query(AlertFilters)
        alerts = visible_alerts(self.member)
        if state := asked.get("state"):
            alerts = alerts.filter(state=state)
        if asked["waiting"]:
            alerts = alerts.filter(incident=None)
        return self.page(AlertAnswer, alerts, asked)


class IncidentAlerts(Endpoint):
    @listing(AlertAnswer)
    def get(self, request, number):
        """List the alerts of an incident, the newest first."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(AlertAnswer, incident.alerts.select_related("integration", "incident"))

    @operation(body=Attachment, answer=AlertAnswer, status=201)
    def post(self, request, number):
        """Make a waiting alert part of the incident."""
        incident = find_incident(request, number)
        require_responder(request)
        asked = self.body(Attachment)
        alert = visible_alerts(self.member).filter(pk=asked["alert"]).first()
        if alert is None:
            raise serializers.ValidationError({"alert": ["There is no such alert."]})
        alert.attach_to(incident, by=self.member)
        return self.answer(AlertAnswer, alert, status=201)


def visible_alerts(member):
    visible = Q(incident=None) | Q(incident__in=Incident.objects.visible_to(member))
    return Alert.objects.filter(visible).select_related("integration", "incident")
