"""Asking for people of other teams: the list, the form, the answer of whoever manages them, and taking it back."""

from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..boards.reinforcements import ReinforcementBoard
from ..forms.reinforcements import ReinforcementAnswerForm, ReinforcementForm, people_elsewhere
from ..lookups import find_incident, find_reinforcement, require_responder, room_of
from ..models import ReinforcementRequest, Workstream
from .acting import act_form, posted
from .answers import done


@require_GET
def reinforcements(request, number):
    """Everybody who was asked for, and what became of it."""
    incident = find_incident(request, number)
    require_responder(request)
    room = room_of(request, incident)
    board = ReinforcementBoard(room)
    return render(request, "incidents/reinforcements.html", {"incident": incident, "room": room, "board": board})


@require_http_methods(["GET", "POST"])
def reinforcement_new(request, number):
    """Whom, what for, for how long."""
    incident = find_incident(request, number)
    require_responder(request)
    form = ReinforcementForm(
        posted(request),
        members=people_elsewhere(incident, asker=request.membership),
        workstreams=Workstream.objects.visible_to(request.membership).filter(incident=incident).in_order(),
    )
    if form.is_valid():
        with form.refusals():
            entry = ReinforcementRequest.ask(incident, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=reinforcements_url(incident))
    return act_form(request, "reinforcement_new", title="Ask another team for somebody", form=form, incident=incident)


@require_http_methods(["GET", "POST"])
def reinforcement_answer(request, number, pk):
    """What is asked of somebody's manager; everybody else reads what became of it."""
    incident = find_incident(request, number)
    found = find_reinforcement(request, incident, pk)
    form = ReinforcementAnswerForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = found.give_answer(by=request.membership, **form.given)
            return done(request, entry, to=reinforcements_url(incident))
    row = ReinforcementBoard(room_of(request, incident)).row(found)
    title = f"{found.label}: {found.member.name} for {incident.key}"
    return act_form(request, "reinforcement_answer", title=title, form=form, incident=incident, row=row, asked=found)


@require_POST
def reinforcement_withdrawal(request, number, pk):
    """They are not needed any more."""
    incident = find_incident(request, number)
    entry = find_reinforcement(request, incident, pk).withdraw(by=request.membership)
    return done(request, entry, to=reinforcements_url(incident))


def reinforcements_url(incident):
    return f"{incident.get_absolute_url()}reinforcements/"
