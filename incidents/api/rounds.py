"""Update rounds, and where the sentences of an update come from."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import LARGEST_ID, Answer, Body, Reason, Text, Waiver

from ..boards.sources import Sources
from ..lookups import find_incident
from ..models.updates import problems_in
from ..rounds import Word, tell
from .reach import require_responder
from .updates import UpdateAnswer, find_update


class RoundWord(Body):
    audience = serializers.ChoiceField(choices=Audience)
    body = serializers.DictField(child=Text(allow_blank=True, max_length=1000), required=False, default=dict)
    no_change = Reason(max_length=500)
    next_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1440)
    skip = Reason(max_length=500, help_text="Why this audience is told nothing this time.")

    def validate(self, asked):
        if asked.get("skip") or (asked.get("no_change") and not asked["body"]):
            return asked
        if problems := problems_in(asked["audience"], asked["body"]):
            raise serializers.ValidationError({"body": {name: [sentence] for name, sentence in problems.items()}})
        return asked


class NewRound(Body):
    synthesis = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_ID,
        help_text="The version of what we know that all was written on; 0: none.",
    )
    words = RoundWord(many=True, max_length=4)
    waiver = Waiver()


class RoundAnswer(Answer):
    updates = UpdateAnswer(many=True)
    skipped = serializers.ListField(child=serializers.ChoiceField(choices=Audience))


class Rounds(Endpoint):
    @operation(
        body=NewRound,
        answer=RoundAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Two audiences",
                {
                    "synthesis": 1,
                    "words": [
                        {"audience": "technical", "body": {"text": "Half of the nodes are back."}},
                        {"audience": "leadership", "skip": "They were called ten minutes ago"},
                    ],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Tell several audiences from one version of what we know: all of them or none, after ten seconds."""
        incident = find_incident(request, number)
        asked = self.body(NewRound)
        entries = tell(
            incident,
            [Word(**word) for word in asked["words"]],
            basis=asked["synthesis"],
            by=self.member,
            waiver=asked.get("waiver", ""),
        )
        told = [entry.details["update"] for entry in entries if "update" in entry.details]
        updates = incident.updates.with_people().filter(pk__in=told).order_by("number")
        skipped = [entry.details["audience"] for entry in entries if "update" not in entry.details]
        return self.answer(RoundAnswer, {"updates": updates, "skipped": skipped}, status=201)


class SourceFinding(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    condition = serializers.CharField()
    state = serializers.CharField()


class SourceLineAnswer(Answer):
    line = serializers.CharField()
    text = serializers.CharField()
    findings = SourceFinding(many=True)


class SentenceAnswer(Answer):
    part = serializers.CharField(source="part.name")
    text = serializers.CharField()
    lines = SourceLineAnswer(many=True)


class SourcesAnswer(Answer):
    synthesis = serializers.IntegerField(source="synthesis.version", default=None, allow_null=True)
    sentences = SentenceAnswer(many=True)


class UpdateSources(Endpoint):
    @operation(answer=SourcesAnswer)
    def get(self, request, number, pk):
        """From each part of an update to the lines of what we know that it rests on, and the findings behind those."""
        require_responder(request)
        return self.answer(SourcesAnswer, Sources(find_update(self, request, number, pk), self.member))
