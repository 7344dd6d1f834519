"""Parts of an incident that a body names by their `id`: what the asking member may see of it, and nothing else."""

from rest_framework import serializers

from teams.api.shapes import LARGEST_ID, Lookup

from ..lookups import find_incident
from ..models import ChangeIntent, Finding, Hypothesis, Message, Question, SupportReport, Symptom, Workstream


class Part(Lookup, serializers.IntegerField):
    """A row of the incident in the address, by `id`."""

    model = None
    default_error_messages = {"missing": "There is no such thing in this incident."}

    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 1, "max_value": LARGEST_ID, "required": False, "allow_null": True, **kwargs})

    def find(self, pk):
        request = self.context["request"]
        number = request.parser_context["kwargs"]["number"]
        return self.model.objects.visible_to(request.membership).filter(incident__number=number, pk=pk).first()

    def to_representation(self, row):
        return row.pk


class WorkstreamPart(Part):
    model = Workstream
    default_error_messages = {"missing": "There is no such workstream in this incident."}


class MessagePart(Part):
    model = Message
    default_error_messages = {"missing": "There is no such message in this incident."}


class FindingPart(Part):
    model = Finding
    default_error_messages = {"missing": "There is no such finding in this incident."}


class QuestionPart(Part):
    default_error_messages = {"missing": "There is no such question in this incident."}

    def find(self, pk):
        request = self.context["request"]
        incident = find_incident(request, request.parser_context["kwargs"]["number"])
        return Question.objects.visible_to(request.membership, incident).with_people().filter(pk=pk).first()


class HypothesisPart(Part):
    model = Hypothesis
    default_error_messages = {"missing": "There is no such theory in this incident."}


class ChangePart(Part):
    model = ChangeIntent
    default_error_messages = {"missing": "There is no such change in this incident."}


class ReportParts(serializers.ListField):
    """Several reports of the incident, by `id`; found in one query however many there are."""

    child = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    default_error_messages = {"missing": "There is no such report in this incident."}

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 1000, **kwargs})

    def to_internal_value(self, data):
        keys = super().to_internal_value(data)
        request = self.context["request"]
        number = request.parser_context["kwargs"]["number"]
        reports = SupportReport.objects.visible_to(request.membership).filter(incident__number=number, pk__in=keys)
        found = {report.pk: report for report in reports}
        if missing := [position for position, pk in enumerate(keys) if pk not in found]:
            sentence = self.error_messages["missing"]
            raise serializers.ValidationError({position: [sentence] for position in missing})
        return list(found.values())


class SymptomPart(Part):
    model = Symptom
    default_error_messages = {"missing": "There is no such symptom in this incident."}
