"""The briefing page, for whoever only has to know and to decide."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ..boards.brief import Brief
from ..forms.questions import QuestionForm
from ..lookups import find_incident, room_of
from ..models import UpdateRead
from .updates import find_update


@require_GET
def brief(request, number):
    """Everybody who sees the incident reads it. To htmx only what is said, and nothing while `?mark=` still holds."""
    incident = find_incident(request, number)
    context = {"incident": incident, "brief": Brief(room_of(request, incident))}
    if request.htmx:
        if request.GET.get("mark") == context["brief"].mark:
            return HttpResponse(status=204)
        return render(request, "incidents/_brief_again.html", context)
    return render(request, "incidents/brief.html", {**context, "form": QuestionForm()})


@require_POST
def update_reading(request, number, update):
    """The reader has read it."""
    incident = find_incident(request, number)
    UpdateRead.note(find_update(request, incident, update), by=request.membership)
    return redirect("incidents:brief", org=request.organization.slug, number=number)
