"""Handing a hat over: what stands, to read and to print, and the successor's word."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from playbooks.models import IncidentRole

from ..candidates import Candidates
from ..forms.roles import HandoverAnswerForm, HandoverForm
from ..lookups import find_incident, require_responder
from ..models import Handover
from ..models.handovers import briefing_of
from .acting import begun, posted
from .answers import done
from .role import known_role, query_of


@require_http_methods(["GET", "POST"])
def handover(request, number):
    """One hat's hand-over: `?role=` and `?domain=` say which; without them the viewer's own, or the lead's."""
    incident = find_incident(request, number)
    require_responder(request)
    assignment = _hat(request, incident)
    assignment.incident = incident
    opened = assignment.handovers.open().with_people().first()
    if opened is not None:
        opened.incident = incident
        return _waiting(request, incident, opened)
    candidates = Candidates(incident, assignment.definition, domain=assignment.domain, member=assignment.membership)
    others = candidates.everybody.exclude(pk=assignment.membership_id)
    form = HandoverForm(posted(request), candidates=others, initial=begun(request, "to", "situation"))
    if form.is_valid():
        with form.refusals():
            entry = Handover.begin(assignment, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=request.get_full_path())
    return _page(request, incident, assignment, form, briefing=briefing_of(incident))


def _waiting(request, incident, opened):
    """What the successor reads; they, the holder and the lead say what becomes of it."""
    form = HandoverAnswerForm(posted(request))
    if form.is_valid():
        answer, waiver = form.cleaned_data["answer"], form.cleaned_data["waiver"]
        with form.refusals():
            if answer == "withdraw":
                return done(request, opened.withdraw(by=request.membership, waiver=waiver))
            verb = opened.acknowledge if answer == "acknowledge" else opened.decline
            return done(request, verb(by=request.membership))
    briefing = opened.briefing_for(request.membership)
    return _page(request, incident, opened.assignment, form, handover=opened, briefing=briefing)


def _page(request, incident, assignment, form, **context):
    context |= {"incident": incident, "assignment": assignment, "form": form, "query": query_of(request)}
    return render(request, "incidents/handover.html", context, status=form.status_code)


def _hat(request, incident):
    """The hat that the address names, or one that is handed to the viewer, or their own, or the lead's."""
    worn = incident.roles.current().with_people()
    if slug := request.GET.get("role"):
        definition, domain = known_role(request, slug)
        found = worn.of(definition.slug, domain).first()
    else:
        coming = worn.filter(handovers__state=Handover.State.OPEN, handovers__to=request.membership)
        own = worn.filter(membership=request.membership).order_by("definition__position")
        found = coming.first() or own.first() or worn.filter(role=IncidentRole.LEAD).first()
    if found is None:
        raise Http404("Nobody holds this role.")
    return found
