"""Two incidents that turn out to be one."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Body, Lookup, Reason, Waiver

from ..lookups import find_incident
from ..models import Incident
from .incidents import IncidentDetail, answer_incident


class IncidentNumber(Lookup, serializers.IntegerField):
    """An incident that the asking member may see, by number."""

    default_error_messages = {"missing": "There is no such incident."}

    def find(self, number):
        return Incident.objects.visible_to(self.context["request"].membership).filter(number=number).first()


class Target(Body):
    into = IncidentNumber(source="other", min_value=1, max_value=2**31 - 1)
    reason = Reason()
    waiver = Waiver()


class Merge(Endpoint):
    @operation(body=Target, answer=IncidentDetail)
    def post(self, request, number):
        """End an incident as a duplicate of another one, which keeps its alerts."""
        incident = find_incident(request, number)
        incident.merge_into(by=self.member, **self.body(Target))
        return answer_incident(self, number)
