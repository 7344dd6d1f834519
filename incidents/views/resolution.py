"""Resolving: what is still loose is said, and nothing of it stands in the way."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import ResolutionForm
from ..lookups import find_incident
from ..loose_ends import loose_ends
from .acting import act_form, begun, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def resolution(request, number):
    incident = find_incident(request, number)
    form = ResolutionForm(posted(request), initial=begun(request, "reason"))
    if form.is_valid():
        with form.refusals():
            return done(request, incident.resolve(by=request.membership, **form.cleaned_data))
    title = f"Resolve {incident.key}"
    return act_form(
        request,
        "resolution",
        title=title,
        form=form,
        incident=incident,
        loose_ends=loose_ends(incident, request.membership),
    )
