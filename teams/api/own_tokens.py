"""Tokens: which there are, and ending one. They are issued on the settings page, by a person who is signed in."""

from rest_framework import serializers
from rest_framework.response import Response

from ..models import ApiToken
from .endpoint import Endpoint
from .schema import listing, operation
from .shapes import Answer, Person


class TokenAnswer(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    member = Person(source="membership")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class Tokens(Endpoint):
    @listing(TokenAnswer)
    def get(self, request):
        """List one's own tokens; administrators see everybody's. The keys themselves are never shown again."""
        return self.page(TokenAnswer, ApiToken.objects.seen_by(self.member))


class OneToken(Endpoint):
    @operation(status=204)
    def delete(self, request, pk):
        """Revoke a token. Whatever carries it is shut out at once."""
        self.find(ApiToken.objects.seen_by(self.member), pk=pk).revoke(by=self.member)
        return Response(status=204)
