"""What every way out has in common: a message goes in, a result comes out, and a drill never leaves its roster."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from ..models import Attempt

logger = logging.getLogger(__name__)

# The longest a provider is waited for. A lease lasts three times as long.
CALL_SECONDS = 10
Outcome = Attempt.Outcome


@dataclass(frozen=True)
class Message:
    """One copy for one address. `identifier` and `thread` are stable over attempts; `doubtful`: it may have arrived."""

    identifier: str
    address: str
    subject: str
    text: str
    short: str
    html: str = ""
    thread: str = ""
    drill: bool = False
    roster: frozenset = frozenset()
    doubtful: bool = False
    first_at: datetime | None = None
    unsubscribe: str = ""
    reply_to: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one call. `retry_after` in seconds; `stop`: the others of the batch would fare no better."""

    outcome: str
    answer: str
    retry_after: float | None = None
    provider_id: str = ""
    stop: bool = False
    # Our own fault, not the provider's.
    broken: bool = False

    @classmethod
    def accepted(cls, answer, **more):
        return cls(Outcome.ACCEPTED, answer, **more)

    @classmethod
    def retry(cls, answer, **more):
        return cls(Outcome.RETRY, answer, **more)

    @classmethod
    def refused(cls, answer, **more):
        return cls(Outcome.REFUSED, answer, **more)

    @classmethod
    def unknown(cls, answer, **more):
        return cls(Outcome.UNKNOWN, answer, **more)

    @classmethod
    def crash(cls, trouble):
        return cls(Outcome.RETRY, f"{type(trouble).__name__}: {trouble}", broken=True)


class Transport:
    """`call` talks to the provider. `at_once`: how many may be in flight together; `doubts`: after how many calls
    without an answer a person has to decide."""

    at_once = 1
    doubts = 2

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.close()

    def close(self):
        """Let go of the connection."""

    def call(self, message):
        raise NotImplementedError

    def send(self, message):
        """Send one message. Never raises: whatever goes wrong is a result."""
        if message.drill and message.address not in message.roster:
            # The second lock. The first is in `recipients/hearing.py`, and this one does not rely on it.
            return Result.refused("Refused: this drill has nobody with this address on its roster.")
        try:
            return self.call(message)
        except Exception as trouble:
            logger.exception("Message %s could not be sent.", message.identifier)
            return Result.crash(trouble)

    def send_all(self, messages):
        """The results, in order, of messages that are in flight together."""
        if len(messages) == 1:
            return [self.send(messages[0])]
        with ThreadPoolExecutor(len(messages)) as pool:
            return list(pool.map(self.send, messages))
