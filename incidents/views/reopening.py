"""Reopening what turned out not to be over."""

from django.views.decorators.http import require_http_methods

from ..forms.reasons import WaivableReasonForm
from ..lookups import find_incident
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def reopening(request, number):
    incident = find_incident(request, number)
    form = WaivableReasonForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, incident.reopen(by=request.membership, **form.cleaned_data))
    return act_form(request, "reopening", title=f"Reopen {incident.key}", form=form, incident=incident)
