"""Messages: the thread of a workstream, and what becomes of a message later."""

from django.contrib.messages import success
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from teams import markdown
from teams.errors import Refused

from .. import authority, commands
from ..forms.messages import DeletionForm, MessageForm, WordsForm
from ..fragments import in_plain_words
from ..lookups import find_incident, find_message, find_workstream, require_responder, room_of
from ..models import Message
from .acting import act_form, posted
from .answers import done, nudged


@require_http_methods(["GET", "POST"])
def messages(request, number, pk):
    """POST says something; to look at a thread is to look at the room."""
    incident = find_incident(request, number)
    workstream = find_workstream(request, incident, pk)
    if request.method == "POST":
        return _post(request, incident, workstream)
    return redirect(thread_url(incident, workstream))


@require_GET
def conversation(request, number):
    """The thread that `?stream=` names, as htmx swaps it in; with `?before=` only an older stretch of it."""
    incident = find_incident(request, number)
    require_responder(request)
    room = room_of(request, incident)
    if not request.htmx:
        return redirect(f"{incident.get_absolute_url()}?stream={room.stream_key}")
    template = "incidents/_conversation.html" if room.before is None else "incidents/_messages.html"
    return render(request, template, {"incident": incident, "room": room, "form": MessageForm()})


@require_http_methods(["GET", "POST"])
def message(request, number, pk):
    """One message by itself, and its words to edit for whoever wrote it."""
    incident = find_incident(request, number)
    found = find_message(request, incident, pk)
    form = WordsForm(posted(request), initial={"text": found.text})
    if form.is_valid():
        with form.refusals():
            entry = found.edit(form.cleaned_data["text"], by=request.membership)
            return done(request, entry, to=message_url(incident, found))
    return act_form(request, "message", title="Message", form=form, **_about(request, incident, found))


@require_GET
def versions(request, number, pk):
    """What a message said before it was edited."""
    incident = find_incident(request, number)
    found = find_message(request, incident, pk)
    earlier = list(found.versions.select_related("replaced_by__person").order_by("-number"))
    for version in earlier:
        version.html = markdown.render(version.text)
    return render(request, "incidents/versions.html", _about(request, incident, found) | {"versions": earlier})


@require_http_methods(["GET", "POST"])
def deletion(request, number, pk):
    """Take a message's words back, with a reason."""
    incident = find_incident(request, number)
    found = find_message(request, incident, pk)
    form = DeletionForm(posted(request))
    if form.is_valid():
        with form.refusals():
            entry = found.delete_text(by=request.membership, **form.cleaned_data)
            return done(request, entry, to=message_url(incident, found))
    return act_form(request, "deletion", title="Delete a message", form=form, **_about(request, incident, found))


def composer(request, form, **context):
    """The composer again, with what was typed and what is wrong with it, in its place."""
    template = "incidents/_composer.html" if request.htmx else "incidents/composer.html"
    response = render(request, template, context | {"form": form}, status=form.status_code)
    if request.htmx:
        # Other refusals show in the dialog; this one offers a way on for the very words that stand there.
        response["HX-Retarget"], response["HX-Reswap"] = "closest keep-draft", "outerHTML"
    return response


def thread_url(incident, workstream):
    return f"{incident.get_absolute_url()}?stream={workstream.pk}"


def message_url(incident, message):
    """Where the message stands in its thread."""
    return f"{thread_url(incident, message.workstream)}#m-{message.pk}"


def _post(request, incident, workstream):
    form = MessageForm(request.POST)
    context = {"incident": incident, "workstream": workstream}
    if form.is_valid():
        text, key = form.cleaned_data["text"], form.cleaned_data["key"]
        if line := commands.command_in(text):
            return _obeyed(request, line, form, context)
        with form.refusals():
            entry = Message.post(workstream, commands.message_in(text), by=request.membership, key=key)
            return _posted(request, entry, context)
    return composer(request, form, **context)


def _obeyed(request, line, form, context):
    """What a command came to, or the line again with what is wrong with it: it is never said as a message."""
    asked = commands.Asked(
        line.rest, workstream=context["workstream"], by=request.membership, key=form.cleaned_data["key"]
    )
    try:
        outcome = commands.obey(line, asked)
    except Refused as refused:
        form.add_error("text", commands.in_words(refused))
        return composer(request, form, **context)
    if isinstance(outcome, commands.Opening):
        return _opened(request, outcome)
    if isinstance(outcome, commands.Help):
        return composer(request, MessageForm(), help=outcome, **context)
    sentence = in_plain_words(outcome)
    if request.htmx:
        fresh = context | {"form": MessageForm(), "done": sentence, "again": True}
        return nudged(render(request, "incidents/_composer.html", fresh), outcome)
    success(request, sentence)
    return redirect(thread_url(context["incident"], context["workstream"]))


def _opened(request, opening):
    """The page of the act; over the room it is a dialog, which the same address answers with."""
    if request.htmx and opening.whole:
        return HttpResponse(status=204, headers={"HX-Redirect": opening.url})
    return redirect(opening.url)


def _posted(request, entry, context):
    said = entry.messages.for_reading().get()
    if request.htmx:
        # The same line comes over the socket, perhaps earlier; whichever is second is not added again.
        fresh = render(request, "incidents/_posted.html", context | {"form": MessageForm(), "message": said})
        return nudged(fresh, entry)
    return HttpResponseRedirect(message_url(context["incident"], said))


def _about(request, incident, found):
    """The message, and what the viewer may do with it."""
    return {
        "incident": incident,
        "message": found,
        "may_edit": not found.deleted_at and authority.may_edit(request.membership, found),
        "may_delete": not found.deleted_at and authority.may_delete(request.membership, found),
    }
