"""Taking an incident along: as Markdown, as JSON, on paper."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..exports import FORMATS, download
from ..fragments import attach_messages
from ..lookups import find_incident, number_in
from ..paging import page_of
from .timeline import TimelineFilters

ON_PAPER = 1000


@require_GET
def export(request, number, extension):
    """Everything the member may read, as a file."""
    return download(find_incident(request, number), request.membership, FORMATS[extension])


@require_GET
def printed(request, number):
    """The timeline to print, filtered like the page; a long one in several parts."""
    incident = find_incident(request, number)
    readable = incident.timeline.visible_to(request.membership)
    filters = TimelineFilters(request, readable)
    entries = page_of(
        filters.narrow(readable).for_reading(),
        order=filters.order,
        after=number_in(request, "after") or 0,
        size=ON_PAPER,
    )
    attach_messages(entries.rows)
    last = readable.latest_first().first()
    context = {"incident": incident, "entries": entries, "filters": filters, "last": last}
    return render(request, "incidents/printed.html", context)
