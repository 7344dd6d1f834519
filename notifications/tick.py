"""One pass over everything that is due: clocks, spikes, fan-outs, planned work, deliveries, and what stood still.

Any number of passes may run at once, twice, or late: every step takes its row under a lock or by a condition, so a
second pass finds nothing left to do.
"""

import logging
import time
from collections import Counter, deque

from django.db.models import Min
from django.utils import timezone

from incidents.models import Obligation, Spike
from teams.tenancy import acting_in, everywhere

from . import fan_out, maintenance_news, spikes
from .models import Delivery, FanOut, Heartbeat
from .sending import send_due

logger = logging.getLogger(__name__)

SCHEDULER = "scheduler"
# The most of one kind in one pass; the rest comes with the next, a second later.
MOST = 500
# How long a clock or spike that raises is left alone, so that it does not fill every pass.
TROUBLE_SECONDS = 60

_troubled: dict[int | str, float] = {}


def run():
    """A whole pass as of now, sending included. Returns what it did as numbers, and `messages` by outcome."""
    done = prepare()
    messages = send_everything()
    Heartbeat.beat(SCHEDULER, timezone.now())
    return {**done, "messages": dict(sorted(messages.items()))}


def prepare():
    """Everything but sending: advance the clocks, and turn what they and people said into deliveries."""
    clocks = _advance_clocks(timezone.now())
    told = _tell_of_spikes(timezone.now())
    # Later than both: what they have just said is due too.
    expanded = _expand(timezone.now())
    return {"clocks": clocks, "spikes": told, **expanded, "windows": maintenance_news.tell_all(timezone.now())}


def send_everything():
    """One batch for each organisation and channel in turn, so that nobody's flood holds up another's page."""
    sent = Counter()
    waiting = deque(due_deliveries(timezone.now()))
    while waiting:
        turn = waiting.popleft()
        try:
            outcomes = send_due(*turn)
        except Exception:
            logger.exception("Sending for organisation %s by %s failed.", *turn)
            continue
        if outcomes:
            sent.update(outcomes)
            waiting.append(turn)
    return sent


def due_deliveries(now):
    """`[(organization, channel)]` where something waits to be sent, the longest waiting first."""
    with everywhere("which organisations have messages to send"):
        due = Delivery.objects.due(now).order_by().values_list("organization_id", "channel")
        waiting = list(due.annotate(oldest=Min("next_at")).order_by("oldest"))
    return [(organization_id, channel) for organization_id, channel, _ in waiting]


def _advance_clocks(now):
    with everywhere("which clocks have come to their next moment"):
        pressing = list(Obligation.objects.pressing(now).values_list("organization_id", "pk")[:MOST])
    moved = 0
    for organization_id, pk in pressing:
        if _troubled.get(pk, 0) > time.monotonic():
            continue
        try:
            with acting_in(organization_id):
                obligation = Obligation.objects.select_related("incident").filter(pk=pk).first()
                moved += bool(obligation and obligation.advance(now))
            _troubled.pop(pk, None)
        except Exception:
            logger.exception("Clock %s of organisation %s did not move.", pk, organization_id)
            _troubled[pk] = time.monotonic() + TROUBLE_SECONDS
    return moved


def _tell_of_spikes(now):
    with everywhere("of which spikes somebody has to be told"):
        pressing = list(Spike.objects.pressing(now).values_list("organization_id", "pk")[:MOST])
    told = 0
    for organization_id, pk in pressing:
        if _troubled.get(f"spike {pk}", 0) > time.monotonic():
            continue
        try:
            told += spikes.tell(organization_id, pk, now)
            _troubled.pop(f"spike {pk}", None)
        except Exception:
            logger.exception("Spike %s of organisation %s was not told.", pk, organization_id)
            _troubled[f"spike {pk}"] = time.monotonic() + TROUBLE_SECONDS
    return told


def _expand(now):
    with everywhere("which entries nobody has been told of yet"):
        waiting = list(FanOut.objects.due(now).values_list("organization_id", "pk")[:MOST])
    numbers = [fan_out.expand(organization_id, pk, now) for organization_id, pk in waiting]
    finished = [number for number in numbers if number is not None]
    return {"fan_outs": len(finished), "recipients": sum(finished)}
