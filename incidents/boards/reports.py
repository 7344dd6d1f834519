"""What customers see, for one viewer of the room: symptoms with their numbers, what agents may say, who knew first."""

from functools import cached_property

from playbooks.models import Audience, IncidentRole

from .. import authority, listening
from ..models.obligations import ObligationKind
from ..models.symptoms import NEW_FOR
from ..tally import SEGMENTS, Tally

SHOWN = 8


class ReportBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def tally(self):
        return Tally(self.room.incident, self.room.now, any_there="reports" in self.room.filled)

    @property
    def total(self):
        return self.tally.total

    @property
    def lead_time(self):
        return self.tally.lead_time

    @cached_property
    def symptoms(self):
        """Every symptom with its numbers; a new one is marked for a while."""
        for each in self.tally.symptoms:
            each.is_new = each.named_at > self.room.now - NEW_FOR
            each.named_segments = each.counted.segments[:SEGMENTS]
        return self.tally.symptoms

    @property
    def shown(self):
        return self.symptoms[:SHOWN]

    @property
    def folded(self):
        return len(self.symptoms) - len(self.shown)

    @cached_property
    def brief(self):
        """What agents may say, or None."""
        if "support_briefs" not in self.room.filled:
            return None
        return self.room.incident.support_briefs.for_reading().latest_first().first()

    @cached_property
    def digest(self):
        """What the liaison told the room last, or None."""
        return self.room.incident.digests.for_reading().latest_first().first() if self.total.reports else None

    @cached_property
    def spike(self):
        """The proposal that nobody has answered, or None."""
        proposed = self.room.rows.spikes[self.room.incident.pk] if self.room.incident.is_open else ()
        return next(iter(proposed), None)

    @property
    def suggestion(self):
        """What the numbers say about the clock of the customers."""
        if self.total.direction != listening.RISING:
            return ""
        due = [
            each.due_at
            for each in self.room.owed
            if each.kind == ObligationKind.UPDATE and each.audience == Audience.CUSTOMERS
        ]
        return listening.suggestion(self.total.direction, min(due, default=None), self.room.now)

    @property
    def may_report(self):
        return self.room.incident.is_open or self.room.incident.status == "resolved"

    @cached_property
    def may_sort(self):
        """Whether the viewer sorts the reports, as the verbs ask again."""
        if not (self.may_report and self.room.responds):
            return False
        if IncidentRole.SUPPORT_LIAISON in self.room.own_roles:
            return True
        return self.room.coordinates or IncidentRole.SUPPORT_LIAISON not in self.room.holders

    @cached_property
    def may_brief(self):
        """Whether the viewer writes what agents say."""
        if not (self.may_report and self.room.responds):
            return False
        answering = set(authority.ANSWERING)
        unanswered = not answering & self.room.holders.keys()
        return unanswered or bool(answering & self.room.own_roles) or self.room.viewer.is_administrator
