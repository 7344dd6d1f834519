"""Where an update is written, reading one afterwards, and saying that it was wrong."""

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from playbooks.models import Audience

from ..boards.sources import Sources
from ..drafting import Drafting
from ..figures import Figures
from ..forms.updates import ClockForm, CorrectionForm, UpdateWithdrawalForm
from ..lookups import find_incident, require_responder
from ..models import Obligation, UpdateChallenge
from .acting import act_form, begun, posted
from .answers import done


@require_GET
def update_new(request, number):
    """The draft to `?audience=`; without it, to the one that is due next. `?text=` begins it."""
    incident = find_incident(request, number)
    require_responder(request)
    audience = Drafting(incident, request.membership, request.GET.get("audience")).audience
    place = {"org": request.organization.slug, "number": incident.number, "audience": audience.value}
    typed = QueryDict(mutable=True)
    typed.update(begun(request, "text"))
    return redirect("?".join(filter(None, [reverse("incidents:draft", kwargs=place), typed.urlencode()])))


@require_GET
def update(request, number, update):
    """What one audience was told, and where it went."""
    incident = find_incident(request, number)
    told = find_update(request, incident, update)
    context = {"incident": incident, "update": told}
    if request.membership.is_responder:
        context["reads"] = told.reads.select_related("membership__person").order_by("at")
        context["challenges"] = told.challenges.with_people().in_order()
        context["reaction"] = Figures(incident).reaction_to(told)
        context["may_challenge"] = told.stands and UpdateChallenge.may_challenge(request.membership, told)
    return render(request, "incidents/update.html", context)


@require_GET
def sources(request, number, update):
    """Where each sentence comes from: lines of what we know, and the findings behind them."""
    incident = find_incident(request, number)
    require_responder(request)
    told = find_update(request, incident, update)
    context = {"incident": incident, "update": told, "sources": Sources(told, request.membership)}
    return render(request, "incidents/sources.html", context)


@require_http_methods(["GET", "POST"])
def clock(request, number, audience):
    """Another time for the next word to an audience, with the reason."""
    incident = find_incident(request, number)
    require_responder(request)
    if audience not in Audience.values:
        raise Http404("There is no such audience.")
    form = ClockForm(posted(request))
    if form.is_valid():
        with form.refusals():
            reason, waiver = form.cleaned_data["reason"], form.cleaned_data["waiver"]
            moved = Obligation.move_update(
                incident, audience, form.due_at, by=request.membership, reason=reason, waiver=waiver
            )
            return done(request, moved)
    title = f"Move the next update to {Audience(audience).label.lower()}"
    return act_form(request, "clock", title=title, incident=incident, audience=audience, form=form)


@require_http_methods(["GET", "POST"])
def correction(request, number, update):
    """What is right instead, for exactly those who had what was wrong."""
    incident = find_incident(request, number)
    require_responder(request)
    told = find_update(request, incident, update)
    form = CorrectionForm(posted(request), update=told)
    if form.is_valid():
        with form.refusals():
            entry = told.correct(
                form.body,
                by=request.membership,
                reason=form.cleaned_data["reason"],
                waiver=form.cleaned_data["waiver"],
                key=form.cleaned_data["key"],
            )
            return done(request, entry, to=address_of(request, entry))
    title = f"Correct update {told.number}"
    return act_form(request, "correction", title=title, incident=incident, update=told, form=form)


@require_http_methods(["GET", "POST"])
def update_withdrawal(request, number, update):
    """Nothing in its place: whoever had it is told that it does not hold."""
    incident = find_incident(request, number)
    require_responder(request)
    told = find_update(request, incident, update)
    form = UpdateWithdrawalForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = told.withdraw(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=address_of(request, entry))
    title = f"Withdraw update {told.number}"
    return act_form(request, "update_withdrawal", title=title, incident=incident, update=told, form=form)


def find_update(request, incident, number):
    """An update by its number, as far as the member may read it."""
    found = get_object_or_404(incident.updates.visible_to(request.membership).with_people(), number=number)
    found.incident = incident
    return found


def address_of(request, entry):
    number, update = entry.incident.number, entry.details["number"]
    return reverse("incidents:update", kwargs={"org": request.organization.slug, "number": number, "update": update})
