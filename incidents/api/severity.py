"""How bad it is."""

from drf_spectacular.utils import OpenApiExample

from playbooks.models import Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Body, Named, Reason, Waiver

from ..lookups import find_incident
from .incidents import IncidentDetail, answer_incident


class NewSeverity(Body):
    severity = Named(Severity)
    reason = Reason()
    waiver = Waiver()


class SeverityChange(Endpoint):
    @operation(
        body=NewSeverity,
        answer=IncidentDetail,
        examples=[
            OpenApiExample("Worse", {"severity": "sev1", "reason": "Checkout is down as well"}, request_only=True)
        ],
    )
    def post(self, request, number):
        """Change the severity. Clocks and required functions follow at once."""
        incident = find_incident(request, number)
        incident.change_severity(by=self.member, **self.body(NewSeverity))
        return answer_incident(self, number)
