"""Guards over questions: whoever asked gets an answer, or is told why there is none."""

from .gaps import Gap


class QuestionOverdue:
    """G18: somebody was promised an answer by now."""

    code = "question_overdue"

    def gaps(self, facts):
        for question in facts.questions:
            yield Gap(
                self.code,
                f"Question {question.label} of {question.asker.name} has not been answered.",
                question.answer_by,
                waivable=True,
                subject=question.label,
                owner_role=question.owner_role,
                step="Answer it, or say why not",
                place=f"questions/{question.pk}/",
            )
