"""Private incidents: hidden from everybody who is not on them, at once, on every page of acts."""

import pytest

from incidents import kinds
from incidents.models import Participant
from tests.factories import declare_incident
from tests.incidents.pages import field_of, last_entry, url_of, words_of

ACTS = (
    "assessment/", "severity/", "status/", "resolution/", "reopening/", "details/", "merge/", "privacy/",
    "roles/lead/", "roles/lead/vacancy/", "functions/finance/", "updates/new/", "updates/1/",
)  # fmt: skip


@pytest.fixture
def incident(tariq):
    return declare_incident(tariq, "Somebody read the payroll")


@pytest.fixture
def turn(incident, signed_in):
    def turn(member, private, **fields):
        return signed_in(member).post(url_of(incident, "privacy/"), {"private": private, **fields})

    return turn


def is_private(incident):
    incident.refresh_from_db()
    return incident.private


def test_made_private_it_is_gone_for_everybody_who_is_not_on_it(incident, turn, tariq, sam, signed_in):
    before = signed_in(sam).get(url_of(incident)).status_code

    response = turn(tariq, "yes")

    assert response.status_code == 302
    assert before == 200
    assert is_private(incident)
    assert signed_in(sam).get(url_of(incident)).status_code == 404
    assert signed_in(tariq).get(url_of(incident)).status_code == 200
    assert last_entry(incident).kind == kinds.MADE_PRIVATE.name


def test_whoever_hides_it_is_on_it_and_keeps_it(incident, turn, lena, tariq, signed_in):
    turn(lena, "yes", waiver="It names people")

    assert incident.participants.current().filter(membership=lena).exists()
    assert signed_in(lena).get(url_of(incident)).status_code == 200


def test_made_visible_everybody_finds_it_again(incident, turn, tariq, sam, signed_in):
    turn(tariq, "yes")

    turn(tariq, "no")

    assert not is_private(incident)
    assert signed_in(sam).get(url_of(incident)).status_code == 200


def test_the_page_says_what_it_means_and_offers_the_other_state(incident, turn, tariq, signed_in):
    visible = signed_in(tariq).get(url_of(incident, "privacy/"))
    turn(tariq, "yes")
    private = signed_in(tariq).get(url_of(incident, "privacy/"))

    assert "Everyone in Acme can find INC-1." in words_of(visible)
    assert 'value="yes"' in field_of(visible, "private")
    assert "only people who are on it, and administrators, know that it exists" in words_of(private)
    assert 'value="no"' in field_of(private, "private")


def test_doing_it_twice_is_refused(incident, turn, tariq):
    turn(tariq, "yes")

    response = turn(tariq, "yes")

    assert response.status_code == 409
    assert "This incident is private already." in words_of(response)


def test_somebody_else_says_why(incident, turn, sam):
    refused = turn(sam, "yes")
    still_visible = not is_private(incident)
    waived = turn(sam, "yes", waiver="It names a customer")

    assert refused.status_code == 409
    assert still_visible
    assert waived.status_code == 302
    assert is_private(incident)


@pytest.mark.parametrize("private", ["", "perhaps"])
def test_what_makes_no_sense_is_sent_back(incident, turn, tariq, private):
    assert turn(tariq, private).status_code == 422
    assert not is_private(incident)


def test_administrators_see_it_and_whoever_is_brought_in(incident, turn, tariq, ada, sam, signed_in):
    turn(tariq, "yes")

    assert signed_in(ada).get(url_of(incident, "severity/")).status_code == 200
    Participant.join(incident, sam, by=tariq)
    assert signed_in(sam).get(url_of(incident, "severity/")).status_code == 200


@pytest.mark.parametrize("page", ACTS)
def test_no_act_tells_that_it_exists(incident, turn, tariq, sam, stan, omar, signed_in, page):
    turn(tariq, "yes")
    missing = url_of(incident, page).replace("/1/", "/99/", 1)

    for member in (sam, stan, omar):
        browser = signed_in(member)
        hidden, absent = browser.get(url_of(incident, page)), browser.get(missing)
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert browser.post(url_of(incident, page)).status_code in (404, 405)
        assert "payroll" not in words_of(hidden)


def test_a_stakeholder_on_it_sees_it_and_changes_nothing(incident, turn, tariq, stan, signed_in):
    Participant.join(incident, stan, by=stan, capacity="follower")
    turn(tariq, "yes")

    assert signed_in(stan).get(url_of(incident)).status_code == 200
    assert turn(stan, "no", waiver="I insist").status_code == 409
    assert is_private(incident)
