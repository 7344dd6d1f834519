"""Who was asked for by name, as one viewer sees it: what each waits for, and what they may do about it."""

from dataclasses import dataclass
from functools import cached_property

from ..models import ReinforcementRequest

SHOWN = 100


@dataclass(frozen=True)
class ReinforcementRow:
    request: ReinforcementRequest
    may_answer: bool
    may_withdraw: bool

    @property
    def workstream(self):
        """Where they are wanted, if the viewer may know of it."""
        return self.request.workstream if self.request.shown_workstream else None


class ReinforcementBoard:
    """Rows for one viewer, the newest first; three queries."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def rows(self):
        found = self.room.incident.reinforcements.for_reading(self.room.viewer).latest_first()[:SHOWN]
        return [self.row(request) for request in found]

    def row(self, request):
        live = self.room.responds and self.room.incident.is_open
        theirs = self.room.coordinates or request.requested_by_id == self.room.viewer.pk
        return ReinforcementRow(
            request=request,
            may_answer=live and request.is_unanswered and request.pk in self._managed,
            may_withdraw=live and request.is_waiting and theirs,
        )

    @property
    def may_ask(self):
        return self.room.responds and self.room.incident.is_open

    @cached_property
    def _managed(self):
        """Those about people for whom the viewer answers."""
        return set(self.room.incident.reinforcements.answered_by(self.room.viewer).values_list("pk", flat=True))
