"""Functions, domains, teams, services and rotas in the organisation's admin; people and audit to read."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet

from .administration import site
from .administration.scoped import OrganizationInline, OrganizationModelAdmin, ReadOnlyAdmin
from .models import (
    AuditEntry,
    Function,
    Membership,
    Rota,
    Service,
    ServiceDependency,
    ServiceGraph,
    Team,
    TeamMember,
    TechnicalDomain,
)


class CatalogueAdmin(OrganizationModelAdmin):
    """What has a slug, a name and a place in the list."""

    search_fields = ("name", "slug")
    ordering = ("position", "name")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Function, site=site)
class FunctionAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "position")
    list_editable = ("position",)


@admin.register(TechnicalDomain, site=site)
class TechnicalDomainAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "function", "position")
    list_select_related = ("function",)
    autocomplete_fields = ("function",)


class TeamMemberInline(OrganizationInline):
    model = TeamMember
    autocomplete_fields = ("membership",)


@admin.register(Team, site=site)
class TeamAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "function", "domain", "manager")
    list_filter = ("function",)
    list_select_related = ("function", "domain", "manager__person")
    autocomplete_fields = ("function", "domain", "manager")
    inlines = (TeamMemberInline,)


class DependencyFormSet(BaseInlineFormSet):
    """Refuses a circle, as `Service.rest_on` does."""

    def clean(self):
        super().clean()
        if any(self.errors) or self.instance.pk is None:
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and form not in self.deleted_forms]
        needed = {each["needed"].pk for each in kept if each.get("needed")}
        if ServiceGraph.read().is_circular(self.instance.pk, needed):
            raise ValidationError(f"{self.instance} would need itself in the end.")


class ServiceDependencyInline(OrganizationInline):
    model = ServiceDependency
    fk_name = "service"
    formset = DependencyFormSet
    autocomplete_fields = ("needed",)


@admin.register(Service, site=site)
class ServiceAdmin(CatalogueAdmin):
    list_display = ("name", "slug", "domain", "team")
    list_filter = ("domain", "team")
    list_select_related = ("domain", "team")
    autocomplete_fields = ("domain", "team")
    inlines = (ServiceDependencyInline,)


@admin.register(Rota, site=site)
class RotaAdmin(OrganizationModelAdmin):
    list_display = ("function", "on_call")
    list_select_related = ("function", "on_call__person")
    ordering = ("function__position",)
    autocomplete_fields = ("function", "on_call")


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnlyAdmin):
    """To be picked from and looked up; roles and removals have rules, which the members page keeps."""

    list_display = ("__str__", "email", "role", "function", "lead_level", "ended_at")
    list_filter = ("role", "function")
    list_select_related = ("person", "function")
    search_fields = ("person__name", "person__email")
    ordering = ("person__name", "person__email")

    def get_search_results(self, request, queryset, search_term):
        found, distinct = super().get_search_results(request, queryset.select_related("person"), search_term)
        # Whoever has left is not picked for anything.
        picking = request.path.endswith("/autocomplete/")
        return (found.active() if picking else found), distinct


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "words", "subject")
    list_select_related = ("actor__person",)
    search_fields = ("subject", "act")
    date_hierarchy = "at"
    ordering = ("-pk",)
