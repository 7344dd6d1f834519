"""The list of incidents: filters from the query string, the worst or the newest first, pages by cursor."""

import re
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Q

from playbooks.models import IncidentType, Severity

from .models import Incident, Status

PAGE = 30
OPEN = "open"
ALL = "all"
WORST = "worst"
NEWEST = "newest"
OVER = (Status.RESOLVED, Status.CLOSED, Status.DECLINED, Status.MERGED)
# What is offered; every single status is understood.
OFFERED = [(OPEN, "Open"), *[(status.value, status.label) for status in OVER], (ALL, "All")]
STATUSES = (OPEN, ALL, *Status.values)


class IncidentList:
    """What the query string asks for; what makes no sense in it is left aside."""

    def __init__(self, member, query):
        self.member = member
        self.query = query
        self.status = self._choice("status", STATUSES, OPEN)
        self.sort = self._choice("sort", (WORST, NEWEST), WORST if self.status == OPEN else NEWEST)
        self.drill = self._choice("drill", ("yes", "no"), "")
        self.words = query.get("q", "").strip()[:200]

    # --- What can be chosen ------------------------------------------------------------------------

    @cached_property
    def severities(self):
        return list(Severity.objects.worst_first())

    @cached_property
    def types(self):
        return list(IncidentType.objects.in_order())

    @property
    def chosen_severities(self):
        """Slugs; `severity=sev1,sev2` and `severity=sev1&severity=sev2` read the same."""
        return {slug for part in self.query.getlist("severity") for slug in part.split(",") if slug}

    @property
    def chosen_type(self):
        return self.query.get("type", "")

    @property
    def status_links(self):
        """`(label, address, is current)` for each status to look at, the other filters kept."""
        return [
            (label, self._address(status=status, after=None, sort=None), status == self.status)
            for status, label in OFFERED
        ]

    @property
    def sort_links(self):
        return [
            (label, self._address(sort=sort, after=None), sort == self.sort)
            for sort, label in ((WORST, "Worst first"), (NEWEST, "Newest first"))
        ]

    @property
    def narrows(self):
        """Whether anything beside the status leaves incidents out."""
        return bool(self.chosen_severities or self.chosen_type or self.drill or self.words)

    # --- What was found ----------------------------------------------------------------------------

    @property
    def rows(self):
        return self._page[:PAGE]

    @property
    def next_page(self):
        """The address of the page after this one, or None."""
        if len(self._page) <= PAGE:
            return None
        last = self.rows[-1]
        after = f"{last.severity.rank}-{last.number}" if self.sort == WORST else str(last.number)
        return self._address(after=after)

    @cached_property
    def is_new_here(self):
        """Whether the organisation has had no incident that the member may see."""
        return not Incident.objects.visible_to(self.member).exists()

    @cached_property
    def _page(self):
        found = self._after_cursor(self._narrowed(Incident.objects.visible_to(self.member).with_summary()))
        ordered = found.worst_first() if self.sort == WORST else found.latest_first()
        return list(ordered[: PAGE + 1])

    def _narrowed(self, incidents):
        if self.status == OPEN:
            incidents = incidents.open()
        elif self.status != ALL:
            incidents = incidents.filter(status=self.status)
        if self.chosen_severities:
            incidents = incidents.filter(severity__slug__in=self.chosen_severities)
        if self.chosen_type:
            incidents = incidents.filter(incident_type__slug=self.chosen_type)
        if self.drill:
            incidents = incidents.filter(drill=self.drill == "yes")
        if self.words:
            key = re.fullmatch(r"(?:INC-|#)?(\d{1,9})", self.words, re.IGNORECASE)
            matches = Q(title__icontains=self.words)
            incidents = incidents.filter(matches | Q(number=int(key[1])) if key else matches)
        return incidents

    def _after_cursor(self, incidents):
        cursor = self.query.get("after", "")
        if self.sort == WORST:
            place = re.fullmatch(r"(\d{1,9})-(\d{1,9})", cursor)
            if place:
                rank, number = map(int, place.groups())
                return incidents.filter(Q(severity__rank__gt=rank) | Q(severity__rank=rank, number__lt=number))
        elif re.fullmatch(r"\d{1,9}", cursor):
            return incidents.filter(number__lt=int(cursor))
        return incidents

    # --- Inside ------------------------------------------------------------------------------------

    def _choice(self, name, known, otherwise):
        word = self.query.get(name, "")
        return word if word in known else otherwise

    def _address(self, **changes):
        kept = {name: self.query.getlist(name) for name in self.query if name not in changes}
        given = {name: [value] for name, value in changes.items() if value is not None}
        return "?" + urlencode({**kept, **given}, doseq=True)
