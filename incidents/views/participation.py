"""Taking part: joining, following, leaving, and bringing in, releasing and recalling somebody else."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from teams.models import Membership

from ..forms.participation import LEAVING, ParticipationForm, RecallForm, ReleaseForm, TeamForm
from ..lookups import find_incident, find_participant, require_responder
from ..models import Participant
from .acting import act_form, posted
from .answers import done


@require_POST
def participation(request, number):
    """One's own part, or somebody's who is brought in at once; above the cap the answer asks for a reason."""
    incident = find_incident(request, number)
    form = ParticipationForm(request.POST)
    if form.errors.keys() & {"capacity", "member"}:
        return HttpResponse("Choose how to take part.", status=422, content_type="text/plain")
    subject = request.membership
    if form.is_valid():
        capacity, member = form.cleaned_data["capacity"], form.cleaned_data["member"]
        with form.refusals():
            if capacity == LEAVING:
                entry = _participant(incident, member or request.membership.pk).leave(by=request.membership)
            else:
                subject = _member(request, member)
                waiver = form.cleaned_data["waiver"]
                entry = Participant.join(incident, subject, by=request.membership, capacity=capacity, waiver=waiver)
            if entry is None:
                return HttpResponse(status=204) if request.htmx else redirect(incident)
            if incident.private and not incident.is_visible_to(request.membership):
                return redirect(request.organization)
            return done(request, entry, to=_back(request, incident))
    return act_form(
        request,
        "participation",
        title="Take part",
        form=form,
        incident=incident,
        subject=subject,
        for_everyone=True,
    )


@require_http_methods(["GET", "POST"])
def release(request, number, pk):
    """Let somebody go with thanks; they follow from then on, unless the form says no."""
    incident = find_incident(request, number)
    participant = find_participant(request, incident, pk)
    form = ReleaseForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = participant.leave(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=people_url(incident))
    title = f"Release {participant.membership.name}"
    return act_form(request, "release", title=title, form=form, incident=incident, participant=participant)


@require_POST
def recall(request, number, pk):
    """Call back somebody who was released: one button, and a reason where the room is full."""
    incident = find_incident(request, number)
    participant = find_participant(request, incident, pk)
    form = RecallForm(request.POST)
    if form.is_valid():
        with form.refusals():
            entry = participant.recall(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=people_url(incident))
    title = f"Recall {participant.membership.name}"
    return act_form(request, "recall", title=title, form=form, incident=incident, participant=participant)


@require_POST
def team(request, number):
    """A whole team: it is not added, and the same answer lets it follow instead."""
    incident = find_incident(request, number)
    require_responder(request)
    form = TeamForm(request.POST)
    if form.is_valid():
        with form.refusals():
            entry = Participant.bring_team(incident, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=people_url(incident))
    return act_form(request, "team", title="Bring in a team", form=form, incident=incident)


def people_url(incident):
    return f"{incident.get_absolute_url()}people/"


def _participant(incident, membership_id):
    return get_object_or_404(
        Participant.objects.current().with_people().select_related("incident__organization"),
        incident=incident,
        membership_id=membership_id,
    )


def _member(request, pk):
    if pk is None:
        return request.membership
    member = Membership.objects.active().with_people().filter(pk=pk).first()
    if member is None:
        raise Http404("No such member.")
    return member


def _back(request, incident):
    """To the page of people where the form stood there, else to the room."""
    return people_url(incident) if request.POST.get("from") == "people" else None
