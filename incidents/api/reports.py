"""Reports: what customers see, for an incident or before there is one, and what they add up to."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person, Text
from teams.models import Service

from .. import listening
from ..lookups import find_incident, find_report
from ..models import SupportReport
from ..models.reports import MAX_LENGTH, MOST_CUSTOMERS
from ..tally import Tally
from .merging import IncidentNumber
from .parts import SymptomPart
from .reach import require_responder

DIRECTIONS = (listening.RISING, listening.FALLING, listening.STEADY, listening.QUIET)


class ReportAnswer(Answer):
    id = serializers.IntegerField()
    incident = serializers.IntegerField(source="incident.number", default=None, allow_null=True)
    symptom = serializers.IntegerField(source="symptom_id", allow_null=True)
    error_text = serializers.CharField(help_text="What the customer sees.")
    feature = serializers.CharField()
    segment = serializers.CharField()
    service = Named(Service, allow_null=True)
    source = serializers.ChoiceField(choices=SupportReport.Source)
    ticket = serializers.CharField(help_text="An address, or a number.")
    count = serializers.IntegerField(help_text="How many customers said so when it was written down.")
    customers = serializers.IntegerField(help_text="How many by now.")
    seen_at = serializers.DateTimeField()
    reported_by = Person()
    reported_at = serializers.DateTimeField()


class Reporting(Body):
    error_text = Text(max_length=MAX_LENGTH)
    feature = Line(max_length=120, required=False, allow_blank=True)
    segment = Line(max_length=80, required=False, allow_blank=True)
    service = Named(Service, required=False, allow_null=True)
    source = serializers.ChoiceField(choices=SupportReport.Source, required=False)
    ticket = Line(max_length=500, required=False, allow_blank=True)
    count = serializers.IntegerField(required=False, min_value=1, max_value=MOST_CUSTOMERS)
    seen_at = serializers.DateTimeField(required=False, help_text="Now, unless it is given.")


class NewReport(Reporting):
    """What every member tells, with an incident or without."""

    incident = IncidentNumber(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)


class NewIncidentReport(Reporting):
    symptom = SymptomPart(help_text="The one it is like.")


class OneMore(Body):
    ticket = Line(max_length=500, required=False, allow_blank=True, help_text="Of the other customer.")


class Bringing(Body):
    incident = IncidentNumber(min_value=1, max_value=2**31 - 1)


class ReportQuery(Paging):
    symptom = serializers.IntegerField(required=False, min_value=0, help_text="One symptom by `id`; 0: not sorted.")


class LeadTimeAnswer(Answer):
    first_report_at = serializers.DateTimeField()
    first_alert_at = serializers.DateTimeField(allow_null=True)
    declared_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(
        help_text="From the first report to the first alert, or the declaration where there was none; negative where "
        "that came first."
    )


class CountedSymptom(Answer):
    id = serializers.IntegerField()
    key = serializers.CharField()
    title = serializers.CharField()
    customers = serializers.IntegerField(source="counted.customers")
    direction = serializers.ChoiceField(choices=DIRECTIONS, source="counted.direction")


class TallyAnswer(Answer):
    reports = serializers.IntegerField(source="total.reports")
    customers = serializers.IntegerField(source="total.customers")
    recent = serializers.IntegerField(source="total.recent", help_text="Customers of the last quarter of an hour.")
    before = serializers.IntegerField(source="total.before", help_text="Customers of the quarter before.")
    direction = serializers.ChoiceField(choices=DIRECTIONS, source="total.direction")
    lead_time = LeadTimeAnswer(allow_null=True)
    symptoms = CountedSymptom(many=True)


class Reports(Endpoint):
    @listing(ReportAnswer)
    def get(self, request):
        """List the reports that no incident has, the newest first; for stakeholders their own."""
        found = SupportReport.objects.visible_to(self.member).for_reading()
        return self.page(ReportAnswer, found.waiting() if self.member.is_responder else found)

    @operation(
        body=NewReport,
        answer=ReportAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A report",
                {"error_text": "Card declined, the bank says it is fine", "segment": "Europe", "ticket": "ZD-4711"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Tell what customers see. Every member may; an incident is not needed."""
        return self.answer(ReportAnswer, SupportReport.file(by=self.member, **self.body(NewReport)), status=201)


class OneReport(Endpoint):
    @operation(answer=ReportAnswer)
    def get(self, request, pk):
        """Read a report."""
        return self.answer(ReportAnswer, find_report(request, pk))


class ReportEchoes(Endpoint):
    @operation(body=OneMore, answer=ReportAnswer, status=201)
    def post(self, request, pk):
        """One more customer says the same: once for each member, or for each of their tickets."""
        find_report(request, pk).count_one_more(by=self.member, **self.body(OneMore))
        return self.answer(ReportAnswer, find_report(request, pk), status=201)


class ReportIncident(Endpoint):
    @operation(body=Bringing, answer=ReportAnswer)
    def post(self, request, pk):
        """Bring a report that waits to an incident."""
        report = find_report(request, pk)
        require_responder(request)
        SupportReport.attach([report], self.body(Bringing)["incident"], by=self.member)
        return self.answer(ReportAnswer, find_report(request, pk))


class IncidentReports(Endpoint):
    @operation(answer=pages_of(ReportAnswer), query=ReportQuery)
    def get(self, request, number):
        """List the reports of an incident, the newest first. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        asked = self.query(ReportQuery)
        found = incident.reports.for_reading()
        if "symptom" in asked:
            found = found.filter(symptom=asked["symptom"] or None)
        return self.page(ReportAnswer, found, asked)

    @operation(body=NewIncidentReport, answer=ReportAnswer, status=201)
    def post(self, request, number):
        """Tell what customers see. Everybody who may see the incident may."""
        incident = find_incident(request, number)
        report = SupportReport.file(incident=incident, by=self.member, **self.body(NewIncidentReport))
        return self.answer(ReportAnswer, report, status=201)


class ReportTally(Endpoint):
    @operation(answer=TallyAnswer)
    def get(self, request, number):
        """Read what the reports add up to: how many, where it goes, who knew first. Stakeholders: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.answer(TallyAnswer, Tally(incident))
