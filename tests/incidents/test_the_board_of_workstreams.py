"""The board of workstreams: whose each is, what it waits for in words, who meets when, and what was read."""

import asyncio
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import ChangeIntent, Message, Obligation, StreamRead, SyncPoint, WorkstreamDependency
from incidents.room import IncidentRoom
from teams.errors import Refused
from teams.models import Service
from tests.factories import declare_incident, open_workstream, post_message, propose_change
from tests.incidents.pages import HTMX, queries_of, url_of, words_of
from tests.listening import Listener, member, session_of

WAITS = "“Frontend” waits for “Backend”"


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def frontend(incident, lena, sam):
    return open_workstream(incident, "Frontend", by=lena, owner=sam, goal="Cards work again")


@pytest.fixture
def backend(incident, lena, tariq):
    return open_workstream(incident, "Backend", by=lena, owner=tariq)


@pytest.fixture
def secret(incident, lena):
    return open_workstream(incident, "Payroll", by=lena, owner=lena, restricted=True)


def soon(minutes=30):
    return timezone.now() + timedelta(minutes=minutes)


def board(incident, viewer):
    return IncidentRoom(incident, viewer).lines


# --- The board --------------------------------------------------------------------------------------------


def test_it_says_in_words_what_waits_for_what_in_both_threads(incident, frontend, backend, sam, mei, signed_in):
    WorkstreamDependency.add(frontend, backend, by=sam, reason="It needs the endpoint")
    browser = signed_in(mei)

    panel = words_of(browser.get(url_of(incident, "lines/"), headers=HTMX))

    assert f"{WAITS}: It needs the endpoint" in panel
    assert "Sam Okafor · no word yet" in panel
    assert "Goal: Cards work again" in panel
    for stream in (frontend, backend):
        assert WAITS in words_of(browser.get(url_of(incident, f"conversation/?stream={stream.pk}"), headers=HTMX))


def test_a_promise_that_was_not_kept_is_late(incident, frontend, sam):
    frontend.change(by=sam, next_word_at=soon(-5))
    assert [line.is_late for line in board(incident, sam).rows] == [True]

    post_message(incident, by=sam, workstream=frontend)

    assert [line.is_late for line in board(incident, sam).rows] == [False]


def test_what_is_restricted_is_on_nobody_elses_board(incident, frontend, secret, lena, mei):
    WorkstreamDependency.add(frontend, secret, by=lena)

    assert [line.stream for line in board(incident, lena).rows] == [frontend, secret]
    assert [(line.stream, line.waits_for) for line in board(incident, mei).rows] == [(frontend, [])]


def test_the_board_costs_the_same_however_many_there_are(incident, frontend, backend, lena, signed_in):
    browser = signed_in(lena)
    SyncPoint.call(incident, "Order", by=lena, starts_at=soon(), streams=[frontend])
    WorkstreamDependency.add(frontend, backend, by=lena)

    def read():
        browser.get(url_of(incident, "lines/"), headers=HTMX)

    before = queries_of(read)
    for number in range(5):
        each = open_workstream(incident, f"Stream {number}", by=lena)
        WorkstreamDependency.add(each, backend, by=lena)
        SyncPoint.call(incident, f"Sync {number}", by=lena, starts_at=soon(), streams=[each, backend])

    assert queries_of(read) == before


def test_the_form_opens_one_with_a_goal_that_waits(incident, backend, lena, signed_in):
    answer = signed_in(lena).post(
        url_of(incident, "workstreams/"),
        {"title": "Frontend", "goal": "Cards work again", "kind": "other", "blocked_by": [backend.pk]},
    )

    opened = incident.workstreams.get(title="Frontend")
    assert answer.status_code == 302
    assert (opened.goal, opened.state) == ("Cards work again", "blocked")


def test_the_form_shows_who_works_on_a_component_before_anything_starts(incident, tariq, mei, signed_in):
    checkout = Service.objects.get(slug="checkout")
    open_workstream(incident, "Roll back", by=tariq, owner=tariq, component=checkout)
    browser, path = signed_in(mei), url_of(incident, "workstreams/")

    assert "Checkout: “Roll back” works on it, Tariq Haddad" in words_of(browser.get(path))
    refused = browser.post(path, {"title": "Scale out", "component": checkout.pk})
    assert (refused.status_code, "Join it there" in words_of(refused)) == (409, True)
    waived = browser.post(path, {"title": "Scale out", "component": checkout.pk, "waiver": "Faster"})
    assert waived.status_code == 302


def test_the_form_of_a_workstream_brings_it_to_what_is_ticked(incident, frontend, backend, sam, signed_in):
    browser, path = signed_in(sam), url_of(incident, f"workstreams/{frontend.pk}/")
    fields = {"title": "Frontend", "state": "working", "owner": sam.pk, "goal": frontend.goal}

    assert browser.post(path, fields | {"blocked_by": [backend.pk]}).status_code == 302
    assert WorkstreamDependency.objects.live().get().blocking == backend
    circle = browser.post(url_of(incident, f"workstreams/{backend.pk}/"), {"title": "Backend", "state": "working",
                          "blocked_by": [frontend.pk]})  # fmt: skip
    assert circle.status_code in (409, 422)
    assert browser.post(path, fields).status_code == 302
    assert not WorkstreamDependency.objects.live().exists()


# --- Sync points --------------------------------------------------------------------------------------------


def test_the_lead_calls_people_together_and_their_owners_come(incident, frontend, backend, lena, sam, tariq, mei):
    entry = SyncPoint.call(
        incident, "Order the changes", by=lena, starts_at=soon(), attendees=[mei], streams=[frontend, backend]
    )

    sync = SyncPoint.objects.get()
    assert (entry.kind, entry.details["told_members"]) == ("sync_called", sorted([mei.pk, sam.pk, tariq.pk]))
    reminder = Obligation.objects.live().get(kind="sync", subject=sync.pk)
    assert reminder.warn_at == sync.starts_at - timedelta(minutes=5)
    reminded = reminder.advance(reminder.warn_at)
    assert (reminded.kind, reminded.details["told_members"]) == ("sync_soon", entry.details["told_members"])

    held = sync.hold("Backend goes first.", by=mei)

    assert (held.kind, held.details["outcome"]) == ("sync_held", "Backend goes first.")
    assert not Obligation.objects.live().filter(kind="sync").exists()
    with pytest.raises(Refused) as again:
        sync.hold("Again", by=mei)
    assert again.value.code == "unchanged"


def test_cancelled_it_reminds_nobody_and_tells_those_who_were_asked(incident, lena, mei):
    SyncPoint.call(incident, "Order", by=lena, starts_at=soon(), attendees=[mei])

    entry = SyncPoint.objects.get().cancel(by=lena, reason="Settled in the thread")

    assert (entry.kind, entry.details["told_members"]) == ("sync_cancelled", [mei.pk])
    assert not Obligation.objects.live().filter(kind="sync").exists()


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("sam", {}, "coordination_right"),
        ("stan", {}, "responders_only"),
        ("lena", {"minutes": -5}, "in_the_past"),
    ],
)
def test_what_is_not_called(request, incident, name, fields, code):
    by = request.getfixturevalue(name)

    with pytest.raises(Refused) as refused:
        SyncPoint.call(incident, "Order", by=by, starts_at=soon(**fields))

    assert refused.value.code == code


def test_only_who_takes_part_or_leads_writes_the_outcome(incident, lena, mei, sam):
    SyncPoint.call(incident, "Order", by=lena, starts_at=soon(), attendees=[mei])

    with pytest.raises(Refused) as refused:
        SyncPoint.objects.get().hold("Nothing", by=sam)

    assert refused.value.code == "coordination_right"


def test_about_a_restricted_workstream_only_its_readers_come_and_know(incident, secret, lena, mei, ada, signed_in):
    with pytest.raises(Refused) as refused:
        SyncPoint.call(incident, "Payroll now", by=lena, starts_at=soon(), attendees=[mei], streams=[secret])
    assert refused.value.code == "not_a_reader"

    entry = SyncPoint.call(incident, "Payroll now", by=lena, starts_at=soon(), attendees=[ada], streams=[secret])

    assert entry.workstream == secret
    path = url_of(incident, f"sync-points/{SyncPoint.objects.get().pk}/")
    assert signed_in(ada).get(path).status_code == 200
    assert signed_in(mei).get(path).status_code == 404
    assert board(incident, mei).sync_points == []


def test_one_is_suggested_while_one_holds_the_other_up(incident, frontend, backend, lena, sam):
    assert board(incident, lena).suggested == []
    WorkstreamDependency.add(frontend, backend, by=sam)

    assert board(incident, lena).suggested == [frontend, backend]
    assert board(incident, sam).suggested == []

    SyncPoint.call(incident, "Order", by=lena, starts_at=soon(), streams=[frontend, backend])

    assert board(incident, lena).suggested == []


def test_one_is_suggested_while_changes_are_in_each_others_way(incident, lena, sam, tariq, signed_in):
    """Also where there is no workstream beside the general one to show; their owners are asked by name."""
    changes = [propose_change(incident, "ledger", by=by) for by in (tariq, sam)]
    propose_change(incident, "search", by=tariq)

    assert board(incident, lena).colliding == changes
    assert board(incident, sam).colliding == []
    shown = signed_in(lena).get(url_of(incident, "lines/"), headers=HTMX).content.decode()
    assert "call a sync about C1, C2" in shown
    assert f"attendees={min(tariq.pk, sam.pk)}&amp;attendees={max(tariq.pk, sam.pk)}" in shown
    assert " hidden" not in shown.partition(">")[0]
    asked = signed_in(lena).get(url_of(incident, f"sync-points/?attendees={sam.pk}&attendees=x")).content.decode()
    assert f'value="{sam.pk}" selected' in asked or re.search(rf'value="{sam.pk}"[^>]*checked', asked)

    SyncPoint.call(incident, "Order", by=lena, starts_at=soon(), attendees=[tariq, sam])

    assert board(incident, lena).colliding == []


def test_none_is_suggested_about_what_is_settled_ones_own_or_restricted(incident, lena, sam, tariq):
    first, second = (propose_change(incident, "ledger", by=by) for by in (tariq, tariq))
    assert board(incident, lena).colliding == []
    third = propose_change(incident, "ledger", by=sam)
    assert board(incident, lena).colliding == [first, second, third]

    ChangeIntent.arrange(incident, [first, second, third], by=lena)
    stream = open_workstream(incident, by=lena, restricted=True, members=[tariq])
    propose_change(incident, "search", by=tariq, workstream=stream)
    propose_change(incident, "search", by=lena)

    assert board(incident, lena).colliding == []


def test_it_is_called_and_ended_on_pages(incident, frontend, lena, sam, signed_in):
    lenas, path = signed_in(lena), url_of(incident, "sync-points/")
    form = words_of(lenas.get(f"{path}?streams={frontend.pk}"))
    assert "Call the sync point" in form

    wrong = lenas.post(path, {"title": "Order", "starts_at": ""})
    when = timezone.localtime(soon()).strftime("%Y-%m-%dT%H:%M")
    called = lenas.post(path, {"title": "Order", "starts_at": when, "streams": [frontend.pk]})
    sync = SyncPoint.objects.get()
    page = words_of(signed_in(sam).get(f"{path}{sync.pk}/"))
    held = signed_in(sam).post(f"{path}{sync.pk}/", {"outcome": "Backend first"}, headers=HTMX)

    assert (wrong.status_code, called.status_code, held.status_code) == (422, 302, 204)
    assert "Sam Okafor, about “Frontend”" in page
    assert "live-lines" in held["HX-Trigger"]


# --- What was read ------------------------------------------------------------------------------------------


def stream_of(incident, viewer, pk):
    return next(each for each in IncidentRoom(incident, viewer).streams if each.pk == pk)


def test_what_somebody_has_not_read_has_a_dot_for_them_only(incident, frontend, sam, mei, signed_in):
    post_message(incident, "One", by=sam, workstream=frontend)

    assert not stream_of(incident, sam, frontend.pk).is_unread
    assert stream_of(incident, mei, frontend.pk).is_unread
    assert 'class="dot"' in signed_in(mei).get(url_of(incident, "streams/"), headers=HTMX).content.decode()

    frontend.refresh_from_db()
    answer = signed_in(mei).post(url_of(incident, f"workstreams/{frontend.pk}/reading/"),
                                 {"number": frontend.last_number})  # fmt: skip

    assert answer.status_code == 302
    assert not stream_of(incident, mei, frontend.pk).is_unread


def test_opening_a_thread_marks_nothing_and_shows_where_the_new_begins(incident, frontend, sam, mei, signed_in):
    first = post_message(incident, "One", by=sam, workstream=frontend)
    StreamRead.note(incident, {(frontend.pk, mei.pk): first.entry.number})
    second = post_message(incident, "Two", by=sam, workstream=frontend)
    post_message(incident, "Three", by=sam, workstream=frontend)
    browser = signed_in(mei)

    for _ in range(2):
        page = browser.get(url_of(incident, f"?stream={frontend.pk}")).content.decode()
        assert page.count("New since") == 1
        assert page.index(f'id="m-{first.pk}"') < page.index("New since") < page.index(f'id="m-{second.pk}"')
    assert stream_of(incident, mei, frontend.pk).is_unread


def test_reading_never_goes_back_nor_into_another_incident(incident, frontend, lena, sam, mei):
    other = declare_incident(lena).workstreams.get()

    StreamRead.note(incident, {(frontend.pk, mei.pk): 9})
    StreamRead.note(incident, {(frontend.pk, mei.pk): 5, (frontend.pk, sam.pk): 7, (other.pk, mei.pk): 3})

    read = StreamRead.objects.order_by("pk").values_list("workstream", "membership", "number")
    assert list(read) == [(frontend.pk, mei.pk, 9), (frontend.pk, sam.pk, 7)]


async def test_an_open_page_says_what_was_read_over_the_socket(acme_live, monkeypatch):
    monkeypatch.setattr("incidents.presence.SPACING_SECONDS", 0.1)
    mei = member(acme_live.organization, "mei")
    message = await acme_live.posts()
    number = acme_live.now(lambda: Message.objects.select_related("entry").get(pk=message.pk).entry.number)

    async with Listener(acme_live.path(acme_live.last), session=session_of(mei)) as ear:
        await ear.until("ready")
        await ear.say({"type": "seen", "stream": message.workstream_id, "number": number + 1000})
        await ear.say({"type": "seen", "stream": "1", "number": number})
        assert (await ear.next())["code"] == "bad_fields"
        read = await kept(acme_live, mei)

    assert number <= read < number + 1000


async def kept(acme_live, membership):
    """How far it is known that somebody has read, once it is; it is written in batches and told to nobody."""
    for _ in range(50):
        await asyncio.sleep(0.1)
        if found := acme_live.now(lambda: StreamRead.objects.filter(membership=membership).first()):
            return found.number
    raise AssertionError("Nothing was kept.")


# --- By program ---------------------------------------------------------------------------------------------


def test_a_program_opens_work_that_waits(incident, backend, lena, mei, program):
    api, base = program(lena), f"/incidents/{incident.number}/workstreams/"

    opened = api.post(base, {"title": "Frontend", "owner": "sam@acme.test", "blocked_by": [backend.pk],
                             "component": "checkout", "goal": "Cards work again"})  # fmt: skip

    assert opened.status_code == 201
    body = opened.json()
    assert (body["state"], body["blocked_by"], body["component"], body["goal"]) == (
        "blocked",
        [backend.pk],
        "checkout",
        "Cards work again",
    )
    path = f"{base}{body['id']}/"
    circle = api.patch(f"{base}{backend.pk}/", {"blocked_by": [body["id"]]})
    assert (circle.status_code, circle.json()["code"]) == (409, "dependency_cycle")
    twin = api.post(base, {"title": "Scale out", "component": "checkout"})
    assert (twin.status_code, twin.json()["code"], twin.json()["waivable"]) == (409, "duplicate_effort", True)
    assert api.patch(path, {"blocked_by": []}).json()["blocked_by"] == []
    assert api.patch(path, {"blocked_by": [10**9]}).status_code == 422
    waits = api.post(f"{path}dependencies/", {"blocked_by": backend.pk, "reason": "The endpoint"})
    assert waits.status_code == 201
    assert [each["blocked_by"] for each in api.get(f"{path}dependencies/").json()["results"]] == [backend.pk]
    assert api.delete(f"/incidents/{incident.number}/dependencies/{waits.json()['id']}/").status_code == 204
    assert api.get(path).json()["state"] == "working"
    assert api.put(f"{path}reading/", {"entry": 3}).status_code == 204


def test_a_program_learns_nothing_of_what_is_restricted_by_waiting_for_it(
    incident, frontend, secret, sam, lena, program
):
    WorkstreamDependency.add(frontend, secret, by=lena)
    base = f"/incidents/{incident.number}/workstreams/"

    assert program(sam).get(f"{base}{frontend.pk}/").json()["blocked_by"] == []
    assert program(lena).get(f"{base}{frontend.pk}/").json()["blocked_by"] == [secret.pk]
    missing = program(sam).patch(f"{base}{frontend.pk}/", {"blocked_by": [secret.pk]})
    absent = program(sam).patch(f"{base}{frontend.pk}/", {"blocked_by": [10**9]})
    assert (missing.status_code, missing.json()["errors"]) == (422, absent.json()["errors"])


def test_a_program_calls_a_sync_point_and_keeps_its_outcome(incident, frontend, lena, mei, program):
    api, base = program(lena), f"/incidents/{incident.number}/sync-points/"

    called = api.post(base, {"title": "Order", "starts_at": soon().isoformat(), "workstreams": [frontend.pk],
                             "attendees": ["mei@acme.test"]})  # fmt: skip
    path = f"{base}{called.json()['id']}/"

    assert called.status_code == 201
    assert (called.json()["attendees"], called.json()["workstreams"]) == (
        ["mei@acme.test", "sam@acme.test"],
        [frontend.pk],
    )
    assert program(mei).post(f"{path}outcome/", {"outcome": "Backend first"}).json()["state"] == "held"
    assert program(mei).post(f"{path}outcome/", {"outcome": "Again"}).status_code == 409
    assert [each["outcome"] for each in api.get(base).json()["results"]] == ["Backend first"]
    assert api.delete(path).status_code == 409
