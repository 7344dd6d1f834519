"""Planned work as a calendar that other programs subscribe to (RFC 5545): in UTC, one event for each window.

What is moved keeps its `UID` and counts `SEQUENCE` up; what is cancelled stays, so that calendars take it away.
"""

from datetime import UTC

STATES = {"cancelled": "CANCELLED"}
# Octets in a line, its end not counted; what is longer goes on in the next one, after a space.
LINE = 75


def calendar_of(status):
    """The calendar of a `PublicPage`, as bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Muster//Status page//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(f'{status.name}: maintenance')}",
        f"X-WR-CALNAME:{_text(f'{status.name}: maintenance')}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for window in status.calendar for line in _event(status, window)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(status, window):
    parts = ", ".join(name for _, name in window.parts)
    said = [window.text, f"May not work meanwhile: {parts}" if parts else ""]
    return [
        "BEGIN:VEVENT",
        f"UID:{window.code}@maintenance.muster",
        f"SEQUENCE:{window.version}",
        f"DTSTAMP:{_moment(window.updated_at)}",
        f"CREATED:{_moment(window.planned_at)}",
        f"LAST-MODIFIED:{_moment(window.updated_at)}",
        f"DTSTART:{_moment(window.starts_at)}",
        f"DTEND:{_moment(window.ends_at)}",
        f"SUMMARY:{_text(f'{status.name}: {window.title}')}",
        *([f"DESCRIPTION:{_text(words)}"] if (words := "\n\n".join(filter(None, said))) else []),
        f"URL:{status.address}maintenance/#{window.code}",
        f"STATUS:{STATES.get(window.state, 'CONFIRMED')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _moment(moment):
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words):
    """As a text is written in a calendar; control characters have no place in one."""
    words = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines)


def _folded(line):
    """The line as bytes, cut between characters."""
    pieces, piece = [], b""
    for letter in line:
        encoded = letter.encode()
        # Each line but the first begins with a space, which counts.
        if len(piece) + len(encoded) > LINE - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
