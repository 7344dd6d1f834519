"""The admin of one organisation at a time. `TenancyMiddleware` has opened its scope before any view here runs."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from ..admission import ADMINISTERED, own_memberships


class OrganizationAdminSite(AdminSite):
    """Administrators of an organisation edit what belongs to it. Nobody edits more, whatever they are elsewhere."""

    site_title = site_header = "Muster administration"
    index_title = "Administration"
    site_url = "/"
    enable_nav_sidebar = True

    def register(self, model_or_iterable, admin_class=None, **options):
        from .scoped import OrganizationModelAdmin

        if admin_class is None or not issubclass(admin_class, OrganizationModelAdmin):
            raise ImproperlyConfigured("Models of the organisation admin build on OrganizationModelAdmin.")
        super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request):
        return request.membership is not None and request.membership.is_administrator

    def each_context(self, request):
        # Who administers several organisations sees which one this is, and how to change it.
        administered = [m for m in own_memberships(request) if m.is_administrator]
        return {**super().each_context(request), "administered": administered}

    def get_urls(self):
        choice = path("organization/", self.admin_view(require_POST(self.choose_organization)), name="organization")
        return [choice, *super().get_urls()]

    def choose_organization(self, request):
        """`POST organization=<slug>`: administer another of one's organisations."""
        slug = request.POST.get("organization", "")
        chosen = next((m for m in own_memberships(request) if m.is_administrator and m.organization.slug == slug), None)
        if chosen is None:
            raise Http404
        request.session[ADMINISTERED] = chosen.organization_id
        return redirect("admin:index")

    # Signing in, second factor and passwords are the account pages' business, with their limits.

    def login(self, request, extra_context=None):
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request, extra_context=None):
        return redirect("account_logout")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")


site = OrganizationAdminSite(name="admin")
