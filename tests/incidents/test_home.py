"""Home: what is open, what is mine, who is on call, which alerts wait; and the strip along every page."""

import re

import pytest

from incidents.models import ChangeIntent, Message, Participant, RoleAssignment
from tests.factories import declare_incident, fire_alert, propose_change, raise_decision, read_change
from tests.incidents.pages import last_entry, queries_of, words_of

HOME = "/o/acme/"


def attach(browser, alert, number):
    return browser.post(f"/o/acme/alerts/{alert.pk}/incident/", {"incident": number})


# --- What is open -----------------------------------------------------------------------------------


def test_on_a_quiet_day_home_says_so_and_offers_a_drill(lena, signed_in):
    page = words_of(signed_in(lena).get(HOME))

    assert "Nothing is on fire." in page
    assert "Run a drill" in page


def test_open_incidents_come_worst_first_with_their_lead_and_clocks(lena, tariq, signed_in):
    declare_incident(lena, "Search is slow", severity="sev3")
    declare_incident(tariq, "Payments are down", severity="sev1")
    declare_incident(None, "Found by an alert", severity="sev2")

    page = words_of(signed_in(lena).get(HOME))

    places = [page.index(title) for title in ("Payments are down", "Found by an alert", "Search is slow")]
    assert places == sorted(places)
    assert "lead Tariq Haddad" in page
    assert "no lead yet" in page
    assert "What agents say about INC-1 Briefing about INC-1" in page
    assert "Assessment: in 4 min" in page
    assert "Nothing is on fire." not in page


def test_a_private_incident_is_on_the_home_of_those_who_are_on_it_only(tariq, sam, signed_in):
    declare_incident(tariq, "Somebody read the payroll", private=True)

    assert "Somebody read the payroll" in words_of(signed_in(tariq).get(HOME))
    assert "Somebody read the payroll" not in words_of(signed_in(sam).get(HOME))


def test_what_ended_lately_is_there_to_look_up(lena, signed_in):
    declare_incident(lena, "Search is slow").resolve(by=lena)

    page = words_of(signed_in(lena).get(HOME))

    assert "Ended lately All SEV3 INC-1 Search is slow Resolved" in page


def test_an_outsider_has_no_home_at_acme(lena, omar, signed_in):
    assert signed_in(lena).get(HOME).status_code == 200
    assert signed_in(omar).get(HOME).status_code == 404


# --- What is mine -------------------------------------------------------------------------------------


def test_my_hats_and_the_clocks_they_owe(lena, mei, tariq, signed_in):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)

    lenas, meis, tariqs = (words_of(signed_in(each).get(HOME)) for each in (lena, mei, tariq))

    assert "Assess INC-1: in 4 min" in lenas
    assert "Update to technical INC-1: in 14 min Incident lead INC-1" in lenas
    assert "Update to customers INC-1: in 9 min" in meis
    assert "Update to customers INC-1" not in lenas
    assert "You hold no role in an open incident." in tariqs


def test_the_bar_counts_what_i_owe_now(lena, signed_in):
    incident = declare_incident(lena)
    clock = incident.obligations.filter(kind="assessment")
    before = words_of(signed_in(lena).get(HOME))
    clock.update(warn_at=clock.get().starts_at)

    after = words_of(signed_in(lena).get(HOME))

    (fewer, _), (more, _) = (re.findall(r"Needs you (\d+)", page) for page in (before, after))
    assert int(more) == int(fewer) + 1
    assert "Judge severity and scope" not in before
    assert "Judge severity and scope" in after


def test_what_i_am_asked_counts_at_once_and_only_for_me(lena, ruth, tariq, signed_in):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "executive", ruth, by=lena)

    asked = words_of(signed_in(ruth).get(HOME))
    RoleAssignment.objects.get(role="executive").accept(by=ruth)
    answered = words_of(signed_in(ruth).get(HOME))
    options = [{"text": "Take them"}, {"text": "Leave them"}]
    raise_decision(incident, "resource", "Take two people off the launch?", by=lena, options=options)
    to_decide = words_of(signed_in(ruth).get(HOME))

    assert "Needs you 1 " in asked
    assert "You are asked to be executive Answer" in asked
    assert "You are asked to be" not in answered
    assert "Decide D1 Take two people off the launch?" in to_decide
    assert "Decide D1" not in words_of(signed_in(tariq).get(HOME))


def test_changes_that_wait_are_listed_with_their_incident(lena, tariq, sam, signed_in):
    incident = declare_incident(lena)
    first, second = (propose_change(incident, "ledger", by=by) for by in (tariq, sam))

    waits = words_of(signed_in(lena).get(HOME)).replace("'", "’")
    ChangeIntent.arrange(incident, [first, second], by=lena)
    for change in (first, second):
        read_change(change.pk).release(by=lena)

    assert "C1 and C2 are in each other’s way: same service: Ledger Say which goes first" in waits
    assert "C1 may begin: " in words_of(signed_in(tariq).get(HOME))


def test_who_is_on_call_is_named(lena, signed_in):
    page = words_of(signed_in(lena).get(HOME))

    assert "Engineering Tariq Haddad Support Sam Okafor Communications Mei Tanaka" in page
    assert "Every other function reaches the administrators." in page


# --- Alerts that wait ---------------------------------------------------------------------------------


def test_a_waiting_alert_leads_to_declaring_from_it(lena, signed_in):
    alert = fire_alert("Checkout errors")

    response = signed_in(lena).get(HOME)

    assert "Alerts waiting 1 Checkout errors Prometheus" in words_of(response)
    assert f"/o/acme/declare/?alert={alert.pk}" in response.content.decode()


def test_stakeholders_are_spared_the_alerts(lena, stan, signed_in):
    fire_alert("Checkout errors")

    assert "Checkout errors" in words_of(signed_in(lena).get(HOME))
    assert "Checkout errors" not in words_of(signed_in(stan).get(HOME))


@pytest.mark.parametrize("written", ["1", "INC-1", " inc-1 "])
def test_an_alert_is_attached_by_the_number_of_the_incident(lena, signed_in, written):
    incident, alert = declare_incident(lena), fire_alert("Checkout errors")

    response = attach(signed_in(lena), alert, written)

    alert.refresh_from_db()
    assert (response.status_code, response.url) == (302, "/o/acme/incidents/1/")
    assert alert.incident == incident
    assert last_entry(incident).details == {"alert": alert.pk, "title": "Checkout errors", "source": "Prometheus"}
    assert "Checkout errors" not in words_of(signed_in(lena).get(HOME))


def test_an_alert_is_attached_once(lena, signed_in):
    first, second, alert = declare_incident(lena), declare_incident(lena), fire_alert()
    attach(signed_in(lena), alert, first.number)

    response = attach(signed_in(lena), alert, second.number)

    alert.refresh_from_db()
    assert response.status_code == 409
    assert "This alert belongs to an incident already." in words_of(response)
    assert alert.incident == first


def test_an_alert_is_not_attached_to_what_is_over(lena, signed_in):
    incident, alert = declare_incident(lena), fire_alert()
    incident.resolve(by=lena)

    response = attach(signed_in(lena), alert, incident.number)

    assert response.status_code == 409
    assert "INC-1 is resolved. Reopen it first." in words_of(response)


def test_a_hidden_incident_and_a_missing_one_answer_the_same(tariq, sam, signed_in):
    hidden, alert = declare_incident(tariq, private=True), fire_alert()

    answers = [attach(signed_in(sam), alert, number) for number in (hidden.number, 99)]

    assert attach(signed_in(tariq), alert, hidden.number).status_code == 302
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("There is no incident with this number." in words_of(answer) for answer in answers)


def test_an_alert_of_a_hidden_incident_is_hidden_too(tariq, sam, stan, signed_in):
    alert = fire_alert("Payroll database copied")
    attach(signed_in(tariq), alert, declare_incident(tariq, private=True).number)
    address = f"/o/acme/alerts/{alert.pk}/incident/"

    assert signed_in(tariq).get(address).status_code == 200
    assert [signed_in(each).get(address).status_code for each in (sam, stan)] == [404, 404]


# --- The strip ----------------------------------------------------------------------------------------


def test_the_strip_runs_along_the_pages_with_the_worst_incidents(lena, signed_in):
    for severity in ("sev4", "sev3", "sev2", "sev1"):
        declare_incident(lena, f"This is {severity}", severity=severity)

    strip = words_of(signed_in(lena).get("/o/acme/strip/"))

    assert [severity for severity in ("sev1", "sev2", "sev3", "sev4") if f"This is {severity}" in strip] == [
        "sev1",
        "sev2",
        "sev3",
    ]
    assert "This is sev1" in words_of(signed_in(lena).get("/o/acme/incidents/"))


def test_the_strip_keeps_private_incidents_to_those_on_them(tariq, sam, signed_in):
    incident = declare_incident(tariq, "Somebody read the payroll", private=True)

    assert "Somebody read the payroll" in words_of(signed_in(tariq).get("/o/acme/strip/"))
    assert "Somebody read the payroll" not in words_of(signed_in(sam).get("/o/acme/strip/"))

    Participant.join(incident, sam, by=tariq)
    assert "Somebody read the payroll" in words_of(signed_in(sam).get("/o/acme/strip/"))


# --- What it costs --------------------------------------------------------------------------------------


def test_home_costs_the_same_however_much_goes_on(lena, tariq, mei, signed_in):
    browser = signed_in(lena)

    def arrange(count):
        for number in range(count):
            incident = declare_incident(lena, f"Incident {number}", severity="sev1")
            RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
            Message.post(incident.workstreams.get(), "Looking.", by=tariq)
            fire_alert(f"Alert {number}", key=f"{count}-{number}")

    arrange(1)
    browser.get(HOME)
    few = queries_of(lambda: browser.get(HOME))
    arrange(8)
    many = queries_of(lambda: browser.get(HOME))

    assert few == many
    assert many <= 25
