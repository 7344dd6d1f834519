"""The room knows who is there right now, by function, and who is typing; its timeline never does."""

import asyncio

import pytest
import time_machine
from django.utils import timezone

from incidents import presence
from incidents.kinds import Visibility
from incidents.models import Participant
from incidents.models.timeline import Reach
from tests.listening import Listener, act, session_of


@pytest.fixture
def quick(monkeypatch):
    """Heads are counted often, so that tests need not wait for it."""
    monkeypatch.setattr(presence, "SPACING_SECONDS", 0.1)


async def presence_where(ear, holds):
    """The first presence frame for which it holds."""
    while not holds(frame := (await ear.until("presence"))[-1]):
        pass
    return frame


def _counts(said, **expected):
    engineering = said["functions"].get("engineering", {})
    return {name: engineering.get(name) for name in expected} == expected


async def test_the_room_sees_who_is_here_and_who_is_away_by_function(acme_live, quick):
    organization, incident = acme_live.organization, acme_live.incident
    await act(organization, Participant.join, incident, acme_live.tariq, by=acme_live.lena)
    await act(organization, Participant.join, incident, acme_live.ada, by=acme_live.lena, capacity="observer")
    before = acme_live.last

    async with (
        Listener(acme_live.path(before), session=session_of(acme_live.lena)) as lena,
        Listener(acme_live.path(before), session=acme_live.session) as tariq,
        Listener(acme_live.path(before), session=session_of(acme_live.ada)) as ada,
    ):
        await lena.say({"type": "presence", "state": "here"})
        await tariq.say({"type": "presence", "state": "away"})
        await ada.say({"type": "ping"})
        frame = await presence_where(
            lena,
            lambda said: (
                said["functions"] == {"engineering": {"here": 1, "engaged": 1, "away": 1}} and said["observers"] == 1
            ),
        )
        await tariq.say({"type": "seen", "number": before})
        both = await presence_where(
            lena, lambda said: said["functions"] == {"engineering": {"here": 2, "engaged": 2, "away": 0}}
        )

    assert frame["members"] == [
        {"id": acme_live.lena.pk, "name": "Lena Fischer", "function": "engineering", "state": "here", "engaged": True},
        {
            "id": acme_live.tariq.pk,
            "name": "Tariq Haddad",
            "function": "engineering",
            "state": "away",
            "engaged": False,
        },
    ]
    assert [member["state"] for member in both["members"]] == ["here", "here"]
    assert acme_live.last == before


async def test_who_has_two_windows_is_here_while_one_of_them_is_looked_at(acme_live, quick):
    def states():
        return list(Participant.objects.filter(membership=acme_live.lena).values_list("away", flat=True))

    async with (
        Listener(acme_live.path(), session=session_of(acme_live.lena)) as looked_at,
        Listener(acme_live.path(), session=session_of(acme_live.lena)) as hidden,
    ):
        await looked_at.say({"type": "presence", "state": "here"})
        await hidden.say({"type": "presence", "state": "away"})
        await presence_where(looked_at, lambda said: _counts(said, here=1, away=0))
        assert await act(acme_live.organization, states) == [False]

        await looked_at.say({"type": "presence", "state": "away"})
        await presence_where(hidden, lambda said: _counts(said, here=0, away=1))
        assert await act(acme_live.organization, states) == [True]


async def test_who_falls_silent_is_gone_after_a_minute(acme_live):
    organization, incident = acme_live.organization, acme_live.incident

    def here(now):
        with time_machine.travel(now, tick=False):
            return presence.beat_and_read(organization.pk, {}, {}, [incident.pk])[incident.pk].members

    now = timezone.now()
    await act(organization, Participant.beat, incident, [acme_live.lena], now=now)

    assert [member["name"] for member in await asyncio.to_thread(here, now + timezone.timedelta(seconds=59))] == [
        "Lena Fischer"
    ]
    assert await asyncio.to_thread(here, now + timezone.timedelta(seconds=61)) == []


async def test_stakeholders_hear_numbers_and_no_names(acme_live, quick):
    async with (
        Listener(acme_live.path(), session=session_of(acme_live.stan)) as stan,
        Listener(acme_live.path(), session=session_of(acme_live.lena)) as lena,
    ):
        await lena.say({"type": "presence", "state": "here"})
        frame = await presence_where(stan, lambda said: said["functions"])

    assert frame == {
        "type": "presence",
        "functions": {"engineering": {"here": 1, "engaged": 1, "away": 0}},
        "observers": 0,
    }


async def test_typing_is_shown_in_its_workstream_for_a_moment(acme_live, quick, monkeypatch):
    monkeypatch.setattr(presence, "TYPING_SECONDS", 1)
    stream = acme_live.now(lambda: acme_live.incident.workstreams.get().pk)

    async with (
        Listener(acme_live.path(), session=session_of(acme_live.lena)) as lena,
        Listener(acme_live.path(), session=acme_live.session) as tariq,
        Listener(acme_live.path(), session=session_of(acme_live.stan)) as stan,
    ):
        for ear in (lena, tariq, stan):
            await ear.until("ready")
        await presence_where(lena, lambda said: said["typing"] == {})
        await stan.say({"type": "typing", "stream": stream})
        await lena.say({"type": "typing", "stream": stream + 1_000_000})
        await tariq.say({"type": "typing", "stream": stream})
        shown = await presence_where(lena, lambda said: said["typing"])
        await presence_where(lena, lambda said: said["typing"] == {})

    assert shown["typing"] == {str(stream): [acme_live.tariq.pk]}


async def test_presence_is_told_at_most_once_in_three_seconds(acme_live):
    room = presence.Presence()
    room.summary = presence.Summary()
    everybody = {Reach(Visibility.ROOM), Reach(Visibility.BRIEFING)}
    assert room.news(everybody, 100.0) is not None

    room.summary.observers = 1
    assert room.news(everybody, 102.9) is None
    assert room.news(everybody, 103.0) is not None
    assert room.news(everybody, 200.0) is None
