"""One's own notebook in an incident. Nobody else's can be asked for."""

from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Text

from ..lookups import find_incident, find_message, find_private_note
from ..models import PrivateNote
from ..models.notebook import LONGEST_NOTE
from .reach import require_responder


class NoteAnswer(Answer):
    id = serializers.IntegerField()
    text = serializers.CharField(help_text="Empty where only a message is marked.")
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="The message that is marked.")
    written_at = serializers.DateTimeField()


class NoteBody(Body):
    text = Text(max_length=LONGEST_NOTE)


class Notebook(Endpoint):
    @listing(NoteAnswer)
    def get(self, request, number):
        """List what the token's member wrote down for themself, the latest first."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(NoteAnswer, PrivateNote.objects.of(request.membership, incident))

    @operation(body=NoteBody, answer=NoteAnswer, status=201)
    def post(self, request, number):
        """Write something down that nobody else reads."""
        incident = find_incident(request, number)
        require_responder(request)
        note = PrivateNote.write(incident, by=self.member, **self.body(NoteBody))
        return self.answer(NoteAnswer, note, status=201)


class OneNote(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """Tear a note out. It is gone for good."""
        find_private_note(request, find_incident(request, number), pk).tear_out()
        return Response(status=204)


class MessageMark(Endpoint):
    @operation(answer=NoteAnswer)
    def put(self, request, number, pk):
        """Mark a message for oneself, to find it again. Twice is once."""
        message = find_message(request, find_incident(request, number), pk)
        return self.answer(NoteAnswer, PrivateNote.mark(message, by=self.member))
