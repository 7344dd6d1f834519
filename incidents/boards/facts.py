"""The facts of an incident as one viewer sees them: how long, for whom, what was promised, what comes first."""

from dataclasses import dataclass
from functools import cached_property

from playbooks.models import DecisionClass

from .. import authority
from ..models.business_events import EventOverlap
from ..models.commitments import OVER, CommitmentState
from ..models.estimates import EstimateState
from ..models.impacts import HELD, ImpactState

SHOWN = 6
HISTORY = 50


@dataclass(frozen=True)
class Act:
    """`place` is an address below the thing's own; one that `posts` is done by the button itself."""

    word: str
    place: str
    posts: bool = False


@dataclass(frozen=True)
class Row:
    """One line and what the viewer may do about it; `waits` for the viewer's own word."""

    fact: object
    acts: tuple = ()
    waits: bool = False


class FactBoard:
    """Each kind is read once, when it is first asked for."""

    def __init__(self, room):
        self.room = room

    # --- Rights ----------------------------------------------------------------------------------

    @property
    def _live(self):
        return self.room.responds and self.room.incident.is_open

    @property
    def may_add(self):
        return self._live

    @cached_property
    def prioritises(self):
        """Whether it is the viewer's to say what matters: product's, or theirs who stands in."""
        right = self.room.decisions.rights.to_decide(DecisionClass.PRIORITY)
        return self.room.responds and right.admits(self.room.viewer)

    @cached_property
    def promises(self):
        return self.room.responds and authority.may_promise(self.room.viewer, self.room)

    @property
    def may_state(self):
        """Say what it means for the business, or what comes back first."""
        return self._live and self.prioritises

    # --- How long --------------------------------------------------------------------------------

    @cached_property
    def estimates(self):
        if "estimates" not in self.room.filled:
            return []
        found = self.room.incident.estimates.visible_to(self.room.viewer).with_people().latest_first()
        return list(found[:HISTORY])

    @property
    def estimate(self):
        """The one that holds, or None."""
        return next((each for each in self.estimates if each.state == EstimateState.SET), None)

    @property
    def proposals(self):
        return [each for each in self.estimates if each.state == EstimateState.PROPOSED]

    @property
    def superseded(self):
        return [each for each in self.estimates if each.state == EstimateState.SUPERSEDED]

    @property
    def may_set(self):
        return self._live and self.room.coordinates

    # --- What does not work for whom ---------------------------------------------------------------

    @cached_property
    def _impacts(self):
        if "impacts" not in self.room.filled:
            return []
        found = self.room.incident.impacts.visible_to(self.room.viewer).with_people().in_order()
        return [self._impact_row(each) for each in found]

    @property
    def impacts(self):
        return [row for row in self._impacts if row.fact.is_held]

    @property
    def past_impacts(self):
        return [row for row in self._impacts if not row.fact.is_held]

    def _impact_row(self, impact):
        return Row(impact, tuple(self._acts_on_impact(impact)), self._asks(impact))

    def _asks(self, impact):
        return impact.state == ImpactState.PROPOSED and self._live and self.prioritises

    def _acts_on_impact(self, impact):
        if not (self._live and impact.state in HELD):
            return
        if self._asks(impact):
            yield Act("Confirm", "confirmation", posts=True)
        yield Act("It works again", "end", posts=True)
        if self.prioritises or impact.proposed_by_id == self.room.viewer.pk:
            yield Act("Withdraw", "withdrawal")

    # --- What it means ---------------------------------------------------------------------------

    @cached_property
    def business_impacts(self):
        """The statement that holds, and what was said before."""
        if "business_impacts" not in self.room.filled:
            return []
        return list(self.room.incident.business_impacts.with_people().latest_first()[:HISTORY])

    @property
    def business_impact(self):
        return next(iter(self.business_impacts), None)

    # --- What was promised -------------------------------------------------------------------------

    @cached_property
    def _commitments(self):
        if not self.room.responds or "commitments" not in self.room.filled:
            return []
        found = self.room.incident.commitments.with_people().soonest_first()
        return [self._commitment_row(each) for each in found]

    @property
    def commitments(self):
        return [row for row in self._commitments if row.fact.state not in OVER and not self._is_refused(row.fact)]

    @property
    def past_commitments(self):
        return [row for row in self._commitments if row.fact.state in OVER or self._is_refused(row.fact)]

    @staticmethod
    def _is_refused(commitment):
        return commitment.state == CommitmentState.REFUSED and not commitment.is_told

    def _commitment_row(self, commitment):
        return Row(commitment, tuple(self._acts_on_commitment(commitment)), self._judges(commitment))

    def _judges(self, commitment):
        may_judge = commitment.is_unconfirmed and self._live
        return may_judge and authority.may_vouch(self.room.viewer, self.room, commitment.domain)

    def _acts_on_commitment(self, commitment):
        if commitment.is_over:
            return
        own = self.room.viewer.pk in (commitment.owner_id, commitment.proposed_by_id)
        if self._judges(commitment):
            yield Act("It can be kept", "confirmation", posts=True)
            yield Act("It cannot", "refusal")
        if not (own or self.promises):
            return
        if commitment.is_told:
            yield Act("Kept", "keeping", posts=True)
            yield Act("Missed", "miss")
        elif commitment.state != CommitmentState.REFUSED and self._live:
            yield Act("It was told", "communication")
        yield Act("Take back" if commitment.is_told else "Withdraw", "withdrawal")

    # --- What comes back first -----------------------------------------------------------------------

    @cached_property
    def restoration_order(self):
        return self.room.incident.restoration_orders.current() if self.room.responds else None

    @property
    def may_object(self):
        order = self.restoration_order
        return bool(order and not order.objection and self._live and self.room.coordinates)

    # --- What it reaches into ----------------------------------------------------------------------

    @cached_property
    def overlaps(self):
        if not self.room.responds:
            return []
        found = EventOverlap.objects.filter(incident=self.room.incident, event__cancelled_at=None)
        return list(found.select_related("event", "task").order_by("event__starts_at", "pk"))

    # --- What the room shows -------------------------------------------------------------------------

    @property
    def shown_impacts(self):
        return self.impacts[:SHOWN]

    @property
    def shown_commitments(self):
        return self.commitments[:SHOWN]

    @property
    def folded(self):
        return max(len(self.impacts) - SHOWN, 0) + max(len(self.commitments) - SHOWN, 0)

    # --- What waits for the viewer ---------------------------------------------------------------------

    @property
    def waiting_for_viewer(self):
        """`(kind, primary key, sentence, moment, acts)`: the lead's estimate, a promise to judge, a line to confirm."""
        rows, incident = self.room.rows, self.room.incident.pk
        if self.may_set:
            for each in rows.estimates[incident]:
                who = each.proposed_by.name if each.proposed_by else "Muster"
                yield (
                    "estimate",
                    each.pk,
                    f"{who} proposes when it will be over",
                    None,
                    (Act("Let it hold", "acceptance", posts=True),),
                )
        for row in map(self._commitment_row, rows.commitments[incident]):
            if row.waits:
                commitment = row.fact
                sentence = f"Can {commitment.label} be kept? {commitment.text}, to {commitment.to_whom}"
                yield "commitment", commitment.pk, sentence, commitment.due_at, row.acts[:2]
        for row in map(self._impact_row, rows.impacts[incident]):
            if row.waits:
                impact = row.fact
                sentence = f"Is it so? {impact.label} {impact.what}: {impact.get_level_display()}, {impact.whom}"
                yield "impact", impact.pk, sentence, None, row.acts[:1]
