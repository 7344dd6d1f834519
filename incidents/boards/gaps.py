"""The gap board: everything that is missing, each with whose it is and what they do next."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from playbooks.models import RoleExclusion

from ..guards import Facts, Gap, gaps_of
from ..guards.exclusivity import hands_on
from ..guards.roles import VACANCIES
from ..models.obligations import ObligationKind


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
        room, incident = self.room, self.room.incident
        return Facts(
            incident=incident,
            clocks=room.owed,
            roles=room.held,
            functions=room.activations,
            vacated_at=room.roles.vacated_at,
            waivers=self._waivers,
            streams=room.streams,
            tasks=room.tasks.open,
            findings=room.rows.raised_findings[incident.pk],
            questions=room.questions.overdue,
            decisions=self._decisions,
            commitments=self._commitments,
            exclusions=self._exclusions,
            hands_on=self._hands_on,
            active=room.crowd.at_work,
            conflicts=room.changes.conflicts,
            fixes=room.theories.under_way,
            domains=room.rows.domains[incident.pk],
            said=room.said,
            touchpoints=room.touchpoints.said,
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

    @property
    def _decisions(self):
        """Those that wait for a choice; each has a clock."""
        if not any(each.kind == ObligationKind.DECISION for each in self.room.owed):
            return []
        return [each for each in self.room.rows.decisions[self.room.incident.pk] if each.is_open]

    @property
    def _commitments(self):
        if "commitments" not in self.room.filled:
            return []
        return sorted(self.room.rows.commitments[self.room.incident.pk], key=lambda each: each.number)

    @property
    def _waivers(self):
        if "waivers" not in self.room.filled:
            return []
        return list(self.room.incident.waivers.visible_to(self.room.viewer).with_people())

    @property
    def _exclusions(self):
        """Rules that keep roles apart; with one hat on each head and no hands in it there is nothing to break."""
        heads = [each.membership_id for each in self.room.held]
        if len(set(heads)) == len(heads) and not self._hands_on:
            return []
        return list(RoleExclusion.objects.with_roles())

    @cached_property
    def _hands_on(self):
        return hands_on(self.room.streams, self.room.now)

    def _row(self, gap):
        owner = self.facts.owner_of(gap.owner_role)
        viewer = self.room.viewer
        return GapRow(gap, owner, owner.pk == viewer.pk if owner else viewer.is_administrator)
