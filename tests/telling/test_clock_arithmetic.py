"""When each audience is owed the next word: whatever happens in whatever order, a plain reckoning says the same.

`Reckoning` is that reckoning, in minutes and without the code's words. Every case is made from a number, which a
failure shows; all begin in nights in which Berlin or New York turns its clocks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine

from incidents.models import RoleAssignment, StatusUpdate
from incidents.models.obligations import Obligation
from incidents.models.updates import PARTS
from notifications import tick
from playbooks.models import Cadence, Severity
from tests.factories import declare_incident
from tests.queries import undone

CASES = range(4)
ACTS = 16
NIGHTS = [
    ("Europe/Berlin", datetime(2026, 10, 25, 0, 40, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2027, 3, 28, 0, 40, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 5, 40, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 6, 40, tzinfo=UTC)),
]
SAID = {"clock_warned": "warned", "clock_due": "due", "clock_overdue": "overdue", "clock_escalated": "escalated"}


def minutes(number):
    return timedelta(minutes=number)


@dataclass(frozen=True)
class Window:
    """From when on and until when an audience waits."""

    begins: datetime
    due: datetime

    def stands(self, now):
        """`(state, level)` at a moment, if somebody has looked."""
        warning = self.due - min(minutes(5), (self.due - self.begins) / 3)
        walk = [
            (warning, ("warned", 0)),
            (self.due, ("due", 0)),
            (self.due + minutes(1), ("overdue", 0)),
            (self.due + minutes(5), ("escalated", 1)),
            (self.due + minutes(15), ("escalated", 2)),
        ]
        return ([("open", 0)] + [state for moment, state in walk if moment <= now])[-1]


class Reckoning:
    """What is owed, reckoned by hand: `owed` maps an audience to its window."""

    def __init__(self, severity, now):
        self.owed, self.told = {}, set()
        self.severity = severity
        for audience in self.rhythm():
            self.owed[audience] = Window(now, now + minutes(self.wait(audience)))

    def rhythm(self):
        rows = Cadence.objects.filter(severity=self.severity).exclude(minutes=None)
        return {row.audience: row for row in rows}

    def wait(self, audience):
        row = self.rhythm()[audience]
        return row.minutes if audience in self.told else row.first_minutes or row.minutes

    def tell(self, audience, now, promise=None):
        self.told.add(audience)
        self.begin_anew(audience, now, promise)

    def begin_anew(self, audience, now, promise=None):
        row = self.rhythm().get(audience)
        self.owed.pop(audience, None)
        if promise or row:
            self.owed[audience] = Window(now, promise or now + minutes(row.minutes))

    def change_severity(self, severity, now):
        self.severity = severity
        for audience in self.rhythm():
            window = self.owed.get(audience)
            if window is None:
                self.owed[audience] = Window(now, now + minutes(self.wait(audience)))
                continue
            sooner = max(window.begins + minutes(self.wait(audience)), now)
            if sooner < window.due:
                self.owed[audience] = Window(window.begins, sooner)

    def move(self, audience, due):
        self.owed[audience] = Window(self.owed[audience].begins, due)


class Night:
    """One incident to which things happen, with the reckoning beside it."""

    def __init__(self, seed, lena, mei, clock):
        self.seed, self.dice, self.mei, self.lena, self.clock = seed, Random(seed), mei, lena, clock
        self.severities = list(Severity.objects.order_by("rank"))
        severity = self.dice.choice(self.severities)
        self.incident = declare_incident(lena, severity=severity.slug)
        RoleAssignment.assign(self.incident, "communications_lead", mei, by=lena)
        self.reckoning = Reckoning(severity, self.now)
        self.seen = {}
        self.log = [severity.slug]

    @property
    def now(self):
        return datetime.now(UTC)

    def go_on(self):
        act = self.dice.choice(
            ["tell", "tell", "promise", "nothing_new", "take_back", "severity", "move", "skip", "wait"]
        )
        audience = self.dice.choice(list(PARTS))
        self.log.append((str(self.now), act, audience))
        getattr(self, act)(audience)
        self.incident.refresh_from_db()
        self.compare()
        # Sometimes nobody looks for a while, and then everything is late at once.
        if passed := self.dice.choice([0, 1, 3, 5, 11, 40, 75]):
            # Never to the second of something: which of two things at one moment comes first is nobody's promise.
            self.clock.shift(minutes(passed) + timedelta(seconds=7))
        if self.dice.random() < 0.7:
            self.look()

    # --- What happens ---------------------------------------------------------------------------------

    def tell(self, audience, **more):
        body = {part.name: f"Said at {self.now}." for part in PARTS[audience]}
        entry = StatusUpdate.publish(self.incident, audience, body, by=self.mei, waiver="x", **more)
        self.reckoning.tell(audience, self.now, more.get("next_update_at"))
        return self.incident.updates.get(pk=entry.details["update"])

    def promise(self, audience):
        self.tell(audience, next_update_at=self.now + minutes(self.dice.choice([2, 17, 300])))

    def nothing_new(self, audience):
        if self.incident.updates.standing().filter(audience=audience).exists():
            StatusUpdate.publish(self.incident, audience, {}, by=self.mei, no_change="Still so", waiver="x")
            self.reckoning.tell(audience, self.now)

    def take_back(self, audience):
        """As if it had not been said."""
        owed, told = dict(self.reckoning.owed), set(self.reckoning.told)
        update = self.tell(audience, hold=minutes(1))
        self.clock.shift(timedelta(seconds=20))
        if self.dice.random() < 0.3:
            # Said again meanwhile: that word stands, and its window goes on.
            self.tell(audience)
        else:
            self.reckoning.owed, self.reckoning.told = owed, told
        update.take_back(by=self.mei)

    def severity(self, audience):
        severity = self.dice.choice([each for each in self.severities if each != self.incident.severity])
        self.incident.change_severity(severity, by=self.lena)
        self.reckoning.change_severity(severity, self.now)

    def move(self, audience):
        if audience in self.reckoning.owed:
            due = self.now + minutes(self.dice.choice([4, 33]))
            if due != self.reckoning.owed[audience].due:
                Obligation.move_update(self.incident, audience, due, by=self.mei, reason="They asked")
                self.reckoning.move(audience, due)

    def skip(self, audience):
        if audience in self.reckoning.owed:
            Obligation.skip_update(self.incident, audience, by=self.mei, reason="Nothing to say")
            self.reckoning.begin_anew(audience, self.now)

    def wait(self, audience):
        pass

    # --- What is compared -----------------------------------------------------------------------------

    def clocks(self):
        return {each.audience: each for each in self.incident.obligations.live().filter(kind="update")}

    def compare(self):
        owed = {audience: each.due_at.replace(microsecond=0) for audience, each in self.clocks().items()}
        reckoned = {audience: each.due.replace(microsecond=0) for audience, each in self.reckoning.owed.items()}
        assert owed == reckoned, (self.seed, self.log)

    def look(self):
        """One sweep: each clock stands where it should and has said so at most once; another sweep does nothing."""
        before = {audience: (each.pk, each.state, each.level) for audience, each in self.clocks().items()}
        number = self.incident.timeline.latest_first().first().number
        tick._advance_clocks(self.now)
        said = self.incident.timeline.after(number).filter(kind__in=SAID, details__clock="update").in_order()
        spoken = [(entry.details["audience"], SAID[entry.kind], entry.details.get("level", 0)) for entry in said]
        now = {audience: (each.pk, each.state, each.level) for audience, each in self.clocks().items()}
        stands = {audience: window.stands(self.now) for audience, window in self.reckoning.owed.items()}
        assert {audience: each[1:] for audience, each in now.items()} == stands, (self.seed, self.log)
        moved = [(audience, *each[1:]) for audience, each in now.items() if each != before[audience]]
        assert sorted(spoken) == sorted(moved), (self.seed, self.log)
        last = self.incident.timeline.latest_first().first().number
        tick._advance_clocks(self.now)
        assert self.incident.timeline.latest_first().first().number == last, (self.seed, self.log)


@pytest.mark.parametrize("night", range(len(NIGHTS)))
def test_what_is_owed_is_what_a_plain_reckoning_says(acme, lena, mei, night):
    zone, begins = NIGHTS[night]
    acme.time_zone = zone
    acme.save(update_fields=["time_zone"])
    Cadence.objects.update(minimum_minutes=None)
    for seed in list(CASES)[night :: len(NIGHTS)]:
        with undone(), time_machine.travel(begins, tick=False) as clock:
            night = Night(seed, lena, mei, clock)
            night.compare()
            for _ in range(ACTS):
                night.go_on()
