"""How often an audience hears: the first word soon, then neither too seldom nor too often, and what was promised."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.guards import Facts, gaps_of
from incidents.models import Obligation, RoleAssignment, StatusUpdate, UpdateDraft
from incidents.room import IncidentRoom
from playbooks.models import Cadence, Severity
from teams.errors import Refused
from tests.factories import (
    declare_incident,
    give_estimate,
    open_workstream,
    raise_decision,
    raise_finding,
    say_what_we_know,
    try_fix,
)
from tests.incidents.pages import field_of, last_entry, url_of, words_of

TWO_AM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CUSTOMERS = {"what_is_happening": "Cards fail.", "what_we_are_doing": "We roll back."}


@pytest.fixture
def clock():
    with time_machine.travel(TWO_AM, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena, mei):
    incident = declare_incident(lena, severity="sev2")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


def minutes(number):
    return TWO_AM + timedelta(minutes=number)


def due(incident, audience="customers"):
    return incident.obligations.live().get(audience=audience).due_at


def tell(incident, by, what="Cards fail.", **how):
    """Something that has just been found."""
    if incident.is_open:
        raise_finding(incident, what, by=by)
    body = CUSTOMERS | {"what_is_happening": what}
    return StatusUpdate.publish(incident, "customers", body, by=by, **how)


def severity(slug):
    return Severity.objects.get(slug=slug)


def test_the_first_word_to_customers_is_owed_sooner_than_the_next(incident, mei, clock):
    assert due(incident) == minutes(15)
    assert due(incident, "leadership") == minutes(60)
    clock.shift(timedelta(minutes=10))
    tell(incident, mei)
    assert due(incident) == minutes(70)


def test_worse_brings_it_forward_and_says_so_and_milder_keeps_the_promise(incident, lena, mei, clock):
    clock.shift(timedelta(minutes=1))
    tell(incident, mei, next_update_at=minutes(50))
    clock.shift(timedelta(minutes=4))

    worse = incident.change_severity(severity("sev1"), by=lena)
    assert due(incident) == minutes(31)
    assert {"audience": "customers", "before": minutes(50).isoformat(), "after": minutes(31).isoformat()} in (
        worse.details["moved"]
    )
    milder = incident.change_severity(severity("sev3"), by=lena)
    assert due(incident) == minutes(31)
    assert "moved" not in milder.details


def test_nobody_is_told_too_often_without_a_reason(incident, lena, mei, clock):
    Cadence.objects.filter(audience="customers", severity=incident.severity).update(minimum_minutes=30)
    tell(incident, mei, "First.")
    clock.shift(timedelta(minutes=29))
    with pytest.raises(Refused, match="heard 29 minutes ago, and hear at most every 30") as refused:
        tell(incident, mei, "Second.")
    assert (refused.value.code, refused.value.waivable) == ("update_too_soon", True)

    waived = tell(incident, mei, "Second.", waiver="The cause is known")
    assert (waived.details["waiver"], waived.details["waived"]) == ("The cause is known", ["update_too_soon"])
    clock.shift(timedelta(minutes=30))
    assert "waived" not in tell(incident, mei, "Third.").details
    incident.refresh_from_db()
    incident.resolve(by=lena)
    assert tell(incident, mei, "It is over.")


def test_a_correction_and_other_audiences_do_not_wait(incident, mei):
    entry = tell(incident, mei)
    update = incident.updates.get(pk=entry.details["update"])

    assert update.correct(CUSTOMERS | {"what_is_happening": "Cards fail in Europe."}, by=mei, reason="Europe only")
    for text in ("One.", "Two."):
        raise_finding(incident, text, by=mei)
        StatusUpdate.publish(incident, "technical", {"text": text}, by=mei)


def test_no_change_says_why_is_counted_and_reaches_the_lead(incident, lena, mei, clock):
    tell(incident, mei, "Cards fail.")
    counted = []
    for because in ("We wait for the bank", "Still the bank"):
        clock.shift(timedelta(minutes=31))
        entry = StatusUpdate.publish(incident, "customers", {}, by=mei, no_change=because)
        counted.append((entry.details["no_change"], entry.details["unchanged_times"], entry.details["body"]))
    (gap,) = [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "nothing_new"]
    asked = [need.sentence for need in IncidentRoom(incident, lena).needs if need.kind == "unchanged"]

    assert counted == [("We wait for the bank", 1, CUSTOMERS), ("Still the bank", 2, CUSTOMERS)]
    assert (gap.owner_role, gap.message) == ("lead", "Customers heard 2 times in a row that nothing has changed.")
    assert asked == ["Customers heard 2 times in a row that nothing has changed"]
    assert not [need for need in IncidentRoom(incident, mei).needs if need.kind == "unchanged"]
    clock.shift(timedelta(minutes=31))
    tell(incident, mei, "Half of them work again.")
    assert not [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "nothing_new"]


def test_no_change_with_nothing_said_before_is_no_update(incident, mei):
    with pytest.raises(Refused) as refused:
        StatusUpdate.publish(incident, "customers", {}, by=mei, no_change="We wait")

    assert refused.value.code == "incomplete"


# --- Something new, or “no change” ------------------------------------------------------------------------------


def test_an_update_without_news_says_why_nothing_has_changed_or_what_is_not_on_record(incident, mei, clock):
    tell(incident, mei, "Cards fail.")
    clock.shift(timedelta(minutes=31))
    for body in (CUSTOMERS, CUSTOMERS | {"what_is_happening": "It goes on."}):
        with pytest.raises(Refused) as refused:
            StatusUpdate.publish(incident, "customers", body, by=mei)
        assert (refused.value.code, refused.value.waivable) == ("update_without_news", True)
        assert refused.value.offers == ("no_change",)

    waived = StatusUpdate.publish(incident, "customers", body, by=mei, waiver="The bank called")
    unchanged = StatusUpdate.publish(incident, "customers", body, by=mei, no_change="We wait for the bank")
    assert (waived.details["waiver"], waived.details["waived"]) == ("The bank called", ["update_without_news"])
    assert (waived.details.get("unchanged_times", 0), unchanged.details["unchanged_times"]) == (0, 1)
    assert "waived" not in unchanged.details


def test_whatever_changes_what_can_be_said_is_news(incident, lena, mei):
    def roll_back():
        decision = raise_decision(incident, "coordination", by=lena)
        decision.decide("Roll back", by=lena)

    news = (
        lambda: raise_finding(incident, by=mei),
        lambda: say_what_we_know(incident, by=lena),
        roll_back,
        lambda: try_fix(incident, by=mei).finish("did_not_work", by=mei, result="No"),
        lambda: incident.change_status("identified", by=lena),
        lambda: incident.change_severity(severity("sev1"), by=lena),
        lambda: give_estimate(incident, by=lena),
    )
    StatusUpdate.publish(incident, "technical", {"text": "0"}, by=mei)
    for number, happens in enumerate(news, start=1):
        happens()
        assert StatusUpdate.publish(incident, "technical", {"text": str(number)}, by=mei)
        with pytest.raises(Refused):
            StatusUpdate.publish(incident, "technical", {"text": "Again"}, by=mei)


def test_what_one_may_not_know_of_is_no_news(incident, lena, mei):
    StatusUpdate.publish(incident, "technical", {"text": "Down."}, by=mei)
    secret = open_workstream(incident, "Who did it?", by=lena, restricted=True)
    raise_finding(incident, "It was one of us", by=lena, workstream=secret)

    with pytest.raises(Refused):
        StatusUpdate.publish(incident, "technical", {"text": "Still down."}, by=mei)
    assert StatusUpdate.publish(incident, "technical", {"text": "Still down."}, by=lena)


def test_the_first_word_after_the_holding_text_and_the_last_one_are_never_without_news(incident, lena, mei):
    UpdateDraft.publish_holding(incident, "customers", by=mei)
    first = StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
    incident.resolve(by=lena)
    StatusUpdate.publish(incident, "customers", CUSTOMERS | {"what_is_happening": "It is over."}, by=mei)
    last = StatusUpdate.publish(incident, "customers", CUSTOMERS | {"what_is_happening": "Over, really."}, by=mei)

    assert "waived" not in first.details | last.details


def test_a_correction_tells_nothing_new(incident, mei):
    tell(incident, mei)
    raise_finding(incident, "Europe only", by=mei)
    incident.updates.get().correct(CUSTOMERS | {"what_is_happening": "Cards fail today."}, by=mei, reason="Today")

    assert StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)


def test_the_composer_asks_why_nothing_has_changed(incident, mei, clock, signed_in):
    tell(incident, mei)
    clock.shift(timedelta(minutes=31))
    browser, place = signed_in(mei), url_of(incident, "drafts/coordination/")
    said = {"current_status": "Down.", "active_work": "Rolling back.", "estimated_resolution": "unknown"}
    form = said | {"act": "publish", "next_minutes": "30", "after": "2"}
    StatusUpdate.publish(incident, "coordination", said, by=mei)

    asked = browser.post(place, form)
    told = browser.post(place, form | {"no_change": "We wait for the bank"})

    assert (asked.status_code, told.status_code) == (409, 302)
    assert "This is what update 2 said. Say why nothing has changed" in words_of(asked)
    assert "<textarea" in field_of(asked, "waiver")
    # Either reason will do, so the browser insists on none.
    assert "required" not in field_of(asked, "waiver") + field_of(asked, "no_change")
    assert "Down.</textarea>" in asked.content.decode()
    assert "Nothing had changed: We wait for the bank" in words_of(browser.get(told.url))
    assert browser.post(place, form | {"after": "3", "waiver": "The bank called"}).status_code == 302


def test_a_program_is_asked_the_same(incident, mei, program):
    tell(incident, mei)
    place = f"/incidents/{incident.number}/updates/"
    body = {"audience": "customers", "body": CUSTOMERS}

    asked = program(mei).post(place, body)
    assert (asked.status_code, asked.json()["code"]) == (409, "update_without_news")
    assert (asked.json()["waivable"], asked.json()["offers"]) == (True, ["no_change"])
    assert program(mei).post(place, body | {"no_change": "We wait"}).json()["unchanged_times"] == 1
    assert program(mei).post(place, body | {"waiver": "The bank called"}).status_code == 201


def test_a_promised_time_moves_with_a_reason(incident, mei, tariq, stan, omar, signed_in, program):
    page, api = url_of(incident, "clocks/customers/"), f"/incidents/{incident.number}/clocks/customers/"
    body = {"due_at": minutes(40).isoformat(), "reason": "The bank answers at half past"}

    moved = program(mei).post(api, body)
    assert (moved.status_code, due(incident)) == (200, minutes(40))
    assert last_entry(incident).details["before"] == minutes(15).isoformat()
    assert signed_in(mei).post(page, {"minutes": "20", "reason": "Sooner"}).status_code == 302
    assert due(incident) == minutes(20)
    answers = {
        "another": program(tariq).post(api, body),
        "past": program(mei).post(api, body | {"due_at": minutes(-1).isoformat()}),
        "far": program(mei).post(api, body | {"due_at": minutes(20_000).isoformat()}),
        "same": program(mei).post(api, body | {"due_at": minutes(20).isoformat()}),
    }
    assert {name: answer.json()["code"] for name, answer in answers.items()} == {
        "another": "publishing_right", "past": "next_update_past", "far": "next_update_far", "same": "unchanged",
    }  # fmt: skip
    assert signed_in(mei).post(page, {"minutes": "20", "reason": ""}).status_code == 422
    assert {signed_in(who).get(page).status_code for who in (stan, omar)} == {404}
    assert due(incident) == minutes(20)


# --- The arithmetic of a clock ----------------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")
# Both nights on which clocks in Berlin are put forward and back.
NIGHTS = (datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN), datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN))
INTERVALS = st.integers(1, 1440)
EVENTS = st.lists(st.tuples(st.integers(0, 300), st.none() | INTERVALS), max_size=12)


@settings(max_examples=150, deadline=None)
@given(night=st.sampled_from(NIGHTS), first=INTERVALS, events=EVENTS)
def test_a_clock_never_promises_more_never_speaks_twice_and_never_of_the_past(night, first, events):
    """Each event is some minutes later: another severity's interval, or, without one, a scheduler that looks."""
    start = night.astimezone(UTC)
    clock = Obligation(kind="update", audience="customers", interval_minutes=first, starts_at=start)
    clock._set_due(start + timedelta(minutes=first))
    promised, now, spoken = clock.due_at, start, []
    assert (clock.due_at.astimezone(BERLIN) - start) == timedelta(minutes=first)

    for pause, interval in events:
        now += timedelta(minutes=pause)
        if interval is None:
            if clock.next_at is not None and clock.next_at <= now:
                clock.walk_to(now)
                spoken.append((clock.due_at, clock.state, clock.level))
        else:
            before = clock.due_at
            moved = clock.hasten(interval, interval, now)
            assert moved == (clock.due_at < before)
            assert not moved or clock.due_at >= now
        assert clock.due_at <= promised
        assert clock.warn_at <= clock.due_at < clock.overdue_at
        assert [step[0] for step in clock.steps()] == sorted(step[0] for step in clock.steps())
        promised = clock.due_at

    assert len(spoken) == len(set(spoken))
