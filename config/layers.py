"""The doorbell of the one-process default: the in-memory channel layer, made safe for other threads."""

import asyncio

from channels.layers import InMemoryChannelLayer

PATIENCE_SECONDS = 5


class EmbeddedChannelLayer(InMemoryChannelLayer):
    """Delivers on the loop that listens, whichever thread sends.

    The queues of the stock layer belong to the loop that made them: a message put there by a worker thread
    lies until that loop happens to wake for another reason.
    """

    _home = None

    def bind(self):
        """Take the running loop as the one that listens."""
        self._home = asyncio.get_running_loop()

    async def send(self, channel, message):
        await self._at_home(super().send, channel, message)

    async def group_send(self, group, message):
        await self._at_home(super().group_send, group, message)

    async def group_add(self, group, channel):
        if self._home is None or self._home.is_closed():
            self.bind()
        await super().group_add(group, channel)

    async def _at_home(self, deliver, *args):
        home = self._home
        if home is None or home.is_closed() or home is asyncio.get_running_loop():
            return await deliver(*args)
        delivered = asyncio.run_coroutine_threadsafe(deliver(*args), home)
        # A loop that is shutting down never answers, and nobody may hang on a doorbell.
        return await asyncio.wait_for(asyncio.wrap_future(delivered), PATIENCE_SECONDS)
