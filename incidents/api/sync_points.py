"""Sync points: who meets about which workstreams, and what came of it."""

from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, People, Person, Query, Reason, Text, Waiver

from ..lookups import find_incident, find_sync_point
from ..models import SyncPoint
from ..models.sync_points import SyncPointState
from .reach import require_responder
from .workstreams import Streams


class SyncPointAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    purpose = serializers.CharField()
    starts_at = serializers.DateTimeField()
    attendees = serializers.SerializerMethodField()
    workstreams = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=SyncPointState)
    outcome = serializers.CharField()
    called_by = Person(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_attendees(self, sync) -> list[str]:
        return [member.email for member in sync.attendees.all()]

    def get_workstreams(self, sync) -> list[int]:
        return [stream.pk for stream in sync.streams.all()]


class Calling(Body):
    title = Line(max_length=120)
    purpose = Line(max_length=300, required=False, allow_blank=True)
    starts_at = serializers.DateTimeField()
    attendees = People(required=False)
    workstreams = Streams(required=False, max_length=50, source="streams", help_text="Their owners are asked, too.")
    waiver = Waiver()


class SyncOutcome(Body):
    outcome = Text(max_length=2000)


class Cancelling(Query):
    reason = Reason(max_length=500)


class SyncPoints(Endpoint):
    @listing(SyncPointAnswer)
    def get(self, request, number):
        """List the sync points of an incident."""
        incident = find_incident(request, number)
        require_responder(request)
        found = SyncPoint.objects.visible_to(self.member).filter(incident=incident).with_people()
        return self.page(SyncPointAnswer, found, ascending=True)

    @operation(body=Calling, answer=SyncPointAnswer, status=201)
    def post(self, request, number):
        """Ask people to meet, who are told now and reminded five minutes before. The lead's to do."""
        incident = find_incident(request, number)
        entry = SyncPoint.call(incident, by=self.member, **self.body(Calling))
        return self.answer(SyncPointAnswer, find_sync_point(request, incident, entry.details["sync"]), status=201)


class OneSyncPoint(Endpoint):
    @operation(answer=SyncPointAnswer)
    def get(self, request, number, pk):
        """Read a sync point."""
        return self.answer(SyncPointAnswer, find_sync_point(request, find_incident(request, number), pk))

    @operation(status=204, query=Cancelling)
    def delete(self, request, number, pk):
        """Cancel a sync point. Whoever was asked is told."""
        find_sync_point(request, find_incident(request, number), pk).cancel(by=self.member, **self.query(Cancelling))
        return Response(status=204)


class OutcomeOfSyncPoint(Endpoint):
    @operation(body=SyncOutcome, answer=SyncPointAnswer)
    def post(self, request, number, pk):
        """Write down what came of a sync point, once."""
        sync = find_sync_point(request, find_incident(request, number), pk)
        sync.hold(by=self.member, **self.body(SyncOutcome))
        return self.answer(SyncPointAnswer, find_sync_point(request, sync.incident, pk))
