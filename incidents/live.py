"""The live side of incidents: doorbells that say "look again", and nothing else."""

from .signals import entry_recorded


def connect():
    entry_recorded.connect(ring, dispatch_uid="live_ring")


def ring(sender, entry, **kwargs):
    """Tell every process that an incident has a new entry."""
