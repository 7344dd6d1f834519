"""The live side: one hub per process, which reads what is new once and lets every socket send it.

A ring of the doorbell (`doorbell.py`) makes the hub look at once. It also looks at all watched incidents every second,
so no ring is ever needed for an entry to arrive. Sockets are cursors: each sends what lies between its own number and
the room's, whether it has just connected, comes back, or was there all along. Nothing is written to an incident here.
"""

import asyncio
import logging
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from . import doorbell, frames, presence, strip, tickets

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1
AN_INSTANT = timedelta(microseconds=1)
RIGHTS_SECONDS = 5
# How many frames a room keeps for those who come back, and how far a reader may fall behind.
RING = 128
BACKLOG = 256
SOCKETS_PER_PERSON = 20


def connect():
    doorbell.connect()


class Room:
    """What this process knows of one watched incident: its last number, the latest frames, and who listens."""

    def __init__(self, organization_id, incident_id):
        self.organization_id = organization_id
        self.incident_id = incident_id
        self.sockets = set()
        self.number = None
        # The last entry at a number, by reach; most who come back at one moment come back to the same.
        self.heads = {}
        # The number of the last entry that changed who may hear.
        self.shut_at = 0
        self.presence = presence.Presence()
        # When updates leave that are kept from stakeholders until then.
        self.leaving = set()
        self.filling = asyncio.Lock()
        self._ring = []

    @property
    def first(self):
        """The number of the oldest frame that is kept; the next one to come when there is none."""
        return self.number + 1 - len(self._ring)

    def after(self, number):
        """The frames that follow a number, or None when they are not all kept any more."""
        start = number + 1 - self.first
        return self._ring[start:] if start >= 0 else None

    def advance(self, news):
        if news.takes_back:
            # What was said before may hold words that are gone now, or that are not for everybody any more.
            self._ring = []
        self._ring += news.frames
        if len(self._ring) > 2 * RING:
            del self._ring[:-RING]
        self.number, self.heads = news.number, {}
        self.leaving.update(news.leaving)
        if news.shuts_out:
            self.shut_at = news.number
        for socket in self.sockets:
            socket.wake()

    def let_leave(self, now):
        """The moments at which updates left, once each. What is kept was drawn when they had not, and is forgotten."""
        over = {moment for moment in self.leaving if moment <= now}
        if over:
            self.leaving -= over
            self._ring, self.heads = [], {}
        return over

    def remember(self, earlier):
        """Keep frames that somebody had to read again, if they end where the kept ones begin."""
        if earlier and earlier[-1].number + 1 == self.first:
            self._ring = (earlier + self._ring)[-RING:]


class Strip:
    """What this process knows of the open incidents of one organisation."""

    def __init__(self):
        self.sockets = set()
        self.lines = None


class Hub:
    """Every socket of this process, and the one thread that reads for them."""

    _current = None

    @classmethod
    def current(cls):
        """The hub of the running loop; it lives as long as somebody listens."""
        loop = asyncio.get_running_loop()
        if cls._current is None or cls._current.loop is not loop or cls._current.retired:
            cls._current = cls(loop)
        return cls._current

    def __init__(self, loop):
        self.loop = loop
        self.retired = False
        self.sockets = set()
        self.rooms = {}
        self.strips = {}
        self._per_person = defaultdict(int)
        self._rung = defaultdict(set)
        self._unlooked = deque()
        self._bell = asyncio.Event()
        self._rights_bell = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "live")
        self._tasks = []

    # --- Coming and going --------------------------------------------------------------------

    def has_place_for(self, person_id):
        return self._per_person[person_id] < SOCKETS_PER_PERSON

    def join(self, socket):
        """Let a socket listen to its room, or to its organisation's strip. It is registered before anything is read."""
        ticket = socket.ticket
        self.sockets.add(socket)
        self._per_person[ticket.person_id] += 1
        if ticket.incident_id is None:
            place = self.strips.setdefault(ticket.organization_id, Strip())
        else:
            key = ticket.organization_id, ticket.incident_id
            place = self.rooms.get(key) or self.rooms.setdefault(key, Room(*key))
        place.sockets.add(socket)
        if ticket.incident_id is not None and ticket.number < place.shut_at:
            # Admitted before somebody's right changed, and not here yet when everybody was asked.
            socket.end(*tickets.ASK_AGAIN)
        self.look_at(ticket.organization_id, ticket.incident_id)
        if not self._tasks:
            self._tasks = [self.loop.create_task(work) for work in self._works()]
        return place

    def leave(self, socket):
        ticket = socket.ticket
        self.sockets.discard(socket)
        self._per_person[ticket.person_id] -= 1
        if not self._per_person[ticket.person_id]:
            del self._per_person[ticket.person_id]
        places = self.strips if ticket.incident_id is None else self.rooms
        key = ticket.organization_id if ticket.incident_id is None else (ticket.organization_id, ticket.incident_id)
        places[key].sockets.discard(socket)
        if not places[key].sockets:
            del places[key]
        if not self.sockets:
            self._retire()

    def _works(self):
        return (
            self._look(),
            self._check_rights(),
            self._count_heads(),
            doorbell.listen(self.answer),
        )

    def _retire(self):
        self.retired = True
        for task in self._tasks:
            task.cancel()
        # In turn after whatever is being read.
        self._thread.submit(_hang_up)
        self._thread.shutdown(wait=False)

    # --- The doorbell ------------------------------------------------------------------------

    def answer(self, ring):
        about = ring.get("about")
        if about == "entry":
            self.answer_entry(ring["organization"], ring["incident"], ring["number"])
        elif about == "rights":
            self._rights_bell.set()
        elif about == "typing":
            room = self.rooms.get((ring["organization"], ring["incident"]))
            if room:
                room.presence.types(ring["member"], ring["stream"], self.loop.time())
                self._tell_presence(room)

    def answer_entry(self, organization_id, incident_id, number):
        room = self.rooms.get((organization_id, incident_id))
        is_news = room is not None and (room.number is None or number > room.number)
        if is_news or organization_id in self.strips:
            self.look_at(organization_id, incident_id)

    def look_at(self, organization_id, incident_id):
        """Look at one incident before all others, and at its organisation's strip."""
        self._rung[organization_id].add(incident_id)
        self._bell.set()

    # --- Looking -----------------------------------------------------------------------------

    async def _look(self):
        """Organisation after organisation: first those where it rang, and every second all of them."""
        due = self.loop.time() + LOOK_SECONDS
        while True:
            if self._rung:
                organization_id = next(iter(self._rung))
                await self._look_inside(organization_id, self._rung.pop(organization_id))
            elif self._unlooked:
                organization_id = self._unlooked.popleft()
                watched = {incident for organization, incident in self.rooms if organization == organization_id}
                await self._look_inside(organization_id, watched)
            elif self.loop.time() >= due:
                due = self.loop.time() + LOOK_SECONDS
                self._unlooked.extend({organization for organization, _ in self.rooms} | self.strips.keys())
            else:
                self._bell.clear()
                await self._wait(self._bell, due - self.loop.time())

    async def _look_inside(self, organization_id, incident_ids):
        rooms = {pk: room for pk in incident_ids if (room := self.rooms.get((organization_id, pk)))}
        try:
            if rooms:
                known = {pk: room.number for pk, room in rooms.items()}
                for pk, news in (await self.read(frames.look, organization_id, known)).items():
                    await self._bring(rooms[pk], news)
                for room in rooms.values():
                    await self._tell_of_leaving(room)
            if organization_id in self.strips:
                await self._look_along(organization_id, self.strips[organization_id])
        except Exception:  # the database is away, or one row cannot be read; the next look comes in a second
            logger.exception("Looking for news of organisation %s failed.", organization_id)
            await asyncio.sleep(LOOK_SECONDS)

    async def _bring(self, room, news):
        if news.turns_round:
            for socket in list(room.sockets):
                socket.end(*tickets.ASK_AGAIN)
        elif news.shuts_out:
            await self._end_expired(room.organization_id, list(room.sockets))
        if news.more:
            self.look_at(room.organization_id, room.incident_id)
        room.advance(news)
        for socket in [socket for socket in room.sockets if socket.is_left_behind(room.number - BACKLOG)]:
            socket.end(None, 1013)

    async def _tell_of_leaving(self, room):
        """Let stakeholders read again once an update may be read by them: its entry has long passed them by."""
        now = timezone.now()
        over = room.let_leave(now)
        if over and await self.has_left(room, min(over) - AN_INSTANT, now):
            for socket in room.sockets:
                socket.read_again()

    async def has_left(self, room, since, until):
        return await self.read(frames.left_between, room.organization_id, room.incident_id, since, until)

    async def _look_along(self, organization_id, along):
        listeners = {socket.ticket.membership_id for socket in along.sockets}
        is_first = along.lines is None
        along.lines, changes = await self.read(strip.look, organization_id, along.lines, listeners)
        if is_first:
            for socket in along.sockets:
                socket.wake()
        for change in changes:
            for socket in along.sockets:
                if change.seen_by is None or socket.ticket.membership_id in change.seen_by:
                    socket.say(change.text)
                elif change.gone:
                    socket.say(change.gone)

    async def backlog(self, room, number):
        """What a socket misses that the room does not keep any more; of many that come back, one reads."""
        async with room.filling:
            kept = room.after(number)
            if kept is not None:
                return kept
            earlier = await self.read(frames.backlog, room.organization_id, room.incident_id, number, room.first - 1)
            room.remember(earlier)
            return earlier

    async def head(self, room, reach, number):
        """The last entry up to a number that readers of this reach may know of."""
        async with room.filling:
            place = reach, number
            if place not in room.heads:
                at = await self.read(frames.head, room.organization_id, room.incident_id, reach, number)
                room.heads[place] = at
            return room.heads[place]

    # --- Rights ------------------------------------------------------------------------------

    async def _check_rights(self):
        """Ask for every socket whether its ticket still holds: at the bell, and every few seconds without."""
        while True:
            await self._wait(self._rights_bell, RIGHTS_SECONDS)
            self._rights_bell.clear()
            by_organization = defaultdict(list)
            for socket in self.sockets:
                by_organization[socket.ticket.organization_id].append(socket)
            for organization_id, sockets in by_organization.items():
                try:
                    await self._end_expired(organization_id, sockets)
                except Exception:  # as above: without an answer nobody is sent away, and the question is asked again
                    logger.exception("Checking the rights in organisation %s failed.", organization_id)

    async def _end_expired(self, organization_id, sockets):
        ends = await self.read(tickets.expired, organization_id, {socket.ticket for socket in sockets})
        for socket in sockets:
            if socket.ticket in ends:
                socket.end(*ends[socket.ticket])

    # --- Presence ----------------------------------------------------------------------------

    async def _count_heads(self):
        while True:
            await asyncio.sleep(presence.SPACING_SECONDS)
            by_organization = defaultdict(dict)
            for room in list(self.rooms.values()):
                by_organization[room.organization_id][room.incident_id] = room
            for organization_id, rooms in by_organization.items():
                beats = {pk: room.presence.beats for pk, room in rooms.items() if room.presence.beats}
                seen = {pk: room.presence.seen for pk, room in rooms.items() if room.presence.seen}
                for room in rooms.values():
                    room.presence.beats, room.presence.seen = {}, {}
                try:
                    summaries = await self.read(presence.beat_and_read, organization_id, beats, seen, list(rooms))
                except Exception:  # nobody is kept from the news because heads cannot be counted
                    logger.exception("Counting heads in organisation %s failed.", organization_id)
                    continue
                for pk, summary in summaries.items():
                    rooms[pk].presence.summary = summary
                    self._tell_presence(rooms[pk])

    def beat(self, socket, *, active=False):
        """Somebody has the room open; away only if no other window of theirs is looked at."""
        room = self.rooms[socket.ticket.organization_id, socket.ticket.incident_id]
        member = socket.ticket.membership_id
        windows = [other for other in room.sockets if other.ticket.membership_id == member]
        last = room.presence.beats.get(member)
        room.presence.beats[member] = presence.Beat(
            away=all(window.away for window in windows),
            active=active or bool(last and last.active),
        )

    def _tell_presence(self, room):
        reaches = {socket.ticket.reach for socket in room.sockets}
        if told := room.presence.news(reaches, self.loop.time()):
            for socket in room.sockets:
                socket.say(told[socket.ticket.reach])

    # --- Inside ------------------------------------------------------------------------------

    async def read(self, question, *args):
        """Ask the database on the hub's own thread, which keeps its connection while the answers are good."""
        return await self.loop.run_in_executor(self._thread, _ask, question, *args)

    @staticmethod
    async def _wait(event, seconds):
        try:
            await asyncio.wait_for(event.wait(), max(seconds, 0))
        except TimeoutError:
            return


def _ask(question, *args):
    try:
        return question(*args)
    except BaseException:
        _hang_up()
        raise


def _hang_up():
    connection.close()
