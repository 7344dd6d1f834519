"""The doorbell: "look again", said to every process after a commit. Losing a ring makes a socket late, never wrong.

Rings leave on a thread of their own, so neither a dead Redis nor one that never answers holds up a request. They carry
ids and numbers only: nothing about an incident is ever in Redis.
"""

import asyncio
import logging
import os
import threading
from functools import partial
from queue import Empty, SimpleQueue

from channels.layers import get_channel_layer
from django.db import transaction

from teams.signals import rights_changed, sign_in_changed

from .signals import entry_recorded

logger = logging.getLogger(__name__)

GROUP = "muster.live"
PATIENCE_SECONDS = 1
# One message holds so many rings; what waits longer than that is found by looking.
BATCH = 500


def connect():
    entry_recorded.connect(ring_for_entry, dispatch_uid="doorbell_entry")
    rights_changed.connect(ring_for_membership, dispatch_uid="doorbell_membership")
    sign_in_changed.connect(ring_for_person, dispatch_uid="doorbell_person")


def ring_for_entry(sender, entry, **kwargs):
    """Tell every process that an incident has a new entry, once it is committed."""
    news = {"about": "entry", "organization": entry.organization_id, "incident": entry.incident_id}
    transaction.on_commit(partial(doorbell.ring, number=entry.number, **news), robust=True)


def ring_for_membership(sender, membership, **kwargs):
    doorbell.ring(about="rights", organization=membership.organization_id)


def ring_for_person(sender, person, **kwargs):
    doorbell.ring(about="rights", person=person.pk)


class Doorbell:
    """Takes rings from any thread and sends them on, the same ring once, from one thread with one connection."""

    def __init__(self):
        self._start_over()
        # A forked child has neither the thread nor the right to the parent's connection.
        os.register_at_fork(after_in_child=self._start_over)

    def ring(self, **news):
        """Say it soon. Never waits and never fails."""
        self._rings.put(news)
        if not self._thread:
            with self._starting:
                if not self._thread:
                    self._thread = threading.Thread(target=self._work, name="doorbell", daemon=True)
                    self._thread.start()

    def _start_over(self):
        self._rings = SimpleQueue()
        self._starting = threading.Lock()
        self._thread = None
        self._heard = True

    def _work(self):
        loop = asyncio.new_event_loop()
        while True:
            rings = self._collect()
            while rings:
                loop.run_until_complete(self._send(rings[:BATCH]))
                rings = rings[BATCH:]

    def _collect(self):
        """Wait for a ring and take all that are there; of several for one incident the last counts."""
        rings = [self._rings.get()]
        try:
            while True:
                rings.append(self._rings.get_nowait())
        except Empty:
            return list({tuple((k, v) for k, v in ring.items() if k != "number"): ring for ring in rings}.values())

    async def _send(self, rings):
        message = {"type": "rung", "rings": rings}
        try:
            await asyncio.wait_for(get_channel_layer().group_send(GROUP, message), PATIENCE_SECONDS)
        except Exception as trouble:  # whatever the layer raises, nobody is waiting to hear it
            if self._heard:
                logger.warning("The doorbell is not heard (%r); sockets look by themselves.", trouble)
            self._heard = False
        else:
            self._heard = True


doorbell = Doorbell()


async def listen(answer):
    """Call `answer(ring)` for every ring of every process until cancelled; a lost layer is tried again each second."""
    while True:
        try:
            layer = get_channel_layer()
            channel = await asyncio.wait_for(layer.new_channel("live."), PATIENCE_SECONDS)
            await asyncio.wait_for(layer.group_add(GROUP, channel), PATIENCE_SECONDS)
            while True:
                for ring in (await layer.receive(channel))["rings"]:
                    answer(ring)
        except Exception as trouble:  # the layer's own kinds of trouble; looking goes on without it
            logger.warning("Nothing to hear the doorbell with (%r); looking each second.", trouble)
            await asyncio.sleep(PATIENCE_SECONDS)
