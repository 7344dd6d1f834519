"""Roles as the organisation defines them."""

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.fields import empty

from teams.api.catalogue import CatalogueAnswer, CatalogueBody
from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Named, Text
from teams.models import Function

from ..models import RoleDefinition, RoleExclusion
from ..models.roles import Occasion, Wanted

MAX_LINES = 4_000


class RoleSlug(Named):
    """A role that the organisation has defined, kept by its slug; `allow_blank` lets it be none."""

    def __init__(self, **kwargs):
        super().__init__(RoleDefinition, **kwargs)

    def find(self, slug):
        found = super().find(slug) if slug else None
        return found.slug if found else None

    def run_validation(self, data=empty):
        return "" if self.allow_blank and data == "" else super().run_validation(data)

    def to_representation(self, slug):
        return slug


class ExclusionAnswer(Answer):
    other = Named(RoleDefinition, allow_null=True, help_text="Null: everything that is technical work.")
    when = serializers.ChoiceField(choices=Occasion)
    code = serializers.CharField(help_text="The code of the refusal.")
    because = serializers.CharField()


class RoleDefinitionAnswer(CatalogueAnswer):
    duties = serializers.CharField(help_text="One line each.")
    must_not = serializers.CharField(help_text="One line each.")
    card = serializers.CharField(help_text="What whoever gets the role is shown. Markdown.")
    single = serializers.BooleanField(help_text="At most one person holds it; one per domain where it is per domain.")
    per_domain = serializers.BooleanField()
    technical = serializers.BooleanField()
    wanted = serializers.ChoiceField(choices=Wanted, help_text="When it is a gap that nobody holds it.")
    function = Named(Function, allow_null=True, help_text="Whose person on call is asked first.")
    duty_minutes = serializers.IntegerField(allow_null=True, help_text="After so long, hand over; null: never.")
    built_in = serializers.BooleanField()
    exclusions = ExclusionAnswer(many=True, source="kept_apart")


class RoleDefinitionBody(CatalogueBody):
    """`single`, `per_domain` and `technical` are settled when a role is added, because incidents rely on them."""

    model = RoleDefinition

    duties = Text(required=False, allow_blank=True, max_length=MAX_LINES)
    must_not = Text(required=False, allow_blank=True, max_length=MAX_LINES)
    card = Text(required=False, allow_blank=True, max_length=MAX_LINES)
    single = serializers.BooleanField(required=False)
    per_domain = serializers.BooleanField(required=False)
    technical = serializers.BooleanField(required=False)
    wanted = serializers.ChoiceField(choices=Wanted, required=False)
    function = Named(Function, required=False, allow_null=True)
    duty_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=1440)

    def validate(self, asked):
        asked = super().validate(asked)
        settled = [name for name in ("single", "per_domain", "technical") if self.partial and name in asked]
        if settled:
            raise serializers.ValidationError({name: ["This never changes."] for name in settled})
        return asked


class Roles(Endpoint):
    @listing(RoleDefinitionAnswer)
    def get(self, request):
        """List the roles, with what their holders do, must not do, and must not be beside."""
        return self.page(RoleDefinitionAnswer, roles(), ascending=True)

    @operation(body=RoleDefinitionBody, answer=RoleDefinitionAnswer, status=201)
    def post(self, request):
        """Define a role of your own. Administrators only."""
        role = RoleDefinition.add(by=self.member, **self.body(RoleDefinitionBody))
        return self.answer(RoleDefinitionAnswer, self.find(roles(), pk=role.pk), status=201)


class OneRole(Endpoint):
    @operation(answer=RoleDefinitionAnswer)
    def get(self, request, slug):
        """Read a role."""
        return self.answer(RoleDefinitionAnswer, self.find(roles(), slug=slug))

    @operation(body=RoleDefinitionBody(partial=True), answer=RoleDefinitionAnswer)
    def patch(self, request, slug):
        """Describe a role differently. Administrators only."""
        role = self.find(RoleDefinition.objects.all(), slug=slug)
        role.change(by=self.member, **self.body(RoleDefinitionBody, partial=True))
        return self.answer(RoleDefinitionAnswer, self.find(roles(), slug=slug))


def roles():
    kept_apart = Prefetch("exclusions", RoleExclusion.objects.with_roles(), to_attr="kept_apart")
    return RoleDefinition.objects.select_related("function").prefetch_related(kept_apart)
