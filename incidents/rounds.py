"""An update round: several audiences told from one version of what we know, in one sitting; all of it or none."""

from dataclasses import dataclass

from django.db import transaction

from playbooks.models import Audience
from teams.errors import Refused

from .models import UpdateDraft
from .models.obligations import Obligation
from .models.updates import TAKE_BACK, StatusUpdate


@dataclass(frozen=True)
class Word:
    """What one audience is told; with `skip`, why it is told nothing this time."""

    audience: Audience
    body: dict
    no_change: str = ""
    next_minutes: int | None = None
    skip: str = ""


@transaction.atomic
def tell(incident, words, *, basis, by, waiver="", key=None, hold=TAKE_BACK):
    """Publish, or skip with a reason, for every audience named. Returns the entries, in the order of the audiences.

    `basis` is the version of what we know that the words were written on; where another came in between, nobody is
    told anything. The same `key` again returns the first one's entries.
    """
    incident.lock()
    order = list(Audience.values)
    words = sorted(words, key=lambda word: order.index(word.audience))
    if len({word.audience for word in words}) != len(words):
        raise Refused("Name every audience once.", code="named_twice")
    if not words:
        raise Refused("Choose whom to tell.", code="empty")
    if key and (earlier := _told_before(incident, words, key)):
        return earlier
    synthesis = incident.syntheses.current()
    version = synthesis.version if synthesis else 0
    if basis is not None and basis != version:
        raise Refused(
            f"Version {version} of what we know came meanwhile. Read what changed, then tell them from that.",
            code="stale_basis",
        )
    return [_settle(incident, word, by=by, waiver=waiver, key=key, hold=hold) for word in words]


def _settle(incident, word, *, by, waiver, key, hold):
    if word.skip:
        return Obligation.skip_update(incident, word.audience, by=by, reason=word.skip, waiver=waiver)
    draft, _ = UpdateDraft.keep(
        incident,
        word.audience,
        word.body,
        by=by,
        version=None,
        no_change=word.no_change,
        next_minutes=word.next_minutes,
    )
    return draft.publish(by=by, waiver=waiver, key=_key(key, word.audience), hold=hold)


def _told_before(incident, words, key):
    told = [StatusUpdate.told_before(incident, _key(key, word.audience)) for word in words if not word.skip]
    return [entry for entry in told if entry]


def _key(key, audience):
    return f"{key[:50]}:{audience}" if key else None
