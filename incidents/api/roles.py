"""Hats: who leads, who speaks, who coordinates a domain."""

from django.http import Http404
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import RoleDefinition
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Named, Person, Query, Reason, Text, Waiver
from teams.models import TechnicalDomain

from ..lookups import find_incident
from ..models import Handover, RoleAssignment
from ..models.handovers import HandoverState
from ..models.roles import PENDING, RoleState
from .reach import require_responder

MAX_WORDS = 4_000


class RoleAnswer(Answer):
    id = serializers.IntegerField()
    role = serializers.SlugField()
    domain = Named(TechnicalDomain, allow_null=True)
    holder = Person(source="membership")
    state = serializers.ChoiceField(choices=RoleState)
    since = serializers.DateTimeField(source="started_at")


class Placed(Body):
    """A role; `domain` is needed where it is held per domain, as `technical_coordinator` is, and nowhere else."""

    role = Named(RoleDefinition)
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    waiver = Waiver()

    def validate(self, asked):
        role, domain = asked["role"], asked.get("domain")
        if role.per_domain and domain is None:
            raise serializers.ValidationError({"domain": ["This role is held for one domain: say which."]})
        if domain is not None and not role.per_domain:
            raise serializers.ValidationError({"domain": ["This role is not held per domain."]})
        return asked | {"role": role.slug}


class Assignment(Placed):
    member = Person(source="membership")


class StandDown(Query):
    waiver = Waiver()


class Saying(Body):
    waiver = Waiver()


class Because(Body):
    reason = Reason()


class SeizureBody(Body):
    reason = Reason(required=True, allow_blank=False)


class HandoverBody(Body):
    to = Person()
    situation = Text(required=False, allow_blank=True, max_length=MAX_WORDS)
    objectives = Text(required=False, allow_blank=True, max_length=MAX_WORDS)
    waiver = Waiver()


class HandoverAnswer(Answer):
    id = serializers.IntegerField()
    role = serializers.SlugField(source="assignment.role")
    domain = Named(TechnicalDomain, source="assignment.domain", allow_null=True)
    holder = Person(source="assignment.membership")
    to = Person()
    state = serializers.ChoiceField(choices=HandoverState)
    situation = serializers.CharField()
    objectives = serializers.CharField()
    briefing = serializers.JSONField(help_text="Roles, workstreams, tasks and promised updates when it began.")
    begun_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class OfferAnswer(Answer):
    id = serializers.IntegerField()
    role = serializers.SlugField()
    domain = Named(TechnicalDomain, allow_null=True)
    member = Person(source="membership")
    state = serializers.ChoiceField(choices=PENDING)
    asked_at = serializers.DateTimeField()


class OfferBody(Placed):
    """Without a `member` you raise your own hand."""

    member = Person(source="membership", required=False)


class Roles(Endpoint):
    @listing(RoleAnswer)
    def get(self, request, number):
        """List the roles that are held now."""
        incident = find_incident(request, number)
        return self.page(RoleAnswer, incident.roles.current().with_people())

    @operation(
        body=Assignment,
        answer=RoleAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "Somebody speaks", {"role": "communications_lead", "member": "mei@acme.test"}, request_only=True
            ),
            OpenApiExample(
                "Somebody coordinates a domain",
                {"role": "technical_coordinator", "member": "tariq@acme.test", "domain": "database"},
                request_only=True,
            ),
        ],
    )
    def post(self, request, number):
        """Give a role to a member, at once. Whoever held it hands it over in the same act."""
        incident = find_incident(request, number)
        asked = self.body(Assignment)
        RoleAssignment.assign(incident, by=self.member, **asked)
        worn = incident.roles.current().with_people().of(asked["role"], asked.get("domain"))
        return self.answer(RoleAnswer, worn.get(membership=asked["membership"]), status=201)


class OneRole(Endpoint):
    @operation(status=204, query=StandDown)
    def delete(self, request, number, pk):
        """Stand down. The role is vacant until somebody takes it."""
        find_role(self, request, number, pk).stand_down(by=self.member, **self.query(StandDown))
        return Response(status=204)


class Offers(Endpoint):
    @listing(OfferAnswer)
    def get(self, request, number):
        """List the roles that are offered to somebody, and the hands that are raised. Not for stakeholders: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(OfferAnswer, incident.roles.pending().with_people())

    @operation(
        body=OfferBody,
        answer=OfferAnswer,
        status=201,
        examples=[
            OpenApiExample("Would you?", {"role": "product", "member": "ada@acme.test"}, request_only=True),
            OpenApiExample("I would", {"role": "support_liaison"}, request_only=True),
        ],
    )
    def post(self, request, number):
        """Offer a vacant role to somebody, or raise your hand for it. Nobody holds it before it is accepted."""
        incident = find_incident(request, number)
        asked = self.body(OfferBody)
        member = asked.pop("membership", self.member)
        if member == self.member:
            asked.pop("waiver", None)
            RoleAssignment.volunteer(incident, by=self.member, **asked)
        else:
            RoleAssignment.offer(incident, membership=member, by=self.member, **asked)
        pending = incident.roles.pending().with_people().of(asked["role"], asked.get("domain"))
        return self.answer(OfferAnswer, pending.get(membership=member), status=201)


class OneOffer(Endpoint):
    @operation(status=204)
    def delete(self, request, number, pk):
        """Take an offer back."""
        find_role(self, request, number, pk).withdraw(by=self.member)
        return Response(status=204)


class Acceptance(Endpoint):
    @operation(body=Saying, answer=RoleAnswer)
    def post(self, request, number, pk):
        """Say that you have it: a role that you were given, or were offered."""
        role = find_role(self, request, number, pk)
        role.accept(by=self.member, **self.body(Saying))
        worn = role.incident.roles.current().with_people().of(role.role, role.domain)
        return self.answer(RoleAnswer, worn.get(membership=self.member))


class Refusal(Endpoint):
    @operation(body=Because, status=204)
    def post(self, request, number, pk):
        """Say that you cannot: a role that you were given is vacant at once, and the lead hears of it."""
        find_role(self, request, number, pk).decline(by=self.member, **self.body(Because))
        return Response(status=204)


class Seizure(Endpoint):
    @operation(body=SeizureBody, answer=RoleAnswer)
    def post(self, request, number, pk):
        """Take a role from its holder. For whoever is on call for it, executives and administrators."""
        role = find_role(self, request, number, pk)
        role.seize(by=self.member, **self.body(SeizureBody))
        worn = role.incident.roles.current().with_people().of(role.role, role.domain)
        return self.answer(RoleAnswer, worn.get(membership=self.member))


class HandoverOfRole(Endpoint):
    @operation(answer=HandoverAnswer)
    def get(self, request, number, pk):
        """Read the latest hand-over of a role."""
        return self.answer(HandoverAnswer, find_handover(self, request, number, pk, only_open=False))

    @operation(
        body=HandoverBody,
        answer=HandoverAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "At the end of a shift",
                {"to": "tariq@acme.test", "situation": "The roll-back runs.", "objectives": "Watch the error rate."},
                request_only=True,
            )
        ],
    )
    def post(self, request, number, pk):
        """Begin a hand-over. The role moves when the successor acknowledges it."""
        Handover.begin(find_role(self, request, number, pk), by=self.member, **self.body(HandoverBody))
        return self.answer(HandoverAnswer, find_handover(self, request, number, pk), status=201)

    @operation(status=204, query=StandDown)
    def delete(self, request, number, pk):
        """Withdraw it; or, as the successor, decline it."""
        handover = find_handover(self, request, number, pk)
        if handover.to == self.member:
            handover.decline(by=self.member)
        else:
            handover.withdraw(by=self.member, **self.query(StandDown))
        return Response(status=204)


class HandoverAcknowledgement(Endpoint):
    @operation(answer=RoleAnswer)
    def post(self, request, number, pk):
        """Say that you have it. You hold the role from now on."""
        handover = find_handover(self, request, number, pk)
        handover.acknowledge(by=self.member)
        assignment = handover.assignment
        worn = handover.incident.roles.current().with_people().of(assignment.role, assignment.domain)
        return self.answer(RoleAnswer, worn.get(membership=self.member))


def find_handover(endpoint, request, number, pk, *, only_open=True):
    """The hand-over of a role, the one that is open or else the latest; 404 where there is none."""
    role = find_role(endpoint, request, number, pk)
    require_responder(request)
    handovers = role.handovers.with_people().latest_first()
    found = (handovers.open() if only_open else handovers).first()
    if found is None:
        raise Http404("There is no hand-over.")
    found.incident = role.incident
    found.briefing = found.briefing_for(request.membership)
    return found


def find_role(endpoint, request, number, pk):
    """One assignment of an incident that the member may see; 404 for everything else."""
    incident = find_incident(request, number)
    role = endpoint.find(incident.roles.with_people(), pk=pk)
    role.incident = incident
    return role
