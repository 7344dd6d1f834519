"""The pages about an organisation's people: who may see them, who may change what."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teams.founding import found
from teams.models import ApiToken, AuditEntry, Function, Membership, Person, Rota, Service, Team, audit

READABLE = ("members", "functions", "teams", "services", "settings", "tokens", "leave", "phone")
ADMINISTRATIVE = ("organization", "invitations", "audit", "new_service", "new_team")


def address(name, **kwargs):
    return reverse(f"teams:{name}", kwargs={"org": "acme", **kwargs})


@pytest.mark.parametrize("name", READABLE)
def test_every_member_reads_the_directory_and_outsiders_do_not(name, stan, omar, signed_in):
    assert signed_in(stan).get(address(name)).status_code == 200
    assert signed_in(omar).get(address(name)).status_code == 404


@pytest.mark.parametrize("name", ADMINISTRATIVE)
def test_settings_are_for_administrators(name, ada, tariq, omar, signed_in):
    assert signed_in(ada).get(address(name)).status_code == 200
    assert signed_in(tariq).get(address(name)).status_code == 409
    assert signed_in(omar).get(address(name)).status_code == 404


def test_an_administrator_changes_role_function_domain_and_telephone(ada, tariq, acme, signed_in):
    support = Function.objects.get(slug="support")
    form = {"role": "admin", "function": support.pk, "domain": "", "phone": "+49 (151) 123-456 99"}

    answer = signed_in(ada).post(address("member", pk=tariq.pk), form)

    assert answer.status_code == 302
    tariq.refresh_from_db()
    assert (tariq.role, tariq.function, tariq.domain, tariq.phone) == ("admin", support, None, "+4915112345699")
    acts = list(AuditEntry.objects.filter(actor=ada).order_by("pk").values_list("act", flat=True))
    assert acts == ["role_changed", "place_changed", "phone_changed"]


def test_a_responder_reads_a_colleague_and_changes_nothing(tariq, mei, signed_in):
    browser = signed_in(tariq)

    assert b"Mei Tanaka" in browser.get(address("member", pk=mei.pk)).content
    answer = browser.post(address("member", pk=mei.pk), {"role": "stakeholder", "phone": ""})

    mei.refresh_from_db()
    assert (answer.status_code, mei.role) == (200, "responder")


def test_a_telephone_number_without_country_code_is_explained(ada, tariq, signed_in):
    form = {"role": "responder", "function": "", "domain": "", "phone": "0151 1234567"}

    answer = signed_in(ada).post(address("member", pk=tariq.pk), form)

    assert answer.status_code == 422
    assert "country code" in answer.context["form"].errors["phone"][0]


def test_an_administrator_edits_an_owner_but_does_not_unmake_one(ada, lena, signed_in):
    browser = signed_in(ada)
    form = {"function": lena.function_id, "domain": "", "phone": "+4915112345677"}

    kept = browser.post(address("member", pk=lena.pk), {**form, "role": "owner"})
    cut = browser.post(address("member", pk=lena.pk), {**form, "role": "responder"})

    lena.refresh_from_db()
    assert (kept.status_code, cut.status_code) == (302, 422)
    assert (lena.role, lena.phone) == ("owner", "+4915112345677")


def test_removal_ends_tokens_rotas_and_access(ada, tariq, acme, signed_in, program):
    browser, script = signed_in(tariq), program(tariq)
    assert browser.get("/o/acme/people/").status_code == 200
    assert Rota.objects.filter(on_call=tariq).exists()
    assert tariq.tokens.filter(revoked_at=None).exists()

    assert signed_in(ada).get(address("removal", pk=tariq.pk)).status_code == 200
    answer = signed_in(ada).post(address("removal", pk=tariq.pk))

    assert answer.status_code == 302
    assert browser.get("/o/acme/people/").status_code == 404
    assert script.get("/incidents/").status_code == 401
    assert not Rota.objects.filter(on_call=tariq).exists()
    assert not tariq.tokens.filter(revoked_at=None).exists()


def test_the_last_owner_can_neither_leave_nor_be_demoted(lena, signed_in):
    browser = signed_in(lena)

    left = browser.post(address("leave"))
    demoted = browser.post(address("member", pk=lena.pk), {"role": "admin", "function": "", "domain": "", "phone": ""})

    lena.refresh_from_db()
    assert (left.status_code, demoted.status_code) == (409, 409)
    assert (lena.ended_at, lena.role) == (None, "owner")


def test_leaving_ends_membership_and_lands_somewhere(tariq, signed_in):
    browser = signed_in(tariq)

    answer = browser.post(address("leave"), follow=True)

    tariq.refresh_from_db()
    assert tariq.ended_at is not None
    assert answer.status_code == 200
    assert "You belong to no organisation" in answer.content.decode()
    assert browser.get("/o/acme/people/").status_code == 404


def test_an_administrator_says_who_is_on_call(ada, mei, sam, signed_in):
    browser = signed_in(ada)

    put = browser.post(address("function", slug="finance"), {"membership": sam.pk})
    assert put.status_code == 302
    assert Rota.objects.get(function__slug="finance").on_call == sam
    assert b"Sam Okafor" in browser.get(address("functions")).content

    browser.post(address("function", slug="finance"), {"membership": ""})
    assert not Rota.objects.filter(function__slug="finance").exists()


def test_a_responder_cannot_put_anybody_on_call(tariq, mei, signed_in):
    signed_in(tariq).post(address("function", slug="finance"), {"membership": mei.pk})

    assert not Rota.objects.filter(function__slug="finance").exists()
    assert Rota.objects.filter(function__slug="support").exists()


def test_stakeholders_and_outsiders_cannot_be_on_call(ada, stan, omar, signed_in):
    for stranger in (stan, omar):
        answer = signed_in(ada).post(address("function", slug="finance"), {"membership": stranger.pk})
        assert answer.status_code == 422
    assert not Rota.objects.filter(function__slug="finance").exists()


def test_a_service_gets_a_short_name_from_its_name(ada, signed_in):
    browser = signed_in(ada)
    form = {"name": "Payment API", "slug": "", "description": "", "domain": "", "team": ""}

    assert browser.post(address("new_service"), form).status_code == 302
    assert Service.objects.get(slug="payment-api").name == "Payment API"
    assert browser.post(address("new_service"), form).status_code == 422
    assert browser.post(address("new_service"), {**form, "name": "支払い"}).status_code == 422
    assert browser.post(address("service", slug="payment-api"), {**form, "name": "Payments"}).status_code == 302
    assert Service.objects.get(name="Payments").slug == "payments"


def test_a_team_consists_of_whom_the_form_names(ada, tariq, mei, omar, signed_in):
    engineering = Function.objects.get(slug="engineering")
    form = {"name": "Ledger crew", "slug": "", "description": "", "domain": "", "function": engineering.pk}
    browser = signed_in(ada)

    assert browser.post(address("new_team"), {**form, "members": [tariq.pk, mei.pk]}).status_code == 302
    team = Team.objects.get(slug="ledger-crew")
    assert set(team.members.all()) == {tariq, mei}

    assert browser.post(address("team", slug=team.slug), {**form, "members": [mei.pk]}).status_code == 302
    assert set(team.members.all()) == {mei}
    assert browser.post(address("team", slug=team.slug), {**form, "members": [omar.pk]}).status_code == 422
    assert b"Mei Tanaka" in browser.get(address("teams")).content


def test_an_organisation_without_services_and_teams_says_what_they_are_for(lena, signed_in):
    organization = found("Young Ltd", owner=lena.person).organization
    browser = signed_in(lena)

    for page, title in (("services", "No services yet"), ("teams", "No teams yet"), ("settings/tokens", "No tokens")):
        assert title in browser.get(f"/o/{organization.slug}/{page}/").content.decode()


def test_the_organisation_is_renamed_and_keeps_its_address(lena, acme, signed_in):
    answer = signed_in(lena).post(address("organization"), {"name": "Acme Rockets", "time_zone": "Europe/Berlin"})

    acme.refresh_from_db()
    assert answer.status_code == 302
    assert (acme.name, acme.slug, acme.time_zone) == ("Acme Rockets", "acme", "Europe/Berlin")


def hire(number):
    """One more of everything that the directory lists."""
    support = Function.objects.get(slug="support")
    person = Person.objects.create_user(f"many{number}@acme.test", name=f"Many {number}")
    member = Membership.objects.create(person=person, function=support)
    team = Team.objects.create(slug=f"team-{number}", name=f"Team {number}", function=support)
    team.members.add(member)
    Service.objects.create(slug=f"service-{number}", name=f"Service {number}", team=team)
    ApiToken.issue(member)


@pytest.mark.parametrize("name", ["members", "functions", "teams", "services", "tokens"])
def test_directory_pages_cost_the_same_for_few_and_many(name, lena, acme, signed_in, django_assert_num_queries):
    browser = signed_in(lena)
    hire(0)
    browser.get(address(name))
    with CaptureQueriesContext(connection) as few:
        browser.get(address(name))

    for number in range(1, 20):
        hire(number)

    with django_assert_num_queries(len(few)):
        assert browser.get(address(name)).status_code == 200


def test_the_audit_log_is_read_page_by_page(ada, tariq, signed_in):
    for number in range(60):
        audit.log(ada, "counted", tariq, number=number)
    browser = signed_in(ada)

    first = browser.get(address("audit"))
    second = browser.get(address("audit"), {"before": first.context["older"]})

    assert first.context["entries"][0].details == {"number": 59}
    assert second.context["entries"][0].details == {"number": 9}
    assert second.context["older"] is None
    assert browser.get(address("audit"), {"before": "x"}).status_code == 404
