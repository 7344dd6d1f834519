"""Finding whoever knows something, and asking them to come."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..forms.participation import ExpertiseForm
from ..lookups import find_incident, people_who_know, require_responder


@require_safe
def expertise(request, number):
    incident = find_incident(request, number)
    require_responder(request)
    form = ExpertiseForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = people_who_know(incident, **asked)
    return render(request, "incidents/expertise.html", {"incident": incident, "form": form, "found": found})
