"""An open connection: what it may say, how fast, and in which order it hears. Knows nothing of incidents."""

import asyncio
import contextlib
import json
from collections import deque

# Inbound: so many frames a second on average, so many at once, and so much patience with what makes no sense.
FRAMES_PER_SECOND = 10
BURST = 30
WARNINGS = 3
LONGEST_FRAME = 1024
LAST_WORD_SECONDS = 2
# Words that are only worth hearing while they are fresh: more of them than this, and the oldest are forgotten.
NOTES = 32

UNSUPPORTED, NOT_TEXT, POLICY, TOO_BIG = 1003, 1007, 1008, 1009


class Pace:
    """A bucket that fills with time and is emptied by frames."""

    def __init__(self, now):
        self.left, self.at = BURST, now

    def allows(self, now):
        self.left = min(BURST, self.left + (now - self.at) * FRAMES_PER_SECOND)
        self.at = now
        self.left -= 1
        return self.left >= 0


class Socket:
    """One connection after it was admitted. Subclasses say what it sends (`news`) and understands (`hears`)."""

    # Frame types from the client, each with a method that takes the frame.
    hears = {}

    def __init__(self, hub, ticket, send):
        self.hub = hub
        self.ticket = ticket
        self.send = send
        self.greeted = False
        self.away = False
        self._notes = deque(maxlen=NOTES)
        self._waiting = None
        self._writer = None
        self._end = None
        self._warnings = 0
        self._pace = Pace(hub.loop.time())

    # --- From the hub ------------------------------------------------------------------------

    def wake(self):
        """There may be something to send."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    def say(self, text):
        """Pass on a word that is not part of the story; it may be lost on a slow reader."""
        self._notes.append(text)
        self.wake()

    def end(self, reason, code):
        """Close, at once and whatever is still to be sent. With a reason, the client is told not to come back."""
        if self._end is None:
            self._end = reason, code
            if self._writer:
                self._writer.cancel()

    def is_left_behind(self, number):
        """Whether it listens, but so slowly that it has not come as far as this number."""
        return False

    # --- The life of a connection ------------------------------------------------------------

    async def run(self, receive):
        self._writer = self.hub.loop.create_task(self._write())
        reader = self.hub.loop.create_task(self._read(receive))
        try:
            await asyncio.wait({self._writer, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writer.cancel()
            reader.cancel()
            outcome = await asyncio.gather(self._writer, reader, return_exceptions=True)
        if self._end is not None:
            await self._close(*self._end)
        for trouble in outcome:
            # The server raises OSError for a line that is gone, which is nobody's mistake.
            if isinstance(trouble, Exception) and not isinstance(trouble, OSError):
                raise trouble

    async def _close(self, reason, code):
        """The last word; a reader that is stuck does not get it."""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(LAST_WORD_SECONDS):
                if reason:
                    await self.say_now({"type": "bye", "reason": reason})
                await self.send({"type": "websocket.close", "code": code})

    async def say_now(self, frame):
        await self.send({"type": "websocket.send", "text": json.dumps(frame)})

    async def _write(self):
        """The only place that sends while the connection lives."""
        while self._end is None:
            if self._notes and self.greeted:
                await self.send({"type": "websocket.send", "text": self._notes.popleft()})
            elif not await self.news():
                self._waiting = self.hub.loop.create_future()
                await self._waiting

    async def news(self):
        """Send what there is to send; False when there is nothing."""
        raise NotImplementedError

    async def _read(self, receive):
        while self._end is None:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            if self._pace.allows(self.hub.loop.time()):
                self._take(event)
            else:
                self._warn("too_fast")
                # Until then nothing is read, and the sender's own line fills up.
                await asyncio.sleep(1)

    # --- From the client ---------------------------------------------------------------------

    def _take(self, event):
        text = event.get("text")
        if text is None:
            return self.end(None, UNSUPPORTED)
        if len(text) > LONGEST_FRAME:
            return self.end(None, TOO_BIG)
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return self.end(None, NOT_TEXT)
        if not isinstance(frame, dict):
            return self.end(None, NOT_TEXT)
        kind = frame.get("type")
        answer = self.hears.get(kind) if isinstance(kind, str) else None
        if answer is None:
            return self._warn("unknown_type")
        if not answer(self, frame):
            self._warn("bad_fields")

    def _warn(self, code):
        self._warnings += 1
        if self._warnings > WARNINGS:
            return self.end(None, POLICY)
        self.say(json.dumps({"type": "warning", "code": code}))


def whole_number(value):
    """The value when it can be the number or the key of something, else None."""
    return value if type(value) is int and 0 < value < 2**53 else None
