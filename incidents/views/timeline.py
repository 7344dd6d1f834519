"""The timeline: everything that happened, in numbered order, by page and by filter."""

from urllib.parse import quote

from django.shortcuts import render
from django.views.decorators.http import require_GET

from teams.models import Function

from .. import kinds
from ..lookups import find_incident, number_in, room_of
from ..room import page_of


@require_GET
def timeline(request, number):
    """`?before=` and `?after=` page by number; `?kind=`, `?function=` and `?system=1` filter.

    htmx gets the region, or with `before` only the older lines; a browser gets a page.
    """
    incident = find_incident(request, number)
    filters = TimelineFilters(request)
    before = number_in(request, "before")
    context = {
        "incident": incident,
        "room": room_of(request, incident),
        "entries": page_of(
            filters.narrow(incident.timeline.visible_to(request.membership).for_reading()),
            key="number",
            before=before,
            after=number_in(request, "after"),
        ),
        "filters": filters,
    }
    if request.htmx:
        return render(request, f"incidents/_{'timeline' if before is None else 'entries'}.html", context)
    context |= {
        "kinds": _readable_kinds(request.membership),
        "functions": Function.objects.in_order(),
    }
    return render(request, "incidents/timeline.html", context)


def _readable_kinds(membership):
    return [kind for kind in kinds.all_kinds() if membership.is_responder or kind.visibility == kinds.BRIEFING]


class TimelineFilters:
    """What the query string asks for."""

    def __init__(self, request):
        self.kind = request.GET.get("kind", "")
        self.function = request.GET.get("function", "")
        self.system = request.GET.get("system", "") == "1"

    @property
    def narrows(self):
        """Whether lines are left out that a reader might expect; such a list does not grow by itself."""
        return bool(self.kind or self.function)

    @property
    def query(self):
        """The filters as the end of a query string that pages."""
        asked = {"kind": self.kind, "function": self.function, "system": "1" if self.system else ""}
        return "".join(f"&{name}={quote(word)}" for name, word in asked.items() if word)

    def narrow(self, entries):
        if self.kind:
            entries = entries.of_kinds(self.kind)
        elif not self.system:
            entries = entries.without_system()
        return entries.by_function(self.function) if self.function else entries
