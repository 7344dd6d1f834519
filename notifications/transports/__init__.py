"""How messages leave: one small file per way out, one interface."""

from django.conf import settings

from ..models.deliveries import Channel
from .email import EmailTransport
from .sms import Kept, sms_transport


def transport_for(channel, *, demonstration=False):
    """The way out for a channel, as the installation is set up; a context that keeps its connection over a batch.

    In the name of a `demonstration` nothing goes out: its people are invented, their addresses may not be.
    """
    if demonstration and (channel == Channel.SMS or settings.EMAIL_URL):
        return Kept("Kept: a demonstration sends nothing outside.")
    return EmailTransport() if channel == Channel.EMAIL else sms_transport()
