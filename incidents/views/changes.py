"""Changes: claiming one, the lead's go and order, and how it ends."""

from django.views.decorators.http import require_http_methods

from ..forms.acts import WaivableForm
from ..forms.changes import ChangeForm, ExtensionForm, OrderForm, ResultForm
from ..forms.reasons import WaivableReasonForm
from ..lookups import find_change, find_incident, require_responder
from ..models import ChangeIntent
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def change_new(request, number):
    """“I am changing this until then.”"""
    incident = find_incident(request, number)
    require_responder(request)
    form = ChangeForm(posted(request), incident=incident, member=request.membership)
    if form.is_valid():
        with form.refusals():
            return done(request, ChangeIntent.propose(incident, by=request.membership, **form.proposal))
    return act_form(request, "change_new", title="I am changing something", form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def release(request, number, pk):
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = WaivableForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, change.release(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "change_go", title=f"Release {change.key}", word="Release it", form=form, incident=incident,
        change=change, act="release",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def start(request, number, pk):
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = WaivableForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, change.start(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "change_go", title=f"Start {change.key}", word="Start it", form=form, incident=incident,
        change=change, act="start",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def result(request, number, pk):
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = ResultForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, change.finish(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "change_result", title=f"How {change.key} ended", form=form, incident=incident, change=change
    )


@require_http_methods(["GET", "POST"])
def extension(request, number, pk):
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = ExtensionForm(posted(request), change=change)
    if form.is_valid():
        with form.refusals():
            return done(request, change.extend(by=request.membership, **form.extension))
    return act_form(
        request, "change_extension", title=f"{change.key} takes longer", form=form, incident=incident, change=change
    )


@require_http_methods(["GET", "POST"])
def withdrawal(request, number, pk):
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = WaivableReasonForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, change.withdraw(by=request.membership, **form.cleaned_data))
    return act_form(
        request, "change_withdrawal", title=f"Withdraw {change.key}", form=form, incident=incident, change=change
    )


@require_http_methods(["GET", "POST"])
def arrangement(request, number, pk):
    """Which goes first: of this change and of everything in its way that the member may see."""
    incident = find_incident(request, number)
    change = find_change(request, incident, pk)
    form = OrderForm(posted(request), changes=change.with_those_in_its_way(request.membership), incident=incident)
    if form.is_valid():
        with form.refusals():
            waiver = form.cleaned_data["waiver"]
            return done(request, ChangeIntent.arrange(incident, form.chosen, by=request.membership, waiver=waiver))
    return act_form(
        request, "change_arrangement", title="Which goes first?", form=form, incident=incident, change=change
    )
