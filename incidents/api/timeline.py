"""Everything that happened, in order: the same facts that sockets carry. And what people put on the record by hand."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import Audience
from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import LARGEST_ID, Answer, Body, CommaSeparated, Reason, Text

from .. import kinds
from ..fragments import attach_messages, facts_of, rfc3339
from ..lookups import find_incident, find_message
from ..models import TimelineEntry
from ..models.timeline import NOTE_LENGTH
from ..paging import AsItHappened, ByNumber

NUMBER, HAPPENED = "number", "happened"


class EntryAnswer(Answer):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField(help_text="When it happened, as far as is known now.")
    first_said_at = serializers.DateTimeField(
        help_text="When it happened as the entry first said; differs from `at` after a correction."
    )
    recorded_at = serializers.DateTimeField()
    actor = serializers.EmailField(allow_null=True, help_text="Null where the system acted.")
    details = serializers.DictField()

    def to_representation(self, entry):
        moments = {"first_said_at": rfc3339(entry.happened_at), "recorded_at": rfc3339(entry.recorded_at)}
        return {**facts_of(entry), **moments}


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
    workstream = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    audience = serializers.ChoiceField(
        choices=Audience, required=False, help_text="Updates to this audience, and what its clock said."
    )
    person = serializers.EmailField(required=False, help_text="E-mail: what this member did.")
    q = Text(required=False, max_length=200, help_text="Words in entries and messages.")
    order = serializers.ChoiceField(
        choices=[NUMBER, HAPPENED],
        default=NUMBER,
        help_text="`happened`: by the time at which things took place; `after` still names the last entry you read.",
    )


class Note(Body):
    text = Text(max_length=NOTE_LENGTH)
    happened_at = serializers.DateTimeField(required=False, help_text="Now, unless it was earlier.")


class TimeOfEntry(Body):
    happened_at = serializers.DateTimeField()
    reason = Reason(max_length=500)


class PinTime(Body):
    happened_at = serializers.DateTimeField(required=False, help_text="The time of the message, unless it is given.")


class Timeline(Endpoint):
    @operation(answer=pages_of(EntryAnswer), query=TimelineQuery)
    def get(self, request, number):
        """Read the timeline from a number on, in order. Stakeholders get what is meant for briefings."""
        readable = find_incident(request, number).timeline.visible_to(self.member)
        asked = self.query(TimelineQuery)
        order = AsItHappened(readable) if asked["order"] == HAPPENED else ByNumber("number")
        return self.page(
            EntryAnswer,
            narrowed(readable.for_reading(), asked),
            asked,
            key="number",
            parameter="after",
            prepare=attach_messages,
            upward=order.upward,
        )

    @operation(
        body=Note,
        answer=EntryAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A call",
                {"text": "The provider confirmed on the phone.", "happened_at": "2026-03-01T14:05:00Z"},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Write a note on the timeline, for whoever works on the incident."""
        incident = find_incident(request, number)
        entry = TimelineEntry.note(incident, by=self.member, **self.body(Note))
        return answer_entry(self, incident, entry.number, status=201)


class OneEntry(Endpoint):
    @operation(answer=EntryAnswer)
    def get(self, request, number, entry):
        """Read one entry."""
        return answer_entry(self, find_incident(request, number), entry)

    @operation(body=TimeOfEntry, answer=EntryAnswer)
    def patch(self, request, number, entry):
        """Correct when a note or a pinned message happened. The correction is an entry of its own."""
        incident = find_incident(request, number)
        found = self.find(incident.timeline.visible_to(self.member), number=entry)
        with unchanged_is_fine():
            found.correct_time(by=self.member, **self.body(TimeOfEntry))
        return answer_entry(self, incident, entry)


class Pin(Endpoint):
    @operation(body=PinTime, answer=EntryAnswer)
    def put(self, request, number, pk):
        """Pin a message to the timeline, at its own time."""
        incident = find_incident(request, number)
        message = find_message(request, incident, pk)
        with unchanged_is_fine():
            message.put_on_record(by=self.member, **self.body(PinTime))
        return answer_entry(self, incident, message.pin.number)

    @operation(status=204)
    def delete(self, request, number, pk):
        """Take a message off the timeline; that it was pinned stays."""
        message = find_message(request, find_incident(request, number), pk)
        with unchanged_is_fine():
            message.take_off_record(by=self.member)
        return Response(status=204)


def answer_entry(endpoint, incident, number, *, status=200):
    entries = incident.timeline.visible_to(endpoint.member).for_reading()
    return endpoint.answer(EntryAnswer, attach_messages([endpoint.find(entries, number=number)])[0], status=status)


def narrowed(entries, asked):
    if function := asked.get("function"):
        entries = entries.by_function(function)
    if names := asked.get("kind"):
        entries = entries.of_kinds(*names)
    if workstream := asked.get("workstream"):
        entries = entries.in_workstream(workstream)
    if audience := asked.get("audience"):
        entries = entries.about_audience(audience)
    if email := asked.get("person"):
        entries = entries.by_member(email)
    return entries.saying(words) if (words := asked.get("q")) else entries
