"""How an update would arrive, for whoever is still writing it: the words and the people of the fan-out itself."""

from incidents.arrivals import Arrival
from incidents.signals import arrival_asked

from . import broadcast, notices, situations
from .models.deliveries import Channel
from .recipients import UPDATE, who_hears


def answer(sender, entry, **kwargs):
    """The `Arrival`s of an update that is not saved: one for each channel, with the people whom it reaches, and the
    same for those who read the status page."""
    hearings = list(who_hears(situations.of(entry)))
    notice = notices.compose(entry, UPDATE)
    return [
        Arrival("E-mail", notice.text, subject=notice.subject, **_people(hearings, Channel.EMAIL)),
        Arrival("Text message", notice.short, is_sms=True, **_people(hearings, Channel.SMS)),
        *_to_subscribers(entry),
    ]


def _to_subscribers(entry):
    foretold = broadcast.foretold(entry)
    if foretold is None:
        return []
    notice, subscribers = foretold
    by_email, by_sms = (
        frozenset(("subscriber", pk) for pk in subscribers.get(channel, ())) for channel in (Channel.EMAIL, Channel.SMS)
    )
    return [
        Arrival("E-mail to subscribers", notice.text, subject=notice.subject, reached=by_email),
        Arrival("Text message to subscribers", notice.short, reached=by_sms, is_sms=True),
    ]


def _people(hearings, channel):
    by_it = [hearing for hearing in hearings if hearing.channel == channel]
    return {
        "reached": frozenset(each.listener.id for each in by_it if not each.skipped),
        "missed": frozenset(each.listener.id for each in by_it if each.skipped),
    }


def connect():
    arrival_asked.connect(answer, dispatch_uid="notifications_preview")
