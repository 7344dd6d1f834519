"""Saying that an update is not right, and what becomes of that."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from ..forms.reasons import ChallengeForm
from ..forms.updates import StandingForm
from ..lookups import find_incident, require_responder
from ..models import UpdateChallenge
from .acting import act_form, posted
from .answers import done
from .updates import address_of, find_update


@require_http_methods(["GET", "POST"])
def update_challenge(request, number, update):
    """What is not right; whoever speaks for the incident answers it."""
    incident = find_incident(request, number)
    require_responder(request)
    told = find_update(request, incident, update)
    form = ChallengeForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = UpdateChallenge.raise_against(told, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, entry))
    title = f"Challenge update {told.number}"
    return act_form(request, "update_challenge", title=title, incident=incident, update=told, form=form)


@require_http_methods(["GET", "POST"])
def challenge_answer(request, number, pk):
    """It stands, because; a correction or a withdrawal answers it, too, and has a page of its own."""
    incident = find_incident(request, number)
    require_responder(request)
    challenge = get_object_or_404(incident.challenges.with_people(), pk=pk)
    challenge.incident = challenge.update.incident = incident
    form = StandingForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = challenge.let_stand(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, entry))
    title = f"Answer the challenge of update {challenge.update.number}"
    context = {"incident": incident, "update": challenge.update, "challenge": challenge, "form": form}
    return act_form(request, "challenge_answer", title=title, **context)
