"""What others may want to know about incidents."""

from django.dispatch import Signal

# Sent with `entry=` (a `TimelineEntry`) inside the transaction that writes it, so that a receiver's own rows commit
# or vanish with the entry. Anything that leaves the database belongs in `transaction.on_commit`.
entry_recorded = Signal()

# Sent with `entry=`, an `update_published` that is not saved, to ask how that update would arrive. Receivers answer
# with `incidents.arrivals.Arrival`s of the very words they would send.
arrival_asked = Signal()
