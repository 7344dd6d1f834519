"""What is said, by kind of entry: every subject's table, put together."""

from ..subjects import together
from . import (
    changes,
    clocks,
    decisions,
    facts,
    findings,
    incident,
    people,
    questions,
    roles,
    streams,
    support,
    synthesis,
    tasks,
    updates,
)

WORDS = together(
    changes.WORDS,
    clocks.WORDS,
    decisions.WORDS,
    facts.WORDS,
    findings.WORDS,
    incident.WORDS,
    people.WORDS,
    questions.WORDS,
    roles.WORDS,
    streams.WORDS,
    support.WORDS,
    synthesis.WORDS,
    tasks.WORDS,
    updates.WORDS,
)
TOLD_KINDS = frozenset(WORDS)
