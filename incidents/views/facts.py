"""The facts of an incident: estimates, impacts, what it means, commitments, the order in which things come back.

The region and the page are `room.region`; here are the acts.
"""

from django.views.decorators.http import require_http_methods, require_POST

from ..forms.acts import WaivableForm
from ..forms.facts import (
    BusinessImpactForm,
    CommitmentForm,
    EstimateForm,
    ImpactForm,
    OrderForm,
)
from ..forms.reasons import ReasonForm, WaivableReasonForm
from ..lookups import (
    find_commitment,
    find_estimate,
    find_impact,
    find_incident,
    find_restoration_order,
    require_responder,
)
from ..models import BusinessImpact, Commitment, Impact, ResolutionEstimate, RestorationOrder
from .acting import act_form, posted
from .answers import done

# --- How long ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def estimate_new(request, number):
    incident = _incident(request, number)
    form = EstimateForm(posted(request))
    return _act(
        request, incident, form, lambda: ResolutionEstimate.give(incident, by=request.membership, **form.given),
        "When will it be over?", "Say so",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def estimate_acceptance(request, number, pk):
    incident = _incident(request, number)
    estimate = find_estimate(request, incident, pk)
    form = WaivableForm(posted(request))
    return _act(
        request, incident, form, lambda: estimate.accept(by=request.membership, **form.cleaned_data),
        "Let this estimate hold", "Let it hold", about=estimate.basis,
    )  # fmt: skip


@require_POST
def estimate_publication(request, number, pk):
    """`public` says whether customers may hear it."""
    estimate = find_estimate(request, find_incident(request, number), pk)
    verb = estimate.withhold if request.POST.get("public") == "no" else estimate.publish
    return done(request, verb(by=request.membership))


# --- What for whom ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def impact_new(request, number):
    incident = _incident(request, number)
    form = ImpactForm(posted(request))
    return _act(
        request, incident, form, lambda: Impact.propose(incident, by=request.membership, **form.cleaned_data),
        "What does not work for whom?", "Write it down",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def impact_confirmation(request, number, pk):
    incident = _incident(request, number)
    impact = find_impact(request, incident, pk)
    form = WaivableForm(posted(request))
    return _act(
        request, incident, form, lambda: impact.confirm(by=request.membership, **form.cleaned_data),
        f"Confirm {impact.label}", "It is so", about=f"{impact.what}: {impact.get_level_display()}, {impact.whom}",
    )  # fmt: skip


@require_POST
def impact_end(request, number, pk):
    impact = find_impact(request, find_incident(request, number), pk)
    return done(request, impact.end(by=request.membership))


@require_http_methods(["GET", "POST"])
def impact_withdrawal(request, number, pk):
    incident = _incident(request, number)
    impact = find_impact(request, incident, pk)
    form = WaivableReasonForm(posted(request))
    return _act(
        request, incident, form, lambda: impact.withdraw(by=request.membership, **form.cleaned_data),
        f"Withdraw {impact.label}", "It never was so", about=f"{impact.what}, {impact.whom}",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def business_impact_new(request, number):
    incident = _incident(request, number)
    form = BusinessImpactForm(posted(request), current=incident.business_impacts.current())
    return _act(
        request, incident, form,
        lambda: BusinessImpact.state(incident, by=request.membership, **form.cleaned_data),
        "What does it mean for the business?", "State it",
        about=f"The technical severity is {incident.severity.name}, the lead's to judge. This scale is product's.",
    )  # fmt: skip


# --- What is promised --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def commitment_new(request, number):
    incident = _incident(request, number)
    form = CommitmentForm(posted(request))
    return _act(
        request, incident, form, lambda: Commitment.propose(incident, by=request.membership, **form.cleaned_data),
        "What shall be promised?", "Propose it",
        about="It is told only after the incident lead or a technical coordinator has confirmed it.",
    )  # fmt: skip


@require_POST
def commitment_confirmation(request, number, pk):
    commitment = find_commitment(request, find_incident(request, number), pk)
    return done(request, commitment.confirm(by=request.membership))


@require_POST
def commitment_keeping(request, number, pk):
    commitment = find_commitment(request, find_incident(request, number), pk)
    return done(request, commitment.keep(by=request.membership))


@require_http_methods(["GET", "POST"])
def commitment_refusal(request, number, pk):
    return _end_of_commitment(request, number, pk, "refuse", "{label} cannot be kept", "It cannot be kept")


@require_http_methods(["GET", "POST"])
def commitment_miss(request, number, pk):
    return _end_of_commitment(request, number, pk, "miss", "{label} is missed", "It is missed")


@require_http_methods(["GET", "POST"])
def commitment_withdrawal(request, number, pk):
    return _end_of_commitment(request, number, pk, "withdraw", "Take {label} back", "It does not hold any more")


@require_http_methods(["GET", "POST"])
def commitment_communication(request, number, pk):
    incident = _incident(request, number)
    commitment = find_commitment(request, incident, pk)
    form = WaivableForm(posted(request))
    return _act(
        request, incident, form, lambda: commitment.communicate(by=request.membership, **form.cleaned_data),
        f"{commitment.label} was told", "It was told", about=_promise(commitment),
    )  # fmt: skip


def _end_of_commitment(request, number, pk, verb, title, word):
    incident = _incident(request, number)
    commitment = find_commitment(request, incident, pk)
    form = ReasonForm(posted(request))
    return _act(
        request, incident, form, lambda: getattr(commitment, verb)(by=request.membership, **form.cleaned_data),
        title.format(label=commitment.label), word, about=_promise(commitment),
    )  # fmt: skip


def _promise(commitment):
    return f"{commitment.text}, to {commitment.to_whom}"


# --- What comes back first ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def restoration_order(request, number):
    """Rearranged by buttons that save nothing, then set in one act."""
    incident = _incident(request, number)
    form = OrderForm(posted(request), current=incident.restoration_orders.current())
    act = request.POST.get("act")
    if act:
        form = form.rearranged(act)
    elif form.is_valid():
        with form.refusals():
            asked = {name: form.cleaned_data[name] for name in ("reason", "based_on", "waiver")}
            return done(request, RestorationOrder.set(incident, form.steps, by=request.membership, **asked))
    return act_form(request, "restoration_order", title="What comes back first?", form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def restoration_objection(request, number, pk):
    incident = _incident(request, number)
    order = find_restoration_order(request, incident, pk)
    form = ReasonForm(posted(request))
    return _act(
        request, incident, form, lambda: order.object(by=request.membership, **form.cleaned_data),
        "Object to this order", "Object", about=", then ".join(step.what for step in order.steps.all()),
    )  # fmt: skip


# --- Inside --------------------------------------------------------------------------------------------


def _incident(request, number):
    incident = find_incident(request, number)
    require_responder(request)
    return incident


def _act(request, incident, form, act, title, word, about=""):
    if form.is_valid():
        with form.refusals():
            return done(request, act())
    return act_form(request, "facts_act", title=title, form=form, incident=incident, word=word, about=about)
