"""The notification log, and what administrators do about what failed."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ..log import DeliveryLog
from ..models import Delivery, FanOut


@require_safe
def index(request):
    log = DeliveryLog(request.membership, request.GET)
    return render(request, "notifications/deliveries.html", {"log": log, "section": "deliveries", "here": "log"})


@require_POST
def retries(request, pk):
    find_delivery(request, pk).retry(by=request.membership)
    messages.success(request, "It is tried again now.")
    return back(request)


@require_POST
def dropping(request, pk):
    find_delivery(request, pk).drop(by=request.membership)
    messages.success(request, "It will not be sent.")
    return back(request)


@require_POST
def fan_out_retries(request, pk):
    get_object_or_404(FanOut, pk=pk).retry(by=request.membership)
    messages.success(request, "Who hears of it is worked out again now.")
    return back(request)


def find_delivery(request, pk):
    """The delivery; 404 when the member may not read it."""
    return get_object_or_404(Delivery.objects.visible_to(request.membership), pk=pk)


def back(request):
    """To the list as it was filtered."""
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return redirect(address)
    return redirect("notifications:deliveries", org=request.organization.slug)
