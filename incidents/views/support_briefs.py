"""The support brief, for agents to read and for the liaison to write; and the liaison's digest for the room."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ..forms.reports import BriefForm, DigestForm
from ..lookups import find_incident, number_in, require_responder, room_of
from ..models import SupportBrief, SupportDigest
from .acting import act_form, posted
from .answers import done

LISTED = 50


@require_GET
def support_brief(request, number):
    """What agents may say now; `?version=` is an earlier one. Whoever sees the incident reads it."""
    incident = find_incident(request, number)
    briefs = list(incident.support_briefs.for_reading().latest_first()[:LISTED])
    version = number_in(request, "version")
    brief = next((each for each in briefs if version is None or each.version == version), None)
    context = {"incident": incident, "room": room_of(request, incident), "briefs": briefs, "brief": brief}
    return render(request, "incidents/support_brief.html", context)


@require_http_methods(["GET", "POST"])
def support_brief_new(request, number):
    """The current words stand in the form; `based_on` tells whether somebody else was faster."""
    incident = find_incident(request, number)
    require_responder(request)
    current = incident.support_briefs.latest_first().first()
    form = BriefForm(posted(request), initial=_words_of(current))
    if form.is_valid():
        with form.refusals():
            entry = SupportBrief.write(incident, by=request.membership, **form.cleaned_data)
            page = {"org": request.organization.slug, "number": incident.number}
            return done(request, entry, to=reverse("incidents:support_brief", kwargs=page))
    return act_form(request, "support_brief_new", title="What agents say", form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def digest_new(request, number):
    incident = find_incident(request, number)
    require_responder(request)
    form = DigestForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, SupportDigest.give(incident, by=request.membership, **form.cleaned_data))
    room = room_of(request, incident)
    return act_form(request, "digest_new", title="What customers say now", form=form, incident=incident, room=room)


def _words_of(brief):
    if brief is None:
        return {"based_on": 0}
    return {"say": brief.say, "avoid": brief.avoid, "workaround": brief.workaround, "based_on": brief.version}
