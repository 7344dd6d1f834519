"""Who listens hears everything they may hear, once and in order, whatever breaks in between."""

import asyncio
import contextlib
import functools
import socket as network
import subprocess
import time
from datetime import timedelta

import pytest
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents import consumers, frames, live
from incidents.doorbell import Doorbell
from incidents.models import Message, Participant, StatusUpdate
from playbooks.models import Severity
from teams.models import ApiToken, Membership, Organization, Person
from tests.factories import declare_incident, post_message
from tests.listening import Listener, act, is_refused, member, session_of, token_of


@pytest.fixture
def deaf(monkeypatch):
    """Nobody hears the doorbell."""
    monkeypatch.setattr(Doorbell, "ring", lambda self, **news: None)


# --- What is heard --------------------------------------------------------------------------------


async def test_everything_after_the_cursor_comes_first_and_then_what_happens(acme_live):
    start = acme_live.last - 2

    async with Listener(acme_live.path(start), session=acme_live.session) as ear:
        missed = await ear.entries(2)
        ready = await ear.next()
        message = await acme_live.posts()
        heard = await ear.next()

    assert [(frame["previous"], frame["number"]) for frame in missed] == [(start, start + 1), (start + 1, start + 2)]
    assert (ready["type"], ready["number"], ready["reach"]) == ("ready", start + 2, "room")
    assert heard == {
        "type": "entry",
        "previous": start + 2,
        "number": start + 3,
        "kind": "message_posted",
        "at": heard["at"],
        "actor": "lena@acme.test",
        "details": {
            "sha256": heard["details"]["sha256"],
            "message": message.pk,
            "workstream": message.workstream_id,
            "text": "Draining will take eight minutes.",
            "author": "lena@acme.test",
        },
        "regions": [],
        "html": heard["html"],
    }
    assert set(heard["html"]) == {"timeline", f"stream-{message.workstream_id}"}
    assert "Draining will take eight minutes." in heard["html"][f"stream-{message.workstream_id}"]


async def test_without_a_cursor_the_whole_story_is_told(acme_live):
    async with Listener(acme_live.path(), session=acme_live.session) as ear:
        *story, ready = await ear.until("ready")

    assert [frame["number"] for frame in story] == list(range(1, acme_live.last + 1))
    assert story[0]["kind"] == "declared"
    assert "header" in story[0]["regions"]
    assert ready["number"] == acme_live.last


async def test_a_cursor_that_never_was_is_told_to_start_anew(acme_live):
    last = acme_live.last

    for cursor in ("999999", "-1", "many", "", "1e3", "٣", "9" * 40):
        async with Listener(acme_live.path(cursor), session=acme_live.session) as ear:
            assert await ear.next() == {"type": "reset", "number": last, "code": "unknown_cursor"}
            assert (await ear.next())["number"] == last
    async with Listener(acme_live.path("many"), session=acme_live.session) as ear:
        await ear.until("ready")
        await acme_live.posts()
        heard = await ear.next()

    assert (heard["previous"], heard["number"]) == (last, last + 1)


async def test_who_missed_too_much_is_told_to_read_the_page_again(acme_live, monkeypatch):
    monkeypatch.setattr(consumers, "FURTHEST_BEHIND", 2)

    async with Listener(acme_live.path(acme_live.last - 3), session=acme_live.session) as far_behind:
        assert await far_behind.next() == {"type": "reset", "number": acme_live.last, "code": "too_far_behind"}
    async with Listener(acme_live.path(acme_live.last - 2), session=acme_live.session) as ear:
        assert [frame["type"] for frame in await ear.until("ready")] == ["entry", "entry", "ready"]


async def test_words_that_were_taken_back_are_told_to_nobody_afterwards(acme_live):
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as there:
        await there.until("ready")
        message = await acme_live.posts("The password is swordfish.")
        assert (await there.next())["details"]["text"] == "The password is swordfish."

        await act(acme_live.organization, message.delete_text, by=acme_live.lena, reason="A secret")
        deleted = await there.next()
        async with Listener(acme_live.path(acme_live.last - 2), session=acme_live.session) as later:
            posted, again = await later.entries(2)

    assert (deleted["kind"], deleted["details"]["text"]) == ("message_deleted", None)
    assert (posted["kind"], posted["details"]["text"]) == ("message_posted", None)
    assert "swordfish" not in str(posted) + str(again) + str(deleted)


async def test_under_concurrent_posts_everybody_hears_every_entry_once_and_in_order(acme_live):
    start = acme_live.last

    async with contextlib.AsyncExitStack() as stack:
        ears = [
            await stack.enter_async_context(Listener(acme_live.path(start), session=acme_live.session))
            for _ in range(3)
        ]
        for ear in ears:
            await ear.until("ready")
        await asyncio.gather(
            *(acme_live.posts(f"Word {n}", by=by) for n in range(6) for by in (acme_live.lena, acme_live.ada))
        )
        total = acme_live.last - start
        heard = [await ear.entries(total) for ear in ears]

    for frames_ in heard:
        assert [frame["number"] for frame in frames_] == list(range(start + 1, start + total + 1))
        assert [frame["previous"] for frame in frames_] == list(range(start, start + total))
    texts = [frame["details"]["text"] for frame in heard[0] if frame["kind"] == "message_posted"]
    assert sorted(texts) == sorted(f"Word {n}" for n in range(6) for _ in range(2))


async def test_a_line_cut_anywhere_resumes_exactly_there(acme_live):
    for n in range(8):
        await acme_live.posts(f"Word {n}")
    last = acme_live.last

    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cut=st.integers(0, last), keeps_somebody=st.booleans(), heard_until=st.integers(0, last))
    def resume(**drawn):
        asyncio.run_coroutine_threadsafe(comes_back(**drawn), loop).result(60)

    async def comes_back(cut, keeps_somebody, heard_until):
        async with contextlib.AsyncExitStack() as stack:
            if keeps_somebody:
                # With somebody there the room keeps its latest frames; without, it reads them again.
                other = Listener(acme_live.path(heard_until), session=acme_live.session)
                await (await stack.enter_async_context(other)).until("ready")
            ear = await stack.enter_async_context(Listener(acme_live.path(cut), session=acme_live.session))
            *entries, ready = await ear.until("ready")
        assert [frame["number"] for frame in entries] == list(range(cut + 1, last + 1))
        assert [frame["previous"] for frame in entries] == list(range(cut, last))
        assert ready["number"] == last

    await asyncio.to_thread(resume)


async def test_a_rolled_back_verb_is_never_heard(acme_live):
    class Regret(Exception):
        pass

    def post_and_regret():
        with contextlib.suppress(Regret), transaction.atomic():
            post_message(acme_live.incident, "Never said.", by=acme_live.lena)
            raise Regret

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        await act(acme_live.organization, post_and_regret)
        await acme_live.posts("Said.")
        heard = await ear.next()

    assert (heard["number"], heard["previous"], heard["details"]["text"]) == (
        acme_live.last,
        acme_live.last - 1,
        "Said.",
    )


async def test_without_any_doorbell_it_takes_two_seconds_at_most(acme_live, deaf):
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        message = await acme_live.posts()
        committed = time.monotonic()
        heard = await ear.next()
        late = time.monotonic() - committed

    assert heard["details"]["message"] == message.pk
    assert late < 2


async def test_one_entry_is_read_once_however_many_listen(acme_live, monkeypatch):
    readings = []
    read = frames.read
    monkeypatch.setattr(frames, "read", lambda *args, **kwargs: readings.append(args) or read(*args, **kwargs))
    people = [session_of(person) for person in (acme_live.lena, acme_live.tariq)]

    async with contextlib.AsyncExitStack() as stack:
        ears = [
            await stack.enter_async_context(Listener(acme_live.path(acme_live.last), session=people[n % 2]))
            for n in range(30)
        ]
        for ear in ears:
            await ear.until("ready")
        await acme_live.posts()
        heard = [await ear.next() for ear in ears]

    assert len(readings) == 1
    assert all(frame == heard[0] for frame in heard)


async def test_many_entries_take_no_more_queries_than_one(acme_live):
    for n in range(6):
        await acme_live.posts(f"Word {n}")
    last = acme_live.last

    def queries_of(count):
        known = {acme_live.incident.pk: last - count}
        with CaptureQueriesContext(connection) as captured:
            (news,) = frames.look(acme_live.organization.pk, known).values()
        assert len(news.frames) == count
        return len(captured)

    assert acme_live.now(queries_of, 1) == acme_live.now(queries_of, 6) <= 8


async def test_a_line_that_cannot_be_drawn_keeps_nothing_from_anybody(acme_live, monkeypatch, caplog):
    monkeypatch.setattr("incidents.fragments.render_to_string", lambda *args: 1 / 0)

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        await acme_live.posts()
        heard = await ear.next()

    assert (heard["regions"], heard.get("html")) == (["timeline"], None)
    assert "cannot be drawn" in caplog.text


async def test_nobody_is_left_running_when_the_last_listener_leaves(acme_live):
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        hub = live.Hub.current()
        works = list(hub._tasks)

    await asyncio.gather(*works, return_exceptions=True)
    assert hub.retired
    assert all(work.done() for work in works)
    assert (hub.rooms, hub.sockets) == ({}, set())


# --- Who hears what -----------------------------------------------------------------------------------


async def test_a_stakeholder_hears_the_briefing_and_sees_no_gap(acme_live):
    await acme_live.posts()
    severity = acme_live.now(Severity.objects.get, slug="sev1")
    await act(acme_live.organization, acme_live.incident.change_severity, severity, by=acme_live.lena)
    visible = acme_live.now(
        lambda: list(acme_live.incident.timeline.visible_to(acme_live.stan).in_order().values_list("number", flat=True))
    )
    assert len(visible) < acme_live.last

    async with Listener(acme_live.path(), session=session_of(acme_live.stan)) as ear:
        *story, ready = await ear.until("ready")
        await acme_live.posts("Not for everybody.")
        await act(
            acme_live.organization, acme_live.incident.change_details, by=acme_live.lena, title="Checkout is down"
        )
        heard = await ear.next()

    assert [frame["number"] for frame in story] == visible
    assert [frame["previous"] for frame in story] == [0, *visible[:-1]]
    assert (ready["number"], ready["reach"]) == (visible[-1], "briefing")
    assert (heard["previous"], heard["kind"]) == (visible[-1], "details_changed")


async def test_a_stakeholder_who_comes_back_in_the_middle_hears_from_what_they_last_saw(acme_live):
    numbers = acme_live.now(
        lambda: list(acme_live.incident.timeline.visible_to(acme_live.stan).in_order().values_list("number", flat=True))
    )
    hidden = next(n for n in range(1, acme_live.last + 1) if n not in numbers)

    async with Listener(acme_live.path(hidden), session=session_of(acme_live.stan)) as ear:
        *story, _ = await ear.until("ready")

    expected = [number for number in numbers if number > hidden]
    assert [frame["number"] for frame in story] == expected
    if story:
        assert story[0]["previous"] == max(number for number in numbers if number < hidden)


async def test_a_stakeholder_hears_of_an_update_once_it_has_left(acme_live):
    """Not before, by a line that is open, by one that was cut meanwhile, and by whoever comes for the first time."""
    tell = functools.partial(act, acme_live.organization, StatusUpdate.publish, acme_live.incident, "customers")
    body = {"what_is_happening": "Paying is slow.", "what_we_are_doing": "We look."}
    session = session_of(acme_live.stan)

    async with (
        Listener(acme_live.path(), session=session) as ear,
        Listener(acme_live.path(acme_live.last), session=acme_live.session) as inside,
    ):
        *_, ready = await ear.until("ready")
        await inside.until("ready")
        published = await tell(body, by=acme_live.lena, waiver="x", hold=timedelta(seconds=3))
        assert (await inside.next())["kind"] == "update_published"
        await act(acme_live.organization, acme_live.incident.change_details, by=acme_live.lena, title="It is down")
        in_between = await ear.next()
        async with Listener(acme_live.path(in_between["number"]), session=session) as newcomer:
            await newcomer.until("ready")
            left = [await ear.next(), await newcomer.next()]
        assert timezone.now() > published.recorded_at + timedelta(seconds=3)

    assert (in_between["kind"], in_between["previous"]) == ("details_changed", ready["number"])
    again = {"type": "reset", "number": in_between["number"], "code": "update_left"}
    assert left == [again, again]
    async with Listener(acme_live.path(in_between["number"]), session=session) as ear:
        assert [frame["type"] for frame in await ear.until("reset")] == ["reset"]
    async with Listener(acme_live.path(ready["number"]), session=session) as ear:
        first, second = await ear.entries(2)
    assert (first["number"], first["kind"]) == (published.number, "update_published")
    assert second["number"] == in_between["number"]


async def test_what_was_taken_back_is_heard_by_whoever_works_on_it(acme_live):
    def change_of_mind(lena):
        body = {"what_is_happening": "Paying is slow.", "what_we_are_doing": "We look."}
        hold = timedelta(seconds=1.5)
        entry = StatusUpdate.publish(acme_live.incident, "customers", body, by=lena, waiver="x", hold=hold)
        acme_live.incident.updates.get(pk=entry.details["update"]).take_back(by=lena)

    async with (
        Listener(acme_live.path(), session=session_of(acme_live.stan)) as ear,
        Listener(acme_live.path(acme_live.last), session=acme_live.session) as inside,
    ):
        await ear.until("ready")
        await inside.until("ready")
        await act(acme_live.organization, change_of_mind, acme_live.lena)
        assert [frame["kind"] for frame in await inside.entries(2)] == ["update_published", "update_taken_back"]
        await asyncio.sleep(3)
        await act(acme_live.organization, acme_live.incident.change_details, by=acme_live.lena, title="It is down")
        assert (await ear.next())["kind"] == "details_changed"


async def test_a_private_incident_is_heard_by_whoever_is_on_it(acme_live):
    await act(acme_live.organization, acme_live.incident.make_private, by=acme_live.lena)

    assert await is_refused(acme_live.path(), session=acme_live.session)
    async with Listener(acme_live.path(), session=session_of(acme_live.lena)) as ear:
        assert (await ear.next())["kind"] == "declared"
    async with Listener(acme_live.path(), session=session_of(acme_live.ada)) as administrator:
        assert (await administrator.next())["kind"] == "declared"


async def test_outsiders_and_those_who_look_for_what_is_not_there_are_refused_alike(acme_live):
    omar = member(acme_live.now(Organization.objects.get, slug="globex"), "omar")
    omars, tariqs = session_of(omar), acme_live.session
    expired = token_of(acme_live.tariq, expires_at=timezone.now() - timedelta(seconds=1))

    async with Listener(acme_live.path(), session=tariqs) as inside:
        assert (await inside.next())["kind"] == "declared"
    async with Listener(acme_live.path(), token=token_of(acme_live.tariq), origin=None) as program:
        assert (await program.next())["kind"] == "declared"
    for path in (acme_live.path(), "/ws/o/acme/", "/ws/o/nobody/", "/ws/o/nobody/incidents/1/"):
        assert await is_refused(path, session=omars)
        assert await is_refused(path, token=token_of(omar), origin=None)
        assert await is_refused(path)
    for path in ("/ws/o/acme/incidents/999/", f"/ws/o/acme/incidents/{'9' * 30}/", "/ws/o/acme/incidents/x/", "/ws/"):
        assert await is_refused(path, session=tariqs)
    assert await is_refused(acme_live.path(), token=expired, origin=None)
    assert await is_refused(acme_live.path(), session=tariqs, origin=b"https://evil.example")


async def test_one_person_may_open_twenty_sockets(acme_live):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(live.SOCKETS_PER_PERSON):
            await stack.enter_async_context(Listener("/ws/o/acme/", session=acme_live.session))

        assert await is_refused("/ws/o/acme/", session=acme_live.session)
        assert not await is_refused("/ws/o/acme/", session=session_of(acme_live.lena))


# --- Rights that end -----------------------------------------------------------------------------------


REMOVED, SIGNED_OUT = ("access-removed", 4403), ("signed-out", 4401)


class Right:
    """Somebody with an open socket, and what ends their right to it. Called inside the organisation."""

    def __init__(self, acme, name):
        self.acme = acme
        self.member = member(acme.organization, name)
        self.session = session_of(self.member)
        self.who = {"session": self.session}

    def with_token(self):
        self.key = token_of(self.member)
        self.who = {"token": self.key, "origin": None}
        return self

    def remove(self):
        Membership.objects.get(pk=self.member.pk).end(by=self.acme.lena)

    def deactivate(self):
        Person.objects.filter(pk=self.member.person_id).update(is_active=False)

    def end_session(self):
        Session.objects.filter(pk=self.session).delete()

    def sign_out(self):
        self.end_session()
        user_logged_out.send(Person, request=None, user=self.member.person)

    def expire_session(self):
        Session.objects.filter(pk=self.session).update(expire_date=timezone.now())

    def change_password(self):
        person = Person.objects.get(pk=self.member.person_id)
        person.set_password("something else entirely")
        person.save(update_fields=["password"])

    def revoke_token(self):
        ApiToken.objects.with_key(self.key).get().revoke(by=self.member)

    def expire_token(self):
        ApiToken.objects.with_key(self.key).update(expires_at=timezone.now())

    def hide(self):
        self.acme.incident.make_private(by=self.acme.lena)


async def heard_at_the_end(ear):
    said, code = await ear.to_the_end()
    return [frame for frame in said if frame["type"] != "presence"], code


def farewell(end):
    reason, code = end
    return [{"type": "bye", "reason": reason}], code


async def test_a_right_that_ends_ends_the_socket_within_two_seconds(acme_live):
    causes = [
        (Right(acme_live, "sam"), Right.remove, REMOVED),
        (Right(acme_live, "mei"), Right.sign_out, SIGNED_OUT),
        (Right(acme_live, "ruth").with_token(), Right.revoke_token, REMOVED),
        (Right(acme_live, "tariq"), Right.hide, REMOVED),
    ]

    for right, cause, end in causes:
        async with Listener(acme_live.path(acme_live.last), **right.who) as ear:
            await ear.until("ready")
            await act(acme_live.organization, cause, right)
            ended = time.monotonic()
            assert (await heard_at_the_end(ear), cause) == (farewell(end), cause)
            assert time.monotonic() - ended < 2
        assert await is_refused(acme_live.path(), **right.who)


async def test_nobody_needs_to_ring_for_it(acme_live, deaf, monkeypatch):
    monkeypatch.setattr(live, "RIGHTS_SECONDS", 0.2)
    causes = [
        (Right(acme_live, "sam"), Right.remove, REMOVED),
        (Right(acme_live, "mei"), Right.end_session, SIGNED_OUT),
        (Right(acme_live, "mei"), Right.expire_session, SIGNED_OUT),
        (Right(acme_live, "mei"), Right.change_password, SIGNED_OUT),
        (Right(acme_live, "mei"), Right.sign_out, SIGNED_OUT),
        (Right(acme_live, "mei").with_token(), Right.revoke_token, REMOVED),
        (Right(acme_live, "mei").with_token(), Right.expire_token, REMOVED),
        (Right(acme_live, "mei"), Right.deactivate, REMOVED),
        (Right(acme_live, "tariq"), Right.hide, REMOVED),
    ]

    for right, cause, end in causes:
        # A password that was changed ended every session before.
        right.member = member(acme_live.organization, right.member.email.partition("@")[0])
        right.session = session_of(right.member)
        who = right.who if "token" in right.who else {"session": right.session}
        async with Listener(acme_live.path(acme_live.last), **who) as ear:
            await ear.until("ready")
            await act(acme_live.organization, cause, right)
            assert (await heard_at_the_end(ear), cause) == (farewell(end), cause)


async def test_who_leaves_a_private_incident_hears_no_more_of_it(acme_live):
    def leave():
        Participant.objects.get(incident=acme_live.incident, membership=acme_live.tariq).leave(by=acme_live.tariq)

    await acme_live.posts("I am on it.", by=acme_live.tariq)
    await act(acme_live.organization, acme_live.incident.make_private, by=acme_live.lena)

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        await act(acme_live.organization, leave)
        end = await heard_at_the_end(ear)

    assert end == farewell(REMOVED)


async def test_who_becomes_a_stakeholder_comes_back_to_the_briefing(acme_live):
    tariq = acme_live.tariq

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        assert (await ear.next())["reach"] == "room"
        await act(acme_live.organization, tariq.change_role, "stakeholder", by=acme_live.lena)
        said, code = await ear.to_the_end()
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as again:
        ready = await again.next()

    assert ([frame for frame in said if frame["type"] == "bye"], code) == ([], 1012)
    assert ready["reach"] == "briefing"


async def test_a_socket_lives_for_half_a_day_at_most(acme_live, monkeypatch):
    monkeypatch.setattr(live, "RIGHTS_SECONDS", 0.2)
    monkeypatch.setattr("incidents.tickets.LIFETIME", timedelta(0))

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        said, code = await ear.to_the_end()

    assert ([frame for frame in said if frame["type"] == "bye"], code) == ([], 1012)


# --- Who misbehaves -----------------------------------------------------------------------------------


async def test_a_ping_is_answered_with_the_time_of_the_server(acme_live):
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        await ear.say({"type": "ping"})
        pong = await ear.next()

    assert pong["type"] == "pong"
    assert abs((timezone.now() - timezone.datetime.fromisoformat(pong["at"])).total_seconds()) < 10


async def test_what_is_no_frame_ends_the_conversation(acme_live):
    long = '{"type": "ping", "more": "' + "x" * 1024 + '"}'
    for event, code in [
        *(({"text": text}, 1007) for text in ("", "{", "nonsense", "[]", "null", '"ping"', "[" * 1000)),
        ({"text": long}, 1009),
        ({"bytes": b'{"type": "ping"}'}, 1003),
    ]:
        async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
            await ear.until("ready")
            await ear.socket.send_input({"type": "websocket.receive", **event})
            _, ended = await ear.to_the_end()
        assert (event, ended) == (event, code)


async def test_what_makes_no_sense_is_ignored_three_times(acme_live):
    before = acme_live.last

    for frame, warning in [
        ({"type": "message", "text": "Written over the socket"}, "unknown_type"),
        ({"type": ["ping"]}, "unknown_type"),
        ({}, "unknown_type"),
        ({"type": "presence", "state": "everywhere"}, "bad_fields"),
        ({"type": "presence", "state": ["here"]}, "bad_fields"),
        ({"type": "typing", "stream": "1 OR 1=1"}, "bad_fields"),
        ({"type": "typing", "stream": True}, "bad_fields"),
        ({"type": "seen", "number": 2**70}, "bad_fields"),
    ]:
        async with Listener(acme_live.path(before), session=acme_live.session) as ear:
            await ear.until("ready")
            for _ in range(3):
                await ear.say(frame)
                assert await ear.next() == {"type": "warning", "code": warning}
            await ear.say({"type": "ping"})
            assert (await ear.next())["type"] == "pong"
            await ear.say(frame)
            _, ended = await ear.to_the_end()
        assert ended == 1008

    assert acme_live.last == before
    assert acme_live.now(Message.objects.count) == 0


async def test_a_flood_is_throttled_and_then_cut(acme_live):
    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        began = time.monotonic()
        for _ in range(500):
            await ear.say({"type": "ping"})
        said, ended = await ear.to_the_end()
        lasted = time.monotonic() - began

    assert ended == 1008
    assert [frame["code"] for frame in said if frame["type"] == "warning"] == ["too_fast"] * 3
    # The burst, and what the three pauses of a second let through.
    assert 20 <= len([frame for frame in said if frame["type"] == "pong"]) <= 70
    assert lasted >= 2


class StuckReader:
    """A client whose line is full: whatever is sent to it waits until `reads` is set."""

    def __init__(self, path, session):
        self.ear = Listener(path, session=session)
        self.reads = asyncio.Event()
        self.reads.set()
        application = self.ear.socket.application

        async def jammed(scope, receive, send):
            async def wait_and_send(event):
                await self.reads.wait()
                await send(event)

            await application(scope, receive, wait_and_send)

        self.ear.socket.application = jammed


async def test_a_reader_who_falls_behind_is_cut_and_comes_back_to_everything(acme_live, monkeypatch):
    monkeypatch.setattr(live, "BACKLOG", 5)
    start = acme_live.last
    stuck = StuckReader(acme_live.path(start), acme_live.session)

    async with stuck.ear as slow, Listener(acme_live.path(start), session=session_of(acme_live.ada)) as quick:
        await slow.until("ready")
        await quick.until("ready")
        stuck.reads.clear()
        for n in range(8):
            await acme_live.posts(f"Word {n}")
            await quick.next()
        # Everything is heard by now; only then does the line move again.
        stuck.reads.set()
        said, code = await slow.to_the_end()
    numbers = [frame["number"] for frame in said if frame["type"] == "entry"]
    reached = max(numbers, default=start)
    async with Listener(acme_live.path(reached), session=acme_live.session) as back:
        *missed, _ = await back.until("ready")

    assert code == 1013
    assert [*numbers, *(frame["number"] for frame in missed)] == list(range(start + 1, start + 9))
    assert missed


# --- The strip -----------------------------------------------------------------------------------------


async def test_the_strip_tells_of_incidents_that_open_change_and_end(acme_live):
    organization = acme_live.organization
    sev1 = acme_live.now(Severity.objects.get, slug="sev1")

    async with Listener("/ws/o/acme/", session=acme_live.session) as ear:
        assert (await ear.next())["type"] == "ready"
        second = await act(organization, declare_incident, acme_live.lena, "Search is slow", severity="sev3")
        declared = await ear.next()
        await act(organization, second.change_severity, sev1, by=acme_live.lena)
        worse = await ear.next()
        await act(organization, post_message, second, "Not for the strip.", by=acme_live.lena)
        await act(organization, second.resolve, by=acme_live.lena)
        resolved = await ear.next()

    assert declared == {
        "type": "strip",
        "key": f"INC-{second.number}",
        "number": second.number,
        "title": "Search is slow",
        "severity": "sev3",
        "status": "investigating",
        "drill": False,
        "private": False,
        "changed": ["declared"],
    }
    assert (worse["severity"], worse["changed"]) == ("sev1", ["severity"])
    assert (resolved["status"], resolved["changed"]) == ("resolved", ["status"])


async def test_the_strip_keeps_private_incidents_to_those_who_may_see_them(acme_live):
    organization, lena = acme_live.organization, acme_live.lena

    async with (
        Listener("/ws/o/acme/", session=acme_live.session) as tariq,
        Listener("/ws/o/acme/", session=session_of(acme_live.ada)) as ada,
    ):
        await tariq.until("ready")
        await ada.until("ready")
        secret = await act(organization, declare_incident, lena, "A leak", private=True)
        assert (await ada.next())["number"] == secret.number
        await act(organization, acme_live.incident.make_private, by=lena)
        assert (await ada.next())["changed"] == ["private"]
        gone = await tariq.next()
        await act(organization, declare_incident, lena, "Search is slow")
        open_to_all = await tariq.next()

    assert gone == {"type": "strip", "number": acme_live.incident.number, "gone": True}
    assert open_to_all["title"] == "Search is slow"


async def test_the_strip_needs_no_doorbell(acme_live, deaf):
    async with Listener("/ws/o/acme/", session=acme_live.session) as ear:
        await ear.until("ready")
        await act(acme_live.organization, declare_incident, acme_live.lena, "Search is slow")

        assert (await ear.next())["title"] == "Search is slow"


# --- Redis ------------------------------------------------------------------------------------------------


class Redis:
    """A Redis of the test's own that can be emptied, stopped and started again."""

    def __init__(self, directory):
        self.directory = directory
        with network.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.directory],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while self.command("ping") != "PONG":
            assert time.monotonic() < deadline, "Redis did not start."

    def stop(self):
        self.process.kill()
        self.process.wait(10)

    def command(self, *words):
        answer = subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True, check=False, timeout=10
        )
        return answer.stdout.strip()

    @property
    def listeners(self):
        return self.command("pubsub", "numsub", "test__group__muster.live").split()[-1]


@pytest.fixture
def redis(tmp_path):
    redis = Redis(str(tmp_path))
    redis.start()
    hosts = [{"address": f"redis://127.0.0.1:{redis.port}", "socket_timeout": None}]
    channel_layers.backends["default"] = RedisPubSubChannelLayer(hosts=hosts, prefix="test")
    yield redis
    redis.stop()
    channel_layers.backends.clear()


async def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "It did not become true."
        await asyncio.sleep(0.05)


async def test_redis_emptied_stopped_and_started_under_open_sockets_costs_no_entry(acme_live, redis):
    async def hears_within_two_seconds(ear, text):
        committed = time.monotonic()
        await acme_live.posts(text)
        heard = await ear.next()
        assert heard["details"]["text"] == text
        assert time.monotonic() - committed < 2

    async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
        await ear.until("ready")
        await until(lambda: redis.listeners == "1")
        await hears_within_two_seconds(ear, "With Redis.")
        redis.command("flushall")
        await hears_within_two_seconds(ear, "After it was emptied.")
        redis.stop()
        await hears_within_two_seconds(ear, "While it is away.")
        redis.start()
        await hears_within_two_seconds(ear, "As soon as it is back.")
        await until(lambda: redis.listeners == "1")
        await hears_within_two_seconds(ear, "When it listens again.")


async def test_a_redis_that_never_answers_holds_nobody_up(acme_live):
    with network.create_server(("127.0.0.1", 0)) as black_hole:
        hosts = [{"address": f"redis://127.0.0.1:{black_hole.getsockname()[1]}", "socket_timeout": None}]
        channel_layers.backends["default"] = RedisPubSubChannelLayer(hosts=hosts)

        async with Listener(acme_live.path(acme_live.last), session=acme_live.session) as ear:
            await ear.until("ready")
            began = time.monotonic()
            for n in range(5):
                await acme_live.posts(f"Word {n}")
            held_up = time.monotonic() - began
            heard = await ear.entries(5)

    assert held_up < 1
    assert [frame["details"]["text"] for frame in heard] == [f"Word {n}" for n in range(5)]
