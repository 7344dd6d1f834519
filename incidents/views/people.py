"""Who takes part in an incident."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from teams.models import Membership, Team

from ..lookups import find_incident, room_of


@require_GET
def people(request, number):
    """The region for htmx; as a page, also the form that brings somebody in."""
    incident = find_incident(request, number)
    room = room_of(request, incident)
    context = {"incident": incident, "room": room}
    if request.htmx:
        return render(request, "incidents/_people.html", context)
    if room.responds:
        here = {each.membership_id for each in room.participants}
        members = Membership.objects.active().with_people().in_order()
        context["others"] = [member for member in members if member.pk not in here]
        context["teams"] = Team.objects.in_order()
    return render(request, "incidents/people.html", context)
