"""The list of incidents: filters, order, pages, and what it costs."""

import pytest

from incidents import listing
from playbooks.models import IncidentType
from tests.factories import declare_incident
from tests.incidents.pages import queries_of, words_of

LIST = "/o/acme/incidents/"


@pytest.fixture
def find(lena, signed_in):
    """The titles that the list shows for a query string, in order."""
    browser = signed_in(lena)

    def titles(query=""):
        return [incident.title for incident in browser.get(f"{LIST}{query}").context["list"].rows]

    return titles


def test_a_new_organisation_has_none(lena, signed_in):
    assert "No incidents yet." in words_of(signed_in(lena).get(LIST))


def test_open_ones_come_first_thing_the_worst_on_top(lena, find):
    declare_incident(lena, "Mild", severity="sev4")
    declare_incident(lena, "Old and bad", severity="sev1")
    declare_incident(lena, "New and bad", severity="sev1")
    declare_incident(lena, "Over").resolve(by=lena)

    assert find() == ["New and bad", "Old and bad", "Mild"]


def test_all_of_them_come_newest_first(lena, find):
    declare_incident(lena, "Bad", severity="sev1")
    declare_incident(lena, "Over").resolve(by=lena)

    assert find("?status=all") == ["Over", "Bad"]
    assert find("?status=all&sort=worst") == ["Bad", "Over"]


def test_each_filter_leaves_out_the_others(lena, find):
    payment = IncidentType.objects.get(slug="payment")
    declare_incident(lena, "Checkout fails", severity="sev1", incident_type=payment)
    declare_incident(lena, "The office plant is dry", severity="sev4")
    declare_incident(lena, "Practice", severity="sev2", drill=True)
    declare_incident(lena, "Over", severity="sev3").resolve(by=lena)

    assert find("?status=resolved") == ["Over"]
    assert find("?status=all&severity=sev1,sev3") == ["Over", "Checkout fails"]
    assert find("?severity=sev1&severity=sev4") == ["Checkout fails", "The office plant is dry"]
    assert find("?type=payment") == ["Checkout fails"]
    assert find("?drill=yes") == ["Practice"]
    assert find("?drill=no") == ["Checkout fails", "The office plant is dry"]
    assert find("?q=PLANT") == ["The office plant is dry"]
    assert find("?q=INC-2") == ["The office plant is dry"]
    assert find("?q=%23+2") == []


@pytest.mark.parametrize("query", ["?status=odd&sort=odd&drill=odd", "?after=odd", "?after=-1", "?q="])
def test_a_filter_that_makes_no_sense_filters_nothing(lena, find, query):
    declare_incident(lena, "Checkout fails")

    assert find(query) == ["Checkout fails"]


def test_what_no_filter_matches_is_said_in_words(lena, signed_in):
    declare_incident(lena)

    assert "Nothing matches." in words_of(signed_in(lena).get(f"{LIST}?q=unheard-of"))
    assert "Nothing here." in words_of(signed_in(lena).get(f"{LIST}?status=merged"))


@pytest.mark.parametrize("query", ["?status=all&sort=newest", "?status=open&sort=worst&drill=no"])
def test_pages_follow_each_other_without_gap_or_repetition(lena, signed_in, find, monkeypatch, query):
    monkeypatch.setattr(listing, "PAGE", 2)
    for number, severity in enumerate(("sev3", "sev1", "sev3", "sev1", "sev2", "sev3", "sev2")):
        declare_incident(lena, f"Incident {number}", severity=severity)
    browser, pages, address = signed_in(lena), [], query
    while address:
        seen = browser.get(f"{LIST}{address}").context["list"]
        pages.append([incident.title for incident in seen.rows])
        address = seen.next_page

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    monkeypatch.setattr(listing, "PAGE", 50)
    assert [title for page in pages for title in page] == find(query)


def test_private_incidents_are_listed_for_those_who_are_on_them(tariq, sam, signed_in):
    declare_incident(tariq, "Somebody read the payroll", private=True)

    assert "Somebody read the payroll" in words_of(signed_in(tariq).get(LIST))
    assert "No incidents yet." in words_of(signed_in(sam).get(LIST))


def test_an_outsider_finds_no_list(lena, omar, signed_in):
    assert signed_in(lena).get(LIST).status_code == 200
    assert signed_in(omar).get(LIST).status_code == 404


def test_the_list_costs_the_same_however_long_it_is(lena, signed_in):
    browser = signed_in(lena)
    declare_incident(lena)
    browser.get(LIST)
    few = queries_of(lambda: browser.get(LIST))
    for number in range(12):
        declare_incident(lena, f"Incident {number}")
    many = queries_of(lambda: browser.get(LIST))

    assert few == many
    assert many <= 22
