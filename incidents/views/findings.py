"""Findings: raising one, and the lead's answer to it."""

from django.views.decorators.http import require_http_methods

from ..forms.acts import WaivableForm
from ..forms.findings import (
    CorrectionForm,
    FindingForm,
    MoreForm,
    ReplyForm,
    SettingAsideForm,
)
from ..forms.reasons import ChallengeForm
from ..lookups import find_finding, find_incident, message_in, number_in, require_responder, room_of
from ..models import Finding
from .acting import act_form, begun, posted, raised_from
from .answers import done


@require_http_methods(["GET", "POST"])
def finding_new(request, number):
    """`?message=` is what it is raised from: its words are the condition."""
    incident = find_incident(request, number)
    require_responder(request)
    message = message_in(request, incident)
    first = {"condition": message.text if message else "", "workstream": number_in(request, "workstream")}
    form = FindingForm(
        posted(request),
        initial=first | begun(request, "condition", "actions", "needs"),
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
    form = WaivableForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.acknowledge(by=request.membership, **form.cleaned_data))
    room = room_of(request, incident)
    acts = [
        (f"{incident.get_absolute_url()}findings/{pk}/{noun}/", word) for noun, word in room.findings.acts_on(found)
    ]
    title, context = f"Finding {found.label}", {"incident": incident, "finding": found, "room": room, "acts": acts}
    return act_form(request, "finding", title=title, form=form, **context)


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


@require_http_methods(["GET", "POST"])
def finding_more(request, number, pk):
    """The lead wants to know more before using it."""
    found = _find(request, number, pk)
    form = MoreForm(posted(request))
    words = ("Ask for more", "It goes back to whoever raised it. The lead's clock stops meanwhile.", "Ask")
    return _act(request, found, form, lambda: found.ask_for_more(by=request.membership, **form.cleaned_data), *words)


@require_http_methods(["GET", "POST"])
def finding_challenge(request, number, pk):
    """Somebody knows better."""
    found = _find(request, number, pk)
    form = ChallengeForm(posted(request))
    words = ("Challenge it", "It goes back to whoever raised it, and what rests on it is marked.", "Challenge it")
    return _act(request, found, form, lambda: found.challenge(by=request.membership, **form.cleaned_data), *words)


@require_http_methods(["GET", "POST"])
def finding_reply(request, number, pk):
    """A word of whoever raised it, on what was asked or held against it."""
    found = _find(request, number, pk)
    form = ReplyForm(posted(request))
    words = ("Reply", "Say more, or why it stands. If it does not stand, correct it instead.", "Reply")
    return _act(request, found, form, lambda: found.reply(by=request.membership, **form.cleaned_data), *words)


@require_http_methods(["GET", "POST"])
def finding_correction(request, number, pk):
    """A new finding in its place."""
    found = _find(request, number, pk)
    form = CorrectionForm(posted(request), finding=found)
    words = ("Correct it", "A new finding takes its place, and what rests on this one is marked.", "Correct it")
    return _act(request, found, form, lambda: found.correct(by=request.membership, **form.cleaned_data), *words)


def _find(request, number, pk):
    return find_finding(request, find_incident(request, number), pk)


def _act(request, finding, form, verb, act, effect, button):
    if form.is_valid():
        with form.refusals():
            return done(request, verb())
    return act_form(
        request,
        "finding_act",
        title=f"{act}: finding {finding.label}",
        form=form,
        incident=finding.incident,
        finding=finding,
        effect=effect,
        button=button,
        url=request.path,
    )
