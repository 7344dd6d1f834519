"""How messages leave: one small file per way out, one interface."""

from ..models.deliveries import Channel
from .email import EmailTransport
from .sms import sms_transport


def transport_for(channel):
    """The way out for a channel, as the installation is set up; a context that keeps its connection over a batch."""
    return EmailTransport() if channel == Channel.EMAIL else sms_transport()
