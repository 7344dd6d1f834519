"""Exceptions: who may speak in a technical workstream for a while."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person

from ..lookups import find_incident, find_workstream, require_responder
from ..models import StreamException, Workstream
from ..models.stream_exceptions import LONGEST_MINUTES


class ExceptionAnswer(Answer):
    id = serializers.IntegerField()
    workstream = serializers.IntegerField(source="workstream_id")
    member = Person(source="membership")
    until = serializers.DateTimeField()
    granted_by = Person(allow_null=True)
    granted_at = serializers.DateTimeField()


class NewException(Body):
    member = Person(source="membership")
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES)


class Exceptions(Endpoint):
    @listing(ExceptionAnswer)
    def get(self, request, number, pk):
        """List who is let in now."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        return self.page(ExceptionAnswer, workstream.exceptions.in_force(timezone.now()).with_people())

    @operation(
        body=NewException,
        answer=ExceptionAnswer,
        status=201,
        examples=[OpenApiExample("Half an hour", {"member": "ruth@acme.test", "minutes": 30}, request_only=True)],
    )
    def post(self, request, number, pk):
        """Let somebody from outside speak in a technical workstream for some minutes."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        entry = StreamException.grant(workstream, by=self.member, **self.body(NewException))
        granted = workstream.exceptions.with_people().get(pk=entry.details["exception"])
        return self.answer(ExceptionAnswer, granted, status=201)


class OneException(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """End an exception before its time."""
        incident = find_incident(request, number)
        require_responder(request)
        known = Workstream.objects.visible_to(self.member).filter(incident=incident)
        exception = self.find(StreamException.objects.with_people().filter(workstream__in=known), pk=pk)
        exception.workstream.incident = incident
        exception.revoke(by=self.member)
        return Response(status=204)
