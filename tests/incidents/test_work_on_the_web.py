"""Tasks, findings and questions in the browser: in their panels, as pages, and raised from a message."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents import kinds
from incidents.fragments import attach_messages, fragments_of
from incidents.models import Decision, Message, RoleAssignment
from incidents.room import IncidentRoom
from teams.errors import Refused
from teams.models import TechnicalDomain
from tests.factories import add_task, ask_question, declare_incident, open_workstream, post_message, raise_finding
from tests.incidents.pages import HTMX, field_of, last_entry, queries_of, url_of, words_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def post(incident, signed_in):
    def post(member, page, /, *, headers=None, **fields):
        return signed_in(member).post(url_of(incident, page), fields, headers=headers)

    return post


@pytest.fixture
def look(incident, signed_in):
    def look(member, page, /, *, headers=None):
        return signed_in(member).get(url_of(incident, page), headers=headers)

    return look


# --- Tasks ---------------------------------------------------------------------------------------------------


def test_the_panel_shows_each_task_in_its_place(incident, look, lena, mei):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    incident.tasks.get(number=1).done(by=lena)
    incident.tasks.get(number=3).not_needed(reason="All are here", by=lena)

    page = look(lena, "tasks/", headers=HTMX)

    words = words_of(page)
    assert "2 of 9 done" in words
    assert "T1 Take or give the lead done by Lena Fischer" in words
    assert "Next: T2 Judge severity and how far it reaches yours" in words
    assert "T3 Confirm the functions that are needed not needed: All are here (Lena Fischer" in words
    assert "T5 Publish a first coordination update Mei Tanaka" in words
    assert words.count("Next:") == 1
    assert "<s>Take or give the lead</s>" in page.content.decode()


def test_what_nobody_has_says_so_and_offers_itself(incident, look, lena):
    page = look(lena, "tasks/", headers=HTMX)

    assert "T5 Publish a first coordination update nobody , a task of the communications lead Take" in words_of(page)


def test_nine_are_shown_and_the_others_are_on_the_page(incident, look, lena):
    for number in range(8):
        add_task(incident, f"Look at node {number}", by=lena)

    panel, page = look(lena, "tasks/", headers=HTMX), look(lena, "tasks/")

    assert "4 more" in words_of(panel)
    assert "Look at node 7" not in words_of(panel)
    assert "Look at node 7" in words_of(page)


def test_the_next_open_task_is_always_among_the_nine(incident, lena):
    for number in range(20):
        add_task(incident, f"Look at node {number}", by=lena)
    for task in incident.tasks.filter(phase="now", number__lte=24):
        task.done(by=lena)

    (now, _) = IncidentRoom(incident, lena).tasks.phases

    assert len(now.shown) == 9
    assert any(row.is_next for row in now.shown)


def test_a_task_is_added_taken_done_and_opened_again(incident, post, lena, tariq):
    added = post(lena, "tasks/new/", text="Drain the queue", owner="", phase="now", due_at="10")
    task = incident.tasks.get(number=10)
    pages = [post(tariq, f"tasks/{task.pk}/{act}/") for act in ("owner", "completion", "reopening")]

    assert {response.url for response in (added, *pages)} == {incident.get_absolute_url()}
    kinds = [entry.kind for entry in incident.timeline.in_order() if entry.kind.startswith("task_")]
    assert kinds == ["task_added", "task_taken", "task_done", "task_reopened"]
    task.refresh_from_db()
    assert (task.owner, task.state, task.due_at is not None) == (tariq, "open", True)


def test_a_task_is_given_and_moved_in_one_form(incident, post, look, lena, tariq):
    task = add_task(incident, by=lena)

    unchanged = post(lena, f"tasks/{task.pk}/", owner="", due_at="keep")
    changed = post(lena, f"tasks/{task.pk}/", owner=tariq.pk, due_at="30")

    assert (unchanged.status_code, changed.status_code) == (422, 302)
    task.refresh_from_db()
    assert task.owner == tariq
    assert 29 <= (task.due_at - task.added_at).total_seconds() / 60 <= 31
    assert "Tariq Haddad does it, due" in words_of(look(lena, f"tasks/{task.pk}/"))


def test_taking_it_off_somebody_wants_a_reason_in_the_same_form(incident, post, lena, tariq, sam):
    task = add_task(incident, by=lena, owner=tariq)

    refused = post(sam, f"tasks/{task.pk}/", owner=sam.pk, due_at="keep")
    waived = post(sam, f"tasks/{task.pk}/", owner=sam.pk, due_at="keep", waiver="Tariq went offline")

    assert refused.status_code == 409
    assert "<textarea" in field_of(refused, "waiver")
    assert waived.status_code == 302
    assert last_entry(incident).details["waiver"] == "Tariq went offline"


def test_not_needed_wants_a_reason_at_the_field(incident, post, lena):
    task = add_task(incident, by=lena)

    bare = post(lena, f"tasks/{task.pk}/dismissal/")
    reasoned = post(lena, f"tasks/{task.pk}/dismissal/", reason="The queue is empty")

    assert (bare.status_code, reasoned.status_code) == (422, 302)
    assert last_entry(incident).kind == kinds.TASK_NOT_NEEDED.name


def test_doing_it_twice_is_told_kindly(incident, post, lena):
    task = add_task(incident, by=lena)
    post(lena, f"tasks/{task.pk}/completion/")

    again = post(lena, f"tasks/{task.pk}/completion/", headers=HTMX)

    assert again.status_code == 409
    assert "T10 is done already." in words_of(again)


def test_htmx_is_told_which_parts_changed(incident, post, lena):
    task = add_task(incident, by=lena)

    answer = post(lena, f"tasks/{task.pk}/completion/", headers=HTMX)

    assert answer.status_code == 204
    assert {"live-tasks", "live-needs", "live-gaps", "acted"} <= set(answer["HX-Trigger"].split(", "))


# --- Findings ------------------------------------------------------------------------------------------------


def test_a_finding_is_raised_and_acknowledged_with_one_button(incident, post, look, lena, tariq):
    raised = post(tariq, "findings/new/", condition="5.1 is healthy", needs="A go", confidence="high")
    finding = incident.findings.get()

    panel = look(lena, "findings/", headers=HTMX)
    assert raised.status_code == 302
    assert "1 to acknowledge" in words_of(panel)
    assert "Condition 5.1 is healthy Needs A go" in words_of(panel)
    assert f'id="finding-{finding.pk}-acknowledge"' in panel.content.decode()
    assert f'id="finding-{finding.pk}-acknowledge"' not in look(tariq, "findings/", headers=HTMX).content.decode()

    post(lena, f"findings/{finding.pk}/")

    assert "to acknowledge" not in words_of(look(lena, "findings/", headers=HTMX))
    assert last_entry(incident).kind == kinds.FINDING_ACKNOWLEDGED.name


def test_others_than_the_lead_say_why(incident, post, tariq):
    finding = raise_finding(incident, by=tariq)

    refused = post(tariq, f"findings/{finding.pk}/")
    waived = post(tariq, f"findings/{finding.pk}/", waiver="Lena is on the phone")

    assert refused.status_code == 409
    assert "Only the incident lead acknowledges a finding." in words_of(refused)
    assert waived.status_code == 302


def test_a_finding_is_set_aside_with_a_reason(incident, post, lena, tariq):
    finding = raise_finding(incident, by=tariq)

    bare = post(lena, f"findings/{finding.pk}/dismissal/")
    reasoned = post(lena, f"findings/{finding.pk}/dismissal/", reason="Only the canary")

    assert (bare.status_code, reasoned.status_code) == (422, 302)
    finding.refresh_from_db()
    assert (finding.state, finding.reason) == ("set_aside", "Only the canary")


def test_a_finding_without_a_condition_is_sent_back_with_what_was_typed(incident, post, tariq):
    response = post(tariq, "findings/new/", condition=" ", needs="A go from the lead", confidence="high")

    assert response.status_code == 422
    assert "Say what you found." in words_of(response)
    assert "A go from the lead" in response.content.decode()


def test_what_the_panel_has_no_room_for_is_on_the_page(incident, look, lena, tariq):
    for number in range(7):
        raise_finding(incident, f"Node {number} is clean", by=tariq).acknowledge(by=lena)
    raise_finding(incident, "Node 8 is not", by=tariq)

    panel, page = words_of(look(lena, "findings/", headers=HTMX)), words_of(look(lena, "findings/"))

    assert panel.index("Node 8 is not") < panel.index("Node 6 is clean")
    assert "Node 2 is clean" not in panel
    assert "Node 2 is clean" in page


# --- Raised from a message -----------------------------------------------------------------------------------


def test_every_message_offers_to_raise_something(incident, look, lena, tariq):
    message = post_message(incident, by=lena)

    thread = look(tariq, "").content.decode()

    assert f'id="raise-{message.pk}"' in thread
    assert f'href="{url_of(incident, "findings/new/")}?message={message.pk}"' in thread
    assert f'href="{url_of(incident, "tasks/new/")}?message={message.pk}"' in thread


def test_the_form_starts_with_the_words_and_keeps_the_link(incident, post, look, lena, tariq):
    message = post_message(incident, "5.1 is healthy\non the canary.", by=lena)

    finding_form = look(tariq, f"findings/new/?message={message.pk}").content.decode()
    task_form = look(tariq, f"tasks/new/?message={message.pk}")
    post(tariq, f"findings/new/?message={message.pk}", condition="5.1 is healthy", confidence="medium")
    post(tariq, f"tasks/new/?message={message.pk}", text="Go on with 5.1", owner="", phase="now", due_at="")

    assert "5.1 is healthy\non the canary.</textarea>" in finding_form
    assert 'value="5.1 is healthy on the canary."' in field_of(task_form, "text")
    assert (incident.findings.get().message, incident.tasks.get(number=10).message) == (message, message)
    assert f'href="{url_of(incident, f"messages/{message.pk}/")}"' in look(lena, "findings/").content.decode()
    thread = look(lena, "").content.decode()
    assert f'href="{url_of(incident, f"findings/{incident.findings.get().pk}/")}"' in thread
    assert words_of(look(lena, "")).count("F1 T10") == 1


def test_a_theory_is_raised_from_a_message_too(incident, post, look, lena, tariq):
    message = post_message(incident, "The pool is\ntoo small.", by=lena)
    page = f"hypotheses/new/?message={message.pk}"

    form = look(tariq, page)
    post(tariq, page, statement="The pool is too small")

    assert 'value="The pool is too small."' in field_of(form, "statement")
    hypothesis = incident.hypotheses.get()
    assert (hypothesis.message, hypothesis.workstream) == (message, message.workstream)
    assert page in look(lena, "").content.decode()
    assert [each.label for each in incident.messages.for_reading().get().raised] == ["H1"]
    assert f'href="{url_of(incident, f"messages/{message.pk}/")}"' in look(lena, "theories/").content.decode()
    assert look(lena, f"hypotheses/{hypothesis.pk}/evidence/").status_code == 200


def test_a_decision_is_raised_from_a_message_too(incident, look, lena, tariq):
    message = post_message(incident, "Roll back,\nor wait?", by=lena)
    page = f"decisions/new/?message={message.pk}"

    form = look(tariq, page)
    Decision.open(incident, "coordination", "Roll back, or wait?", by=tariq, source_message=message)

    assert 'value="Roll back, or wait?"' in field_of(form, "subject")
    assert page in look(lena, "").content.decode()
    assert [each.label for each in incident.messages.for_reading().get().raised] == ["D1"]
    assert f'href="{url_of(incident, "decisions/1/")}">D1</a>' in look(lena, "").content.decode()


def test_the_line_of_the_message_arrives_again_with_the_link(incident, lena, tariq):
    message = post_message(incident, by=lena)
    raise_finding(incident, by=tariq, message=message)
    (entry,) = attach_messages(list(incident.timeline.for_reading().filter(kind="finding_raised")))

    line = fragments_of(entry)[f"stream-{message.workstream_id}"]

    assert f'id="m-{message.pk}"' in line
    assert 'data-version="1F1"' in line
    assert "data-again" in line
    assert ">F1</a>" in line


def test_a_message_of_another_incident_is_not_there(look, post, lena):
    other = post_message(declare_incident(lena), by=lena)

    for page in ("findings/new/", "tasks/new/"):
        assert look(lena, f"{page}?message={other.pk}").status_code == 404


def test_a_thread_costs_the_same_however_much_came_of_it(incident, look, lena, signed_in):
    browser, address = signed_in(lena), url_of(incident, "conversation/")
    for _ in range(2):
        add_task(incident, by=lena, message=post_message(incident, by=lena))
        raise_finding(incident, by=lena, message=post_message(incident, by=lena))
    browser.get(address, headers=HTMX)
    few = queries_of(lambda: browser.get(address, headers=HTMX))
    for _ in range(10):
        add_task(incident, by=lena, message=post_message(incident, by=lena))
        raise_finding(incident, by=lena, message=post_message(incident, by=lena))

    assert queries_of(lambda: browser.get(address, headers=HTMX)) == few


# --- Questions -----------------------------------------------------------------------------------------------


def test_a_stakeholder_asks_and_reads_the_answer(incident, post, look, lena, stan):
    asked = post(stan, "questions/new/", text="May we tell Hooli?", for_customers="on")
    question = incident.questions.get()
    assert (asked.status_code, question.for_customers) == (302, True)

    queue = look(lena, "questions/", headers=HTMX)
    assert "Q1 Stan Larsen, Sales" in words_of(queue)
    assert "for customers" in words_of(queue)
    post(lena, f"questions/{question.pk}/", text="Yes, you may.")

    for page in ("questions/", f"questions/{question.pk}/", ""):
        assert "Yes, you may." in words_of(look(stan, page))
    assert "Nobody waits for an answer." in words_of(look(lena, "questions/", headers=HTMX))


def test_a_question_is_declined_from_the_same_form(incident, post, lena, stan):
    question = ask_question(incident, by=stan)

    post(lena, f"questions/{question.pk}/", text="We name no customers.", declined="1")

    question.refresh_from_db()
    assert (question.state, question.answer) == ("declined", "We name no customers.")


def test_the_questions_of_others_are_not_there(incident, look, post, ruth, stan, tariq, lena):
    question = ask_question(incident, "Who pays for this?", by=ruth)

    assert "Who pays for this?" in words_of(look(lena, "questions/"))
    for member in (stan, tariq):
        assert "Who pays for this?" not in words_of(look(member, "questions/")) + words_of(look(member, ""))
        assert look(member, f"questions/{question.pk}/").status_code == 404
        assert post(member, f"questions/{question.pk}/", text="I do.").status_code == 404


def test_whoever_asked_sees_no_form_and_cannot_answer(incident, look, post, stan):
    question = ask_question(incident, by=stan)

    form, answer = look(stan, f"questions/{question.pk}/"), post(stan, f"questions/{question.pk}/", text="Yes.")

    assert field_of(form, "text") is None
    assert answer.status_code == 409
    assert "answers questions" in words_of(answer)


def test_an_empty_question_is_sent_back(incident, post, stan):
    response = post(stan, "questions/new/", text=" ")

    assert response.status_code == 422
    assert "Write your question first." in words_of(response)


# --- What was not said in a technical workstream -------------------------------------------------------------


@pytest.fixture
def technical(incident, lena):
    return open_workstream(incident, "Card gateway", by=lena, domain=TechnicalDomain.objects.first())


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_refused_post_keeps_the_words_and_offers_the_way_on(incident, technical, post, ruth, headers):
    response = post(ruth, f"workstreams/{technical.pk}/messages/", text="How long?", key="once", headers=headers)

    page = response.content.decode()
    assert response.status_code == 409
    assert "How long?</textarea>" in page
    assert "Ask it as a question" in page
    assert "Bring it to the next briefing" in page
    assert f'formaction="{url_of(incident, f"workstreams/{technical.pk}/unsaid/")}"' in page
    assert response.headers.get("HX-Retarget") == ("closest keep-draft" if headers else None)
    assert last_entry(incident).kind == kinds.POST_DECLINED.name
    assert not Message.objects.exists()


def test_a_support_agent_is_offered_the_question_alone(technical, post, sam):
    page = post(sam, f"workstreams/{technical.pk}/messages/", text="How long?").content.decode()

    assert 'id="offer-question"' in page
    assert 'id="offer-briefing"' not in page


@pytest.mark.parametrize(("offer", "for_briefing"), [("question", False), ("briefing", True)])
def test_the_same_words_become_a_question(incident, technical, post, ruth, offer, for_briefing):
    plain = post(ruth, f"workstreams/{technical.pk}/unsaid/", text="How long?", key="once", offer=offer)
    again = post(ruth, f"workstreams/{technical.pk}/unsaid/", text="How long?", key="once", offer=offer, headers=HTMX)

    question = incident.questions.get()
    assert (question.text, question.asker, question.for_briefing) == ("How long?", ruth, for_briefing)
    assert plain.url == f"{incident.get_absolute_url()}#questions"
    assert "Asked as question Q1." in words_of(again)
    assert "How long?" not in again.content.decode()
    assert "live-questions" in again["HX-Trigger"]
    assert not Message.objects.exists()


def test_the_lead_lets_somebody_in_and_out_again(incident, technical, post, look, lena, ruth):
    page = f"workstreams/{technical.pk}/exceptions/"

    assert page in look(lena, f"workstreams/{technical.pk}/").content.decode()
    assert post(ruth, page, membership=ruth.pk, minutes="30").status_code == 409
    assert post(lena, page, membership=ruth.pk, minutes="30").status_code == 302
    assert post(ruth, f"workstreams/{technical.pk}/messages/", text="How long?").status_code == 302
    assert "Ruth Meyer until" in words_of(look(lena, page))

    exception = technical.exceptions.get()
    assert post(lena, f"{page}{exception.pk}/revocation/").status_code == 302
    assert post(ruth, f"workstreams/{technical.pk}/messages/", text="How long now?").status_code == 409


# --- What waits for whom -------------------------------------------------------------------------------------


def needs_of(incident, member):
    return {(need.kind, need.sentence) for need in IncidentRoom(incident, member).needs}


def test_the_lead_needs_to_hear_findings_and_the_owner_to_do_tasks(incident, lena, tariq):
    raise_finding(incident, "5.1 is healthy.", by=tariq)
    soon, later = (timezone.now() + timedelta(minutes=minutes) for minutes in (5, 60))
    add_task(incident, by=lena, owner=tariq, due_at=soon)
    add_task(incident, "Write it down", by=lena, owner=tariq, due_at=later)
    step = incident.tasks.get(number=1)
    step.move(soon, by=lena)

    assert {("finding", "F1 5.1 is healthy"), ("task", "T1 Take or give the lead")} <= needs_of(incident, lena)
    assert {need for need in needs_of(incident, tariq) if need[0] in ("finding", "task")} == {
        ("task", "T10 Drain the queue")
    }


def test_a_question_needs_who_answers_and_the_lead_only_while_nobody_does(incident, lena, mei, sam, stan):
    ask_question(incident, "May we?", by=stan)
    ask_question(incident, "May they?", by=stan, for_customers=True)
    both = {("question", "Q1 May we?"), ("question", "Q2 May they?")}
    assert both <= needs_of(incident, lena)

    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)

    assert not both & needs_of(incident, lena)
    assert both & needs_of(incident, mei) == {("question", "Q1 May we?")}
    assert both & needs_of(incident, sam) == {("question", "Q2 May they?")}


def test_each_need_has_its_button(incident, look, lena, tariq, stan):
    finding = raise_finding(incident, by=tariq)
    question = ask_question(incident, by=stan)

    panel = look(lena, "needs/", headers=HTMX).content.decode()

    assert f'id="need-finding-{finding.pk}"' in panel
    assert f'id="need-question-{question.pk}"' in panel


# --- Who may not ---------------------------------------------------------------------------------------------


def test_stakeholders_find_no_tasks_and_no_findings(incident, look, post, lena, tariq, stan):
    task, finding = add_task(incident, by=lena), raise_finding(incident, by=tariq)
    pages = ["tasks/", "findings/", "tasks/new/", "findings/new/", f"tasks/{task.pk}/", f"findings/{finding.pk}/"]

    assert {look(tariq, page).status_code for page in pages} == {200}
    assert {look(stan, page).status_code for page in pages} == {404}
    assert {post(stan, page).status_code for page in pages[2:]} == {404}


def test_what_belongs_to_a_restricted_workstream_is_not_there_for_others(incident, look, lena, tariq, sam):
    secret = open_workstream(incident, "The insider", by=lena, restricted=True, members=[tariq])
    task = add_task(incident, "Lock the account", by=lena, workstream=secret)
    finding = raise_finding(incident, "It was copied on Monday", by=tariq, workstream=secret)
    with time_machine.travel(finding.acknowledge_by + timedelta(minutes=1)):
        seen = {member: words_of(look(member, "")) + words_of(look(member, "gaps/")) for member in (lena, tariq, sam)}

    assert [("Lock the account" in seen[member], "on Monday" in seen[member]) for member in (lena, tariq, sam)] == [
        (True, True),
        (True, True),
        (False, False),
    ]
    assert "Finding F1 has not been acknowledged." in seen[tariq]
    assert "F1" not in seen[sam]
    for page in (f"tasks/{task.pk}/", f"findings/{finding.pk}/"):
        assert (look(tariq, page).status_code, look(sam, page).status_code) == (200, 404)
    assert "The insider" not in look(sam, "findings/new/").content.decode()
    with pytest.raises(Refused) as refused:
        task.give(sam, by=lena)
    assert refused.value.code == "restricted_stream"


def test_outsiders_find_nothing(incident, look, omar):
    assert {look(omar, page).status_code for page in ("tasks/", "findings/", "questions/", "questions/new/")} == {404}


def test_panels_cost_the_same_however_much_there_is(incident, lena, tariq, stan, signed_in):
    browser = signed_in(lena)

    def fill(times):
        for _ in range(times):
            add_task(incident, by=lena, owner=tariq)
            raise_finding(incident, by=tariq)
            ask_question(incident, by=stan)

    def costs():
        pages = ("tasks/", "findings/", "questions/", "needs/", "gaps/")
        return [queries_of(lambda page=page: browser.get(url_of(incident, page), headers=HTMX)) for page in pages]

    fill(2)
    browser.get(url_of(incident))
    few = costs()
    fill(10)

    assert costs() == few
