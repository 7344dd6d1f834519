"""Parallel lines of work."""

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.response import Response

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import LARGEST_ID, Answer, Body, Line, ManyNamed, Named, People, Person, Reason, Waiver
from teams.models import Function, Service, TechnicalDomain

from ..lookups import find_incident, find_workstream
from ..models import StreamRead, Workstream, WorkstreamDependency
from ..models.workstreams import WorkstreamKind, WorkstreamState
from .reach import require_responder


class WorkstreamAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=WorkstreamKind)
    goal = serializers.CharField()
    component = Named(Service, allow_null=True)
    domain = Named(TechnicalDomain, allow_null=True)
    owner = Person(allow_null=True)
    state = serializers.ChoiceField(choices=WorkstreamState)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    last_word_at = serializers.DateTimeField(allow_null=True)
    next_word_at = serializers.DateTimeField(allow_null=True, help_text="When its owner promised to say more.")
    blocked_by = serializers.SerializerMethodField(help_text="What it waits for, as far as you may know.")
    restricted = serializers.BooleanField(help_text="Only for its owner, its readers and administrators.")

    def get_blocked_by(self, workstream) -> list[int]:
        return [each.blocking_id for each in workstream.live_waits]


def streams_of(request):
    """The workstreams of the incident in the address that the asker may know of."""
    number = request.parser_context["kwargs"]["number"]
    return Workstream.objects.visible_to(request.membership).filter(incident__number=number)


class Stream(serializers.IntegerField):
    """One workstream of the incident, by id."""

    default_error_messages = {"missing": "There is no such workstream."}

    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 1, "max_value": LARGEST_ID, **kwargs})

    def run_validation(self, data=empty):
        pk = super().run_validation(data)
        return streams_of(self.context["request"]).filter(pk=pk).first() or self.fail("missing")


class Streams(serializers.ListField):
    """Workstreams of the incident, by id, of those that the asker may know of."""

    child = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)

    def to_internal_value(self, data):
        ids = list(dict.fromkeys(super().to_internal_value(data)))
        found = streams_of(self.context["request"]).in_bulk(ids)
        if missing := [place for place, pk in enumerate(ids) if pk not in found]:
            raise serializers.ValidationError({place: ["There is no such workstream."] for place in missing})
        return [found[pk] for pk in ids]


class Opening(Body):
    title = Line(max_length=120)
    kind = serializers.ChoiceField(choices=WorkstreamKind, required=False)
    goal = Line(max_length=300, required=False, allow_blank=True)
    component = Named(Service, required=False, allow_null=True)
    blocked_by = Streams(required=False, max_length=50)
    waiver = Waiver()
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
    goal = Line(max_length=300, required=False, allow_blank=True)
    component = Named(Service, required=False)
    next_word_at = serializers.DateTimeField(required=False)
    blocked_by = Streams(required=False, max_length=50, help_text="All that it waits for.")


class DependencyAnswer(Answer):
    id = serializers.IntegerField()
    waiting = serializers.IntegerField(source="waiting_id")
    blocked_by = serializers.IntegerField(source="blocking_id")
    reason = serializers.CharField()
    added_at = serializers.DateTimeField()


class NewDependency(Body):
    blocked_by = Stream(help_text="The one it waits for.")
    reason = Reason(max_length=300)


class HowFar(Body):
    entry = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The `entry` of the last message.")


class Workstreams(Endpoint):
    @listing(WorkstreamAnswer)
    def get(self, request, number):
        """List the workstreams. Stakeholders read briefings and not threads: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(WorkstreamAnswer, incident.workstreams.for_reading(self.member), ascending=True)

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
        opened = self.find(incident.workstreams.for_reading(self.member), pk=entry.workstream_id)
        return self.answer(WorkstreamAnswer, opened, status=201)


class OneWorkstream(Endpoint):
    @operation(answer=WorkstreamAnswer)
    def get(self, request, number, pk):
        """Read a workstream."""
        incident = find_incident(request, number)
        return self.answer(WorkstreamAnswer, self.find(incident.workstreams.for_reading(self.member), pk=pk))

    @operation(body=WorkstreamChange, answer=WorkstreamAnswer)
    def patch(self, request, number, pk):
        """Rename a workstream, give it to somebody, say that it is done, or what it waits for."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        asked = self.body(WorkstreamChange)
        with unchanged_is_fine():
            workstream.change(by=self.member, **asked)
        return self.answer(WorkstreamAnswer, self.find(workstream.incident.workstreams.for_reading(self.member), pk=pk))


class Dependencies(Endpoint):
    @listing(DependencyAnswer)
    def get(self, request, number, pk):
        """List what a workstream waits for, and what waits for it."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        found = WorkstreamDependency.objects.live().visible_to(self.member)
        return self.page(DependencyAnswer, found.filter(Q(waiting=workstream) | Q(blocking=workstream)), ascending=True)

    @operation(body=NewDependency, answer=DependencyAnswer, status=201)
    def post(self, request, number, pk):
        """Say that a workstream waits for another one, whose owner is told. Circles are refused by name."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        asked = self.body(NewDependency)
        entry = WorkstreamDependency.add(workstream, asked.pop("blocked_by"), by=self.member, **asked)
        added = WorkstreamDependency.objects.get(pk=entry.details["dependency"])
        return self.answer(DependencyAnswer, added, status=201)


class OneDependency(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """Say that it waits no longer. Its owner is told."""
        incident = find_incident(request, number)
        found = WorkstreamDependency.objects.visible_to(self.member).filter(incident=incident).with_workstreams()
        dependency = self.find(found, pk=pk)
        dependency.incident = dependency.waiting.incident = incident
        dependency.resolve(by=self.member)
        return Response(status=204)


class Reading(Endpoint):
    @operation(body=HowFar, status=204)
    def put(self, request, number, pk):
        """Say how far you have read a workstream. It never goes back."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        entry = min(self.body(HowFar)["entry"], workstream.last_number)
        StreamRead.note(workstream.incident, {(workstream.pk, self.member.pk): entry})
        return Response(status=204)


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
