"""What the public reads: the page, the same for programs and feed readers, and what is left when nothing else is up."""

import json
import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import feedparser
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import RoleAssignment, StatusUpdate
from notifications import snapshots
from notifications.models import Component, ComponentImpact, ImpactLevel, Maintenance, PublicIncident, StatusPage
from notifications.public_door import Database
from notifications.public_page import PublicPage
from notifications.statuspage_shape import JSON_NAMES
from notifications.tasks import publish_status_snapshot
from notifications.uptime import Span, days_of, disjoint, uptime
from teams.models import Organization, Service
from teams.tenancy import acting_in
from tests.factories import declare_incident
from tests.incidents.pages import words_of
from tests.marker import MARKER
from tests.queries import counted

PAGE = "/status/acme/"
TITLE = "gw-1 drops TLS handshakes"
CUSTOMERS = {
    "what_is_happening": "Paying by card takes long.",
    "what_we_are_doing": "We use another <b>provider</b>.",
    "workaround": "Pay by invoice.",
}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    """Copies of this test alone, and a database that answers."""
    settings.DATA_DIR = tmp_path
    Database.away_until = 0.0
    yield
    Database.away_until = 0.0


@pytest.fixture
def status_page(acme, ada):
    StatusPage.arrange(acme, by=ada, name="Acme", published=True)
    Component.add(by=ada, slug="card", name="Pay by card", services=Service.objects.filter(slug="ledger"))
    Component.add(by=ada, slug="search", name="Search the shop", position=1)
    Component.objects.update(since=timezone.now() - timedelta(days=400))
    return StatusPage.of(acme)


@pytest.fixture
def public(status_page, lena, mei):
    incident = declare_incident(lena, TITLE, severity="sev1", summary="The pool is too small")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    card = Component.objects.get(slug="card")
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts={card: "major"})
    StatusUpdate.publish(incident, "technical", {"text": "acquire timeout"}, by=lena)
    StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei, next_update_at=timezone.now() + timedelta(hours=1))
    return PublicIncident.objects.get()


def xml(response):
    return ElementTree.fromstring(response.content)


def nothing_answers(execute, sql, params, many, context):
    raise OperationalError("connection refused")


# --- How well it worked -------------------------------------------------------------------------------------

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=900)
moments = st.integers(-130 * 86400, 3600).map(lambda seconds: NOW + timedelta(seconds=seconds))
levels = st.sampled_from(list(ImpactLevel))


@st.composite
def spans(draw):
    begun = draw(moments)
    ended = draw(
        st.one_of(st.none(), st.integers(0, 40 * 86400).map(lambda seconds: begun + timedelta(seconds=seconds)))
    )
    return Span(begun, ended, draw(levels))


several = st.lists(spans(), max_size=6)


def read(stated, *, now=NOW, since=LONG_AGO, zone=BERLIN):
    return days_of(stated, now=now, since=since, zone=zone)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several, spans(), st.randoms(use_true_random=False))
def test_uptime_is_arithmetic_that_holds_whatever_was_stated(stated, another, chance):
    days = read(stated)
    shuffled = sorted(stated, key=lambda _: chance.random())
    halves = [half for each in stated for half in halved(each)]

    assert [day.date for day in days] == [date(2026, 11, 27) - timedelta(days=back) for back in range(89, -1, -1)]
    assert 0 <= uptime(days) <= 10_000
    assert read(shuffled) == days
    assert read(halves) == days
    assert read([*stated, *stated]) == days
    assert uptime(read([*stated, another])) <= uptime(days)
    assert all(sum(day.impaired.values(), timedelta()) <= day.length for day in days)
    pieces = disjoint(stated, NOW)
    assert all(end <= begin for (_, end, _), (begin, _, _) in pairwise(pieces))


def halved(span):
    middle = span.began_at + ((span.ended_at or NOW) - span.began_at) / 2
    if span.ended_at is None and span.began_at >= NOW:
        return [span]
    return [Span(span.began_at, middle, span.level), Span(middle, span.ended_at, span.level)]


def test_uptime_on_days_that_people_can_check():
    """An hour of nothing, an hour of half, on the day on which clocks are put back; and a part that is new."""
    night = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    days = read([Span(night, night + timedelta(hours=1), "major"), Span(night, night + timedelta(hours=2), "partial")])
    long_day = next(day for day in days if day.date == date(2026, 10, 25))

    assert long_day.length == timedelta(hours=25)
    assert long_day.impaired == {"major": timedelta(hours=1), "partial": timedelta(hours=1)}
    assert long_day.worst == "major"
    known = sum((day.length for day in days), timedelta())
    assert uptime(days) == int(10_000 * (1 - timedelta(minutes=78) / known))
    new = read([], since=NOW - timedelta(hours=40))
    assert [day.is_known for day in new[-4:]] == [False, False, True, True]
    assert uptime(new) == 10_000
    assert uptime(read([], since=NOW + timedelta(hours=1))) is None
    assert uptime(read([Span(NOW - timedelta(days=9), None, "degraded")])) == 10_000
    assert uptime(read([Span(NOW - timedelta(days=999), None, "major")])) == 0


# --- The page ---------------------------------------------------------------------------------------------


def test_a_page_on_which_nothing_is_wrong(status_page):
    page = words_of(Client().get(PAGE))

    assert "Everything works There has been no incident so far." in page
    assert "Pay by card Working" in page
    assert "100.00 % up" in page


def test_the_page_says_what_was_published_and_nothing_from_inside(public, lena, signed_in):
    page = Client().get(PAGE)
    one = Client().get(f"{PAGE}incidents/{public.code}/")
    said = words_of(page)

    assert "Something does not work 1 incident at the moment." in said
    assert "Pay by card: not working" in said
    assert "Next update by" in said
    assert "What you can do meanwhile: Pay by invoice." in said
    assert "&lt;b&gt;provider" in page.content.decode()
    for read_in in (page, one, *(Client().get(f"{PAGE}api/v2/{name}.json") for name in JSON_NAMES)):
        words = read_in.content.decode()
        for inside in (TITLE, "INC-", "Mei", "Lena", "acquire", "SEV1", "Ledger", "too small", MARKER):
            assert inside not in words, (inside, read_in.wsgi_request.path)
    assert signed_in(lena).get(PAGE).content == page.content


def test_every_day_of_the_strip_is_told_and_counts_as_it_looks(public, acme):
    impact = ComponentImpact.objects.get()
    began = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    PublicIncident.objects.update(began_at=began)
    ComponentImpact.objects.update(began_at=began, ended_at=began + timedelta(days=1))
    page = PublicPage.of(acme)
    card, search = page.parts
    day = f"{began:%Y-%m-%d}"
    days = Client().get(f"{PAGE}days/").content.decode()
    (told,) = re.findall(rf'<section class="day" id="{day}".*?</section>', days, re.DOTALL)

    assert (card.letters, search.letters) == ("o" * 87 + "moo", "o" * 90)
    assert [path.count("M") for _, path in card.bars] == [2, 1]
    # One whole day of the known time is lost, and it is the one that is drawn.
    lost = timedelta(days=1) / sum((each.length for each in card.days), timedelta())
    assert float(card.uptime) == pytest.approx(100 * (1 - lost), abs=0.01)
    assert impact.level == "major"
    assert "Pay by card: not working for 1 d" in told
    assert "Search the shop" not in told
    assert f'<a href="../incidents/{public.code}/">Paying takes long</a>' in told
    assert days.count('<section class="day"') == 90
    assert days.count("Everything worked.") == 87
    first = Client().get(PAGE).content.decode()
    assert f'href="./days/#{day}"' in first
    assert first.count('class="strip-link" href="./days/"') == 2


def test_every_address_of_the_page_answers_and_those_of_others_do_not(public, omar, globex):
    for path in (
        "",
        "history/",
        "days/",
        "maintenance/",
        "subscribe/",
        "history.rss",
        "history.atom",
        f"incidents/{public.code}/",
    ):
        assert Client().get(PAGE + path).status_code == 200, path
    with acting_in(globex):
        theirs = StatusPage.arrange(Organization.objects.get(slug="globex"), by=omar, name="Globex")
    assert not theirs.published
    for path in ("/status/globex/", "/status/nobody/", f"{PAGE}incidents/of-nobody/", f"{PAGE}api/v2/odd.json"):
        assert Client().get(path).status_code == 404, path
    with acting_in(globex):
        # What they publish is public, marker or not.
        Component.objects.all().delete()
        Maintenance.objects.all().delete()
        PublicIncident.objects.all().delete()
        StatusPage.arrange(Organization.objects.get(slug="globex"), by=omar, published=True, intro="")
    assert Client().get("/status/globex/").status_code == 200
    assert Client().get(f"/status/globex/incidents/{public.code}/").status_code == 404


def test_what_is_private_or_withdrawn_is_gone_at_once(public, lena, mei):
    one = f"{PAGE}incidents/{public.code}/"
    public.incident.make_private(by=lena)
    hidden = [Client().get(one).status_code, words_of(Client().get(PAGE))]
    public.incident.make_visible(by=lena)
    shown = Client().get(one).status_code
    public.withdraw(by=mei)

    assert hidden[0] == 404
    assert "Everything works" in hidden[1]
    assert "Pay by card Working" in hidden[1]
    assert (shown, Client().get(one).status_code) == (200, 404)


def test_maintenance_begins_and_ends_by_the_clock(status_page, ada):
    card = Component.objects.get(slug="card")
    now = timezone.now()
    times = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)}
    Maintenance.plan(by=ada, title="We move the database", text="No paying.", components=[card], **times)
    scheduled = json.loads(Client().get(f"{PAGE}api/v2/scheduled-maintenances/upcoming.json").content)
    before = words_of(Client().get(PAGE))
    Maintenance.objects.update(starts_at=now - timedelta(hours=1))
    during = json.loads(Client().get(f"{PAGE}api/v2/summary.json").content)
    Maintenance.objects.update(ends_at=now - timedelta(minutes=1))
    after = words_of(Client().get(f"{PAGE}maintenance/"))

    assert "Everything works" in before
    assert "We move the database Scheduled" in before
    assert scheduled["scheduled_maintenances"][0]["status"] == "scheduled"
    assert during["status"] == {"indicator": "maintenance", "description": "Service Under Maintenance"}
    assert during["scheduled_maintenances"][0]["status"] == "in_progress"
    assert during["components"][0]["status"] == "under_maintenance"
    assert "Nothing is planned. Done We move the database Completed" in after


def test_it_is_small_cacheable_and_leaves_nothing_behind(public, lena, mei, ada, signed_in):
    """However much there is to tell, and whoever asks: few questions, one answer for all, no cookie."""
    with counted() as few:
        Client().get(PAGE)
    for number in range(18):
        Component.add(
            by=ada, slug=f"part-{number}", name=f"Do something very particular {number}", description="x" * 80
        )
    Component.objects.update(since=timezone.now() - timedelta(days=400))
    parts = list(Component.objects.shown())
    for number in range(4):
        incident = declare_incident(lena, f"Other {number}")
        PublicIncident.publish(incident, "y" * 150, by=mei, impacts=dict.fromkeys(parts[:9], "partial"), waiver="Alone")
        for _ in range(4):
            StatusUpdate.publish(incident, "customers", dict.fromkeys(CUSTOMERS, "z" * 300), by=mei, waiver="Alone")
    with counted() as many:
        first = Client().get(PAGE)

    assert len(first.content) < 60_000
    assert len(many) == len(few) <= 12
    for browser in (Client(), signed_in(lena)):
        answer = browser.get(PAGE)
        assert (answer["ETag"], answer.cookies, answer.has_header("Vary")) == (first["ETag"], {}, False)
        assert answer["Cache-Control"] == "public, max-age=15, stale-while-revalidate=120, stale-if-error=86400"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "style=" not in answer.content.decode()
        scripts = re.findall(r"<script.*?</script>", answer.content.decode())
        assert len(scripts) == 2
        assert all(re.fullmatch(r'<script type="module" src="/static/\S+\.js"></script>', each) for each in scripts)
        unchanged = browser.get(PAGE, headers={"If-None-Match": first["ETag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    PublicIncident.objects.get(pk=public.pk).change(by=mei, state="identified")
    assert Client().get(PAGE, headers={"If-None-Match": first["ETag"]}).status_code == 200


# --- For programs and feed readers ---------------------------------------------------------------------------


def test_programs_read_it_in_the_shape_they_know(public, mei):
    summary = Client().get(f"{PAGE}api/v2/summary.json")
    said = json.loads(summary.content)

    assert summary["Access-Control-Allow-Origin"] == "*"
    assert set(said) == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    assert said["page"]["url"] == "http://127.0.0.1:8000/status/acme"
    assert said["status"] == {"indicator": "critical", "description": "Major System Outage"}
    assert [(each["name"], each["status"]) for each in said["components"]] == [
        ("Pay by card", "major_outage"),
        ("Search the shop", "operational"),
    ]
    (incident,) = said["incidents"]
    assert (incident["id"], incident["name"], incident["impact"]) == (public.code, "Paying takes long", "critical")
    assert incident["incident_updates"][0]["body"].startswith("Paying by card takes long.\n\nWhat we are doing: ")
    assert [each["status"] for each in incident["incident_updates"]] == ["investigating", "investigating"]
    assert [each["name"] for each in incident["components"]] == ["Pay by card"]
    assert incident["resolved_at"] is None
    public.change(by=mei, state="resolved")
    for name, key, count in (("incidents", "incidents", 1), ("incidents/unresolved", "incidents", 0)):
        assert len(json.loads(Client().get(f"{PAGE}api/v2/{name}.json").content)[key]) == count
    status = json.loads(Client().get(f"{PAGE}api/v2/status.json").content)
    assert status["status"] == {"indicator": "none", "description": "All Systems Operational"}


def test_feed_readers_get_every_post_once(public):
    rss, atom = Client().get(f"{PAGE}history.rss"), Client().get(f"{PAGE}history.atom")
    items, entries = xml(rss).findall("channel/item"), xml(atom).findall(f"{ATOM}entry")

    assert rss["Content-Type"].startswith("application/rss+xml")
    assert atom["Content-Type"].startswith("application/atom+xml")
    assert [each.findtext("title") for each in items] == ["Paying takes long: Investigating"] * 2
    assert "We use another <b>provider</b>." in items[0].findtext("description")
    ids = [each.findtext("guid") for each in items]
    assert ids == [each.findtext(f"{ATOM}id") for each in entries]
    assert len(set(ids)) == 2
    assert all(each.startswith(f"http://127.0.0.1:8000/status/acme/incidents/{public.code}/#") for each in ids)
    # A stranger's reader, too.
    for answer, version in ((rss, "rss20"), (atom, "atom10")):
        read = feedparser.parse(answer.content)
        assert (read.bozo, read.version, [each.id for each in read.entries]) == (False, version, ids)
        assert all(each.published_parsed or each.updated_parsed for each in read.entries)


# --- A host name of one's own -----------------------------------------------------------------------------------


def test_a_host_name_of_ones_own_shows_the_page_and_nothing_else(public, acme, ada, lena, signed_in):
    StatusPage.arrange(acme, by=ada, host="status.acme.test")
    browser = signed_in(lena)

    def at_host(path):
        return browser.get(path, headers={"Host": "status.acme.test"})

    page = at_host("/")
    assert page.status_code == 200
    assert page.content == Client().get(PAGE).content
    assert at_host(f"/incidents/{public.code}/").status_code == 200
    assert json.loads(at_host("/api/v2/summary.json").content)["page"]["url"] == "http://status.acme.test"
    for inside in (
        "/o/acme/",
        "/admin/",
        "/accounts/login/",
        "/api/v1/incidents/",
        "/status/acme/",
        "/healthz",
        "/odd",
    ):
        assert at_host(inside).status_code == 404, inside
    assert at_host("/static/css/tokens.css").status_code == 200
    assert Client().get("/", headers={"Host": "status.other.test"}).status_code == 400
    StatusPage.arrange(acme, by=ada, published=False)
    assert at_host("/").status_code == 404


# --- When nothing else is up -----------------------------------------------------------------------------------


def test_without_the_database_the_last_copy_is_shown_and_says_how_old_it_is(public, acme, ada):
    StatusPage.arrange(acme, by=ada, host="status.acme.test")
    publish_status_snapshot(acme.pk)
    alive = Client().get(PAGE)
    taken = StatusPage.objects.get().copied_at
    with connection.execute_wrapper(nothing_answers):
        copied = Client().get(PAGE)
        at_host = Client().get("/", headers={"Host": "status.acme.test"})
        feed = Client().get(f"{PAGE}history.rss")
        summary = Client().get(f"{PAGE}api/v2/summary.json")
        missing = Client().get("/status/nobody/")
        sneaky = Client().get("/status/acme/incidents/..%2F..%2Fhosts/")
        signing_up = Client().post(f"{PAGE}subscribe/", {"email": "kim@customer.test"})

    assert "This is a copy from" not in words_of(alive)
    assert copied.status_code == at_host.status_code == 200
    assert f"This is a copy from {timezone.localtime(taken):%-d %b %Y, %H:%M} UTC." in words_of(copied)
    assert "Something does not work" in words_of(copied)
    assert "This is a copy" in words_of(at_host)
    assert len(xml(feed).findall("channel/item")) == 2
    assert json.loads(summary.content)["status"]["indicator"] == "critical"
    assert summary["X-Copied-At"] == taken.isoformat()
    assert (missing.status_code, sneaky.status_code, signing_up.status_code) == (503, 404, 503)
    # For a moment it is left alone; then it is asked again.
    assert "This is a copy" in words_of(Client().get(PAGE))
    Database.away_until = 0.0
    assert "This is a copy" not in words_of(Client().get(PAGE))


def test_copies_follow_what_is_public(
    public, acme, ada, mei, tmp_path, django_capture_on_commit_callbacks, monkeypatch
):
    rung = []
    monkeypatch.setattr("notifications.doorbell.ring", lambda *ring: rung.append(ring))
    ring = ("notifications.tasks.publish_status_snapshot", acme.pk)
    now = timezone.now()
    assert snapshots.due(now) == [acme.pk]
    publish_status_snapshot(acme.pk)
    publish_status_snapshot(acme.pk)
    home = tmp_path / "status/acme"
    assert len([each for each in home.iterdir() if not each.is_symlink()]) == 1
    assert snapshots.due(now) == []
    assert snapshots.due(timezone.now() + timedelta(seconds=90)) == [acme.pk]

    with django_capture_on_commit_callbacks(execute=True):
        public.withdraw(by=mei)
    assert ring in rung
    assert snapshots.due(timezone.now()) == [acme.pk]
    publish_status_snapshot(acme.pk)
    assert snapshots.read("acme", f"incidents/{public.code}/index.html") is None
    assert snapshots.read("acme", "index.html")
    assert snapshots.read("../acme", "index.html") is None
    assert snapshots.read("acme", "../../hosts/x") is None
    StatusPage.arrange(acme, by=ada, published=False)
    publish_status_snapshot(acme.pk)
    assert snapshots.read("acme", "index.html") is None
