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
    form.is_valid()  # What names nothing is said above the list, and left out of the search.
    found = people_who_know(incident, **form.cleaned_data)
    return render(request, "incidents/expertise.html", {"incident": incident, "form": form, "found": found})
