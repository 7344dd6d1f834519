"""The facts of an incident: estimates, impacts, what it means for the business, commitments, what comes back first."""

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from teams.api.endpoint import Endpoint, etag
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Line, Named, Person, Query, Reason, Text, Waiver
from teams.models import Service, TechnicalDomain

from ..lookups import find_commitment, find_estimate, find_impact, find_incident, find_restoration_order
from ..models import BusinessImpact, Commitment, Impact, ResolutionEstimate, RestorationOrder
from ..models.commitments import CommitmentState
from ..models.estimates import EstimateState
from ..models.findings import Confidence
from ..models.impacts import BusinessLevel, ImpactLevel, ImpactState
from ..models.restoration import MOST_STEPS
from .reach import require_responder

LARGEST_COUNT = 2_000_000_000

# --- Shapes ------------------------------------------------------------------------------------------------


class EstimateAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    unknown = serializers.BooleanField(help_text="Nobody knows; then there are no times.")
    earliest = serializers.DateTimeField(allow_null=True)
    latest = serializers.DateTimeField(allow_null=True)
    confidence = serializers.ChoiceField(choices=Confidence, allow_blank=True)
    basis = serializers.CharField()
    state = serializers.ChoiceField(choices=EstimateState)
    public = serializers.BooleanField(help_text="Whether customers may hear it.")
    proposed_by = Person(allow_null=True)
    proposed_at = serializers.DateTimeField()
    set_by = Person(allow_null=True)
    set_at = serializers.DateTimeField(allow_null=True)


class ImpactAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    service = Named(Service, allow_null=True)
    feature = serializers.CharField()
    segment = serializers.CharField(help_text="Empty: all customers.")
    level = serializers.ChoiceField(choices=ImpactLevel)
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=ImpactState)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    proposed_by = Person(allow_null=True)
    confirmed_by = Person(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    authority_used = serializers.CharField()


class BusinessImpactAnswer(Answer):
    version = serializers.IntegerField()
    level = serializers.ChoiceField(choices=BusinessLevel)
    statement = serializers.CharField()
    customers_affected = serializers.IntegerField(allow_null=True)
    key_accounts = serializers.ListField(child=serializers.CharField())
    severity = serializers.CharField(help_text="The technical severity at that moment, by name: another scale.")
    stated_by = Person(allow_null=True)
    stated_at = serializers.DateTimeField()


class CommitmentAnswer(Answer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    to_whom = serializers.CharField()
    due_at = serializers.DateTimeField()
    domain = Named(TechnicalDomain, allow_null=True)
    owner = Person(allow_null=True)
    state = serializers.ChoiceField(choices=CommitmentState)
    reason = serializers.CharField()
    proposed_by = Person(allow_null=True)
    proposed_at = serializers.DateTimeField()
    judged_by = Person(allow_null=True)
    judged_at = serializers.DateTimeField(allow_null=True)
    reopened_at = serializers.DateTimeField(allow_null=True)
    communicated_by = Person(allow_null=True)
    communicated_at = serializers.DateTimeField(allow_null=True)
    ended_by = Person(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class PlaceAnswer(Answer):
    service = Named(Service, allow_null=True)
    what = serializers.CharField()


class OrderAnswer(Answer):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    steps = PlaceAnswer(source="steps.all", many=True)
    reason = serializers.CharField()
    interim = serializers.BooleanField(help_text="Set by whoever stands in for product.")
    set_by = Person(allow_null=True)
    set_at = serializers.DateTimeField()
    objection = serializers.CharField()
    objected_by = Person(allow_null=True)
    objected_at = serializers.DateTimeField(allow_null=True)


class NewEstimate(Body):
    """Without both times: nobody knows yet."""

    earliest = serializers.DateTimeField(required=False, allow_null=True)
    latest = serializers.DateTimeField(required=False, allow_null=True)
    confidence = serializers.ChoiceField(choices=Confidence, required=False)
    basis = Text(max_length=1000)
    waiver = Waiver()


class NewImpact(Body):
    service = Named(Service, required=False, allow_null=True)
    feature = Line(max_length=120, required=False, allow_blank=True, help_text="Where no service says it.")
    segment = Line(max_length=120, required=False, allow_blank=True)
    level = serializers.ChoiceField(choices=ImpactLevel)
    note = Line(max_length=300, required=False, allow_blank=True)
    started_at = serializers.DateTimeField(required=False)


class EndOfImpact(Body):
    ended_at = serializers.DateTimeField(required=False)


class NewBusinessImpact(Body):
    level = serializers.ChoiceField(choices=BusinessLevel)
    statement = Text(max_length=2000)
    customers_affected = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_COUNT)
    key_accounts = serializers.ListField(child=Line(max_length=120), required=False, max_length=50)
    waiver = Waiver()


class NewCommitment(Body):
    text = Line(max_length=300)
    to_whom = Line(max_length=120)
    due_at = serializers.DateTimeField()
    domain = Named(TechnicalDomain, required=False, allow_null=True, help_text="Its coordinator is asked.")
    owner = Person(required=False, allow_null=True, help_text="Who sees to it; you, where nobody is named.")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "object", "properties": {"service": {"type": "string"}}, "required": ["service"]},
            {"type": "string", "minLength": 1, "maxLength": 120},
        ]
    }
)
class Step(serializers.Field):
    """`{"service": slug}`, or anything else in words."""

    default_error_messages = {"shape": "Give words, or an object with a `service`."}

    def to_internal_value(self, data):
        if isinstance(data, str):
            return Line(max_length=120).run_validation(data)
        if not isinstance(data, dict) or set(data) != {"service"}:
            self.fail("shape")
        return Named(Service).run_validation(data["service"])


class NewOrder(Body):
    steps = serializers.ListField(child=Step(), min_length=1, max_length=MOST_STEPS)
    reason = Reason(max_length=500)
    waiver = Waiver()


class Why(Body):
    reason = Reason(max_length=500)


class WhyNot(Body):
    reason = Text(max_length=500)


class Lifted(Body):
    waiver = Waiver()


class Withdrawal(Query):
    reason = Reason(max_length=500)
    waiver = Waiver()


class WhyAsked(Query):
    reason = Reason(max_length=500)


# --- How long ------------------------------------------------------------------------------------------------


class Estimates(Endpoint):
    @listing(EstimateAnswer)
    def get(self, request, number):
        """List the estimates, the newest first. Stakeholders read the one that holds, where it is public."""
        incident = find_incident(request, number)
        return self.page(EstimateAnswer, incident.estimates.visible_to(self.member).with_people())

    @operation(
        body=NewEstimate,
        answer=EstimateAnswer,
        status=201,
        examples=[OpenApiExample("Nobody knows", {"basis": "The cause is not found."}, request_only=True)],
    )
    def post(self, request, number):
        """Say when it will be over. The lead's word holds at once; everybody else proposes, or gives a waiver."""
        incident = find_incident(request, number)
        entry = ResolutionEstimate.give(incident, by=self.member, **self.body(NewEstimate))
        return _estimate(self, incident, entry.details["estimate"], status=201)


class OneEstimate(Endpoint):
    @operation(answer=EstimateAnswer)
    def get(self, request, number, pk):
        """Read an estimate."""
        return _estimate(self, find_incident(request, number), pk)


class EstimateAcceptance(Endpoint):
    @operation(body=Lifted, answer=EstimateAnswer)
    def post(self, request, number, pk):
        """Let a proposed estimate hold. The lead's to do."""
        incident = find_incident(request, number)
        find_estimate(request, incident, pk).accept(by=self.member, **self.body(Lifted))
        return _estimate(self, incident, pk)


class EstimatePublication(Endpoint):
    @operation(answer=EstimateAnswer)
    def post(self, request, number, pk):
        """Let customers hear the estimate that holds. The lead alone does so, anew for each estimate."""
        incident = find_incident(request, number)
        find_estimate(request, incident, pk).publish(by=self.member)
        return _estimate(self, incident, pk)

    @operation(answer=EstimateAnswer)
    def delete(self, request, number, pk):
        """Make it internal again."""
        incident = find_incident(request, number)
        find_estimate(request, incident, pk).withhold(by=self.member)
        return _estimate(self, incident, pk)


def _estimate(endpoint, incident, pk, *, status=200):
    return endpoint.answer(EstimateAnswer, find_estimate(endpoint.request, incident, pk), status=status)


# --- What for whom -------------------------------------------------------------------------------------------


class Impacts(Endpoint):
    @listing(ImpactAnswer)
    def get(self, request, number):
        """List what does not work for whom. Stakeholders read what was confirmed."""
        incident = find_incident(request, number)
        return self.page(ImpactAnswer, incident.impacts.visible_to(self.member).with_people(), ascending=True)

    @operation(body=NewImpact, answer=ImpactAnswer, status=201)
    def post(self, request, number):
        """Write down what does not work for whom. By whoever may confirm, it is confirmed with that."""
        incident = find_incident(request, number)
        entry = Impact.propose(incident, by=self.member, **self.body(NewImpact))
        return _impact(self, incident, entry.details["impact"], status=201)


class OneImpact(Endpoint):
    @operation(answer=ImpactAnswer)
    def get(self, request, number, pk):
        """Read an impact."""
        return _impact(self, find_incident(request, number), pk)

    @operation(status=204, query=Withdrawal)
    def delete(self, request, number, pk):
        """Withdraw it: it never was so."""
        find_impact(request, find_incident(request, number), pk).withdraw(by=self.member, **self.query(Withdrawal))
        return Response(status=204)


class ImpactConfirmation(Endpoint):
    @operation(body=Lifted, answer=ImpactAnswer)
    def post(self, request, number, pk):
        """Say that it is so. Product's, or of whoever stands in."""
        incident = find_incident(request, number)
        find_impact(request, incident, pk).confirm(by=self.member, **self.body(Lifted))
        return _impact(self, incident, pk)


class ImpactEnd(Endpoint):
    @operation(body=EndOfImpact, answer=ImpactAnswer)
    def post(self, request, number, pk):
        """It works again for them."""
        incident = find_incident(request, number)
        find_impact(request, incident, pk).end(by=self.member, **self.body(EndOfImpact))
        return _impact(self, incident, pk)


def _impact(endpoint, incident, pk, *, status=200):
    return endpoint.answer(ImpactAnswer, find_impact(endpoint.request, incident, pk), status=status)


class BusinessImpacts(Endpoint):
    @listing(BusinessImpactAnswer)
    def get(self, request, number):
        """List the statements, the one that holds first. The `ETag` is its version."""
        incident = find_incident(request, number)
        found = incident.business_impacts.with_people()
        answer = self.page(BusinessImpactAnswer, found, key="version")
        answer["ETag"] = etag(BusinessImpact.version_of(incident))
        return answer

    @operation(body=NewBusinessImpact, answer=BusinessImpactAnswer, status=201, if_match=True)
    def post(self, request, number):
        """Say what it means for the business, in a new version. Product's, or of whoever stands in."""
        incident = find_incident(request, number)
        stated = self.body(NewBusinessImpact)
        with transaction.atomic():
            incident.lock()
            self.require_match(BusinessImpact.version_of(incident))
            BusinessImpact.state(incident, by=self.member, **stated)
        current = incident.business_impacts.current()
        return self.answer(BusinessImpactAnswer, current, status=201, headers={"ETag": etag(current.version)})


# --- What is promised ----------------------------------------------------------------------------------------


class Commitments(Endpoint):
    @listing(CommitmentAnswer)
    def get(self, request, number):
        """List what is promised, in the order of its numbers. Stakeholders: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(CommitmentAnswer, incident.commitments.with_people(), ascending=True)

    @operation(
        body=NewCommitment,
        answer=CommitmentAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "To a partner",
                {
                    "text": "Exports work again",
                    "to_whom": "Hooli",
                    "due_at": "2030-01-01T12:00:00Z",
                    "domain": "backend",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Propose what shall be promised. The lead or a coordinator confirms it before it is told."""
        incident = find_incident(request, number)
        entry = Commitment.propose(incident, by=self.member, **self.body(NewCommitment))
        return _commitment(self, incident, entry.details["commitment"], status=201)


class OneCommitment(Endpoint):
    @operation(answer=CommitmentAnswer)
    def get(self, request, number, pk):
        """Read a commitment."""
        return _commitment(self, find_incident(request, number), pk)

    @operation(status=204, query=WhyAsked)
    def delete(self, request, number, pk):
        """Take it back. One that was told wants a reason."""
        found = find_commitment(request, find_incident(request, number), pk)
        found.withdraw(by=self.member, **{"reason": "", **self.query(WhyAsked)})
        return Response(status=204)


class CommitmentConfirmation(Endpoint):
    @operation(answer=CommitmentAnswer)
    def post(self, request, number, pk):
        """Say that it can be kept. The lead's, or of the coordinator of its domain."""
        incident = find_incident(request, number)
        find_commitment(request, incident, pk).confirm(by=self.member)
        return _commitment(self, incident, pk)


class CommitmentRefusal(Endpoint):
    @operation(body=WhyNot, answer=CommitmentAnswer)
    def post(self, request, number, pk):
        """Say that it cannot be kept, and why."""
        incident = find_incident(request, number)
        find_commitment(request, incident, pk).refuse(by=self.member, **self.body(WhyNot))
        return _commitment(self, incident, pk)


class CommitmentCommunication(Endpoint):
    @operation(body=Lifted, answer=CommitmentAnswer)
    def post(self, request, number, pk):
        """Say that it was told. Its clock begins; without a confirmation it wants a waiver."""
        incident = find_incident(request, number)
        find_commitment(request, incident, pk).communicate(by=self.member, **self.body(Lifted))
        return _commitment(self, incident, pk)


class CommitmentKeeping(Endpoint):
    @operation(answer=CommitmentAnswer)
    def post(self, request, number, pk):
        """It was done, also after the incident is over."""
        incident = find_incident(request, number)
        find_commitment(request, incident, pk).keep(by=self.member)
        return _commitment(self, incident, pk)


class CommitmentMiss(Endpoint):
    @operation(body=Why, answer=CommitmentAnswer)
    def post(self, request, number, pk):
        """It will not be done; its time need not be waited for."""
        incident = find_incident(request, number)
        find_commitment(request, incident, pk).miss(by=self.member, **self.body(Why))
        return _commitment(self, incident, pk)


def _commitment(endpoint, incident, pk, *, status=200):
    return endpoint.answer(CommitmentAnswer, find_commitment(endpoint.request, incident, pk), status=status)


# --- What comes back first -----------------------------------------------------------------------------------


class RestorationOrders(Endpoint):
    @listing(OrderAnswer)
    def get(self, request, number):
        """List the orders, the one that holds first. The `ETag` is its version. Stakeholders: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        answer = self.page(OrderAnswer, incident.restoration_orders.for_reading(), key="version")
        answer["ETag"] = etag(RestorationOrder.version_of(incident))
        return answer

    @operation(
        body=NewOrder,
        answer=OrderAnswer,
        status=201,
        if_match=True,
        examples=[
            OpenApiExample("Checkout first", {"steps": [{"service": "checkout"}, "Exports"]}, request_only=True),
        ],
    )
    def post(self, request, number):
        """Say what comes back first, in a new version. Product's, or of whoever stands in."""
        incident = find_incident(request, number)
        asked = self.body(NewOrder)
        with transaction.atomic():
            incident.lock()
            self.require_match(RestorationOrder.version_of(incident))
            RestorationOrder.set(incident, by=self.member, **asked)
        current = incident.restoration_orders.current()
        return self.answer(OrderAnswer, current, status=201, headers={"ETag": etag(current.version)})


class OrderObjection(Endpoint):
    @operation(body=WhyNot, answer=OrderAnswer)
    def post(self, request, number, pk):
        """Object to it, for all to read. The lead's to do; product decides anew, or leaves it so."""
        incident = find_incident(request, number)
        find_restoration_order(request, incident, pk).object(by=self.member, **self.body(WhyNot))
        return self.answer(OrderAnswer, find_restoration_order(request, incident, pk))
