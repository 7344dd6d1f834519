"""The briefing: four blocks for whoever only has to know and to decide, and nothing of how the cause is looked for."""

from datetime import timedelta

import pytest
import time_machine

from incidents.models import Message, RoleAssignment, StatusUpdate
from notifications import notices
from tests.factories import ask_question, declare_incident, open_workstream, raise_decision, raise_finding, try_fix
from tests.incidents.pages import queries_of, url_of, words_of

INNER = "ZEBRA-17"
LEADERSHIP = {"business_impact": "Orders lost", "customer_effect": "Some cannot pay", "expected_timeline": "An hour"}
CUSTOMERS = {"what_is_happening": "Paying is slow.", "what_we_are_doing": "We move to another provider."}
INSIDE = {"current_status": INNER, "active_work": INNER, "estimated_resolution": INNER}


@pytest.fixture
def incident(lena, mei, ruth):
    incident = declare_incident(lena, severity="sev1", summary=INNER)
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "executive", ruth, by=lena)
    return incident


@pytest.fixture
def told(incident, lena, mei, tariq):
    """Everything said, outside and inside."""
    stream = open_workstream(incident, INNER, by=lena)
    Message.post(stream, INNER, by=tariq)
    raise_finding(incident, INNER, by=tariq)
    try_fix(incident, INNER, by=tariq)
    ask_question(incident, INNER, by=tariq)
    earlier = {**LEADERSHIP, "business_impact": "Unknown yet"}
    outer = (("leadership", earlier), ("leadership", LEADERSHIP), ("customers", CUSTOMERS))
    for audience, body in (*outer, ("coordination", INSIDE), ("technical", {"text": INNER})):
        StatusUpdate.publish(incident, audience, body, by=mei)
    return incident


@pytest.fixture
def look(incident, signed_in):
    return lambda member: signed_in(member).get(url_of(incident, "brief/"))


def test_it_says_what_was_published_and_nothing_else(told, look, program, ruth, stan, lena):
    for member in (ruth, stan, lena):
        page = words_of(look(member))
        blocks = ["What is happening", "Impact", "What we do", "What we need from you", "Ask a question"]
        assert [page.index(block) for block in blocks] == sorted(page.index(block) for block in blocks)
        for said in ("Orders lost", "Some cannot pay", "Paying is slow.", "Expected: An hour", "Lena Fischer leads."):
            assert said in page
        assert "Unknown yet" in page.partition("Earlier briefings")[2]
        assert INNER not in look(member).content.decode()
        assert "Tariq" not in page
    answer = program(stan).get(f"/incidents/{told.number}/brief/")
    assert INNER not in answer.content.decode()
    brief = answer.json()
    assert (brief["leadership"]["body"], brief["customers"]["body"], brief["late"]) == (LEADERSHIP, CUSTOMERS, False)
    assert (brief["lead"], brief["decisions"], brief["questions"]) == (lena.email, [], [])


def test_an_executive_decides_from_it_in_two_steps(incident, look, signed_in, lena, ruth, stan, program):
    decision = raise_decision(
        incident, "resource", "Call the second team?", by=lena,
        options=[{"text": "Yes", "tradeoff": "They sleep"}, {"text": "No"}], cost_of_waiting="4,200 € a minute",
    )  # fmt: skip
    raise_decision(incident, "priority", "Fix or feature?", by=lena)

    page = look(ruth).content.decode()
    choice = url_of(incident, f"decisions/{decision.number}/choice/")
    assert f'href="{choice}?option=a"' in page
    assert "Waiting costs: 4,200 € a minute" in words_of(look(ruth))
    assert "Fix or feature?" not in page
    assert "Nothing is asked of you." in words_of(look(stan))
    asked = program(ruth).get(f"/incidents/{incident.number}/brief/").json()["decisions"]
    assert [each["subject"] for each in asked] == ["Call the second team?"]
    assert signed_in(ruth).post(choice, {"option": "a", "reason": "Customers first"}).status_code == 302
    assert "Nothing is asked of you." in words_of(look(ruth))


def test_a_question_asked_from_it_reaches_the_queue_and_leads_back(incident, look, signed_in, mei, stan, ruth):
    assert "Mei Tanaka answers, within 20 minutes." in words_of(look(stan))

    asked = signed_in(stan).post(url_of(incident, "questions/new/") + "?then=brief", {"text": "How long?", "key": "1"})
    assert asked.url == f"{incident.get_absolute_url()}brief/"
    question = incident.questions.get()
    assert "How long?" in words_of(look(stan))
    assert "How long?" not in words_of(look(ruth))
    question.give_answer("An hour.", by=mei, to_audience=True)
    assert "An hour." in words_of(look(ruth))
    assert not incident.messages.exists()


def test_it_says_itself_that_it_is_late_and_what_comes_first(incident, look, ruth):
    assert "First briefing due" in words_of(look(ruth))
    due = incident.obligations.live().get(kind="update", audience="leadership").due_at

    with time_machine.travel(due + timedelta(minutes=1)):
        assert "The update to leadership is late" in words_of(look(ruth))


def test_the_mails_of_those_who_read_briefings_lead_there(told):
    def text(kind, reader, **details):
        return notices.compose(told.timeline.filter(kind=kind, **details).latest("pk"), reader).text

    assert f"/incidents/{told.number}/brief/" in text("declared", "briefing")
    assert f"/incidents/{told.number}/brief/" in text("update_published", "update", details__audience="leadership")
    assert "/brief/" not in text("update_published", "update", details__audience="coordination")
    assert "/brief/" not in text("declared", "room")


def test_it_costs_the_same_however_much_was_said(told, signed_in, ruth, mei, lena):
    browser = signed_in(ruth)

    def cost():
        return queries_of(lambda: browser.get(url_of(told, "brief/")))

    raise_decision(told, "resource", "One?", by=lena, options=["Yes", "No"])
    ask_question(told, by=ruth)
    browser.get(url_of(told, "brief/"))
    few = cost()
    for number in range(4):
        StatusUpdate.publish(told, "leadership", LEADERSHIP, by=mei)
        raise_decision(told, "resource", f"More {number}?", by=lena, options=["Yes", "No"])
        ask_question(told, by=ruth)
    assert cost() == few <= 30
