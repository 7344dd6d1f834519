"""What is said of planned work, brought to those who subscribed: each word once, in order, to who wants the parts."""

import logging
import time
import zoneinfo

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from teams.tenancy import acting_in, everywhere

from .broadcast import READER, SHORT, SUBJECT, copies
from .lettering import cut, plain, printable
from .models import Component, Delivery, MaintenanceWord, Notice, StatusPage, Subscriber
from .models.maintenance_words import BY_THE_CLOCK, WordKind

logger = logging.getLogger(__name__)

TOPIC = "maintenance"
MOST, BATCH = 500, 500
TROUBLE_SECONDS = 60
SENTENCES = {
    WordKind.ANNOUNCED: "Maintenance is planned.",
    WordKind.CHANGED: "What we plan has changed.",
    WordKind.MOVED: "The maintenance takes place at another time.",
    WordKind.CANCELLED: "The maintenance does not take place.",
    WordKind.REMINDED: "The maintenance begins soon.",
    WordKind.STARTED: "The maintenance has begun.",
    WordKind.FINISHED: "The maintenance is over.",
}
# What was sent, or may still be.
ALIVE = set(Delivery.State) - {Delivery.State.SUPPRESSED, Delivery.State.FAILED}
# What is still to come, or goes on: until then something may not work.
AHEAD = (WordKind.ANNOUNCED, WordKind.CHANGED, WordKind.MOVED, WordKind.REMINDED, WordKind.STARTED)

_troubled: dict[int, float] = {}


def tell_all(now):
    """Turn every word that is due into deliveries. Returns how many words were told; one that fails stops no other."""
    with everywhere("which words about maintenance are due"):
        due = list(MaintenanceWord.objects.due(now).values_list("organization_id", "pk")[:MOST])
    told = 0
    for organization_id, pk in due:
        if _troubled.get(pk, 0) > time.monotonic():
            continue
        try:
            told += tell(organization_id, pk, now)
            _troubled.pop(pk, None)
        except Exception:
            logger.exception("Word %s about maintenance of organisation %s was not told.", pk, organization_id)
            _troubled[pk] = time.monotonic() + TROUBLE_SECONDS
    return told


def tell(organization_id, pk, now=None):
    """Tell one word, unless somebody else has. Safe to repeat, and to do twice at once. Returns whether it was told."""
    now = now or timezone.now()
    with acting_in(organization_id), transaction.atomic():
        word = _begun(pk, now)
        if word is None:
            return False
        rows = _deliveries(word, now)
    for start in range(0, len(rows), BATCH):
        with acting_in(organization_id):
            Delivery.objects.bulk_create(rows[start : start + BATCH], ignore_conflicts=True)
    with acting_in(organization_id):
        return bool(MaintenanceWord.objects.filter(pk=pk, settled_at=None).update(settled_at=now))


def _begun(pk, now):
    """The word with its notice, from where on it cannot be taken back; None where there is nothing to tell."""
    word = MaintenanceWord.objects.filter(pk=pk).select_related("maintenance").first()
    if word is None:
        return None
    window = word.maintenance
    window.lock()
    # Read again under the lock: it may be told, taken back, or wait longer by now.
    word = MaintenanceWord.objects.filter(pk=pk, settled_at=None, due_at__lte=now).select_related("notice").first()
    if word is None:
        return None
    word.maintenance = window
    if word.kind in BY_THE_CLOCK and window.words.filter(settled_at=None).of_people().exists():
        # What people said comes first; the next pass finds this one again.
        return None
    page = StatusPage.of(window.organization)
    if word.notice is None and (not page.published or word.useful_until <= now):
        word.settled_at = now
        word.save(update_fields=["settled_at"])
        return None
    if word.notice is None:
        word.notice = _notice(page, word)
        word.notice.save()
        word.save(update_fields=["notice"])
    return word


def _deliveries(word, now):
    about = set(word.details.get("about", ())) or set(word.maintenance.components.values_list("pk", flat=True))
    return copies(
        StatusPage.of(word.maintenance.organization),
        word.notice,
        Subscriber.objects.confirmed().wanting(about).order_by("pk"),
        key=f"word:{word.pk}",
        topic=topic_of(word.maintenance),
        created_at=now,
        next_at=now,
        useful_until=word.useful_until,
    )


def topic_of(window):
    return f"{TOPIC}:{window.pk}"


def overtaken(deliveries):
    """`{delivery: reason}` of those about maintenance that something newer has taken the place of.

    A word of the clock takes an older one's place once it was told to the same subscriber; what people said does so at
    once, for it is on its way.
    """
    rows = [each for each in deliveries if each.topic.startswith(f"{TOPIC}:")]
    if not rows:
        return {}
    told = MaintenanceWord.objects.filter(notice__in={each.notice_id for each in rows})
    words = {each.notice_id: each for each in told}
    newest = _newest_said(words.values()) | _newest_told(rows)
    published = StatusPage.objects.published().exists()
    reasons = {}
    for row in rows:
        word = words[row.notice_id]
        if not published:
            reasons[row.pk] = "No longer on the status page."
        elif any(
            newest[about] > (word.due_at, word.pk) for about in (word.maintenance_id, (row.subscriber_id, row.topic))
        ):
            reasons[row.pk] = "Superseded by something newer about the same."
    return reasons


def _newest_said(words):
    """`{window: (when, word)}` of the last that people said of each; there is always something."""
    said = MaintenanceWord.objects.of_people().filter(maintenance__in={each.maintenance_id for each in words})
    rows = said.order_by("due_at", "pk").values_list("maintenance_id", "due_at", "pk")
    return {window: (due_at, pk) for window, due_at, pk in rows}


def _newest_told(rows):
    """`{(subscriber, topic): (when, word)}` of the last that was sent, or may still be."""
    told = MaintenanceWord.objects.filter(
        notice__deliveries__subscriber__in={each.subscriber_id for each in rows},
        notice__deliveries__topic__in={each.topic for each in rows},
        notice__deliveries__state__in=ALIVE,
    ).order_by("due_at", "pk")
    found = told.values_list("notice__deliveries__subscriber_id", "notice__deliveries__topic", "due_at", "pk")
    return {(subscriber, topic): (due_at, pk) for subscriber, topic, due_at, pk in found}


# --- Words -----------------------------------------------------------------------------------------------


def _notice(page, word):
    """Only what stands on the page: the title, when, what does not work, and what was written for customers."""
    window, zone = word.maintenance, zoneinfo.ZoneInfo(page.organization.time_zone)
    name, title = printable(page.name), printable(window.title)
    link = f"{page.address}maintenance/#{window.code}"
    when = span(window.starts_at, window.ends_at, zone)
    parts = ", ".join(Component.objects.filter(maintenances=window).in_order().values_list("name", flat=True))
    ahead = word.kind in AHEAD
    was = [parse_datetime(each) for each in word.details.get("was", ())]
    facts = [
        f"{'When' if ahead else 'It was planned for'}: {span(*was, zone) if was and not ahead else when}",
        *([f"It ended early, at {window.ends_at.astimezone(zone):%-d %b %Y, %H:%M %Z}"] if was and not ahead else []),
        *([f"Before it was planned for {span(*was, zone)}"] if was and ahead else []),
        *([f"May not work meanwhile: {printable(parts)}"] if parts and ahead else []),
        *([printable(window.text)] if window.text and ahead else []),
    ]
    sentence = SENTENCES[word.kind]
    short = plain(f"{name}: {title}. {sentence}{f' {when}.' if ahead else ''}")
    return Notice(
        reader=READER,
        subject=cut(f"[{name}] {word.get_kind_display()}: {title}", SUBJECT),
        text="\n\n".join([title, sentence, *facts, link]) + "\n",
        short=f"{cut(short, SHORT - len(link) - 1, '...')} {link}",
    )


def span(starts_at, ends_at, zone):
    """From when to when, in the zone of the page: `12 Jan 2030, 02:00 to 04:00 CET`."""
    begin, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{end:%H:%M %Z}" if begin.date() == end.date() else f"{end:%-d %b %Y, %H:%M %Z}"
    return f"{begin:%-d %b %Y, %H:%M} to {until}"
