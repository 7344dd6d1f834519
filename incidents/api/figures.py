"""How an incident went, in numbers."""

from rest_framework import serializers

from playbooks.models import Audience
from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer, Person

from .. import authority
from ..figures import Figures
from ..lookups import find_incident
from .reach import require_responder


class Minutes(serializers.IntegerField):
    """A stretch of time in whole minutes."""

    def to_representation(self, stretch):
        return int(stretch.total_seconds() // 60)


class ArrivalAnswer(Answer):
    function = serializers.CharField(source="slug")
    asked_at = serializers.DateTimeField()
    came_at = serializers.DateTimeField(allow_null=True, help_text="Null while it is awaited.")


class LateAnswer(Answer):
    audience = serializers.ChoiceField(choices=Audience)
    updates = serializers.IntegerField()


class ReactionAnswer(Answer):
    update = serializers.IntegerField(source="update.number")
    published_at = serializers.DateTimeField(source="update.published_at")
    before = serializers.IntegerField(help_text="Customers reported in the half hour before.")
    after = serializers.IntegerField(help_text="In the half hour after; so far, until it is over.")
    over = serializers.BooleanField()


class EffortAnswer(Answer):
    member = Person()
    worked = Minutes()
    out_of_hours = Minutes()
    longest = Minutes(help_text="Without a break.")


class FiguresAnswer(Answer):
    declared_at = serializers.DateTimeField()
    assessed_at = serializers.DateTimeField(allow_null=True)
    mobilized_at = serializers.DateTimeField(
        allow_null=True, help_text="When the last function that was called for was there."
    )
    first_customer_word_at = serializers.DateTimeField(allow_null=True)
    mitigated_at = serializers.DateTimeField(allow_null=True, help_text="When it was only watched any more, or over.")
    resolved_at = serializers.DateTimeField(source="incident.resolved_at", allow_null=True)
    usual_answer = Minutes(allow_null=True, help_text="Minutes from an invitation to coming, the median.")
    arrivals = ArrivalAnswer(many=True)
    late_updates = LateAnswer(many=True, source="late_rows")
    reactions = ReactionAnswer(many=True, help_text="What support heard around each update to customers.")
    worked = Minutes(help_text="Minutes of everybody who worked on it, until it was resolved.")
    out_of_hours = Minutes(help_text="Before 8:00, after 18:00 or at the weekend, by each person's own clock.")
    longest = Minutes(help_text="The longest anybody worked without a break.")
    efforts = EffortAnswer(
        many=True, source="seen_efforts", help_text="Of those whom the token's member answers for, and their own."
    )


class IncidentFigures(Endpoint):
    @operation(answer=FiguresAnswer)
    def get(self, request, number):
        """Read how fast it went, how late, and what it cost. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        figures = Figures(incident)
        figures.late_rows = [{"audience": name, "updates": late} for name, late in figures.late_updates.items()]
        figures.seen_efforts = authority.efforts_seen_by(request.membership, incident, figures.efforts)
        return self.answer(FiguresAnswer, figures)
