"""Who is on an incident, and in what capacity."""

from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Waiver
from teams.errors import Refused

from ..lookups import find_incident
from ..models import Participant
from ..models.participants import Capacity


class ParticipantAnswer(Answer):
    id = serializers.IntegerField()
    member = Person(source="membership")
    function = serializers.SlugField(source="membership.function.slug", default=None, allow_null=True)
    capacity = serializers.ChoiceField(choices=Capacity)
    joined_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(allow_null=True)


class Joining(Body):
    """A member and how they take part. A whole team is refused: it is told by an update to its audience."""

    member = Person(source="membership", required=False)
    team = serializers.SlugField(required=False)
    capacity = serializers.ChoiceField(choices=Capacity, required=False)
    waiver = Waiver()

    def validate(self, asked):
        if "team" in asked:
            raise Refused(
                "A whole team is not added to an incident. Publish an update to its audience instead.",
                code="broadcast_instead",
            )
        if "membership" not in asked:
            raise serializers.ValidationError({"member": ["Say who takes part."]})
        return asked


class Participants(Endpoint):
    @listing(ParticipantAnswer)
    def get(self, request, number):
        """List who is on the incident. Stakeholders find themselves."""
        incident = find_incident(request, number)
        return self.page(ParticipantAnswer, self._visible(incident), ascending=True)

    @operation(body=Joining, answer=ParticipantAnswer, status=201, also={200: ParticipantAnswer})
    def post(self, request, number):
        """Bring a member in, or change how they take part."""
        incident = find_incident(request, number)
        asked = self.body(Joining)
        asked.pop("waiver", None)
        entry = Participant.join(incident, by=self.member, **asked)
        participant = incident.participants.with_people().get(membership=asked["membership"])
        return self.answer(ParticipantAnswer, participant, status=201 if entry else 200)

    def _visible(self, incident):
        people = incident.participants.current().with_people()
        return people if self.member.is_responder else people.filter(membership=self.member)


class OneParticipant(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """Leave, or release somebody."""
        incident = find_incident(request, number)
        participant = self.find(incident.participants.with_people(), pk=pk)
        participant.incident = incident
        participant.leave(by=self.member)
        return Response(status=204)
