"""The briefing: what leadership knows, when it hears more, and what is asked of the token's member."""

from rest_framework import serializers

from playbooks.models import Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer, Named, Person

from ..boards.brief import Brief
from ..lookups import find_incident, room_of
from ..models import Status
from .decisions import DecisionAnswer
from .questions import QuestionAnswer
from .updates import UpdateAnswer


class BriefingPageAnswer(Answer):
    key = serializers.CharField(source="incident.key")
    title = serializers.CharField(source="incident.title")
    severity = Named(Severity, source="incident.severity")
    status = serializers.ChoiceField(source="incident.status", choices=Status)
    declared_at = serializers.DateTimeField(source="incident.declared_at")
    lead = Person(source="room.lead", allow_null=True)
    leadership = UpdateAnswer(allow_null=True, help_text="The latest update to leadership.")
    customers = UpdateAnswer(allow_null=True, help_text="What customers were told last.")
    next_update_at = serializers.DateTimeField(allow_null=True)
    late = serializers.BooleanField(source="is_late", help_text="Word is fifteen minutes late.")
    next_briefing_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(
        allow_null=True, help_text="When you said that you have read the latest update to leadership."
    )
    decisions = serializers.SerializerMethodField(help_text="What waits for your decision.")
    questions = QuestionAnswer(many=True, help_text="Your own, and what was answered to everybody; the latest first.")

    def get_decisions(self, brief) -> DecisionAnswer(many=True):
        return DecisionAnswer([card.decision for card in brief.decisions], many=True).data


class BriefOfIncident(Endpoint):
    @operation(answer=BriefingPageAnswer)
    def get(self, request, number):
        """Read the briefing: no threads, no findings, nothing that was not published to leadership or customers."""
        incident = find_incident(request, number)
        return self.answer(BriefingPageAnswer, Brief(room_of(request, incident, stream="")))
