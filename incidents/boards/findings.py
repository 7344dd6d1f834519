"""The findings of an incident, those that nobody has heard first."""

from functools import cached_property

from playbooks.models import IncidentRole

from ..models.findings import S
from ..models.obligations import ObligationKind

SHOWN = 5


class FindingBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def all(self):
        """Every finding, the latest first, each with what the viewer may do: it `hears`, `takes_up`, `replies`."""
        found = list(self.room.incident.findings.visible_to(self.room.viewer).for_reading().latest_first())
        for finding in found:
            finding.hears = self.may_hear(finding)
            finding.takes_up = self.room.synthesis.may_write and finding.state in (S.RAISED, S.ACKNOWLEDGED)
            finding.replies = finding.is_with_author and self.may_reply(finding)
        return found

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

    def may_hear(self, finding):
        """Whether the viewer answers it in the lead's place, or as the lead."""
        return self.room.coordinates or self.room.synthesis.stands_in(
            self._clocks.get(finding.pk), beside=finding.raised_by_id
        )

    def may_reply(self, finding):
        """Whether it is the viewer's to say more about it, or to correct it."""
        coordinates = any(
            each.role == IncidentRole.TECHNICAL_COORDINATOR
            and each.membership_id == self.room.viewer.pk
            and finding.domain_id in (None, each.domain_id)
            for each in self.room.held
        )
        return finding.raised_by_id == self.room.viewer.pk or coordinates or self.room.coordinates

    def acts_on(self, finding):
        """`(noun, words)` of what else may be done with one."""
        own = finding.raised_by_id == self.room.viewer.pk
        possible = (
            ("reply", "Reply", finding.is_with_author and self.may_reply(finding)),
            ("more", "Ask for more", finding.may_become(S.MORE_ASKED) and self.may_hear(finding)),
            ("challenge", "Challenge", finding.may_become(S.CHALLENGED) and not own),
            ("correction", "Correct", finding.may_become(S.CORRECTED) and self.may_reply(finding)),
            ("dismissal", "Set aside", finding.may_become(S.SET_ASIDE)),
        )
        return [(noun, words) for noun, words, may in possible if may]

    @cached_property
    def _clocks(self):
        return {each.subject: each for each in self.room.owed if each.kind == ObligationKind.FINDING}
