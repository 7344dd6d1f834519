"""The findings of an incident, those that nobody has heard first."""

from functools import cached_property

SHOWN = 5


class FindingBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def all(self):
        """Every finding, the latest first."""
        return list(self.room.incident.findings.visible_to(self.room.viewer).with_people().latest_first())

    @property
    def waiting(self):
        """Those that the lead has not answered, the oldest first."""
        return [finding for finding in reversed(self.all) if finding.state == "raised"]

    @property
    def shown(self):
        """All that wait, and beside them the latest of the others."""
        settled = [finding for finding in self.all if finding.state != "raised"]
        return [*self.waiting, *settled[: max(0, SHOWN - len(self.waiting))]]

    @property
    def folded(self):
        return len(self.all) - len(self.shown)
