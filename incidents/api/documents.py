"""Documents elsewhere that belong to an incident; none of them is its record."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Person

from ..lookups import find_document, find_incident
from ..models import Document
from ..models.documents import web_address
from .reach import require_responder


class DocumentAnswer(Answer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    url = serializers.URLField()
    note = serializers.CharField(help_text="Empty where nothing was said.")
    added_by = Person(allow_null=True)
    added_at = serializers.DateTimeField()


class Listing(Body):
    title = Line(max_length=200)
    url = serializers.URLField(max_length=2000, validators=[web_address], help_text="https or http.")
    note = Line(required=False, allow_blank=True, max_length=300)


class Documents(Endpoint):
    @listing(DocumentAnswer)
    def get(self, request, number):
        """List the documents. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(DocumentAnswer, incident.documents.current().with_people(), ascending=True)

    @operation(
        body=Listing,
        answer=DocumentAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A provider's page",
                {"title": "Status of the provider", "url": "https://status.provider.example/"},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """List a document that lies elsewhere."""
        incident = find_incident(request, number)
        entry = Document.add(incident, by=self.member, **self.body(Listing))
        return self.answer(DocumentAnswer, find_document(request, incident, entry.details["document"]), status=201)


class OneDocument(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """Take a document off the list. That it was listed stays on the timeline."""
        document = find_document(request, find_incident(request, number), pk)
        with unchanged_is_fine():
            document.remove(by=self.member)
        return Response(status=204)
