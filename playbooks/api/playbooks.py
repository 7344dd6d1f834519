"""Playbooks and their versions."""

from django.db.models import Prefetch
from rest_framework import serializers

from teams.api.endpoint import Endpoint
from teams.api.schema import listing, operation
from teams.api.shapes import Answer, Named
from teams.models import Function

from ..models import FunctionRule, IncidentType, Playbook, PlaybookVersion, Severity, Step


class PlaybookAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    type = Named(IncidentType, source="incident_type", allow_null=True)
    active = serializers.BooleanField(source="is_active")
    version = serializers.SerializerMethodField(help_text="The published version, which new incidents use.")

    def get_version(self, playbook) -> serializers.IntegerField(allow_null=True):
        return playbook.in_use[0].number if playbook.in_use else None


class FunctionRuleAnswer(Answer):
    function = Named(Function)
    need = serializers.ChoiceField(choices=FunctionRule.Need)
    how = serializers.ChoiceField(choices=FunctionRule.How)
    from_severity = Named(Severity, allow_null=True)


class StepAnswer(Answer):
    phase = serializers.ChoiceField(choices=Step.Phase)
    role = serializers.CharField(help_text="The slug of a role, built in or the organisation's own; empty: everybody.")
    text = serializers.CharField()


class VersionLine(Answer):
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PlaybookVersion.State)
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class VersionAnswer(VersionLine):
    when_to_use = serializers.CharField()
    guidance = serializers.CharField(help_text="Markdown.")
    function_rules = FunctionRuleAnswer(many=True)
    steps = StepAnswer(many=True)


class Playbooks(Endpoint):
    @listing(PlaybookAnswer)
    def get(self, request):
        """List the playbooks."""
        return self.page(PlaybookAnswer, playbooks(), ascending=True)


class OnePlaybook(Endpoint):
    @operation(answer=PlaybookAnswer)
    def get(self, request, slug):
        """Read a playbook."""
        return self.answer(PlaybookAnswer, self.find(playbooks(), slug=slug))


class Versions(Endpoint):
    @listing(VersionLine)
    def get(self, request, slug):
        """List the versions of a playbook, the newest first."""
        return self.page(VersionLine, self.find(Playbook.objects.all(), slug=slug).versions.all(), key="number")


class OneVersion(Endpoint):
    @operation(answer=VersionAnswer)
    def get(self, request, slug, number):
        """Read a version: whom it calls for, and what to do first."""
        versions = PlaybookVersion.objects.prefetch_related(
            Prefetch("function_rules", FunctionRule.objects.select_related("function", "from_severity").order_by("pk")),
            Prefetch("steps", Step.objects.order_by("position", "pk")),
        )
        return self.answer(VersionAnswer, self.find(versions, playbook__slug=slug, number=number))


def playbooks():
    in_use = PlaybookVersion.objects.filter(state=PlaybookVersion.State.PUBLISHED)
    return Playbook.objects.select_related("incident_type").prefetch_related(
        Prefetch("versions", in_use, to_attr="in_use")
    )
