"""The only ways a view gets an incident, its room, or something in it: through the person who asks."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from teams import expertise

from .models import (
    Alert,
    Ask,
    ChangeIntent,
    Commitment,
    Document,
    Finding,
    FixAttempt,
    Hypothesis,
    Impact,
    Incident,
    IncidentInvitation,
    Message,
    Participant,
    PrivateNote,
    Question,
    ResolutionEstimate,
    RestorationOrder,
    Spike,
    SupportReport,
    Symptom,
    SyncPoint,
    Task,
    Workstream,
)
from .room import IncidentRoom


def find_incident(request, number):
    """The incident with this number; 404 when the member may not see it, as if it did not exist."""
    incidents = Incident.objects.visible_to(request.membership).select_related("severity", "incident_type")
    incident = get_object_or_404(incidents, number=number)
    incident.organization = request.organization
    return incident


def room_of(request, incident, *, stream=None, rows=None):
    """The incident as the member sees it, with the stream, the page and the lens that the query string asks for."""
    return IncidentRoom(
        incident,
        request.membership,
        stream=request.GET.get("stream", "") if stream is None else stream,
        before=number_in(request, "before"),
        lens=request.GET.get("lens", ""),
        rows=rows,
    )


def find_participant(request, incident, pk):
    """Somebody who is or was on the incident; 404 for stakeholders, who find only themselves."""
    require_responder(request)
    participant = get_object_or_404(Participant.objects.with_people(), incident=incident, pk=pk)
    participant.incident = incident
    return participant


@dataclass(frozen=True)
class Expert:
    """Whoever knows something, and what they do now."""

    knower: expertise.Knower
    now: str
    is_free: bool


def people_who_know(incident, q="", **asked):
    """`Expert`s who fit what is asked, those who are free first."""
    found = expertise.search(q, **asked)
    here = set(incident.participants.active().values_list("membership", flat=True))
    invited = set(incident.invitations.waiting().values_list("membership", flat=True))
    elsewhere = Participant.objects.active().filter(incident__in=Incident.objects.open().exclude(pk=incident.pk))
    busy = set(elsewhere.values_list("membership", flat=True))

    def now(pk):
        if pk in here:
            return "Works on this incident"
        if pk in invited:
            return "Invited, no answer yet"
        return "Works on another incident" if pk in busy else "Free"

    experts = [
        Expert(each, now(each.member.pk), is_free=each.member.pk not in here | invited) for each in found
    ]  # fmt: skip
    return sorted(experts, key=lambda each: (not each.is_free, each.knower.member.pk in busy))


def find_invitation(request, incident, pk):
    """An invitation into the incident; 404 for stakeholders, who are never invited to work."""
    require_responder(request)
    invitation = get_object_or_404(IncidentInvitation.objects.with_people(), incident=incident, pk=pk)
    invitation.incident = incident
    return invitation


def find_reinforcement(request, incident, pk):
    """A request for somebody; 404 for stakeholders."""
    require_responder(request)
    found = get_object_or_404(incident.reinforcements.for_reading(request.membership), pk=pk)
    found.incident = incident
    return found


def find_workstream(request, incident, pk):
    """A workstream of the incident; 404 for stakeholders, and for a restricted one that is not theirs to know."""
    workstreams = Workstream.objects.visible_to(request.membership).with_people()
    workstream = get_object_or_404(workstreams, incident=incident, pk=pk)
    workstream.incident = incident
    return workstream


def find_sync_point(request, incident, pk):
    """A sync point that the member may know of; 404 for stakeholders."""
    found = SyncPoint.objects.visible_to(request.membership).with_people()
    sync_point = get_object_or_404(found, incident=incident, pk=pk)
    sync_point.incident = incident
    return sync_point


def find_message(request, incident, pk):
    """A message in one of the workstreams that are theirs to read; 404 for stakeholders."""
    messages = Message.objects.visible_to(request.membership).for_reading()
    message = get_object_or_404(messages, incident=incident, pk=pk)
    message.incident = incident
    return message


def own_notes(request, incident):
    """What the member wrote down for themself, each with `marks`: whether the message is still theirs to read."""
    notes = list(PrivateNote.objects.of(request.membership, incident))
    marked = Message.objects.visible_to(request.membership).filter(pk__in=[each.message_id for each in notes])
    readable = set(marked.values_list("pk", flat=True))
    for note in notes:
        note.marks = note.message_id in readable
    return notes


def find_private_note(request, incident, pk):
    """A note of one's own; everybody else's are not there."""
    return get_object_or_404(PrivateNote.objects.of(request.membership, incident), pk=pk)


def find_task(request, incident, pk):
    """A task of the incident; 404 for stakeholders, and where its workstream is not theirs to know."""
    return _part(request, incident, Task.objects.with_people(), pk)


def find_finding(request, incident, pk):
    """A finding of the incident; 404 for stakeholders, and where its workstream is not theirs to know."""
    return _part(request, incident, Finding.objects.for_reading(), pk)


def find_synthesis(request, incident, version):
    """One version of what we know; 404 for stakeholders, who are told in the words of an update."""
    require_responder(request)
    synthesis = get_object_or_404(incident.syntheses.for_reading(request.membership), version=version)
    synthesis.incident = incident
    return synthesis


def find_question(request, incident, pk):
    """A question of the incident: any for who answers, one's own for everybody else."""
    question = get_object_or_404(Question.objects.visible_to(request.membership, incident).with_people(), pk=pk)
    question.incident = incident
    return question


def find_suggested_question(request, incident, pk):
    """A question that they may be shown because theirs may be the same."""
    shown = Question.objects.suggested_to(request.membership, incident).with_people()
    question = get_object_or_404(shown, pk=pk)
    question.incident = incident
    return question


def find_report(request, pk):
    """A report that waits, or of an incident that they may see; for stakeholders one of their own."""
    return get_object_or_404(SupportReport.objects.visible_to(request.membership).for_reading(), pk=pk)


def find_symptom(request, incident, pk):
    """A symptom of the incident, merged ones too; 404 for stakeholders."""
    require_responder(request)
    symptom = get_object_or_404(Symptom.objects.for_reading(), incident=incident, pk=pk)
    symptom.incident = incident
    return symptom


def find_spike(request, pk):
    """What more reports than usual propose; 404 for stakeholders, and where the incident is not theirs to see."""
    return get_object_or_404(Spike.objects.visible_to(request.membership).for_reading(), pk=pk)


def find_ask(request, incident, pk):
    """What an engineer was asked: any for who answers questions, what oneself was asked for everybody else."""
    ask = get_object_or_404(Ask.objects.visible_to(request.membership, incident).with_people(), pk=pk)
    ask.incident = incident
    return ask


def message_in(request, incident, name="message"):
    """The message that the query string says something is raised from, or None."""
    pk = number_in(request, name)
    return find_message(request, incident, pk) if pk else None


def find_document(request, incident, pk):
    """A document of the incident, listed or removed; 404 for stakeholders."""
    require_responder(request)
    document = get_object_or_404(Document.objects.with_people(), incident=incident, pk=pk)
    document.incident = incident
    return document


def find_change(request, incident, pk):
    """A change of the incident; 404 for stakeholders, and where its workstream is not theirs to know."""
    return _part(request, incident, ChangeIntent.objects.for_reading(), pk)


def find_hypothesis(request, incident, pk):
    """A theory of the incident; 404 for stakeholders, and where its workstream is not theirs to know."""
    return _part(request, incident, Hypothesis.objects.for_reading(), pk)


def find_fix(request, incident, pk):
    """An attempt at a fix; 404 for stakeholders, and where its workstream is not theirs to know."""
    return _part(request, incident, FixAttempt.objects.for_reading(), pk)


def find_decision(request, incident, number):
    """A decision of the incident by its number, as far as the member may read it; 404 for stakeholders."""
    require_responder(request)
    readable = incident.decisions.visible_to(request.membership).for_reading()
    decision = get_object_or_404(readable, number=number)
    decision.incident = incident
    return decision


def find_estimate(request, incident, pk):
    """An estimate; 404 for stakeholders, who read what holds and is public."""
    return _fact(request, incident, ResolutionEstimate.objects.with_people(), pk)


def find_impact(request, incident, pk):
    return _fact(request, incident, Impact.objects.with_people(), pk)


def find_commitment(request, incident, pk):
    return _fact(request, incident, Commitment.objects.with_people(), pk)


def find_restoration_order(request, incident, pk):
    return _fact(request, incident, RestorationOrder.objects.for_reading(), pk)


def _fact(request, incident, rows, pk):
    """What belongs to no workstream: for everybody who works in the incident, 404 for stakeholders."""
    require_responder(request)
    found = get_object_or_404(rows, incident=incident, pk=pk)
    found.incident = incident
    return found


def number_in(request, name):
    """A whole number from the query string, or None; what makes no sense is nothing."""
    word = request.GET.get(name, "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None


def _part(request, incident, rows, pk):
    require_responder(request)
    found = get_object_or_404(rows.visible_to(request.membership), incident=incident, pk=pk)
    found.incident = incident
    return found


def require_responder(request):
    """404 for stakeholders: where work is done, there is nothing for them to see."""
    if not request.membership.is_responder:
        raise Http404("Not for stakeholders.")


def find_alert(request, pk):
    """An alert that waits, or that belongs to an incident the member may see; 404 for stakeholders."""
    if not request.membership.is_responder:
        raise Http404("No such alert.")
    within_reach = Q(incident=None) | Q(incident__in=Incident.objects.visible_to(request.membership))
    return get_object_or_404(Alert.objects.filter(within_reach).select_related("integration"), pk=pk)
