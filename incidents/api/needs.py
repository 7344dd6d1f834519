"""What waits for the member that a token acts for."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer, Query

from ..lookups import find_incident
from ..waiting import Waiting


class OpenNeed(Answer):
    incident = serializers.IntegerField(help_text="Its number.")
    kind = serializers.CharField()
    sentence = serializers.CharField()
    late = serializers.BooleanField()
    due_at = serializers.DateTimeField(allow_null=True)


class NeedsAnswer(Answer):
    count = serializers.IntegerField()
    needs = OpenNeed(many=True)


class OfIncident(Query):
    incident = serializers.IntegerField(required=False, min_value=1, help_text="Only in the incident of this number.")


class Needs(Endpoint):
    @operation(answer=NeedsAnswer, query=OfIncident)
    def get(self, request):
        """Read what waits for you in open incidents, as pages say under "Needs you". Nothing waits for stakeholders."""
        number = self.query(OfIncident).get("incident")
        only = find_incident(request, number).pk if number else None
        found = [
            {
                "incident": incident.number,
                "kind": need.kind,
                "sentence": need.sentence,
                "late": need.state == "late",
                "due_at": need.due_at,
            }
            for incident, needs in Waiting(self.member).by_incident
            if only in (None, incident.pk)
            for need in needs
        ]
        return self.answer(NeedsAnswer, {"count": len(found), "needs": found})
