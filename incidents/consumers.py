"""What can be listened to: one incident, and the strip of an organisation. Nothing can be written here."""

from datetime import timedelta
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.utils import timezone

from .doorbell import doorbell
from .fragments import rfc3339
from .kinds import Visibility
from .live import Hub
from .sockets import Socket, whole_number
from .tickets import admit

# Further behind than this, reading the page again is quicker than replaying.
FURTHEST_BEHIND = 500
TYPING_SPACING_SECONDS = 2
# Whoever comes back later than this has read the page anew.
LEFT_JUST_NOW = timedelta(minutes=1)


async def incident(scope, receive, send):
    """`/ws/o/<org>/incidents/<number>/?after=N`"""
    await _serve(IncidentSocket, scope, receive, send)


async def organization(scope, receive, send):
    """`/ws/o/<org>/`"""
    await _serve(StripSocket, scope, receive, send)


async def nowhere(scope, receive, send):
    """Every other address: refused like whatever may not be heard."""
    await receive()
    await send({"type": "websocket.close"})


async def _serve(kind, scope, receive, send):
    if (await receive())["type"] != "websocket.connect":
        return
    ticket = await _admit(scope)
    if ticket is None or not Hub.current().has_place_for(ticket.person_id):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    hub = Hub.current()
    socket = kind(hub, ticket, send, cursor=_cursor(scope))
    socket.place = hub.join(socket)
    try:
        await socket.run(receive)
    finally:
        hub.leave(socket)


async def _admit(scope):
    where = scope["url_route"]["kwargs"]
    headers = dict(scope["headers"])
    # Threads of their own: a storm of people coming back must not queue up behind one another.
    return await database_sync_to_async(admit, thread_sensitive=False)(
        where["org"],
        where.get("number"),
        cookie=headers.get(b"cookie", b"").decode("latin-1"),
        authorization=headers.get(b"authorization", b"").decode("latin-1"),
    )


def _cursor(scope):
    """The number after which to begin, 0 without one, None for what is no number."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    word = query.get("after", ["0"])[-1]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 16 else None


class IncidentSocket(Socket):
    """A cursor into the timeline of an incident. `place` is its room."""

    def __init__(self, hub, ticket, send, *, cursor):
        super().__init__(hub, ticket, send)
        self.number = None
        # The last entry up to there that they may know of.
        self.seen = 0
        self._asked_for = cursor
        self._reads_again = False
        self._typed_at = float("-inf")

    def is_left_behind(self, number):
        return self.greeted and self.number < number

    @property
    def is_outside(self):
        return self.ticket.reach.visibility == Visibility.BRIEFING

    def read_again(self):
        """An update that was kept from stakeholders can be read now."""
        if self.is_outside and self.number is not None:
            self._reads_again = True
            self.wake()

    async def news(self):
        room = self.place
        if self.number is None:
            # What was committed when it came in, it shall know before it is told that it knows everything.
            if room.number is None or room.number < self.ticket.number:
                if room.number is not None:
                    self.hub.look_at(room.organization_id, room.incident_id)
                return False
            await self._begin(room)
        if self.number < room.number:
            await self._pass_on(room.after(self.number))
            return True
        if self._reads_again:
            self._reads_again = False
            await self._reset(room, "update_left")
            return True
        if not self.greeted:
            await self._greet(room)
            return True
        return False

    async def _begin(self, room):
        cursor = self._asked_for
        behind = None if cursor is None else room.number - cursor
        is_known = behind is not None and 0 <= behind <= FURTHEST_BEHIND
        number = cursor if is_known else room.number
        self.seen = await self.hub.head(room, self.ticket.reach, number)
        self.number = number
        if not is_known:
            await self._reset(room, "unknown_cursor" if behind is None or behind < 0 else "too_far_behind")
        elif cursor and self.is_outside:
            # What left while the line was cut lies before the cursor.
            now = timezone.now()
            self._reads_again = await self.hub.has_left(room, now - LEFT_JUST_NOW, now)

    async def _reset(self, room, code):
        self.seen = await self.hub.head(room, self.ticket.reach, self.number)
        await self.say_now({"type": "reset", "number": self.seen, "code": code})

    async def _pass_on(self, kept):
        found = await self.hub.backlog(self.place, self.number) if kept is None else kept
        if not found:
            raise LookupError(f"Incident {self.ticket.incident_id} has no entries after {self.number}.")
        reach, send = self.ticket.reach, self.send
        for frame in found:
            if reach.covers(frame.needs):
                await send({"type": "websocket.send", "text": frame.after(self.seen)})
                self.seen = frame.number
            self.number = frame.number

    async def _greet(self, room):
        self.greeted = True
        ticket = self.ticket
        await self.say_now(
            {
                "type": "ready",
                "number": self.seen,
                "at": rfc3339(timezone.now()),
                "member": ticket.membership_id,
                "reach": ticket.reach.visibility,
                "restricted": sorted(ticket.reach.streams),
            }
        )
        said = (room.presence.said or {}).get(ticket.reach)
        if said:
            self._notes.appendleft(said)

    # --- From the client ---------------------------------------------------------------------

    def _ping(self, frame):
        # `input`: the page was used since the last ping.
        self.hub.beat(self, active=frame.get("input") is True)
        return _pong(self)

    def _presence(self, frame):
        if frame.get("state") not in ("here", "away"):
            return False
        self.away = frame["state"] == "away"
        self.hub.beat(self)
        return True

    def _seen(self, frame):
        """Who reads is there; with a `stream` it is kept how far they have read it."""
        number, stream = whole_number(frame.get("number")), whole_number(frame.get("stream"))
        if number is None or (stream is None and "stream" in frame):
            return False
        self.away = False
        self.hub.beat(self, active=True)
        if stream is not None and self.ticket.reach.visibility == Visibility.ROOM:
            # Nobody has read further than there is.
            self.place.presence.reads(self.ticket.membership_id, stream, min(number, self.number or 0))
        return True

    def _typing(self, frame):
        stream = whole_number(frame.get("stream"))
        if stream is None:
            return False
        now = self.hub.loop.time()
        if self.ticket.reach.visibility == Visibility.ROOM and now - self._typed_at >= TYPING_SPACING_SECONDS:
            self._typed_at = now
            self.hub.beat(self, active=True)
            doorbell.ring(
                about="typing",
                organization=self.ticket.organization_id,
                incident=self.ticket.incident_id,
                member=self.ticket.membership_id,
                stream=stream,
            )
        return True

    hears = {"ping": _ping, "presence": _presence, "seen": _seen, "typing": _typing}


class StripSocket(Socket):
    """Hears when an open incident changes in a way the strip shows. `place` is the organisation's strip."""

    def __init__(self, hub, ticket, send, *, cursor):
        super().__init__(hub, ticket, send)

    async def news(self):
        if self.greeted or self.place.lines is None:
            return False
        self.greeted = True
        await self.say_now({"type": "ready", "at": rfc3339(timezone.now()), "member": self.ticket.membership_id})
        return True

    hears = {"ping": lambda self, frame: _pong(self)}


def _pong(socket):
    socket.say(f'{{"type":"pong","at":"{rfc3339(timezone.now())}"}}')
    return True
