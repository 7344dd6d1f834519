"""What the outward side does when something is recorded: note the intent, in the same transaction."""

from incidents import kinds
from incidents.signals import entry_recorded

from .models import FanOut


def intend(sender, entry, **kwargs):
    if kinds.named(entry.kind).notifies:
        FanOut.objects.create(entry=entry)


def connect():
    entry_recorded.connect(intend, dispatch_uid="notifications_intend")
