"""The words of the house, and what to say instead."""

from rest_framework import serializers

from teams.api.catalogue import CatalogueAnswer, CatalogueBody
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Line

from ..models import GlossaryTerm


class TermAnswer(CatalogueAnswer):
    plain = serializers.CharField(help_text="What to say instead.")


class TermBody(CatalogueBody):
    model = GlossaryTerm

    plain = Line(required=False, allow_blank=True, max_length=200)


class Glossary(Endpoint):
    @listing(TermAnswer)
    def get(self, request):
        """List the words that a text for outside is checked for."""
        return self.page(TermAnswer, GlossaryTerm.objects.all(), ascending=True)

    @operation(body=TermBody, answer=TermAnswer, status=201)
    def post(self, request):
        """Add a word. Administrators only."""
        term = GlossaryTerm.add(by=self.member, **self.body(TermBody))
        return self.answer(TermAnswer, term, status=201)


class OneTerm(Endpoint):
    @operation(answer=TermAnswer)
    def get(self, request, slug):
        """Read a word."""
        return self.answer(TermAnswer, self.find(GlossaryTerm.objects.all(), slug=slug))

    @operation(body=TermBody(partial=True), answer=TermAnswer)
    def patch(self, request, slug):
        """Change a word. Administrators only."""
        term = self.find(GlossaryTerm.objects.all(), slug=slug)
        term.change(by=self.member, **self.body(TermBody, partial=True))
        return self.answer(TermAnswer, self.find(GlossaryTerm.objects.all(), slug=slug))
