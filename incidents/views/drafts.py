"""The communications desk: drafts, who confirms them, the holding text, and ten seconds to take a word back."""

from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playbooks.models import Audience

from ..arrivals import Reach
from ..drafting import Drafting
from ..forms.drafts import DraftForm, HoldingForm, VersionForm
from ..lookups import find_incident, require_responder
from ..models import UpdateDraft
from .acting import act_form, posted
from .answers import done
from .updates import address_of, find_update


@require_http_methods(["GET", "POST"])
def draft(request, number, audience):
    """The editor of one audience's draft; the button says whether it is kept, shown to who confirms it, or said."""
    incident, drafting = _drafting(request, number, audience)
    form = DraftForm(posted(request), drafting=drafting, typed=request.GET.get("text", ""))
    if form.is_valid():
        with form.refusals(), transaction.atomic():
            entry = form.act(incident, by=request.membership)
            return done(request, entry, to=_after(request, incident, entry, audience))
    return _editor(request, incident, drafting, form)


@require_POST
def draft_preview(request, number, audience):
    """How the text would arrive, and what the word check says; says too that somebody writes."""
    incident, drafting = _drafting(request, number, audience)
    if drafting.draft:
        drafting.draft.claim(by=request.membership)
    form = DraftForm(request.POST, drafting=drafting)
    if request.htmx:
        return render(request, "incidents/_draft_side.html", _context(incident, drafting, form))
    return _editor(request, incident, drafting, form)


@require_POST
def draft_confirmation(request, number, audience):
    """The facts are right and the words fit."""
    return _settle(request, number, audience, UpdateDraft.confirm)


@require_POST
def draft_dismissal(request, number, audience):
    """The draft is not needed."""
    return _settle(request, number, audience, UpdateDraft.discard)


@require_http_methods(["GET", "POST"])
def holding(request, number, audience):
    """What the organisation has approved beforehand, said in one act."""
    incident, drafting = _drafting(request, number, audience)
    form = HoldingForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = UpdateDraft.publish_holding(incident, audience, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, entry))
    title = f"Holding text to {drafting.audience.label.lower()}"
    return act_form(request, "holding", title=title, incident=incident, drafting=drafting, form=form)


@require_POST
def taking_back(request, number, update):
    """As if it had not been said, while it has not left."""
    incident = find_incident(request, number)
    require_responder(request)
    told = find_update(request, incident, update)
    form = VersionForm(request.POST)
    with form.refusals():
        return done(request, told.take_back(by=request.membership), to=_address(request, incident, told.audience))
    return act_form(request, "taking_back", title=f"Update {told.number}", incident=incident, update=told, form=form)


def _settle(request, number, audience, verb):
    incident, drafting = _drafting(request, number, audience)
    if drafting.draft is None:
        raise Http404("There is no draft.")
    form = VersionForm(request.POST)
    if form.is_valid():
        with form.refusals():
            verb(drafting.draft, by=request.membership, version=form.cleaned_data["version"])
            return redirect(_address(request, incident, audience))
    editor = DraftForm(None, drafting=drafting)
    editor.refusal = form.refusal
    return _editor(request, incident, drafting, editor)


def _drafting(request, number, audience):
    incident = find_incident(request, number)
    require_responder(request)
    if audience not in Audience.values:
        raise Http404("There is no such audience.")
    return incident, Drafting(incident, request.membership, audience)


def _editor(request, incident, drafting, form):
    title = f"Draft to {drafting.audience.label.lower()}"
    return act_form(request, "draft", title=title, **_context(incident, drafting, form))


def _context(incident, drafting, form):
    arrivals = drafting.arrivals(form.body, form.next_update_at, form.no_change)
    return {
        "incident": incident,
        "drafting": drafting,
        "form": form,
        "arrivals": arrivals,
        "reach": Reach.of(arrivals),
        "flags": drafting.flags(form.body),
        "may_confirm": bool(drafting.draft and drafting.draft.may_confirm(drafting.viewer)),
    }


def _after(request, incident, entry, audience):
    said = entry.kind == "update_published"
    return address_of(request, entry) if said else _address(request, incident, audience)


def _address(request, incident, audience):
    place = {"org": request.organization.slug, "number": incident.number, "audience": audience}
    return reverse("incidents:draft", kwargs=place)
