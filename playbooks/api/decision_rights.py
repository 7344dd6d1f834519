"""Which role may decide what."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, People

from ..models import DecisionClass, DecisionRight
from ..readiness import cover
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


class CoverAnswer(Answer):
    decision = serializers.ChoiceField(choices=DecisionClass, source="decision_class")
    roles = serializers.ListField(child=RoleSlug(), help_text="Whose right it is.")
    eligible = People(help_text="Members who could hold one of these roles.")
    covered = serializers.BooleanField(source="is_covered")
    missing = serializers.CharField(help_text="What is wrong; empty where nothing is.")


class ReadinessAnswer(Answer):
    ready = serializers.BooleanField(help_text="Whether somebody could make every kind of decision.")
    rights = CoverAnswer(many=True)


class Readiness(Endpoint):
    @operation(answer=ReadinessAnswer)
    def get(self, request):
        """Read who could make which decisions, and which nobody could."""
        rights = [
            {
                "decision_class": each.decision_class,
                "roles": [role.slug for role in each.roles],
                "eligible": each.eligible,
                "is_covered": each.is_covered,
                "missing": each.missing,
            }
            for each in cover()
        ]
        return self.answer(ReadinessAnswer, {"ready": all(each["is_covered"] for each in rights), "rights": rights})
