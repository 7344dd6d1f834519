"""Decisions as one viewer sees them: what waits for whom, what was chosen by what right, and what they may do."""

from dataclasses import dataclass
from functools import cached_property

from ..models.decisions import STANDING, Decision, DecisionState
from ..rights import ANYBODY, Right, in_words

SHOWN = 30


@dataclass(frozen=True)
class DecisionCard:
    """`right` says who decides it now; None once it is decided and nobody is asked for a yes. Whoever reads along sees
    the card and does nothing with it."""

    decision: Decision
    right: Right | None
    viewer: object
    live: bool
    leads: bool
    works: bool

    @property
    def is_open(self):
        return self.live and self.decision.is_open

    @property
    def may_decide(self):
        return self.is_open and self.works and self.right.admits(self.viewer)

    @property
    def may_acknowledge(self):
        asked = self.may_decide and self.right.authority != ANYBODY
        return asked and not self.decision.acknowledged_at and self.decision.raised_by_id != self.viewer.pk

    @property
    def may_propose(self):
        return self.is_open and self.works and not self.may_decide

    @property
    def may_ratify(self):
        decision = self.decision
        waits = self.live and self.works and decision.interim and decision.state in STANDING
        return waits and self.right.is_held and self.right.admits(self.viewer)

    @property
    def may_finish(self):
        return self.live and self.works and self.decision.state == DecisionState.DECIDED

    @property
    def may_change(self):
        """Whether there is something that stands and can be replaced or taken back."""
        return self.live and self.works and self.decision.state in STANDING

    @property
    def may_postpone(self):
        """Put off, or withdraw."""
        concerns = self.may_decide or self.leads or self.decision.raised_by_id == self.viewer.pk
        return self.is_open and self.works and concerns

    @property
    def asked(self):
        """Who is asked, in words: a role with its holders, or whoever stands in."""
        right = self.right
        names = ", ".join(member.name for member in right.members)
        role = in_words(right.role)
        if right.is_held:
            return f"{role}, {names}"
        return f"{role}: nobody; {names or 'any responder'} decides instead"

    @property
    def decided_as(self):
        """By what right it was decided, in words."""
        decision = self.decision
        if decision.outside_authority:
            return "outside their authority"
        return f"{in_words(decision.authority_used)}, {decision.class_word.lower()} authority"


class DecisionBoard:
    """Cards for one viewer, what waits first."""

    def __init__(self, room):
        self.room = room

    @property
    def rights(self):
        return self.room.rights

    @property
    def readable(self):
        return self.room.incident.decisions.visible_to(self.room.viewer).for_reading()

    @cached_property
    def cards(self):
        return [self.card(decision) for decision in self.readable.waiting_first()[:SHOWN]]

    @property
    def waiting(self):
        return sum(1 for card in self.cards if card.decision.is_open)

    def card(self, decision):
        incident, viewer = self.room.incident, self.room.viewer
        decision.incident = incident
        asks = decision.is_open or decision.interim
        return DecisionCard(
            decision=decision,
            right=self.rights.to_decide(decision.decision_class, decision.domain) if asks else None,
            viewer=viewer,
            live=self.room.responds and incident.is_open,
            leads=self.leads if asks else False,
            works=self.room.works,
        )

    @cached_property
    def leads(self):
        return self.room.coordinates

    @cached_property
    def for_viewer(self):
        """Cards that wait for a choice or a yes of the viewer; for who leads, also what is late elsewhere."""
        waiting = map(self.card, self.room.rows.decisions[self.room.incident.pk])
        mine = [card for card in waiting if card.may_decide or card.may_ratify or self._is_late_for_lead(card)]
        return sorted(mine, key=lambda card: card.decision.needed_by)

    def _is_late_for_lead(self, card):
        return card.is_open and card.decision.needed_by <= self.room.now and self.leads
