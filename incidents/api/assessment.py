"""The judgement of the first five minutes."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Criticality, Scope, Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Body, ManyNamed, Named, Waiver
from teams.models import Function

from ..lookups import find_incident
from ..mobilization import assess
from .incidents import IncidentDetail, answer_incident


class Judgement(Body):
    severity = Named(Severity)
    scope = serializers.ChoiceField(choices=Scope)
    criticality = serializers.ChoiceField(choices=Criticality)
    functions = ManyNamed(Function, required=False)
    waiver = Waiver()


class Assessment(Endpoint):
    @operation(
        body=Judgement,
        answer=IncidentDetail,
        examples=[
            OpenApiExample(
                "Everybody is needed",
                {"severity": "sev1", "scope": "all", "criticality": "critical", "functions": ["legal"]},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Assess an incident. Functions that scope and criticality call for are asked at once."""
        incident = find_incident(request, number)
        assess(incident, by=self.member, **self.body(Judgement))
        return answer_incident(self, number)
