"""The one-process default: worker and scheduler as threads, and the lock that keeps it one process."""

import fcntl
import logging
import os
import threading

from celery import beat
from celery.worker import WorkController, state
from channels.layers import get_channel_layer

from config.celery import app

logger = logging.getLogger(__name__)

START_SECONDS = 20
STOP_SECONDS = 8


class AlreadyRunning(Exception):
    """Another process serves from the same data directory."""


class Claim:
    """The right to serve from a data directory, held for the life of the process.

    Queue and doorbell live in memory: a second process on the same data would have a second pair of them, and
    each would miss what the other rang.
    """

    def __init__(self):
        self._file = None

    def take(self, directory):
        """Hold the claim; raises AlreadyRunning when another process does. Taking it again is harmless."""
        if self._file:
            return
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "serve.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = " ".join(file.read().split()) or "another process"
            file.close()
            raise AlreadyRunning(
                f"Muster already runs on the data in {directory} ({holder}). "
                "Stop it first, or choose another place with DATA_DIR."
            ) from None
        self._file = file
        self.sign()

    def sign(self, address=""):
        """Leave word for whoever comes second."""
        if self._file:
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()} {address}\n")
            self._file.flush()

    def release(self):
        if self._file:
            self._file.close()
            self._file = None


class Worker(WorkController):
    """A Celery worker that tells when it listens."""

    def __init__(self, *args, **kwargs):
        self.listens = threading.Event()
        super().__init__(*args, **kwargs)

    def on_consumer_ready(self, consumer):
        self.listens.set()


class EmbeddedCelery:
    """Worker and scheduler as two threads. Start and stop it from a plain thread, never from a running loop:
    Celery closes database connections on the way, which Django forbids there."""

    worker_thread = None
    beat_thread = None

    def start(self):
        state.should_stop = state.should_terminate = None
        app.finalize()
        app.set_default()
        worker = Worker(
            app=app,
            hostname="embedded@localhost",
            pool="threads",
            concurrency=4,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=None,
        )
        self.worker_thread = threading.Thread(target=worker.start, name="worker", daemon=True)
        self.worker_thread.start()
        if not worker.listens.wait(START_SECONDS):
            raise RuntimeError("The worker thread did not start.")
        self.beat_thread = beat.EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
        self.beat_thread.start()

    def stop(self):
        """Let running tasks end. False when one of them did not within eight seconds."""
        if not self.worker_thread:
            return True
        self.beat_thread.service.stop(wait=False)
        state.should_stop = 0
        # Any word from outside ends its wait for the next task, which would last up to two seconds.
        app.control.broadcast("heartbeat")
        self.beat_thread.join(2)
        self.worker_thread.join(STOP_SECONDS)
        return not self.worker_thread.is_alive()

    def dead_threads(self):
        """Names of the threads that should run and do not: a dead thread is silent otherwise."""
        threads = {"worker": self.worker_thread, "scheduler": self.beat_thread}
        return [name for name, thread in threads.items() if thread is None or not thread.is_alive()]


claim = Claim()
celery = EmbeddedCelery()


def bind_doorbell():
    """Called on the server's loop, which is where the sockets listen."""
    get_channel_layer().bind()
