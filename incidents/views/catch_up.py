"""The catch-up of whoever comes late or comes back, and their word that they are up to speed."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ..lookups import find_incident, room_of
from ..models import Participant
from .acting import whole_number


@require_http_methods(["GET", "POST"])
def catch_up(request, number):
    """The card for htmx, a page for a browser; nobody sees anybody else's."""
    incident = find_incident(request, number)
    if request.method == "POST":
        upto = whole_number(request.POST.get("upto", ""))
        Participant.catch_up(incident, request.membership, upto=upto or None)
        return HttpResponse("") if request.htmx else redirect(incident)
    template = "_catch_up" if request.htmx else "catch_up"
    return render(request, f"incidents/{template}.html", {"incident": incident, "room": room_of(request, incident)})
