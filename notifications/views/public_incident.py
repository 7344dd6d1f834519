"""Putting an incident on the status page, saying where it stands there, and taking it off again."""

from django.http import Http404
from django.views.decorators.http import require_http_methods

from incidents.forms.reasons import WaivableReasonForm
from incidents.lookups import find_incident
from incidents.views.acting import act_form, posted
from incidents.views.answers import done

from ..models import PublicIncident, StatusPage, Subscriber
from ..status_forms import PublicIncidentForm


@require_http_methods(["GET", "POST"])
def public_incident(request, number):
    incident = find_incident(request, number)
    public = public_of(incident)
    form = PublicIncidentForm(posted(request), incident=incident, public=public)
    if form.is_valid():
        with form.refusals():
            if form.shown:
                entry = form.shown.change(by=request.membership, **form.said)
            else:
                entry = PublicIncident.publish(incident, by=request.membership, **form.said)
            return done(request, entry, to=request.path)
    page = StatusPage.of(request.organization)
    return act_form(
        request,
        "public_incident",
        title="On the status page",
        form=form,
        incident=incident,
        public=form.shown,
        page=page,
        address=f"{page.address}incidents/{public.code}/" if form.shown else "",
        listening=sum(Subscriber.objects.counted().values()),
    )


@require_http_methods(["GET", "POST"])
def withdrawal(request, number):
    incident = find_incident(request, number)
    public = public_of(incident)
    if public is None or public.withdrawn_at:
        raise Http404("It is not on the status page.")
    form = WaivableReasonForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, public.withdraw(by=request.membership, **form.cleaned_data))
    return act_form(request, "public_incident_withdrawal", title="Off the page", form=form, incident=incident)


def public_of(incident):
    """What the public sees, or saw, of an incident; None where it was never told."""
    public = PublicIncident.objects.filter(incident=incident).first()
    if public:
        public.incident = incident
    return public
