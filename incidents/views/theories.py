"""Theories and fixes: what may be the cause, what shows it, what was tried."""

from django.views.decorators.http import require_http_methods, require_POST

from ..forms.theories import EvidenceForm, FixForm, FixResultForm, HypothesisForm, StateForm
from ..lookups import find_fix, find_hypothesis, find_incident, message_in, require_responder
from ..models import FixAttempt, Hypothesis
from ..models.hypotheses import HypothesisState
from .acting import act_form, first_line, posted, raised_from
from .answers import done


@require_http_methods(["GET", "POST"])
def hypothesis_new(request, number):
    """A theory on something that is suspected already is shown the first one, to join it.

    `?message=` is what it is raised from: its words are the first wording.
    """
    incident = find_incident(request, number)
    require_responder(request)
    message = message_in(request, incident)
    form = HypothesisForm(
        posted(request), initial={"statement": first_line(message, 300)}, incident=incident,
        member=request.membership, message=message,
    )  # fmt: skip
    if form.is_valid():
        with form.refusals():
            entry = Hypothesis.propose(incident, by=request.membership, message=message, **form.cleaned_data)
            return done(request, entry)
    return act_form(
        request, "hypothesis_new", title="What may be the cause?", form=form, incident=incident,
        same=same_component(request, incident, form), **raised_from(message),
    )  # fmt: skip


def same_component(request, incident, form):
    """What the form was refused for, as far as there is something to join."""
    if form.refusal is None or form.refusal.code != "duplicate_effort":
        return []
    suspected = incident.hypotheses.visible_to(request.membership).undecided().in_order()
    return suspected.filter(component=form.cleaned_data["component"])


@require_http_methods(["GET", "POST"])
def hypothesis_state(request, number, pk):
    """Testing and opening again are done by a button; deciding asks for what shows it (`?to=`)."""
    incident = find_incident(request, number)
    hypothesis = find_hypothesis(request, incident, pk)
    form = StateForm(posted(request), initial={"state": wanted(request)})
    if form.is_valid():
        with form.refusals():
            return done(request, hypothesis.come_to(by=request.membership, **form.cleaned_data))
    state = HypothesisState(form["state"].value()) if form["state"].value() in HypothesisState else wanted(request)
    return act_form(
        request, "hypothesis_state", title=f"{hypothesis.key}: {state.label.lower()}", form=form, incident=incident,
        hypothesis=hypothesis, state=state,
    )  # fmt: skip


def wanted(request):
    word = request.GET.get("to", "")
    return HypothesisState(word) if word in HypothesisState else HypothesisState.RULED_OUT


@require_http_methods(["GET", "POST"])
def evidence(request, number, pk):
    incident = find_incident(request, number)
    hypothesis = find_hypothesis(request, incident, pk)
    form = EvidenceForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, hypothesis.add_evidence(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "evidence", title=f"Evidence on {hypothesis.key}", form=form, incident=incident, hypothesis=hypothesis
    )


@require_POST
def testers(request, number, pk):
    """Joining a theory instead of beginning another one."""
    incident = find_incident(request, number)
    return done(request, find_hypothesis(request, incident, pk).join(by=request.membership))


@require_http_methods(["GET", "POST"])
def fix_new(request, number):
    """`?hypothesis=` and `?change=` say what it is for."""
    incident = find_incident(request, number)
    require_responder(request)
    form = FixForm(posted(request), initial=request.GET.dict(), incident=incident, member=request.membership)
    if form.is_valid():
        with form.refusals():
            return done(request, FixAttempt.start(incident, by=request.membership, **form.cleaned_data))
    return act_form(request, "fix_new", title="I try a fix", form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def fix_result(request, number, pk):
    incident = find_incident(request, number)
    attempt = find_fix(request, incident, pk)
    form = FixResultForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, attempt.finish(by=request.membership, **form.cleaned_data))
    return act_form(request, "fix_result", title=f"Did {attempt.key} help?", form=form, incident=incident, fix=attempt)
