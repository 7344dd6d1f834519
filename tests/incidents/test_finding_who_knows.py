"""Who knows what: found by words, service, domain and who is on call, and asked to come."""

import pytest

from incidents.models import IncidentInvitation, Participant
from teams.errors import Refused
from teams.expertise import search
from teams.models import Function, Membership, Person, Service, Team, TechnicalDomain
from tests.factories import declare_incident
from tests.incidents.pages import queries_of, url_of, words_of


@pytest.fixture
def incident(lena, tariq, ada):
    """Tariq knows databases; his team owns the ledger."""
    database = TechnicalDomain.objects.get(slug="database")
    tariq.change_place(function=tariq.function, domain=database, by=ada)
    tariq.change_skills("PostgreSQL,  invoice  runs ,", by=tariq)
    team = Team.objects.create(slug="money", name="Money", function=tariq.function)
    team.members.set([tariq])
    Service.objects.filter(slug="ledger").update(team=team)
    return declare_incident(lena)


def found(*words, **asked):
    return {each.member.name: each.why for each in search(*words, **asked)}


def test_by_words_service_domain_and_who_is_on_call(incident, tariq, mei, stan, ada):
    called = "on call for Engineering"
    assert tariq.skills == "PostgreSQL, invoice runs"
    assert found("postgres") == {"Tariq Haddad": f"knows PostgreSQL, {called}"}
    assert found("postgres INVOICE") == {"Tariq Haddad": f"knows PostgreSQL, knows invoice runs, {called}"}
    assert found("ledger") == {"Tariq Haddad": f"their team owns Ledger, {called}"}
    assert found("postgres japanese") == {}
    assert found() == {}
    ledger, domain = Service.objects.get(slug="ledger"), TechnicalDomain.objects.get(slug="database")
    assert found(service=ledger) == {"Tariq Haddad": f"their team owns Ledger, {called}"}
    assert found(domain=domain) == {"Tariq Haddad": f"knows Database, {called}"}
    assert found("communications", on_call=True) == {"Mei Tanaka": "in Communications, on call for Communications"}
    stan.change_skills("PostgreSQL", by=ada)
    assert list(found("postgres")) == ["Tariq Haddad"]
    search_ = Service.objects.get(slug="search")
    Service.objects.filter(slug="search").update(domain=domain)
    search_.refresh_from_db()
    assert found(service=search_) == {"Tariq Haddad": f"knows Database, where Search belongs, {called}"}


def test_one_click_invites_whoever_was_found_and_says_what_for(incident, lena, tariq, signed_in):
    browser, address = signed_in(lena), url_of(incident, "expertise/?q=postgres")

    page = browser.get(address)
    assert "Tariq Haddad Engineering knows PostgreSQL, on call for Engineering" in words_of(page)
    assert "Who knows?" in words_of(browser.get(url_of(incident, "people/")))
    IncidentInvitation.objects.all().delete()
    assert "Free Invite Tariq Haddad" in words_of(browser.get(address))

    browser.post(url_of(incident, "invitations/"), {"member": tariq.pk, "reason": "knows PostgreSQL"})
    assert incident.invitations.waiting().get(membership=tariq).reason == "knows PostgreSQL"
    assert "Invited, no answer yet" in words_of(browser.get(address))
    Participant.join(incident, tariq, by=tariq)
    again = words_of(browser.get(address))
    assert "Works on this incident" in again
    assert "Works on this incident Invite" not in again


def test_whoever_works_elsewhere_comes_last(incident, lena, tariq, sam, ada):
    from incidents.lookups import people_who_know

    sam.change_skills("postgresql", by=ada)
    IncidentInvitation.objects.all().delete()
    Participant.join(declare_incident(tariq, "Another one"), tariq, by=tariq)

    experts = people_who_know(incident, "postgres", service=None)
    assert [(each.knower.member.name, each.now) for each in experts] == [
        ("Sam Okafor", "Free"),
        ("Tariq Haddad", "Works on another incident"),
    ]


def test_everybody_says_what_they_know_themselves(incident, mei, sam, ada, signed_in):
    signed_in(mei).post("/o/acme/phone/", {"phone": mei.phone, "skills": "Japanese"})
    mei.refresh_from_db()
    assert mei.skills == "Japanese"
    too_long = signed_in(mei).post("/o/acme/phone/", {"phone": mei.phone, "skills": "x" * 301})
    assert "at most 300" in words_of(too_long)
    with pytest.raises(Refused):
        mei.change_skills("Everything", by=sam)
    assert "Japanese" in words_of(signed_in(sam).get(f"/o/acme/people/{mei.pk}/"))


def test_stakeholders_and_outsiders_find_nobody(incident, stan, omar, signed_in):
    for other in (stan, omar):
        assert signed_in(other).get(url_of(incident, "expertise/?q=a")).status_code == 404


def test_a_word_that_nobody_knows_and_a_service_that_is_none(incident, lena, signed_in):
    assert "Nobody is known for all of that." in words_of(signed_in(lena).get(url_of(incident, "expertise/?q=cobol")))
    assert "There is no such service" in words_of(signed_in(lena).get(url_of(incident, "expertise/?service=nothing")))


def test_a_program_searches_and_says_what_its_member_knows(incident, lena, tariq, program):
    api = program(lena)
    assert api.patch("/me/", {"skills": "Kafka"}).json()["skills"] == "Kafka"
    assert api.patch("/me/", {}).status_code == 422

    (expert,) = api.get("/incidents/1/expertise/?q=kafka").json()["results"]
    assert (expert["member"], expert["why"], expert["free"]) == ("lena@acme.test", "knows Kafka", False)
    assert [each["member"] for each in api.get("/incidents/1/expertise/?service=ledger").json()["results"]] == [
        "tariq@acme.test"
    ]
    assert api.get("/incidents/1/expertise/").json()["results"] == []
    assert api.get("/incidents/1/expertise/?domain=none").status_code == 422


def test_the_search_costs_the_same_for_few_and_many(incident, lena, signed_in):
    browser, address = signed_in(lena), url_of(incident, "expertise/?q=engineering")
    browser.get(address)
    few = queries_of(lambda: browser.get(address))
    engineering = Function.objects.get(slug="engineering")
    team = Team.objects.get(slug="money")
    for number in range(8):
        person = Person.objects.create(email=f"more{number}@acme.test", name=f"More {number}")
        team.members.add(Membership.objects.create(person=person, function=engineering))
    assert queries_of(lambda: browser.get(address)) == few
