"""Who is on an incident, in what capacity, and how present they are."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Lookup, Person, Query, Reason, Waiver
from teams.models import Team

from ..lookups import find_incident, find_participant
from ..models import Participant
from ..models.participants import Capacity, PresenceState


class ParticipantAnswer(Answer):
    id = serializers.IntegerField()
    member = Person(source="membership")
    function = serializers.SlugField(source="membership.function.slug", default=None, allow_null=True)
    capacity = serializers.ChoiceField(choices=Capacity)
    joined_at = serializers.DateTimeField()
    since = serializers.DateTimeField(help_text="When the present capacity began; for active people, their duty.")
    left_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True, help_text="Released, and to be recalled.")
    presence = serializers.SerializerMethodField()
    seen_at = serializers.DateTimeField(allow_null=True)
    active_at = serializers.DateTimeField(allow_null=True, help_text="When they last did or typed something.")

    def get_presence(self, participant) -> serializers.ChoiceField(choices=PresenceState):
        return participant.presence_at(timezone.now())


class TeamFollows(Answer):
    team = serializers.SlugField()
    capacity = serializers.ChoiceField(choices=Capacity)
    count = serializers.IntegerField(help_text="How many of its members follow now who did not take part before.")
    entry = serializers.IntegerField(help_text="The number of the entry that says so.")


class Joining(Body):
    """A member and how they take part, or a whole team as followers; in any other capacity a team is refused."""

    member = Person(source="membership", required=False)
    team = serializers.SlugField(required=False)
    capacity = serializers.ChoiceField(choices=Capacity, required=False)
    waiver = Waiver()

    def validate(self, asked):
        if ("team" in asked) == ("membership" in asked):
            raise serializers.ValidationError({"member": ["Say who takes part: a member, or a team as followers."]})
        return asked


class Release(Query):
    follows = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether they go on following. Who is released does unless you say no, who leaves does not.",
    )
    thanks = Line(required=False, allow_blank=True, max_length=500)
    reason = Reason()


class Recall(Body):
    waiver = Waiver()


class Participants(Endpoint):
    @listing(ParticipantAnswer)
    def get(self, request, number):
        """List who is on the incident. Stakeholders find themselves."""
        incident = find_incident(request, number)
        return self.page(ParticipantAnswer, self._visible(incident), ascending=True)

    @operation(
        body=Joining,
        answer=ParticipantAnswer,
        status=201,
        also={200: ParticipantAnswer, 202: TeamFollows},
        examples=[OpenApiExample("Works on it", {"member": "sam@acme.test", "capacity": "active"}, request_only=True)],
    )
    def post(self, request, number):
        """Bring a member in, or change how they take part. A whole team can only follow: 202."""
        incident = find_incident(request, number)
        asked = self.body(Joining)
        if "team" in asked:
            return self._let_follow(incident, asked["team"], asked.get("capacity", Capacity.ACTIVE))
        entry = Participant.join(incident, by=self.member, **asked)
        participant = incident.participants.with_people().get(membership=asked["membership"])
        return self.answer(ParticipantAnswer, participant, status=201 if entry else 200)

    def _let_follow(self, incident, slug, capacity):
        # A team that is to work on it is refused by whatever name; who follows has to exist.
        team = Team.objects.filter(slug=slug).first()
        if team is None and capacity == Capacity.FOLLOWER:
            raise serializers.ValidationError({"team": [Lookup.default_error_messages["missing"]]})
        entry = Participant.bring_team(incident, team or slug, by=self.member, capacity=capacity)
        told = {"team": slug, "capacity": capacity, "count": entry.details["count"], "entry": entry.number}
        return self.answer(TeamFollows, told, status=202)

    def _visible(self, incident):
        people = incident.participants.current().with_people()
        return people if self.member.is_responder else people.filter(membership=self.member)


class OneParticipant(Endpoint):
    @operation(status=204, query=Release)
    def delete(self, request, number, pk):
        """Leave, or release somebody with thanks. Who is released from working on it goes on following."""
        incident = find_incident(request, number)
        participant = self.find(incident.participants.with_people(), pk=pk)
        participant.incident = incident
        participant.leave(by=self.member, **self.query(Release))
        return Response(status=204)


class Recalling(Endpoint):
    @operation(body=Recall, answer=ParticipantAnswer)
    def post(self, request, number, pk):
        """Call somebody back who was released. They are told at once."""
        participant = find_participant(request, find_incident(request, number), pk)
        participant.recall(by=self.member, **self.body(Recall))
        return self.answer(ParticipantAnswer, participant)
