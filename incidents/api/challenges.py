"""What somebody holds against an update, and what became of it."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Reason, Waiver

from ..lookups import find_incident
from ..models import UpdateChallenge
from ..models.challenges import MAX_LENGTH, ChallengeState
from .reach import require_responder
from .synthesis import Challenge
from .updates import find_update


class ChallengeAnswer(Answer):
    id = serializers.IntegerField()
    update = serializers.IntegerField(source="update_id")
    number = serializers.IntegerField(source="update.number", help_text="The number of the update.")
    audience = serializers.CharField(source="update.audience")
    reason = serializers.CharField(help_text="What is not right.")
    challenged_by = Person()
    challenged_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ChallengeState)
    answer = serializers.CharField(help_text="Why it was corrected or withdrawn, or why it stands.")
    answered_by = Person(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class Standing(Body):
    reason = Reason(required=True, allow_blank=False, max_length=MAX_LENGTH, help_text="Why the update stands.")
    waiver = Waiver()


class Challenges(Endpoint):
    @listing(ChallengeAnswer)
    def get(self, request, number):
        """List the challenges of an incident's updates, answered or not."""
        require_responder(request)
        incident = find_incident(request, number)
        return self.page(ChallengeAnswer, incident.challenges.with_people(), ascending=True)


class UpdateChallenges(Endpoint):
    @operation(body=Challenge, answer=ChallengeAnswer, status=201)
    def post(self, request, number, pk):
        """Challenge an update that people have. The communications lead corrects or withdraws it, or says it stands."""
        require_responder(request)
        update = find_update(self, request, number, pk)
        entry = UpdateChallenge.raise_against(update, by=self.member, **self.body(Challenge))
        challenge = update.incident.challenges.with_people().get(pk=entry.details["challenge"])
        return self.answer(ChallengeAnswer, challenge, status=201)


class ChallengeStanding(Endpoint):
    @operation(body=Standing, answer=ChallengeAnswer)
    def post(self, request, number, pk):
        """Answer a challenge: the update stands. A correction or a withdrawal of the update answers it, too."""
        require_responder(request)
        incident = find_incident(request, number)
        challenge = self.find(incident.challenges.with_people(), pk=pk)
        challenge.incident = challenge.update.incident = incident
        challenge.let_stand(by=self.member, **self.body(Standing))
        return self.answer(ChallengeAnswer, incident.challenges.with_people().get(pk=pk))
