"""The admin site of one organisation at a time."""

from django.contrib.admin import AdminSite


class OrganizationAdminSite(AdminSite):
    site_title = site_header = "Muster administration"

    def has_permission(self, request):
        return request.membership is not None and request.membership.is_administrator


site = OrganizationAdminSite(name="admin")
