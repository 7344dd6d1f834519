"""Taking part: joining, following, leaving, and bringing somebody else in."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from teams.models import Membership

from ..forms.participation import LEAVING, ParticipationForm
from ..lookups import find_incident
from ..models import Participant
from .answers import done


@require_POST
def participation(request, number):
    incident = find_incident(request, number)
    form = ParticipationForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Choose how to take part.", status=422, content_type="text/plain")
    capacity, member = form.cleaned_data["capacity"], form.cleaned_data["member"]
    if capacity == LEAVING:
        entry = _participant(incident, member or request.membership.pk).leave(by=request.membership)
    else:
        entry = Participant.join(incident, _member(request, member), by=request.membership, capacity=capacity)
    if entry is None:
        return HttpResponse(status=204) if request.htmx else redirect(incident)
    if incident.private and not incident.is_visible_to(request.membership):
        return redirect(request.organization)
    return done(request, entry, to=_back(request, incident))


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
    return f"{incident.get_absolute_url()}people/" if request.POST.get("from") == "people" else None
