"""Exceptions: letting somebody speak in a technical workstream for a while."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ..forms.workstreams import ExceptionForm
from ..lookups import find_incident, find_workstream
from ..models import StreamException
from .acting import act_form, posted
from .answers import done
from .messages import thread_url


@require_http_methods(["GET", "POST"])
def exceptions(request, number, pk):
    """Who is let in now, and the form that lets somebody in."""
    incident = find_incident(request, number)
    workstream = find_workstream(request, incident, pk)
    form = ExceptionForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = StreamException.grant(workstream, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=thread_url(incident, workstream))
    running = workstream.exceptions.in_force(timezone.now()).with_people().latest_first()
    context = {"incident": incident, "workstream": workstream, "running": running}
    return act_form(request, "exceptions", title=f"Let somebody speak in {workstream}", form=form, **context)


@require_POST
def exception_revocation(request, number, pk, exception):
    """End one before its time."""
    incident = find_incident(request, number)
    workstream = find_workstream(request, incident, pk)
    found = get_object_or_404(workstream.exceptions.with_people(), pk=exception)
    found.workstream = workstream
    return done(request, found.revoke(by=request.membership), to=thread_url(incident, workstream))
