"""The timeline: everything that happened, in numbered order, by page and by filter."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_GET

from playbooks.models import Audience
from teams.models import Function, Membership

from .. import kinds
from ..fragments import attach_messages
from ..lookups import find_incident, number_in, room_of
from ..paging import AsItHappened, ByNumber, page_of


@require_GET
def timeline(request, number):
    """`?before=`, `?after=` and `?around=` page by number, the other parameters are those of `TimelineFilters`.

    htmx gets the region, or with `before` only the older lines; a browser gets a page.
    """
    incident = find_incident(request, number)
    readable = incident.timeline.visible_to(request.membership)
    filters = TimelineFilters(request, readable)
    before = number_in(request, "before")
    entries = page_of(
        filters.narrow(readable).for_reading(),
        order=filters.order,
        before=before,
        after=number_in(request, "after"),
        around=filters.around,
    )
    attach_messages(entries.rows)
    context = {"incident": incident, "room": room_of(request, incident), "entries": entries, "filters": filters}
    if request.htmx:
        return render(request, f"incidents/_{'timeline' if before is None else 'entries'}.html", context)
    return render(request, "incidents/timeline.html", context | {"offers": Offers(incident, readable, request)})


class TimelineFilters:
    """What the query string asks for. Around an entry there is no filter, so that it stands in its place."""

    def __init__(self, request, readable):
        asked = request.GET
        self.readable = readable
        self.around = number_in(request, "around")
        self.kind = asked.get("kind", "")
        self.function = asked.get("function", "")
        self.workstream = number_in(request, "workstream")
        self.audience = asked.get("audience", "")
        self.person = asked.get("person", "")
        self.words = asked.get("q", "").strip()[:200]
        self.by_time = asked.get("order") == "happened"
        self.system = asked.get("system", "") == "1" or self.around is not None

    @property
    def order(self):
        return AsItHappened(self.readable) if self.by_time and self.around is None else ByNumber("number")

    @property
    def narrows(self):
        """Whether lines are left out that a reader might expect; such a list does not grow by itself."""
        return any((self.kind, self.function, self.workstream, self.audience, self.person, self.words))

    @property
    def query(self):
        """The filters as the end of a query string that pages."""
        asked = {
            "kind": self.kind,
            "function": self.function,
            "workstream": self.workstream,
            "audience": self.audience,
            "person": self.person,
            "q": self.words,
            "order": "happened" if self.by_time else "",
            "system": "1" if self.system else "",
        }
        return "".join(f"&{urlencode({name: word})}" for name, word in asked.items() if word)

    def narrow(self, entries):
        if self.around is not None:
            return entries
        if self.kind:
            entries = entries.of_kinds(self.kind)
        elif not (self.system or self.words):
            entries = entries.without_system()
        if self.function:
            entries = entries.by_function(self.function)
        if self.workstream:
            entries = entries.in_workstream(self.workstream)
        if self.audience:
            entries = entries.about_audience(self.audience)
        if self.person:
            entries = entries.by_member(self.person)
        return entries.saying(self.words) if self.words else entries


class Offers:
    """What the filters offer: only what the reader may know of."""

    def __init__(self, incident, readable, request):
        self._incident = incident
        self._readable = readable
        self._member = request.membership

    @property
    def kinds(self):
        responds = self._member.is_responder
        return [kind for kind in kinds.all_kinds() if responds or kind.visibility == kinds.BRIEFING]

    @property
    def functions(self):
        return Function.objects.in_order()

    @property
    def workstreams(self):
        return self._incident.workstreams.visible_to(self._member).in_order()

    @property
    def audiences(self):
        return Audience

    @property
    def people(self):
        """Who did something that the reader may read."""
        acted = self._readable.exclude(actor=None).order_by().values("actor").distinct()
        return Membership.objects.with_people().filter(pk__in=acted).order_by("person__name", "person__email")
