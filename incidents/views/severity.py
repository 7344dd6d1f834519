"""Making an incident worse or milder, with what that does told first."""

from django.views.decorators.http import require_http_methods

from .. import consequences
from ..forms.changing import SeverityForm
from ..lookups import find_incident
from .acting import act_form, begun, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def severity(request, number):
    incident = find_incident(request, number)
    form = SeverityForm(posted(request), initial=begun(request, "severity", "reason"))
    if form.is_valid():
        with form.refusals():
            return done(request, incident.change_severity(by=request.membership, **form.cleaned_data))
    changes = consequences.of_severity(incident)
    return act_form(request, "severity", title="Change the severity", form=form, incident=incident, changes=changes)
