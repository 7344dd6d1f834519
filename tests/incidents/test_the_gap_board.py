"""The gap board: one line for everything that is missing, with whose it is and the next step."""

from datetime import timedelta

import pytest
import time_machine

from incidents.guards import Facts, gaps_of
from incidents.models import FunctionActivation, GuardWaiver
from incidents.room import IncidentRoom
from teams.models import Function
from tests.factories import declare_incident
from tests.queries import counted

GAP = "required_function_not_engaged"


@pytest.fixture
def incident(lena):
    incident = declare_incident(lena, "Odd")
    FunctionActivation.change(incident, Function.objects.get(slug="finance"), "requested", by=lena)
    return incident


def board(incident, viewer):
    return IncidentRoom(incident, viewer).gaps


def url_of(incident, rest):
    return f"/o/acme/incidents/{incident.number}/{rest}"


def text_of(response):
    return " ".join(response.content.decode().split())


def test_a_gap_is_the_leads_to_close(incident, lena, tariq):
    def finance(viewer):
        return next(row for row in board(incident, viewer).rows if row.gap.subject == "finance")

    assert (finance(lena).owner, finance(lena).is_viewers) == (lena, True)
    assert (finance(tariq).owner, finance(tariq).is_viewers) == (lena, False)


def test_what_nobody_leads_is_the_administrators(incident, lena, tariq, ada):
    incident.roles.current().get(role="lead").stand_down(by=lena)

    assert {row.is_viewers for row in board(incident, ada).rows} == {True}
    assert {(row.owner, row.is_viewers) for row in board(incident, tariq).rows} == {(None, False)}


def test_the_room_shows_each_gap_with_its_next_step(incident, lena, signed_in):
    browser = signed_in(lena)

    page = text_of(browser.get(url_of(incident, "gaps/")))

    assert "Finance is called for and not engaged." in page
    assert f'href="{url_of(incident, "functions/finance/")}"' in page
    assert 'id="waive-required-function-not-engaged-finance"' in page


def test_the_room_shows_the_longest_waiting_and_counts_the_rest(incident, lena, signed_in):
    FunctionActivation.change(incident, Function.objects.get(slug="legal"), "requested", by=lena)
    every, rows = board(incident, lena).rows, board(incident, lena).beside_roles
    assert len(rows) > 4

    region = text_of(signed_in(lena).get(url_of(incident, "gaps/"), headers={"HX-Request": "true"}))

    assert f"{len(rows)} open" in region
    assert [row.gap.message in region for row in rows] == [True] * 4 + [False] * (len(rows) - 4)
    assert f"All {len(every)} gaps" in region
    # Vacant roles stand among the roles, with their own buttons.
    assert {row.gap.code for row in every} - {row.gap.code for row in rows} == {"no_support_liaison"}


def test_every_next_step_leads_somewhere(incident, lena, signed_in):
    incident.roles.current().get(role="lead").stand_down(by=lena)
    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=lena)
    browser = signed_in(lena)

    with time_machine.travel(incident.declared_at + timedelta(hours=2)):
        gaps = gaps_of(Facts.of(incident))

    assert {gap.code for gap in gaps} >= {"assessment_overdue", "no_lead", "no_communications_lead", GAP}
    answers = {gap.code: browser.get(url_of(incident, gap.place)).status_code for gap in gaps}
    assert set(answers.values()) == {200}


def test_a_gap_is_waived_on_the_page_in_two_steps(incident, lena, signed_in):
    browser = signed_in(lena)
    asked = {"guard": GAP, "subject": "finance"}

    form = text_of(browser.get(url_of(incident, "waivers/"), asked))
    silent = browser.post(url_of(incident, "waivers/"), asked)
    answer = browser.post(url_of(incident, "waivers/"), asked | {"reason": "No money moves"})

    assert "Finance is called for and not engaged." in form
    assert silent.status_code == 422
    assert answer.status_code == 302
    assert not any(row.gap.subject == "finance" for row in board(incident, lena).rows)
    page = text_of(browser.get(url_of(incident, "gaps/")))
    assert "No money moves" in page
    assert "Lena Fischer" in page


def test_htmx_is_told_which_regions_changed(incident, lena, signed_in):
    answer = signed_in(lena).post(
        url_of(incident, "waivers/"),
        {"guard": GAP, "subject": "finance", "reason": "No money moves"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 204
    assert {"live-needs", "live-gaps", "acted"} <= set(answer["HX-Trigger"].split(", "))


def test_a_gap_that_was_filled_meanwhile_leads_back_to_the_board(incident, lena, tariq, signed_in):
    GuardWaiver.grant(incident, GAP, "finance", reason="No money moves", by=tariq)
    browser, asked = signed_in(lena), {"guard": GAP, "subject": "finance"}

    looked = browser.get(url_of(incident, "waivers/"), asked)
    late = browser.post(url_of(incident, "waivers/"), asked | {"reason": "Me too"})

    assert looked.url == url_of(incident, "gaps/")
    assert late.status_code == 409
    assert GuardWaiver.objects.get().granted_by == tariq


def test_stakeholders_and_outsiders_find_no_board(incident, stan, omar, signed_in):
    for reader in (stan, omar):
        browser = signed_in(reader)
        assert browser.get(url_of(incident, "gaps/")).status_code == 404
        assert browser.get(url_of(incident, "waivers/"), {"guard": GAP, "subject": "finance"}).status_code == 404


def test_a_program_waives_and_reads_what_was_waived(incident, lena, tariq, stan, program):
    path = f"/incidents/{incident.number}/waivers/"
    body = {"guard": GAP, "subject": "finance", "reason": "No money moves"}

    created = program(tariq).post(path, body)
    again = program(tariq).post(path, body)

    assert created.status_code == 201
    kept = GuardWaiver.objects.get()
    assert created.json() == {
        "id": kept.pk,
        "guard": GAP,
        "subject": "finance",
        "reason": "No money moves",
        "granted_by": "tariq@acme.test",
        "granted_at": kept.granted_at.isoformat().replace("+00:00", "Z"),
    }
    assert (again.status_code, again.json()["code"]) == (409, "unchanged")
    assert program(lena).get(path).json()["results"] == [created.json()]
    assert program(stan).get(path).status_code == 404
    assert program(lena).post(path, {"guard": GAP}).status_code == 422


def test_the_board_costs_the_same_however_much_is_missing(incident, lena):
    with counted() as few:
        list(board(incident, lena).rows)
    for slug in ("legal", "privacy", "sales", "compliance"):
        FunctionActivation.change(incident, Function.objects.get(slug=slug), "requested", by=lena)

    with counted() as many:
        assert len(board(incident, lena).rows) >= 5

    assert len(few) == len(many)
