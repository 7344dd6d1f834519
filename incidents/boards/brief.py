"""The briefing page: what happens, what it means, what is done about it, and what is asked of the reader.

Nothing here is said by who looks for the cause: only what was published to leadership and to customers, how far it
has come, and decisions that wait for the reader's own yes.
"""

from functools import cached_property

from playbooks.models import Audience, IncidentRole

from ..models import Question
from ..models.obligations import ObligationKind
from ..models.updates import OUTER_AUDIENCES

EARLIER = 10
OWN_QUESTIONS = 10
ANSWERING = (IncidentRole.COMMUNICATIONS_LEAD, IncidentRole.LEAD)


class Brief:
    """For one viewer, in a constant number of queries; `room` is the incident as they see it."""

    def __init__(self, room):
        self.room = room
        self.incident = room.incident

    # --- What is happening, and what it means ----------------------------------------------------------

    @cached_property
    def told(self):
        """The newest updates to leadership and to customers, the latest first."""
        outer = self.incident.updates.filter(audience__in=OUTER_AUDIENCES).with_people().latest_first()
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
    def is_late(self):
        return self.next_update_at is not None and self.next_update_at <= self.room.now

    @property
    def next_briefing_at(self):
        return next(iter(self.room.questions.briefing_times), None)

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
