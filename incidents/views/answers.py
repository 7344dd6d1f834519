"""What a view says after a verb: to htmx a nudge, to a plain browser a page."""

from django.http import HttpResponse
from django.shortcuts import redirect

from .. import kinds


def done(request, entry, *, to=None):
    """The act is recorded. htmx hears which regions look different; a browser goes to `to`, or to the room."""
    if request.htmx:
        return nudged(HttpResponse(status=204), entry)
    return redirect(to or entry.incident)


def nudged(response, entry):
    """The response with the same events that the socket fires, and `acted`, which closes an open dialog."""
    response["HX-Trigger"] = ", ".join([*(f"live-{region}" for region in regions_of(entry)), "acted"])
    return response


def regions_of(entry):
    """Everything in the room that looks different after the entry, the append-only lists included."""
    thread = [f"stream-{entry.workstream_id}"] if entry.workstream_id else []
    return [*kinds.named(entry.kind).regions, "timeline", *thread]
