"""Where an incident stands in its life."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Body, Reason, Waiver

from ..lookups import find_incident
from ..models import Status
from .incidents import IncidentDetail, answer_incident


class NewStatus(Body):
    status = serializers.ChoiceField(choices=[status for status in Status if status != Status.MERGED])
    reason = Reason()
    waiver = Waiver()


class StatusChange(Endpoint):
    @operation(
        body=NewStatus,
        answer=IncidentDetail,
        examples=[
            OpenApiExample("Resolved", {"status": "resolved", "reason": "Rolled back to 4.2"}, request_only=True)
        ],
    )
    def post(self, request, number):
        """Move an incident on: resolve, close, decline and reopen it included."""
        incident = find_incident(request, number)
        incident.change_status(by=self.member, **self.body(NewStatus))
        return answer_incident(self, number)
