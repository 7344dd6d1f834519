"""One's own notebook: writing in it, marking a message, tearing a page out."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from ..forms.notebook import PrivateNoteForm
from ..lookups import find_incident, find_message, find_private_note, own_notes, require_responder
from ..models import PrivateNote
from .acting import posted


@require_http_methods(["GET", "POST"])
def notebook(request, number):
    """All of one's notes and the form; to htmx, which posts from the room, only the form again."""
    incident = find_incident(request, number)
    require_responder(request)
    form = PrivateNoteForm(posted(request))
    if form.is_valid():
        with form.refusals():
            PrivateNote.write(incident, by=request.membership, **form.cleaned_data)
            if not request.htmx:
                return redirect(request.path)
            return _in_the_room(request, incident, PrivateNoteForm(), kept=True)
    if request.htmx and request.method == "POST":
        return _in_the_room(request, incident, form)
    context = {"incident": incident, "form": form, "notes": own_notes(request, incident)}
    return render(request, "incidents/notebook.html", context, status=form.status_code)


@require_POST
def mark(request, number, pk):
    """A message to find again; nobody is told."""
    incident = find_incident(request, number)
    PrivateNote.mark(find_message(request, incident, pk), by=request.membership)
    return _done(request, incident)


@require_POST
def tearing_out(request, number, pk):
    incident = find_incident(request, number)
    find_private_note(request, incident, pk).tear_out()
    return _done(request, incident)


def _done(request, incident):
    """Nothing in the room looks different afterwards; an open dialog closes."""
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Trigger": "acted"})
    return redirect(f"{incident.get_absolute_url()}notebook/")


def _in_the_room(request, incident, form, **context):
    context |= {"incident": incident, "form": form, "again": True}
    response = render(request, "incidents/_notebook.html", context, status=form.status_code)
    if form.status_code != 200:
        response["HX-Retarget"], response["HX-Reswap"] = "closest keep-draft", "outerHTML"
    return response
