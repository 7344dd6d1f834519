"""Planned work, brought to those who subscribed: each word once, in order, to who wants the parts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from incidents.models.updates import TAKE_BACK
from notifications import maintenance_news, tick
from notifications.models import Component, Delivery, Maintenance, MaintenanceWord, StatusPage, Subscriber
from notifications.public_door import Database
from teams.errors import Refused
from teams.models import AuditEntry, Membership
from teams.tenancy import acting_in
from tests.incidents.pages import all_at_once, words_of

PAGE = "/status/acme/"
SETTINGS = "/o/acme/settings/status-page/"
KIM, PHONE = "kim@customer.test", "+4915112345678"
NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
MOVE = "We move the database"


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Database.away_until = 0.0


@pytest.fixture
def clock():
    """Monday noon; ours to move."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def status_page(clock, acme, ada):
    acme.time_zone = "Europe/Berlin"
    acme.save(update_fields=["time_zone"])
    StatusPage.arrange(acme, by=ada, name="Acme", published=True)
    Component.add(by=ada, slug="card", name="Pay by card")
    Component.add(by=ada, slug="search", name="Search the shop", position=1)
    return StatusPage.of(acme)


@pytest.fixture
def plan(status_page, ada):
    """Three days from now, for two hours, about paying by card, unless the test says otherwise."""

    def planned(after=timedelta(days=3), length=timedelta(hours=2), **fields):
        begin = timezone.now() + after
        parts = [Component.objects.get(slug=slug) for slug in fields.pop("parts", ("card",))]
        fields = {"title": MOVE, "text": "No paying by card.", **fields}
        return Maintenance.plan(by=ada, starts_at=begin, ends_at=begin + length, components=parts, **fields)

    return planned


def listen(address=KIM, *slugs, channel="email"):
    subscriber = Subscriber.sign_up(channel, address, list(Component.objects.filter(slug__in=slugs)))
    subscriber.confirm(subscriber.turn)
    return subscriber


def subjects(mailoutbox, address=KIM):
    """What arrived, after two passes: the second has nothing to do."""
    tick.run()
    before = len(mailoutbox)
    tick.run()
    assert len(mailoutbox) == before
    return [
        mail.subject.removeprefix("[Acme] ").removesuffix(f": {MOVE}") for mail in mailoutbox if mail.to == [address]
    ]


# --- Hearing ------------------------------------------------------------------------------------------------


def test_each_subscriber_of_a_part_hears_each_word_once(plan, clock, mailoutbox):
    listen(), listen("card@customer.test", "card"), listen("search@customer.test", "search")
    Subscriber.sign_up("email", "waiting@customer.test")
    plan()
    seen = []
    for moment in (0, 47.9, 48.1, 71.9, 72, 73.9, 74, 200):
        clock.move_to(NOON + timedelta(hours=moment))
        seen.append(len(subjects(mailoutbox)))

    heard = ["Planned maintenance", "Maintenance soon", "Maintenance has begun", "Maintenance is over"]
    assert seen == [1, 1, 2, 2, 3, 3, 4, 4]
    assert subjects(mailoutbox) == subjects(mailoutbox, "card@customer.test") == heard
    assert subjects(mailoutbox, "search@customer.test") == subjects(mailoutbox, "waiting@customer.test") == []
    announced, *_, over = (mail.body for mail in mailoutbox if mail.to == [KIM])
    assert "When: 10 Jan 2030, 13:00 to 15:00 CET" in announced
    assert "May not work meanwhile: Pay by card" in announced
    assert "No paying by card." in announced
    window = Maintenance.objects.get()
    assert f"http://127.0.0.1:8000/status/acme/maintenance/#{window.code}" in announced
    assert "It was planned for: 10 Jan 2030, 13:00 to 15:00 CET" in over
    assert "No paying by card." not in over
    assert "Ada" not in announced + over
    for mail in mailoutbox:
        assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.extra_headers["References"] == mailoutbox[0].extra_headers["References"] != ""


def test_by_text_message_it_is_said_shortly(plan, sms_gateway):
    listen(PHONE, channel="sms")
    plan(title="x" * 160, text="y" * 2000)
    tick.run()

    (text,) = sms_gateway.requests
    assert text["to"] == PHONE
    assert text["text"].startswith("Acme: xxx")
    assert len(text["text"]) <= 300
    assert f"maintenance/#{Maintenance.objects.get().code}" in text["text"]


@pytest.mark.parametrize(
    ("hours", "reminded"), [(72, 24), (48, 24), (47, 1), (2, 1), (1.9, None), (-1, None)], ids=str
)  # fmt: skip
def test_people_are_reminded_a_day_before_or_an_hour_and_never_right_after_they_were_told(plan, hours, reminded):
    window = plan(after=timedelta(hours=hours))
    words = {word.kind: word.due_at for word in window.words.all()}

    assert words.get("reminded") == (window.starts_at - timedelta(hours=reminded) if reminded else None)
    assert ("started" in words) == (hours > 0)
    assert words["finished"] == window.ends_at


def test_after_an_outage_only_the_newest_is_said(plan, clock, mailoutbox):
    listen()
    plan()
    clock.move_to(NOON + timedelta(hours=72, minutes=5))
    assert subjects(mailoutbox) == ["Maintenance has begun"]
    clock.move_to(NOON + timedelta(days=30))
    assert subjects(mailoutbox) == ["Maintenance has begun"]
    assert not MaintenanceWord.objects.filter(settled_at=None).exists()
    reasons = Delivery.objects.filter(state="suppressed").values_list("reason", flat=True)
    assert set(reasons) == {"Superseded by something newer about the same."}


def test_eight_schedulers_at_once_tell_it_once(committed_acme, clock, mailoutbox):
    with acting_in(committed_acme):
        ada = Membership.objects.with_people().get(person__email="ada@acme.test")
        StatusPage.arrange(committed_acme, by=ada, name="Acme", published=True)
        card = Component.add(by=ada, slug="card", name="Pay by card")
        listen()
        begin = timezone.now() + timedelta(days=3)
        window = Maintenance.plan(
            by=ada, title=MOVE, text="", starts_at=begin, ends_at=begin + timedelta(hours=2), components=[card]
        )
        word = window.words.get(kind="announced")

    told = all_at_once(lambda: maintenance_news.tell(committed_acme.pk, word.pk, NOON))

    assert told.count(True) == 1
    with acting_in(committed_acme):
        assert Delivery.objects.count() == 1
    tick.run()
    assert [mail.to for mail in mailoutbox].count([KIM]) == 1


def test_a_worker_that_ends_in_the_middle_leaves_it_to_the_next(plan, mailoutbox, monkeypatch):
    listen()
    plan()
    with monkeypatch.context() as broken:
        broken.setattr(maintenance_news.Delivery.objects, "bulk_create", lambda *args, **kwargs: 1 / 0)
        tick.run()
    assert Delivery.objects.count() == 0
    maintenance_news._troubled.clear()

    assert subjects(mailoutbox) == ["Planned maintenance"]


def test_the_same_is_not_planned_twice_and_something_else_is(plan, ada, mailoutbox):
    listen()
    first = plan()

    assert plan() == first
    assert subjects(mailoutbox) == ["Planned maintenance"]
    others = [plan(parts=("card", "search")), plan(text="For an hour."), plan(length=timedelta(hours=1))]
    first.cancel(by=ada)
    assert len({first.pk, plan().pk, *(each.pk for each in others)}) == 5


# --- Taking back, moving, cancelling ---------------------------------------------------------------------------


def test_what_can_be_taken_back_is_neither_shown_nor_told(plan, ada, clock, mailoutbox):
    listen()
    window = plan(hold=TAKE_BACK)
    assert subjects(mailoutbox) == []
    assert MOVE not in words_of(Client().get(f"{PAGE}maintenance/"))
    assert MOVE not in Client().get(f"{PAGE}calendar.ics").content.decode()
    window.cancel(by=ada)

    clock.shift(60)
    assert subjects(mailoutbox) == []
    assert MOVE not in Client().get(f"{PAGE}calendar.ics").content.decode()
    assert not window.words.exists()


def test_what_is_put_right_before_it_left_is_said_once_and_right(plan, ada, clock, mailoutbox):
    listen(KIM, "search")
    window = plan(hold=TAKE_BACK)
    clock.shift(9)
    search = Component.objects.get(slug="search")
    window.change(by=ada, title="We move the search", components=[search], hold=TAKE_BACK)
    clock.shift(9)
    assert subjects(mailoutbox) == []
    clock.shift(1)

    assert subjects(mailoutbox) == ["Planned maintenance: We move the search"]
    assert "We move the search" in words_of(Client().get(PAGE))


def test_what_is_moved_is_told_with_both_times_and_the_clock_follows(plan, ada, clock, mailoutbox):
    listen()
    window = plan()
    assert subjects(mailoutbox) == ["Planned maintenance"]
    day = timedelta(days=1)
    window.change(by=ada, starts_at=window.starts_at + day, ends_at=window.ends_at + day, hold=TAKE_BACK)
    assert subjects(mailoutbox) == ["Planned maintenance"]
    clock.shift(10)
    assert subjects(mailoutbox)[1:] == ["Maintenance moved"]
    moved = mailoutbox[-1].body
    assert "When: 11 Jan 2030, 13:00 to 15:00 CET" in moved
    assert "Before it was planned for 10 Jan 2030, 13:00 to 15:00 CET" in moved
    clock.move_to(NOON + timedelta(hours=73))
    assert subjects(mailoutbox)[2:] == ["Maintenance soon"]
    clock.move_to(NOON + timedelta(hours=97))
    # Nobody has said yet that it has begun: what people say now takes the place of that.
    window.change(by=ada, ends_at=window.ends_at + timedelta(hours=1))
    assert subjects(mailoutbox)[3:] == ["Maintenance moved"]
    clock.move_to(NOON + timedelta(hours=98))
    assert subjects(mailoutbox)[4:] == []
    clock.move_to(NOON + timedelta(hours=99))
    assert subjects(mailoutbox)[4:] == ["Maintenance is over"]


def test_a_start_that_stays_is_told_although_the_end_was_moved(plan, ada, clock, mailoutbox):
    listen()
    window = plan(after=timedelta(hours=1))
    tick.run()
    window.change(by=ada, ends_at=window.ends_at + timedelta(hours=1))
    tick.run()
    clock.shift(3601)

    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance moved", "Maintenance has begun"]


def test_who_wanted_a_part_that_it_is_not_about_any_more_hears_that(plan, ada, mailoutbox):
    listen(KIM, "card"), listen("search@customer.test", "search")
    window = plan()
    tick.run()
    window.change(by=ada, components=[Component.objects.get(slug="search")])

    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance changed"]
    assert subjects(mailoutbox, "search@customer.test") == ["Maintenance changed"]
    assert "May not work meanwhile: Search the shop" in mailoutbox[-1].body


def test_what_is_cancelled_is_told_once_and_the_clock_keeps_silent(plan, ada, clock, mailoutbox):
    listen()
    window = plan()
    tick.run()
    window.cancel(by=ada)
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance cancelled"]
    clock.move_to(NOON + timedelta(days=4))

    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance cancelled"]
    for act in (window.cancel, window.change):
        with pytest.raises(Refused):
            act(by=ada)


def test_a_word_that_waits_gives_way_to_what_was_said_since(plan, ada, acme, mailoutbox):
    """The mail server was away: what comes when it is back is the last word, and nothing before it."""
    listen()
    window = plan()
    maintenance_news.tell_all(timezone.now())
    assert Delivery.objects.get().state == "pending"
    window.cancel(by=ada)

    assert subjects(mailoutbox) == ["Maintenance cancelled"]
    first, second = Delivery.objects.order_by("pk")
    assert (first.state, first.reason) == ("suppressed", "Superseded by something newer about the same.")
    assert second.state == "accepted"


def test_nobody_hears_of_it_while_the_page_is_not_published(plan, acme, ada, mailoutbox):
    listen()
    plan(title="First")
    maintenance_news.tell_all(timezone.now())
    StatusPage.arrange(acme, by=ada, published=False)
    plan(title="Second")

    assert subjects(mailoutbox) == []
    assert Delivery.objects.get().reason == "No longer on the status page."


def test_whoever_left_hears_no_more_of_it(plan, mailoutbox):
    listener = listen()
    plan()
    maintenance_news.tell_all(timezone.now())
    listener.leave()

    assert subjects(mailoutbox) == []
    assert Delivery.objects.get().reason == "No longer subscribed."


# --- For administrators ------------------------------------------------------------------------------------------


def test_administrators_move_and_cancel_it_on_the_page(plan, ada, tariq, signed_in, clock, mailoutbox):
    listen()
    browser = signed_in(ada)
    form = {"title": MOVE, "text": "", "starts_at": "2030-01-10T13:00", "ends_at": "2030-01-10T15:00"}
    first = browser.get(f"{SETTINGS}maintenance/new/")
    planned = browser.post(f"{SETTINGS}maintenance/new/", form, follow=True)
    window = Maintenance.objects.get()
    address = f"{SETTINGS}maintenance/{window.pk}/"
    waits = words_of(browser.get(SETTINGS))
    clock.shift(11)
    tick.run()
    same = browser.post(address, form)
    wrong = browser.post(address, {**form, "ends_at": "2030-01-10T12:00"})
    moved = browser.post(address, {**form, "starts_at": "2030-01-10T14:00"}, follow=True)

    assert "1 by e-mail, 0 by SMS, fewer where they chose other parts" in words_of(first)
    assert "It is announced in 10 seconds. Until then, nobody hears of it." in words_of(planned)
    assert f"{MOVE} Not announced yet" in waits
    assert "Take it back" in waits
    assert "Cancel it" in words_of(browser.get(SETTINGS))
    assert (same.status_code, wrong.status_code) == (422, 422)
    assert "That is what it says already." in words_of(same)
    assert "It has to end after it begins." in words_of(wrong)
    assert 'value="2030-01-10T12:00"' in wrong.content.decode()
    assert "Subscribers hear of it in 10 seconds." in words_of(moved)
    window.refresh_from_db()
    assert (window.starts_at, window.version) == (datetime(2030, 1, 10, 14, tzinfo=UTC), 1)
    assert signed_in(tariq).get(address).status_code == signed_in(tariq).post(address, form).status_code == 409
    clock.shift(11)
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance moved"]
    log = words_of(browser.get("/o/acme/deliveries/"))
    assert f"[Acme] Maintenance moved: {MOVE}" in log
    assert "you subscribed to the status page of Acme" in log
    assert AuditEntry.objects.filter(act="maintenance_changed").count() == 1


def test_programs_move_it_and_cancel_it(plan, ada, tariq, program, mailoutbox):
    listen()
    window = plan()
    tick.run()
    address = f"/status-page/maintenances/{window.pk}/"
    later = {"starts_at": "2030-01-11T12:00:00Z", "ends_at": "2030-01-11T13:00:00Z"}
    moved = [program(ada).patch(address, later) for _ in range(2)]

    assert [each.status_code for each in moved] == [200, 200]
    assert moved[0].json()["starts_at"] == "2030-01-11T12:00:00Z"
    assert program(ada).patch(address, {"ends_at": "2030-01-11T11:00:00Z"}).json()["code"] == "ends_before_start"
    assert program(tariq).patch(address, later).json()["code"] == "administrators_only"
    assert program(ada).patch(address, {"components": ["search"]}).json()["components"] == ["search"]
    assert [program(ada).delete(address).status_code for _ in range(2)] == [204, 204]
    assert program(ada).patch(address, later).json()["code"] == "cancelled"
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance cancelled"]


def test_what_is_done_early_is_ended_and_told_as_over_once(plan, ada, tariq, signed_in, clock, mailoutbox):
    listen(), listen("search@customer.test", "search")
    window = plan()
    address = f"{SETTINGS}maintenance/{window.pk}/end/"
    tick.run()
    browser = signed_in(ada)
    early = browser.post(address)
    before = words_of(browser.get(SETTINGS))
    clock.move_to(NOON + timedelta(hours=72, minutes=30))
    # The end was moved a moment ago, and nobody has heard that yet: it is of no interest any more.
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance has begun"]
    window.change(by=ada, ends_at=window.ends_at + timedelta(hours=1), hold=TAKE_BACK)
    during = words_of(browser.get(SETTINGS))
    assert signed_in(tariq).post(address).status_code == 409
    ended, again = signed_in(ada).post(address, follow=True), signed_in(ada).post(address)

    assert (early.status_code, "has not begun" in words_of(early)) == (409, True)
    assert "End it now" not in before
    assert "End it now" in during
    assert "It is over. Whoever heard of it hears that now." in words_of(ended)
    assert (again.status_code, "This maintenance is over." in words_of(again)) == (409, True)
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance has begun", "Maintenance is over"]
    assert "It was planned for: 10 Jan 2030, 13:00 to 16:00 CET" in mailoutbox[-1].body
    assert "It ended early, at 10 Jan 2030, 13:30 CET" in mailoutbox[-1].body
    for moment in (73, 74, 75, 76):
        clock.move_to(NOON + timedelta(hours=moment))
        assert len(subjects(mailoutbox)) == 3
    assert subjects(mailoutbox, "search@customer.test") == []
    calendar = Client().get(f"{PAGE}calendar.ics").content.decode()
    assert "DTEND:20300110T123000Z" in calendar
    assert "SEQUENCE:2" in calendar
    assert AuditEntry.objects.filter(act="maintenance_ended").count() == 1


def test_what_nobody_has_heard_of_ends_in_silence(plan, ada, clock, mailoutbox):
    listen()
    window = plan(after=timedelta(seconds=1))
    clock.shift(2)
    window.end(by=ada)
    clock.shift(7200)

    assert subjects(mailoutbox) == []


def test_programs_end_it(plan, ada, tariq, program, clock, mailoutbox):
    listen()
    window = plan()
    tick.run()
    address = f"/status-page/maintenances/{window.pk}/end/"
    assert program(ada).post(address).json()["code"] == "not_begun"
    clock.move_to(NOON + timedelta(hours=73))
    tick.run()
    assert program(tariq).post(address).json()["code"] == "administrators_only"
    assert program(ada).post(address).json()["ends_at"] == "2030-01-10T13:00:00Z"
    assert program(ada).post(address).json()["code"] == "in_past"
    assert subjects(mailoutbox) == ["Planned maintenance", "Maintenance has begun", "Maintenance is over"]
    cancelled = plan()
    cancelled.cancel(by=ada)
    assert program(ada).post(f"/status-page/maintenances/{cancelled.pk}/end/").json()["code"] == "cancelled"
