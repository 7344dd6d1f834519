"""Reports: the region and the page of an incident, the desk with those that wait, and telling what customers see."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from ..forms.reports import DeskForm, EchoForm, ReportForm
from ..lookups import find_incident, find_report, number_in, require_responder, room_of
from ..models import Spike, SupportReport
from ..paging import ByNumber, page_of
from .acting import act_form, posted
from .answers import done

# Closes the dialog; nothing in this room has changed.
ACTED = {"HX-Trigger": "acted"}


@require_GET
def reports(request, number):
    """The region for htmx; as a page every report, of one `?symptom=`, older ones `?before=` one."""
    incident = find_incident(request, number)
    require_responder(request)
    room = room_of(request, incident)
    context = {"incident": incident, "room": room}
    if request.htmx:
        return render(request, "incidents/_reports.html", context)
    found = incident.reports.for_reading()
    symptom = number_in(request, "symptom")
    if symptom is not None:
        found = found.filter(symptom=symptom or None)
    page = page_of(found, order=ByNumber("pk"), before=number_in(request, "before"))
    context |= {"page": page, "rows": reversed(page.rows), "symptom": symptom}
    return render(request, "incidents/reports.html", context)


@require_http_methods(["GET", "POST"])
def desk(request):
    """The reports that no incident has; some of them are brought to one. For who responds."""
    require_responder(request)
    waiting = SupportReport.objects.waiting()
    page = page_of(waiting.for_reading(), order=ByNumber("pk"), before=number_in(request, "before"))
    form = DeskForm(posted(request), member=request.membership, waiting=waiting)
    if form.is_valid():
        with form.refusals():
            asked = form.cleaned_data
            entry = SupportReport.attach(list(asked["reports"]), asked["incident"], by=request.membership)
            return redirect(entry.incident)
    spikes = Spike.objects.visible_to(request.membership).proposed().filter(incident=None)
    context = {"page": page, "rows": page.rows[::-1], "form": form, "spikes": spikes}
    return render(request, "incidents/report_desk.html", context, status=form.status_code)


@require_http_methods(["GET", "POST"])
def report_new(request):
    """Every member tells what customers see; `?incident=` and `?symptom=` are first choices."""
    chosen = {"incident": number_in(request, "incident"), "symptom": number_in(request, "symptom")}
    form = ReportForm(posted(request), initial=chosen, member=request.membership)
    if form.is_valid():
        with form.refusals():
            report = SupportReport.file(by=request.membership, **form.cleaned_data)
            if request.htmx:
                return done(request, report.entry) if report.entry else HttpResponse(status=204, headers=ACTED)
            messages.success(request, "Thank you: it is counted.")
            return redirect(request.path)
    return act_form(request, "report_new", title="What do customers see?", form=form, for_everyone=True)


@require_http_methods(["GET", "POST"])
def report_echo(request, pk):
    """One more customer says the same: a button, and a form where the ticket has to be named."""
    report = find_report(request, pk)
    form = EchoForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = report.count_one_more(by=request.membership, **form.cleaned_data)
            return done(request, entry) if entry else redirect("incidents:report_desk", org=request.organization.slug)
    return act_form(
        request, "report_echo", title="One more customer", form=form, report=report, incident=report.incident,
        for_everyone=True,
    )  # fmt: skip
