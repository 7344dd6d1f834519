"""Decisions: asked, made by whoever holds the right, proposed by everybody else."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from playbooks.models.authority import DECIDED_CLASSES
from teams.api.endpoint import Endpoint
from teams.api.pages import Paging, pages_of
from teams.api.schema import operation
from teams.api.shapes import Answer, Body, CommaSeparated, Line, Named, Person, Reason, Text, Waiver
from teams.models import TechnicalDomain

from .. import kinds
from ..lookups import find_incident, find_workstream
from ..models import Decision
from ..models.decisions import DecisionState
from .reach import require_responder

MOST_OPTIONS = 20
DECISION, INPUT = "decision", "input"


class OptionAnswer(Answer):
    key = serializers.CharField()
    text = serializers.CharField()
    tradeoff = serializers.CharField()


class InputAnswer(Answer):
    given_by = Person(allow_null=True)
    choice = serializers.CharField()
    text = serializers.CharField()
    given_at = serializers.DateTimeField()


class DecisionAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="1…n in the incident, read as D1.")
    subject = serializers.CharField()
    domain = Named(TechnicalDomain, allow_null=True)
    options = OptionAnswer(many=True)
    state = serializers.ChoiceField(choices=DecisionState)
    asked_of = serializers.CharField(help_text="The role whose decision it is.")
    needed_by = serializers.DateTimeField()
    cost_of_waiting = serializers.CharField()
    commitments_sacrificed = serializers.ListField(child=serializers.CharField())
    raised_by = Person(allow_null=True)
    raised_at = serializers.DateTimeField()
    acknowledged_by = Person(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    choice = serializers.CharField(help_text="In words; empty while it is open.")
    reason = serializers.CharField()
    decided_by = Person(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    authority_used = serializers.CharField(
        help_text="A role, or `on_call`, `administrators`, `anybody` where nobody held it; empty outside authority."
    )
    outside_authority = serializers.BooleanField()
    interim = serializers.BooleanField(help_text="It holds until the role whose it is ratifies it.")
    executed_at = serializers.DateTimeField(allow_null=True)
    supersedes = serializers.IntegerField(source="supersedes.number", default=None, allow_null=True)
    reverses = serializers.IntegerField(source="reverses.number", default=None, allow_null=True)
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    inputs = InputAnswer(source="inputs.all", many=True)

    def get_fields(self):
        # `class` is no name in Python.
        return {**super().get_fields(), "class": serializers.ChoiceField(DECIDED_CLASSES, source="decision_class")}


class KeptAnswer(DecisionAnswer):
    """What became of a choice: `decision`, or `input` where the right to decide was somebody else's."""

    kind = serializers.ChoiceField(choices=[DECISION, INPUT])


OPTION = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": 200},
        {
            "type": "object",
            "properties": {
                "key": {"type": "string", "maxLength": 20},
                "text": {"type": "string", "minLength": 1, "maxLength": 200},
                "tradeoff": {"type": "string", "maxLength": 200},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    ]
}


@extend_schema_field(OPTION)
class Option(serializers.Field):
    """An option in words, or with its key and what speaks against it."""

    default_error_messages = {"shape": "Give a text, or an object with `text` and perhaps `key` and `tradeoff`."}

    def to_internal_value(self, data):
        given = {"text": data} if isinstance(data, str) else data
        if not isinstance(given, dict) or set(given) - {"key", "text", "tradeoff"}:
            self.fail("shape")
        return {
            "text": Line(max_length=200).run_validation(given.get("text")),
            "key": Line(max_length=20, required=False, allow_blank=True).run_validation(given.get("key", "")),
            "tradeoff": Line(max_length=200, required=False, allow_blank=True).run_validation(
                given.get("tradeoff", "")
            ),
        }

    def to_representation(self, option):
        return option


class Ahead(serializers.DateTimeField):
    default_error_messages = {"past": "Give a time later than now."}

    def to_internal_value(self, value):
        moment = super().to_internal_value(value)
        return self.fail("past") if moment <= timezone.now() else moment


class Asking(Body):
    subject = Line(max_length=200)
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    options = serializers.ListField(child=Option(), required=False, max_length=MOST_OPTIONS)
    choice = Line(max_length=200, required=False, allow_blank=True, help_text="Decides at once, by right.")
    reason = Reason()
    needed_by = Ahead(required=False, allow_null=True)
    cost_of_waiting = Line(max_length=300, required=False, allow_blank=True)
    commitments_sacrificed = serializers.ListField(child=Line(max_length=200), required=False, max_length=MOST_OPTIONS)
    workstream = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    waiver = Waiver()

    def get_fields(self):
        return {**super().get_fields(), "class": serializers.ChoiceField(DECIDED_CLASSES, source="decision_class")}


class Choosing(Body):
    choice = Line(max_length=200, help_text="In words, or the key of an option.")
    reason = Reason()
    waiver = Waiver()


class Giving(Body):
    choice = Line(max_length=200, required=False, allow_blank=True)
    text = Text(required=False, allow_blank=True, max_length=1000)


class Reversing(Body):
    reason = Text(max_length=1000)
    waiver = Waiver()


class Postponing(Body):
    needed_by = Ahead()
    reason = Text(max_length=1000)


class Withdrawing(Body):
    reason = Reason()


class DecisionQuery(Paging):
    state = CommaSeparated(choices=DecisionState.values, required=False, help_text="States, separated by commas.")


class DecisionEndpoint(Endpoint):
    """What every act on one decision shares: it is found, something happens, and it is read again."""

    def incident_of(self, request, number):
        incident = find_incident(request, number)
        require_responder(request)
        return incident

    def decision_of(self, request, number, pk):
        incident = self.incident_of(request, number)
        decision = self.find(incident.decisions.visible_to(self.member).for_reading(), pk=pk)
        decision.incident = incident
        return decision

    def answer_as_it_is(self, entry, shape=DecisionAnswer, status=200):
        decision = Decision.objects.for_reading().get(incident=entry.incident, number=entry.details["decision"])
        decision.kind = INPUT if entry.kind == kinds.DECISION_INPUT.name else DECISION
        return self.answer(shape, decision, status=status)


class Decisions(DecisionEndpoint):
    @operation(answer=pages_of(DecisionAnswer), query=DecisionQuery)
    def get(self, request, number):
        """List the decisions, the newest first. Stakeholders read briefings: 404."""
        incident = self.incident_of(request, number)
        asked = self.query(DecisionQuery)
        decisions = incident.decisions.visible_to(self.member).for_reading()
        if states := asked.get("state"):
            decisions = decisions.filter(state__in=states)
        return self.page(DecisionAnswer, decisions, asked)

    @operation(
        body=Asking,
        answer=KeptAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Asked",
                {
                    "class": "resource",
                    "subject": "Take two people from the launch?",
                    "options": ["Take both", {"text": "Take one", "tradeoff": "Slower"}],
                    "cost_of_waiting": "4,200 € a minute",
                },
                request_only=True,
            ),
            OpenApiExample(
                "Decided",
                {"class": "coordination", "subject": "Roll back the gateway?", "choice": "Yes", "reason": "Errors"},
                request_only=True,
            ),
        ],
    )
    def post(self, request, number):
        """Ask for a decision; with a `choice`, make it. Without the right the choice is kept as input."""
        incident = find_incident(request, number)
        asked = self.body(Asking)
        if asked.get("workstream"):
            asked["workstream"] = find_workstream(request, incident, asked["workstream"])
        return self.answer_as_it_is(Decision.open(incident, by=self.member, **asked), KeptAnswer, 201)


class OneDecision(DecisionEndpoint):
    @operation(answer=DecisionAnswer)
    def get(self, request, number, pk):
        """Read a decision, with what others had to say about it."""
        return self.answer(DecisionAnswer, self.decision_of(request, number, pk))


class DecisionChoice(DecisionEndpoint):
    @operation(body=Choosing, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Decide. Refused without the right; a waiver decides anyway, outside authority."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.decide(by=self.member, **self.body(Choosing)))


class DecisionInputs(DecisionEndpoint):
    @operation(body=Giving, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Say what you would do. Whoever holds the right reads it before deciding."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.give_input(by=self.member, **{"choice": "", **self.body(Giving)}))


class DecisionReplacement(DecisionEndpoint):
    @operation(body=Choosing, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Choose differently. A new decision points back to this one and is the answer."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.supersede(by=self.member, **self.body(Choosing)))


class DecisionReversal(DecisionEndpoint):
    @operation(body=Reversing, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Take it back. A new decision points back to this one and is the answer."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.reverse(by=self.member, **self.body(Reversing)))


class DecisionPostponement(DecisionEndpoint):
    @operation(body=Postponing, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Need it later, for a reason."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.postpone(by=self.member, **self.body(Postponing)))


class DecisionWithdrawal(DecisionEndpoint):
    @operation(body=Withdrawing, answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Nobody has to decide it any more."""
        decision = self.decision_of(request, number, pk)
        return self.answer_as_it_is(decision.withdraw(by=self.member, **self.body(Withdrawing)))


class DecisionExecution(DecisionEndpoint):
    @operation(answer=DecisionAnswer)
    def post(self, request, number, pk):
        """It has been carried out."""
        return self.answer_as_it_is(self.decision_of(request, number, pk).execute(by=self.member))


class DecisionAcknowledgement(DecisionEndpoint):
    @operation(answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Say that you have seen it, where you are asked."""
        return self.answer_as_it_is(self.decision_of(request, number, pk).acknowledge(by=self.member))


class DecisionRatification(DecisionEndpoint):
    @operation(answer=DecisionAnswer)
    def post(self, request, number, pk):
        """Say yes to what was decided in your place meanwhile."""
        return self.answer_as_it_is(self.decision_of(request, number, pk).ratify(by=self.member))
