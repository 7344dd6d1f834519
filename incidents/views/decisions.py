"""Decisions: the log, a question and its answer, and what becomes of both."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from playbooks.models import DecisionClass, IncidentRole

from ..forms.decisions import ChoiceForm, InputForm, PostponementForm, QuestionForm, ReversalForm
from ..forms.reasons import ReasonForm
from ..lookups import find_decision, find_incident, find_message, number_in, require_responder, room_of
from ..models import Decision
from ..models.decisions import DecisionState
from ..paging import ByNumber, page_of
from .acting import act_form, begun, posted, whole_number
from .answers import done

# What somebody with this hat most often has to decide.
CLASS_OF_ROLE = {
    IncidentRole.TECHNICAL_COORDINATOR: DecisionClass.INVESTIGATION,
    IncidentRole.PRODUCT: DecisionClass.PRIORITY,
    IncidentRole.EXECUTIVE: DecisionClass.RESOURCE,
}


@require_GET
def decisions(request, number):
    """The region for htmx; as a page the whole log, by `?state=`, older ones `?before=` a number."""
    incident = find_incident(request, number)
    require_responder(request)
    room = room_of(request, incident)
    context = {"incident": incident, "room": room}
    if request.htmx:
        return render(request, "incidents/_decisions.html", context)
    state = request.GET.get("state", "")
    readable = room.decisions.readable
    found = readable.filter(state=state) if state in DecisionState.values else readable
    page = page_of(found, order=ByNumber("number"), before=number_in(request, "before"))
    cards = [room.decisions.card(each) for each in reversed(page.rows)]
    context |= {"cards": cards, "page": page, "state": state, "states": DecisionState}
    return render(request, "incidents/decisions.html", context)


@require_GET
def decision(request, number, decision):
    """One decision with everything about it and everything that may be done."""
    incident = find_incident(request, number)
    found = find_decision(request, incident, decision)
    room = room_of(request, incident)
    return render(
        request, "incidents/decision.html", {"incident": incident, "room": room, "card": room.decisions.card(found)}
    )


@require_http_methods(["GET", "POST"])
def decision_new(request, number):
    """`?message=` is what made somebody ask."""
    incident = find_incident(request, number)
    require_responder(request)
    message = _message(request, incident)
    form = QuestionForm(posted(request), initial=_first_values(request, incident, message))
    if form.is_valid():
        with form.refusals():
            entry = Decision.open(incident, by=request.membership, source_message=message, **form.asked)
            return done(request, entry, to=address_of(request, incident, entry.details["decision"]))
    known = getattr(form.refusal, "facts", {}).get("decision")
    title = "Ask for a decision, or record one"
    return act_form(request, "decision_new", title=title, incident=incident, form=form, message=message, known=known)


@require_http_methods(["GET", "POST"])
def decision_choice(request, number, decision):
    """Deciding, in the second of two steps; `?option=` is what the first one pointed at."""
    found = _find(request, number, decision)
    form = ChoiceForm(posted(request), decision=found, initial={"option": request.GET.get("option", "")})
    return _act(request, found, form, lambda: found.decide(by=request.membership, **form.made), "Decide")


@require_http_methods(["GET", "POST"])
def decision_input(request, number, decision):
    """What somebody would do whose decision it is not."""
    found = _find(request, number, decision)
    form = InputForm(posted(request), decision=found)
    return _act(request, found, form, lambda: found.give_input(by=request.membership, **form.given), "Propose")


@require_http_methods(["GET", "POST"])
def decision_replacement(request, number, decision):
    found = _find(request, number, decision)
    form = ChoiceForm(posted(request), decision=found)
    return _act(request, found, form, lambda: found.supersede(by=request.membership, **form.made), "Choose differently")


@require_http_methods(["GET", "POST"])
def decision_reversal(request, number, decision):
    found = _find(request, number, decision)
    form = ReversalForm(posted(request))
    return _act(request, found, form, lambda: found.reverse(by=request.membership, **form.cleaned_data), "Take it back")


@require_http_methods(["GET", "POST"])
def decision_postponement(request, number, decision):
    found = _find(request, number, decision)
    form = PostponementForm(posted(request))
    return _act(request, found, form, lambda: found.postpone(by=request.membership, **form.moved), "Give it more time")


@require_http_methods(["GET", "POST"])
def decision_withdrawal(request, number, decision):
    found = _find(request, number, decision)
    form = ReasonForm(posted(request))
    return _act(
        request,
        found,
        form,
        lambda: found.withdraw(by=request.membership, **form.cleaned_data),
        "Withdraw the question",
    )


@require_POST
def decision_acknowledgement(request, number, decision):
    """I have seen it."""
    found = _find(request, number, decision)
    return done(request, found.acknowledge(by=request.membership))


@require_POST
def decision_ratification(request, number, decision):
    """Yes to what was decided in one's place."""
    found = _find(request, number, decision)
    return done(request, found.ratify(by=request.membership))


@require_POST
def decision_execution(request, number, decision):
    """It is done."""
    found = _find(request, number, decision)
    return done(request, found.execute(by=request.membership))


def address_of(request, incident, decision):
    return reverse(
        "incidents:decision",
        kwargs={"org": request.organization.slug, "number": incident.number, "decision": decision},
    )


def _find(request, number, decision):
    return find_decision(request, find_incident(request, number), decision)


def _act(request, decision, form, verb, title):
    """The form of one act on a decision: as it is, or done, or with what is wrong."""
    if form.is_valid():
        with form.refusals():
            entry = verb()
            return done(request, entry, to=address_of(request, decision.incident, entry.details["decision"]))
    return act_form(
        request,
        "decision_act",
        title=f"{title}: {decision.name}",
        act=title,
        form=form,
        incident=decision.incident,
        decision=decision,
        right=decision.right(),
        url=request.path,
    )


def _message(request, incident):
    pk = whole_number(request.POST.get("message", "") or request.GET.get("message", ""))
    return find_message(request, incident, pk) if pk else None


def _first_values(request, incident, message):
    """The class that the viewer's hat is for, and the words that made somebody ask."""
    own = incident.roles.current().filter(membership=request.membership).values_list("role", flat=True)
    of_role = next((CLASS_OF_ROLE[role] for role in own if role in CLASS_OF_ROLE), DecisionClass.COORDINATION)
    subject = " ".join(message.text.split())[:200] if message and not message.deleted_at else ""
    return {"decision_class": of_role.value, "subject": subject} | begun(request, "subject")
