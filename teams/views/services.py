"""What customers or other services use, and who owns it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import require_administrator
from ..forms import ServiceForm
from ..models import Service
from .answers import page


@require_safe
def services(request):
    everything = Service.objects.in_order().select_related("domain", "team")
    return page(request, "services", services=everything, here="services")


@require_http_methods(["GET", "POST"])
def new_service(request):
    require_administrator(request.membership)
    form = ServiceForm(request.POST or None)
    if form.is_valid():
        added = Service.add(by=request.membership, **form.cleaned_data)
        messages.success(request, f"{added} is in the catalogue.")
        return redirect("teams:services", org=request.organization.slug)
    return page(request, "service", form=form, here="services")


@require_http_methods(["GET", "POST"])
def service(request, slug):
    require_administrator(request.membership)
    found = get_object_or_404(Service, slug=slug)
    form = ServiceForm(request.POST or None, row=found)
    if form.is_valid():
        found.change(by=request.membership, **form.cleaned_data)
        messages.success(request, f"{found} is up to date.")
        return redirect("teams:services", org=request.organization.slug)
    return page(request, "service", form=form, service=found, here="services")
