"""People who work together."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import require_administrator
from ..errors import Taken
from ..forms import TeamForm
from ..models import Membership, Team
from .answers import page


@require_safe
def teams(request):
    people = Prefetch("members", Membership.objects.active().with_people().in_order())
    everybody = Team.objects.in_order().select_related("function", "domain", "manager__person").prefetch_related(people)
    return page(request, "teams", teams=everybody, here="teams")


@require_http_methods(["GET", "POST"])
def new_team(request):
    require_administrator(request.membership)
    form = TeamForm(request.POST or None)
    if form.is_valid():
        members = form.cleaned_data.pop("members")
        try:
            with transaction.atomic():
                added = Team.add(by=request.membership, **form.cleaned_data)
                added.consist_of(members, by=request.membership)
        except Taken:
            form = TeamForm(request.POST)
        else:
            messages.success(request, f"{added} is in the catalogue.")
            return redirect("teams:teams", org=request.organization.slug)
    return page(request, "team", form=form, here="teams")


@require_http_methods(["GET", "POST"])
def team(request, slug):
    require_administrator(request.membership)
    found = get_object_or_404(Team, slug=slug)
    form = TeamForm(request.POST or None, row=found)
    if form.is_valid():
        members = form.cleaned_data.pop("members")
        try:
            with transaction.atomic():
                found.change(by=request.membership, **form.cleaned_data)
                found.consist_of(members, by=request.membership)
        except Taken:
            found.refresh_from_db()
            form = TeamForm(request.POST, row=found)
        else:
            messages.success(request, f"{found} is up to date.")
            return redirect("teams:teams", org=request.organization.slug)
    return page(request, "team", form=form, team=found, here="teams")
