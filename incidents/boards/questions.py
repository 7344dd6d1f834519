"""The questions one viewer sees: the whole queue for who answers, one's own for everybody else."""

from functools import cached_property

from .. import authority

SHOWN = 8


class QuestionBoard:
    def __init__(self, room):
        self.room = room

    @cached_property
    def may_answer(self):
        return authority.may_answer(self.room.viewer, self.room.incident)

    @cached_property
    def all(self):
        found = self.room.incident.questions.with_people().in_order()
        return list(found if self.may_answer else found.filter(asker=self.room.viewer))

    @property
    def waiting(self):
        """Those without an answer, the longest waiting first."""
        return [question for question in self.all if question.is_new]

    @property
    def shown(self):
        """What waits; for an asker the own questions with their answers."""
        return self.waiting[:SHOWN] if self.may_answer else self.all[-SHOWN:]

    @property
    def folded(self):
        return len(self.all) - len(self.shown)
