"""How an organisation arranges its status page: the page itself, its parts, planned work, and who listens."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.models.updates import TAKE_BACK
from teams.authority import require_administrator
from teams.errors import Refused, Taken

from ..broadcast import ask_again
from ..models import Component, Maintenance, StatusPage, Subscriber
from ..status_forms import ComponentForm, MaintenanceForm, StatusPageForm

SHOWN = 200


@require_http_methods(["GET", "POST"])
def status_page(request):
    require_administrator(request.membership)
    page = StatusPage.of(request.organization)
    known = {name: getattr(page, name) for name in ("name", "intro", "host", "published")}
    form = StatusPageForm(request.POST or None, initial=known)
    if form.is_valid():
        try:
            StatusPage.arrange(request.organization, by=request.membership, **form.cleaned_data)
        except Refused as refused:
            form.add_error("host", refused.sentence)
        else:
            messages.success(request, "Saved.")
            return redirect("notifications:status_page", org=request.organization.slug)
    now = timezone.now()
    windows = list(Maintenance.objects.ahead(now).with_components()[:SHOWN])
    for window in windows:
        window.waits = window.is_held(now)
        window.goes_on = window.state(now) == "in_progress"
    return _page(
        request,
        "status_page",
        form=form,
        status_page=page,
        components=Component.objects.shown().in_order().prefetch_related("services"),
        windows=windows,
        subscribers=Subscriber.objects.counted(),
    )


@require_http_methods(["GET", "POST"])
def new_component(request):
    require_administrator(request.membership)
    form = ComponentForm(request.POST or None)
    if form.is_valid():
        try:
            added = Component.add(by=request.membership, **form.cleaned_data)
        except Taken:
            form = ComponentForm(request.POST)
        else:
            return _back(request, f"“{added}” is on the page.")
    return _page(request, "component", form=form)


@require_http_methods(["GET", "POST"])
def component(request, slug):
    require_administrator(request.membership)
    found = get_object_or_404(Component.objects.shown(), slug=slug)
    form = ComponentForm(request.POST or None, row=found)
    if form.is_valid():
        try:
            found.change(by=request.membership, **form.cleaned_data)
        except Taken:
            found.refresh_from_db()
            form = ComponentForm(request.POST, row=found)
        else:
            return _back(request, "Saved.")
    return _page(request, "component", form=form, component=found)


@require_POST
def retirement(request, slug):
    get_object_or_404(Component.objects.shown(), slug=slug).retire(by=request.membership)
    return _back(request, "It is off the page. What happened to it stays in the history.")


@require_http_methods(["GET", "POST"])
def new_maintenance(request):
    require_administrator(request.membership)
    form = MaintenanceForm(request.POST or None)
    if form.is_valid():
        try:
            Maintenance.plan(by=request.membership, hold=TAKE_BACK, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, ValidationError(refused.sentence))
        else:
            return _back(request, f"It is announced in {TAKE_BACK.seconds} seconds. Until then, nobody hears of it.")
    return _page(request, "maintenance", form=form, subscribers=Subscriber.objects.counted())


@require_http_methods(["GET", "POST"])
def maintenance(request, pk):
    require_administrator(request.membership)
    window = get_object_or_404(Maintenance, pk=pk)
    form = MaintenanceForm(request.POST or None, window=window)
    if form.is_valid():
        try:
            window.change(by=request.membership, hold=TAKE_BACK, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, ValidationError(refused.sentence))
        else:
            return _back(request, f"Saved. Subscribers hear of it in {TAKE_BACK.seconds} seconds.")
    return _page(request, "maintenance", form=form, window=window, subscribers=Subscriber.objects.counted())


@require_POST
def cancellation(request, pk):
    get_object_or_404(Maintenance, pk=pk).cancel(by=request.membership)
    return _back(request, "It is off the page. Whoever heard of it hears that it does not take place.")


@require_POST
def maintenance_end(request, pk):
    get_object_or_404(Maintenance, pk=pk).end(by=request.membership)
    return _back(request, "It is over. Whoever heard of it hears that now.")


@require_safe
def subscribers(request):
    require_administrator(request.membership)
    listed = Subscriber.objects.confirmed().prefetch_related("components").latest_first()
    unproven = Subscriber.objects.unproven()
    return _page(
        request,
        "subscribers",
        subscribers=listed[:SHOWN],
        counted=Subscriber.objects.counted(),
        unproven=unproven.latest_first()[:SHOWN],
        unproven_count=unproven.count(),
    )


@require_POST
def resending(request, pk):
    subscriber = get_object_or_404(Subscriber, pk=pk)
    ask_again(StatusPage.of(request.organization), subscriber, by=request.membership)
    messages.success(request, f"The link is on its way to {subscriber.masked_address} once more.")
    return redirect("notifications:subscribers", org=request.organization.slug)


@require_POST
def removal(request, pk):
    get_object_or_404(Subscriber, pk=pk).remove(by=request.membership)
    messages.success(request, "They get no more messages.")
    return redirect("notifications:subscribers", org=request.organization.slug)


def _back(request, words):
    messages.success(request, words)
    return redirect("notifications:status_page", org=request.organization.slug)


def _page(request, template, *, form=None, **context):
    """A page; with a form that is wrong, the same page as 422."""
    return render(
        request,
        f"notifications/{template}.html",
        {**context, "form": form, "here": "status_page"},
        status=422 if form is not None and form.errors else 200,
    )
