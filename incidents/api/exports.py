"""An incident to take along, in one file."""

from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer

from ..exports import FORMATS, download
from ..exports.contents import FORMAT, Participation, RoleInterval
from ..lookups import find_incident
from .changes import ChangeAnswer
from .decisions import DecisionAnswer
from .documents import DocumentAnswer
from .findings import FindingAnswer
from .questions import AskAnswer, BriefingAnswer, QuestionAnswer
from .tasks import TaskAnswer
from .theories import FixAnswer, HypothesisAnswer
from .timeline import EntryAnswer
from .updates import UpdateAnswer
from .waivers import WaiverAnswer
from .workstreams import WorkstreamAnswer


class ExportAnswer(Answer):
    """What a stakeholder may not read is left out, lists included."""

    format = serializers.ChoiceField(choices=[FORMAT])
    exported_at = serializers.DateTimeField()
    exported_by = serializers.EmailField()
    entry = serializers.IntegerField(help_text="The last entry that it reflects.")
    seal = serializers.CharField(allow_null=True, help_text="The hash of that entry, which seals all before it.")
    record = serializers.URLField(help_text="Where the record itself is.")
    incident = serializers.DictField()
    roles = RoleInterval(many=True)
    participants = Participation(many=True)
    updates = UpdateAnswer(many=True)
    questions = QuestionAnswer(many=True)
    asks = AskAnswer(many=True, required=False)
    briefings = BriefingAnswer(many=True)
    findings = FindingAnswer(many=True, required=False)
    tasks = TaskAnswer(many=True, required=False)
    workstreams = WorkstreamAnswer(many=True, required=False)
    decisions = DecisionAnswer(many=True, required=False)
    changes = ChangeAnswer(many=True, required=False)
    hypotheses = HypothesisAnswer(many=True, required=False)
    fix_attempts = FixAnswer(many=True, required=False)
    waivers = WaiverAnswer(many=True, required=False)
    documents = DocumentAnswer(many=True, required=False)
    timeline = EntryAnswer(many=True)


class JsonExport(Endpoint):
    @operation(answer=ExportAnswer)
    def get(self, request, number):
        """Take an incident along as JSON: everything you may read of it. It is streamed."""
        return download(find_incident(request, number), self.member, FORMATS["json"])


class MarkdownExport(Endpoint):
    @operation(status=(200, "text/markdown"), answer=OpenApiTypes.STR)
    def get(self, request, number):
        """Take an incident along as Markdown: everything you may read of it. It is streamed."""
        return download(find_incident(request, number), self.member, FORMATS["md"])
