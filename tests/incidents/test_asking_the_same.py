"""Questions that may ask the same: shown before one is put, joined with a button, and never to the wrong reader."""

import pytest

from incidents.listening import likeness
from incidents.models import Question, RoleAssignment
from teams.errors import Refused
from teams.tenancy import acting_in
from tests.cast import _member
from tests.factories import ask_question, declare_incident
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of

SAME = "When will the checkout work in Europe again?"
ALSO = "Does checkout in Europe work today?"


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (SAME, ALSO, True),
        ("Is Hooli affected?", "Are Hooli and Initech affected by this?", True),
        ("Hooli?", "May we tell Hooli that it is Europe only?", True),
        ("When will it work?", "When will the ledger be right again?", False),
        ("Is the checkout slow?", "Who pays for the checkout of Initech?", False),
        ("First?", "Second?", False),
        ("", "", False),
        ("Why?", "Why?", False),
        # Of a long text two words are chance.
        ("checkout Europe " + " ".join(f"word{n}" for n in range(20)),
         "checkout Europe " + " ".join(f"other{n}" for n in range(20)), False),
    ],
)  # fmt: skip
def test_two_are_alike_by_the_words_they_share(one, other, alike):
    assert bool(likeness(one, other)) == bool(likeness(other, one)) == alike


def test_what_is_alike_is_shown_once_and_then_asked_anyway(incident, stan, signed_in):
    first = ask_question(incident, SAME, by=_member("ruth@acme.test"))
    browser, page = signed_in(stan), url_of(incident, "questions/new/")

    shown = browser.post(page, {"text": ALSO, "key": "k", "for_briefing": "on"})

    words = words_of(shown)
    assert shown.status_code == 200
    for each in (SAME, "I want to know Q1, too", "Ask anyway", ALSO):
        assert each in words
    assert incident.questions.get() == first
    # What the page sends with its button.
    assert 'name="anyway" value="on"' in shown.content.decode()
    assert browser.post(page, {"text": ALSO, "key": "k", "anyway": "on"}).status_code == 302
    assert incident.questions.count() == 2
    assert browser.post(page, {"text": "Who pays for it?"}).status_code == 302, "Nothing like it, so nothing is shown."


def test_whoever_joins_gets_the_answer_and_reads_it(incident, stan, ruth, mei, signed_in):
    first = ask_question(incident, SAME, by=ruth)
    browser = signed_in(stan)
    assert SAME not in words_of(browser.get(url_of(incident, "questions/")))

    joined = browser.post(url_of(incident, f"questions/{first.pk}/askers/?then=brief"))

    assert joined.url == url_of(incident, "brief/")
    assert (last_entry(incident).kind, last_entry(incident).actor) == ("question_joined", stan)
    assert SAME in words_of(browser.get(url_of(incident, "brief/")))
    again = browser.post(url_of(incident, f"questions/{first.pk}/askers/"), headers=HTMX)
    assert (again.status_code, "You have asked Q1 already." in words_of(again)) == (409, True)
    first = Question.objects.get(pk=first.pk)
    assert first.everybody_who_asked == [ruth, stan]
    answered = first.give_answer("At noon.", by=mei)
    assert answered.details["askers"] == [ruth.pk, stan.pk]
    assert "At noon." in words_of(browser.get(url_of(incident, f"questions/{first.pk}/")))


def test_an_answer_that_is_theirs_to_read_is_shown_and_nobody_elses(incident, stan, ruth, tariq, mei, signed_in):
    ask_question(incident, SAME, by=ruth).give_answer("For Ruth alone.", by=mei)
    ask_question(incident, f"{SAME} Really?", by=ruth).give_answer("At noon.", by=mei, to_audience=True)
    inner = ask_question(incident, f"{SAME} Which region is worst?", by=tariq)

    page = words_of(signed_in(stan).post(url_of(incident, "questions/new/"), {"text": ALSO}))

    assert "At noon." in page
    assert "For Ruth alone." not in page
    assert "Which region is worst?" not in page, "What responders ask is not of his tier."
    assert signed_in(stan).post(url_of(incident, f"questions/{inner.pk}/askers/")).status_code == 404
    with pytest.raises(Refused) as refused:
        inner.join(by=stan)
    assert refused.value.code == "not_visible"


def test_who_answers_sees_them_beside_it_and_merges_with_one_button(incident, mei, stan, tariq, signed_in):
    first, second = ask_question(incident, SAME, by=tariq), ask_question(incident, ALSO, by=stan)
    browser = signed_in(mei)

    page = browser.get(url_of(incident, f"questions/{second.pk}/"))
    assert "Merge Q2 into Q1" in words_of(page)

    assert browser.post(url_of(incident, f"questions/{second.pk}/merge/"), {"other": first.pk}).status_code == 302
    second.refresh_from_db()
    assert second.merged_into == first
    # Whose question was merged reads the answer there, and not the words of the other.
    assert list(Question.objects.filter(incident=incident).known_to(stan)) == [second]


def test_a_private_incident_and_the_other_organisation_show_nothing(lena, stan, omar, signed_in):
    hidden = declare_incident(lena, private=True)
    question = ask_question(hidden, SAME, by=lena)

    assert signed_in(stan).post(url_of(hidden, f"questions/{question.pk}/askers/")).status_code == 404
    assert signed_in(omar).post(url_of(hidden, f"questions/{question.pk}/askers/")).status_code == 404


def test_what_is_settled_is_not_joined(incident, stan, ruth, mei):
    first, second = (ask_question(incident, text, by=ruth) for text in (SAME, "Who pays?"))
    first.give_answer("At noon.", by=mei)
    third = ask_question(incident, "Who else pays?", by=ruth)
    second.merge_into(third, by=mei)

    codes = []
    for question in (first, second, third):
        try:
            Question.objects.get(pk=question.pk).join(by=stan)
            codes.append("")
        except Refused as refused:
            codes.append(refused.code)
    assert codes == ["already_answered", "merged", ""]


def test_what_has_become_private_meanwhile_is_not_joined(incident, stan, ruth, lena):
    question = ask_question(incident, SAME, by=ruth)
    incident.make_private(by=lena)

    with pytest.raises(Refused) as refused:
        Question.objects.get(pk=question.pk).join(by=stan)

    assert refused.value.code == "not_visible"
    assert not question.askers.exists()


def test_by_program(incident, program, stan, ruth, tariq):
    first = ask_question(incident, SAME, by=ruth)
    ask_question(incident, f"{SAME} Inside?", by=tariq)
    path = f"/incidents/{incident.number}/questions/"

    asked = program(stan).post(path, {"text": ALSO})

    assert asked.status_code == 201
    assert [(each["id"], each["state"], each["answer"]) for each in asked.json()["similar"]] == [(first.pk, "new", "")]
    read = program(stan).get(f"{path}{asked.json()['id']}/").json()
    assert read["similar"] == asked.json()["similar"]
    assert program(stan).post(f"{path}{first.pk}/askers/").json()["id"] == first.pk
    again = program(stan).post(f"{path}{first.pk}/askers/")
    assert (again.status_code, again.json()["code"]) == (409, "already_asked")


def test_looking_costs_the_same_however_many_there_are(incident, stan, ruth, signed_in):
    browser = signed_in(stan)
    ask_question(incident, SAME, by=ruth)

    def look():
        return browser.post(url_of(incident, "questions/new/"), {"text": ALSO})

    look()
    few = queries_of(look)
    for _ in range(4):
        ask_question(incident, SAME, by=ruth)
    assert queries_of(look) == few


@pytest.mark.django_db(transaction=True)
def test_two_who_join_while_it_is_answered_are_answered_or_told(committed_acme):
    with acting_in(committed_acme):
        incident = declare_incident(_member("lena@acme.test"))
        pk = ask_question(incident, SAME, by=_member("ruth@acme.test")).pk

    def join():
        with acting_in(committed_acme):
            try:
                Question.objects.get(pk=pk).join(by=_member("stan@acme.test"))
                return "joined"
            except Refused as refused:
                return refused.code

    def answer():
        with acting_in(committed_acme):
            entry = Question.objects.get(pk=pk).give_answer("At noon.", by=_member("lena@acme.test"))
            return entry.details["askers"]

    acts = [answer, join, join]
    outcomes = all_at_once(lambda: acts.pop()(), count=3)
    (told,) = (each for each in outcomes if isinstance(each, list))
    joins = [each for each in outcomes if each != told]

    with acting_in(committed_acme):
        stan = _member("stan@acme.test")
        assert Question.objects.get(pk=pk).askers.count() == joins.count("joined") <= 1
        assert (stan.pk in told) == ("joined" in joins)
