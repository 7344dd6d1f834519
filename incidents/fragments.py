"""An entry as the rest of the world receives it: its facts as data, and its lines as HTML that is the same for all."""

import logging
from datetime import UTC
from html import unescape

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from . import kinds
from .models import Message

logger = logging.getLogger(__name__)

# Their entries say something about the words of a message; that of the first kind announced it.
WORDS = (
    kinds.MESSAGE_POSTED.name,
    kinds.MESSAGE_EDITED.name,
    kinds.MESSAGE_DELETED.name,
    kinds.MESSAGE_PINNED.name,
    kinds.MESSAGE_UNPINNED.name,
)


def attach_messages(entries):
    """Give every entry its `said`: the message that looks different after it, as it reads now, or None.

    Entries name it in `details`, what was raised from a message included; the one that announced it is found through
    the entry. A constant number of queries.
    """
    ids = {entry.details["message"] for entry in entries if "message" in entry.details}
    later = Message.objects.for_reading().in_bulk(ids) if ids else {}
    for entry in entries:
        entry.said = later.get(entry.details["message"]) if "message" in entry.details else entry.message
        if entry.said:
            entry.said.incident = entry.incident
    return entries


def in_plain_words(entry):
    """The sentence of one entry, as it stands on the timeline, without its markup."""
    [read] = attach_messages(list(entry.incident.timeline.filter(pk=entry.pk).for_reading()))
    drawn = render_to_string(read.template_name, {"entry": read})
    return " ".join(unescape(strip_tags(drawn)).split())


def redrawn_after(incident, entries):
    """`{number: earlier entries}` whose lines read differently since the entry of this number. One query for all."""
    numbers = {entry.number: sorted(_numbers_redrawn(entry)) for entry in entries}
    wanted = {each for earlier in numbers.values() for each in earlier}
    rows = attach_messages(list(incident.timeline.filter(number__in=wanted).for_reading())) if wanted else ()
    found = {entry.number: entry for entry in rows}
    return {number: [found[each] for each in earlier if each in found] for number, earlier in numbers.items()}


def _numbers_redrawn(entry):
    """The entries whose lines show a corrected time, or words of a message that was edited or deleted."""
    if entry.kind == kinds.TIME_CORRECTED.name and "entry" in entry.details:
        yield entry.details["entry"]
    if entry.kind in (kinds.MESSAGE_EDITED.name, kinds.MESSAGE_DELETED.name) and entry.said:
        yield entry.said.entry.number
        if entry.said.pin_id:
            yield entry.said.pin.number


def facts_of(entry):
    """What happened, for programs. Words of a message are those of now, None once they were taken back."""
    words = _words(entry.said) if entry.said and entry.kind in WORDS else {}
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": rfc3339(entry.took_place_at),
        "actor": entry.actor.email if entry.actor else None,
        "details": {**entry.details, **words},
    }


def fragments_of(entry, redrawn=()):
    """`{region: html}` for the lists of the room that only grow. Empty where a template fails: the page asks again.

    `redrawn` are earlier entries that read differently since. What is drawn `again` takes the place of a line that a
    page has already, and is added to none that has not.
    """
    try:
        lines = {"timeline": _line(entry)}
        for earlier in redrawn:
            lines["timeline"] += _line(earlier, again=True)
        if entry.said:
            context = _context(entry) | {"message": entry.said, "again": entry.kind != kinds.MESSAGE_POSTED.name}
            lines[f"stream-{entry.said.workstream_id}"] = render_to_string("incidents/_message.html", context)
    except Exception:  # one line that cannot be drawn must not keep the next from everybody
        logger.exception("Entry %s of incident %s cannot be drawn.", entry.number, entry.incident_id)
        return {}
    return {region: html.strip() for region, html in lines.items()}


def rfc3339(moment):
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _line(entry, *, again=False):
    return render_to_string("incidents/_entry.html", _context(entry) | {"again": again})


def _context(entry):
    return {"entry": entry, "incident": entry.incident, "organization": entry.incident.organization}


def _words(message):
    return {
        "message": message.pk,
        "workstream": message.workstream_id,
        "text": None if message.deleted_at else message.text,
        "author": message.author.email if message.author else None,
    }
