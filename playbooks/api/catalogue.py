"""Severities with their cadences, and types with the functions they need."""

from django.db.models import Prefetch
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing
from teams.api.shapes import Answer
from teams.models.membership import LeadLevel

from ..models import Audience, IncidentType, RequiredFunction, Severity


class CadencesAnswer(Answer):
    """Minutes between two updates; null: only when something changes."""

    def get_fields(self):
        return {audience.value: serializers.IntegerField(allow_null=True) for audience in Audience}

    def to_representation(self, cadences):
        minutes = {cadence.audience: cadence.minutes for cadence in cadences.all()}
        return {audience.value: minutes.get(audience.value) for audience in Audience}


class SeverityAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    rank = serializers.IntegerField(help_text="1 is the worst.")
    preset = serializers.BooleanField(help_text="Chosen when nothing else is said.")
    participant_cap = serializers.IntegerField(
        allow_null=True, help_text="How many people usually work on it at most; null: as many as come."
    )
    lead_level = serializers.ChoiceField(choices=LeadLevel, help_text="The lowest level of whoever leads.")
    cadences = CadencesAnswer()


class TypeAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    words = serializers.CharField(help_text="Words in a title that suggest this type, separated by commas.")
    required_functions = serializers.SerializerMethodField()

    def get_required_functions(self, incident_type) -> serializers.ListField(child=serializers.SlugField()):
        return [requirement.function.slug for requirement in incident_type.requirements.all()]


class Severities(Endpoint):
    @listing(SeverityAnswer)
    def get(self, request):
        """List the severities, the worst first, with how often each audience hears."""
        severities = Severity.objects.prefetch_related("cadences")
        return self.page(SeverityAnswer, severities, key="rank", ascending=True)


class Types(Endpoint):
    @listing(TypeAnswer)
    def get(self, request):
        """List the types of incidents."""
        requirements = Prefetch("requirements", RequiredFunction.objects.select_related("function").order_by("pk"))
        return self.page(TypeAnswer, IncidentType.objects.prefetch_related(requirements), ascending=True)
