"""Symptoms: what several customers see alike."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person
from teams.models import Service

from ..boards.theories import symptoms_like
from ..lookups import find_incident, find_symptom
from ..models import Symptom
from ..tally import Tally
from .parts import ReportParts, SymptomPart
from .reach import require_responder
from .reports import DIRECTIONS


class SegmentAnswer(Answer):
    segment = serializers.CharField(source="0")
    customers = serializers.IntegerField(source="1")


class SymptomAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    service = Named(Service, allow_null=True)
    merged_into = serializers.IntegerField(source="merged_into_id", allow_null=True)
    reports = serializers.IntegerField(source="counted.reports")
    customers = serializers.IntegerField(source="counted.customers")
    direction = serializers.ChoiceField(choices=DIRECTIONS, source="counted.direction")
    segments = serializers.SerializerMethodField()
    first_seen_at = serializers.DateTimeField(source="counted.first_seen_at", allow_null=True)
    last_at = serializers.DateTimeField(source="counted.last_at", allow_null=True)
    hypotheses = serializers.ListField(
        child=serializers.IntegerField(), help_text="Open theories that may be about the same, by `id`: a hint."
    )
    named_by = Person(allow_null=True)
    named_at = serializers.DateTimeField()

    def get_segments(self, symptom) -> SegmentAnswer(many=True):
        return [{"segment": segment, "customers": customers} for segment, customers in symptom.counted.segments]


class Naming(Body):
    title = Line(max_length=200)
    service = Named(Service, required=False, allow_null=True)
    reports = ReportParts()


class Gathering(Body):
    reports = ReportParts()


class SameAs(Body):
    into = SymptomPart(source="other", required=True, allow_null=False)


class SymptomEndpoint(Endpoint):
    """What every act on a symptom shares: it is found, something happens, and it is read again with its numbers."""

    def find_one(self, request, number, pk):
        incident = find_incident(request, number)
        return find_symptom(request, incident, pk)

    def answer_as_it_is(self, incident, pk, status=200):
        symptom = Symptom.objects.for_reading().get(incident=incident, pk=pk)
        return self.answer(SymptomAnswer, self.counted(incident)([symptom])[0], status=status)

    def counted(self, incident):
        """Reads the numbers of a page at once."""

        def count(symptoms):
            tally = Tally(incident)
            theories = list(incident.hypotheses.visible_to(self.member).undecided().select_related("component"))
            for symptom in symptoms:
                symptom.counted = tally.of(symptom)
                symptom.hypotheses = [each.pk for each in theories if symptoms_like(each, [symptom])]
            return symptoms

        return count


class Symptoms(SymptomEndpoint):
    @listing(SymptomAnswer)
    def get(self, request, number):
        """List the symptoms, merged ones too. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        found = incident.symptoms.for_reading()
        return self.page(SymptomAnswer, found, ascending=True, prepare=self.counted(incident))

    @operation(body=Naming, answer=SymptomAnswer, status=201)
    def post(self, request, number):
        """Name what several reports have in common. The support liaison sorts the reports."""
        incident = find_incident(request, number)
        entry = Symptom.name(incident, by=self.member, **self.body(Naming))
        return self.answer_as_it_is(incident, entry.details["symptom"], 201)


class OneSymptom(SymptomEndpoint):
    @operation(answer=SymptomAnswer)
    def get(self, request, number, pk):
        """Read a symptom."""
        symptom = self.find_one(request, number, pk)
        return self.answer_as_it_is(symptom.incident, symptom.pk)


class SymptomReports(SymptomEndpoint):
    @operation(body=Gathering, answer=SymptomAnswer)
    def post(self, request, number, pk):
        """Put reports under it, wherever they were."""
        symptom = self.find_one(request, number, pk)
        symptom.gather(by=self.member, **self.body(Gathering))
        return self.answer_as_it_is(symptom.incident, symptom.pk)


class SymptomMerge(SymptomEndpoint):
    @operation(body=SameAs, answer=SymptomAnswer)
    def post(self, request, number, pk):
        """It is the same as another one, which gets its reports and is the answer."""
        symptom = self.find_one(request, number, pk)
        other = self.body(SameAs)["other"]
        symptom.merge_into(other, by=self.member)
        return self.answer_as_it_is(symptom.incident, other.pk)


class SymptomSplit(SymptomEndpoint):
    @operation(body=Naming, answer=SymptomAnswer, status=201)
    def post(self, request, number, pk):
        """Some of its reports are something else: they get a name of their own, which is the answer."""
        symptom = self.find_one(request, number, pk)
        entry = symptom.split(by=self.member, **self.body(Naming))
        return self.answer_as_it_is(symptom.incident, entry.details["symptom"], 201)
