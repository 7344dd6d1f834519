"""Who is called, by kind of entry: every subject's table, put together."""

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

CALLS = together(
    changes.CALLS,
    clocks.CALLS,
    decisions.CALLS,
    facts.CALLS,
    findings.CALLS,
    incident.CALLS,
    people.CALLS,
    questions.CALLS,
    roles.CALLS,
    streams.CALLS,
    support.CALLS,
    synthesis.CALLS,
    tasks.CALLS,
    updates.CALLS,
)
