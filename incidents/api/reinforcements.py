"""People of other teams who are asked for by name, and what their managers say."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import LARGEST_ID, Answer, Body, Line, Person, Reason, Text, Waiver

from ..lookups import find_incident, find_reinforcement, find_workstream
from ..models import ReinforcementRequest
from ..models.reinforcements import LONGEST_HOURS, MAX_LENGTH, ReinforcementState
from .reach import require_responder

MOST_COMMITMENTS = 20


class ReinforcementAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="1…n in the incident, read as R1.")
    member = Person()
    purpose = serializers.CharField(help_text="Empty where somebody was brought in at once.")
    hours = serializers.IntegerField(allow_null=True)
    workstream = serializers.IntegerField(source="shown_workstream", allow_null=True)
    state = serializers.ChoiceField(
        choices=ReinforcementState,
        help_text="`asked` of the manager; `objected`: an executive decides; `agreed`, `granted`: they are invited.",
    )
    direct = serializers.BooleanField(help_text="Nobody had to be asked first; the manager was told and may object.")
    requested_by = Person()
    requested_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField(allow_null=True, help_text="Unanswered until then, an executive decides.")
    answered_by = Person(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(help_text="What the manager said.")
    decision = serializers.IntegerField(
        source="decision.number", default=None, allow_null=True, help_text="The number of the decision it hangs on."
    )
    invitation = serializers.IntegerField(source="invitation_id", allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class AskingForSomebody(Body):
    member = Person()
    purpose = Text(max_length=MAX_LENGTH)
    hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS)
    workstream = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=LARGEST_ID)
    waiver = Waiver()


class AnsweringForSomebody(Body):
    agrees = serializers.BooleanField(help_text="False is an objection: an executive decides.")
    reason = Reason(help_text="An objection needs one.")
    commitments = serializers.ListField(
        child=Line(max_length=200), required=False, max_length=MOST_COMMITMENTS, help_text="What would be given up."
    )


class NotNeeded(Body):
    reason = Reason()


class Reinforcements(Endpoint):
    @listing(ReinforcementAnswer)
    def get(self, request, number):
        """List who was asked for, the newest first. Stakeholders read briefings: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(ReinforcementAnswer, incident.reinforcements.for_reading(self.member))

    @operation(
        body=AskingForSomebody,
        answer=ReinforcementAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "For two hours",
                {"member": "tariq@acme.test", "purpose": "You wrote the connection pool", "hours": 2},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Ask for somebody by name. Their manager agrees or objects; who is on call is invited at once."""
        incident = find_incident(request, number)
        asked = self.body(AskingForSomebody)
        if asked.get("workstream"):
            asked["workstream"] = find_workstream(request, incident, asked["workstream"])
        entry = ReinforcementRequest.ask(incident, by=self.member, **asked)
        found = find_reinforcement(request, incident, entry.details["reinforcement"])
        return self.answer(ReinforcementAnswer, found, status=201)


class OneReinforcement(Endpoint):
    @operation(answer=ReinforcementAnswer)
    def get(self, request, number, pk):
        """Read one request, and what became of it."""
        return self.answer(ReinforcementAnswer, find_reinforcement(request, find_incident(request, number), pk))


class AnswerOfReinforcement(Endpoint):
    @operation(body=AnsweringForSomebody, answer=ReinforcementAnswer)
    def post(self, request, number, pk):
        """Let somebody go, or object, once; for whoever manages a team that they are in."""
        found = find_reinforcement(request, find_incident(request, number), pk)
        found.give_answer(by=self.member, **self.body(AnsweringForSomebody))
        return self.answer(ReinforcementAnswer, find_reinforcement(request, found.incident, pk))


class WithdrawalOfReinforcement(Endpoint):
    @operation(body=NotNeeded, answer=ReinforcementAnswer)
    def post(self, request, number, pk):
        """They are not needed any more."""
        found = find_reinforcement(request, find_incident(request, number), pk)
        found.withdraw(by=self.member, **self.body(NotNeeded))
        return self.answer(ReinforcementAnswer, find_reinforcement(request, found.incident, pk))
