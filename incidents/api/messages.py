"""What people say in a workstream."""

from django.db import transaction
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint, etag, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Query, Reason, Text

from ..lookups import find_incident, find_message, find_workstream
from ..models import Message
from ..models.messages import MAX_LENGTH


class MessageAnswer(Answer):
    id = serializers.IntegerField()
    entry = serializers.IntegerField(source="entry.number")
    workstream = serializers.IntegerField(source="workstream_id")
    author = Person(allow_null=True)
    text = serializers.CharField(help_text="Markdown; empty once it was deleted.")
    html = serializers.CharField(help_text="The same for every reader, and safe to show.")
    version = serializers.IntegerField()
    pinned = serializers.IntegerField(
        source="pin.number", default=None, allow_null=True, help_text="The entry that pins it to the timeline, or null."
    )
    posted_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)


class Words(Body):
    text = Text(max_length=MAX_LENGTH, help_text="Markdown.")


class Deletion(Query):
    reason = Reason(max_length=200)


class Messages(Endpoint):
    @listing(MessageAnswer)
    def get(self, request, number, pk):
        """List the messages of a workstream, the oldest first."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        return self.page(MessageAnswer, workstream.messages.for_reading(), ascending=True)

    @operation(
        body=Words,
        answer=MessageAnswer,
        status=201,
        examples=[
            OpenApiExample("A finding", {"text": "**Replica lag** is back to 2 s, see @tariq"}, request_only=True)
        ],
    )
    def post(self, request, number, pk):
        """Say something in a workstream."""
        workstream = find_workstream(request, find_incident(request, number), pk)
        entry = Message.post(workstream, by=self.member, **self.body(Words))
        return self.answer(MessageAnswer, entry.messages.for_reading().get(), status=201)


class OneMessage(Endpoint):
    @operation(answer=MessageAnswer)
    def get(self, request, number, pk):
        """Read a message. Its `ETag` is its version."""
        return self._answer(find_message(request, find_incident(request, number), pk))

    @operation(body=Words, answer=MessageAnswer, if_match=True)
    def patch(self, request, number, pk):
        """Change one's own words. What they were before is kept."""
        incident = find_incident(request, number)
        message = find_message(request, incident, pk)
        asked = self.body(Words)
        with transaction.atomic():
            incident.lock()
            message.lock()
            self.require_match(message.version)
            with unchanged_is_fine():
                message.edit(by=self.member, **asked)
        return self._answer(find_message(request, incident, pk))

    @operation(status=204, query=Deletion)
    def delete(self, request, number, pk):
        """Take the words back. A tombstone stays."""
        message = find_message(request, find_incident(request, number), pk)
        message.delete_text(by=self.member, **self.query(Deletion))
        return Response(status=204)

    def _answer(self, message):
        return self.answer(MessageAnswer, message, headers={"ETag": etag(message.version)})
