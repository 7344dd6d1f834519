"""Correcting what an incident is called and what it touches."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import DetailsForm
from ..lookups import find_incident, room_of
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def details(request, number):
    incident = find_incident(request, number)
    form = DetailsForm(posted(request), incident=incident)
    if form.is_valid():
        with form.refusals():
            return done(request, incident.change_details(by=request.membership, **form.cleaned_data))
    room = room_of(request, incident)
    return act_form(request, "details", title="Correct the details", form=form, incident=incident, room=room)
