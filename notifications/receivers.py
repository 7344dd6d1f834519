"""What the outward side does when something is recorded: note the intent, in the same transaction."""

from functools import partial

from django.db import transaction

from incidents import kinds
from incidents.arrivals import Arrival
from incidents.signals import arrival_asked, entry_recorded

from . import doorbell, notices, situations
from .models import FanOut
from .models.deliveries import Channel
from .recipients import UPDATE, who_hears


def intend(sender, entry, **kwargs):
    """Write the intent with the entry, and ring once both are safe; the ring may be lost."""
    if kinds.named(entry.kind).notifies:
        fan_out = FanOut.objects.create(entry=entry)
        ring = partial(doorbell.ring, "notifications.tasks.fan_out", entry.organization_id, fan_out.pk)
        transaction.on_commit(ring, robust=True)


def arrive(sender, entry, **kwargs):
    """The words an update would be sent in, and how many people would get them by each channel."""
    heard = [hearing.channel for hearing in who_hears(situations.of(entry)) if not hearing.skipped]
    notice = notices.compose(entry, UPDATE)
    return [
        Arrival("E-mail", notice.text, subject=notice.subject, people=heard.count(Channel.EMAIL)),
        Arrival("SMS", notice.short, people=heard.count(Channel.SMS), is_sms=True),
    ]


def connect():
    arrival_asked.connect(arrive, dispatch_uid="notifications_arrive")
    entry_recorded.connect(intend, dispatch_uid="notifications_intend")
