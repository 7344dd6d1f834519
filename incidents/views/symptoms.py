"""Symptoms: what several customers see alike is named, joined, and taken apart again."""

from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from ..forms.reports import GatherForm, SymptomForm, SymptomMergeForm
from ..lookups import find_incident, find_symptom, number_in, require_responder, room_of
from ..models import Symptom
from ..paging import ByNumber, page_of
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def symptom_new(request, number):
    incident = find_incident(request, number)
    require_responder(request)
    form = SymptomForm(posted(request), offered=incident.reports.unsorted())
    if form.is_valid():
        with form.refusals():
            return done(request, Symptom.name(incident, by=request.membership, **form.cleaned_data))
    return act_form(
        request, "symptom_act", title="Name a symptom", form=form, incident=incident, act="Name it", url=request.path
    )


@require_GET
def symptom(request, number, pk):
    """One symptom with its reports, the newest first, older ones `?before=` one, and what may be done about it."""
    incident = find_incident(request, number)
    found = find_symptom(request, incident, pk)
    room = room_of(request, incident)
    page = page_of(found.reports.for_reading(), order=ByNumber("pk"), before=number_in(request, "before"))
    context = {"incident": incident, "room": room, "found": found, "counted": room.reports.tally.of(found)}
    return render(request, "incidents/symptom.html", {**context, "page": page, "rows": reversed(page.rows)})


@require_http_methods(["GET", "POST"])
def symptom_reports(request, number, pk):
    """Putting reports under it."""
    found = _find(request, number, pk)
    form = GatherForm(posted(request), offered=found.incident.reports.exclude(symptom=found))
    return _act(request, found, form, found.gather, f"Reports of {found.key}", "Put them there")


@require_http_methods(["GET", "POST"])
def symptom_merge(request, number, pk):
    found = _find(request, number, pk)
    form = SymptomMergeForm(posted(request), symptom=found)
    return _act(request, found, form, found.merge_into, f"{found.key} is the same as…", "Merge")


@require_http_methods(["GET", "POST"])
def symptom_split(request, number, pk):
    found = _find(request, number, pk)
    form = SymptomForm(posted(request), offered=found.reports.all())
    return _act(request, found, form, found.split, f"Not all of {found.key} is the same", "Split")


def _find(request, number, pk):
    return find_symptom(request, find_incident(request, number), pk)


def _act(request, symptom, form, verb, title, act):
    if form.is_valid():
        with form.refusals():
            return done(request, verb(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "symptom_act", title=title, form=form, incident=symptom.incident, symptom=symptom, act=act,
        url=request.path,
    )  # fmt: skip
