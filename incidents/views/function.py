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
    )


def steps_from(activation):
    """`(state, words)` of what a person may bring the function to from here."""
    possible = TRANSITIONS[activation.state if activation else None]
    return [(state, words) for state, words in ACTS.items() if state in possible]
