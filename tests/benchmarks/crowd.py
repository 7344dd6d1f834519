"""A crowd of sockets in one process, as cheap as Python can make them: they count frames and look at the clock."""

import asyncio
import time

PATIENCE_SECONDS = 60


class Ear(asyncio.Protocol):
    """One websocket that reads. `heard` is when each frame arrived, `left` what is still to come."""

    def __init__(self, host, path, headers):
        self.request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + "\r\n"
        )
        self.opened = asyncio.get_running_loop().create_future()
        self.rest = b""
        self.heard = []
        self.await_frames = None

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request.encode())

    def data_received(self, data):
        now = time.perf_counter()
        self.rest += data
        if not self.opened.done():
            head, found, rest = self.rest.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:20]:
                self.opened.set_exception(ConnectionError(head.decode()))
                return
            self.rest = rest
            self.opened.set_result(None)
        while frame := self._frame():
            if b'"type":"entry"' in frame[:20]:
                self.heard.append(now)
        if self.await_frames and len(self.heard) >= self.await_frames[0]:
            self.await_frames[1].release()
            self.await_frames = None

    def _frame(self):
        """The payload of the next whole text frame; control frames are passed over."""
        data = self.rest
        if len(data) < 2:
            return None
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + length:
            return None
        self.rest = data[start + length :]
        return data[start : start + length] or b" "


class Crowd:
    """So many ears on one server."""

    async def gather(self, port, path, count, headers_of):
        loop = asyncio.get_running_loop()
        self.ears = []
        for n in range(count):
            host = f"127.0.0.1:{port}"
            _, ear = await loop.create_connection(
                lambda n=n, host=host: Ear(host, path, headers_of(n)), "127.0.0.1", port
            )
            await ear.opened
            self.ears.append(ear)

    async def hear(self, frames):
        """Wait until each has heard so many more entries; returns the moments by frame, in order of arrival."""
        waiting = asyncio.Semaphore(0)
        for ear in self.ears:
            ear.await_frames = (frames, waiting)
            ear.data_received(b"")
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in self.ears:
                await waiting.acquire()
        heard = [sorted(moments) for moments in zip(*(ear.heard[:frames] for ear in self.ears), strict=True)]
        for ear in self.ears:
            del ear.heard[:frames]
        return heard

    def leave(self):
        for ear in self.ears:
            ear.transport.abort()
