"""The briefing page, for whoever only has to know and to decide."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..boards.brief import Brief
from ..forms.questions import QuestionForm
from ..lookups import find_incident, room_of


@require_GET
def brief(request, number):
    """Everybody who sees the incident reads it."""
    incident = find_incident(request, number)
    context = {"incident": incident, "brief": Brief(room_of(request, incident)), "form": QuestionForm()}
    return render(request, "incidents/brief.html", context)
