"""Which role may decide what."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing
from teams.api.shapes import Answer

from ..models import DecisionClass, DecisionRight
from .roles import RoleSlug


class RightAnswer(Answer):
    id = serializers.IntegerField()
    decision = serializers.ChoiceField(choices=DecisionClass, source="decision_class")
    role = RoleSlug()


class DecisionRights(Endpoint):
    @listing(RightAnswer)
    def get(self, request):
        """List who holds which class of decisions."""
        return self.page(RightAnswer, DecisionRight.objects.all(), ascending=True)
