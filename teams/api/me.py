"""Who a token acts for."""

from rest_framework import serializers

from ..models import Function, TechnicalDomain
from ..models.membership import OrganizationRole
from .endpoint import Endpoint
from .schema import operation
from .shapes import Answer, Body, Line, Named


class OrganizationAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    time_zone = serializers.CharField()


class TokenOfMine(Answer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class MeAnswer(Answer):
    organization = OrganizationAnswer(source="token_organization")
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=OrganizationRole)
    function = Named(Function, allow_null=True)
    domain = Named(TechnicalDomain, allow_null=True)
    skills = serializers.CharField(help_text="What they know, with commas between.")
    token = TokenOfMine(source="own_token")


class SkillsBody(Body):
    skills = Line(max_length=300, allow_blank=True, help_text="With commas between; empty: nothing in particular.")


class Me(Endpoint):
    @operation(answer=MeAnswer)
    def get(self, request):
        """Read which organisation and which member this token acts for."""
        return self._answer(request)

    @operation(body=SkillsBody, answer=MeAnswer)
    def patch(self, request):
        """Say what the token's member knows; incidents find people by it."""
        self.member.change_skills(self.body(SkillsBody)["skills"], by=self.member)
        return self._answer(request)

    def _answer(self, request):
        member = self.member
        member.token_organization, member.own_token = request.organization, request.auth
        return self.answer(MeAnswer, member)
