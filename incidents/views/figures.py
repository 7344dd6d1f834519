"""How an incident went, in numbers."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from .. import authority
from ..figures import Figures
from ..lookups import find_incident, require_responder


@require_safe
def figures(request, number):
    """For everybody who works on it; what each person gave is for whoever answers for them, and for themselves."""
    incident = find_incident(request, number)
    require_responder(request)
    counted = Figures(incident)
    efforts = authority.efforts_seen_by(request.membership, incident, counted.efforts)
    return render(request, "incidents/figures.html", {"incident": incident, "figures": counted, "efforts": efforts})
