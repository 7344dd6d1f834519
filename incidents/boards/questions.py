"""The questions one viewer sees: the whole queue for who answers; one's own and what was answered to all, else."""

from functools import cached_property

from django.db.models import Prefetch

from .. import authority
from ..interruptions import Interruptions, by_addressee
from ..models import Ask, Briefing
from ..models.obligations import ObligationKind

SHOWN = 8


class QuestionBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def may_answer(self):
        return authority.may_answer(self.room.viewer, self.room)

    @cached_property
    def all(self):
        found = self.room.incident.questions.with_people().in_order()
        if not self.may_answer:
            return list(found.known_to(self.room.viewer))
        asks = Ask.objects.open_to(self.room.viewer).with_people().in_order()
        return list(found.prefetch_related(Prefetch("asks", asks, to_attr="asks_to_read")))

    @property
    def waiting(self):
        """Those without an answer, the longest waiting first."""
        return [question for question in self.all if question.is_waiting]

    @property
    def overdue(self):
        """Those whose asker was promised an answer by now."""
        clocks = [each for each in self.room.owed if each.kind == ObligationKind.QUESTION]
        late = [each.subject for each in clocks if each.due_at <= self.room.now]
        if not late:
            return []
        found = self.room.incident.questions.waiting().filter(pk__in=late)
        return list(found.with_people().in_order())

    @property
    def shown(self):
        """What waits; for an asker the own questions with their answers."""
        return self.waiting[:SHOWN] if self.may_answer else self.all[-SHOWN:]

    @property
    def folded(self):
        return len(self.all) - len(self.shown)

    # --- Briefings --------------------------------------------------------------------------------

    @property
    def for_briefing(self):
        """What the next briefing answers."""
        return [question for question in self.waiting if question.for_briefing]

    @cached_property
    def briefing_times(self):
        return Briefing.times_ahead(self.room.incident, self.room.owed)

    @cached_property
    def may_brief(self):
        room = self.room
        return room.incident.is_open and (room.coordinates or authority.may_brief(room.viewer, room))

    @cached_property
    def briefings(self):
        return list(self.room.incident.briefings.with_people().latest_first()[:SHOWN])

    # --- What they cost those who look for the cause --------------------------------------------------

    @cached_property
    def interruptions(self):
        return Interruptions.of(self.room.incident)

    @cached_property
    def asked_most(self):
        return by_addressee(self.room.incident)
