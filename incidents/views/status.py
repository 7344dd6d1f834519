"""Moving an incident along its life: identified, monitoring, closed, declined."""

from django.views.decorators.http import require_http_methods

from ..forms.changing import StatusForm
from ..lookups import find_incident
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def status(request, number):
    """`?to=` is the status to start from in the form."""
    incident = find_incident(request, number)
    form = StatusForm(posted(request), incident=incident, wanted=request.GET.get("to"))
    if form.is_valid():
        with form.refusals():
            return done(request, incident.change_status(by=request.membership, **form.cleaned_data))
    return act_form(request, "status", title="Change the status", form=form, incident=incident)
