"""Tasks: ids only, organisation first, one call, safe to run twice. The scheduler rings `tick` every second."""

import logging
import time

from celery import shared_task
from django.utils import timezone

from teams.models import Organization

from . import doorbell, snapshots
from . import tick as passes
from .fan_out import expand
from .models import Heartbeat
from .models.deliveries import Channel
from .sending import full_lanes, send_due

logger = logging.getLogger(__name__)

WORKER = "worker"
# A clock that jumps further than this against the machine's own count is not believed for one pass.
JUMP_SECONDS = 300


class ClockWatch:
    """Notices when the wall clock jumps: every reminder in between would fall due at once."""

    def __init__(self):
        self._last = None

    def jumped(self):
        """Seconds by which the clock moved against the machine's count since last asked, if too many; else 0."""
        wall, steady = time.time(), time.monotonic()
        last, self._last = self._last, (wall, steady)
        if last is None:
            return 0
        drift = (wall - last[0]) - (steady - last[1])
        return drift if abs(drift) > JUMP_SECONDS else 0


watch = ClockWatch()


@shared_task(name="notifications.tasks.tick")
def tick():
    """One pass of the scheduler: what takes the network is handed to other workers."""
    if jump := watch.jumped():
        logger.error("The clock jumped by %.0f s; waiting one pass.", jump)
        return
    now = timezone.now()
    Heartbeat.beat(WORKER, now)
    passes.prepare()
    full = full_lanes(now)
    for organization_id, channel in passes.due_deliveries(timezone.now()):
        if channel not in full:
            doorbell.ring("notifications.tasks.deliver", organization_id, channel)
    Heartbeat.beat(passes.SCHEDULER, timezone.now())


@shared_task(name="notifications.tasks.fan_out")
def fan_out(organization_id, fan_out_id):
    """Turn one entry into deliveries, and ring for them to be sent."""
    if expand(organization_id, fan_out_id):
        for channel in Channel.values:
            doorbell.ring("notifications.tasks.deliver", organization_id, channel)


@shared_task(name="notifications.tasks.deliver")
def deliver(organization_id, channel):
    """Send one batch, and ring again while there is more."""
    if channel in full_lanes(timezone.now()):
        return
    if send_due(organization_id, channel):
        doorbell.ring("notifications.tasks.deliver", organization_id, channel)


@shared_task(name="notifications.tasks.publish_status_snapshot")
def publish_status_snapshot(organization_id):
    """Copy one organisation's status page to disk, where it is read while nothing else answers."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization:
        snapshots.write(organization)


@shared_task(name="notifications.tasks.publish_status_snapshots")
def publish_status_snapshots():
    """Ring for every copy that has grown old."""
    for organization_id in snapshots.due(timezone.now()):
        doorbell.ring("notifications.tasks.publish_status_snapshot", organization_id)
