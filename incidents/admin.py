"""Alert sources in the organisation's admin: how their labels are read. Incidents change by their own verbs only."""

from django.contrib import admin

from teams.administration import site
from teams.administration.scoped import OrganizationModelAdmin

from .models import Integration


@admin.register(Integration, site=site)
class IntegrationAdmin(OrganizationModelAdmin):
    """The reading rule of a source. Connecting one shows its key once, on the integrations page."""

    list_display = ("name", "kind", "declares", "created_at", "revoked_at")
    list_filter = ("kind", "declares")
    search_fields = ("name",)
    ordering = ("name",)
    autocomplete_fields = ("default_type", "default_severity")
    fields = (
        "name", "kind", "declares", "type_label", "severity_label", "severity_map", "service_label",
        "default_type", "default_severity", "created_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = ("kind", "created_at", "revoked_at")

    def has_add_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
