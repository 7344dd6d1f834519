"""What somebody has to know who comes late or comes back."""

from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import operation
from teams.api.shapes import Answer, Body, Person

from ..fragments import attach_messages
from ..lookups import find_incident, room_of
from ..models import Participant
from .decisions import DecisionAnswer
from .facts import CommitmentAnswer, EstimateAnswer, ImpactAnswer
from .reinforcements import ReinforcementAnswer
from .synthesis import SynthesisAnswer
from .timeline import EntryAnswer
from .updates import UpdateAnswer
from .workstreams import WorkstreamAnswer


class CountAnswer(Answer):
    number = serializers.IntegerField()
    of = serializers.CharField()


class ContactAnswer(Answer):
    member = Person()
    why = serializers.CharField()


class NeedAnswer(Answer):
    kind = serializers.CharField()
    sentence = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)


class CatchUpAnswer(Answer):
    due = serializers.BooleanField(source="is_due", help_text="True on the first entry and after ten minutes away.")
    since = serializers.DateTimeField(allow_null=True, help_text="What is newer is new to you; null: everything is.")
    after = serializers.IntegerField(help_text="The number of the last entry you know.")
    standing = serializers.CharField()
    known = SynthesisAnswer(allow_null=True, help_text="The current version of what we know, or null.")
    updates = serializers.SerializerMethodField(help_text="What each audience that you may read was told last.")
    estimate = EstimateAnswer(allow_null=True, help_text="When it will be over, as far as you may read it, or null.")
    impacts = ImpactAnswer(many=True, help_text="What does not work for whom now.")
    commitments = CommitmentAnswer(many=True, help_text="What was promised and is not over.")
    called_for = ReinforcementAnswer(many=True, help_text="Requests for people that wait for a word.")
    active_work = WorkstreamAnswer(many=True, help_text="Workstreams that are not done.")
    open_decisions = serializers.SerializerMethodField(help_text="What waits for a choice, the most urgent first.")
    turns = serializers.SerializerMethodField(help_text="What changed the course of it since, the oldest first.")
    rest = serializers.SerializerMethodField(help_text="How much of everything else there was.")
    contacts = serializers.SerializerMethodField(help_text="Whom to talk to.")
    asked = NeedAnswer(many=True, help_text="What is asked of you.")

    def get_updates(self, card) -> UpdateAnswer(many=True):
        return UpdateAnswer([update for _, update in card.latest_updates], many=True).data

    def get_open_decisions(self, card) -> DecisionAnswer(many=True):
        return DecisionAnswer([each.decision for each in card.open_decisions], many=True).data

    def get_turns(self, card) -> EntryAnswer(many=True):
        return EntryAnswer(attach_messages(card.turns), many=True).data

    def get_rest(self, card) -> CountAnswer(many=True):
        return [{"number": number, "of": word} for number, word in card.rest]

    def get_contacts(self, card) -> ContactAnswer(many=True):
        return [{"member": member.email, "why": why} for member, why in card.contacts]


class UpToSpeed(Body):
    upto = serializers.IntegerField(
        required=False, min_value=1, help_text="The number of the last entry you read; left out, the last there is."
    )


class CatchUp(Endpoint):
    @operation(answer=CatchUpAnswer)
    def get(self, request, number):
        """Read what you missed."""
        incident = find_incident(request, number)
        return self.answer(CatchUpAnswer, room_of(request, incident).catch_up)

    @operation(body=UpToSpeed, answer=CatchUpAnswer)
    def post(self, request, number):
        """Say that you are up to speed."""
        incident = find_incident(request, number)
        Participant.catch_up(incident, self.member, **self.body(UpToSpeed))
        return self.answer(CatchUpAnswer, room_of(request, incident).catch_up)
