"""One function in one incident: asked for, engaged, released, or waived with a reason."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from teams.models import Function

from ..forms.roles import FunctionForm
from ..lookups import find_incident
from ..models import FunctionActivation
from ..models.functions import TRANSITIONS, ActivationState
from .acting import act_form, posted
from .answers import done

ACTS = {
    ActivationState.REQUESTED: "Ask for it",
    ActivationState.ENGAGED: "It is engaged",
    ActivationState.STOOD_DOWN: "Stand it down",
    ActivationState.WAIVED: "Not needed",
}


@require_http_methods(["GET", "POST"])
def function(request, number, slug):
    incident = find_incident(request, number)
    function = get_object_or_404(Function, slug=slug)
    form = FunctionForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = FunctionActivation.change(incident, function, by=request.membership, **form.cleaned_data)
            return done(request, entry)
    activation = incident.functions.filter(function=function).first()
    return act_form(
        request,
        "function",
        title=function.name,
        form=form,
        incident=incident,
        function=function,
        activation=activation,
        steps=steps_from(activation),
        wanted=request.GET.get("state", ""),
        may_release=activation is not None and ActivationState.STOOD_DOWN in TRANSITIONS[activation.state],
    )


def steps_from(activation):
    """`(state, words)` of what a person may bring the function to from here."""
    possible = TRANSITIONS[activation.state if activation else None]
    words_of = {**ACTS, ActivationState.REQUESTED: "Recall it"} if _was_here(activation) else ACTS
    return [(state, words) for state, words in words_of.items() if state in possible]


def _was_here(activation):
    return activation is not None and activation.state == ActivationState.STOOD_DOWN
