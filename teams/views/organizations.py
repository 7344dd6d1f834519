"""Organisations themselves: another one, its settings, leaving it, and who changed what."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import require_administrator
from ..forms import NewOrganizationForm, OrganizationForm
from ..founding import found
from ..models import AuditEntry
from .answers import page

AUDIT_PAGE = 50


@login_required
@require_http_methods(["GET", "POST"])
def new_organization(request):
    form = NewOrganizationForm(request.POST or None)
    if form.is_valid():
        membership = found(owner=request.user, time_zone=request.user.time_zone, **form.cleaned_data)
        return redirect(membership.organization)
    return page(request, "new_organization", form=form)


@require_safe
def settings(request):
    return page(request, "settings", here="settings")


@require_http_methods(["GET", "POST"])
def organization(request):
    require_administrator(request.membership)
    known = {"name": request.organization.name, "time_zone": request.organization.time_zone}
    form = OrganizationForm(request.POST or None, initial=known)
    if form.is_valid():
        request.organization.change(by=request.membership, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("teams:organization", org=request.organization.slug)
    return page(request, "organization", form=form, here="organization")


@require_http_methods(["GET", "POST"])
def leave(request):
    if request.method == "POST":
        request.membership.end(by=request.membership)
        messages.success(request, f"You left {request.organization}.")
        return redirect("/")
    return page(request, "leave", here="leave")


@require_safe
def audit(request):
    require_administrator(request.membership)
    entries = AuditEntry.objects.latest_first().select_related("actor__person")
    if before := request.GET.get("before"):
        if not before.isdecimal() or len(before) > 18:
            raise Http404
        entries = entries.before(int(before))
    entries = list(entries[: AUDIT_PAGE + 1])
    older = entries[AUDIT_PAGE - 1].pk if len(entries) > AUDIT_PAGE else None
    return page(request, "audit", entries=entries[:AUDIT_PAGE], older=older, here="audit")
