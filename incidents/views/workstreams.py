"""Workstreams: opening one, and saying how it goes."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from .. import authority
from ..forms.workstreams import ChangeForm, OpeningForm, ReadersForm
from ..lookups import find_incident, find_workstream, require_responder
from ..models import StreamRead, Workstream
from .acting import act_form, posted, whole_number
from .answers import done
from .messages import thread_url


@require_http_methods(["GET", "POST"])
def workstreams(request, number):
    """The form that opens a line of work."""
    incident = find_incident(request, number)
    require_responder(request)
    form = OpeningForm(posted(request), incident=incident, viewer=request.membership)
    if form.is_valid():
        with form.refusals():
            entry = Workstream.open(incident, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=thread_url(incident, entry.workstream))
    return act_form(request, "workstreams", title="Open a workstream", incident=incident, form=form)


@require_http_methods(["GET", "POST"])
def workstream(request, number, pk):
    """Working, blocked or done; its name and its owner."""
    incident = find_incident(request, number)
    found = find_workstream(request, incident, pk)
    form = ChangeForm(
        posted(request),
        workstream=found,
        viewer=request.membership,
        initial={
            "title": found.title,
            "state": found.state,
            "goal": found.goal,
            "owner": found.owner_id,
            "next_word_at": found.next_word_at,
        },
    )
    if form.is_valid():
        with form.refusals():
            entry = found.change(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=thread_url(incident, found))
    return act_form(request, "workstream", title=found.title, incident=incident, form=form, **_about(request, found))


@require_POST
def reading(request, number, pk):
    """The viewer has read the thread up to the entry with this `number`."""
    incident = find_incident(request, number)
    found = find_workstream(request, incident, pk)
    read = min(whole_number(request.POST.get("number", "")), found.last_number)
    if read:
        StreamRead.note(incident, {(found.pk, request.membership.pk): read})
    return HttpResponse(status=204) if request.htmx else redirect(thread_url(incident, found))


@require_http_methods(["GET", "POST"])
def workstream_readers(request, number, pk):
    """For whom it is: everybody on the incident, or its owner, some functions and some members."""
    incident = find_incident(request, number)
    found = find_workstream(request, incident, pk)
    form = ReadersForm(posted(request), initial=_readers(found))
    if form.is_valid():
        with form.refusals():
            return done(request, _decide_readers(found, by=request.membership, **form.cleaned_data))
    title = f"Who sees “{found.title}”"
    return act_form(request, "readers", title=title, incident=incident, form=form, **_about(request, found))


def _about(request, found):
    return {"workstream": found, "may_restrict": authority.may_restrict(request.membership, found)}


def _readers(found):
    readers = list(found.readers.all())
    return {
        "restricted": found.restricted,
        "functions": [each.function_id for each in readers if each.function_id],
        "members": [each.membership_id for each in readers if each.membership_id],
    }


def _decide_readers(found, *, by, restricted, functions, members):
    return found.restrict(by=by, functions=functions, members=members) if restricted else found.open_up(by=by)
