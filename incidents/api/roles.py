"""Hats: who leads, who speaks."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import IncidentRole
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Person, Query, Waiver

from ..lookups import find_incident
from ..models import RoleAssignment


class RoleAnswer(Answer):
    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=IncidentRole)
    domain = serializers.SlugField(default=None, allow_null=True)
    holder = Person(source="membership")
    since = serializers.DateTimeField(source="started_at")


class Assignment(Body):
    role = serializers.ChoiceField(choices=IncidentRole)
    member = Person(source="membership")
    waiver = Waiver()


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
            )
        ],
    )
    def post(self, request, number):
        """Give a role to a member. Whoever held it hands it over in the same act."""
        incident = find_incident(request, number)
        asked = self.body(Assignment)
        RoleAssignment.assign(incident, by=self.member, **asked)
        held = incident.roles.current().with_people().get(role=asked["role"])
        return self.answer(RoleAnswer, held, status=201)


class OneRole(Endpoint):
    @operation(status=204, query=StandDown)
    def delete(self, request, number, pk):
        """Stand down. The role is vacant until somebody takes it."""
        incident = find_incident(request, number)
        role = self.find(incident.roles.with_people(), pk=pk)
        role.incident = incident
        role.stand_down(by=self.member, **self.query(StandDown))
        return Response(status=204)
