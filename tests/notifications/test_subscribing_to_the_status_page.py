"""Subscribing: nobody is written to before they say so, everybody hears each thing once, and leaving works at once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from incidents.models import RoleAssignment, StatusUpdate
from notifications import tick
from notifications.broadcast import ask_again
from notifications.limits import within
from notifications.models import Attempt, Component, Delivery, PublicIncident, StatusPage, Subscriber
from notifications.models.subscribers import CODE_LIFE, LINK_LIFE
from notifications.public_door import Database
from teams.errors import Refused
from teams.models import AuditEntry, Organization
from teams.tenancy import acting_in
from tests.factories import declare_incident, raise_finding
from tests.incidents.pages import words_of

PAGE = "/status/acme/"
SUBSCRIBE = f"{PAGE}subscribe/"
CUSTOMERS = {"what_is_happening": "Paying by card takes long.", "what_we_are_doing": "We use another provider."}
LINK = re.compile(r"http://127\.0\.0\.1:8000(\S+)")
KIM, PHONE = "kim@customer.test", "+4915112345678"


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    Database.away_until = 0.0


@pytest.fixture
def status_page(acme, ada):
    StatusPage.arrange(acme, by=ada, name="Acme", published=True)
    Component.add(by=ada, slug="card", name="Pay by card")
    Component.add(by=ada, slug="search", name="Search the shop", position=1)
    return StatusPage.of(acme)


@pytest.fixture
def incident(status_page, lena, mei):
    incident = declare_incident(lena, "gw-1 drops TLS handshakes", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


def listen(address=KIM, *slugs, channel="email"):
    """Somebody who has confirmed."""
    subscriber = Subscriber.sign_up(channel, address, list(Component.objects.filter(slug__in=slugs)))
    subscriber.confirm(subscriber.turn)
    return subscriber


def mail_to(mailoutbox, address):
    tick.run()
    return [mail for mail in mailoutbox if mail.to == [address]]


def link_in(mail, part):
    return next(path for path in LINK.findall(mail.body) if part in path)


def told(subscriber):
    tick.run()
    return list(Delivery.objects.filter(subscriber=subscriber, topic="status").order_by("pk"))


# --- Signing up -----------------------------------------------------------------------------------------


def test_by_mail_nothing_happens_before_the_link_is_opened_and_the_button_pressed(incident, mei, mailoutbox):
    asked = Client().post(SUBSCRIBE, {"email": "Kim@Customer.test", "components": ["card"]})
    PublicIncident.publish(incident, "Paying takes long", by=mei)
    (mail,) = mail_to(mailoutbox, KIM)
    link = link_in(mail, "/confirm/")
    seen = Client().get(link)
    still = Subscriber.objects.confirmed().exists()
    confirmed = [Client().post(link, {"components": ["card"]}) for _ in range(2)]

    assert "Look in your mail" in words_of(asked)
    assert mail.subject == "Do you want to hear what Acme says?"
    assert "You get this because: somebody entered this address at the status page of Acme." in mail.body
    assert "Do you want these messages?" in words_of(seen)
    assert not still
    assert all("You are subscribed" in words_of(each) for each in confirmed)
    subscriber = Subscriber.objects.confirmed().get()
    assert [each.slug for each in subscriber.components.all()] == ["card"]
    for answer in (asked, seen, *confirmed):
        assert answer.cookies == {}
        assert answer["Cache-Control"] == "no-store"
    assert Client().get(link.replace("confirm/", "confirm/x")).status_code == 404


def test_by_text_message_a_code_proves_the_number(status_page, sms_gateway):
    asked = Client().post(SUBSCRIBE, {"phone": "+49 151 12345678"}, follow=True)
    tick.run()
    (text,) = sms_gateway.requests
    code = re.match(r"(\d{6}) is your code for the status page of Acme\.", text["text"])[1]
    subscriber = Subscriber.objects.get()
    address = asked.request["PATH_INFO"]
    wrong = [Client().post(address, {"code": "12345x"}) for _ in range(2)]
    right = Client().post(address, {"code": f"{code[:3]} {code[3:]}"}, follow=True)

    assert address.startswith(f"{PAGE}code/")
    assert text["to"] == PHONE
    assert (subscriber.channel, subscriber.address) == ("sms", PHONE)
    assert "This is not the code" in words_of(wrong[0])
    assert "Your subscription" in words_of(right)
    assert Subscriber.objects.confirmed().get().address == PHONE


def test_a_code_is_good_for_five_tries_and_a_quarter_of_an_hour(status_page):
    subscriber = Subscriber.sign_up("sms", PHONE)
    good = subscriber.code
    assert not any(subscriber.try_code("x") for _ in range(5))
    assert not subscriber.try_code(good)
    subscriber = Subscriber.sign_up("sms", PHONE)
    Subscriber.objects.update(code_at=timezone.now() - CODE_LIFE)
    subscriber.refresh_from_db()
    assert not subscriber.try_code(subscriber.code)
    subscriber = Subscriber.sign_up("sms", PHONE)
    assert subscriber.try_code(subscriber.code)


@pytest.mark.parametrize("fields", [{}, {"email": "kim"}, {"phone": "0151"}, {"email": KIM, "phone": PHONE}])
def test_what_makes_no_sense_is_said_on_the_form(status_page, fields):
    assert Client().post(SUBSCRIBE, fields).status_code == 422
    assert not Subscriber.objects.exists()


def test_nobody_learns_whether_an_address_is_known(status_page, mailoutbox):
    known = listen(KIM, "card")
    answers = [Client().post(SUBSCRIBE, {"email": email}).content for email in (KIM, "new@customer.test")]
    trap = Client().post(SUBSCRIBE, {"email": "trap@customer.test", "website": "x"}).content

    assert answers[0] == answers[1] == trap
    assert [each.slug for each in known.components.all()] == ["card"]
    assert len(mail_to(mailoutbox, KIM)) == len(mail_to(mailoutbox, "new@customer.test")) == 1
    assert not Subscriber.objects.filter(address="trap@customer.test").exists()


def test_signing_up_too_often_writes_to_nobody(status_page, mailoutbox):
    answers = [Client().post(SUBSCRIBE, {"email": KIM}) for _ in range(20)]
    over = Client().post(SUBSCRIBE, {"email": "other@customer.test"})

    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert (over.status_code, over["Retry-After"]) == (429, "3600")
    assert len(mail_to(mailoutbox, KIM)) == 3
    assert mail_to(mailoutbox, "other@customer.test") == []


def test_an_hour_that_ends_while_somebody_asks_begins_the_next_one(monkeypatch):
    assert [within("door", 2, 3600) for _ in range(3)] == [True, True, False]
    add = cache.add

    def end_it(key, value, **kwargs):
        added = add(key, value, **kwargs)
        monkeypatch.undo()
        cache.delete(key)
        return added

    monkeypatch.setattr(cache, "add", end_it)

    assert within("door", 2, 3600)
    assert [within("door", 2, 3600) for _ in range(2)] == [True, False]
    assert not within("shut", 0, 3600)


# --- Hearing ---------------------------------------------------------------------------------------------


def test_everything_said_reaches_each_subscriber_once_and_in_the_pages_words(incident, lena, mei, mailoutbox):
    everything, card, search = listen(), listen("card@customer.test", "card"), listen("search@customer.test", "search")
    Subscriber.sign_up("email", "waiting@customer.test")
    StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
    assert told(everything) == []
    parts = {Component.objects.get(slug="card"): "major"}
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts=parts)
    StatusUpdate.publish(incident, "technical", {"text": "acquire timeout"}, by=lena)
    raise_finding(incident, "Invoices work", by=lena)
    StatusUpdate.publish(
        incident,
        "customers",
        {**CUSTOMERS, "workaround": "Pay by invoice."},
        by=mei,
        next_update_at=timezone.now() + timedelta(hours=1),
    )
    tick.run()
    public = PublicIncident.objects.get()
    public.change(by=mei, headline="Paying by card takes long")
    public.change(by=mei, state="resolved")

    tick.run()
    tick.run()
    mails = mail_to(mailoutbox, KIM)
    assert [mail.subject for mail in mails] == [
        "[Acme] Paying takes long: Investigating",
        "[Acme] Paying takes long: Investigating",
        "[Acme] Paying by card takes long: Resolved",
    ]
    first, second, last = (mail.body for mail in mails)
    assert "Paying by card takes long." in first
    assert "Affected: Pay by card: not working" in first
    assert "What you can do meanwhile: Pay by invoice." in second
    assert "Next update by " in second
    assert "Affected" not in last
    assert f"http://127.0.0.1:8000/status/acme/incidents/{public.code}/" in last
    for inside in ("gw-1", "INC-", "SEV1", "Mei", "Lena", "acquire"):
        assert not any(inside in mail.subject + mail.body for mail in mails)
    assert [len(told(each)) for each in (everything, card, search)] == [3, 3, 0]
    assert mail_to(mailoutbox, "waiting@customer.test") == []
    assert not Delivery.objects.filter(subscriber__address="waiting@customer.test").exists()


def test_what_was_wrong_is_put_right_for_exactly_those_who_had_it(incident, mei, mailoutbox, client):
    PublicIncident.publish(incident, "Paying is slow", by=mei, impacts={Component.objects.get(slug="card"): "partial"})
    tick.run()
    listen()
    entry = StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
    assert len(mail_to(mailoutbox, KIM)) == 1
    listen("late@customer.test")
    wrong = StatusUpdate.objects.get(pk=entry.details["update"])

    wrong.correct({**CUSTOMERS, "what_is_happening": "Nobody can pay."}, by=mei, reason="It was worse")
    correction = mail_to(mailoutbox, KIM)[-1]

    assert "Corrected: It was worse" in correction.body
    assert "Nobody can pay." in correction.body
    assert mail_to(mailoutbox, "late@customer.test") == []
    page = client.get(PAGE).content.decode()
    assert "It was worse" in page
    assert "Nobody can pay." in page
    assert "Paying by card takes long." not in page

    StatusUpdate.objects.get(corrects=wrong).withdraw(by=mei, reason="That was another company")
    withdrawn = mail_to(mailoutbox, KIM)[-1]

    assert "This does not hold any more: That was another company" in withdrawn.body
    assert "Nobody can pay." not in withdrawn.body
    assert "Nobody can pay." not in client.get(PAGE).content.decode()
    assert mail_to(mailoutbox, "late@customer.test") == []


def test_what_can_still_be_taken_back_is_neither_shown_nor_sent(incident, mei, mailoutbox, client):
    PublicIncident.publish(incident, "Paying is slow", by=mei, impacts={Component.objects.get(slug="card"): "partial"})
    tick.run()
    listen()
    entry = StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei, hold=timedelta(seconds=10))
    update = StatusUpdate.objects.get(pk=entry.details["update"])

    assert mail_to(mailoutbox, KIM) == []
    assert "Paying by card takes long." not in client.get(PAGE).content.decode()
    with time_machine.travel(update.held_until + timedelta(seconds=1)):
        assert "Paying by card takes long." in client.get(PAGE).content.decode()

    update.take_back(by=mei)
    with time_machine.travel(update.held_until + timedelta(minutes=1)):
        assert mail_to(mailoutbox, KIM) == []
        assert "Paying by card takes long." not in client.get(PAGE).content.decode()


def test_a_text_message_says_the_same_shortly(incident, mei, sms_gateway):
    listener = listen(PHONE, channel="sms")
    PublicIncident.publish(incident, "Paying takes long", by=mei)

    (delivery,) = told(listener)
    assert (delivery.state, delivery.channel) == ("accepted", "sms")
    assert delivery.notice.short.startswith(
        "Acme: Paying takes long. Investigating. http://127.0.0.1:8000/status/acme/"
    )


# --- Leaving ----------------------------------------------------------------------------------------------


def test_one_click_leaves_for_people_and_for_mail_programs(incident, mei, mailoutbox):
    listener = listen()
    PublicIncident.publish(incident, "Paying takes long", by=mei)
    (mail,) = mail_to(mailoutbox, KIM)
    header = mail.extra_headers["List-Unsubscribe"].strip("<>")
    link = header.removeprefix("http://127.0.0.1:8000")

    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"No more of this: {header}" in mail.body
    assert "Unsubscribe?" in words_of(Client().get(link))
    assert Subscriber.objects.confirmed().exists()
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert "You get no more messages" in words_of(strict.post(link, {"List-Unsubscribe": "One-Click"}))
    listener.refresh_from_db()
    assert listener.left_at
    StatusPage.objects.update(published=False)
    assert Client().get(link).status_code == 200


def test_every_message_leads_to_what_one_hears_of_for_as_long_as_one_is_subscribed(incident, mei, mailoutbox):
    listener = listen(KIM, "card")
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts={Component.objects.get(slug="card"): "major"})
    (mail,) = mail_to(mailoutbox, KIM)
    link = link_in(mail, "/manage/")
    strict = Client(enforce_csrf_checks=True)
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        seen = strict.get(link)
        untouched = [each.slug for each in listener.components.all()]
        saved = [strict.post(link, {"components": ["search"]}) for _ in range(2)]

    assert f"Choose what you hear of: http://127.0.0.1:8000{link}" in mail.body
    assert "Messages go to k…@customer.test." in words_of(seen)
    assert KIM not in seen.content.decode()
    assert re.search(r'value="card"[^>]*checked', seen.content.decode())
    assert untouched == ["card"]
    assert all("You are subscribed" in words_of(each) for each in saved)
    assert [each.slug for each in listener.components.all()] == ["search"]
    assert all(each.cookies == {} for each in (seen, *saved))
    assert strict.post(link, {"components": ["nonsense"]}).status_code == 422
    way_out = re.search(r'action="\.\./\.\./(unsubscribe/[^"]+)"', seen.content.decode())[1]
    assert "You get no more messages" in words_of(strict.post(PAGE + way_out))
    for dead in (strict.get(link), strict.post(link, {"components": ["card"]})):
        assert dead.status_code == 410
        assert "You have unsubscribed since it was sent" in words_of(dead)
    assert [each.slug for each in listener.components.all()] == ["search"]
    # Whoever comes back gets new links; the old one stays dead.
    listen(KIM)
    assert strict.get(link).status_code == 410


def test_what_asks_whether_one_wants_messages_offers_no_choice_among_them(status_page, mailoutbox):
    Client().post(SUBSCRIBE, {"email": KIM})
    (mail,) = mail_to(mailoutbox, KIM)
    subscriber = Subscriber.objects.get()

    assert "/manage/" not in mail.body
    # Nobody confirms by it either: it is in no message before that.
    assert Client().post(f"{PAGE}manage/{subscriber.token('manage')}/").status_code == 410
    assert not Subscriber.objects.confirmed().exists()


def test_a_link_that_opens_nothing_says_so_in_plain_words(status_page, acme):
    listener = listen()
    confirm = f"{PAGE}confirm/{listener.token('confirm')}/"
    with time_machine.travel(timezone.now() + LINK_LIFE + timedelta(minutes=1)):
        old = Client().get(confirm)
    cut = [Client().get(f"{PAGE}{part}/{listener.token(part)[:-3]}/") for part in ("confirm", "manage")]
    crossed = Client().get(f"{PAGE}manage/{listener.token('leave')}/")

    assert (old.status_code, "This link is too old" in words_of(old)) == (410, True)
    for each in (*cut, crossed):
        assert each.status_code == 404
        assert "This link does not work" in words_of(each)
        assert "copy it whole" in words_of(each)
    StatusPage.objects.update(published=False)
    assert "copy it whole" not in words_of(Client().get(f"{PAGE}manage/x/"))
    assert Client().get(f"{PAGE}manage/{listener.token('manage')}/").status_code == 200


def test_leaving_is_honoured_at_the_last_moment_and_ends_older_links(incident, mei, mailoutbox, acme):
    listener = listen()
    confirm = f"{PAGE}confirm/{listener.token('confirm')}/"
    PublicIncident.publish(incident, "Paying takes long", by=mei)
    for waiting in tick.FanOut.objects.due(timezone.now()):
        tick.fan_out.expand(acme.pk, waiting.pk)
    assert Delivery.objects.get(subscriber=listener).state == "pending"
    listener.leave()

    (delivery,) = told(listener)
    assert (delivery.state, delivery.reason) == ("suppressed", "No longer subscribed.")
    assert mail_to(mailoutbox, KIM) == []
    assert Client().get(confirm).status_code == 410
    assert Client().post(confirm).status_code == 410
    Client().post(SUBSCRIBE, {"email": KIM})
    (mail,) = mail_to(mailoutbox, KIM)
    Client().post(link_in(mail, "/confirm/"))
    assert Subscriber.objects.confirmed().get().pk == listener.pk


def test_what_was_taken_off_the_page_is_not_sent_any_more(incident, lena, mei, acme):
    listener = listen()
    PublicIncident.publish(incident, "Paying takes long", by=mei)
    for waiting in tick.FanOut.objects.due(timezone.now()):
        tick.fan_out.expand(acme.pk, waiting.pk)
    PublicIncident.objects.get().withdraw(by=mei)

    (delivery,) = told(listener)
    assert (delivery.state, delivery.reason) == ("suppressed", "No longer on the status page.")
    assert not Attempt.objects.filter(delivery=delivery).exists()


# --- For administrators --------------------------------------------------------------------------------------


def test_administrators_see_who_listens_masked_and_let_people_go(incident, ada, tariq, mei, signed_in, program, omar):
    listener = listen(KIM, "card")
    Subscriber.sign_up("email", "waiting@customer.test")
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts={Component.objects.get(slug="card"): "major"})
    told(listener)
    page = words_of(signed_in(ada).get("/o/acme/settings/status-page/subscribers/"))
    listed = program(ada).get("/status-page/subscribers/").json()["results"]

    assert "k…@customer.test" in page
    assert "waiting" not in page
    assert [(each["address"], each["components"]) for each in listed] == [("k…@customer.test", ["card"])]
    assert program(tariq).get("/status-page/subscribers/").json()["code"] == "administrators_only"
    log = words_of(signed_in(tariq).get("/o/acme/deliveries/"))
    assert "A subscriber k…@customer.test" in log
    assert KIM not in log
    with acting_in(Organization.objects.get(slug="globex")):
        assert program(omar).delete(f"/status-page/subscribers/{listener.pk}/").status_code == 404
    assert program(tariq).delete(f"/status-page/subscribers/{listener.pk}/").status_code == 409
    assert program(ada).delete(f"/status-page/subscribers/{listener.pk}/").status_code == 204
    assert not Subscriber.objects.confirmed().exists()
    foreign = f"/status/globex/unsubscribe/{listener.token('leave')}/"
    assert Client().get(foreign).status_code == 404


def test_who_has_not_confirmed_stands_in_the_log_and_gets_the_link_once_more(
    incident, ada, tariq, signed_in, mailoutbox
):
    Client().post(SUBSCRIBE, {"email": "lost@customer.test"})
    Client().post(SUBSCRIBE, {"phone": PHONE})
    tick.run()
    lost, phone = Subscriber.objects.order_by("pk")
    listen()
    browser, page = signed_in(ada), "/o/acme/settings/status-page/subscribers/"
    listed, log = words_of(browser.get(page)), words_of(browser.get("/o/acme/deliveries/?state=suppressed"))
    first = browser.post(f"{page}{lost.pk}/resending/", follow=True)
    # What was counted in a Redis that was restarted is gone; what was done is not.
    cache.clear()
    second = browser.post(f"{page}{lost.pk}/resending/")

    for words in (listed, log):
        assert re.search(r"l…@customer\.test .* Not sent: not confirmed Send the link again", words)
        assert re.search(r"…5678 .* Not sent: not confirmed They ask for a new code themselves", words)
    assert "Not confirmed: 2" in listed
    assert "Not confirmed: nothing else is sent to this address." in words_of(browser.get("/o/acme/deliveries/"))
    assert "lost@customer.test" not in listed
    assert "on its way to l…@customer.test once more" in words_of(first)
    assert (second.status_code, "once more today already" in words_of(second)) == (409, True)
    mails = mail_to(mailoutbox, "lost@customer.test")
    assert len(mails) == 2
    assert browser.post(f"{page}{phone.pk}/resending/").status_code == 409
    assert signed_in(tariq).post(f"{page}{lost.pk}/resending/").status_code == 409
    assert "not confirmed" not in words_of(signed_in(tariq).get("/o/acme/deliveries/?state=suppressed"))
    Client().post(link_in(mails[-1], "/confirm/"))
    assert "They have confirmed meanwhile." in words_of(signed_in(ada).post(f"{page}{lost.pk}/resending/"))
    assert "l…@customer.test" not in words_of(signed_in(ada).get(page)).partition("Not confirmed")[2]
    assert AuditEntry.objects.filter(act="subscriber_asked_again").count() == 1


def test_the_link_is_sent_again_within_what_one_address_gets(status_page, ada, acme, mailoutbox):
    for _ in range(3):
        Client().post(SUBSCRIBE, {"email": KIM})
    lost = Subscriber.objects.get()
    with pytest.raises(Refused, match="three times in the last hour"):
        ask_again(StatusPage.of(acme), lost, by=ada)
    lost.leave()
    with pytest.raises(Refused, match="only they can subscribe again"):
        ask_again(StatusPage.of(acme), lost, by=ada)
    other = Subscriber.sign_up("email", "other@customer.test")
    StatusPage.objects.update(published=False)
    with pytest.raises(Refused, match="not published"):
        ask_again(StatusPage.of(acme), other, by=ada)

    assert len(mail_to(mailoutbox, KIM)) == 3
    assert mail_to(mailoutbox, "other@customer.test") == []
    assert not AuditEntry.objects.filter(act="subscriber_asked_again").exists()
