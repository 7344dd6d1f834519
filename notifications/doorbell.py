"""Rings for a worker without ever making anybody wait: a broker that is away costs a request nothing.

A ring may be lost. What is due is a row, and the scheduler's next pass finds it.
"""

import logging
import queue
import threading

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Beyond this many waiting rings the broker is away, and the rows are many enough to be found by themselves.
WAITING = 1000
# A ring nobody answered by then is stale: the scheduler has long looked.
LIFETIME_SECONDS = 30

_rings: queue.Queue = queue.Queue(WAITING)
_ringer = None
_starting = threading.Lock()


def ring(task, *args):
    """Ask for a task by name, as soon as may be. Returns at once and never fails."""
    _start()
    try:
        _rings.put_nowait((task, args))
    except queue.Full:
        logger.warning("The broker does not answer; work waits for the scheduler.")


def _start():
    """The thread belongs to a process, so it is started by the first ring and not by an import before a fork."""
    global _ringer  # noqa: PLW0603 - one thread per process
    if _ringer is None or not _ringer.is_alive():
        with _starting:
            if _ringer is None or not _ringer.is_alive():
                _ringer = threading.Thread(target=_ring_on, name="doorbell", daemon=True)
                _ringer.start()


def _ring_on():
    while True:
        task, args = _rings.get()
        try:
            current_app.send_task(task, args, expires=LIFETIME_SECONDS, ignore_result=True)
        except (OperationalError, OSError) as trouble:
            logger.warning("Nobody could be rung for %s: %s", task, trouble)
