"""What numbers of reports say: where they go, whether they are more than usual, who knew first, what they are about.

Arithmetic on what was counted, without a query and without a clock of its own; documented in `docs/support.md`.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

# What counts as now, and the day before it that says what is usual.
WINDOW = timedelta(minutes=15)
BASELINE = timedelta(hours=24)
WINDOWS = BASELINE // WINDOW
# Fewer customers than this are no spike, however quiet it was before.
FEWEST = 5
# So many standard deviations above the mean are more than chance, where customers write independently of each other.
DEVIATIONS = 3

RISING, FALLING, STEADY, QUIET = "rising", "falling", "steady", "quiet"

# An update to customers that is nearer than this need not be brought forward.
SOON = timedelta(minutes=10)

WORD = re.compile(r"[^\W_]+")
SHORTEST_WORD = 4
# Words that say nothing about what is broken.
COMMON = frozenset(
    {
        "about", "after", "also", "could", "customer", "customers", "does", "error", "errors", "fail", "failed",
        "failing", "fails", "from", "have", "into", "know", "only", "should", "some", "still", "tell", "than", "that",
        "their", "them", "then", "there", "they", "this", "very", "were", "what", "when", "where", "which", "will",
        "with", "would", "your",
    }
)  # fmt: skip
SHARED_WORDS = 2
# Two texts of any length share some words; those that ask the same share this much of the shorter one.
ALIKE = 1 / 3


def usual(counted):
    """How many customers write in a window of time, from how many wrote in the day before it."""
    return counted / WINDOWS


def threshold(mean):
    """The smallest number of customers in one window that is a spike where `mean` are usual."""
    return max(FEWEST, math.ceil(mean + DEVIATIONS * math.sqrt(mean)))


def is_spike(recent, counted):
    """Whether `recent` customers in the last window are more than chance, after `counted` in the day before it."""
    return recent >= threshold(usual(counted))


def direction(recent, before):
    """Where it goes, from the customers of the last window and those of the one before; a fifth is no change."""
    if not recent and not before:
        return QUIET
    if recent * 5 > before * 6:
        return RISING
    return FALLING if recent * 6 < before * 5 else STEADY


@dataclass(frozen=True)
class LeadTime:
    """Who knew first. `minutes` from the first report to the first other sign; negative where that came first."""

    first_report_at: datetime
    first_alert_at: datetime | None
    declared_at: datetime

    @property
    def other_sign_at(self):
        """The first alert; the declaration where there was none."""
        return self.first_alert_at or self.declared_at

    @property
    def minutes(self):
        return math.trunc((self.other_sign_at - self.first_report_at).total_seconds() / 60)

    @property
    def sentence(self):
        sign = "the first alert" if self.first_alert_at else "the declaration"
        ahead = "before" if self.first_report_at <= self.other_sign_at else "after"
        return f"First report {abs(self.minutes)} min {ahead} {sign}"


def suggestion(where_to, customers_due_at, now):
    """What to do about the clock of the customers, in a sentence; empty where it is fine as it is."""
    if where_to == RISING and customers_due_at is not None and customers_due_at - now > SOON:
        return "More customers write than before: bring the update for them forward."
    return ""


def words_in(text):
    """The words that say what something is about."""
    return {word for word in WORD.findall(text.casefold()) if len(word) >= SHORTEST_WORD and word not in COMMON}


def are_alike(statement, component, title, service):
    """Whether a theory and a symptom may be about the same: one service, or enough words in common."""
    if component is not None and component == service:
        return True
    return len(words_in(statement) & words_in(title)) >= SHARED_WORDS


def likeness(text, other):
    """How much of what the shorter text says the other one says too, up to 1; 0 where it may as well be chance."""
    mine, theirs = words_in(text), words_in(other)
    shared, shorter = len(mine & theirs), min(len(mine), len(theirs))
    if not shorter or shared < min(SHARED_WORDS, shorter):
        return 0
    share = shared / shorter
    return share if share >= ALIKE else 0
