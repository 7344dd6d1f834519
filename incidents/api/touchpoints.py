"""Where customers read of an incident, and what stands there."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Text, Waiver

from ..lookups import find_incident
from ..models import Touchpoint
from ..models.touchpoints import LONGEST, Place, core_of
from .reach import require_responder


class TouchpointAnswer(Answer):
    id = serializers.IntegerField()
    place = serializers.ChoiceField(choices=Place)
    number = serializers.IntegerField(help_text="How often something was written there.")
    text = serializers.CharField()
    core = serializers.IntegerField(source="core_id", help_text="The update to customers that it says.")
    stale = serializers.SerializerMethodField(help_text="Whether customers have been told something else since.")
    written_by = Person(allow_null=True)
    written_at = serializers.DateTimeField()

    def get_stale(self, touchpoint) -> bool:
        return touchpoint.is_stale(self.context["core"])


class Wording(Body):
    place = serializers.ChoiceField(choices=Place)
    text = Text(
        required=False, allow_blank=True, max_length=LONGEST, help_text="Left out: what stands there is right as it is."
    )
    waiver = Waiver()


class Touchpoints(Endpoint):
    @listing(TouchpointAnswer)
    def get(self, request, number):
        """List what stands in each place, and whether it still says what customers were told last."""
        require_responder(request)
        incident = find_incident(request, number)
        current = incident.touchpoints.current().with_people()
        return self.page(_in(incident), current)

    @operation(
        body=Wording,
        answer=TouchpointAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A social text",
                {"place": "social", "text": "Card payments are slow. We are on it; bank transfer works."},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Write what stands in a place, after the last update to customers."""
        incident = find_incident(request, number)
        entry = Touchpoint.write(incident, by=self.member, **self.body(Wording))
        written = incident.touchpoints.with_people().get(pk=entry.details["touchpoint"])
        return self.answer(_in(incident), written, status=201)


def _in(incident):
    """The shape of an answer beside what this incident's customers were told last."""
    core = core_of(incident)

    def shape(*args, context=None, **kwargs):
        return TouchpointAnswer(*args, context={**(context or {}), "core": core}, **kwargs)

    return shape
