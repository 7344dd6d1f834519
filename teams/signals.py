"""What others may want to know about people's rights."""

from django.dispatch import Signal

# Sent after commit with `membership=`: its role was cut or it ended. Sockets close, caches forget.
rights_changed = Signal()
# Sent after commit with `person=`: they signed out somewhere, or changed password or second factor.
sign_in_changed = Signal()
