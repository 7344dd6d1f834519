"""Parallel lines of work."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, ManyNamed, Named, People, Person
from teams.models import Function, TechnicalDomain

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
    restricted = serializers.BooleanField(help_text="Only for its owner, its readers and administrators.")


class Opening(Body):
    title = Line(max_length=120)
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    owner = Person(required=False, allow_null=True)
    restricted = serializers.BooleanField(required=False)
    functions = ManyNamed(Function, required=False, help_text="Who may read it where it is restricted.")
    members = People(required=False, help_text="Who may read it where it is restricted.")


class ReadersAnswer(Answer):
    restricted = serializers.BooleanField()
    functions = serializers.ListField(child=serializers.SlugField())
    members = serializers.ListField(child=serializers.EmailField())

    def to_representation(self, workstream):
        readers = list(workstream.readers.select_related("function", "membership__person").order_by("pk"))
        return {
            "restricted": workstream.restricted,
            "functions": [each.function.slug for each in readers if each.function_id],
            "members": [each.membership.email for each in readers if each.membership_id],
        }


class NewReaders(Body):
    functions = ManyNamed(Function, required=False)
    members = People(required=False)


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
        return self.page(WorkstreamAnswer, incident.workstreams.visible_to(self.member).with_people(), ascending=True)

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


class Readers(Endpoint):
    @operation(answer=ReadersAnswer)
    def get(self, request, number, pk):
        """Read to whom a workstream is open, beside its owner and administrators."""
        return self.answer(ReadersAnswer, find_workstream(request, find_incident(request, number), pk))

    @operation(
        body=NewReaders,
        answer=ReadersAnswer,
        examples=[OpenApiExample("For Legal", {"functions": ["legal"]}, request_only=True)],
    )
    def put(self, request, number, pk):
        """Restrict a workstream to some functions and members. For everybody else it does not exist any more."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        with unchanged_is_fine():
            workstream.restrict(by=self.member, **self.body(NewReaders))
        return self.answer(ReadersAnswer, workstream)

    @operation(answer=ReadersAnswer)
    def delete(self, request, number, pk):
        """Open a restricted workstream to everybody on the incident, from its first word on."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        with unchanged_is_fine():
            workstream.open_up(by=self.member)
        return self.answer(ReadersAnswer, workstream)
