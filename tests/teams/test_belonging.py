"""The front door, several organisations, one's own page, tokens."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from teams.founding import found
from teams.models import ApiToken, Membership
from teams.tenancy import acting_in


def test_strangers_read_what_this_is(acme):
    answer = Client().get("/")

    assert (answer.status_code, answer.templates[0].name) == (200, "landing.html")


def test_people_come_back_to_where_they_were_last(lena, signed_in):
    found("Young Ltd", owner=lena.person)
    browser = signed_in(lena)

    assert browser.get("/").headers["Location"] == "/o/acme/"
    assert browser.get("/o/young-ltd/people/").status_code == 200
    assert browser.get("/").headers["Location"] == "/o/young-ltd/"
    browser.get("/o/acme/people/")
    assert browser.get("/").headers["Location"] == "/o/acme/"


def test_the_last_place_is_forgotten_with_the_membership(lena, tariq, signed_in):
    young = found("Young Ltd", owner=lena.person).organization
    with acting_in(young):
        Membership.admit(tariq.person, by=None, role="responder")
    browser = signed_in(tariq)
    browser.get("/o/young-ltd/people/")

    browser.post("/o/young-ltd/leave/")

    assert browser.get("/").headers["Location"] == "/o/acme/"
    assert browser.get("/o/young-ltd/people/").status_code == 404


def test_another_organisation_is_founded_and_nobody_of_the_first_is_in_it(lena, mei, signed_in):
    browser = signed_in(lena)

    answer = browser.post("/orgs/new/", {"name": "Young Ltd"})

    assert answer.headers["Location"] == "/o/young-ltd/"
    assert browser.get("/o/young-ltd/people/").status_code == 200
    assert signed_in(mei).get("/o/young-ltd/people/").status_code == 404
    assert browser.post("/orgs/new/", {"name": " "}).status_code == 422
    assert Client().post("/orgs/new/", {"name": "Else"}).headers["Location"].startswith("/accounts/login/")


def test_the_switcher_lists_my_organisations_and_no_others(lena, signed_in):
    found("Young Ltd", owner=lena.person)

    mine = signed_in(lena).get("/me/").context["mine"]

    assert [each.organization.name for each in mine] == ["Acme", "Young Ltd"]


def test_name_time_zone_and_number_are_ones_own_to_change(tariq, signed_in):
    browser = signed_in(tariq)

    assert browser.post("/me/", {"name": "Tariq H.", "time_zone": "Asia/Kolkata"}).status_code == 302
    assert browser.post("/o/acme/phone/", {"phone": "+4915112345698"}).status_code == 302
    assert browser.post("/me/", {"name": "", "time_zone": "Mars/Olympus"}).status_code == 422
    assert browser.post("/o/acme/phone/", {"phone": "12"}).status_code == 422

    tariq = Membership.objects.with_people().get(pk=tariq.pk)
    assert (tariq.name, tariq.person.time_zone, tariq.phone) == ("Tariq H.", "Asia/Kolkata", "+4915112345698")


def test_pages_are_written_in_the_viewers_time_zone(tariq, signed_in):
    tariq.person.time_zone = "Asia/Kolkata"
    tariq.person.save()
    browser = signed_in(tariq)
    with time_machine.travel("2026-03-01T20:30:00Z", tick=False):
        ApiToken.issue(tariq, name="clock")

        page = browser.get("/o/acme/settings/tokens/").content.decode()

    assert "2 Mar 2026" in page
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("choice, kept", [("dark", "dark"), ("light", "light"), ("system", ""), ("<script>", "")])
def test_colours_are_kept_in_a_cookie(choice, kept, acme):
    browser = Client()

    answer = browser.post("/theme/", {"theme": choice, "next": "/accounts/login/"})

    assert answer.headers["Location"] == "/accounts/login/"
    assert answer.cookies["theme"].value == kept
    assert ('data-theme="dark"' in browser.get("/accounts/login/").content.decode()) == (kept == "dark")


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", ""])
def test_choosing_colours_leads_nowhere_else(elsewhere, acme):
    assert Client().post("/theme/", {"theme": "dark", "next": elsewhere}).headers["Location"] == "/"


# --- Tokens ----------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(tariq, signed_in):
    browser = signed_in(tariq)

    shown = browser.post("/o/acme/settings/tokens/", {"name": "deploys", "expires_at": "90"})

    key = shown.context["key"]
    token = ApiToken.objects.with_key(key).get()
    assert (shown.status_code, token.membership, token.name) == (201, tariq, "deploys")
    assert timedelta(days=89) < token.expires_at - timezone.now() < timedelta(days=91)
    assert key in shown.content.decode()
    again = browser.get("/o/acme/settings/tokens/").content.decode()
    assert "deploys" in again
    assert key not in again


def test_a_token_that_lives_until_it_is_revoked_is_asked_for_by_name(tariq, signed_in):
    browser = signed_in(tariq)

    assert browser.post("/o/acme/settings/tokens/", {"name": "forever"}).status_code == 422
    assert browser.post("/o/acme/settings/tokens/", {"name": "forever", "expires_at": "never"}).status_code == 201
    assert ApiToken.objects.get(name="forever").expires_at is None


def test_a_revoked_token_opens_nothing(tariq, signed_in, program):
    script = program(tariq)
    assert script.get("/incidents/").status_code == 200

    token = ApiToken.objects.with_key(script.key).get()
    answer = signed_in(tariq).post(f"/o/acme/settings/tokens/{token.pk}/revocation/")

    assert answer.status_code == 302
    assert script.get("/incidents/").status_code == 401


def test_tokens_of_others_are_seen_and_revoked_by_administrators_only(tariq, mei, ada, omar, signed_in):
    token, _ = ApiToken.issue(tariq, name="deploys of Tariq")
    address = f"/o/acme/settings/tokens/{token.pk}/revocation/"

    for who, organization in ((mei, "acme"), (omar, "globex")):
        browser = signed_in(who)
        assert "deploys of Tariq" not in browser.get(f"/o/{organization}/settings/tokens/").content.decode()
        assert browser.post(f"/o/{organization}/settings/tokens/{token.pk}/revocation/").status_code == 404
    assert ApiToken.objects.valid().filter(pk=token.pk).exists()

    browser = signed_in(ada)
    assert "deploys of Tariq" in browser.get("/o/acme/settings/tokens/").content.decode()
    assert browser.post(address).status_code == 302
    assert not ApiToken.objects.valid().filter(pk=token.pk).exists()
