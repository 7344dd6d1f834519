"""A long incident with a crowd: a thousand entries behind it, two hundred sockets on it, and nothing gets lost."""

import asyncio
from contextlib import AsyncExitStack

from incidents.live import SOCKETS_PER_PERSON
from incidents.models import Incident
from teams.models import Membership, Person
from tests.factories import post_message
from tests.listening import Listener, token_of

ENTRIES = 1_000
LISTENERS = 10
NEWS = 10


def lengthen(incident, author):
    """Bring the timeline to a thousand entries, with the verb that people use."""
    incident = Incident.objects.get(pk=incident.pk)
    for number in range(ENTRIES - incident.last_number):
        post_message(incident, f"Line {number}", by=author)


def hire(number):
    return Membership.objects.create(person=Person.objects.create(email=f"r{number}@acme.test", name=f"R{number}"))


async def test_two_hundred_sockets_hear_every_entry_once_and_in_order(acme_live):
    acme_live.now(lengthen, acme_live.incident, acme_live.lena)
    keys = [token_of(acme_live.now(hire, number)) for number in range(LISTENERS)]
    before = acme_live.last

    async with AsyncExitStack() as crowd:
        ears = [
            await crowd.enter_async_context(Listener(acme_live.path(after=before), token=key))
            for key in keys
            for _ in range(SOCKETS_PER_PERSON)
        ]
        for ear in ears:
            assert (await ear.next())["type"] == "ready"
        for number in range(NEWS):
            await acme_live.posts(f"News {number}")
        heard = await asyncio.gather(*(ear.entries(NEWS) for ear in ears))

    assert (before, len(ears)) == (ENTRIES, 200)
    expected = tuple(range(before + 1, acme_live.last + 1))
    assert len(expected) == NEWS
    assert {tuple(frame["number"] for frame in frames) for frames in heard} == {expected}
