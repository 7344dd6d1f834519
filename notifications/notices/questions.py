"""Questions, and what is asked of one engineer for them: each in the words of its own reader."""

from incidents import kinds
from incidents.models import Ask, Question

from .words import Words, moment, named


def _question(headline, act):
    """Also where stakeholders read it: the words are their own, and those that were meant for them."""

    def words(entry, reader):
        question = Question.objects.with_people().get(pk=entry.details["question"])
        facts = named(
            ("Question", question.text),
            ("Asked by", _and_others(question.asker.name, entry.details.get("askers", ()))),
            ("Answer" if question.state == Question.State.ANSWERED else "No answer, because", question.answer),
            ("By", question.answered_by.name if question.answered_by else ""),
            ("Answer by", moment(question.answer_by, entry.incident.organization) if question.is_waiting else ""),
        )
        return Words(f"Question {question.label} {headline}", facts, act, gist=question.answer or question.text)

    return words


def _ask(headline, act):
    """What an engineer reads: the words put to them, and never those of the question."""

    def words(entry, reader):
        ask = Ask.objects.with_people().get(pk=entry.details["ask"])
        facts = named(
            ("Asked", ask.text),
            ("What for", ask.purpose),
            ("Asked by", ask.asked_by.name),
            ("Answer" if ask.state == Ask.State.ANSWERED else "No answer, because", ask.answer),
            ("Needed by", moment(ask.needed_by, entry.incident.organization) if ask.is_open else ""),
        )
        return Words(
            f"{ask.label} {headline.format(name=ask.addressee.name)}",
            facts,
            act,
            ask.answer or ask.text,
            f"asks/{ask.pk}/",
        )

    return words


def _and_others(name, askers):
    return f"{name} and {len(askers) - 1} more" if len(askers) > 1 else name


WORDS = {
    kinds.QUESTION_ASKED.name: _question("asked", "Answer it"),
    kinds.QUESTION_ANSWERED.name: _question("answered", "Open the incident"),
    kinds.QUESTION_DECLINED.name: _question("declined", "Open the incident"),
    kinds.QUESTION_WAITS.name: _question("waits for an answer", "Answer it"),
    kinds.ASK_PUT.name: _ask("for you", "Answer it"),
    kinds.ASK_ANSWERED.name: _ask("answered by {name}", "Read it"),
    kinds.ASK_WAITS.name: _ask("to {name} waits for an answer", "Answer it"),
}
