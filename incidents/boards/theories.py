"""Theories and fixes: what may still be the cause and what is being tried first, what is settled folded away."""

from functools import cached_property

from ..listening import are_alike
from ..models.hypotheses import FixState, HypothesisState

SHOWN = 200


class TheoryBoard:
    """Rows for one viewer, in the order in which they came up."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def hypotheses(self):
        if "hypotheses" not in self.room.filled:
            return []
        found = list(self.room.incident.hypotheses.visible_to(self.room.viewer).for_reading().in_order()[:SHOWN])
        symptoms = self.room.reports.tally.symptoms if any(each.is_undecided for each in found) else ()
        for each in found:
            each.symptoms = symptoms_like(each, symptoms) if each.is_undecided else ()
        return found

    @cached_property
    def fixes(self):
        if "fix_attempts" not in self.room.filled:
            return []
        return list(self.room.incident.fix_attempts.visible_to(self.room.viewer).for_reading().in_order()[:SHOWN])

    @property
    def may_propose(self):
        return self.room.responds and self.room.incident.is_open

    @property
    def standing(self):
        """What is undecided, and before it what was found to be the cause."""
        found = [each for each in self.hypotheses if each.state == HypothesisState.CONFIRMED]
        return [*found, *(each for each in self.hypotheses if each.is_undecided)]

    @property
    def ruled_out(self):
        return [each for each in self.hypotheses if each.state == HypothesisState.RULED_OUT]

    @property
    def tried(self):
        """What is under way, and what worked."""
        return [each for each in self.fixes if each.state in (FixState.STARTED, FixState.WORKED)]

    @property
    def under_way(self):
        return [each for each in self.fixes if each.state == FixState.STARTED]

    @property
    def failed(self):
        return [each for each in self.fixes if each not in self.tried]

    @property
    def fold(self):
        """Names what is folded away, so that a fold stays open until something else is in it."""
        folded = [*self.ruled_out, *self.failed]
        return "-".join(each.key.lower() for each in folded)


def symptoms_like(hypothesis, symptoms):
    """What customers see that may come from what is suspected: a hint, and nothing more."""
    return [
        each for each in symptoms if are_alike(hypothesis.statement, hypothesis.component, each.title, each.service)
    ]
