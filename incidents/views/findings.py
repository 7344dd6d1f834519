"""Findings: raising one, and the lead's answer to it."""

from django.views.decorators.http import require_http_methods

from ..forms.work import AcknowledgementForm, FindingForm, SettingAsideForm
from ..lookups import find_finding, find_incident, message_in, number_in, require_responder
from ..models import Finding
from .acting import act_form, posted, raised_from
from .answers import done


@require_http_methods(["GET", "POST"])
def finding_new(request, number):
    """`?message=` is what it is raised from: its words are the condition."""
    incident = find_incident(request, number)
    require_responder(request)
    message = message_in(request, incident)
    begun = {"condition": message.text if message else "", "workstream": number_in(request, "workstream")}
    form = FindingForm(
        posted(request),
        initial=begun,
        workstreams=incident.workstreams.visible_to(request.membership).in_order(),
        message=message,
    )
    if form.is_valid():
        with form.refusals():
            return done(request, Finding.post(incident, by=request.membership, message=message, **form.cleaned_data))
    return act_form(
        request, "finding_new", title="Raise a finding", incident=incident, form=form, **raised_from(message)
    )


@require_http_methods(["GET", "POST"])
def finding(request, number, pk):
    """One finding with all its lines; POST acknowledges it."""
    incident = find_incident(request, number)
    found = find_finding(request, incident, pk)
    form = AcknowledgementForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.acknowledge(by=request.membership, **form.cleaned_data))
    return act_form(request, "finding", title=f"Finding {found.label}", incident=incident, finding=found, form=form)


@require_http_methods(["GET", "POST"])
def finding_dismissal(request, number, pk):
    """Setting it aside, with a reason."""
    incident = find_incident(request, number)
    found = find_finding(request, incident, pk)
    form = SettingAsideForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.set_aside(by=request.membership, **form.cleaned_data))
    title = f"Set finding {found.label} aside"
    return act_form(request, "finding_dismissal", title=title, incident=incident, finding=found, form=form)
