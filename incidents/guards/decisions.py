"""Guards over decisions. G15, deciding what is not one's own, is a breach that `Decision.decide` refuses."""

from ..models.obligations import ObligationKind
from .gaps import Gap


class DecisionOverdue:
    """G16: somebody needed a decision by now. Nothing is decided by itself; waiting has a cost, and it is said."""

    code = "decision_overdue"

    def gaps(self, facts):
        waiting = {decision.pk: decision for decision in facts.decisions}
        for clock in facts.clocks:
            decision = waiting.get(clock.subject) if clock.kind == ObligationKind.DECISION else None
            if decision and clock.due_at <= facts.now:
                cost = f" Waiting costs: {decision.cost_of_waiting}" if decision.cost_of_waiting else ""
                yield Gap(
                    self.code,
                    f"{decision.name} “{decision.subject}” is not decided.{cost}",
                    clock.due_at,
                    waivable=True,
                    subject=decision.name,
                    owner_role=decision.asked_of,
                    step="Decide, or say why it can wait",
                    place=f"decisions/{decision.number}/",
                    workstream=decision.workstream_id,
                )
