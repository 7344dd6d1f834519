"""Everything that leaves carries only what its reader may know: mails, text messages, pages, programs, files, sockets.

`planting.py` puts a word of its own into every sentence of an incident; here stands who may read which shelf.
"""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from incidents import frames
from incidents.models.workstreams import reach_of, restricted_in
from notifications import snapshots, tick
from notifications.models import Delivery
from notifications.public_page import PublicPage
from teams.tenancy import tenant_models
from tests.telling.fields import SAY_NOTHING, label, names_of_fields, without, wordless
from tests.telling.planting import (
    BRIEFING,
    CUSTOMERS,
    HELD,
    LEADERSHIP,
    OUTDATED,
    QUESTION,
    SETTINGS,
    SUBSCRIBER,
    TAKEN_BACK,
    TITLE,
    WORD,
)
from tests.telling.readers import ALL, ON_RECORD, OUTSIDE, READS, allowed_at, body_of, excess
from tests.test_routes import ROUTES

# --- Mails and text messages ----------------------------------------------------------------------------


def test_every_message_carries_what_its_reader_may_know(acme, plant, mailoutbox, sms_gateway):
    planted = plant(send=tick.run)
    began = timezone.now()
    for minutes in (0, 16, 61):
        with time_machine.travel(began + timedelta(minutes=minutes)):
            tick.run()
    sent = {each.identifier: each for each in Delivery.objects.select_related("notice__entry", "recipient__person")}
    identifiers = [mail.extra_headers["Message-ID"].strip("<>").partition("@")[0] for mail in mailoutbox]
    copies = [(sent[key], whole(mail)) for key, mail in zip(identifiers, mailoutbox, strict=True)]
    copies += [(sent[text["id"]], text["text"]) for text in sms_gateway.requests]

    leaks = [
        (str(delivery.recipient or delivery.subscriber), delivery.notice.subject, more)
        for delivery, text in copies
        if (more := excess(planted, text, readable(delivery)))
    ]
    assert leaks == []
    reached = {shelf for _, text in copies for shelf in planted.words.found_in(text)}
    assert reached - {SETTINGS} == ALL - {SETTINGS, HELD, TAKEN_BACK}
    told = {delivery.address for delivery, _ in copies}
    assert {SUBSCRIBER, "stan@acme.test", "ruth@acme.test", "olga@acme.test"} <= told


def whole(mail):
    """All that a mail carries."""
    return "\n".join([mail.subject, mail.body, *(each.content for each in mail.alternatives), str(mail.extra_headers)])


def readable(delivery):
    """The shelves that one copy may be from: what its reader may know, and what a notice of this sort is for."""
    if delivery.subscriber_id:
        return OUTSIDE | {OUTDATED}
    reader = READS[delivery.recipient.email.partition("@")[0]] - {HELD, TAKEN_BACK}
    if delivery.notice.reader == "update":
        audience = delivery.notice.entry.details["audience"]
        return reader & {TITLE, audience, *(ON_RECORD if audience in ("leadership", "customers") else ())}
    if delivery.notice.reader == "briefing":
        return reader & {TITLE, BRIEFING, LEADERSHIP, CUSTOMERS, QUESTION}
    return reader


# --- Pages, programs, files, sockets --------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_every_page_program_file_and_frame_carries_what_its_reader_may_know(acme, plant, signed_in, program):
    planted = plant()
    tick.run()
    leaks, reached = [], {}
    for name in READS:
        member = getattr(planted, name)
        for where, text in read_by(planted, name, signed_in(member), program(member).client):
            reached.setdefault(name, set()).update(planted.words.found_in(text))
            if more := excess(planted, text, allowed_at(where, name)):
                leaks.append((name, where, more))

    assert leaks == []
    assert [name for name in READS if not READS[name] - {SETTINGS} <= reached[name]] == []


# What shows much at once.
MUCH = {f"incidents:{name}" for name in ("detail", "timeline", "printed", "brief", "export_json", "export_md")}
# What programs read of an incident, which two of them read whole.
LISTS = ("olga", "stan")


def read_by(planted, name, browser, api):
    """`(where, text)` of what one member can open."""
    for route in ROUTES:
        listed = name in LISTS and route.name.startswith("api-") and route.arguments == ["number"]
        if route.name in MUCH or (listed and route.name != "api-export"):
            address = route.address(org="acme", number=planted.incident.number)
            yield address, body_of((api if listed else browser).get(address))
    shut = restricted_in({planted.incident.pk})[planted.incident.pk]
    reach = reach_of(getattr(planted, name), shut)
    for frame in frames.read(planted.incident.pk, 0).frames:
        if reach.covers(frame.needs):
            yield f"frame {frame.number}", frame.after(0)


def test_the_public_reads_what_was_said_to_it(acme, plant):
    """On every document of the status page, alive and on disk, and in answers to whoever is not signed in."""
    planted = plant()
    tick.run()
    snapshots.write(acme)
    page = PublicPage.of(acme)
    told = {path: page.document(path).body.decode() for path in page.paths}
    told |= {f"{path} on disk": snapshots.read("acme", path).body.decode() for path in page.paths}
    told |= {path: body_of(Client().get(f"/status/acme/{path}")) for path in ("", "history/", "history.rss")}

    assert {path: more for path, text in told.items() if (more := excess(planted, text, OUTSIDE))} == {}
    assert {shelf for text in told.values() for shelf in planted.words.found_in(text)} == OUTSIDE
    assert not any(name in text for text in told.values() for name in ("INC-", "Lena", "Mei Tanaka", "SEV1"))


# --- Nothing is forgotten ---------------------------------------------------------------------------------


def test_every_field_that_holds_words_of_an_incident_was_planted(acme, plant):
    plant(send=tick.run)

    assert {name for name in without(WORD.search) if name.startswith("incidents.")} == set()


def test_what_is_left_out_exists():
    assert SAY_NOTHING.keys() <= names_of_fields()
    assert wordless() <= {label(model, field) for model in tenant_models() for field in model._meta.concrete_fields}
