"""The communications desk: for each audience when it is due, what is being written, and on what."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from playbooks.models import Audience, HoldingText

from ..models.obligations import ObligationKind


@dataclass(frozen=True)
class DeskRow:
    """One audience. `newer` is the version of what we know that came after the draft; `held` an update that can still
    be taken back; `may_hold` whether the holding text can be said now."""

    audience: Audience
    due_at: datetime | None
    draft: object
    last: object
    newer: int | None
    may_hold: bool

    @property
    def held(self):
        return self.last if self.last and self.last.is_held else None

    @property
    def state(self):
        """The state of the draft in a word or two."""
        if self.draft is None:
            return "no draft"
        if self.draft.confirmed_at:
            return f"confirmed by {self.draft.confirmed_by.name}"
        return "waits to be confirmed" if self.draft.proposed_at else "being written"


class DraftBoard:
    """Read in a constant number of queries."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def rows(self):
        incident = self.room.incident
        drafts = {each.audience: each for each in incident.drafts.open().with_people()}
        due = {each.audience: each.due_at for each in self.room.owed if each.kind == ObligationKind.UPDATE}
        said = {each.audience: each for each in self.room.said}
        texts = HoldingText.objects.filter(severity=incident.severity_id).exclude(text="")
        ready = set(texts.values_list("audience", flat=True)) if incident.is_open else set()
        return [
            DeskRow(
                audience,
                due.get(audience),
                drafts.get(audience),
                said.get(audience),
                self._newer_than(drafts.get(audience)),
                may_hold=audience in ready and audience not in said,
            )
            for audience in Audience
        ]

    @property
    def at_hand(self):
        """The audiences for whom something is begun, can still be taken back, or is ready to be said."""
        return [row for row in self.rows if row.draft or row.held or row.may_hold]

    def _newer_than(self, draft):
        known = self.room.synthesis.current if draft else None
        return known.version if known and draft.synthesis_id != known.pk else None
