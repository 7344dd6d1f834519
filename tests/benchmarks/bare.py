"""What the hub is compared with, reduced to the sending: plain ASGI, and Channels as its tutorial has it.

Served by `uvicorn tests.benchmarks.bare:asgi` or `:channels`. `POST /?count=N` sends the body N times to every socket.
"""

from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import InMemoryChannelLayer, channel_layers

LAYER = InMemoryChannelLayer(capacity=10_000)
senders = set()


async def asgi(scope, receive, send):
    """Every socket's `send`, called one after the other."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        senders.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        senders.discard(send)
    elif scope["type"] == "http":

        async def broadcast(text):
            event = {"type": "websocket.send", "text": text}
            for each in list(senders):
                await each(event)

        await _post(broadcast, scope, receive, send)


class Member(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("all", self.channel_name)
        await self.accept()

    async def told(self, event):
        await self.send(text_data=event["text"])


async def channels(scope, receive, send):
    """A consumer per socket in one group of the in-memory layer."""
    channel_layers.backends["default"] = LAYER
    if scope["type"] == "websocket":
        await Member.as_asgi()(scope, receive, send)
    elif scope["type"] == "http":
        await _post(lambda text: LAYER.group_send("all", {"type": "told", "text": text}), scope, receive, send)


async def _post(broadcast, scope, receive, send):
    text = (await receive())["body"].decode()
    for _ in range(int(parse_qs(scope["query_string"].decode()).get("count", ["1"])[0])):
        await broadcast(text)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
