"""Ears for tests: a socket on the whole ASGI application, and acts from threads of their own, as requests are."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import Client

from config.asgi import application
from incidents.models import Incident
from teams.models import ApiToken, Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, post_message

HOST = b"127.0.0.1:8000"
PATIENCE_SECONDS = 10


def at_once(organization, verb, *args, **kwargs):
    """Run a verb inside the organisation in another thread, on another connection, and wait: also from a coroutine."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, organization, verb, args, kwargs).result()


async def act(organization, verb, *args, **kwargs):
    """Run a verb as a request would, while this loop goes on listening."""
    return await asyncio.to_thread(_run, organization, verb, args, kwargs)


def _run(organization, verb, args, kwargs):
    try:
        with acting_in(organization):
            return verb(*args, **kwargs)
    finally:
        connections.close_all()


def member(organization, local):
    """`member(acme, "lena")`, with person and function."""
    email = f"{local}@{organization.slug}.test"
    return at_once(organization, lambda: Membership.objects.with_people().get(person__email=email))


def session_of(membership):
    """The cookie of a browser in which the member has signed in."""
    client = Client()
    at_once(membership.organization_id, client.force_login, membership.person)
    return client.cookies["sessionid"].value


def token_of(membership, **fields):
    _, key = at_once(membership.organization_id, ApiToken.issue, membership, **fields)
    return key


class Refused(Exception):
    """The socket was not opened."""


class Listener:
    """An open socket: `async with Listener("/ws/o/acme/", session=…) as ear: await ear.next()`."""

    def __init__(self, path, *, session=None, token=None, origin=b"http://" + HOST):
        headers = [(b"host", HOST)]
        if origin:
            headers.append((b"origin", origin))
        if session:
            headers.append((b"cookie", f"sessionid={session}".encode()))
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        self.socket = WebsocketCommunicator(application, path, headers=headers)

    async def __aenter__(self):
        accepted, _ = await self.socket.connect(timeout=PATIENCE_SECONDS)
        if not accepted:
            raise Refused
        return self

    async def __aexit__(self, *trouble):
        await self.socket.disconnect(timeout=PATIENCE_SECONDS)

    async def say(self, frame):
        await self.socket.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))

    async def next(self, *, besides=("presence",)):
        """The next frame that is not one of `besides`."""
        while True:
            frame = json.loads(await self.socket.receive_from(timeout=PATIENCE_SECONDS))
            if frame["type"] not in besides:
                return frame

    async def entries(self, count):
        """The next so many entries; anything else in between is a failure."""
        frames = [await self.next() for _ in range(count)]
        assert {frame["type"] for frame in frames} <= {"entry"}
        return frames

    async def until(self, kind):
        """Every frame up to the first of a type, that one included."""
        frames = [await self.next(besides=())]
        while frames[-1]["type"] != kind:
            frames.append(await self.next(besides=()))
        return frames

    async def to_the_end(self):
        """What is still said, and the code it closes with."""
        frames = []
        while True:
            event = await self.socket.receive_output(timeout=PATIENCE_SECONDS)
            if event["type"] == "websocket.close":
                return frames, event["code"]
            frames.append(json.loads(event["text"]))


async def is_refused(path, **who):
    try:
        async with Listener(path, **who):
            return False
    except Refused:
        return True


class LiveAcme:
    """Acme with one incident that Lena declared; `last` is the number of its last entry."""

    def __init__(self, organization):
        # The bell's own thread must not make a second layer at the same moment.
        get_channel_layer()
        self.organization = organization
        self.lena, self.tariq, self.ada, self.stan = (
            member(organization, name) for name in ("lena", "tariq", "ada", "stan")
        )
        self.incident = self.now(declare_incident, by=self.lena)
        self.session = session_of(self.tariq)

    def now(self, verb, *args, **kwargs):
        return at_once(self.organization, verb, *args, **kwargs)

    @property
    def last(self):
        return self.now(lambda: Incident.objects.get(pk=self.incident.pk).last_number)

    def path(self, after=None):
        base = f"/ws/o/acme/incidents/{self.incident.number}/"
        return base if after is None else f"{base}?after={after}"

    async def posts(self, text="Draining will take eight minutes.", *, by=None):
        return await act(self.organization, post_message, self.incident, text, by=by or self.lena)
