"""Signing up, in and out again; and what strangers learn about who is here, which is nothing."""

import base64
import hmac
import re
import smtplib
import time
from unittest.mock import patch

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import StatusUpdate
from playbooks.models import Playbook, Severity
from teams import accounts
from teams.errors import Refused
from teams.models import Function, Membership, Organization, Person
from teams.tenancy import acting_in
from tests.cast import PASSWORD
from tests.factories import declare_incident

FORM = {"email": "nina@initech.test", "password1": "a new horse battery", "organization": "Initech"}


def sign_up(client=None, **fields):
    return (client or Client()).post("/accounts/signup/", {**FORM, **fields})


def sign_in(email, password=PASSWORD, client=None, **fields):
    return (client or Client()).post("/accounts/login/", {"login": email, "password": password, **fields})


def links_in(message):
    return re.findall(r"https?://\S+", message.body)


def visible(response):
    """A page without what differs from one answer to the next."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|content="[^"]+T[^"]+"', "", response.content.decode())


def test_signing_up_founds_an_organisation_and_lets_its_owner_in_at_once(acme, client):
    answer = sign_up(client, time_zone="Europe/Berlin")

    assert answer.status_code == 302
    organization = Organization.objects.get(slug="initech")
    with acting_in(organization):
        owner = Membership.objects.select_related("person", "function").get()
        assert (owner.email, owner.role, owner.function.slug) == ("nina@initech.test", "owner", "engineering")
        assert (Function.objects.count(), Severity.objects.count(), Playbook.objects.count()) == (10, 4, 7)
    assert (owner.person.time_zone, organization.time_zone) == ("Europe/Berlin", "Europe/Berlin")
    assert client.get("/").headers["Location"] == "/o/initech/"
    assert client.get("/o/initech/people/").status_code == 200
    assert [message.to for message in mail.outbox] == [["nina@initech.test"]]


def test_the_browser_may_claim_any_zone_and_an_unknown_one_is_utc(acme):
    sign_up(time_zone="Mars/Olympus")

    assert Person.objects.get(email="nina@initech.test").time_zone == "UTC"


def test_a_sign_up_that_fails_half_way_leaves_nothing(acme):
    before = (Person.objects.count(), Organization.objects.count())

    with patch.object(Severity.objects.__class__, "create", side_effect=RuntimeError), pytest.raises(RuntimeError):
        sign_up()

    assert (Person.objects.count(), Organization.objects.count()) == before


@pytest.mark.parametrize("name", ["<b>Bold</b> & Söhne", "日本の会社", "'; DROP TABLE teams_person; --", "x" * 120])
def test_an_organisation_may_be_called_anything_that_can_be_seen(acme, name, client):
    assert sign_up(client, organization=name).status_code == 302

    page = client.get("/me/").content.decode()
    assert Organization.objects.latest("pk").name == name
    assert "<b>Bold" not in page


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "Ini\u202etech", "Ini\ntech", "Ini\u2028tech"])
def test_an_organisation_needs_a_name_that_can_be_seen(acme, name):
    answer = sign_up(organization=name)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["organization"]
    assert not Person.objects.filter(email="nina@initech.test").exists()


def test_reserved_and_taken_addresses_are_stepped_aside(acme):
    for number, name in enumerate(["Admin", "API", "Acme", "Acme"]):
        sign_up(email=f"nina{number}@initech.test", organization=name)

    assert list(Organization.objects.order_by("-pk").values_list("slug", flat=True)[:4]) == [
        "acme-3",
        "acme-2",
        "api-team",
        "admin-team",
    ]


def test_namesakes_founded_at_the_same_moment_both_get_an_address(acme):
    """The later one was told that the address is free, before the earlier one took it."""
    with patch.object(type(Organization.objects.all()), "free_slug", side_effect=["acme", "acme-2"]):
        assert sign_up().status_code == 302

    assert Organization.objects.get(name="Initech").slug == "acme-2"


# --- Nobody learns who is here ------------------------------------------------------------------------


def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(lena, client):
    stranger, founder = Client(), Client()

    unknown = sign_up(founder)
    known = sign_up(stranger, email=lena.email)

    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert set(known.cookies) == set(unknown.cookies)
    assert [message.to for message in mail.outbox] == [["nina@initech.test"], [lena.email]]
    assert "account with this address already" in mail.outbox[1].body


@pytest.mark.parametrize("path", ["/accounts/email/", "/me/", "/accounts/2fa/"])
def test_the_pages_behind_a_sign_up_tell_nothing_about_the_address(path, tariq):
    pages = []
    for email in ("tariz@acme.test", tariq.email):
        browser = Client()
        sign_up(browser, email=email, organization="Squat")
        body = visible(browser.get(path)).replace(email, "EMAIL").replace(email.partition("@")[0], "NAME")
        pages.append(re.sub(r"squat(-\d+)?", "SLUG", body))

    assert pages[0] == pages[1]


def test_a_sign_up_costs_the_same_for_a_known_address(lena):
    costs = []
    for email in ("lina@acme.test", lena.email):
        with CaptureQueriesContext(connection) as queries, counted_hashes() as hashes:
            sign_up(email=email)
        costs.append((len([q for q in queries if "INSERT" in q["sql"]]), len(hashes), len(queries)))

    (inserts, hashed, asked), (known_inserts, known_hashed, known_asked) = costs
    assert (known_inserts, known_hashed) == (inserts, hashed)
    assert abs(known_asked - asked) <= 3


class counted_hashes:
    """How many passwords were hashed: what a stopwatch would see."""

    def __enter__(self):
        self.hashes = []
        real = MD5PasswordHasher.encode

        def encode(hasher, password, salt):
            self.hashes.append(password)
            return real(hasher, password, salt)

        self.patch = patch.object(MD5PasswordHasher, "encode", encode)
        self.patch.start()
        return self.hashes

    def __exit__(self, *error):
        self.patch.stop()


def test_a_wrong_password_costs_and_says_the_same_whoever_it_is(lena):
    sign_up()
    sign_up(email=lena.email)
    answers, costs = [], []
    for email in ("nobody@initech.test", "nina@initech.test", lena.email, "tariq@acme.test"):
        with counted_hashes() as hashes:
            answer = sign_in(email, "not the password")
        answers.append(visible(answer).replace(email, "EMAIL"))
        costs.append(len(hashes))
    with counted_hashes() as hashes:
        sign_in(lena.email)

    assert len(set(answers)) == 1
    assert [*costs, len(hashes)] == [3, 3, 3, 3, 3]


def test_both_who_share_an_address_sign_in_with_their_own_password(lena):
    sign_up(email=lena.email)
    claimed, owned = Client(), Client()

    assert sign_in(lena.email, FORM["password1"], claimed).status_code == 302
    assert sign_in(lena.email, PASSWORD, owned).status_code == 302
    assert claimed.get("/o/acme/people/").status_code == 404
    assert owned.get("/o/acme/people/").status_code == 200


def test_whoever_signs_up_again_with_the_same_password_still_gets_their_own_account(lena, client):
    sign_up(email=lena.email, password1=PASSWORD)

    sign_in(lena.email, client=client)

    assert client.get("/o/acme/people/").status_code == 200


def test_claiming_an_address_a_hundred_times_shuts_nobody_out(lena):
    for number in range(10):
        person = Person.objects.create_user(lena.email, f"password number {number}")
        person.emailaddress_set.create(email=lena.email, primary=True)

    assert len(accounts.claimants(lena.email)) == 3
    assert sign_in(lena.email).status_code == 302
    Client().post("/accounts/password/reset/", {"email": lena.email})
    assert [message.to for message in mail.outbox] == [[lena.email]]


def test_a_forgotten_password_is_answered_alike_for_everybody(lena):
    known = Client().post("/accounts/password/reset/", {"email": lena.email}, follow=True)
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@initech.test"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert visible(known) == visible(unknown)
    assert [message.to for message in mail.outbox] == [[lena.email], ["nobody@initech.test"]]


def test_a_mail_server_that_is_down_changes_no_answer(lena):
    with patch("django.core.mail.message.EmailMessage.send", side_effect=smtplib.SMTPServerDisconnected):
        founded = sign_up()
        known = Client().post("/accounts/password/reset/", {"email": lena.email})
        unknown = Client().post("/accounts/password/reset/", {"email": "nobody@initech.test"})

    assert (founded.status_code, known.status_code, unknown.status_code) == (302, 302, 302)
    assert mail.outbox == []


# --- Confirming an address ---------------------------------------------------------------------------------


def test_opening_the_mailed_link_confirms_nothing_until_the_button_is_pressed(acme, client):
    sign_up(client)
    person = Person.objects.get(email="nina@initech.test")
    (link,) = (link for link in links_in(mail.outbox[0]) if "confirm-email" in link)

    assert client.get(link).status_code == 200
    assert not person.has_confirmed_email()
    client.post(link)
    assert person.has_confirmed_email()


@pytest.mark.parametrize("server, kept", [("", True), ("smtp://mail.initech.test", False)])
def test_who_has_to_confirm_is_led_to_where_the_mail_lies(acme, client, settings, server, kept):
    settings.EMAIL_URL = server
    sign_up(client)

    page = visible(client.get("/accounts/email/"))

    assert ("Mail on this machine" in page) == kept
    assert "Not confirmed" in page


def test_an_address_that_belongs_to_somebody_cannot_be_confirmed_by_another(lena, client):
    sign_up(client, email=lena.email)
    claimant = Person.objects.exclude(pk=lena.person.pk).get(email=lena.email)

    client.post("/accounts/email/", {"action_send": "", "email": lena.email})

    assert not any("confirm-email" in link for message in mail.outbox for link in links_in(message))
    assert Person.objects.confirmed(lena.email) == lena.person
    assert not claimant.has_confirmed_email()


CUSTOMERS = {"what_is_happening": "Payments fail.", "what_we_are_doing": "Rolling back."}


def test_nothing_goes_to_customers_from_an_address_that_is_not_confirmed(acme, client):
    sign_up(client)
    with acting_in(Organization.objects.get(slug="initech")):
        nina = Membership.objects.with_people().get()
        incident = declare_incident(by=nina)

        with pytest.raises(Refused) as refused:
            StatusUpdate.publish(incident, "customers", CUSTOMERS, by=nina, waiver="Nobody else is here")
        assert refused.value.code == "email_unconfirmed"
        assert not incident.updates.exists()

        StatusUpdate.publish(incident, "technical", {"text": "Looking."}, by=nina)
        nina.person.confirm_email()
        StatusUpdate.publish(incident, "customers", CUSTOMERS, by=nina, waiver="Nobody else is here")
        assert incident.updates.count() == 2


# --- Passwords, second factors, limits ----------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_through_the_mailed_link(lena, client):
    client.post("/accounts/password/reset/", {"email": lena.email})
    (link,) = (link for link in links_in(mail.outbox[0]) if "reset/key" in link)

    form = client.get(link, follow=True)
    changed = client.post(
        form.request["PATH_INFO"], {"password1": "brand new battery", "password2": "brand new battery"}
    )

    assert changed.status_code == 302
    assert sign_in(lena.email, PASSWORD).status_code == 200
    assert sign_in(lena.email, "brand new battery").status_code == 302
    lena.person.refresh_from_db()
    assert lena.person.epoch > 0


def test_too_many_wrong_passwords_are_refused_even_with_the_right_one(lena):
    for _ in range(5):
        assert sign_in(lena.email, "wrong").status_code == 200

    limited = sign_in(lena.email)

    assert limited.status_code == 200
    assert "Too many failed" in limited.content.decode()


def test_signing_up_over_and_over_is_limited(acme):
    with time_machine.travel(time.time(), tick=False):
        answers = [sign_up(email=f"nina{number}@initech.test", organization="") for number in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert "Wait a minute" in answers[-1].content.decode()


def code_for(secret):
    """What an authenticator application shows now (RFC 6238)."""
    counter = (int(time.time()) // 30).to_bytes(8)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def still_clock():
    """A code is good for half a minute; the tests must not straddle two."""
    with time_machine.travel(time.time(), tick=False):
        yield


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.usefixtures("still_clock")
def test_a_second_factor_is_asked_for_and_each_code_works_once(lena):
    TOTP.activate(lena.person, SECRET)
    browser = Client()

    halfway = sign_in(lena.email, client=browser)
    assert halfway.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/o/acme/people/").status_code == 302

    code = code_for(SECRET)
    wrong = browser.post("/accounts/2fa/authenticate/", {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    assert wrong.status_code == 200
    assert browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert browser.get("/o/acme/people/").status_code == 200

    again = Client()
    sign_in(lena.email, client=again)
    assert again.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert again.get("/o/acme/people/").status_code == 302


@pytest.mark.usefixtures("still_clock")
def test_a_second_factor_is_set_up_from_the_account_pages(lena, client):
    sign_in(lena.email, client=client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})

    assert done.status_code == 302
    assert Authenticator.objects.filter(user=lena.person, type="totp").exists()
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200


def test_passkeys_are_offered(lena, client):
    offered = client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    assert offered.status_code == 200
    assert "challenge" in offered.json()["request_options"]["publicKey"]

    sign_in(lena.email, client=client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200


def test_signing_in_changes_the_session_key(lena, client):
    client.get("/accounts/login/")
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key

    sign_in(lena.email, client=client)

    assert client.session.session_key != before
