"""Everything that happened, in order: the same facts that sockets carry."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import LARGEST_ID, Answer, CommaSeparated

from .. import kinds
from ..fragments import attach_messages, facts_of, rfc3339
from ..lookups import find_incident


class EntryAnswer(Answer):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    actor = serializers.EmailField(allow_null=True, help_text="Null where the system acted.")
    details = serializers.DictField()

    def to_representation(self, entry):
        return {**facts_of(entry), "recorded_at": rfc3339(entry.recorded_at)}


class TimelineQuery(Paging):
    limit = serializers.IntegerField(default=100, min_value=1, max_value=1000)
    cursor = None
    after = serializers.IntegerField(
        source="cursor", default=0, min_value=0, max_value=LARGEST_ID, help_text="Entries with a higher number."
    )
    function = serializers.CharField(required=False, help_text="Slug: what people of this function did.")
    kind = CommaSeparated(
        choices=[kind.name for kind in kinds.all_kinds()], required=False, help_text="Kinds, separated by commas."
    )


class Timeline(Endpoint):
    @operation(answer=pages_of(EntryAnswer), query=TimelineQuery)
    def get(self, request, number):
        """Read the timeline from a number on, in order. Stakeholders get what is meant for briefings."""
        incident = find_incident(request, number)
        asked = self.query(TimelineQuery)
        entries = incident.timeline.visible_to(self.member).for_reading()
        if function := asked.get("function"):
            entries = entries.by_function(function)
        if names := asked.get("kind"):
            entries = entries.of_kinds(*names)
        order = {"key": "number", "ascending": True, "parameter": "after"}
        return self.page(EntryAnswer, entries, asked, prepare=attach_messages, **order)
