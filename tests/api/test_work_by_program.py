"""Tasks, findings, questions and the technical floor, by program."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import RoleAssignment
from teams.models import TechnicalDomain
from tests.factories import add_task, ask_question, declare_incident, open_workstream, post_message, raise_finding
from tests.queries import counted


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def path(incident):
    return f"/incidents/{incident.number}/"


def moment(value):
    return value.isoformat().replace("+00:00", "Z") if value else None


# --- Tasks ---------------------------------------------------------------------------------------------------


def test_the_tasks_of_the_playbook_with_their_present_owners(path, lena, program):
    tasks = program(lena).get(f"{path}tasks/").json()["results"]

    assert [(task["number"], task["phase"], task["role"], task["owner"]) for task in tasks][:5] == [
        (1, "now", "lead", "lena@acme.test"),
        (2, "now", "lead", "lena@acme.test"),
        (3, "now", "lead", "lena@acme.test"),
        (4, "now", "lead", "lena@acme.test"),
        (5, "now", "communications_lead", None),
    ]


def test_a_task_from_its_beginning_to_its_end(path, incident, lena, tariq, program):
    api, due_at = program(lena), timezone.now().replace(microsecond=0) + timedelta(minutes=30)

    added = api.post(f"{path}tasks/", {"text": "Drain the queue", "owner": "tariq@acme.test", "due_at": moment(due_at)})
    task = added.json()
    assert added.status_code == 201
    assert {name: task[name] for name in ("number", "text", "owner", "due_at", "phase", "state", "added_by")} == {
        "number": 10,
        "text": "Drain the queue",
        "owner": "tariq@acme.test",
        "due_at": moment(due_at),
        "phase": "now",
        "state": "open",
        "added_by": "lena@acme.test",
    }

    own = f"{path}tasks/{task['id']}/"
    given = api.patch(own, {"owner": "sam@acme.test", "due_at": None}).json()
    done = api.patch(own, {"state": "done"})
    again = api.patch(own, {"state": "done"})
    opened = api.patch(own, {"state": "open"}).json()
    unneeded = api.patch(own, {"state": "not_needed"})
    finally_ = api.patch(own, {"state": "not_needed", "reason": "Empty"}).json()

    assert (given["owner"], given["due_at"]) == ("sam@acme.test", None)
    assert (done.status_code, done.json()["settled_by"]) == (200, "lena@acme.test")
    assert (again.status_code, opened["state"]) == (200, "open")
    assert (unneeded.status_code, unneeded.json()["code"]) == (409, "reason_required")
    assert (finally_["state"], finally_["reason"]) == ("not_needed", "Empty")
    assert api.get(own).json() == finally_


def test_a_change_that_is_refused_in_part_is_not_made_at_all(path, incident, lena, tariq, sam, program):
    task = add_task(incident, by=lena, owner=tariq)

    answer = program(tariq).patch(
        f"{path}tasks/{task.pk}/", {"owner": "sam@acme.test", "due_at": moment(timezone.now() - timedelta(minutes=1))}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "due_past")
    task.refresh_from_db()
    assert task.owner == tariq


def test_taking_a_task_off_somebody_is_waivable(path, incident, lena, tariq, sam, program):
    task = add_task(incident, by=lena, owner=tariq)
    api, own = program(sam), f"{path}tasks/{task.pk}/"

    refused = api.patch(own, {"owner": "sam@acme.test"}).json()
    waived = api.patch(own, {"owner": "sam@acme.test", "waiver": "Tariq went offline"})

    assert (refused["code"], refused["waivable"]) == ("task_owner_only", True)
    assert waived.json()["owner"] == "sam@acme.test"


# --- Findings ------------------------------------------------------------------------------------------------


def test_a_finding_is_raised_acknowledged_and_set_aside(path, incident, lena, tariq, program):
    domain = TechnicalDomain.objects.first()
    stream = open_workstream(incident, by=tariq, domain=domain)
    body = {
        "workstream": stream.pk,
        "condition": "5.1 is healthy",
        "actions": "Rolled one node back",
        "needs": "A go",
        "meaning": "It is the release",
        "confidence": "high",
    }

    raised = program(tariq).post(f"{path}findings/", body)
    finding = raised.json()
    own = f"{path}findings/{finding['id']}/"
    assert raised.status_code == 201
    assert {name: finding[name] for name in body} == body
    assert (finding["number"], finding["domain"], finding["state"]) == (1, domain.slug, "raised")

    refused = program(tariq).post(f"{own}acknowledgement/")
    heard = program(lena).post(f"{own}acknowledgement/")
    again = program(lena).post(f"{own}acknowledgement/")
    aside = program(lena).post(f"{own}dismissal/", {"reason": "Only the canary"})

    assert (refused.json()["code"], refused.json()["waivable"]) == ("coordination_right", True)
    assert (heard.status_code, heard.json()["state"], heard.json()["settled_by"]) == (
        200,
        "acknowledged",
        "lena@acme.test",
    )
    assert (again.status_code, again.json()["code"]) == (409, "unchanged")
    assert (aside.json()["state"], aside.json()["reason"]) == ("set_aside", "Only the canary")
    assert program(tariq).get(f"{path}findings/").json()["results"] == [program(tariq).get(own).json()]


def test_what_is_raised_from_a_message_names_it(path, incident, lena, program):
    message = post_message(incident, by=lena)
    api = program(lena)

    finding = api.post(f"{path}findings/", {"condition": "Healthy", "message": message.pk}).json()
    task = api.post(f"{path}tasks/", {"text": "Go on", "message": message.pk}).json()

    theory = api.post(f"{path}hypotheses/", {"statement": "The pool is too small", "message": message.pk}).json()

    assert (theory["message"], theory["workstream"]) == (message.pk, message.workstream_id)
    assert (finding["message"], finding["workstream"]) == (message.pk, message.workstream_id)
    assert (task["message"], task["workstream"]) == (message.pk, message.workstream_id)


@pytest.mark.parametrize("where", ["another incident", "a restricted workstream", "nowhere"])
def test_parts_that_are_not_there_cannot_be_named(where, path, incident, lena, sam, program):
    elsewhere = declare_incident(lena) if where == "another incident" else incident
    stream = open_workstream(elsewhere, by=lena, restricted=where == "a restricted workstream")
    named = {
        "workstream": 2**40 if where == "nowhere" else stream.pk,
        "message": 2**40 if where == "nowhere" else post_message(elsewhere, by=lena, workstream=stream).pk,
    }

    for field, pk in named.items():
        answer = program(sam).post(f"{path}findings/", {"condition": "Healthy", field: pk})
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


# --- Questions -----------------------------------------------------------------------------------------------


def test_a_question_is_asked_and_answered_once(path, lena, stan, program):
    asked = program(stan).post(f"{path}questions/", {"text": "May we tell Hooli?", "audience": "customers"})
    question = asked.json()
    own = f"{path}questions/{question['id']}/"
    assert asked.status_code == 201
    assert {name: question[name] for name in ("number", "asker", "audience", "for_customers", "state", "answer")} == {
        "number": 1,
        "asker": "stan@acme.test",
        "audience": "customers",
        "for_customers": True,
        "state": "new",
        "answer": "",
    }

    refused = program(stan).post(f"{own}answer/", {"text": "Yes."})
    answered = program(lena).post(f"{own}answer/", {"text": "Yes."})
    again = program(lena).post(f"{own}answer/", {"text": "No."})

    assert (refused.status_code, refused.json()["code"]) == (409, "answering_right")
    assert (answered.status_code, answered.json()["state"], answered.json()["answer"]) == (200, "answered", "Yes.")
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert program(stan).get(own).json() == answered.json() | {"similar": []}


def test_a_question_is_declined(path, incident, lena, stan, program):
    question = ask_question(incident, by=stan)

    answer = program(lena).post(
        f"{path}questions/{question.pk}/answer/", {"text": "We name no customers.", "declined": True}
    )

    assert (answer.json()["state"], answer.json()["answer"]) == ("declined", "We name no customers.")


def test_the_queue_is_for_who_answers(path, incident, lena, ruth, stan, tariq, program):
    ask_question(incident, "From Stan", by=stan)
    question = ask_question(incident, "From Ruth", by=ruth)

    def seen(member):
        return [each["text"] for each in program(member).get(f"{path}questions/").json()["results"]]

    assert [seen(member) for member in (lena, stan, ruth, tariq)] == [
        ["From Stan", "From Ruth"],
        ["From Stan"],
        ["From Ruth"],
        [],
    ]
    assert program(stan).get(f"{path}questions/{question.pk}/").status_code == 404


# --- The technical floor -------------------------------------------------------------------------------------


def test_an_executive_in_a_technical_workstream_is_offered_the_way_on(path, incident, lena, ruth, program):
    stream = open_workstream(incident, by=lena, domain=TechnicalDomain.objects.first())
    api, thread = program(ruth), f"{path}workstreams/{stream.pk}/messages/"

    refused = api.post(thread, {"text": "How long?"})

    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["code"], problem["waivable"], problem["offers"]) == (
        "outsider_in_technical_stream",
        False,
        ["question", "briefing"],
    )
    assert api.post(thread, {"text": "How long?", "waiver": "I insist"}).status_code == 422
    assert incident.timeline.of_kinds("post_declined").count() == 1
    assert not incident.messages.exists()


def test_the_lead_lets_somebody_in_and_out(path, incident, lena, ruth, program):
    stream = open_workstream(incident, by=lena, domain=TechnicalDomain.objects.first())
    api, exceptions = program(lena), f"{path}workstreams/{stream.pk}/exceptions/"
    thread = f"{path}workstreams/{stream.pk}/messages/"

    refused = program(ruth).post(exceptions, {"member": "ruth@acme.test", "minutes": 30})
    granted = api.post(exceptions, {"member": "ruth@acme.test", "minutes": 30})
    posted = program(ruth).post(thread, {"text": "How long?"})
    listed = api.get(exceptions).json()["results"]
    ended = api.delete(f"{path}exceptions/{granted.json()['id']}/")

    assert (refused.status_code, refused.json()["code"]) == (409, "coordination_right")
    assert (granted.status_code, posted.status_code, ended.status_code) == (201, 201, 204)
    assert listed == [granted.json()]
    assert api.get(exceptions).json()["results"] == []
    assert program(ruth).post(thread, {"text": "How long now?"}).status_code == 409


# --- What it costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["tasks", "findings", "questions"])
def test_lists_cost_the_same_however_long_they_are(part, path, incident, lena, mei, tariq, stan, program):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    api = program(lena)

    def fill(times):
        for _ in range(times):
            add_task(incident, by=lena, owner=tariq)
            raise_finding(incident, by=tariq)
            ask_question(incident, by=stan)

    def cost():
        with counted() as queries:
            assert api.get(f"{path}{part}/").status_code == 200
        return len(queries)

    fill(2)
    cost()
    few = cost()
    fill(10)

    assert cost() == few
