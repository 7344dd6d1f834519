"""What happens when an ASGI server starts and stops: on the one-process default, worker and scheduler too."""

import asyncio

from django.conf import settings

from config import embedded


async def lifespan(scope, receive, send):
    await receive()
    if settings.EMBEDDED:
        try:
            embedded.claim.take(settings.DATA_DIR)
            embedded.bind_doorbell()
            await asyncio.to_thread(embedded.celery.start)
        except (embedded.AlreadyRunning, RuntimeError) as trouble:
            await send({"type": "lifespan.startup.failed", "message": str(trouble)})
            return
    await send({"type": "lifespan.startup.complete"})

    await receive()
    if settings.EMBEDDED:
        await asyncio.to_thread(embedded.celery.stop)
    await send({"type": "lifespan.shutdown.complete"})
