"""The room: the page of an incident, and the parts of it that refresh themselves."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ..forms.messages import MessageForm
from ..lookups import find_incident, require_responder, room_of
from ..waiting import Waiting

# What stakeholders may read; the rest belongs to those who work in the incident.
BRIEFING = ("header", "clocks", "functions", "updates", "questions", "facts")
REGIONS = (
    *BRIEFING,
    "roles",
    "gaps",
    "lines",
    "streams",
    "synthesis",
    "findings",
    "tasks",
    "changes",
    "theories",
    "drafts",
    "alerts",
    "documents",
)
# Regions that are pages, too, and say more there.
WHOLE_PAGES = (
    "updates", "drafts", "gaps", "synthesis", "findings", "tasks", "questions", "changes", "theories", "facts",
)  # fmt: skip


@require_GET
def detail(request, number):
    """The whole room; `?stream=` is a workstream, `all` or `timeline`, `?before=` an older page of its thread.

    `?lens=` looks through another lens this once; the menu in the room remembers one.
    """
    incident = find_incident(request, number)
    waiting = Waiting(request.membership, looked_at=incident)
    room = room_of(request, incident, rows=waiting.rows)
    context = {
        "incident": incident,
        "room": room,
        "needs_you": waiting.count,
        "form": MessageForm(),
        "entries": room.recent_entries,
    }
    return render(request, "incidents/detail.html", context)


@require_GET
def needs(request, number):
    """What waits in this room, for htmx; the bar and the title follow."""
    incident = find_incident(request, number)
    require_responder(request)
    if not request.htmx:
        return redirect(f"{incident.get_absolute_url()}#needs")
    waiting = Waiting(request.membership, looked_at=incident)
    room = room_of(request, incident, rows=waiting.rows)
    context = {"incident": incident, "room": room, "needs_you": waiting.count}
    return render(request, "incidents/needs_news.html", context)


@require_GET
def region(request, number, name):
    """One part of the room by itself, for htmx; a browser is shown where it stands."""
    incident = find_incident(request, number)
    room = room_of(request, incident)
    if name not in BRIEFING and not room.responds:
        raise Http404("Not for stakeholders.")
    if request.htmx:
        return render(request, f"incidents/_{name}.html", {"incident": incident, "room": room})
    if name in WHOLE_PAGES:
        return render(request, f"incidents/{name}.html", {"incident": incident, "room": room})
    return redirect(f"{incident.get_absolute_url()}#{name}")
