"""Members of the organisation, and inviting more."""

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from .. import invitation_links
from ..models import Function, Invitation, Membership, TechnicalDomain
from ..models.membership import LeadLevel, OrganizationRole
from ..views.invitations import mail
from .endpoint import Endpoint
from .schema import listing, operation
from .shapes import Answer, Body, Named


class MemberAnswer(Answer):
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=OrganizationRole)
    function = Named(Function, allow_null=True)
    domain = Named(TechnicalDomain, allow_null=True)
    skills = serializers.CharField(help_text="What they know, with commas between.")
    lead_level = serializers.ChoiceField(choices=LeadLevel, help_text="How bad an incident they may lead; 3 is any.")
    joined_at = serializers.DateTimeField()


class InvitationAnswer(Answer):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=OrganizationRole)
    function = Named(Function, allow_null=True)
    expires_at = serializers.DateTimeField()
    link = serializers.URLField(allow_null=True, help_text="Shown this once; a repeated request gets null.")


class Invited(Body):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=OrganizationRole, required=False)
    function = Named(Function, required=False, allow_null=True)


class Members(Endpoint):
    @listing(MemberAnswer)
    def get(self, request):
        """List the members."""
        return self.page(MemberAnswer, Membership.objects.active().with_people(), ascending=True)

    @operation(
        body=Invited,
        answer=InvitationAnswer,
        status=201,
        examples=[
            OpenApiExample(
                "A responder",
                {"email": "noor@acme.test", "role": "responder", "function": "support"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Invite somebody. Administrators only; the link is mailed where there is a mail server."""
        invitation, key = Invitation.invite(by=self.member, **self.body(Invited))
        # An address that nobody has confirmed must not send mail to others.
        if request.user.has_confirmed_email():
            transaction.on_commit(lambda: mail(invitation, key), robust=True)
        invitation.link = (invitation_links.link_to_copy if settings.EMAIL_URL else invitation_links.link_to_mail)(key)
        return self.answer_once(InvitationAnswer, invitation, hide="link")
