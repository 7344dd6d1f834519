"""Members who are asked to come, and what they say."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from playbooks.models import RoleDefinition
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Body, Named, Person, Reason, Waiver
from teams.models import Function

from ..lookups import find_incident, find_invitation
from ..models import IncidentInvitation
from ..models.invitations import InvitationState
from .reach import require_responder


class IncidentInvitationAnswer(Answer):
    id = serializers.IntegerField()
    member = Person(source="membership")
    function = Named(Function, allow_null=True)
    role = Named(RoleDefinition, allow_null=True, help_text="The role they are wanted for; null: none in particular.")
    reason = serializers.CharField()
    invited_by = Person(allow_null=True)
    state = serializers.ChoiceField(choices=InvitationState)
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Unanswered until then, whoever is on call is asked.")
    answered_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(help_text="Why somebody declined.")
    rerouted_from = serializers.IntegerField(
        source="rerouted_from_id", allow_null=True, help_text="The invitation that nobody answered."
    )


class Inviting(Body):
    member = Person(source="membership")
    function = Named(Function, required=False, allow_null=True)
    role = Named(RoleDefinition, required=False, allow_null=True)
    reason = Reason()
    waiver = Waiver()


class Declining(Body):
    reason = Reason()


class Invitations(Endpoint):
    @listing(IncidentInvitationAnswer)
    def get(self, request, number):
        """List who was invited, the latest first. Stakeholders are not invited to work: 404."""
        incident = find_incident(request, number)
        require_responder(request)
        return self.page(IncidentInvitationAnswer, incident.invitations.with_people())

    @operation(
        body=Inviting,
        answer=IncidentInvitationAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "For support",
                {"member": "sam@acme.test", "function": "support", "reason": "Big customers call"},
                request_only=True,
            )
        ],
    )
    def post(self, request, number):
        """Ask a member to come. They are paged; unanswered, it goes on to whoever is on call."""
        incident = find_incident(request, number)
        entry = IncidentInvitation.invite(incident, by=self.member, **self.body(Inviting))
        sent = find_invitation(request, incident, entry.details["invitation"])
        return self.answer(IncidentInvitationAnswer, sent, status=201)


class OneInvitation(Endpoint):
    @operation(answer=IncidentInvitationAnswer)
    def get(self, request, number, pk):
        """Read an invitation."""
        return self.answer(IncidentInvitationAnswer, find_invitation(request, find_incident(request, number), pk))

    @operation(status=204)
    def delete(self, request, number, pk):
        """Take an invitation back."""
        find_invitation(request, find_incident(request, number), pk).withdraw(by=self.member)
        return Response(status=204)


class Acceptance(Endpoint):
    @operation(answer=IncidentInvitationAnswer)
    def post(self, request, number, pk):
        """Come: the invited member works on it from now on."""
        invitation = find_invitation(request, find_incident(request, number), pk)
        invitation.accept(by=self.member)
        return self.answer(IncidentInvitationAnswer, invitation)


class Refusal(Endpoint):
    @operation(body=Declining, answer=IncidentInvitationAnswer)
    def post(self, request, number, pk):
        """Decline, with a reason for whoever invited."""
        invitation = find_invitation(request, find_incident(request, number), pk)
        invitation.decline(by=self.member, **self.body(Declining))
        return self.answer(IncidentInvitationAnswer, invitation)
