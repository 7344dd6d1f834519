"""Reading for sockets: each new entry is read once and drawn once; who has seen the same hears the same text."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from teams.tenancy import acting_in

from . import kinds
from .fragments import attach_messages, facts_of, fragments_of, redrawn_after
from .kinds import Visibility
from .models import Incident, StatusUpdate
from .models.timeline import ABOUT_UPDATES, Reach

READ_LIMIT = 500
# After these somebody may have to leave the room.
SHUTS_OUT = {
    kinds.MADE_PRIVATE.name,
    kinds.PARTICIPANT_LEFT.name,
    kinds.INVITATION_DECLINED.name,
    kinds.INVITATION_EXPIRED.name,
    kinds.INVITATION_WITHDRAWN.name,
    kinds.WORKSTREAM_CHANGED.name,
    kinds.WORKSTREAM_RESTRICTED.name,
    kinds.WORKSTREAM_READERS_CHANGED.name,
    kinds.WORKSTREAM_UNRESTRICTED.name,
}
# After these an entry that was told may be for others than before.
TURNS_ROUND = {kinds.WORKSTREAM_RESTRICTED.name, kinds.WORKSTREAM_UNRESTRICTED.name}
TAKES_BACK = {kinds.MESSAGE_EDITED.name, kinds.MESSAGE_DELETED.name, *TURNS_ROUND}


@dataclass
class Frame:
    """One entry as text. `needs` says who may know of it; what differs between them is the number before it."""

    number: int
    needs: Reach
    shared: str
    _texts: dict[int, str] = field(default_factory=dict)

    def after(self, previous):
        """The text for those whose last entry was `previous`."""
        text = self._texts.get(previous)
        if text is None:
            text = self._texts[previous] = f'{{"type":"entry","previous":{previous},{self.shared}'
        return text


@dataclass
class News:
    """What a look at one incident found, in order and without gaps.

    `number` is the last entry that is now known, `more` that not all fitted. `shuts_out`: somebody's right may have
    changed, `turns_round`: everybody's; `takes_back`: what was told before must not be told again.
    """

    number: int
    frames: list[Frame] = field(default_factory=list)
    shuts_out: bool = False
    turns_round: bool = False
    takes_back: bool = False
    more: bool = False
    # When updates leave that stakeholders cannot read yet.
    leaving: list[datetime] = field(default_factory=list)


def look(organization_id, known):
    """News of watched incidents: `{incident id: News}` for those that moved past what is known of them.

    `known` is `{incident id: number}`, or None for an incident that is new here. The numbers of all of them take one
    query; row-level security allows that per organisation, not across.
    """
    with acting_in(organization_id):
        numbers = dict(Incident.objects.filter(pk__in=known).values_list("pk", "last_number"))
        news = {}
        for incident_id, last in numbers.items():
            if known[incident_id] is None:
                news[incident_id] = News(last, leaving=_leaving(incident_id))
            elif last > known[incident_id]:
                news[incident_id] = read(incident_id, known[incident_id])
        return news


def backlog(organization_id, incident_id, after, upto):
    """The frames of the entries after one number up to another, at most `READ_LIMIT`."""
    with acting_in(organization_id):
        return read(incident_id, after, upto=upto).frames


def left_between(organization_id, incident_id, since, until):
    """Whether an update left in this time, which stakeholders who were there have not been sent."""
    with acting_in(organization_id):
        return StatusUpdate.objects.filter(incident=incident_id).left_between(since, until).exists()


def head(organization_id, incident_id, reach, number):
    """The last entry that readers of this reach could see when the timeline was at `number`; 0 before the first."""
    with acting_in(organization_id):
        entries = Incident(pk=incident_id).timeline.filter(number__lte=number).within(reach).latest_first()
        return entries.values_list("number", flat=True).first() or 0


def read(incident_id, after, *, upto=None):
    """Entries after a number, as News."""
    incident = Incident.objects.select_related("organization", "severity").get(pk=incident_id)
    entries = incident.timeline.after(after).in_order().for_reading()
    if upto is not None:
        entries = entries.filter(number__lte=upto)
    entries = attach_messages(list(entries[:READ_LIMIT]))
    redrawn = redrawn_after(incident, entries)
    about = [entry.pk for entry in entries if entry.kind in ABOUT_UPDATES]
    # Before it is asked what may not be told yet: what leaves in between is told of once more rather than never.
    leaving = _leaving(incident_id) if about else []
    inside = set(incident.timeline.filter(pk__in=about).not_told_yet().values_list("pk", flat=True)) if about else ()
    news = News(after, more=len(entries) == READ_LIMIT, leaving=leaving)
    for entry in entries:
        needs = replace(entry.needs, visibility=Visibility.ROOM) if entry.pk in inside else entry.needs
        news.frames.append(_frame(entry, redrawn[entry.number], needs))
        news.number = entry.number
        news.shuts_out |= entry.kind in SHUTS_OUT
        news.turns_round |= entry.kind in TURNS_ROUND
        news.takes_back |= entry.kind in TAKES_BACK
    return news


def encode(frame):
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def _leaving(incident_id):
    held = StatusUpdate.objects.filter(incident=incident_id, held_until__gt=timezone.now())
    return list(held.values_list("held_until", flat=True))


def _frame(entry, redrawn, needs):
    html = fragments_of(entry, redrawn)
    regions = [*_regions(entry.kind), *([] if html else ["timeline"])]
    shared = encode({**facts_of(entry), "regions": regions, **({"html": html} if html else {})})[1:]
    return Frame(entry.number, needs, shared)


def _regions(kind):
    try:
        return kinds.named(kind).regions
    except KeyError:
        # Written by a newer process in the middle of a deploy: let the page look at everything.
        return kinds.WHOLE_ROOM
