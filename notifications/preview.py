"""How an update would arrive, for whoever is still writing it: the words and the people of the fan-out itself."""

from incidents.arrivals import Arrival
from incidents.signals import arrival_asked

from . import broadcast, notices, situations
from .models.deliveries import Channel
from .recipients import UPDATE, who_hears


def answer(sender, entry, **kwargs):
    """The `Arrival`s of an update that is not saved: one for each channel, with how many people it reaches, and the
    same for those who read the status page."""
    hearings = [hearing for hearing in who_hears(situations.of(entry)) if not hearing.skipped]
    notice = notices.compose(entry, UPDATE)
    by_email, by_sms = (
        sum(1 for each in hearings if each.channel == channel) for channel in (Channel.EMAIL, Channel.SMS)
    )
    return [
        Arrival("E-mail", notice.text, subject=notice.subject, people=by_email),
        Arrival("Text message", notice.short, people=by_sms, is_sms=True),
        *_to_subscribers(entry),
    ]


def _to_subscribers(entry):
    foretold = broadcast.foretold(entry)
    if foretold is None:
        return []
    notice, people = foretold
    by_email, by_sms = people.get(Channel.EMAIL, 0), people.get(Channel.SMS, 0)
    return [
        Arrival("E-mail to subscribers", notice.text, subject=notice.subject, people=by_email),
        Arrival("Text message to subscribers", notice.short, people=by_sms, is_sms=True),
    ]


def connect():
    arrival_asked.connect(answer, dispatch_uid="notifications_preview")
