"""Laying out a notice: subject and plain text, the same as HTML, and a line that fits a text message."""

from dataclasses import replace

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from incidents.sms_length import sms_length

from ..lettering import cut, plain, printable
from ..models import Notice
from ..recipients import BRIEFING, ROOM
from .table import WORDS
from .words import BRIEF

SUBJECT_LIMIT = 180
SHORT_LIMIT = 320


def compose(entry, reader):
    """An unsaved `Notice` of an entry for one kind of reader; `entry` comes with incident, severity and actor."""
    incident = entry.incident
    words = WORDS[entry.kind](entry, reader)
    if reader == BRIEFING and not words.page:
        words = replace(words, page=BRIEF)
    context = {
        "words": words,
        "incident": incident,
        "url": _address_of(incident, words.page),
        "drill": incident.drill,
        "title": printable(incident.title),
        "organization": incident.organization,
    }
    return Notice(
        entry=entry,
        incident=incident,
        reader=reader,
        subject=_subject(incident, words),
        text=render_to_string("notifications/notice.txt", context).strip() + "\n",
        html=render_to_string("notifications/notice.html", context),
        short=_short(incident, words),
    )


def compose_alone(organization, words, url):
    """An unsaved `Notice` of something that no incident is about, for who is to decide; the link leads to `url`."""
    context = {"words": words, "url": url, "organization": organization}
    name = printable(organization.name)
    return Notice(
        reader=ROOM,
        subject=cut(f"[{name}] {words.headline}: {words.gist}", SUBJECT_LIMIT),
        text=render_to_string("notifications/notice.txt", context).strip() + "\n",
        html=render_to_string("notifications/notice.html", context),
        short=cut(plain(f"{name}: {words.headline}. {words.gist}"), SHORT_LIMIT - len(url) - 1, "...") + f" {url}",
    )


def _address_of(incident, page=""):
    path = reverse("incidents:detail", kwargs={"org": incident.organization.slug, "number": incident.number})
    return settings.BASE_URL + path + page


def _subject(incident, words):
    drill = "DRILL " if incident.drill else ""
    subject = f"{drill}[{incident.severity.name} {incident.key}] {words.headline}: {incident.title}"
    return cut(printable(subject), SUBJECT_LIMIT)


def _short(incident, words):
    """Name, what happened and the link in one text message; what is between gives way where it does not fit.

    Where letters ask for the larger alphabet, or an update has something to say, two messages have to do.
    """
    drill = "DRILL " if incident.drill else ""
    start = plain(f"{drill}{incident.severity.name} {incident.key}: {words.headline}. ")
    gist, end = plain(printable(words.gist or incident.title)), f" {_address_of(incident, words.page)}"
    parts = 1 if sms_length(start + gist + end).is_gsm and not words.gist else 2
    limit = len(gist)
    while limit and sms_length(start + cut(gist, limit, "...") + end).parts > parts:
        limit -= 1
    return (start + cut(gist, limit, "...") + end)[:SHORT_LIMIT]
