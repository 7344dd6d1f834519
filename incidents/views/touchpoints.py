"""Where customers read of the incident, and writing what stands there."""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ..boards.touchpoints import TouchpointBoard
from ..forms.updates import TouchpointForm
from ..lookups import find_incident, require_responder
from ..models import Touchpoint
from .acting import act_form, posted
from .answers import done


@require_GET
def touchpoints(request, number):
    """Every place with its words, and which of them customers have since been told otherwise."""
    incident = find_incident(request, number)
    require_responder(request)
    board = TouchpointBoard.of(incident, request.membership)
    return render(request, "incidents/touchpoints.html", {"incident": incident, "board": board})


@require_http_methods(["GET", "POST"])
def touchpoint(request, number, place):
    """Writing anew what stands in one place; it starts as it is."""
    incident = find_incident(request, number)
    require_responder(request)
    board = TouchpointBoard.of(incident, request.membership)
    row = next((row for row in board.rows if row.place == place), None)
    if row is None:
        raise Http404("There is no such place.")
    form = TouchpointForm(posted(request), initial={"text": row.says.text if row.says else ""})
    if form.is_valid():
        with form.refusals():
            entry = Touchpoint.write(incident, place, by=request.membership, **form.cleaned_data)
            to = reverse("incidents:touchpoints", kwargs={"org": request.organization.slug, "number": number})
            return done(request, entry, to=to)
    return act_form(request, "touchpoint", title=row.place.label, incident=incident, row=row, board=board, form=form)
