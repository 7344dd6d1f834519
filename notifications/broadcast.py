"""What the public reads, brought to those outside who asked for it: one message for one thing said, and a way out.

Written by insert-or-ignore like every fan-out, so that it can be repeated. Whoever left by then is left out when it is
sent (`suppression.py`).
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from incidents import kinds
from incidents.models import StatusUpdate
from playbooks.models import Audience
from teams.errors import Refused

from .lettering import cut, plain, printable
from .limits import may_ask
from .models import Delivery, Notice, PublicIncident, PublicPost, StatusPage, Subscriber
from .models.subscribers import CODE_LIFE, LINK_LIFE
from .public_page import STATES, lines_of
from .told import REPLACING, SAYING, deliveries_of_what_was_wrong, held_until

PUBLIC_KINDS = frozenset((kinds.PUBLIC_INCIDENT_PUBLISHED.name, kinds.PUBLIC_INCIDENT_CHANGED.name))
READER = "public"
TOPIC = "status"
SIGN_UP = "sign_up"
USEFUL = timedelta(hours=24)
SUBJECT, SHORT = 180, 300
_WITHDRAWN = "Withdrawn"
# What stands before the reason why something does not hold.
_WRONG = {kinds.UPDATE_CORRECTED.name: "Corrected", kinds.UPDATE_WITHDRAWN.name: "This does not hold any more"}


def deliveries(entry, now):
    """Unsaved rows for every subscriber who wants to hear of what the entry brought to the page."""
    if entry.kind not in PUBLIC_KINDS and entry.kind not in (*SAYING, *REPLACING):
        return []
    public = PublicIncident.objects.shown().select_related("incident").filter(incident=entry.incident).first()
    page = StatusPage.of(entry.incident.organization)
    if public is None or not page.published:
        return []
    posts = list(public.posts.filter(entry=entry).select_related("update").order_by("-posted_at", "-pk"))
    listeners = list(_listeners(entry, public, posts))
    if not listeners:
        return []
    Notice.objects.bulk_create([_notice(page, public, posts, entry)], ignore_conflicts=True)
    notice = Notice.objects.get(entry=entry, reader=READER)
    return copies(
        page,
        notice,
        listeners,
        key=str(entry.pk),
        incident=entry.incident,
        created_at=now,
        next_at=max(now, held_until(entry) or now),
        useful_until=entry.recorded_at + USEFUL,
    )


def copies(page, notice, listeners, *, key, topic=TOPIC, **more):
    """Unsaved rows, one for each subscriber; `key` is that of what is told, so that it is told once."""
    return [
        Delivery(
            notice=notice,
            subscriber=each,
            channel=each.channel,
            address=each.address,
            dedup_key=f"{key}:subscriber:{each.pk}",
            identifier=uuid.uuid4().hex,
            topic=topic,
            rule=_because(page),
            **more,
        )
        for each in listeners
    ]


def _listeners(entry, public, posts):
    """Who wants to hear of it; what turned out wrong is put right for exactly those who had it."""
    confirmed = Subscriber.objects.confirmed().order_by("pk")
    if entry.kind in REPLACING:
        had = deliveries_of_what_was_wrong(entry).filter(subscriber__isnull=False)
        return confirmed.filter(pk__in=had.values("subscriber"))
    return confirmed.wanting(set(public.impacts.values_list("component_id", flat=True))) if posts else ()


def foretold(entry):
    """`(unsaved notice, {channel: {primary key}})` of an update not yet published; None where none of it leaves.

    `entry` is not saved, and nothing is.
    """
    details = entry.details
    public = PublicIncident.objects.shown().select_related("incident").filter(incident=entry.incident).first()
    page = StatusPage.of(entry.incident.organization)
    if details["audience"] != Audience.CUSTOMERS or public is None or not page.published:
        return None
    update = StatusUpdate(
        audience=Audience.CUSTOMERS,
        body=details["body"],
        no_change=details["no_change"],
        next_update_at=parse_datetime(details["next_update_at"]),
    )
    posts = [PublicPost(update=update, state=public.state)]
    return _notice(page, public, posts, entry), _listeners(entry, public, posts).by_channel()


@transaction.atomic
def sign_up(page, channel, address, components):
    """Note who wants to hear, and send the proof: who is noted and never written to would wait for nothing."""
    subscriber = Subscriber.sign_up(channel, address, components)
    answer_sign_up(page, subscriber)
    return subscriber


def answer_sign_up(page, subscriber):
    """Send the proof to the address: a link by e-mail, a code by SMS. The same for whoever is subscribed already."""
    is_text = subscriber.channel == Subscriber.Channel.SMS
    name = printable(page.name)
    link = f"{page.address}confirm/{subscriber.token('confirm')}/"
    subject = f"Do you want to hear what {name} says?"
    text = (
        f"Somebody, probably you, entered this address at the status page of {name}.\n\n"
        f"Open this link within three days to say that you want its messages, and to choose what about:\n{link}\n\n"
        "If it was not you, do nothing, and nothing more will come.\n"
    )
    notice = Notice.objects.create(
        reader=SIGN_UP,
        subject=cut(subject, SUBJECT),
        text="Your code is in the text message.\n" if is_text else text,
        short=plain(cut(f"{subscriber.code} is your code for the status page of {name}.", SHORT)) if is_text else "",
    )
    now = timezone.now()
    Delivery.objects.create(
        notice=notice,
        subscriber=subscriber,
        channel=subscriber.channel,
        address=subscriber.address,
        dedup_key=f"{SIGN_UP}:{uuid.uuid4().hex}",
        identifier=uuid.uuid4().hex,
        topic=SIGN_UP,
        rule=f"somebody entered this address at the status page of {name}"[:200],
        useful_until=now + (CODE_LIFE if is_text else LINK_LIFE),
    )


def ask_again(page, subscriber, *, by):
    """Send the proof once more, as an administrator asks: once a day, and within what one address gets in an hour."""
    with transaction.atomic():
        subscriber.ask_again(by=by)
        if not page.published:
            raise Refused("The status page is not published: the link would lead nowhere.", code="not_published")
        if not may_ask(subscriber.address, subscriber.channel, page.organization):
            raise Refused("This address was written to three times in the last hour. Try later.", code="too_often")
        answer_sign_up(page, subscriber)


def leaving_address(delivery):
    """Where a subscriber lets go with one click, or their mail program does (RFC 8058). Good for as long as we are."""
    return _lasting_address(delivery, "leave")


def managing_address(delivery):
    """Where a subscriber changes what they hear of; empty in the message that asks whether they want any."""
    return "" if delivery.topic == SIGN_UP else _lasting_address(delivery, "manage")


def _lasting_address(delivery, purpose):
    token = delivery.subscriber.token(purpose)
    return settings.BASE_URL + reverse(f"status-{purpose}", args=[delivery.organization.slug, token])


def _affected(public, entry):
    """`[(name, level)]` as the entry says it; one that says nothing of it, as it is now."""
    if entry.kind in PUBLIC_KINDS:
        return [(each["name"], each["level"]) for each in entry.details.get("components", ())]
    current = public.impacts.current().order_by("component__position", "pk")
    return list(current.values_list("component__name", "level"))


def _because(page):
    return f"you subscribed to the status page of {printable(page.name)}"[:200]


def _notice(page, public, posts, entry):
    """Only what stands on the page: the headline, the state, what was said."""
    state = posts[0].get_state_display() if posts else _WITHDRAWN
    link = f"{page.address}incidents/{public.code}/"
    said = [lines_of(post.update) for post in posts if post.update]
    paragraphs = ["\n".join(text if first else f"{label}: {text}" for first, label, text in lines) for lines in said]
    affected = [f"{name}: {STATES[level][1].lower()}" for name, level in _affected(public, entry)]
    promised = posts[0].update.next_update_at if posts and posts[0].update else None
    facts = [
        *([f"{_WRONG[entry.kind]}: {printable(entry.details['reason'])}"] if entry.kind in _WRONG else []),
        *paragraphs,
        *(["Affected: " + "; ".join(affected)] if affected else []),
        *([f"Next update by {promised:%-d %b %Y, %H:%M} UTC"] if promised and not public.is_resolved else []),
    ]
    headline = printable(entry.details.get("headline", public.headline))
    gist = said[0][0][2] if said and said[0] else entry.details.get("reason", "")
    short = plain(f"{printable(page.name)}: {headline}. {state}. {printable(gist)}".strip())
    return Notice(
        entry=entry,
        incident=entry.incident,
        reader=READER,
        subject=cut(f"[{printable(page.name)}] {headline}: {state}", SUBJECT),
        text="\n\n".join([headline, f"{state}.", *facts, link]) + "\n",
        short=f"{cut(short, SHORT - len(link) - 1, '...')} {link}",
    )
