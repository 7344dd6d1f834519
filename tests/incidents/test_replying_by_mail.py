"""Replies to updates: the person who got one asks by replying, once; nobody else does, wherever they sit."""

import pytest
from django.test import Client

from incidents import reply_addresses
from incidents.ingest.mail import own_words
from incidents.models import Integration, Question, StatusUpdate
from incidents.reply_addresses import Reply
from notifications import tick
from teams.tenancy import acting_in
from tests.factories import declare_incident

BODY = {"business_impact": "Orders lost", "customer_effect": "Some cannot pay", "expected_timeline": "An hour"}
DOOR = "/api/v1/inbound-mail/"
WORDS = "How much is lost?\n\nOn Thu, 26 Nov 2026 at 14:00, Muster <muster@acme.test> wrote:\n> Orders lost"


@pytest.fixture
def update(lena, settings):
    settings.INBOUND_MAIL_ADDRESS = "questions@in.acme.test"
    incident = declare_incident(lena, severity="sev1")
    entry = StatusUpdate.publish(incident, "leadership", BODY, by=lena, waiver="Nobody speaks yet")
    return incident.updates.get(pk=entry.details["update"])


@pytest.fixture
def key(acme):
    return Integration.connect(acme, "mail")[1]


def mail_of(update, member, **fields):
    address = reply_addresses.address_for(Reply(update.organization_id, member.pk, update.pk))
    told = {"to": f"Muster <{address}>", "from": f"{member.name} <{member.email}>", "message_id": "<1@acme.test>"}
    return {**told, "text": WORDS, **fields}


def send(mail, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Client().post(DOOR, mail, content_type="application/json", headers=headers)


def test_a_reply_to_the_mail_that_arrived_becomes_a_question_once(update, key, ruth, mailoutbox):
    tick.run()
    (mail,) = [each for each in mailoutbox if each.to == [ruth.email] and "Update 1" in each.subject]
    (address,) = mail.reply_to
    assert len(address.partition("@")[0]) <= 64
    reply = mail_of(update, ruth, to=f"{address.upper()}, somebody@acme.test")

    answers = [send(reply, key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json()["question"] for answer in answers} == {"Q1"}
    question = update.incident.questions.get()
    assert (question.text, question.asker, question.audience) == ("How much is lost?", ruth, "leadership")
    assert send({**reply, "message_id": "<2@acme.test>"}, key).json()["question"] == "Q2"


def test_only_updates_invite_a_reply_and_only_where_mail_comes_in(update, settings, ruth, mailoutbox):
    tick.run()
    invites = {each.subject.partition("] ")[2].partition(":")[0]: bool(each.reply_to) for each in mailoutbox}
    assert invites["Update 1 to leadership"]
    assert not invites["Declared"]

    settings.INBOUND_MAIL_ADDRESS = ""
    assert reply_addresses.address_for(Reply(1, 2, 3)) == ""


def test_who_is_turned_away(update, key, acme, globex, ruth, stan, omar):
    with acting_in(globex):
        theirs = Integration.connect(globex, "mail")[1]
        other = Integration.connect(globex, "generic")[1]
        asked = Question.objects.count()
    monitoring = Integration.connect(acme, "generic")[1]
    forged = mail_of(update, ruth)["to"].replace("-", "-1", 1)
    cases = {
        "no key": (mail_of(update, ruth), "", 401),
        "a key that is none": (mail_of(update, ruth), "ing_1_wrong", 401),
        "a key for alerts": (mail_of(update, ruth), monitoring, 401),
        "a foreign key for alerts": (mail_of(update, ruth), other, 401),
        "another organisation": (mail_of(update, ruth), theirs, 422),
        "an address nobody made": (mail_of(update, ruth, to=forged), key, 422),
        "no reply at all": (mail_of(update, ruth, to="questions@in.acme.test"), key, 422),
        "a stranger": (mail_of(update, ruth, **{"from": "omar@globex.test"}), key, 422),
        "a colleague with her address": (mail_of(update, ruth, **{"from": stan.email}), key, 422),
        "somebody elsewhere": (mail_of(update, omar), key, 422),
        "nothing said": (mail_of(update, ruth, text="> Orders lost"), key, 409),
        "no text": (mail_of(update, ruth, text=7), key, 422),
    }

    got = {name: send(mail, with_key).status_code for name, (mail, with_key, _) in cases.items()}

    assert got == {name: status for name, (*_, status) in cases.items()}
    assert send(mail_of(update, ruth, auto_submitted="auto-replied"), key).status_code == 202
    assert (
        Client()
        .post(DOOR, "{", content_type="application/json", headers={"Authorization": f"Bearer {key}"})
        .status_code
        == 400
    )
    assert not Question.objects.exists()
    with acting_in(globex):
        assert Question.objects.count() == asked
    assert send(mail_of(update, ruth), key).status_code == 201


def test_whoever_left_and_whoever_may_not_see_it_any_more_asks_nothing(update, key, lena, ruth, tariq):
    update.incident.make_private(by=lena)
    ruth.end(by=lena)

    assert send(mail_of(update, ruth), key).json()["code"] == "unknown_sender"
    assert send(mail_of(update, tariq), key).json()["code"] == "not_visible"
    assert not Question.objects.exists()
    assert send(mail_of(update, lena), key).status_code == 201


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (WORDS, "How much is lost?"),
        ("Yes\r\nand no\r\n> quoted\r\n", "Yes\nand no"),
        ("Wie lange?\nAm 26. November schrieb Muster:\n> Bestellungen", "Wie lange?"),
        ("How long?\n-- \nRuth", "How long?"),
        ("On Monday I was away.\nHow long?", "On Monday I was away.\nHow long?"),
        ("How long?\n-----Original Message-----\nFrom: Muster", "How long?"),
    ],
)
def test_only_what_somebody_wrote_themselves_is_the_question(text, own):
    assert own_words(text) == own
