"""What the public may read, and nothing else: the status page as documents, made from a list of what is allowed.

The same documents are answered to a browser and written to disk, so every link in them is relative.
"""

import hashlib
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.db.models import Prefetch
from django.template import loader
from django.utils import feedgenerator, timezone

from incidents.models.updates import PARTS
from playbooks.models import Audience

from .models import Component, ComponentImpact, Maintenance, PublicIncident, PublicPost, StatusPage
from .models.public_incidents import ImpactLevel
from .public_calendar import calendar_of
from .statuspage_shape import JSON_NAMES, StatuspageShape
from .uptime import DAYS, WORST_FIRST, Span, days_of, uptime

HTML = "text/html; charset=utf-8"
JSON = "application/json"
CALENDAR = "text/calendar; charset=utf-8"
# On the first page; everything is on an incident's own.
POSTS_SHOWN = 3
RECENT_SHOWN = 5
HISTORY = timedelta(days=400)
HISTORY_SHOWN = 100
FEED_ITEMS = 25
MAINTENANCES_SHOWN = 30
CALENDAR_SHOWN = 200

STATES = {
    "": ("operational", "Working"),
    ImpactLevel.DEGRADED: ("degraded_performance", "Slower than usual"),
    ImpactLevel.PARTIAL: ("partial_outage", "Partly not working"),
    ImpactLevel.MAJOR: ("major_outage", "Not working"),
    "maintenance": ("under_maintenance", "Maintenance"),
}
IMPACTS = {"": "none", ImpactLevel.DEGRADED: "minor", ImpactLevel.PARTIAL: "major", ImpactLevel.MAJOR: "critical"}
SENTENCES = {
    "none": "Everything works",
    "minor": "Some things are slower than usual",
    "major": "Something does not fully work",
    "critical": "Something does not work",
    "maintenance": "We are doing planned work",
}


@dataclass(frozen=True)
class Document:
    content_type: str
    body: bytes

    @property
    def etag(self):
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@dataclass(frozen=True)
class Part:
    """A component: what customers do, how it is, and how it was."""

    slug: str
    name: str
    description: str
    position: int
    since: datetime
    level: str
    days: list = field(repr=False)

    @property
    def status(self):
        return STATES[self.level][0]

    @property
    def word(self):
        return STATES[self.level][1]

    @property
    def uptime(self):
        """`99.98`, or nothing while nothing is known."""
        share = uptime(self.days)
        return "" if share is None else f"{share // 100}.{share % 100:02}"

    @property
    def bars(self):
        """`(class, path)` of the strip: runs of days of one colour, which the style cuts into bars; 3 wide, 1 apart."""
        paths, place = defaultdict(str), 0
        for colour, days in groupby(self.days, lambda day: day.worst or ("ok" if day.is_known else "none")):
            length = len(list(days))
            paths[colour] += f"M{place * 4} 14h{length * 4 - 1}"
            place += length
        return list(paths.items())

    @property
    def letters(self):
        """One letter for each day of the strip, the oldest first: the first of its level, `o` for ok, `n` for none."""
        return "".join((day.worst or ("ok" if day.is_known else "none"))[0] for day in self.days)

    @property
    def last_day(self):
        return self.days[-1].date

    @property
    def troubled_days(self):
        """The days on which something was wrong, the newest first: `(date, [(word, how long)])`."""
        return [(day.date, said_of(day)) for day in reversed(self.days) if day.impaired]


@dataclass(frozen=True)
class Post:
    code: str
    state: str
    word: str
    posted_at: datetime
    lines: list
    next_update_at: datetime | None
    # Why an earlier word did not hold, where this one stands in its place.
    corrected: str = ""

    @property
    def text(self):
        said = [text if first else f"{label}: {text}" for first, label, text in self.lines]
        return "\n\n".join([f"Corrected: {self.corrected}", *said] if self.corrected else said)


@dataclass(frozen=True)
class Happening:
    """An incident in the words that were chosen for the public."""

    code: str
    headline: str
    state: str
    word: str
    began_at: datetime
    published_at: datetime
    monitoring_at: datetime | None
    resolved_at: datetime | None
    worst: str
    affected: list
    touched: list
    posts: list

    @property
    def is_resolved(self):
        return self.resolved_at is not None

    @property
    def impact(self):
        return IMPACTS[self.worst]

    @property
    def updated_at(self):
        return max([self.published_at, *(post.posted_at for post in self.posts)])

    @property
    def newest(self):
        return self.posts[:POSTS_SHOWN]

    @property
    def next_update_at(self):
        """When more was promised for; None once it is over, or while nothing was promised."""
        said = [post for post in self.posts if post.lines]
        return said[0].next_update_at if said and not self.is_resolved else None


@dataclass(frozen=True)
class Window:
    """Planned work."""

    code: str
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    planned_at: datetime
    updated_at: datetime
    version: int
    state: str
    parts: list

    @property
    def word(self):
        return self.state.replace("_", " ").capitalize()


@dataclass(frozen=True)
class OnePublicDay:
    """A day of the strips: what was wrong, `[(part, [(word, how long)])]`, what happened, and what was planned."""

    date: date
    is_known: bool
    impaired: list
    happenings: list
    windows: list

    @property
    def is_quiet(self):
        return not (self.impaired or self.happenings or self.windows)


class PublicPage:
    """One status page at one moment, read in a constant number of queries."""

    def __init__(self, page, now=None):
        self.page = page
        self.now = now or timezone.now()
        self.zone = zoneinfo.ZoneInfo(page.organization.time_zone)
        self.name, self.intro, self.address = page.name, page.intro, page.address

    @classmethod
    def of(cls, organization, now=None):
        """The organisation's page, or None while it has published none. Call inside its scope."""
        page = StatusPage.of(organization)
        return cls(page, now) if page.published else None

    # --- What there is --------------------------------------------------------------------------

    @cached_property
    def _rows(self):
        said = PublicPost.objects.standing(self.now).select_related("update__corrects")
        posts = Prefetch("posts", said.order_by("-posted_at", "-pk"))
        impacts = Prefetch("impacts", ComponentImpact.objects.select_related("component").order_by("pk"))
        rows = PublicIncident.objects.shown().filter(began_at__gt=self.now - HISTORY).latest_first()
        return list(rows.prefetch_related(posts, impacts)[:HISTORY_SHOWN])

    @cached_property
    def happenings(self):
        return [_happening(row) for row in self._rows]

    @property
    def active(self):
        return [each for each in self.happenings if not each.is_resolved]

    @property
    def recent(self):
        return [each for each in self.happenings if each.is_resolved][:RECENT_SHOWN]

    @property
    def last(self):
        """The last incident there was, for a page on which nothing is wrong."""
        return next(iter(self.happenings), None)

    @property
    def months(self):
        """`[(first day, incidents)]`, the newest month first."""
        months = defaultdict(list)
        for each in self.happenings:
            months[each.began_at.astimezone(self.zone).date().replace(day=1)].append(each)
        return list(months.items())

    @cached_property
    def windows(self):
        ahead = Maintenance.objects.left(self.now).ahead(self.now).with_components()[:MAINTENANCES_SHOWN]
        return [self._window(row) for row in ahead]

    @cached_property
    def past_windows(self):
        over = Maintenance.objects.left(self.now).over(self.now).with_components()[:MAINTENANCES_SHOWN]
        return [self._window(row) for row in over]

    @cached_property
    def calendar(self):
        """Every window that somebody may have in their calendar, cancelled ones too."""
        known = Maintenance.objects.left(self.now).filter(ends_at__gt=self.now - HISTORY).order_by("-starts_at", "-pk")
        return [self._window(row) for row in known.with_components()[:CALENDAR_SHOWN]]

    @cached_property
    def parts(self):
        # To the minute, so that the page stays the same for whoever keeps a copy.
        minute = self.now.replace(second=0, microsecond=0)
        oldest = minute - timedelta(days=DAYS + 1)
        spans, levels = defaultdict(list), defaultdict(set)
        said = ComponentImpact.objects.shown().exclude(ended_at__lt=oldest)
        for component, began_at, ended_at, level in said.values_list(
            "component_id", "began_at", "ended_at", "level"
        ):  # fmt: skip
            spans[component].append(Span(began_at, ended_at, level))
            if ended_at is None:
                levels[component].add(level)
        in_work = {slug for window in self.windows if window.state == "in_progress" for slug, _ in window.parts}
        return [
            Part(
                row.slug,
                row.name,
                row.description,
                place,
                row.since,
                worst_of(levels[row.pk]) or ("maintenance" if row.slug in in_work else ""),
                days_of(spans[row.pk], now=minute, since=row.since, zone=self.zone),
            )
            for place, row in enumerate(Component.objects.shown().in_order(), start=1)
        ]

    @property
    def days(self):
        """The days of the strips, the newest first."""
        happenings = [(each, self._dates(each.began_at, each.resolved_at or self.now)) for each in self.happenings]
        windows = [(each, self._dates(each.starts_at, each.ends_at)) for each in (*self.windows, *self.past_windows)]
        # The same day of every part, whose strips are of one length.
        for alike in reversed(list(zip(*(part.days for part in self.parts), strict=True))):
            day = alike[0].date
            yield OnePublicDay(
                date=day,
                is_known=any(each.is_known for each in alike),
                impaired=[
                    (part.name, said_of(each)) for part, each in zip(self.parts, alike, strict=True) if each.impaired
                ],
                happenings=[each for each, (first, last) in happenings if first <= day <= last],
                windows=[each for each, (first, last) in windows if first <= day <= last],
            )

    def _dates(self, first, last):
        return first.astimezone(self.zone).date(), last.astimezone(self.zone).date()

    @cached_property
    def mark(self):
        """What the summary for programs is known by: it changes when the page has something else to say."""
        return self.document("api/v2/summary.json").etag.strip('"')

    @cached_property
    def indicator(self):
        worst = worst_of({part.level for part in self.parts})
        if not worst and self.active:
            return "minor"
        if not worst and any(window.state == "in_progress" for window in self.windows):
            return "maintenance"
        return IMPACTS[worst]

    @property
    def sentence(self):
        if self.indicator == "minor" and not worst_of({part.level for part in self.parts}):
            return "We are looking into a problem"
        return SENTENCES[self.indicator]

    @property
    def updated_at(self):
        moments = [each.updated_at for each in self.happenings] + [each.updated_at for each in self.windows]
        # What customers were told a moment ago changes the page only once it has left.
        return max([min(self.page.changed_at, self.now), *moments])

    def _window(self, row):
        return Window(
            code=row.code,
            title=row.title,
            text=row.text,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            planned_at=row.planned_at,
            updated_at=row.changed_at,
            version=row.version,
            state=row.state(self.now),
            parts=[(part.slug, part.name) for part in row.parts],
        )

    # --- Documents --------------------------------------------------------------------------------

    @property
    def paths(self):
        """Where everything lies that is worth a copy."""
        yield from ("index.html", "history/index.html", "days/index.html", "maintenance/index.html")
        yield from ("history.rss", "history.atom", "calendar.ics")
        yield from (f"api/v2/{name}.json" for name in JSON_NAMES)
        yield from (f"incidents/{each.code}/index.html" for each in self.happenings)

    def document(self, path):
        """The document at a path, or None."""
        with timezone.override(self.zone):
            if path.startswith("incidents/"):
                code = path.split("/")[1]
                found = next((each for each in self.happenings if each.code == code), None)
                return found and self.html("incident", root="../../", incident=found)
            if path.startswith("api/v2/"):
                name = path.removeprefix("api/v2/").removesuffix(".json")
                return Document(JSON, StatuspageShape(self).document(name))
            return {
                "index.html": lambda: self.html("page", root="./"),
                "history/index.html": lambda: self.html("history", root="../"),
                "days/index.html": lambda: self.html("days", root="../"),
                "maintenance/index.html": lambda: self.html("maintenance", root="../"),
                "calendar.ics": lambda: Document(CALENDAR, calendar_of(self)),
                "history.rss": lambda: self._feed(feedgenerator.Rss201rev2Feed, "rss"),
                "history.atom": lambda: self._feed(feedgenerator.Atom1Feed, "atom"),
            }[path]()

    def html(self, template, *, root, **context):
        """A page; `root` is the way back to the first one. No request: what it says is the same for everybody."""
        page = loader.get_template(f"status/{template}.html").render({"status": self, "root": root, **context})
        return Document(HTML, page.encode())

    def _feed(self, kind, ending):
        feed = kind(
            title=f"{self.name}: history",
            link=self.address,
            description=f"What was said about incidents at {self.name}.",
            feed_url=f"{self.address}history.{ending}",
            language="en",
        )
        said = [(each, post) for each in self.happenings for post in each.posts]
        for each, post in sorted(said, key=lambda pair: pair[1].posted_at, reverse=True)[:FEED_ITEMS]:
            link = f"{self.address}incidents/{each.code}/"
            feed.add_item(
                title=f"{each.headline}: {post.word}",
                link=f"{link}#{post.code}",
                description=post.text or post.word,
                unique_id=f"{link}#{post.code}",
                unique_id_is_permalink=True,
                pubdate=post.posted_at,
                updateddate=post.posted_at,
            )
        return Document(feed.content_type, feed.writeString("utf-8").encode())


def worst_of(levels):
    """The worst of some levels, or an empty string."""
    return next((level for level in WORST_FIRST if level in levels), "")


def said_of(day):
    """`[(word, how long)]` of what was wrong on a day, the worst first."""
    return [(STATES[level][1], spent) for level, spent in day.impaired.items()]


def lines_of(update):
    """`[(is the first, label, text)]` of what customers were told: the fields of their audience and why nothing has
    changed, and no others."""
    parts = [(part.label, update.body[part.name]) for part in PARTS[Audience.CUSTOMERS] if update.body.get(part.name)]
    parts += [("No change", update.no_change)] if update.no_change else []
    return [(place == 0, label, text) for place, (label, text) in enumerate(parts)]


def _happening(row):
    impacts = list(row.impacts.all())
    now = [(each.component.slug, each.component.name, each.level) for each in impacts if each.ended_at is None]
    return Happening(
        code=row.code,
        headline=row.headline,
        state=row.state,
        word=row.get_state_display(),
        began_at=row.began_at,
        published_at=row.published_at,
        monitoring_at=row.monitoring_at,
        resolved_at=row.resolved_at,
        worst=worst_of({each.level for each in impacts}),
        affected=[(name, STATES[level][1], level) for _, name, level in now],
        touched=list({each.component.slug: each.component.name for each in impacts}.items()),
        posts=[_post(post) for post in row.posts.all()],
    )


def _post(post):
    return Post(
        code=post.code,
        state=post.state,
        word=post.get_state_display(),
        posted_at=post.posted_at,
        lines=lines_of(post.update) if post.update else [],
        next_update_at=post.update.next_update_at if post.update else None,
        corrected=post.update.corrects.reason if post.update and post.update.corrects else "",
    )
