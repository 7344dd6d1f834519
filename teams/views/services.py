"""What customers or other services use, and who owns it."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import require_administrator
from ..errors import Refused, Taken
from ..forms import ServiceForm
from ..models import Service
from .answers import page


@require_safe
def services(request):
    needed = Prefetch("depends_on", Service.objects.in_order())
    everything = Service.objects.in_order().select_related("domain", "team").prefetch_related(needed)
    return page(request, "services", services=everything, here="services")


@require_http_methods(["GET", "POST"])
def new_service(request):
    require_administrator(request.membership)
    form = ServiceForm(request.POST or None)
    if form.is_valid():
        needed = form.cleaned_data.pop("depends_on")
        try:
            with transaction.atomic():
                added = Service.add(by=request.membership, **form.cleaned_data)
                added.rest_on(needed, by=request.membership)
        except Taken:
            form = ServiceForm(request.POST)
        else:
            messages.success(request, f"{added} is in the catalogue.")
            return redirect("teams:services", org=request.organization.slug)
    return page(request, "service", form=form, here="services")


@require_http_methods(["GET", "POST"])
def service(request, slug):
    require_administrator(request.membership)
    found = get_object_or_404(Service, slug=slug)
    form = ServiceForm(request.POST or None, row=found)
    if form.is_valid():
        needed = form.cleaned_data.pop("depends_on")
        try:
            with transaction.atomic():
                found.change(by=request.membership, **form.cleaned_data)
                found.rest_on(needed, by=request.membership)
        except Taken:
            found.refresh_from_db()
            form = ServiceForm(request.POST, row=found)
        except Refused as refused:
            form.add_error("depends_on", refused.sentence)
        else:
            messages.success(request, f"{found} is up to date.")
            return redirect("teams:services", org=request.organization.slug)
    return page(request, "service", form=form, service=found, here="services")
