"""What waits for one member in all that is open: the bar, the title, the home page and programs count from here."""

from functools import cached_property

from . import authority
from .models import Incident
from .room import IncidentRoom
from .rows import Rows


class Waiting:
    """The needs of every open incident that the member may see, as its room says; the rows of all are read together.

    `looked_at` is an incident that the caller has found already: its room shares the `rows`.
    """

    def __init__(self, member, *, looked_at=None):
        self.member = member
        self.looked_at = looked_at

    @cached_property
    def incidents(self):
        """The one that is looked at, then the open ones, the worst first."""
        looked_at = [self.looked_at] if self.looked_at else []
        if not authority.may_respond(self.member):
            return looked_at
        others = Incident.objects.visible_to(self.member).open().exclude(pk__in=[each.pk for each in looked_at])
        return [*looked_at, *others.select_related("organization", "severity").worst_first()]

    @cached_property
    def rows(self):
        return Rows(self.incidents, self.member)

    @cached_property
    def by_incident(self):
        """`(incident, its needs)` of those where something waits."""
        rooms = [IncidentRoom(each, self.member, rows=self.rows) for each in self.incidents]
        return [(room.incident, room.needs) for room in rooms if room.needs]

    @property
    def count(self):
        return sum(len(needs) for _, needs in self.by_incident)
