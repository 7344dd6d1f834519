"""Findings: what is reported to the lead, and that it was heard."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Named, Person, Text, Waiver
from teams.models import TechnicalDomain

from ..lookups import find_finding, find_incident
from ..models import Finding
from ..models.findings import REMARK_LENGTH, Confidence, FindingState, RemarkKind
from .parts import MessagePart, WorkstreamPart
from .reach import require_responder

LINE = 2000


class RemarkAnswer(Answer):
    kind = serializers.ChoiceField(choices=RemarkKind)
    text = serializers.CharField()
    made_by = Person(allow_null=True)
    made_at = serializers.DateTimeField()


class FindingAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    domain = Named(TechnicalDomain, allow_null=True)
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="What it was raised from.")
    condition = serializers.CharField()
    actions = serializers.CharField()
    needs = serializers.CharField()
    meaning = serializers.CharField()
    confidence = serializers.ChoiceField(choices=Confidence)
    evidence = serializers.CharField(help_text="A link, or empty.")
    needs_action = serializers.BooleanField()
    state = serializers.ChoiceField(choices=FindingState)
    reason = serializers.CharField(help_text="Why it was set aside.")
    raised_by = Person(allow_null=True)
    raised_at = serializers.DateTimeField()
    acknowledge_by = serializers.DateTimeField()
    settled_by = Person(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    corrects = serializers.IntegerField(
        source="corrects_id", allow_null=True, help_text="The finding whose place it takes."
    )
    corrected_by = serializers.IntegerField(source="corrected_by.pk", default=None, allow_null=True)
    remarks = RemarkAnswer(source="remarks.all", many=True, help_text="What was asked about it, and replied.")


class NewFinding(Body):
    condition = Text(max_length=LINE, help_text="What is.")
    actions = Text(max_length=LINE, required=False, allow_blank=True, help_text="What was done.")
    needs = Text(max_length=LINE, required=False, allow_blank=True, help_text="What is asked of the lead.")
    meaning = Text(max_length=LINE, required=False, allow_blank=True, help_text="What follows from it.")
    confidence = serializers.ChoiceField(choices=Confidence, required=False)
    workstream = WorkstreamPart()
    domain = Named(TechnicalDomain, required=False, allow_null=True, help_text="Else that of the workstream.")
    evidence = serializers.URLField(max_length=500, required=False, allow_blank=True)
    needs_action = serializers.BooleanField(required=False)
    message = MessagePart(help_text="What it is raised from; it then belongs to the message's workstream.")


class Acknowledgement(Body):
    waiver = Waiver()


class SettingAside(Body):
    reason = Text(max_length=500)
    waiver = Waiver()


class Doubt(Body):
    reason = Text(max_length=REMARK_LENGTH)


class Request(Body):
    text = Text(max_length=REMARK_LENGTH)
    waiver = Waiver()


class Reply(Body):
    text = Text(max_length=REMARK_LENGTH)


class CorrectedFinding(Body):
    condition = Text(max_length=LINE)
    actions = Text(max_length=LINE, required=False, allow_blank=True)
    needs = Text(max_length=LINE, required=False, allow_blank=True)
    meaning = Text(max_length=LINE, required=False, allow_blank=True)
    confidence = serializers.ChoiceField(choices=Confidence, required=False, help_text="Else that of the old one.")
    evidence = serializers.URLField(max_length=500, required=False, allow_blank=True)
    needs_action = serializers.BooleanField(required=False)
    reason = Text(max_length=500, required=False, allow_blank=True)


class Findings(Endpoint):
    @listing(FindingAnswer)
    def get(self, request, number):
        """List the findings, in the order of their numbers. For those who work in the incident."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(FindingAnswer, incident.findings.visible_to(self.member).for_reading(), ascending=True)

    @operation(
        body=NewFinding,
        answer=FindingAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A canary",
                {
                    "condition": "5.1 is healthy on the canary",
                    "actions": "Rolled one node back",
                    "needs": "A go from the lead",
                    "meaning": "The release is the cause",
                    "confidence": "high",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Report to the lead, who is reminded until the finding is acknowledged."""
        incident = find_incident(request, number)
        entry = Finding.post(incident, by=self.member, **self.body(NewFinding))
        return self.answer(FindingAnswer, find_finding(request, incident, entry.details["finding"]), status=201)


class OneFinding(Endpoint):
    @operation(answer=FindingAnswer)
    def get(self, request, number, pk):
        """Read a finding."""
        return self.answer(FindingAnswer, find_finding(request, find_incident(request, number), pk))


class Acknowledging(Endpoint):
    @operation(body=Acknowledgement, answer=FindingAnswer)
    def post(self, request, number, pk):
        """Acknowledge a finding: the lead has heard it."""
        finding = find_finding(request, find_incident(request, number), pk)
        finding.acknowledge(by=self.member, **self.body(Acknowledgement))
        return self.answer(FindingAnswer, find_finding(request, finding.incident, pk))


class Dismissal(Endpoint):
    @operation(body=SettingAside, answer=FindingAnswer)
    def post(self, request, number, pk):
        """Set a finding aside, with a reason."""
        finding = find_finding(request, find_incident(request, number), pk)
        finding.set_aside(by=self.member, **self.body(SettingAside))
        return self.answer(FindingAnswer, find_finding(request, finding.incident, pk))


class Challenging(Endpoint):
    @operation(body=Doubt, answer=FindingAnswer)
    def post(self, request, number, pk):
        """Challenge a finding. It goes back to its author, and what rests on it is marked."""
        finding = find_finding(request, find_incident(request, number), pk)
        finding.challenge(by=self.member, **self.body(Doubt))
        return self.answer(FindingAnswer, find_finding(request, finding.incident, pk))


class AskingForMore(Endpoint):
    @operation(body=Request, answer=FindingAnswer)
    def post(self, request, number, pk):
        """Ask whoever raised a finding for more. The lead's."""
        finding = find_finding(request, find_incident(request, number), pk)
        finding.ask_for_more(by=self.member, **self.body(Request))
        return self.answer(FindingAnswer, find_finding(request, finding.incident, pk))


class Replying(Endpoint):
    @operation(body=Reply, answer=FindingAnswer)
    def post(self, request, number, pk):
        """Say more about a finding, or why it stands. The lead is asked to hear it again."""
        finding = find_finding(request, find_incident(request, number), pk)
        finding.reply(by=self.member, **self.body(Reply))
        return self.answer(FindingAnswer, find_finding(request, finding.incident, pk))


class Correction(Endpoint):
    @operation(body=CorrectedFinding, answer=FindingAnswer, status=201)
    def post(self, request, number, pk):
        """Put a new finding in the place of one. The answer is the new one."""
        finding = find_finding(request, find_incident(request, number), pk)
        entry = finding.correct(by=self.member, **self.body(CorrectedFinding))
        corrected = find_finding(request, finding.incident, entry.details["finding"])
        return self.answer(FindingAnswer, corrected, status=201)
