"""The first judgement: how bad, how far, and who is needed."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from .. import consequences
from ..forms.changing import AssessmentForm
from ..lookups import find_incident
from ..mobilization import assess
from .acting import act_form, posted
from .answers import done

TITLE = "How bad is it, and who is needed?"


@require_http_methods(["GET", "POST"])
def assessment(request, number):
    incident = find_incident(request, number)
    judged = {name: getattr(incident, name) for name in ("severity", "scope", "criticality")}
    form = AssessmentForm(posted(request), initial=judged)
    if form.is_valid():
        judged = form.judgement
        with form.refusals():
            return done(request, assess(incident, by=request.membership, **form.cleaned_data))
    calls = consequences.of_assessment(incident, **judged)
    return act_form(request, "assessment", title=TITLE, form=form, incident=incident, calls=calls)


@require_POST
def assessment_preview(request, number):
    """Whom a judgement would call for; nothing is saved."""
    incident = find_incident(request, number)
    form = AssessmentForm(request.POST)
    calls = consequences.of_assessment(incident, **form.judgement) if form.is_valid() else []
    if request.htmx:
        return render(request, "incidents/_calls.html", {"calls": calls})
    return act_form(request, "assessment", title=TITLE, form=form, incident=incident, calls=calls)
