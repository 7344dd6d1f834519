"""The briefing: four blocks for whoever only has to know and to decide, and nothing of how the cause is looked for."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.utils import timezone

from incidents.models import Message, RoleAssignment, StatusUpdate, UpdateRead
from notifications import notices
from tests.factories import ask_question, declare_incident, open_workstream, raise_decision, raise_finding, try_fix
from tests.incidents.pages import HTMX, queries_of, url_of, words_of

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
        raise_finding(incident, INNER, by=tariq)
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

    with time_machine.travel(due + timedelta(minutes=14)):
        assert "Update late" not in words_of(look(ruth))
        assert "The next update was due at" in words_of(look(ruth))
    with time_machine.travel(due + timedelta(minutes=15)):
        assert "Update late: it was promised for" in words_of(look(ruth))
        assert "The next update was due at" not in words_of(look(ruth))


def test_it_brings_itself_up_to_date_and_only_when_there_is_news(told, look, signed_in, ruth, stan, mei):
    browser = signed_in(ruth)
    address = re.search(r'hx-get="([^"]*/brief/[^"]*)"', look(ruth).content.decode())[1]
    assert browser.get(address, headers=HTMX).status_code == 204
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert browser.get(address, headers=HTMX).status_code == 204, "That time passes is no news."

    StatusUpdate.publish(told, "leadership", {**LEADERSHIP, "business_impact": "Fewer orders lost"}, by=mei)

    again = browser.get(address, headers=HTMX)
    assert again.status_code == 200
    assert "Fewer orders lost" in words_of(again)
    parts = set(re.findall(r'id="(brief[a-z-]*)"', again.content.decode()))
    assert {"brief", "brief-questions", "brief-earlier"} <= parts
    assert "<textarea" not in again.content.decode(), "What is being typed stands beside it."
    question = ask_question(told, "How long?", by=stan)
    address = re.search(r'hx-get="([^"]*)"', again.content.decode())[1]
    assert browser.get(address, headers=HTMX).status_code == 204, "Another's question is not hers to read."
    question.give_answer("An hour.", by=mei, to_audience=True)
    assert "An hour." in words_of(browser.get(address, headers=HTMX))


def test_what_does_not_hold_or_may_be_taken_back_is_not_there(told, look, ruth, mei, lena):
    StatusUpdate.publish(told, "leadership", {**LEADERSHIP, "business_impact": "All orders lost"}, by=mei)
    wrong = told.updates.latest_first().first()
    wrong.withdraw(by=mei, reason="That was another day")
    assert "All orders lost" not in words_of(look(ruth))
    assert "Orders lost" in words_of(look(ruth))

    held = told.updates.standing().filter(audience="leadership").latest_first().first()
    held.held_until = timezone.now() + timedelta(seconds=10)
    held.save(update_fields=["held_until"])
    assert "Orders lost" not in words_of(look(ruth))
    with time_machine.travel(held.held_until):
        assert "Orders lost" in words_of(look(ruth))


def test_it_is_marked_as_read_and_whoever_writes_sees_it(told, look, signed_in, program, ruth, mei, stan, omar):
    update = told.updates.standing().filter(audience="leadership").latest_first().first()
    address = url_of(told, f"updates/{update.number}/reading/")
    assert "Mark as read" in words_of(look(ruth))

    assert signed_in(ruth).post(address).url == url_of(told, "brief/")
    first = UpdateRead.objects.get()
    signed_in(ruth).post(address)

    assert UpdateRead.objects.get().at == first.at
    assert "You have read this" in words_of(look(ruth))
    assert "Mark as read" in words_of(look(stan))
    assert "Read by Ruth Meyer" in words_of(signed_in(mei).get(url_of(told, f"updates/{update.number}/")))
    assert "Read by" not in words_of(signed_in(stan).get(url_of(told, f"updates/{update.number}/")))
    path = f"/incidents/{told.number}"
    assert program(stan).get(f"{path}/brief/").json()["read_at"] is None
    assert program(stan).put(f"{path}/updates/{update.pk}/reading/").status_code == 204
    assert program(stan).get(f"{path}/brief/").json()["read_at"]
    inner = told.updates.get(audience="technical")
    assert signed_in(stan).post(url_of(told, f"updates/{inner.number}/reading/")).status_code == 404
    assert signed_in(omar).post(address).status_code == 404


def test_a_page_whose_reader_was_signed_out_is_not_overwritten(told, client):
    """A part that asks by itself shows nothing; whoever clicked is told, and comes back."""
    page = url_of(told, "brief/")
    here = {**HTMX, "HX-Current-URL": f"http://testserver{page}?a=1&b=2"}

    by_itself = client.get(page, headers={**here, "HX-Trigger": "brief", "HX-Target": "brief"})
    clicked = client.get(
        url_of(told, "questions/new/"), headers={**here, "HX-Trigger": "questions-new", "HX-Target": "dialog"}
    )
    sent = client.post(url_of(told, "questions/new/"), {"text": "When?"}, headers=here)

    assert (by_itself.status_code, by_itself["HX-Reswap"]) == (401, "none")
    for answer in (clicked, sent):
        assert (answer.status_code, answer.has_header("HX-Reswap")) == (401, False)
        assert f'href="/accounts/login/?next={quote(f"{page}?a=1&b=2", safe="")}"' in answer.content.decode()
    assert not told.questions.filter(text="When?").exists()
    elsewhere = client.get(page, headers={**HTMX, "HX-Current-URL": "https://elsewhere.example/"})
    assert 'href="/accounts/login/"' in elsewhere.content.decode()
    assert client.get(page).status_code == 302


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
        raise_finding(told, by=mei)
        StatusUpdate.publish(told, "leadership", LEADERSHIP | {"expected_timeline": f"{number} hours"}, by=mei)
        raise_decision(told, "resource", f"More {number}?", by=lena, options=["Yes", "No"])
        ask_question(told, by=ruth)
    assert cost() == few <= 30
