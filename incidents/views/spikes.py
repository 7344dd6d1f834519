"""Spikes: saying yes to what more reports than usual propose, or no with a reason."""

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ..forms.reports import SpikeDismissalForm, SpikeForm
from ..lookups import find_spike
from ..models import Incident, SupportReport
from .acting import act_form, posted
from .answers import done

# Whoever decides reads a few of the reports first.
SHOWN = 5


@require_http_methods(["GET", "POST"])
def spike(request, pk):
    found = find_spike(request, pk)
    form = SpikeForm(posted(request), spike=found, member=request.membership, initial={"title": _first_words(found)})
    if form.is_valid():
        with form.refusals():
            incident = found.accept(by=request.membership, **form.cleaned_data)
            if request.htmx:
                return done(request, incident.timeline.latest_first().first())
            return redirect(incident)
    led_to = Incident.objects.visible_to(request.membership).filter(pk=found.led_to_id).first()
    said = found.reports[:SHOWN] if found.is_proposed else ()
    return _form(request, "spike", found, form, "More customers write than usual", led_to=led_to, said=said)


@require_http_methods(["GET", "POST"])
def spike_dismissal(request, pk):
    found = find_spike(request, pk)
    form = SpikeDismissalForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = found.dismiss(by=request.membership, **form.cleaned_data)
            return done(request, entry) if entry else redirect("incidents:report_desk", org=request.organization.slug)
    return _form(request, "spike_dismissal", found, form, "Nothing follows from it")


def _first_words(spike):
    if spike.incident_id:
        return ""
    first = SupportReport.objects.waiting().told_since(spike.began_at).order_by("pk").first()
    return " ".join(first.error_text.split())[:200] if first else ""


def _form(request, stem, spike, form, title, **context):
    return act_form(request, stem, title=title, form=form, spike=spike, incident=spike.incident, **context)
