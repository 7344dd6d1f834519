"""An entry as the rest of the world receives it: its facts as data, and its lines as HTML that is the same for all."""

import logging
from datetime import UTC

from django.template.loader import render_to_string

from . import kinds
from .models import Message

logger = logging.getLogger(__name__)

# Their entries name the message in `details`; the one that announced it is found through the entry.
LATER_WORDS = (kinds.MESSAGE_EDITED.name, kinds.MESSAGE_DELETED.name)


def attach_messages(entries):
    """Give every entry its `said`: the message it is about as it reads now, or None. One query for all."""
    ids = {entry.details["message"] for entry in entries if entry.kind in LATER_WORDS}
    later = Message.objects.for_reading().in_bulk(ids) if ids else {}
    for entry in entries:
        entry.said = later.get(entry.details["message"]) if entry.kind in LATER_WORDS else entry.message
    return entries


def facts_of(entry):
    """What happened, for programs. Words of a message are those of now, None once they were taken back."""
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": rfc3339(entry.happened_at),
        "actor": entry.actor.email if entry.actor else None,
        "details": {**entry.details, **_words(entry.said)} if entry.said else entry.details,
    }


def fragments_of(entry):
    """`{region: html}` for the lists of the room that only grow. Empty where a template fails: the page asks again."""
    try:
        lines = {"timeline": render_to_string("incidents/_entry.html", _context(entry))}
        if entry.said:
            context = _context(entry) | {"message": entry.said}
            lines[f"stream-{entry.said.workstream_id}"] = render_to_string("incidents/_message.html", context)
    except Exception:  # one line that cannot be drawn must not keep the next from everybody
        logger.exception("Entry %s of incident %s cannot be drawn.", entry.number, entry.incident_id)
        return {}
    return {region: html.strip() for region, html in lines.items()}


def rfc3339(moment):
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _context(entry):
    return {"entry": entry, "incident": entry.incident, "organization": entry.incident.organization}


def _words(message):
    return {
        "message": message.pk,
        "workstream": message.workstream_id,
        "text": None if message.deleted_at else message.text,
        "author": message.author.email if message.author else None,
    }
