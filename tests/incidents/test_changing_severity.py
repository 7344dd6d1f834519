"""Changing the severity: what it does is told first, and a rule that a reason lifts asks for it in the same form."""

import pytest

from incidents import consequences, kinds
from incidents.consequences import ClockChange
from playbooks.models import Audience, Severity
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, field_of, last_entry, queries_of, url_of, words_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def change(incident, signed_in):
    def change(member, severity="sev1", *, headers=None, **fields):
        address = url_of(incident, "severity/")
        return signed_in(member).post(address, {"severity": severity, **fields}, headers=headers)

    return change


def severity_of(incident):
    incident.refresh_from_db()
    return incident.severity.slug


# --- What it would do -----------------------------------------------------------------------------------


def test_what_every_severity_does_is_listed_before_anything_is_saved(incident, lena, signed_in):
    page = words_of(signed_in(lena).get(url_of(incident, "severity/")))

    assert "Nobody is told before you choose." in page
    assert "Coordination: every 15 min instead of 60, at once" in page
    assert "Leadership: every 60 min, starting now" in page
    assert "Technical: the running clock is the last one (every 30 min until now)" in page
    assert "Asks for Product, Communications" in page
    assert severity_of(incident) == "sev3"


def test_the_clocks_and_functions_of_a_change(incident):
    worst, *_ = consequences.of_severity(incident)

    assert (worst.severity.slug, worst.is_worse) == ("sev1", True)
    assert worst.clocks == [
        ClockChange(Audience.TECHNICAL, 30, 15),
        ClockChange(Audience.COORDINATION, 60, 15),
        ClockChange(Audience.LEADERSHIP, None, 60),
        ClockChange(Audience.CUSTOMERS, None, 30),
    ]


def test_what_is_foretold_is_what_happens(incident, change, lena):
    foretold = next(each for each in consequences.of_severity(incident) if each.severity.slug == "sev1")
    before = set(incident.functions.filter(state="requested").values_list("function__slug", flat=True))

    change(lena)

    after = set(incident.functions.filter(state="requested").values_list("function__slug", flat=True))
    minutes = dict(incident.obligations.live().filter(kind="update").values_list("audience", "interval_minutes"))
    assert after - before == {function.slug for function in foretold.asks} != set()
    assert minutes == {clock.audience.value: clock.after for clock in foretold.clocks}


# --- Changing it ------------------------------------------------------------------------------------------


def test_the_lead_changes_it_with_one_button(incident, change, lena):
    response = change(lena, reason="Everybody is hit")

    assert response.url == incident.get_absolute_url()
    assert severity_of(incident) == "sev1"
    entry = incident.timeline.get(kind=kinds.SEVERITY_CHANGED.name)
    moved = entry.details.pop("moved")
    assert entry.details == {"before": "sev3", "after": "sev1", "direction": "worse", "reason": "Everybody is hit"}
    # The outer tiers have a clock from now on; the inner ones speak more often than before.
    assert {each["audience"] for each in moved} == {"technical", "coordination"}


def test_somebody_else_is_asked_for_a_reason_once_and_nothing_typed_is_lost(incident, change, tariq):
    refused = change(tariq, reason="Everybody is hit")
    after_refusal = severity_of(incident)
    waived = change(tariq, reason="Everybody is hit", waiver="Lena is asleep")

    assert refused.status_code == 409
    assert "Only the incident lead may change the severity." in words_of(refused)
    assert 'value="Everybody is hit"' in field_of(refused, "reason")
    assert "<textarea" in field_of(refused, "waiver")
    assert after_refusal == "sev3"
    assert waived.status_code == 302
    assert severity_of(incident) == "sev1"
    assert incident.timeline.get(kind=kinds.SEVERITY_CHANGED.name).details["waiver"] == "Lena is asleep"


def test_the_reason_is_asked_for_only_where_a_rule_needs_it(incident, tariq, signed_in):
    assert 'type="hidden"' in field_of(signed_in(tariq).get(url_of(incident, "severity/")), "waiver")


def test_a_reason_that_was_not_needed_is_not_a_waiver(incident, change, lena):
    change(lena, waiver="Just in case")

    assert "waiver" not in incident.timeline.get(kind=kinds.SEVERITY_CHANGED.name).details


def test_changing_it_to_what_it_is_changes_nothing(incident, change, lena):
    response = change(lena, "sev3")

    assert response.status_code == 409
    assert "The severity is SEV3 already." in words_of(response)
    assert 'type="hidden"' in field_of(response, "waiver")


@pytest.mark.parametrize("severity", ["sev9", "", "1"])
def test_a_severity_that_does_not_exist_is_sent_back(incident, change, lena, severity):
    assert change(lena, severity).status_code == 422
    assert severity_of(incident) == "sev3"


def test_nothing_changes_about_what_is_over(incident, change, lena):
    incident.resolve(by=lena)

    assert change(lena).status_code == 409
    assert severity_of(incident) == "sev3"


def test_an_organisation_without_a_clock_or_playbook_changes_severity_too(incident, change, lena):
    incident.playbook_version = None
    incident.save(update_fields=["playbook_version"])
    Severity.objects.get(slug="sev4").cadences.all().delete()

    assert change(lena, "sev4").status_code == 302


# --- In a dialog ------------------------------------------------------------------------------------------


def test_htmx_is_told_which_parts_of_the_room_changed(incident, change, lena):
    response = change(lena, headers=HTMX)

    assert response.status_code == 204
    assert {"live-header", "live-clocks", "live-functions", "live-timeline"} <= set(response["HX-Trigger"].split(", "))


def test_a_refusal_comes_back_as_the_dialog_itself(incident, change, tariq):
    response = change(tariq, headers=HTMX)

    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (409, "#dialog", "innerHTML")
    assert response.content.decode().lstrip().startswith("<open-dialog>")
    assert "<textarea" in field_of(response, "waiver")


# --- Who may not ------------------------------------------------------------------------------------------


def test_a_stakeholder_is_told_kindly(incident, change, stan, signed_in):
    page, response = signed_in(stan).get(url_of(incident, "severity/")), change(stan, waiver="I want it")

    assert "You follow incidents as a stakeholder" in words_of(page)
    assert response.status_code == 409
    assert severity_of(incident) == "sev3"


def test_outsiders_and_those_who_may_not_see_it_find_nothing(tariq, sam, omar, signed_in):
    address = url_of(declare_incident(tariq, private=True), "severity/")

    assert signed_in(tariq).get(address).status_code == 200
    assert {signed_in(member).get(address).status_code for member in (sam, omar)} == {404}
    assert {signed_in(member).post(address, {"severity": "sev1"}).status_code for member in (sam, omar)} == {404}


def test_the_page_costs_the_same_however_long_the_timeline(incident, lena, signed_in):
    browser, address = signed_in(lena), url_of(incident, "severity/")
    browser.get(address)
    few = queries_of(lambda: browser.get(address))
    for number in range(20):
        incident.change_details(by=lena, title=f"Title {number}")
    many = queries_of(lambda: browser.get(address))

    assert few == many
    assert last_entry(incident).number > 20
