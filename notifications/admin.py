"""Routing rules and audience groups in the organisation's admin. The notification log is a page of the product."""

from django.contrib import admin

from playbooks.admin import NamesARole
from teams.admin import CatalogueAdmin
from teams.administration import site
from teams.administration.scoped import OrganizationInline, OrganizationModelAdmin

from .models import AudienceGroup, AudienceMember, RoutingRule, RoutingService


class RoutingServiceInline(OrganizationInline):
    model = RoutingService
    autocomplete_fields = ("service",)


@admin.register(RoutingRule, site=site)
class RoutingRuleAdmin(NamesARole, OrganizationModelAdmin):
    list_display = ("name", "event", "from_severity", "function", "role", "group", "by_email", "by_sms", "is_active")
    list_filter = ("event", "from_severity", "function", "is_active")
    list_select_related = ("from_severity", "function", "group")
    search_fields = ("name",)
    ordering = ("position", "pk")
    autocomplete_fields = ("from_severity", "incident_type", "function", "group")
    save_as = True
    inlines = (RoutingServiceInline,)
    fieldsets = (
        (None, {"fields": ("name", "position", "is_active", "event")}),
        ("Only if", {"fields": ("from_severity", "incident_type", "audience")}),
        ("Tell", {"fields": ("function", "role", "group", "participants")}),
        ("By", {"fields": ("by_email", "by_sms")}),
    )


class AudienceMemberInline(OrganizationInline):
    model = AudienceMember
    autocomplete_fields = ("membership",)


@admin.register(AudienceGroup, site=site)
class AudienceGroupAdmin(CatalogueAdmin):
    list_display = ("name", "audience", "function", "stakeholders", "by_email", "by_sms")
    list_filter = ("audience",)
    list_select_related = ("function",)
    autocomplete_fields = ("function",)
    inlines = (AudienceMemberInline,)
