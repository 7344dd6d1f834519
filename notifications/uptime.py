"""How well a part worked, day by day: pure arithmetic over the intervals that somebody stated.

Where intervals overlap the worst counts. Time in which a part does not work counts in full, in which it works partly
with three tenths; slower than usual is told, and not counted. Sums are whole microseconds: nothing is lost by rounding.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from .models.public_incidents import ImpactLevel

DAYS = 90
MICROSECOND = timedelta(microseconds=1)
# Tenths of the time that is lost.
WEIGHTS = {ImpactLevel.DEGRADED: 0, ImpactLevel.PARTIAL: 3, ImpactLevel.MAJOR: 10}
WORST_FIRST = tuple(reversed(ImpactLevel))


@dataclass(frozen=True)
class Span:
    """A part was impaired from `began_at` on; without `ended_at` it still is."""

    began_at: datetime
    ended_at: datetime | None
    level: str


@dataclass(frozen=True)
class Day:
    """One day as far as it is known: `length` and `impaired` (`{level: timedelta}`, worst first) are parts of it."""

    date: date
    length: timedelta
    impaired: dict

    @property
    def worst(self):
        """The worst level of the day, or an empty string."""
        return next(iter(self.impaired), "")

    @property
    def is_known(self):
        return self.length > timedelta()


def days_of(spans, *, now, since, zone, count=DAYS):
    """The last `count` days in a time zone, the oldest first; nothing is known before `since` and after `now`."""
    pieces = disjoint(spans, now)
    today = now.astimezone(zone).date()
    return [_day(pieces, today - timedelta(days=back), now, since, zone) for back in reversed(range(count))]


def uptime(days):
    """The share of the known time in which it worked, in hundredths of a per cent, rounded down; None for no time."""
    length = sum(day.length // MICROSECOND for day in days)
    if not length:
        return None
    lost = sum(WEIGHTS[level] * (spent // MICROSECOND) for day in days for level, spent in day.impaired.items())
    return (10 * length - lost) * 1000 // length


def disjoint(spans, now):
    """`[(from, to, level)]` without overlaps, in order: at every moment the worst of what was stated."""
    closed = [(_utc(each.began_at), _utc(each.ended_at or now), ImpactLevel(each.level)) for each in spans]
    closed = [(start, min(end, _utc(now)), level) for start, end, level in closed]
    edges = sorted({edge for start, end, _ in closed if start < end for edge in (start, end)})
    pieces = []
    for start, end in pairwise(edges):
        levels = {level for begun, ended, level in closed if begun <= start and end <= ended}
        if levels:
            pieces.append((start, end, next(level for level in WORST_FIRST if level in levels)))
    return pieces


def _day(pieces, day, now, since, zone):
    begin = max(_midnight(day, zone), _utc(since))
    end = min(_midnight(day + timedelta(days=1), zone), _utc(now))
    spent = dict.fromkeys(WORST_FIRST, timedelta())
    for start, stop, level in pieces:
        spent[level] += max(min(stop, end) - max(start, begin), timedelta())
    impaired = {level: time for level, time in spent.items() if time}
    return Day(day, max(end - begin, timedelta()), impaired)


def _midnight(day, zone):
    # Through UTC: the difference of two moments in one zone forgets the hour that clocks are moved by.
    return _utc(datetime.combine(day, time(), zone))


def _utc(moment):
    return moment.astimezone(UTC)
