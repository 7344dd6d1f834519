"""What the outward side does when something is recorded: note the intent, in the same transaction."""

from functools import partial

from django.db import transaction

from incidents import kinds
from incidents.signals import entry_recorded

from . import doorbell
from .broadcast import PUBLIC_KINDS
from .models import FanOut, PublicIncident, StatusPage

# What decides whether the public may read of an incident at all.
PRIVACY = (kinds.MADE_PRIVATE.name, kinds.MADE_VISIBLE.name)


def intend(sender, entry, **kwargs):
    """Write the intent with the entry, and ring once both are safe; the ring may be lost."""
    if kinds.named(entry.kind).notifies or entry.kind in PUBLIC_KINDS:
        fan_out = FanOut.objects.create(entry=entry)
        ring = partial(doorbell.ring, "notifications.tasks.fan_out", entry.organization_id, fan_out.pk)
        transaction.on_commit(ring, robust=True)


def go_public(sender, entry, **kwargs):
    """What customers are told stands on the status page at once, where its incident does; and goes with it."""
    if (update := PublicIncident.follow(entry)) or entry.kind in PRIVACY:
        StatusPage.touch(at=update.held_until if update else None)


def connect():
    entry_recorded.connect(go_public, dispatch_uid="notifications_go_public")
    entry_recorded.connect(intend, dispatch_uid="notifications_intend")
