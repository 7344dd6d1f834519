"""What others may want to know about incidents."""

from django.dispatch import Signal

# Sent with `entry=` (a `TimelineEntry`) inside the transaction that writes it, so that a receiver's own rows commit
# or vanish with the entry. Anything that leaves the database belongs in `transaction.on_commit`.
entry_recorded = Signal()
