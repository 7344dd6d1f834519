"""Sources of alerts."""

from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import IncidentType, Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named

from ..models import Integration


class IntegrationAnswer(Answer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Integration.Kind)
    name = serializers.CharField()
    declares = serializers.BooleanField()
    type_label = serializers.CharField()
    severity_label = serializers.CharField()
    service_label = serializers.CharField()
    severity_map = serializers.DictField(child=serializers.CharField())
    default_type = Named(IncidentType, allow_null=True)
    default_severity = Named(Severity, allow_null=True)
    created_at = serializers.DateTimeField()


class ConnectedAnswer(IntegrationAnswer):
    key = serializers.CharField(allow_null=True, help_text="Shown this once; a repeated request gets null.")


class Connection(Body):
    kind = serializers.ChoiceField(choices=Integration.Kind)
    name = Line(max_length=80, required=False, allow_blank=True)
    declares = serializers.BooleanField(required=False, help_text="Its alerts declare incidents, each once.")


class Integrations(Endpoint):
    @listing(IntegrationAnswer)
    def get(self, request):
        """List the sources of alerts."""
        sources = Integration.objects.filter(revoked_at=None).select_related("default_type", "default_severity")
        return self.page(IntegrationAnswer, sources, ascending=True)

    @operation(body=Connection, answer=ConnectedAnswer, status=201)
    def post(self, request):
        """Let a source in. Its key is shown once."""
        integration, key = Integration.connect(request.organization, by=self.member, **self.body(Connection))
        integration.key = key
        return self.answer_once(ConnectedAnswer, integration, hide="key")


class OneIntegration(Endpoint):
    @operation(status=204)
    def delete(self, request, pk):
        """Shut a source out. The alerts it sent stay."""
        self.find(Integration.objects.filter(revoked_at=None), pk=pk).revoke(by=self.member)
        return Response(status=204)
