"""Hiding an incident from everybody who is not on it, or showing it again."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import PrivacyForm
from ..lookups import find_incident
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def privacy(request, number):
    incident = find_incident(request, number)
    form = PrivacyForm(posted(request), initial={"private": "no" if incident.private else "yes"})
    if form.is_valid():
        verb = incident.make_private if form.cleaned_data.pop("private") else incident.make_visible
        with form.refusals():
            return done(request, verb(by=request.membership, **form.cleaned_data))
    title = "Make it visible" if incident.private else "Make it private"
    return act_form(request, "privacy", title=title, form=form, incident=incident)
