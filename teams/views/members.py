"""Who belongs to the organisation."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..authority import may_administer
from ..forms import MemberForm
from ..models import Invitation, Membership
from .answers import page


@require_safe
def members(request):
    everybody = Membership.objects.active().with_people().in_order()
    pending = Invitation.objects.valid().count() if may_administer(request.membership) else 0
    return page(request, "members", members=everybody, pending=pending, here="members")


def find_member(pk):
    return get_object_or_404(Membership.objects.active().with_people(), pk=pk)


@require_http_methods(["GET", "POST"])
def member(request, pk):
    found = find_member(pk)
    teams = found.teams.in_order()
    if not may_administer(request.membership):
        return page(request, "member", member=found, teams=teams, here="members")
    form = MemberForm(request.POST or None, by=request.membership, member=found)
    if form.is_valid():
        arrange(found, by=request.membership, **form.cleaned_data)
        messages.success(request, f"{found.name} is up to date.")
        return redirect("teams:members", org=request.organization.slug)
    return page(request, "member", form=form, member=found, teams=teams, here="members")


@transaction.atomic
def arrange(member, *, role, function, domain, phone, skills, lead_level, by):
    """One form, five verbs: all of them or none."""
    member.change_role(role, by=by)
    member.change_place(function=function, domain=domain, by=by)
    member.change_phone(phone, by=by)
    member.change_skills(skills, by=by)
    member.change_lead_level(lead_level, by=by)


@require_http_methods(["GET", "POST"])
def removal(request, pk):
    found = find_member(pk)
    if request.method == "POST":
        found.end(by=request.membership)
        messages.success(request, f"{found.name} is no longer a member.")
        return redirect("teams:members", org=request.organization.slug)
    return page(request, "removal", member=found, here="members")
