"""Questions together: merged, answered to all, left to the next update, read out in a briefing, or asked onward."""

from datetime import timedelta

import pytest
import time_machine

from incidents.interruptions import Interruptions, by_addressee
from incidents.models import Ask, Briefing, Message, Obligation, Question, RoleAssignment, StatusUpdate, StreamException
from incidents.room import IncidentRoom
from teams.errors import Refused
from teams.models import TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import ask_question, declare_incident, open_workstream, put_ask
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of

LEADERSHIP = {"business_impact": "Orders lost", "customer_effect": "Some cannot pay", "expected_timeline": "An hour"}


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


@pytest.fixture
def tell(incident, mei):
    def publish(audience="leadership", **body):
        return StatusUpdate.publish(incident, audience, body or LEADERSHIP, by=mei)

    return publish


def clock_of(subject, kind="question"):
    return Obligation.objects.get(kind=kind, subject=subject.pk)


def code_of(act, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value.code


# --- Merging ----------------------------------------------------------------------------------------------


def test_of_two_that_ask_the_same_both_askers_get_one_answer_once(incident, mei, stan, ruth, sam):
    first, second, third = (ask_question(incident, by=asker) for asker in (stan, ruth, stan))

    third.merge_into(second, by=mei)
    entry = second.merge_into(first, by=mei)

    assert (entry.kind, entry.details["into"], entry.visibility) == ("question_merged", 1, "room")
    assert [asker.name for asker in first.everybody_who_asked] == ["Stan Larsen", "Ruth Meyer"]
    assert {clock_of(each).state for each in (second, third)} == {"cancelled"}
    answered = first.give_answer("About an hour.", by=mei)
    assert answered.details["askers"] == [stan.pk, ruth.pk]
    copies = list(incident.questions.in_order().values_list("state", "answer", "merged_into__number"))
    assert copies == [("answered", "About an hour.", None)] + [("merged", "About an hour.", 1)] * 2
    assert incident.timeline.filter(kind="question_answered").count() == 1


def test_the_promise_that_was_made_first_is_kept(incident, mei, stan, ruth):
    later = ask_question(incident, by=ruth, for_briefing=True)
    sooner = ask_question(incident, by=stan)

    sooner.merge_into(later, by=mei)

    later.refresh_from_db()
    assert later.answer_by == clock_of(later).due_at == sooner.answer_by


def test_what_is_not_merged(incident, lena, mei, stan, tariq):
    one, other, answered = (ask_question(incident, by=stan) for _ in range(3))
    elsewhere = ask_question(declare_incident(lena), by=lena)
    answered.give_answer("Yes.", by=mei)

    assert [
        code_of(one.merge_into, one, by=mei),
        code_of(one.merge_into, elsewhere, by=mei),
        code_of(one.merge_into, answered, by=mei),
        code_of(answered.merge_into, one, by=mei),
        code_of(one.merge_into, other, by=tariq),
    ] == ["same_question", "other_incident", "already_answered", "already_answered", "answering_right"]
    one.merge_into(other, by=mei)
    assert code_of(one.give_answer, "Yes.", by=mei) == "merged"


def test_of_two_who_merge_into_each_other_at_once_one_does(committed_acme):
    from tests.cast import _member

    with acting_in(committed_acme):
        lena = _member("lena@acme.test")
        incident = declare_incident(lena)
        pair = [ask_question(incident, by=lena).pk for _ in range(2)]
    turns = [pair, pair[::-1]]

    def merge():
        with acting_in(committed_acme):
            one, other = (Question.objects.get(pk=pk) for pk in turns.pop())
            try:
                return one.merge_into(other, by=lena).kind
            except Refused as refused:
                return refused.code

    assert sorted(all_at_once(merge, count=2)) in (
        ["already_answered", "question_merged"],
        ["merged", "question_merged"],
    )
    with acting_in(committed_acme):
        assert sorted(Question.objects.filter(pk__in=pair).values_list("state", flat=True)) == ["merged", "new"]


# --- To the audience ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asker", "readers"), [("stan", {"stan", "ruth", "tariq"}), ("sam", {"sam", "ruth", "tariq"})])
def test_an_answer_to_all_is_read_by_the_askers_tier(incident, mei, lena, request, asker, readers):
    question = ask_question(incident, by=request.getfixturevalue(asker))
    question.give_answer("Europe only.", by=mei, to_audience=True)

    people = {name: request.getfixturevalue(name) for name in ("stan", "ruth", "tariq", "sam")}
    seen = {name for name, each in people.items() if Question.objects.visible_to(each, incident).exists()}

    assert seen >= readers
    assert ("stan" in seen) == (asker == "stan")
    assert last_entry(incident).details["audience"] == question.audience


def test_an_answer_to_the_asker_is_nobody_elses(incident, mei, stan, ruth):
    ask_question(incident, by=stan).give_answer("Europe only.", by=mei)

    assert not Question.objects.visible_to(ruth, incident).exists()
    assert Question.objects.visible_to(stan, incident).get().answer == "Europe only."


def test_only_who_publishes_speaks_to_all(incident, lena, mei, stan):
    question = ask_question(incident, by=stan)

    assert code_of(question.give_answer, "Yes.", by=lena, to_audience=True) == "publishing_right"
    question.refresh_from_db()
    question.give_answer("Yes.", by=mei, to_audience=True)
    assert question.state == "answered"


# --- Covered by an update ------------------------------------------------------------------------------------


def test_the_next_update_answers_what_was_left_to_it(incident, mei, stan, ruth, tell):
    covered, other = ask_question(incident, by=stan), ask_question(incident, by=ruth)
    due = incident.obligations.live().get(kind="update", audience="leadership").due_at

    entry = covered.cover(by=mei)
    assert (entry.kind, entry.details["audience"], covered.state) == ("question_covered", "leadership", "covered")
    assert clock_of(covered).due_at == covered.answer_by == due
    assert {need.slug for need in IncidentRoom(incident, mei).needs if need.kind == "question"} == {str(other.pk)}
    tell("coordination", current_status="Slow", active_work="Draining", estimated_resolution="16:00")
    covered.refresh_from_db()
    assert covered.state == "covered"
    published = tell()

    covered.refresh_from_db()
    other.refresh_from_db()
    assert (covered.state, covered.answered_by, other.state) == ("answered", mei, "new")
    assert covered.answer.startswith("Update 2 to Leadership\nBusiness impact: Orders lost")
    assert covered.answered_in.number == 2
    assert clock_of(covered).state == "satisfied"
    assert [each.kind for each in incident.timeline.after(published.number).in_order()] == ["question_answered"]
    StatusUpdate.publish(incident, "leadership", {}, by=mei, no_change="The provider has not answered")
    assert incident.timeline.filter(kind="question_answered").count() == 1


def test_an_update_that_is_taken_back_leaves_the_question_to_the_next_one(incident, mei, stan, tell):
    question = ask_question(incident, by=stan)
    question.cover(by=mei)

    published = StatusUpdate.publish(incident, "leadership", LEADERSHIP, by=mei, hold=timedelta(seconds=10))
    answered = incident.timeline.get(kind="question_answered")
    StatusUpdate.objects.get(pk=published.details["update"]).take_back(by=mei)

    question.refresh_from_db()
    assert answered.details["held_until"] == published.details["held_until"] != ""
    assert (question.state, question.answer, question.answered_in) == ("covered", "", None)
    assert incident.obligations.live().filter(kind="question", subject=question.pk).count() == 1
    tell()
    question.refresh_from_db()
    assert question.state == "answered"


def test_an_update_that_the_asker_does_not_read_answers_nothing(incident, mei, stan, sam, ruth):
    question, inner = ask_question(incident, by=stan), ask_question(incident, by=sam)
    inner.cover(by=mei)

    assert code_of(question.cover, by=mei, audience="coordination") == "audience"
    assert code_of(question.merge_into, inner, by=mei) == "audience"
    assert code_of(inner.cover, by=mei) == "unchanged"
    assert code_of(question.cover, by=ruth) == "answering_right"
    question.cover(by=mei, audience="customers")
    question.give_answer("Sooner than that.", by=mei)
    assert question.state == "answered"


# --- Asks ----------------------------------------------------------------------------------------------------


def test_an_engineer_reads_other_words_and_the_answer_comes_back(incident, mei, tariq, stan, signed_in):
    question = ask_question(incident, "May we tell Hooli?", by=stan)

    ask = put_ask(question, "Which regions fail?", to=tariq, by=mei, purpose="A key account")

    assert ("ask", "A1 Which regions fail?") in {
        (need.kind, need.sentence) for need in IncidentRoom(incident, tariq).needs
    }
    entry = incident.timeline.get(kind="ask_put")
    assert "regions" not in str(entry.details)
    assert "Hooli" not in str(entry.details)
    browser = signed_in(tariq)
    page = words_of(browser.get(url_of(incident, f"asks/{ask.pk}/")))
    assert "Which regions fail?" in page
    assert "A key account" in page
    assert "Hooli" not in page + words_of(browser.get(url_of(incident)))
    assert browser.post(url_of(incident, f"asks/{ask.pk}/"), {"text": "Europe."}).status_code == 302
    form = signed_in(mei).get(url_of(incident, f"questions/{question.pk}/")).content.decode()
    assert ">\nEurope.</textarea>" in form
    question.refresh_from_db()
    assert question.is_waiting
    assert clock_of(ask, "ask").state == "satisfied"


@pytest.mark.parametrize(
    ("text", "to", "by", "code"),
    [
        ("Which regions fail?", "tariq", "tariq", "answering_right"),
        ("May we  tell HOOLI?", "tariq", "mei", "not_rewritten"),
        ("Stan asks: may we tell Hooli?", "tariq", "mei", "not_rewritten"),
        (" ", "tariq", "mei", "empty"),
        ("Which regions fail?", "stan", "mei", "responders_only"),
    ],
)
def test_what_does_not_reach_an_engineer(incident, stan, request, text, to, by, code):
    question = ask_question(incident, "May we tell Hooli?", by=stan)

    assert code_of(put_ask, question, text, to=request.getfixturevalue(to), by=request.getfixturevalue(by)) == code
    assert code_of(
        put_ask, question, to=request.getfixturevalue("tariq"), by=request.getfixturevalue("lena"), purpose=" "
    ) == ("purpose_required")
    assert not Ask.objects.exists()


def test_nobody_is_asked_twice_nor_after_it_is_known(incident, mei, tariq, sam, stan):
    question = ask_question(incident, by=stan)
    ask = put_ask(question, to=tariq, by=mei, key="once")

    assert put_ask(question, to=tariq, by=mei, key="once") == ask
    assert code_of(put_ask, question, to=tariq, by=mei) == "already_asked"
    assert code_of(ask.give_answer, "Europe", by=sam) == "asked_only"
    question.give_answer("Europe only.", by=mei)
    ask.refresh_from_db()
    assert (ask.state, clock_of(ask, "ask").state) == ("withdrawn", "cancelled")
    assert code_of(ask.give_answer, "Europe", by=tariq) == "already_answered"
    assert code_of(put_ask, question, to=tariq, by=mei) == "already_answered"


def test_an_ask_reminds_who_was_asked_once_and_then_who_asks_for_others(incident, mei, tariq, stan):
    ask = put_ask(ask_question(incident, by=stan), to=tariq, by=mei)
    clock = clock_of(ask, "ask")

    due, late = (clock.advance(ask.needed_by + timedelta(minutes=minutes)) for minutes in (0, 10))

    assert (due.kind, due.details["told_members"], due.details.get("told")) == ("ask_waits", [tariq.pk], None)
    assert late.details["told"] == ["communications_lead", "lead"]
    assert "told_members" not in late.details


def test_an_ask_in_a_restricted_workstream_is_for_its_readers(incident, lena, mei, tariq, sam, stan):
    secret = open_workstream(incident, "The insider", by=lena, restricted=True, members=[tariq, mei])
    question = ask_question(incident, by=stan)
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)

    assert code_of(put_ask, question, to=sam, by=mei, workstream=secret) == "restricted_stream"
    ask = put_ask(question, to=tariq, by=mei, workstream=secret)
    found = {
        each: Ask.objects.visible_to(each, incident).filter(pk=ask.pk).exists() for each in (tariq, mei, sam, stan)
    }
    assert list(found.values()) == [True, True, False, False]


def test_merging_takes_along_what_was_asked(incident, mei, tariq, sam, stan, ruth):
    one, other = ask_question(incident, by=stan), ask_question(incident, by=ruth)
    twice, once = put_ask(one, to=tariq, by=mei), put_ask(one, to=sam, by=mei)
    put_ask(other, to=tariq, by=mei)

    one.merge_into(other, by=mei)

    states = {each: Ask.objects.get(pk=each.pk) for each in (twice, once)}
    assert [(each.state, each.question) for each in states.values()] == [("withdrawn", other), ("open", other)]


def test_interruptions_are_counted(incident, lena, mei, tariq, ruth, stan, signed_in, program):
    panel = url_of(incident, "questions/")
    assert "interruption" not in words_of(signed_in(mei).get(panel, headers=HTMX))
    technical = open_workstream(incident, "Gateway", by=lena, domain=TechnicalDomain.objects.first())
    code_of(Message.post, technical, "How long?", by=ruth)
    assert "1 interruption kept from those who look for the cause" in words_of(signed_in(mei).get(panel, headers=HTMX))
    exception = technical.exceptions.get(
        pk=StreamException.grant(technical, ruth, minutes=30, by=lena).details["exception"]
    )
    Message.post(technical, "How long now?", by=ruth)
    exception.revoke(by=lena)
    Message.post(technical, "Draining.", by=tariq)
    put_ask(ask_question(incident, by=stan), to=tariq, by=mei)

    assert Interruptions.of(incident) == Interruptions(asks=1, messages=1, kept_out=1)
    assert by_addressee(incident) == [("Tariq Haddad", 1)]
    assert "2 interruptions of those who look for the cause, 1 kept out" in words_of(
        signed_in(mei).get(url_of(incident, "questions/"), headers=HTMX)
    )
    counted = {
        name: program(who).get(f"/incidents/{incident.number}/").json()["interruptions"]
        for name, who in (("lena", lena), ("stan", stan))
    }
    assert counted == {"lena": {"total": 2, "asks": 1, "messages": 1, "kept_out": 1}, "stan": None}


# --- Briefings ---------------------------------------------------------------------------------------------


def test_briefings_come_as_the_cadence_says(incident, lena):
    clock = incident.obligations.live().get(kind="update", audience="leadership")
    step = timedelta(minutes=clock.interval_minutes)

    assert Briefing.times_ahead(incident) == [clock.due_at + step * number for number in range(3)]
    with time_machine.travel(clock.due_at + timedelta(minutes=1), tick=False):
        assert Briefing.times_ahead(incident)[0] == clock.due_at + step
    assert Briefing.times_ahead(declare_incident(lena, severity="sev4")) == []


def test_what_was_read_out_is_answered_and_the_rest_waits_for_the_next(incident, lena, stan, ruth):
    said, aloud, left, apart = (ask_question(incident, by=by, for_briefing=brief) for by, brief in
                                ((stan, True), (ruth, True), (ruth, True), (stan, False)))  # fmt: skip
    promised = left.answer_by

    with time_machine.travel(promised, tick=False):
        entry = Briefing.hold(
            incident, by=lena, answers={said.pk: "About an hour.", aloud.pk: "", apart.pk: "No"}, key="1"
        )
        again = Briefing.hold(incident, by=lena, key="1")

    assert entry == again
    assert (entry.kind, entry.visibility, entry.details["questions"], entry.details["left"]) == (
        "briefing_held", "briefing", [1, 2], 1,
    )  # fmt: skip
    rows = list(incident.questions.in_order().values_list("state", "answer", "briefing__number"))
    assert rows == [
        ("answered", "About an hour.", 1),
        ("answered", "Answered in briefing 1.", 1),
        ("new", "", None),
        ("new", "", None),
    ]
    left.refresh_from_db()
    assert left.answer_by == clock_of(left).due_at > promised


def test_who_briefs_leadership(incident, lena, mei, tariq, ruth, stan):
    assert {code_of(Briefing.hold, incident, by=by) for by in (tariq, ruth, stan)} == {"briefing_right"}
    for by in (lena, mei):
        Briefing.hold(incident, by=by)
    assert [each.number for each in incident.briefings.latest_first()] == [2, 1]
    incident.resolve(by=lena)
    assert code_of(Briefing.hold, incident, by=lena) == "not_open"


# --- On the page, and for programs -----------------------------------------------------------------------------


def test_all_of_it_by_form(incident, signed_in, mei, lena, stan, ruth, tariq):
    browser = signed_in(mei)
    one, two, three = (ask_question(incident, text, by=stan, for_briefing=brief)
                       for text, brief in (("First?", False), ("Second?", False), ("Third?", True)))  # fmt: skip

    def post(page, **fields):
        return browser.post(url_of(incident, page), fields).status_code

    assert post(f"questions/{one.pk}/merge/", other=two.pk) == 302
    ask = {"to": tariq.pk, "text": "Which region?", "purpose": "To close the right shops", "minutes": "15"}
    for wrong in ({"text": "Second?"}, {"purpose": " "}):
        assert post(f"questions/{two.pk}/asks/new/", **{**ask, **wrong}) == 422
    assert post(f"questions/{two.pk}/asks/new/", **ask) == 302
    assert post(f"questions/{two.pk}/coverage/", audience="leadership") == 302
    assert post(f"questions/{two.pk}/", text="Yes.", to_audience="on") == 302
    page = words_of(browser.get(url_of(incident, "briefings/new/")))
    assert "Third?" in page
    assert post("briefings/new/", **{f"read_{three.pk}": "on", f"said_{three.pk}": "No."}, note="All well") == 302
    states = list(incident.questions.in_order().values_list("state", "answer", "to_audience"))
    assert states == [("merged", "Yes.", False), ("answered", "Yes.", True), ("answered", "No.", False)]
    seen = words_of(signed_in(ruth).get(url_of(incident, "questions/")))
    assert "Second?" in seen
    assert "Third?" not in seen
    assert "All well" in seen
    own = words_of(signed_in(stan).get(url_of(incident, "questions/")))
    assert "merged into Q2" in own
    assert signed_in(stan).get(url_of(incident, f"questions/{two.pk}/merge/")).status_code == 404
    assert signed_in(tariq).post(url_of(incident, "briefings/new/"), {}).status_code == 409


def test_all_of_it_by_program(incident, program, mei, lena, stan, tariq):
    api, path = program(mei), f"/incidents/{incident.number}"
    one, two, three = (ask_question(incident, text, by=stan, for_briefing=brief)
                       for text, brief in (("First?", False), ("Second?", False), ("Third?", True)))  # fmt: skip

    merged = api.post(f"{path}/questions/{one.pk}/merge/", {"into": two.pk}).json()
    ask = {"member": tariq.email, "text": "Which region?", "purpose": "To close the right shops"}
    unsaid = api.post(f"{path}/questions/{two.pk}/asks/", {**ask, "purpose": ""})
    asked = api.post(f"{path}/questions/{two.pk}/asks/", ask)
    said = program(tariq).post(f"{path}/asks/{asked.json()['id']}/answer/", {"text": "Europe"}).json()
    covered = api.post(f"{path}/questions/{two.pk}/coverage/").json()
    answered = api.post(f"{path}/questions/{two.pk}/answer/", {"text": "Yes.", "to_audience": True}).json()
    held = api.post(f"{path}/briefings/", {"questions": [{"question": three.pk}], "note": "All well"})
    briefings = program(stan).get(f"{path}/briefings/").json()

    assert (merged["state"], merged["merged_into"]) == ("merged", two.pk)
    assert (unsaid.status_code, unsaid.json()["errors"][0]["field"]) == (422, "purpose")
    assert (asked.status_code, said["state"], said["answer"], said["member"]) == (
        201,
        "answered",
        "Europe",
        tariq.email,
    )
    assert [each["id"] for each in program(tariq).get(f"{path}/asks/").json()["results"]] == [said["id"]]
    assert program(lena).get(f"{path}/asks/{said['id']}/").json() == said
    assert (covered["state"], covered["covered_audience"]) == ("covered", "leadership")
    assert (answered["state"], answered["to_audience"]) == ("answered", True)
    assert (held.status_code, held.json()["number"]) == (201, 1)
    assert (len(briefings["next"]), briefings["questions"], briefings["held"][0]["note"]) == (3, 0, "All well")
    assert api.post(f"{path}/questions/{two.pk}/merge/", {"into": 4711}).status_code == 422


def test_the_queue_costs_the_same_however_long_it_is(incident, mei, tariq, sam, stan, signed_in):
    browser = signed_in(mei)

    def fill(count):
        for _ in range(count):
            question = ask_question(incident, by=stan)
            put_ask(question, to=tariq, by=mei)
            put_ask(question, to=sam, by=mei)
            ask_question(incident, by=stan).merge_into(question, by=mei)

    def cost():
        return [queries_of(lambda page=page: browser.get(url_of(incident, page))) for page in ("questions/", "needs/")]

    fill(1)
    browser.get(url_of(incident, "questions/"))
    few = cost()
    fill(4)
    assert cost() == few
