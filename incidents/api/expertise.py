"""Who knows what, asked from inside an incident."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer, Line, Named, Person, Query
from teams.models import Service, TechnicalDomain

from ..lookups import find_incident, people_who_know
from .reach import require_responder


class Knowledge(Query):
    q = Line(required=False, allow_blank=True, max_length=100, help_text="Words; all of them have to fit.")
    service = Named(Service, required=False)
    domain = Named(TechnicalDomain, required=False)
    on_call = serializers.BooleanField(required=False, help_text="Only whoever answers for a function now.")


class ExpertAnswer(Answer):
    member = Person(source="knower.member")
    why = serializers.CharField(source="knower.why")
    on_call = serializers.ListField(
        child=serializers.CharField(), source="knower.on_call", help_text="Functions they answer for now, by name."
    )
    now = serializers.CharField(help_text="What they do now, in words.")
    free = serializers.BooleanField(source="is_free", help_text="Neither at work here nor invited.")


class ExpertsAnswer(Answer):
    results = ExpertAnswer(many=True)


class Expertise(Endpoint):
    @operation(query=Knowledge, answer=ExpertsAnswer)
    def get(self, request, number):
        """Find who knows something, whoever is free first. With nothing asked for, nobody."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.answer(ExpertsAnswer, {"results": people_who_know(incident, **self.query(Knowledge))})
