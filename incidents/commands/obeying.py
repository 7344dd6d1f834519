"""Doing what a line says, once."""

from django.db import IntegrityError, transaction

from ..models import ObeyedCommand, TimelineEntry
from .outcomes import Unclear
from .table import COMMANDS


def obey(line, asked):
    """The entry that the command made, the `Opening` or the `Help` it comes to; `Refused` where it comes to nothing.

    The same `key` again is the same act, and returns its entry.
    """
    command = COMMANDS.get(line.word)
    if command is None:
        raise Unclear(
            f"There is no command /{line.word[:40]}. /help lists them. To send it as a message, begin with two slashes."
        )
    if not asked.key:
        return command.run(asked)
    try:
        return ObeyedCommand.entry_of(asked) or _first_time(command, asked)
    except IntegrityError:
        # The same line arrived twice at once, and the other one was faster.
        entry = ObeyedCommand.entry_of(asked)
        if entry is None:
            raise
        return entry


def in_words(refused):
    """The sentence of a refusal; with how to act all the same, where a reason allows it."""
    if refused.waivable:
        return f"{refused.sentence} End the line with: anyway because …"
    return refused.sentence


@transaction.atomic
def _first_time(command, asked):
    obeyed = ObeyedCommand.claim(asked)
    outcome = command.run(asked)
    if isinstance(outcome, TimelineEntry):
        obeyed.keep(outcome)
    else:
        obeyed.delete()
    return outcome
