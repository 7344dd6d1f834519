"""Playbooks, types, severities, cadences, the assessment matrix and decision rights in the organisation's admin."""

from django import forms
from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html

from teams.admin import CatalogueAdmin
from teams.administration import site
from teams.administration.scoped import OrganizationInline, OrganizationModelAdmin
from teams.errors import Refused

from .models import (
    AssessmentFunction,
    AssessmentRule,
    Cadence,
    DecisionDeadline,
    DecisionRight,
    FunctionRule,
    GlossaryTerm,
    HoldingText,
    IncidentType,
    Playbook,
    PlaybookVersion,
    RequiredFunction,
    RoleDefinition,
    RoleExclusion,
    Severity,
    Step,
)


class NamesARole:
    """For the admin of what names a role by its slug: offers those that the organisation has defined."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name != "role":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        none = [("", "No role")] if db_field.blank else []
        return forms.ChoiceField(
            choices=lambda: [*none, *RoleDefinition.objects.names().items()],
            required=not db_field.blank,
            help_text=db_field.help_text,
        )


class CadenceInline(OrganizationInline):
    model = Cadence
    max_num = 4


@admin.register(Severity, site=site)
class SeverityAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "rank", "preset", "participant_cap", "silence_minutes", "lead_level")
    ordering = ("rank",)
    inlines = (CadenceInline,)


@admin.register(Cadence, site=site)
class CadenceAdmin(OrganizationModelAdmin):
    """The whole matrix on one page, to be edited in place."""

    list_display = ("severity", "audience", "first_minutes", "minimum_minutes", "minutes", "confirmation")
    list_display_links = None
    list_editable = ("first_minutes", "minimum_minutes", "minutes", "confirmation")
    list_filter = ("severity", "audience")
    list_select_related = ("severity",)
    ordering = ("severity__rank", "pk")
    autocomplete_fields = ("severity",)


@admin.register(GlossaryTerm, site=site)
class GlossaryTermAdmin(CatalogueAdmin):
    """Words of the house, and what to say instead."""

    list_display = ("name", "plain")
    list_editable = ("plain",)
    search_fields = ("name", "plain")


@admin.register(HoldingText, site=site)
class HoldingTextAdmin(OrganizationModelAdmin):
    """What an audience is told at once; approved by standing here."""

    list_display = ("severity", "audience", "part", "text")
    list_filter = ("severity", "audience")
    list_select_related = ("severity",)
    ordering = ("severity__rank", "pk")
    autocomplete_fields = ("severity",)


class RequiredFunctionInline(OrganizationInline):
    model = RequiredFunction
    autocomplete_fields = ("function",)


@admin.register(IncidentType, site=site)
class IncidentTypeAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "words")
    inlines = (RequiredFunctionInline,)


class AssessmentFunctionInline(OrganizationInline):
    model = AssessmentFunction
    autocomplete_fields = ("function",)


@admin.register(AssessmentRule, site=site)
class AssessmentRuleAdmin(OrganizationModelAdmin):
    list_display = ("__str__", "called_for")
    list_filter = ("scope", "criticality")
    ordering = ("pk",)
    inlines = (AssessmentFunctionInline,)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("functions")

    @admin.display(description="Functions called for")
    def called_for(self, rule):
        return ", ".join(function.name for function in rule.functions.all()) or "None"


@admin.register(DecisionRight, site=site)
class DecisionRightAdmin(NamesARole, OrganizationModelAdmin):
    list_display = ("decision_class", "role")
    list_filter = ("decision_class",)
    ordering = ("pk",)


class RoleExclusionInline(OrganizationInline):
    model = RoleExclusion
    fk_name = "role"
    autocomplete_fields = ("other",)


@admin.register(RoleDefinition, site=site)
class RoleDefinitionAdmin(CatalogueAdmin):
    """What incidents rely on is settled when a role is added; what it says may be changed at any time."""

    list_display = ("name", "slug", "wanted", "single", "per_domain", "technical", "function", "position")
    list_editable = ("position",)
    list_filter = ("wanted", "technical")
    list_select_related = ("function",)
    autocomplete_fields = ("function",)
    inlines = (RoleExclusionInline,)
    settled = ("slug", "single", "per_domain", "technical")

    def get_readonly_fields(self, request, obj=None):
        return self.settled if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.built_in)


@admin.register(DecisionDeadline, site=site)
class DecisionDeadlineAdmin(OrganizationModelAdmin):
    """How long decisions may wait, on one page, to be edited in place."""

    list_display = ("severity", "decision_class", "minutes")
    list_display_links = None
    list_editable = ("minutes",)
    list_filter = ("severity", "decision_class")
    list_select_related = ("severity",)
    ordering = ("severity__rank", "pk")
    autocomplete_fields = ("severity",)


@admin.register(Playbook, site=site)
class PlaybookAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "incident_type", "published_version", "is_active")
    list_filter = ("incident_type", "is_active")
    list_select_related = ("incident_type",)
    autocomplete_fields = ("incident_type",)
    actions = ("open_drafts", "publish", "archive")
    readonly_fields = ("current_version", "open_draft")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("versions")

    def get_fields(self, request, obj=None):
        fields = ["name", "slug", "description", "incident_type", "position", "is_active"]
        return [*fields, *self.readonly_fields] if obj else fields

    @admin.display(description="Published")
    def published_version(self, playbook):
        published = [each for each in playbook.versions.all() if each.state == PlaybookVersion.State.PUBLISHED]
        return f"v{published[0].number}" if published else "Not published"

    @admin.display(description="Published version")
    def current_version(self, playbook):
        return _link(playbook.published) or "Not published"

    @admin.display(description="Draft")
    def open_draft(self, playbook):
        draft = playbook.versions.filter(state=PlaybookVersion.State.DRAFT).first()
        return _link(draft) or "None: “Open a draft” is an action of the list of playbooks."

    @admin.action(description="Open a draft of the selected playbooks")
    def open_drafts(self, request, queryset):
        for playbook in queryset:
            draft = playbook.draft()
            self.message_user(request, f"{draft} is open for changes.", messages.SUCCESS)

    @admin.action(description="Publish the drafts of the selected playbooks")
    def publish(self, request, queryset):
        for playbook in queryset:
            draft = playbook.versions.filter(state=PlaybookVersion.State.DRAFT).first()
            if draft is None:
                self.message_user(request, f"{playbook} has no draft.", messages.WARNING)
                continue
            draft.publish(by=request.membership)
            self.log_change(request, draft, "Published")
            self.message_user(request, f"{draft} is published.", messages.SUCCESS)

    @admin.action(description="Take the selected playbooks out of use")
    def archive(self, request, queryset):
        for playbook in queryset.filter(is_active=True):
            playbook.is_active = False
            playbook.save(update_fields=["is_active"])
            self.log_change(request, playbook, "Taken out of use")


def _link(version):

    if version is None:
        return ""
    address = reverse("admin:playbooks_playbookversion_change", args=[version.pk])
    return format_html('<a href="{}">{}</a>', address, version)


class FrozenInline(OrganizationInline):
    """Part of a version: open while that is a draft, read-only once it is published."""

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and not (obj and obj.is_frozen)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.is_frozen)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.is_frozen)


class FunctionRuleInline(FrozenInline):
    model = FunctionRule
    autocomplete_fields = ("function", "from_severity")


class StepInline(NamesARole, FrozenInline):
    model = Step
    ordering = ("phase", "position")


@admin.register(PlaybookVersion, site=site)
class PlaybookVersionAdmin(OrganizationModelAdmin):
    """What a playbook says. A draft is edited and published; a published version never changes."""

    list_display = ("__str__", "state", "published_at", "published_by")
    list_filter = ("state", "playbook")
    list_select_related = ("playbook", "published_by__person")
    search_fields = ("playbook__name",)
    date_hierarchy = "published_at"
    ordering = ("playbook__position", "-number")
    fields = ("playbook", "number", "state", "when_to_use", "guidance", "published_at", "published_by")
    readonly_fields = ("playbook", "number", "state", "published_at", "published_by")
    inlines = (FunctionRuleInline, StepInline)
    actions = ("publish",)

    def has_add_permission(self, request, obj=None):
        # A draft is made from its playbook, so that it starts where the published version is.
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.is_frozen)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.is_frozen)

    @admin.action(description="Publish the selected drafts")
    def publish(self, request, queryset):
        for version in queryset:
            try:
                version.publish(by=request.membership)
            except Refused as refusal:
                self.message_user(request, f"{version}: {refusal.sentence}", messages.WARNING)
            else:
                self.log_change(request, version, "Published")
                self.message_user(request, f"{version} is published.", messages.SUCCESS)
