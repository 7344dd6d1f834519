"""Rules that were lifted for an incident, and settling a gap with a reason."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Text

from ..lookups import find_incident
from ..models import GuardWaiver
from .reach import require_responder


class WaiverAnswer(Answer):
    id = serializers.IntegerField()
    guard = serializers.CharField()
    subject = serializers.CharField()
    reason = serializers.CharField()
    granted_by = Person(allow_null=True)
    granted_at = serializers.DateTimeField()


class Settling(Body):
    guard = serializers.SlugField(max_length=40, help_text="The `code` of a gap in `guards`.")
    subject = serializers.CharField(max_length=80, required=False, allow_blank=True, help_text="The gap's `subject`.")
    reason = Text(max_length=500)


class Waivers(Endpoint):
    @listing(WaiverAnswer)
    def get(self, request, number):
        """List the rules that were lifted, by an act or to settle a gap."""
        incident = find_incident(request, number)
        require_responder(request)
        waivers = GuardWaiver.objects.visible_to(self.member).filter(incident=incident)
        return self.page(WaiverAnswer, waivers.with_people())

    @operation(
        body=Settling,
        answer=WaiverAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Not needed",
                {"guard": "required_function_not_engaged", "subject": "finance", "reason": "No money moves"},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Settle a gap that stands open by saying why nothing has to fill it."""
        incident = find_incident(request, number)
        asked = self.body(Settling)
        GuardWaiver.grant(incident, by=self.member, **asked)
        kept = GuardWaiver.objects.with_people().get(
            incident=incident, guard=asked["guard"], subject=asked.get("subject", "")
        )
        return self.answer(WaiverAnswer, kept, status=201)
