"""The calendar of the business: what is planned, and which services it needs."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from teams.errors import Refused

from ..forms.facts import EventForm
from ..models import BusinessEvent

HERE = "business_events"


@require_http_methods(["GET", "POST"])
def business_events(request):
    form = EventForm(request.POST or None)
    if form.is_valid():
        _require_responder(request)
        try:
            event = BusinessEvent.plan(by=request.membership, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, f"{event} is in the calendar.")
            return redirect("incidents:business_events", org=request.organization.slug)
    context = {"form": form, "events": BusinessEvent.objects.ahead().for_reading().soonest_first(), "here": HERE}
    return render(request, "incidents/business_events.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def business_event(request, pk):
    _require_responder(request)
    event = get_object_or_404(BusinessEvent.objects.planned().for_reading(), pk=pk)
    form = EventForm(request.POST or None, event=event)
    if form.is_valid():
        try:
            event.change(by=request.membership, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, f"{event} is up to date.")
            return redirect("incidents:business_events", org=request.organization.slug)
    context = {"form": form, "event": event, "here": HERE}
    return render(request, "incidents/business_event.html", context, status=422 if form.errors else 200)


@require_POST
def business_event_cancellation(request, pk):
    _require_responder(request)
    event = get_object_or_404(BusinessEvent.objects.planned(), pk=pk)
    event.cancel(by=request.membership)
    messages.success(request, f"{event} is cancelled.")
    return redirect("incidents:business_events", org=request.organization.slug)


def _require_responder(request):
    if not request.membership.is_responder:
        raise Http404("Stakeholders read the calendar.")
