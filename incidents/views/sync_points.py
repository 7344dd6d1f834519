"""Sync points: calling one, writing down what came of it, or letting people go."""

from django.views.decorators.http import require_http_methods, require_POST

from .. import authority
from ..forms.workstreams import OutcomeForm, SyncForm
from ..lookups import find_incident, find_sync_point, require_responder
from ..models import SyncPoint
from .acting import act_form, posted
from .answers import done


@require_http_methods(["GET", "POST"])
def sync_points(request, number):
    """The form that calls people together; `?streams=` are what it is about, `?attendees=` who else is asked."""
    incident = find_incident(request, number)
    require_responder(request)
    asked = {name: _keys(request, name) for name in ("streams", "attendees")}
    form = SyncForm(posted(request), incident=incident, viewer=request.membership, initial=asked)
    if form.is_valid():
        with form.refusals():
            return done(request, SyncPoint.call(incident, by=request.membership, **form.cleaned_data))
    return act_form(request, "sync_points", title="Call a sync point", incident=incident, form=form)


@require_http_methods(["GET", "POST"])
def sync_point(request, number, pk):
    """Who meets about what, and the outcome, by whoever took part or leads."""
    incident = find_incident(request, number)
    found = find_sync_point(request, incident, pk)
    form = OutcomeForm(posted(request))
    if form.is_valid():
        with form.refusals():
            return done(request, found.hold(form.cleaned_data["outcome"], by=request.membership))
    return act_form(request, "sync_point", title=found.title, incident=incident, form=form, **_about(request, found))


@require_POST
def sync_cancellation(request, number, pk):
    """Nobody has to come."""
    incident = find_incident(request, number)
    found = find_sync_point(request, incident, pk)
    return done(request, found.cancel(by=request.membership))


def _keys(request, name):
    return [word for word in request.GET.getlist(name) if word.isascii() and word.isdigit()]


def _about(request, found):
    attends = any(member.pk == request.membership.pk for member in found.attendees.all())
    may_end = attends or authority.may_coordinate(request.membership, found.incident)
    return {"sync": found, "may_end": may_end and found.state == SyncPoint.State.PLANNED}
