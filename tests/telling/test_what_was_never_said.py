"""A word that was taken back, withdrawn or has not left yet is nothing that anybody was told."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents import frames
from incidents.loose_ends import loose_ends
from incidents.models import Question, RoleAssignment, StatusUpdate
from incidents.models.updates import PARTS
from incidents.models.workstreams import reach_of, restricted_in
from playbooks.models import Severity
from tests.factories import declare_incident
from tests.incidents.pages import url_of

SOON = timedelta(hours=1)


@pytest.fixture
def incident(acme, lena, mei):
    incident = declare_incident(lena, severity="sev2")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


@pytest.fixture
def say(incident, mei):
    def say(audience, text, **more):
        body = {part.name: text for part in PARTS[audience]}
        # What is said here is about no news.
        entry = StatusUpdate.publish(incident, audience, body, by=mei, **{"waiver": "A test", **more})
        return incident.updates.get(pk=entry.details["update"])

    return say


def test_a_briefing_says_what_holds_and_has_left(incident, say, mei, ruth, stan, signed_in, program):
    say("leadership", "HOLDS-1")
    wrong, withdrawn = say("leadership", "WRONG-2"), say("leadership", "WITHDRAWN-3")
    wrong.correct({part.name: "RIGHT-4" for part in PARTS["leadership"]}, by=mei, reason="Too early")
    withdrawn.withdraw(by=mei, reason="It was another one")
    say("customers", "TAKEN-5", hold=SOON).take_back(by=mei)
    say("leadership", "HELD-6", hold=SOON)

    for member in (ruth, stan):
        page = signed_in(member).get(url_of(incident, "brief/")).content.decode()
        answer = program(member).get(f"/incidents/{incident.number}/brief/")
        assert [word for word in ("HOLDS-1", "RIGHT-4") if word in page] == ["HOLDS-1", "RIGHT-4"]
        assert not any(word in page for word in ("WRONG-2", "WITHDRAWN-3", "TAKEN-5", "HELD-6"))
        assert (answer.json()["leadership"]["body"]["business_impact"], answer.json()["customers"]) == ("RIGHT-4", None)
    with time_machine.travel(timezone.now() + SOON * 2):
        assert "HELD-6" in signed_in(ruth).get(url_of(incident, "brief/")).content.decode()


def test_what_was_taken_back_is_no_update_to_stakeholders(incident, say, mei, stan, program):
    say("customers", "SAID-1")
    taken = say("customers", "TAKEN-2", hold=SOON)
    taken.take_back(by=mei)

    listed = {
        member: [
            each["number"] for each in program(member).get(f"/incidents/{incident.number}/updates/").json()["results"]
        ]
        for member in (mei, stan)
    }
    assert listed == {mei: [2, 1], stan: [1]}
    assert program(stan).get(f"/incidents/{incident.number}/updates/{taken.pk}/").status_code == 404


WHERE = ("", "brief/", "timeline/", "timeline/print/", "updates/", "questions/", "export.json", "export.md")
BY_PROGRAM = ("timeline/", "updates/", "brief/", "questions/", "export/")


@pytest.fixture
def read(incident, signed_in, program):
    """Everything that a member can open of the incident, at once."""

    def read(member):
        browser, api = signed_in(member), program(member)
        answers = [browser.get(url_of(incident, where)) for where in WHERE]
        answers += [api.get(f"/incidents/{incident.number}/{where}") for where in BY_PROGRAM]
        assert {answer.status_code for answer in answers} <= {200, 302, 404}
        shut = restricted_in({incident.pk})[incident.pk]
        told = [frame for frame in frames.read(incident.pk, 0).frames if reach_of(member, shut).covers(frame.needs)]
        return "\n".join([*map(body_of, answers), *(frame.after(0) for frame in told)])

    return read


@pytest.mark.parametrize("audience", ["leadership", "customers"])
def test_stakeholders_read_an_update_nowhere_before_it_has_left(incident, say, read, mei, stan, audience):
    question = Question.ask(incident, "How long will it take?", by=stan)
    Question.objects.select_related("incident").get(pk=question.details["question"]).cover(by=mei, audience=audience)
    before = say(audience, "BEFORE-1") if audience == "customers" else None
    update = say(audience, "HELD-2", hold=SOON)

    assert "HELD-2" in read(mei)
    assert "HELD-2" not in read(stan)
    assert before is None or "BEFORE-1" in read(stan)
    with time_machine.travel(timezone.now() + SOON * 2):
        assert "HELD-2" in read(stan)
    update.take_back(by=mei)
    with time_machine.travel(timezone.now() + SOON * 2):
        text = read(stan)
        assert "HELD-2" not in text
        assert "update_taken_back" not in text


def test_what_was_put_right_before_it_left_is_not_read_afterwards(say, read, mei, stan):
    wrong, gone = say("customers", "WRONG-1", hold=SOON), say("leadership", "GONE-2", hold=SOON)
    wrong.correct({part.name: "RIGHT-3" for part in PARTS["customers"]}, by=mei, reason="Too early")
    gone.withdraw(by=mei, reason="WHY-4")

    for later in (timedelta(0), SOON * 2):
        with time_machine.travel(timezone.now() + later):
            text = read(stan)
            assert [word for word in ("WRONG-1", "GONE-2", "RIGHT-3", "WHY-4") if word in text] == ["RIGHT-3"]
    assert all(word in read(mei) for word in ("WRONG-1", "GONE-2", "WHY-4"))


def body_of(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


def test_after_a_first_word_that_was_taken_back_the_first_word_is_owed_still(lena, mei, incident, say):
    with time_machine.travel(timezone.now(), tick=False):
        say("customers", "TAKEN", hold=SOON).take_back(by=mei)
        assert incident.told_audiences() == set()
        assert "Customers: nothing was published yet" in [each.sentence for each in loose_ends(incident, lena)]
        incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)

        due = incident.obligations.live().get(kind="update", audience="customers").due_at
        assert due - incident.declared_at <= timedelta(minutes=10, seconds=5)


def test_taking_back_what_was_followed_by_another_word_moves_no_clock(incident, say, mei):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = say("coordination", "TAKEN", hold=SOON)
        clock.shift(timedelta(seconds=4))
        say("coordination", "STANDS", hold=SOON)
        owed = incident.obligations.live().get(kind="update", audience="coordination")

        first.take_back(by=mei)

        assert incident.obligations.live().get(kind="update", audience="coordination") == owed
