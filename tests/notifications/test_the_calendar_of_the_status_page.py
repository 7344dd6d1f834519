"""The calendar of planned work: what other programs read, and how it follows what is moved and cancelled."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from notifications import snapshots
from notifications.models import Component, Maintenance, PublicIncident, StatusPage
from notifications.public_door import Database

CALENDAR = "/status/acme/calendar.ics"
NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


@pytest.fixture
def status_page(acme, ada, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Database.away_until = 0.0
    with time_machine.travel(NOON, tick=False):
        StatusPage.arrange(acme, by=ada, name="Acme", published=True)
        Component.add(by=ada, slug="card", name="Pay by card")
        yield StatusPage.of(acme)


@pytest.fixture
def window(status_page, ada):
    times = {"starts_at": NOON + timedelta(days=3), "ends_at": NOON + timedelta(days=3, hours=2)}
    card = [Component.objects.get(slug="card")]
    return Maintenance.plan(by=ada, title="We move, now; all \\ of it", text="One\r\nTwo", components=card, **times)


def events():
    """`[{name: value}]` as RFC 5545 has them read: unfolded, one property a line."""
    answer = Client().get(CALENDAR)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n")
    lines = answer.content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    found, current = [], None
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            current = {}
            found.append(current)
        elif line == "END:VEVENT":
            current = None
        elif current is not None:
            assert name not in current
            current[name] = value
    return found


def test_a_window_is_an_event_that_follows_it_to_the_end(window, ada):
    (first,) = events()
    window.change(by=ada, starts_at=NOON + timedelta(days=4), ends_at=NOON + timedelta(days=4, hours=1))
    (moved,) = events()
    window.cancel(by=ada)
    (cancelled,) = events()

    assert (first["DTSTART"], first["DTEND"]) == ("20300110T120000Z", "20300110T140000Z")
    assert first["SUMMARY"] == r"Acme: We move\, now\; all \\ of it"
    assert first["DESCRIPTION"] == r"One\nTwo\n\nMay not work meanwhile: Pay by card"
    assert first["URL"] == f"http://127.0.0.1:8000/status/acme/maintenance/#{window.code}"
    assert (moved["DTSTART"], moved["DTEND"]) == ("20300111T120000Z", "20300111T130000Z")
    assert [(each["SEQUENCE"], each["STATUS"]) for each in (first, moved, cancelled)] == [
        ("0", "CONFIRMED"),
        ("1", "CONFIRMED"),
        ("2", "CANCELLED"),
    ]
    assert len({each["UID"] for each in (first, moved, cancelled)}) == 1


def test_what_people_write_stays_a_text(status_page, ada):
    """Whatever stands in a title, it begins no line of its own, and letters are not cut in two."""
    times = {"starts_at": NOON + timedelta(days=1), "ends_at": NOON + timedelta(days=2)}
    text = "ä€😀" * 200 + "\r\nEND:VEVENT\nBEGIN:VEVENT\rATTENDEE:x\x0b\u2028"
    Maintenance.plan(by=ada, title="Größer", text=text, **times)

    (event,) = events()
    assert event["SUMMARY"] == "Acme: Größer"
    assert event["DESCRIPTION"] == "ä€😀" * 200 + r"\nEND:VEVENT\nBEGIN:VEVENT\nATTENDEE:x"


def test_it_is_cacheable_public_and_there_when_the_database_is_away(window, acme, ada, lena, signed_in, monkeypatch):
    first = Client().get(CALENDAR)
    again = signed_in(lena).get(CALENDAR, headers={"If-None-Match": first["ETag"]})
    snapshots.write(acme)
    Database.away_until = float("inf")
    copied = Client().get(CALENDAR)
    Database.away_until = 0.0
    StatusPage.arrange(acme, by=ada, published=False)

    assert (again.status_code, again.cookies, again.has_header("Vary")) == (304, {}, False)
    assert first["Cache-Control"].startswith("public, max-age=15")
    assert (copied.status_code, copied.content) == (200, first.content)
    assert Client().get(CALENDAR).status_code == 404
    assert not PublicIncident.objects.exists()


def test_the_pages_lead_to_it(window):
    for page in ("", "maintenance/", "subscribe/"):
        assert 'href="' + "../" * bool(page) + "./" * (not page) + 'calendar.ics"' in (
            Client().get(f"/status/acme/{page}").content.decode()
        )
