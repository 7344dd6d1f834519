"""Spikes: what more reports than usual propose, and what a person says to it."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from playbooks.models import Severity
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person, Text, Waiver

from ..lookups import find_spike
from ..models import Incident, Spike
from ..models.spikes import SpikeState
from .merging import IncidentNumber
from .reach import require_responder


class SpikeAnswer(Answer):
    id = serializers.IntegerField()
    incident = serializers.IntegerField(source="incident.number", default=None, allow_null=True)
    severity = Named(Severity, allow_null=True, help_text="What is proposed; null: to declare an incident.")
    customers = serializers.IntegerField(help_text="How many wrote in a quarter of an hour.")
    usual = serializers.FloatField(help_text="How many usually do, by the day before.")
    seen_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=SpikeState)
    reason = serializers.CharField()
    answered_by = Person(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    led_to = serializers.SerializerMethodField(
        help_text="The incident that has its reports; null if it is not for you."
    )

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_led_to(self, spike):
        found = spike.led_to
        if found is None or (found.private and not _is_visible(found, self.context["request"].membership)):
            return None
        return found.number


def _is_visible(incident, membership):
    return Incident.objects.visible_to(membership).filter(pk=incident.pk).exists()


class Accepting(Body):
    title = Line(max_length=200, required=False, allow_blank=True, help_text="Of the incident that is declared.")
    incident = IncidentNumber(
        required=False, allow_null=True, min_value=1, max_value=2**31 - 1, help_text="It is about this one: join it."
    )
    waiver = Waiver()


class Dismissing(Body):
    reason = Text(max_length=500)


class Spikes(Endpoint):
    @listing(SpikeAnswer)
    def get(self, request):
        """List the spikes, the newest first. Stakeholders: 404."""
        require_responder(request)
        return self.page(SpikeAnswer, Spike.objects.visible_to(self.member).for_reading())


class SpikeAcceptance(Endpoint):
    @operation(body=Accepting, answer=SpikeAnswer)
    def post(self, request, pk):
        """Do what is proposed: declare an incident with the reports that wait, join an open one, or raise it."""
        find_spike(request, pk).accept(by=self.member, **self.body(Accepting))
        return self.answer(SpikeAnswer, find_spike(request, pk))


class SpikeDismissal(Endpoint):
    @operation(body=Dismissing, answer=SpikeAnswer)
    def post(self, request, pk):
        """Nothing follows from it, for a reason."""
        find_spike(request, pk).dismiss(by=self.member, **self.body(Dismissing))
        return self.answer(SpikeAnswer, find_spike(request, pk))
