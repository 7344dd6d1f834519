"""Parallel lines of work."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person
from teams.models import TechnicalDomain

from ..lookups import find_incident, find_workstream
from ..models import Workstream
from ..models.workstreams import WorkstreamState
from .reach import require_responder


class WorkstreamAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    domain = Named(TechnicalDomain, allow_null=True)
    owner = Person(allow_null=True)
    state = serializers.ChoiceField(choices=WorkstreamState)
    opened_at = serializers.DateTimeField()
    last_word_at = serializers.DateTimeField(allow_null=True)


class Opening(Body):
    title = Line(max_length=120)
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    owner = Person(required=False, allow_null=True)


class WorkstreamChange(Body):
    title = Line(max_length=120, required=False)
    owner = Person(required=False)
    state = serializers.ChoiceField(choices=WorkstreamState, required=False)


class Workstreams(Endpoint):
    @listing(WorkstreamAnswer)
    def get(self, request, number):
        """List the workstreams. Stakeholders read briefings and not threads: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(WorkstreamAnswer, incident.workstreams.with_people(), ascending=True)

    @operation(
        body=Opening,
        answer=WorkstreamAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Roll back", {"title": "Roll back the gateway", "owner": "tariq@acme.test"}, request_only=True
            )
        ],
    )
    def post(self, request, number):
        """Open a workstream, with a thread of its own."""
        incident = find_incident(request, number)
        entry = Workstream.open(incident, by=self.member, **self.body(Opening))
        return self.answer(WorkstreamAnswer, entry.workstream, status=201)


class OneWorkstream(Endpoint):
    @operation(answer=WorkstreamAnswer)
    def get(self, request, number, pk):
        """Read a workstream."""
        return self.answer(WorkstreamAnswer, find_workstream(request, find_incident(request, number), pk))

    @operation(body=WorkstreamChange, answer=WorkstreamAnswer)
    def patch(self, request, number, pk):
        """Rename a workstream, give it to somebody, or say that it is blocked or done."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        asked = self.body(WorkstreamChange)
        with unchanged_is_fine():
            workstream.change(by=self.member, **asked)
        return self.answer(WorkstreamAnswer, find_workstream(request, workstream.incident, pk))
