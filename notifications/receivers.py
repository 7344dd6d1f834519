"""What the outward side does when something is recorded: note the intent, in the same transaction."""

from functools import partial

from django.db import transaction

from incidents import kinds
from incidents.signals import entry_recorded

from . import doorbell
from .models import FanOut


def intend(sender, entry, **kwargs):
    """Write the intent with the entry, and ring once both are safe; the ring may be lost."""
    if kinds.named(entry.kind).notifies:
        fan_out = FanOut.objects.create(entry=entry)
        ring = partial(doorbell.ring, "notifications.tasks.fan_out", entry.organization_id, fan_out.pk)
        transaction.on_commit(ring, robust=True)


def connect():
    entry_recorded.connect(intend, dispatch_uid="notifications_intend")
