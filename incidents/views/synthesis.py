"""What we know: writing the next version, who writes it, and whom the lead has named for it. Reading is a region."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.acts import WaivableForm
from ..forms.reasons import ChallengeForm
from ..forms.synthesis import DelegationForm, SynthesisForm
from ..lookups import find_finding, find_incident, find_synthesis, number_in, require_responder, room_of
from ..models import Finding, Synthesis, SynthesisDelegation, SynthesisEditing
from ..models.synthesis import FIELDS
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def synthesis_new(request, number):
    """`?finding=` is what goes into it, `?field=` the line that it goes into."""
    incident = find_incident(request, number)
    require_responder(request)
    room = room_of(request, incident)
    pk, field = number_in(request, "finding"), request.GET.get("field", "")
    form = SynthesisForm(
        posted(request),
        incident=incident,
        findings=Finding.objects.filter(incident=incident).visible_to(request.membership),
        current=room.synthesis.current,
        raised=find_finding(request, incident, pk) if pk else None,
        field=field if field in FIELDS else FIELDS[0],
    )
    if form.is_valid():
        with form.refusals():
            entry = Synthesis.publish(incident, by=request.membership, **form.said)
            return done(request, entry, to=address_of(request, incident))
    title = "Say what we know"
    return act_form(request, "synthesis_new", title=title, form=form, incident=incident, room=room)


@require_GET
def synthesis_version(request, number, version):
    """One version as it was, with what it changed."""
    incident = find_incident(request, number)
    found = find_synthesis(request, incident, version)
    room = room_of(request, incident)
    context = {"incident": incident, "room": room, "synthesis": found, "lines": room.synthesis.lines_of(found)}
    return render(request, "incidents/synthesis_version.html", context)


@require_http_methods(["GET", "POST"])
def synthesis_challenge(request, number, version):
    incident = find_incident(request, number)
    found = find_synthesis(request, incident, version)
    form = ChallengeForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = found.challenge(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, incident))
    title = f"Challenge version {found.version}"
    return act_form(request, "synthesis_challenge", title=title, form=form, incident=incident, synthesis=found)


@require_POST
def synthesis_editing(request, number):
    """I am writing, or still am; `take_over` where somebody else was. htmx hears who else writes."""
    incident = find_incident(request, number)
    require_responder(request)
    SynthesisEditing.claim(incident, by=request.membership, take_over=bool(request.POST.get("take_over")))
    if request.htmx:
        return render(
            request, "incidents/_synthesis_editing.html", {"incident": incident, "room": room_of(request, incident)}
        )
    return redirect(address_of(request, incident, "synthesis_new"))


@require_http_methods(["GET", "POST"])
def synthesis_delegation(request, number):
    """Naming somebody who says it for a while."""
    incident = find_incident(request, number)
    require_responder(request)
    form = DelegationForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = SynthesisDelegation.give(incident, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, incident))
    title = "Let somebody else say what we know"
    return act_form(request, "synthesis_delegation", title=title, form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def synthesis_delegation_end(request, number):
    """Taking it back, or giving it back."""
    incident = find_incident(request, number)
    require_responder(request)
    delegation = room_of(request, incident).synthesis.delegation
    if delegation is None:
        raise Http404("Nobody is named.")
    delegation.incident = incident
    form = WaivableForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = delegation.end(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, incident))
    title = f"{delegation.delegate.name} says what we know"
    context = {"incident": incident, "delegation": delegation}
    return act_form(request, "synthesis_delegation_end", title=title, form=form, **context)


def address_of(request, incident, name="synthesis"):
    return reverse(f"incidents:{name}", kwargs={"org": request.organization.slug, "number": incident.number})
