"""Questions: everybody who may see an incident asks; one queue, one answer, and the asker hears it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import GuardWaiver, Obligation, Question, RoleAssignment
from incidents.room import IncidentRoom
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import ask_question, declare_incident
from tests.incidents.pages import all_at_once, last_entry

TEXT = "May we tell Hooli that it is Europe only?"


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def clock_of(question):
    return Obligation.objects.get(kind="question", subject=question.pk)


@pytest.mark.parametrize(
    ("asker", "audience"), [("stan", "leadership"), ("ruth", "leadership"), ("sam", "coordination")]
)
def test_everybody_may_ask(incident, request, asker, audience):
    asker = request.getfixturevalue(asker)

    entry = Question.ask(incident, f" {TEXT} ", by=asker)

    question = incident.questions.get()
    assert (question.label, question.text, question.audience, question.state) == ("Q1", TEXT, audience, "new")
    assert question.asker == asker
    assert (entry.kind, entry.details["owner_role"]) == ("question_asked", "communications_lead")


def test_the_words_of_a_question_are_in_no_entry_and_in_no_workstream(incident, mei, stan):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    question = ask_question(incident, TEXT, by=stan)
    question.give_answer("Yes, the acquirer is European.", by=mei)

    entries = list(incident.timeline.filter(kind__startswith="question_"))
    assert len(entries) == 2
    assert not any("Hooli" in str(entry.details) or "acquirer" in str(entry.details) for entry in entries)
    assert {entry.workstream for entry in entries} == {None}
    assert not incident.messages.exists()


def test_a_question_past_its_time_is_a_gap_of_whoever_answers(incident, lena, mei, stan, program):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    question = ask_question(incident, TEXT, by=stan)

    def gaps(at):
        with time_machine.travel(at, tick=False):
            found = program(lena).get(f"/incidents/{incident.number}/").json()["guards"]
        return [(gap["subject"], gap["message"], gap["waivable"]) for gap in found if gap["code"] == "question_overdue"]

    late = question.answer_by
    assert gaps(late - timedelta(seconds=1)) == []
    assert gaps(late) == [("Q1", "Question Q1 of Stan Larsen has not been answered.", True)]
    with time_machine.travel(late):
        (row,) = (row for row in IncidentRoom(incident, mei).gaps.rows if row.gap.code == "question_overdue")
        assert (row.owner, row.is_viewers, row.gap.place) == (mei, True, f"questions/{question.pk}/")
        GuardWaiver.grant(incident, "question_overdue", "Q1", reason="He is on the call", by=mei)
    assert gaps(late) == []

    other = ask_question(incident, "And Initech?", by=stan)
    assert [subject for subject, _, _ in gaps(other.answer_by)] == ["Q2"]
    other.decline(reason="Ask sales", by=mei)
    assert gaps(other.answer_by) == []


def test_a_private_incident_takes_no_question_from_who_cannot_see_it(lena, tariq, sam):
    incident = declare_incident(tariq, private=True)

    with pytest.raises(Refused) as refused:
        Question.ask(incident, TEXT, by=sam)

    assert refused.value.code == "not_visible"
    Question.ask(incident, TEXT, by=tariq)


def test_an_empty_question_and_one_about_what_is_closed_are_refused(incident, lena, stan):
    with pytest.raises(Refused) as empty:
        Question.ask(incident, "  ", by=stan)
    incident.resolve(by=lena)
    late = ask_question(incident, by=stan)
    incident.close(by=lena)
    with pytest.raises(Refused) as closed:
        Question.ask(incident, TEXT, by=stan)

    assert (empty.value.code, closed.value.code) == ("empty", "not_open")
    assert late.state == "new"
    assert not incident.obligations.live().exists()


def test_the_same_key_is_the_same_question(incident, stan):
    first, second = (Question.ask(incident, TEXT, by=stan, key="once") for _ in range(2))

    assert first.pk == second.pk
    assert incident.questions.count() == 1


@pytest.mark.parametrize("fields", [{"audience": "customers"}, {"for_customers": True}])
def test_a_question_of_customers_goes_to_the_support_liaison(incident, sam, fields):
    question = ask_question(incident, by=sam, **fields)
    clock = clock_of(question)

    entry = clock.advance(clock.due_at)

    assert (question.for_customers, question.owner_role) == (True, "support_liaison")
    assert entry.details["told"] == ["support_liaison"]


def test_a_question_waits_twenty_minutes_and_then_climbs(incident, stan):
    question = ask_question(incident, by=stan)
    due = question.asked_at + timedelta(minutes=20)

    walk = [clock_of(question).advance(due + timedelta(minutes=late)) for late in (0, 5, 15)]

    assert question.answer_by == due
    assert [(entry.kind, entry.details["told"]) for entry in walk] == [
        ("question_waits", ["communications_lead"]),
        ("question_waits", ["communications_lead", "lead"]),
        ("question_waits", ["communications_lead", "lead", "administrators"]),
    ]


def test_a_question_for_the_briefing_waits_for_the_next_one(lena, ruth):
    incident = declare_incident(lena, severity="sev1")

    question = ask_question(incident, by=ruth, for_briefing=True)

    assert question.answer_by == incident.obligations.get(kind="update", audience="leadership").due_at
    assert clock_of(question).due_at == question.answer_by


def test_without_a_briefing_to_come_it_waits_as_any_other(lena, ruth):
    question = ask_question(declare_incident(lena, severity="sev4"), by=ruth, for_briefing=True)

    assert question.answer_by - question.asked_at == timedelta(minutes=20)


def test_an_answer_is_given_once(incident, lena, mei, stan):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    question = ask_question(incident, by=stan)

    entry = question.give_answer(" Yes. ", by=mei)

    assert (question.state, question.answer, question.answered_by) == ("answered", "Yes.", mei)
    assert (entry.kind, entry.visibility, entry.details["asker"]) == ("question_answered", "briefing", stan.pk)
    assert clock_of(question).state == "satisfied"
    for act in (lambda: question.give_answer("No.", by=lena), lambda: question.decline(reason="Late", by=lena)):
        with pytest.raises(Refused, match="Mei Tanaka has answered Q1 already") as again:
            act()
        assert again.value.code == "already_answered"


def test_of_two_who_answer_at_once_one_is_heard(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        question = ask_question(declare_incident(lena), by=lena)

    def answer():
        with acting_in(committed_acme):
            try:
                Question.objects.get(pk=question.pk).give_answer("Yes.", by=lena)
            except Refused as refused:
                return refused.code
            return "answered"

    assert sorted(all_at_once(answer, count=4)) == ["already_answered"] * 3 + ["answered"]


def test_a_question_is_declined_with_a_reason(incident, lena, stan):
    question = ask_question(incident, by=stan)

    with pytest.raises(Refused) as refused:
        question.decline(reason=" ", by=lena)
    question.decline(reason="We do not speak about single customers.", by=lena)

    assert refused.value.code == "reason_required"
    assert (question.state, question.answer) == ("declined", "We do not speak about single customers.")
    assert last_entry(incident).kind == "question_declined"


@pytest.mark.parametrize(
    ("member", "may"),
    [("lena", True), ("mei", True), ("sam", True), ("ada", True), ("tariq", False), ("ruth", False), ("stan", False)],
)
def test_who_answers(incident, lena, mei, sam, request, member, may):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    question = ask_question(incident, by=lena)
    member = request.getfixturevalue(member)

    if may:
        question.give_answer("Yes.", by=member)
    else:
        with pytest.raises(Refused) as refused:
            question.give_answer("Yes.", by=member)
        assert refused.value.code == "answering_right"
    assert question.state == ("answered" if may else "new")


def test_while_nobody_holds_such_a_role_every_responder_answers(incident, lena, tariq, stan):
    incident.roles.current().get().stand_down(by=lena)
    question = ask_question(incident, by=stan)

    with pytest.raises(Refused):
        question.give_answer("I say yes.", by=stan)
    question.give_answer("Yes.", by=tariq)

    assert question.state == "answered"


def test_a_reopened_incident_promises_an_answer_anew(incident, lena, stan):
    question = ask_question(incident, by=stan)
    answered = ask_question(incident, by=stan)
    answered.give_answer("Yes.", by=lena)
    incident.resolve(by=lena)

    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        incident.reopen(by=lena)
        assert [each.due_at for each in incident.obligations.live().filter(kind="question")] == [
            timezone.now() + timedelta(minutes=20)
        ]
    assert incident.obligations.live().get(kind="question").subject == question.pk


def test_the_queue_is_for_who_answers_and_ones_own_for_everybody(incident, lena, mei, ruth, stan, tariq):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    ask_question(incident, "From Stan", by=stan)
    ask_question(incident, "From Ruth", by=ruth)

    def seen(member):
        return [each.text for each in Question.objects.visible_to(member, incident).in_order()]

    assert seen(mei) == seen(lena) == ["From Stan", "From Ruth"]
    assert (seen(stan), seen(ruth), seen(tariq)) == (["From Stan"], ["From Ruth"], [])
