"""The board of workstreams: whose each is, how it goes, what it waits for, and who meets when."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from ..models import SyncPoint, WorkstreamDependency
from ..models.workstreams import WorkstreamState


@dataclass(frozen=True)
class Line:
    """`waits_for` and `holds_up` are dependencies of which the viewer may know both ends."""

    stream: object
    waits_for: list
    holds_up: list
    is_late: bool


class LineBoard:
    """What is restricted and not open to the viewer is in none of it."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def dependencies(self):
        if "dependencies" not in self.room.filled:
            return []
        streams = {stream.pk: stream for stream in self.room.streams}
        live = WorkstreamDependency.objects.live().visible_to(self.room.viewer)
        found = list(live.filter(waiting__in=streams).order_by("pk"))
        for each in found:
            each.waiting, each.blocking = streams[each.waiting_id], streams[each.blocking_id]
        return found

    @cached_property
    def rows(self):
        return [self._row(stream) for stream in self.room.streams if not stream.is_general]

    @cached_property
    def sync_points(self):
        """Those that are planned, the next one first."""
        if "sync_points" not in self.room.filled:
            return []
        found = SyncPoint.objects.planned().filter(incident=self.room.incident).visible_to(self.room.viewer)
        return list(found.with_people().in_order())

    @property
    def suggested(self):
        """Workstreams whose people should meet: one holds the other up, and no meeting is planned. For the lead."""
        if not (self.room.coordinates and self.room.incident.is_open):
            return []
        planned = {stream.pk for sync in self.sync_points for stream in sync.streams.all()}
        apart = {}
        for each in self.dependencies:
            if not {each.waiting_id, each.blocking_id} <= planned:
                apart |= {each.waiting_id: each.waiting, each.blocking_id: each.blocking}
        return list(apart.values())

    @cached_property
    def colliding(self):
        """Changes of several people in each other's way, while none of their meetings is planned. For the lead.

        What belongs to a restricted workstream is not talked over with everybody.
        """
        if not (self.room.coordinates and self.room.incident.is_open):
            return []
        live = {row.change.pk: row.change for row in self.room.changes.live}
        met = [{member.pk for member in sync.attendees.all()} for sync in self.sync_points]
        found = {}
        for pair in {pair.pk: pair for change in live.values() for pair in change.open_conflicts}.values():
            sides = [live[pk] for pk in (pair.earlier_id, pair.later_id) if pk in live]
            owners = {change.owner_id for change in sides}
            apart = not any(change.is_restricted for change in sides) and not any(owners <= asked for asked in met)
            if len(owners) > 1 and apart:
                found |= {change.pk: change for change in sides}
        return [found[pk] for pk in sorted(found)]

    @property
    def colliding_query(self):
        """What the form that calls them together begins with."""
        streams = {change.workstream_id for change in self.colliding if change.workstream_id}
        people = {change.owner_id for change in self.colliding}
        return urlencode({"streams": sorted(streams), "attendees": sorted(people)}, doseq=True)

    @property
    def is_empty(self):
        return not (self.rows or self.sync_points or self.colliding)

    def _row(self, stream):
        late = stream.next_word_at is not None and stream.next_word_at <= self.room.now
        return Line(
            stream=stream,
            waits_for=[each for each in self.dependencies if each.waiting_id == stream.pk],
            holds_up=[each for each in self.dependencies if each.blocking_id == stream.pk],
            is_late=late
            and stream.state != WorkstreamState.DONE
            and (stream.last_word_at is None or stream.last_word_at < stream.next_word_at),
        )
