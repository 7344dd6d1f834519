"""The tasks of an incident, by phase and in their places, each with whose it is."""

from dataclasses import dataclass
from functools import cached_property

from ..models.tasks import TaskPhase

SHOWN = 9


@dataclass(frozen=True)
class TaskRow:
    """`is_next`: the pointer stands at it. `may_change`: whoever works on the incident, and whose it is."""

    task: object
    owner: object
    is_viewers: bool
    is_next: bool
    may_change: bool


@dataclass(frozen=True)
class Phase:
    """`shown` are at most nine rows around the first open one; the page of all tasks has the other `folded` ones."""

    label: str
    rows: list

    @property
    def shown(self):
        opened = next((place for place, row in enumerate(self.rows) if row.task.is_open), 0)
        start = max(0, min(opened - SHOWN // 2, len(self.rows) - SHOWN)) if opened >= SHOWN else 0
        return self.rows[start : start + SHOWN]

    @property
    def folded(self):
        return len(self.rows) - len(self.shown)


class TaskBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def rows(self):
        tasks = list(self.room.incident.tasks.visible_to(self.room.viewer).with_people().in_order())
        upcoming = next((task for task in tasks if task.is_open), None)
        return [self._row(task, task.owner_among(self.room.held), task is upcoming) for task in tasks]

    @property
    def phases(self):
        """What is for now, then what is for later; a phase without tasks is left out."""
        phases = (Phase(each.label, [row for row in self.rows if row.task.phase == each]) for each in TaskPhase)
        return [phase for phase in phases if phase.rows]

    @property
    def open(self):
        return [row.task for row in self.rows if row.task.is_open]

    @property
    def done(self):
        """How many need nobody any more."""
        return sum(1 for row in self.rows if not row.task.is_open)

    def _row(self, task, owner, is_next):
        own = owner is not None and owner.pk == self.room.viewer.pk
        return TaskRow(task, owner, own, is_next, may_change=self.room.works or (own and self.room.responds))
