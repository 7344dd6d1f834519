"""Customer reports in the browser: the form without the room, the desk, the region, the brief for agents."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import Incident, RoleAssignment, Spike, SupportBrief, SupportReport
from tests.factories import declare_incident, file_report, name_symptom, propose_theory
from tests.incidents.pages import HTMX, url_of, words_of
from tests.queries import counted

NEW, DESK = "/o/acme/reports/new/", "/o/acme/reports/"
TOLD = {"error_text": "Declined.", "count": "2", "source": "ticket"}


@pytest.fixture
def incident(lena, sam):
    incident = declare_incident(lena, "Card payments fail")
    RoleAssignment.take(incident, "support_liaison", by=sam)
    return incident


def test_a_stakeholder_tells_what_a_customer_sees_without_the_room(incident, stan, omar, signed_in):
    browser = signed_in(stan)
    form = browser.get(NEW)
    assert "INC-1 Card payments fail" in words_of(form)

    without = browser.post(NEW, TOLD, follow=True)
    within = browser.post(NEW, TOLD | {"incident": "1", "key": "k"})
    browser.post(NEW, TOLD | {"incident": "1", "key": "k"})

    assert "Thank you: it is counted." in words_of(without)
    assert within.status_code == 302
    assert [each.incident for each in SupportReport.objects.order_by("pk")] == [None, incident]
    assert browser.post(NEW, TOLD | {"error_text": ""}).status_code == 422
    assert browser.get(DESK).status_code == 404
    assert signed_in(omar).get(NEW).status_code == 404


def test_the_room_hears_of_a_report_and_counts_one_more(incident, sam, tariq, signed_in):
    browser = signed_in(tariq)
    assert "No customer reports yet" in words_of(browser.get(url_of(incident, "reports/"), headers=HTMX))

    told = browser.post(NEW, TOLD | {"incident": "1"}, headers=HTMX)
    report = SupportReport.objects.get()
    echo = browser.post(f"/o/acme/reports/{report.pk}/echoes/", headers=HTMX)
    twice = browser.post(f"/o/acme/reports/{report.pk}/echoes/", headers=HTMX)

    assert (told.status_code, told["HX-Trigger"]) == (204, "live-reports, live-timeline, acted")
    assert (echo.status_code, echo["HX-Trigger"]) == (204, "live-reports, live-timeline, acted")
    assert (twice.status_code, twice["HX-Retarget"]) == (422, "#dialog")
    assert "Name the ticket of another customer" in words_of(twice)
    symptom = name_symptom(incident, by=sam)
    region = words_of(browser.get(url_of(incident, "reports/"), headers=HTMX))
    for words in ("3 customers, rising", "Card is declined New", "S1", "First report", "Agents have nothing to say"):
        assert words in region
    browser.post(NEW, TOLD | {"symptom": symptom.pk, "count": "1"})
    assert symptom.reports.count() == 2


def test_the_liaison_sorts_by_forms_alone(incident, sam, tariq, signed_in):
    reports = [file_report(incident, f"Report {number}", by=tariq) for number in range(3)]
    browser = signed_in(sam)

    def act(path, **body):
        assert browser.get(url_of(incident, path)).status_code == 200
        assert browser.post(url_of(incident, path), body).status_code == 302

    act("symptoms/new/", title="Cards", reports=[reports[0].pk, reports[1].pk])
    cards = incident.symptoms.get()
    act(f"symptoms/{cards.pk}/reports/", reports=[reports[2].pk])
    act(f"symptoms/{cards.pk}/split/", title="Receipts", reports=[reports[1].pk])
    receipts = incident.symptoms.get(number=2)
    assert [each.reports.count() for each in (cards, receipts)] == [2, 1]
    act(f"symptoms/{receipts.pk}/merge/", other=cards.pk)
    act("digests/new/", text="Nearly all see the same.")

    page = words_of(browser.get(url_of(incident, f"symptoms/{cards.pk}/")))
    assert "3 customers in 3 reports" in page
    assert "It is the same as S1 Cards" in words_of(browser.get(url_of(incident, f"symptoms/{receipts.pk}/")))
    assert "digest 1: Nearly all see the same." in words_of(browser.get(url_of(incident, "reports/")))
    refused = signed_in(tariq).post(url_of(incident, "symptoms/new/"), {"title": "Mine", "reports": [reports[0].pk]})
    # What is sorted is no choice; and it is not his to sort.
    assert refused.status_code == 422


def test_a_spike_is_answered_from_the_room(incident, lena, sam, signed_in):
    file_report(incident, by=sam, count=12)
    spike = Spike.objects.get()
    browser = signed_in(lena)
    needs = words_of(browser.get(url_of(incident, "needs/"), headers=HTMX))
    assert "12 customers in 15 minutes, usually none: raise it to" in needs

    page = f"/o/acme/report-spikes/{spike.pk}/"
    assert browser.get(page).status_code == 200
    assert signed_in(sam).post(page).status_code == 409
    raised = browser.post(page, headers=HTMX)

    assert raised.status_code == 204
    assert "live-needs" in raised["HX-Trigger"]
    assert browser.post(page + "dismissal/", {"reason": "Late"}).status_code == 409


def test_a_spike_without_an_incident_stands_on_the_home_page_and_declares(acme, lena, sam, stan, signed_in):
    file_report(None, "Login is broken", by=stan, count=6)
    browser = signed_in(sam)
    assert "6 customers in 15 minutes" in words_of(browser.get("/o/acme/"))
    assert "6 customers in 15 minutes" not in words_of(signed_in(stan).get("/o/acme/"))
    assert "Login is broken" in words_of(browser.get(DESK))
    spike = Spike.objects.get()
    page = f"/o/acme/report-spikes/{spike.pk}/"
    assert "usually none" in spike.sentence
    assert "What customers say Login is broken 6 customers" in words_of(browser.get(page))
    file_report(None, "I cannot get in", by=stan, count=3)
    assert "What customers say: 9 by now I cannot get in 3 customers" in words_of(browser.get(page))
    Spike.objects.update(usual=0.4)
    assert "usually fewer than one" in words_of(browser.get(page))

    browser.post(page, {"title": "Nobody can sign in"})
    assert "What customers say" not in words_of(browser.get(page))

    declared = Incident.objects.get()
    assert (declared.title, declared.reports.earliest("pk").error_text) == ("Nobody can sign in", "Login is broken")
    other = file_report(None, "Slow", by=stan)
    assert browser.post(DESK, {"reports": [other.pk], "incident": "9"}).status_code == 422
    assert browser.post(DESK, {"reports": [other.pk], "incident": "1"}).status_code == 302
    assert declared.reports.count() == 3


def test_the_desk_offers_the_open_incidents_and_counts_one_more(acme, lena, tariq, sam, stan, signed_in):
    report = file_report(None, "Login is broken", by=stan)
    browser = signed_in(sam)
    assert "No incident is open that they could belong to. Declare an incident" in words_of(browser.get(DESK))
    ended, declined = declare_incident(lena, "Search is slow"), declare_incident(lena, "Nothing was wrong")
    ended.resolve(by=lena)
    declined.change_status("declined", by=lena, reason="A false alarm")
    declare_incident(tariq, "Somebody read the payroll", private=True)
    declare_incident(lena, "Nobody can sign in")

    page = words_of(browser.get(DESK))
    wrong = browser.post(DESK, {"reports": [report.pk]})
    browser.post(f"/o/acme/reports/{report.pk}/echoes/")

    assert "Which incident is it? Choose INC-4 Nobody can sign in INC-1 Search is slow Bring them" in page
    assert wrong.status_code == 422
    assert f'id="choose-{report.pk}" checked' in wrong.content.decode()
    assert f'form="echo-{report.pk}"' in wrong.content.decode()
    assert "2 customers" in words_of(browser.get(DESK))


def test_agents_copy_the_current_words_and_no_earlier_ones(incident, sam, stan, signed_in):
    for version, say in enumerate(("We know of it.", "Pay by invoice.")):
        SupportBrief.write(incident, by=sam, say=say, based_on=version)
    page = url_of(incident, "support-brief/")

    current, earlier = (signed_in(stan).get(page + query).content.decode() for query in ("", "?version=1"))

    assert '<copy-button value="Pay by invoice.">' in current
    assert "We know of it." in earlier
    assert "<copy-button" not in earlier


def test_agents_read_the_current_words_and_the_slower_writer_is_told(incident, sam, mei, stan, signed_in):
    page = url_of(incident, "support-brief/")
    assert "Nothing to say yet" in words_of(signed_in(stan).get(page))
    written = signed_in(sam).post(page + "new/", {"say": "We know of it.", "avoid": "No times.", "based_on": "0"})
    assert written.url == page

    RoleAssignment.take(incident, "communications_lead", by=mei)
    slower = signed_in(mei).post(page + "new/", {"say": "We are on it.", "based_on": "0"})
    assert slower.status_code == 409
    assert "Sam Okafor wrote version 1 meanwhile" in words_of(slower)
    SupportBrief.write(incident, "We are on it.", by=mei)

    current = words_of(signed_in(stan).get(page))
    assert "We are on it." in current
    assert "We know of it." not in current
    assert "This is version 1. Read the current one" in words_of(signed_in(stan).get(page + "?version=1"))


def test_agents_read_when_they_hear_more_and_that_it_is_late(incident, sam, stan, signed_in):
    page = url_of(incident, "support-brief/")
    SupportBrief.write(incident, "We know of it.", by=sam)
    assert "Nobody has said when there is more to say." in words_of(signed_in(stan).get(page))
    due = timezone.now() + timedelta(minutes=30)
    SupportBrief.write(incident, "We are on it.", by=sam, next_update_at=due)
    browser = signed_in(stan)
    assert "You hear more by" in words_of(browser.get(page))
    assert "hear more" not in words_of(browser.get(page + "?version=1"))
    with time_machine.travel(due + timedelta(minutes=1)):
        assert "More to say was due" in words_of(browser.get(page))


def test_a_theory_shows_what_customers_may_see_of_it(incident, sam, tariq, signed_in):
    propose_theory(incident, "The card payment pool is too small", by=tariq)
    theories = url_of(incident, "theories/")
    assert "Perhaps what customers see" not in words_of(signed_in(tariq).get(theories))

    name_symptom(incident, "Card payment is declined", by=sam, reports=[file_report(incident, by=sam, count=4)])

    assert "Perhaps what customers see: S1 Card payment is declined , 4 customers" in words_of(
        signed_in(tariq).get(theories)
    )


def test_a_thousand_reports_cost_as_many_queries_as_three(incident, lena, sam, signed_in):
    browser = signed_in(lena)
    pages = [(url_of(incident, "reports/"), {}), (url_of(incident, "reports/"), HTMX), (url_of(incident), {})]

    def fill(upto):
        reports = [
            SupportReport(incident=incident, error_text=f"Report {n}", reported_by=sam, segment=f"S{n % 7}")
            for n in range(incident.reports.count(), upto)
        ]
        SupportReport.objects.bulk_create(reports)

    def cost():
        numbers = []
        for page, headers in pages:
            with counted() as queries:
                assert browser.get(page, headers=headers).status_code == 200
            numbers.append(len(queries))
        return numbers

    fill(3)
    name_symptom(incident, by=sam)
    fill(6)
    cost()
    few = cost()
    fill(1000)

    assert cost() == few
    page = browser.get(pages[0][0]).content.decode()
    assert page.count('class="said" id="report-') == 50
    oldest = incident.reports.latest_first()[49]
    assert f"?before={oldest.pk}" in page
