"""Hats: who leads, who speaks, who coordinates a domain."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import RoleDefinition
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Named, Person, Query, Waiver
from teams.models import TechnicalDomain

from ..lookups import find_incident
from ..models import RoleAssignment
from ..models.roles import RoleState


class RoleAnswer(Answer):
    id = serializers.IntegerField()
    role = serializers.SlugField()
    domain = Named(TechnicalDomain, allow_null=True)
    holder = Person(source="membership")
    state = serializers.ChoiceField(choices=RoleState)
    since = serializers.DateTimeField(source="started_at")


class Assignment(Body):
    """`domain` is needed for a role that is held per domain, such as `technical_coordinator`, and for no other."""

    role = Named(RoleDefinition)
    member = Person(source="membership")
    domain = Named(TechnicalDomain, required=False, allow_null=True)
    waiver = Waiver()

    def validate(self, asked):
        role, domain = asked["role"], asked.get("domain")
        if role.per_domain and domain is None:
            raise serializers.ValidationError({"domain": ["This role is held for one domain: say which."]})
        if domain is not None and not role.per_domain:
            raise serializers.ValidationError({"domain": ["This role is not held per domain."]})
        return asked | {"role": role.slug}


class StandDown(Query):
    waiver = Waiver()


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


def find_role(endpoint, request, number, pk):
    """One assignment of an incident that the member may see; 404 for everything else."""
    incident = find_incident(request, number)
    role = endpoint.find(incident.roles.with_people(), pk=pk)
    role.incident = incident
    return role
