"""The gap board: everything that is missing, each with whose it is and what they do next."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from ..guards import Facts, Gap, gaps_of
from ..guards.roles import VACANCIES


@dataclass(frozen=True)
class GapRow:
    """`owner` is the membership that sees to it; None where nobody is left but the administrators."""

    gap: Gap
    owner: object
    is_viewers: bool

    @property
    def anchor(self):
        """A name for the row's controls that stays the same from one reading to the next."""
        return f"{self.gap.code}-{self.gap.subject}".strip("-").replace("_", "-")


class GapBoard:
    """Rows for one viewer, the longest waiting first, and the rules that somebody lifted."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def facts(self):
        room = self.room
        return Facts.of(
            room.incident,
            viewer=room.viewer,
            clocks=room.owed,
            roles=room.held,
            functions=room.activations,
            streams=room.streams,
            active=room.crowd.at_work,
            now=room.now,
        )

    @cached_property
    def rows(self):
        return [self._row(gap) for gap in gaps_of(self.facts)]

    @property
    def beside_roles(self):
        """What the room lists under Gaps: vacant roles stand among the roles there, each with its own button."""
        return [row for row in self.rows if row.gap.code not in VACANCIES]

    @property
    def fingerprint(self):
        """A name for the list as it is: a reader's open list stays open until something in it changes."""
        listed = ";".join(f"{row.anchor} {row.is_viewers}" for row in self.beside_roles)
        return hashlib.sha256(listed.encode()).hexdigest()[:12]

    @property
    def waivers(self):
        """What was settled by a reason, in the order in which it was."""
        return sorted(self.facts.waivers, key=lambda waiver: waiver.granted_at)

    def _row(self, gap):
        owner = self.facts.owner_of(gap.owner_role)
        viewer = self.room.viewer
        return GapRow(gap, owner, owner.pk == viewer.pk if owner else viewer.is_administrator)
