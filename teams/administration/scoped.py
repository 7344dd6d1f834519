"""What every model's admin builds on, so that lists, forms, pickers, inlines and history stay in the organisation.

Tenant models are narrowed by their managers, which the admin uses throughout. What is left to do here: rows that
belong to no organisation (people) are offered only as far as they are members; uniqueness inside the organisation
is checked in the form; and history is the organisation's own, not the framework's shared log.
"""

from django import forms
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from ..models import AuditEntry, Person, audit
from ..tenancy import TenantModel, active_organization_id

HISTORY_PAGE = 50


class OrganizationForm(forms.ModelForm):
    """Knows the organisation before it validates, so that a duplicate is an error in the form and not a crash."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.organization_id is None:
            self.instance.organization_id = active_organization_id()

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() - {"organization"}


class InsideOrganization:
    """Shared by model admins and inlines: permissions, and what foreign keys offer."""

    form = OrganizationForm

    def _administers(self, request):
        return request.membership is not None and request.membership.is_administrator

    def has_module_permission(self, request):
        return self._administers(request)

    def has_view_permission(self, request, obj=None):
        return self._administers(request)

    def has_add_permission(self, request, obj=None):
        return self._administers(request)

    def has_change_permission(self, request, obj=None):
        return self._administers(request)

    def has_delete_permission(self, request, obj=None):
        return self._administers(request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        target = db_field.related_model
        if target is Person:
            kwargs["queryset"] = Person.objects.filter(memberships__in=_members())
        elif not issubclass(target, TenantModel):
            raise ImproperlyConfigured(f"{db_field} points at rows that belong to no organisation.")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if not issubclass(db_field.related_model, TenantModel):
            raise ImproperlyConfigured(f"{db_field} points at rows that belong to no organisation.")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _members():
    from ..models import Membership

    return Membership.objects.active()


class OrganizationInline(InsideOrganization, admin.TabularInline):
    extra = 0
    show_change_link = False


class OrganizationModelAdmin(InsideOrganization, admin.ModelAdmin):
    """The scoped base class. `ordering` and `list_select_related` are the subclass's to say."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    save_on_top = False
    list_per_page = 50
    actions_on_bottom = False

    def __init__(self, model, admin_site):
        if not issubclass(model, TenantModel):
            raise ImproperlyConfigured(f"{model.__name__} belongs to no organisation.")
        super().__init__(model, admin_site)

    def changeform_view(self, request, *args, **kwargs):
        try:
            with transaction.atomic():
                return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Somebody saved the same name after the form had looked; asked again, it says which field is taken.
            return super().changeform_view(request, *args, **kwargs)

    # --- History: the organisation's audit, one entry an act ---------------------------------------

    def log_addition(self, request, obj, message):
        return audit.log(request.membership, "added", obj, message=_words(message))

    def log_change(self, request, obj, message):
        return audit.log(request.membership, "changed", obj, message=_words(message))

    def log_deletions(self, request, queryset):
        return [audit.log(request.membership, "deleted", obj) for obj in queryset]

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        entries = AuditEntry.objects.about(obj).select_related("actor__person").latest_first()
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "entries": Paginator(entries, HISTORY_PAGE).get_page(request.GET.get("p")),
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": obj,
            "opts": self.opts,
            "content_type_id": ContentType.objects.get_for_model(self.model).pk,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/organization_history.html", context)


class ReadOnlyAdmin(OrganizationModelAdmin):
    """Seen here, changed by the product's own pages and verbs."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def _words(message):
    """The framework's change message, a list of dictionaries or a string, as plain data."""
    return message if isinstance(message, str) else [dict(part) for part in message]
