"""How an incident went, in numbers: how fast, how late, and what it cost the people who worked on it.

Counted from the timeline and from the stretches in which people worked; nothing here is written down twice, so the
figures of yesterday's incident are right after a correction, too.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone

from playbooks.models import Audience

from . import kinds
from .models.incident import Status
from .models.obligations import ObligationKind
from .models.participants import Capacity, Stint
from .models.reports import ReportEcho
from .models.updates import StatusUpdate

# Monday to Friday, by everybody's own clock; what lies outside is work at an unusual hour.
DAY_BEGINS, DAY_ENDS = time(8), time(18)
FRIDAY = 4
COUNTED = tuple(
    kind.name
    for kind in (
        kinds.FUNCTION_REQUESTED, kinds.FUNCTION_ENGAGED, kinds.FUNCTION_WAIVED, kinds.STATUS_CHANGED, kinds.RESOLVED,
        kinds.CLOCK_OVERDUE, kinds.CLOCK_ESCALATED,
    )
)  # fmt: skip
LATE = (kinds.CLOCK_OVERDUE.name, kinds.CLOCK_ESCALATED.name)
NOTHING = timedelta()
# So long before and after an update to customers it is counted how many of them were heard.
AROUND = timedelta(minutes=30)


@dataclass(frozen=True)
class Arrival:
    """A function that was called for: since when, and when it came; None while it is awaited."""

    name: str
    slug: str
    asked_at: datetime
    came_at: datetime | None


@dataclass
class Effort:
    """What one person gave: in all, outside their working day, and the longest stretch without a break."""

    member: object
    worked: timedelta = NOTHING
    out_of_hours: timedelta = NOTHING
    longest: timedelta = NOTHING

    def add(self, since, until):
        stretch = until - since
        self.worked += stretch
        self.out_of_hours += stretch - within_the_day(since, until, ZoneInfo(self.member.person.time_zone))
        self.longest = max(self.longest, stretch)


@dataclass(frozen=True)
class Reaction:
    """How many customers were reported in the half hour before an update to them and in the one after it, which may
    not be over."""

    update: StatusUpdate
    before: int
    after: int
    over: bool


class Figures:
    """A constant number of queries, each part read when it is asked for. Moments are None until something happened."""

    def __init__(self, incident, now=None):
        self.incident = incident
        self.now = now or timezone.now()

    @property
    def declared_at(self):
        return self.incident.declared_at

    @property
    def assessed_at(self):
        return self.incident.assessed_at

    @property
    def ended_at(self):
        """Until when work is counted."""
        return self.incident.resolved_at or self.incident.closed_at or self.now

    @cached_property
    def arrivals(self):
        """`Arrival`s of the functions that were called for and not waived, who was asked first first."""
        asked, came, names = {}, {}, {}
        for entry in self._entries:
            slug = entry.details.get("function")
            if entry.kind == kinds.FUNCTION_REQUESTED.name:
                asked.setdefault(slug, entry.happened_at)
            elif entry.kind == kinds.FUNCTION_ENGAGED.name:
                came.setdefault(slug, entry.happened_at)
            elif entry.kind == kinds.FUNCTION_WAIVED.name:
                asked.pop(slug, None)
            names.setdefault(slug, entry.details.get("name"))
        for awaited in self.incident.functions.awaited().with_functions():
            slug = awaited.function.slug
            asked.setdefault(slug, awaited.changed_at)
            names.setdefault(slug, awaited.function.name)
        return [Arrival(names[slug], slug, at, came.get(slug)) for slug, at in asked.items()]

    @property
    def mobilized_at(self):
        """When the last function that was called for was there."""
        if not self.arrivals or any(each.came_at is None for each in self.arrivals):
            return None
        return max(each.came_at for each in self.arrivals)

    @property
    def first_customer_word_at(self):
        return self._told_to_customers[0].published_at if self._told_to_customers else None

    @property
    def mitigated_at(self):
        """When it was only watched any more, or over."""
        for entry in self._entries:
            watched = entry.kind == kinds.STATUS_CHANGED.name and entry.details.get("after") == Status.MONITORING
            if watched or entry.kind == kinds.RESOLVED.name:
                return entry.happened_at
        return None

    @property
    def late_updates(self):
        """`{audience: how many updates came late}` for every audience."""
        late = {
            (entry.details["audience"], entry.details["due_at"])
            for entry in self._entries
            if entry.kind in LATE and entry.details.get("clock") == ObligationKind.UPDATE
        }
        return {audience: sum(1 for each, _ in late if each == audience) for audience in Audience}

    @property
    def late(self):
        """The same, in words."""
        return [(Audience(audience).label, count) for audience, count in self.late_updates.items()]

    @cached_property
    def efforts(self):
        """One `Effort` for everybody who ever worked on it, who gave most first."""
        found = {}
        stints = Stint.objects.filter(participant__incident=self.incident, capacity=Capacity.ACTIVE)
        for stint in stints.select_related("participant__membership__person").order_by("started_at"):
            member = stint.participant.membership
            until = min(stint.ended_at or self.now, self.ended_at)
            if until > stint.started_at:
                found.setdefault(member.pk, Effort(member)).add(stint.started_at, until)
        return sorted(found.values(), key=lambda each: (-each.worked, each.member.pk))

    @property
    def worked(self):
        return sum((each.worked for each in self.efforts), NOTHING)

    @property
    def out_of_hours(self):
        return sum((each.out_of_hours for each in self.efforts), NOTHING)

    @property
    def longest(self):
        """The longest anybody worked without a break."""
        return max((each.longest for each in self.efforts), default=NOTHING)

    @cached_property
    def answers(self):
        """From asking somebody to their coming: every accepted invitation, the quickest first."""
        accepted = self.incident.invitations.filter(state="accepted", answered_at__isnull=False)
        return sorted(end - start for start, end in accepted.values_list("requested_at", "answered_at"))

    @property
    def usual_answer(self):
        """The median of those; None while nobody came because they were asked."""
        return self.answers[len(self.answers) // 2] if self.answers else None

    @cached_property
    def reactions(self):
        """A `Reaction` to every update that customers have got, the first one first."""
        return [self._reaction(update) for update in self._told_to_customers]

    def reaction_to(self, update):
        """The `Reaction` to one update; None where it was not said, or not to customers."""
        return next((each for each in self.reactions if each.update == update), None)

    def _reaction(self, update):
        # From when they could read it.
        at = update.held_until or update.published_at
        return Reaction(
            update,
            before=self._customers_between(at - AROUND, at),
            after=self._customers_between(at, at + AROUND),
            over=at + AROUND <= self.now,
        )

    def _customers_between(self, since, until):
        return sum(customers for at, customers in self._heard if since < at <= until)

    @cached_property
    def _heard(self):
        """`(when, how many customers)` of everything that was reported."""
        repeated = ReportEcho.objects.filter(report__incident=self.incident).values_list("at", flat=True)
        return [*self.incident.reports.values_list("reported_at", "count"), *((at, 1) for at in repeated)]

    @cached_property
    def _told_to_customers(self):
        unsaid = StatusUpdate.objects.unsaid(self.now).values("pk")
        told = self.incident.updates.filter(audience=Audience.CUSTOMERS).exclude(pk__in=unsaid)
        return list(told.order_by("published_at"))

    @cached_property
    def _entries(self):
        return list(self.incident.timeline.filter(kind__in=COUNTED).order_by("number"))


def within_the_day(since, until, zone):
    """How much of a stretch lies in working hours, by the clock on the wall there."""
    counted = NOTHING
    day = since.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        if day.weekday() <= FRIDAY:
            begins = datetime.combine(day, DAY_BEGINS, zone)
            ends = datetime.combine(day, DAY_ENDS, zone)
            counted += max(NOTHING, min(until, ends) - max(since, begins))
        day += timedelta(days=1)
    return counted
