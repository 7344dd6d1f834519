"""Services that may be affected by an incident."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import operation
from teams.api.shapes import Body
from teams.models import Service

from ..lookups import find_incident
from .incidents import IncidentDetail, answer_incident

AFFECTED, NOT_AFFECTED = "affected", "not_affected"


class ServiceJudgement(Body):
    state = serializers.ChoiceField(choices=[AFFECTED, NOT_AFFECTED])


class OneService(Endpoint):
    @operation(body=ServiceJudgement, answer=IncidentDetail)
    def put(self, request, number, slug):
        """Say that a service is affected, or that it is not although something it needs is."""
        incident = find_incident(request, number)
        service = self.find(Service.objects.all(), slug=slug)
        affected = self.body(ServiceJudgement)["state"] == AFFECTED
        with unchanged_is_fine():
            incident.judge_service(service, affected=affected, by=self.member)
        return answer_incident(self, number)
