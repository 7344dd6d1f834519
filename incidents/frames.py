"""Reading for sockets: each new entry is read once and drawn once, then cut into one frame per audience."""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from teams.tenancy import acting_in

from . import kinds
from .fragments import attach_messages, facts_of, fragments_of, redrawn_after
from .kinds import Visibility
from .models import Incident

READ_LIMIT = 500
# After these somebody may have to leave the room.
SHUTS_OUT = {kinds.MADE_PRIVATE.name, kinds.PARTICIPANT_LEFT.name}


class Frame(NamedTuple):
    """One entry as text, by how far the reader sees; None for readers who may not know of it."""

    number: int
    texts: dict[Visibility, str | None]


@dataclass
class News:
    """What a look at one incident found, in order and without gaps.

    `number` is the last entry that is now known, `heads` the last one by audience, `more` that not all fitted.
    """

    number: int
    heads: dict[Visibility, int]
    frames: list[Frame] = field(default_factory=list)
    shuts_out: bool = False
    takes_back: bool = False
    more: bool = False


def look(organization_id, known):
    """News of watched incidents: `{incident id: News}` for those that moved past what is known of them.

    `known` is `{incident id: (number, heads)}`, or None for an incident that is new here. The numbers of all of them
    take one query; row-level security allows that per organisation, not across.
    """
    with acting_in(organization_id):
        numbers = dict(Incident.objects.filter(pk__in=known).values_list("pk", "last_number"))
        news = {}
        for incident_id, last in numbers.items():
            if known[incident_id] is None:
                news[incident_id] = News(last, heads_at(incident_id, last))
            elif last > known[incident_id][0]:
                news[incident_id] = read(incident_id, *known[incident_id])
        return news


def backlog(organization_id, incident_id, after, upto):
    """The frames of the entries after one number up to another, at most `READ_LIMIT`."""
    with acting_in(organization_id):
        return read(incident_id, after, heads_at(incident_id, after), upto=upto).frames


def heads_at(incident_id, number):
    """`{reach: n}`: the last entry each audience could see when the timeline was at `number`."""
    entries = Incident(pk=incident_id).timeline.filter(number__lte=number).latest_first()
    return {
        reach: entries.within(reach).values_list("number", flat=True).first() or 0
        for reach in Visibility
        if reach != Visibility.ROOM
    } | {Visibility.ROOM: number}


def read(incident_id, after, heads, *, upto=None):
    """Entries after a number, as News; `heads` are those at that number."""
    incident = Incident.objects.select_related("organization", "severity").get(pk=incident_id)
    entries = incident.timeline.after(after).in_order().for_reading()
    if upto is not None:
        entries = entries.filter(number__lte=upto)
    entries = attach_messages(list(entries[:READ_LIMIT]))
    redrawn = redrawn_after(incident, entries)
    news = News(after, dict(heads), more=len(entries) == READ_LIMIT)
    for entry in entries:
        news.frames.append(_frame(entry, news.heads, redrawn[entry.number]))
        news.number = entry.number
        news.shuts_out |= entry.kind in SHUTS_OUT
        news.takes_back |= entry.kind in (kinds.MESSAGE_EDITED.name, kinds.MESSAGE_DELETED.name)
    return news


def encode(frame):
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def _frame(entry, heads, redrawn):
    """The entry's frame; moves `heads` along."""
    html = fragments_of(entry, redrawn)
    regions = [*_regions(entry.kind), *([] if html else ["timeline"])]
    shared = encode({**facts_of(entry), "regions": regions, **({"html": html} if html else {})})[1:]
    texts = {}
    for reach in Visibility:
        texts[reach] = None
        if entry.is_within(reach):
            texts[reach] = f'{{"type":"entry","previous":{heads[reach]},{shared}'
            heads[reach] = entry.number
    return Frame(entry.number, texts)


def _regions(kind):
    try:
        return kinds.named(kind).regions
    except KeyError:
        # Written by a newer process in the middle of a deploy: let the page look at everything.
        return kinds.WHOLE_ROOM
