"""Ending an incident as a duplicate of another one."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import MergeForm
from ..lookups import find_incident
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def merge(request, number):
    incident = find_incident(request, number)
    form = MergeForm(posted(request), incident=incident, membership=request.membership)
    if form.is_valid():
        with form.refusals():
            return done(request, incident.merge_into(by=request.membership, **form.cleaned_data))
    return act_form(request, "merge", title=f"Merge {incident.key} into another incident", form=form, incident=incident)
