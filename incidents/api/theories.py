"""Theories with what shows them, and attempts at a fix."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from teams.api.endpoint import Endpoint, unchanged_is_fine
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person, Reason, Text, Waiver
from teams.models import Service, TechnicalDomain

from ..lookups import find_fix, find_hypothesis, find_incident
from ..models import FixAttempt, Hypothesis
from ..models.hypotheses import FixState, HypothesisState
from .parts import ChangePart, HypothesisPart, MessagePart, WorkstreamPart
from .reach import require_responder

ENDED = [state for state in FixState if state != FixState.STARTED]


class EvidenceAnswer(Answer):
    id = serializers.IntegerField()
    text = serializers.CharField()
    url = serializers.CharField()
    supports = serializers.BooleanField()
    by = Person(allow_null=True)
    at = serializers.DateTimeField()


class HypothesisAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    key = serializers.CharField()
    statement = serializers.CharField()
    state = serializers.ChoiceField(choices=HypothesisState)
    component = Named(Service, allow_null=True)
    domain = Named(TechnicalDomain, allow_null=True)
    workstream = serializers.IntegerField(source="workstream_id", allow_null=True)
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="What it was raised from.")
    owner = Person(allow_null=True)
    testers = serializers.SerializerMethodField()
    evidence = EvidenceAnswer(many=True)
    proposed_by = Person(allow_null=True)
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)

    def get_testers(self, hypothesis) -> serializers.ListField(child=serializers.EmailField()):
        return [member.email for member in hypothesis.testers.all()]


class FixAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    key = serializers.CharField()
    what = serializers.CharField()
    hypothesis = serializers.IntegerField(source="hypothesis_id", allow_null=True)
    change = serializers.IntegerField(source="change_id", allow_null=True)
    state = serializers.ChoiceField(choices=FixState)
    result = serializers.CharField()
    by = Person(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class Suspicion(Body):
    statement = Line(max_length=300)
    component = Named(Service, required=False, allow_null=True, help_text="What is suspected.")
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    workstream = WorkstreamPart()
    message = MessagePart(help_text="What it is raised from; it then belongs to the message's workstream.")
    owner = Person(required=False, allow_null=True)
    waiver = Waiver()


class Coming(Body):
    state = serializers.ChoiceField(choices=HypothesisState)
    text = Text(required=False, allow_blank=True, max_length=2000, help_text="The evidence; or why it is open again.")
    url = serializers.URLField(required=False, allow_blank=True, max_length=500)


class NewEvidence(Body):
    text = Text(max_length=2000)
    url = serializers.URLField(required=False, allow_blank=True, max_length=500)
    supports = serializers.BooleanField()


class Nothing(Body):
    """Whoever asks is all there is to say."""


class Attempt(Body):
    what = Line(max_length=300)
    hypothesis = HypothesisPart()
    change = ChangePart()


class Outcome(Body):
    state = serializers.ChoiceField(choices=ENDED)
    result = Reason()


class Hypotheses(Endpoint):
    @listing(HypothesisAnswer)
    def get(self, request, number):
        """List the theories, the latest first."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(HypothesisAnswer, incident.hypotheses.visible_to(self.member).for_reading())

    @operation(
        body=Suspicion,
        answer=HypothesisAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "The pool", {"statement": "The connection pool is too small", "component": "checkout"},
                request_only=True,
            )
        ],
    )  # fmt: skip
    def post(self, request, number):
        """Say what may be the cause. Refused where somebody looks into the same component: join them."""
        incident = find_incident(request, number)
        entry = Hypothesis.propose(incident, by=self.member, **self.body(Suspicion))
        return answer_hypothesis(self, incident, entry.details["hypothesis"], status=201)


class OneHypothesis(Endpoint):
    @operation(answer=HypothesisAnswer)
    def get(self, request, number, pk):
        """Read a theory with what shows it."""
        return answer_hypothesis(self, find_incident(request, number), pk)


class StateOfHypothesis(Endpoint):
    @operation(body=Coming, answer=HypothesisAnswer)
    def post(self, request, number, pk):
        """Test a theory, confirm it, rule it out or open it again. Deciding takes evidence, here or before."""
        hypothesis = find_hypothesis(request, find_incident(request, number), pk)
        hypothesis.come_to(by=self.member, **self.body(Coming))
        return answer_hypothesis(self, hypothesis.incident, pk)


class Evidence(Endpoint):
    @operation(body=NewEvidence, answer=HypothesisAnswer, status=201)
    def post(self, request, number, pk):
        """Add what speaks for a theory or against it."""
        hypothesis = find_hypothesis(request, find_incident(request, number), pk)
        hypothesis.add_evidence(by=self.member, **self.body(NewEvidence))
        return answer_hypothesis(self, hypothesis.incident, pk, status=201)


class Testers(Endpoint):
    @operation(body=Nothing, answer=HypothesisAnswer)
    def post(self, request, number, pk):
        """Join a theory instead of beginning another one."""
        hypothesis = find_hypothesis(request, find_incident(request, number), pk)
        self.body(Nothing)
        with unchanged_is_fine():
            hypothesis.join(by=self.member)
        return answer_hypothesis(self, hypothesis.incident, pk)


class FixAttempts(Endpoint):
    @listing(FixAnswer)
    def get(self, request, number):
        """List what was tried, the latest first."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(FixAnswer, incident.fix_attempts.visible_to(self.member).for_reading())

    @operation(
        body=Attempt,
        answer=FixAnswer,
        status=201,
        examples=[OpenApiExample("A longer timeout", {"what": "Raise the timeout to 2 s"}, request_only=True)],
    )
    def post(self, request, number):
        """Say what you try, against which theory and under which change."""
        incident = find_incident(request, number)
        entry = FixAttempt.start(incident, by=self.member, **self.body(Attempt))
        return answer_fix(self, incident, entry.details["fix"], status=201)


class FixResult(Endpoint):
    @operation(body=Outcome, answer=FixAnswer)
    def post(self, request, number, pk):
        """Say whether a fix helped; also after the incident, and that it was taken back later."""
        attempt = find_fix(request, find_incident(request, number), pk)
        attempt.finish(by=self.member, **self.body(Outcome))
        return answer_fix(self, attempt.incident, pk)


def answer_hypothesis(endpoint, incident, pk, *, status=200):
    return endpoint.answer(HypothesisAnswer, find_hypothesis(endpoint.request, incident, pk), status=status)


def answer_fix(endpoint, incident, pk, *, status=200):
    return endpoint.answer(FixAnswer, find_fix(endpoint.request, incident, pk), status=status)
