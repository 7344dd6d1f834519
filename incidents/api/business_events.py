"""The calendar of the business."""

from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, ManyNamed, Person
from teams.models import Service

from ..models import BusinessEvent
from ..models.business_events import EventKind
from .reach import require_responder


class EventAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=EventKind)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = ManyNamed(Service, source="services.all")
    note = serializers.CharField()
    planned_by = Person(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)


class EventBody(Body):
    name = Line(max_length=120)
    kind = serializers.ChoiceField(choices=EventKind)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    services = ManyNamed(Service, min_length=1, help_text="What it needs to work.")
    note = Line(max_length=500, required=False, allow_blank=True)


class BusinessEvents(Endpoint):
    @listing(EventAnswer)
    def get(self, request):
        """List the events, cancelled ones too, the newest first."""
        return self.page(EventAnswer, BusinessEvent.objects.for_reading())

    @operation(body=EventBody, answer=EventAnswer, status=201)
    def post(self, request):
        """Plan an event. Where an open incident reaches into it, product gets a task."""
        event = BusinessEvent.plan(by=self.member, **self.body(EventBody))
        return self.answer(EventAnswer, self.find(BusinessEvent.objects.for_reading(), pk=event.pk), status=201)


class OneBusinessEvent(Endpoint):
    @operation(answer=EventAnswer)
    def get(self, request, pk):
        """Read an event."""
        return self.answer(EventAnswer, self.find(BusinessEvent.objects.for_reading(), pk=pk))

    @operation(body=EventBody(partial=True), answer=EventAnswer)
    def patch(self, request, pk):
        """Change an event; `services` replaces all."""
        require_responder(request)
        event = self.find(BusinessEvent.objects.all(), pk=pk)
        event.change(by=self.member, **self.body(EventBody, partial=True))
        return self.answer(EventAnswer, self.find(BusinessEvent.objects.for_reading(), pk=pk))

    @operation(status=204)
    def delete(self, request, pk):
        """Cancel an event. Tasks that it has brought stay."""
        require_responder(request)
        self.find(BusinessEvent.objects.all(), pk=pk).cancel(by=self.member)
        return Response(status=204)
