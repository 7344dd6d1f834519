"""Putting things on the record by hand: notes, pinned messages, and when something really happened."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from .. import authority
from ..forms.record import NoteForm, PinForm, TimeForm
from ..fragments import attach_messages
from ..lookups import find_incident, find_message, require_responder
from ..models import TimelineEntry
from ..models.timeline import TIMED_BY_HAND
from .acting import act_form, posted
from .answers import done
from .messages import message_url


@require_http_methods(["GET", "POST"])
def notes(request, number):
    """The form that writes on the timeline."""
    incident = find_incident(request, number)
    require_responder(request)
    form = NoteForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = TimelineEntry.note(incident, by=request.membership, **form.cleaned_data)
            return done(request, entry, to=entry.get_absolute_url())
    return act_form(request, "note", title="Add a note to the timeline", incident=incident, form=form)


@require_http_methods(["GET", "POST"])
def pin(request, number, pk):
    """Pin a message to the timeline, or take it off again."""
    incident = find_incident(request, number)
    found = find_message(request, incident, pk)
    if request.method == "POST" and "unpin" in request.POST:
        return done(request, found.take_off_record(by=request.membership), to=message_url(incident, found))
    form = PinForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = found.put_on_record(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=message_url(incident, found))
    title = "Pinned to the timeline" if found.pin_id else "Pin to the timeline"
    may_post = authority.may_post(request.membership, incident)
    return act_form(request, "pin", title=title, incident=incident, message=found, form=form, may_post=may_post)


@require_http_methods(["GET", "POST"])
def entry(request, number, entry):
    """One entry, what was said about its time, and the form that corrects it."""
    incident = find_incident(request, number)
    found = get_object_or_404(incident.timeline.visible_to(request.membership).for_reading(), number=entry)
    attach_messages([found])
    form = TimeForm(posted(request), initial={"happened_at": found.took_place_at})
    if form.is_valid():
        with form.refusals():
            correction = found.correct_time(by=request.membership, **form.cleaned_data)
            return done(request, correction, to=found.history_url)
    return act_form(
        request,
        "entry",
        title=f"Entry {found.number}",
        incident=incident,
        entry=found,
        form=form,
        corrections=found.corrections.with_entries().order_by("pk"),
        may_correct=found.kind in TIMED_BY_HAND and authority.may_correct_time(request.membership, found),
        for_everyone=True,
    )
