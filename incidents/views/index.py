"""The list of incidents."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..listing import IncidentList


@require_GET
def index(request):
    incidents = IncidentList(request.membership, request.GET)
    return render(request, "incidents/index.html", {"list": incidents, "section": "incidents"})
