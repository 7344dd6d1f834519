"""The briefing page: what happens, what it means, what is done about it, and what is asked of the reader.

Nothing here is said by who looks for the cause: only what was published to leadership and to customers, how far it
has come, and decisions that wait for the reader's own yes.
"""

import hashlib
from datetime import timedelta
from functools import cached_property

from playbooks.models import Audience, IncidentRole

from ..models import Question, UpdateRead
from ..models.obligations import ObligationKind
from ..models.updates import OUTER_AUDIENCES

EARLIER = 10
OWN_QUESTIONS = 10
# So long after the time that leadership was promised, the page says itself that word is late.
LATE = timedelta(minutes=15)
ANSWERING = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD)


class Brief:
    """For one viewer, in a constant number of queries; `room` is the incident as they see it."""

    def __init__(self, room):
        self.room = room
        self.incident = room.incident

    # --- What is happening, and what it means ----------------------------------------------------------

    @cached_property
    def told(self):
        """The newest updates to leadership and to customers that hold and have left, the latest first."""
        outer = self.incident.updates.that_left(self.room.now).filter(audience__in=OUTER_AUDIENCES)
        outer = outer.with_people().latest_first()
        return list(outer[: 2 * EARLIER])

    @property
    def leadership(self):
        """The latest update to leadership, or None."""
        return self._latest(Audience.LEADERSHIP)

    @property
    def customers(self):
        """What customers were told last, or None."""
        return self._latest(Audience.CUSTOMERS)

    @property
    def earlier(self):
        """What leadership was told before, the latest first."""
        return [each for each in self.told if each.audience == Audience.LEADERSHIP][1 : EARLIER + 1]

    # --- What is done, and when there is more -----------------------------------------------------------

    @property
    def next_update_at(self):
        """When leadership was promised more, or None."""
        clocks = (each for each in self.room.owed if each.kind == ObligationKind.UPDATE)
        return next((each.due_at for each in clocks if each.audience == Audience.LEADERSHIP), None)

    @property
    def is_due(self):
        """The time has come; it is not late yet, or it is."""
        return self.next_update_at is not None and self.next_update_at <= self.room.now

    @property
    def is_late(self):
        return self.is_due and self.next_update_at + LATE <= self.room.now

    @property
    def next_briefing_at(self):
        return next(iter(self.room.questions.briefing_times), None)

    # --- What the reader has seen ---------------------------------------------------------------------------

    @cached_property
    def read_at(self):
        """When the reader said that they have read the latest update to leadership, or None."""
        if self.leadership is None:
            return None
        own = UpdateRead.objects.filter(update=self.leadership, membership=self.room.viewer)
        return own.values_list("at", flat=True).first()

    @property
    def mark(self):
        """Changes whenever the page would say something else; the passing of time alone is no news."""
        shown = (
            self.incident.status, self.incident.severity_id, self.incident.title, str(self.room.lead),
            *(each.pk for each in self.told),
            self.next_update_at, self.next_briefing_at, self.is_due, self.is_late, self.read_at,
            *((card.decision.pk, card.decision.state, card.may_decide, card.may_ratify) for card in self.decisions),
            *((each.pk, each.state, each.said_answer) for each in self.questions),
        )  # fmt: skip
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    # --- What is asked of the reader, and what the reader asks --------------------------------------------

    @cached_property
    def decisions(self):
        """Cards of what waits for the reader's own decision; none for who reads only."""
        return [card for card in self.room.decisions.for_viewer if card.may_decide or card.may_ratify]

    @cached_property
    def questions(self):
        """The reader's own, and what was answered to everybody, the latest first."""
        found = Question.objects.filter(incident=self.incident).known_to(self.room.viewer).with_people()
        return list(found.order_by("-number")[:OWN_QUESTIONS])

    @property
    def answers(self):
        """The name of who answers questions, or an empty string."""
        worn = (self.room.holders.get(role) for role in ANSWERING)
        return next((each.membership.name for each in worn if each), "")

    def _latest(self, audience):
        return next((each for each in self.told if each.audience == audience), None)
