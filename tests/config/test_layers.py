"""The doorbell of the one-process default rings across threads."""

import asyncio
import threading

from asgiref.sync import async_to_sync

from config.layers import EmbeddedChannelLayer


async def test_a_ring_from_a_worker_thread_wakes_an_idle_loop():
    layer = EmbeddedChannelLayer()
    await layer.group_add("incident.1", "socket!a")
    listening = asyncio.ensure_future(layer.receive("socket!a"))
    await asyncio.sleep(0)

    worker = threading.Thread(
        target=async_to_sync(layer.group_send), args=["incident.1", {"type": "rung", "number": 7}]
    )
    worker.start()

    # Nothing else wakes this loop: were the ring left in a queue of another loop, it would sleep on.
    assert await asyncio.wait_for(listening, 5) == {"type": "rung", "number": 7}
    await asyncio.to_thread(worker.join)


async def test_a_direct_message_from_a_thread_arrives_too():
    layer = EmbeddedChannelLayer()
    layer.bind()
    listening = asyncio.ensure_future(layer.receive("socket!a"))
    await asyncio.sleep(0)

    await asyncio.to_thread(async_to_sync(layer.send), "socket!a", {"type": "rung"})

    assert await asyncio.wait_for(listening, 5) == {"type": "rung"}


def test_a_loop_that_is_gone_does_not_hold_anybody_up():
    layer = EmbeddedChannelLayer()

    async def listen():
        await layer.group_add("incident.1", "socket!a")

    asyncio.run(listen())
    asyncio.run(layer.group_send("incident.1", {"type": "rung"}))

    assert layer.channels["socket!a"].qsize() == 1
