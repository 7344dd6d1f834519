"""Merging: one incident ends as a duplicate, chosen by number among what the member may see."""

import pytest

from incidents import kinds
from incidents.models import Incident
from notifications import tick
from notifications.models import Delivery
from tests.factories import ask_question, declare_incident, fire_alert, propose_change, raise_decision, read_change
from tests.incidents.pages import field_of, last_entry, url_of, words_of
from tests.notifications.quiet import hush


@pytest.fixture
def incident(lena):
    return declare_incident(lena, "Checkout is slow")


@pytest.fixture
def other(lena):
    return declare_incident(lena, "Card payments fail")


@pytest.fixture
def merge(incident, signed_in):
    def merge(member, number, **fields):
        return signed_in(member).post(url_of(incident, "merge/"), {"other": number, **fields})

    return merge


def status_of(incident):
    return Incident.objects.get(pk=incident.pk).status


@pytest.mark.parametrize("written", ["2", "INC-2", " inc-2"])
def test_a_duplicate_goes_on_in_the_other_and_both_say_so(incident, other, merge, lena, written):
    alert = fire_alert()
    alert.attach_to(incident, by=lena)

    response = merge(lena, written, reason="The same gateway")

    alert.refresh_from_db()
    incident.refresh_from_db()
    assert response.status_code == 302
    assert (incident.status, incident.merged_into, alert.incident) == ("merged", other, other)
    assert not incident.obligations.live().exists()
    assert last_entry(incident).details == {"into": 2, "reason": "The same gateway"}
    assert last_entry(other).kind == kinds.DUPLICATE_ARRIVED.name


def test_what_waits_and_has_not_begun_ends_here_and_says_where_it_goes_on(incident, other, lena, tariq):
    raise_decision(incident, "coordination", by=tariq)
    waiting, under_way = (propose_change(incident, slug, by=tariq) for slug in ("ledger", "search"))
    under_way.release(by=lena)
    read_change(under_way.pk).start(by=tariq)

    incident.merge_into(other, by=lena)

    assert incident.decisions.get().state == "withdrawn"
    assert (read_change(waiting.pk).state, read_change(under_way.pk).state) == ("withdrawn", "started")
    ended = incident.timeline.of_kinds("decision_withdrawn", "change_withdrawn").in_order()
    assert [(entry.actor, entry.details["reason"]) for entry in ended] == [(lena, "Goes on in INC-2")] * 2
    assert last_entry(incident).kind == kinds.MERGED.name
    assert incident.first_break() is None


@pytest.mark.parametrize(
    ("private", "where"), [(False, "It goes on in INC-2. Ask there."), (True, "It goes on in another incident.")]
)
def test_whoever_waits_for_an_answer_hears_that_none_comes_here(incident, other, lena, stan, ruth, private, where):
    hush()
    question = ask_question(incident, by=stan)
    question.join(by=ruth)
    covered = ask_question(incident, "Since when?", by=ruth)
    covered.cover(by=lena)
    if private:
        other.make_private(by=lena)

    incident.merge_into(other, by=lena)
    tick.prepare()

    assert list(incident.questions.values_list("state", "answer")) == [("declined", where)] * 2
    told = Delivery.objects.filter(notice__entry__kind="question_declined", channel="email", state="pending")
    names = sorted(told.values_list("recipient__person__name", "notice__entry__details__number"))
    assert names == [("Ruth Meyer", 1), ("Ruth Meyer", 2), ("Stan Larsen", 1)]
    assert all(where in text for text in told.values_list("notice__text", flat=True))


def test_open_incidents_of_the_same_kind_are_offered(incident, other, lena, tariq, signed_in):
    declare_incident(lena, "Practice", drill=True)
    declare_incident(lena, "Over").resolve(by=lena)

    candidates = signed_in(lena).get(url_of(incident, "merge/")).context["form"].candidates

    assert list(candidates) == [other]


def test_a_drill_and_a_real_incident_stay_apart(incident, merge, lena):
    drill = declare_incident(lena, "Practice", drill=True)

    response = merge(lena, drill.number)

    assert response.status_code == 409
    assert "A drill and a real incident are never merged." in words_of(response)
    assert status_of(incident) == "investigating"


def test_not_into_itself_and_not_into_what_is_over(incident, other, merge, lena):
    itself = merge(lena, incident.number)
    other.resolve(by=lena)
    over = merge(lena, other.number, reason="Kept")

    assert "An incident cannot be merged into itself." in words_of(itself)
    assert "INC-2 is not open: merge into an open incident." in words_of(over)
    assert (itself.status_code, over.status_code) == (409, 409)
    assert 'value="Kept"' in field_of(over, "reason")


def test_merging_twice_is_refused(incident, other, merge, lena):
    merge(lena, other.number)

    response = merge(lena, other.number)

    assert response.status_code == 409
    assert other.timeline.filter(kind=kinds.DUPLICATE_ARRIVED.name).count() == 1


def test_a_hidden_incident_a_missing_one_and_nonsense_answer_the_same(incident, merge, tariq, lena):
    hidden = declare_incident(lena, "Somebody read the payroll", private=True)

    answers = [merge(tariq, number) for number in (hidden.number, 99, "odd", "9" * 15)]

    assert {answer.status_code for answer in answers} == {422}
    assert all("There is no incident with this number." in words_of(answer) for answer in answers)
    assert "payroll" not in "".join(words_of(answer) for answer in answers)


def test_somebody_else_says_why(incident, other, merge, tariq):
    refused = merge(tariq, other.number)
    waived = merge(tariq, other.number, waiver="Lena asked me to")

    assert refused.status_code == 409
    assert f'value="{other.number}"' in field_of(refused, "other")
    assert waived.status_code == 302
    assert last_entry(incident).details["waiver"] == "Lena asked me to"


def test_a_merged_incident_leads_to_the_one_that_goes_on(incident, other, merge, lena, signed_in):
    merge(lena, other.number)

    page = words_of(signed_in(lena).get(url_of(incident, "status/")))

    assert "From here it goes nowhere: what happens is told in INC-2" in page


def test_a_stakeholder_is_told_kindly(incident, other, merge, stan, signed_in):
    assert "You follow incidents as a stakeholder" in words_of(signed_in(stan).get(url_of(incident, "merge/")))
    assert merge(stan, other.number, waiver="I insist").status_code == 409
    assert status_of(incident) == "investigating"


def test_an_outsider_finds_nothing(incident, other, merge, lena, omar):
    assert merge(omar, other.number).status_code == 404
    assert merge(lena, other.number).status_code == 302
