"""Whoever knows better challenges an update, and is answered: by a correction, a withdrawal, or why it stands."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.guards import Facts, gaps_of
from incidents.loose_ends import loose_ends
from incidents.models import Incident, Participant, RoleAssignment, StatusUpdate, UpdateChallenge
from incidents.room import IncidentRoom
from notifications import tick
from notifications.models import Delivery
from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import challenge_update, declare_incident, raise_finding, say_what_we_know
from tests.incidents.pages import all_at_once, last_entry, url_of, words_of
from tests.notifications.quiet import hush

CUSTOMERS = {"what_is_happening": "Cards fail everywhere.", "what_we_are_doing": "We roll back."}
RIGHT = CUSTOMERS | {"what_is_happening": "Cards fail in Europe."}


@pytest.fixture
def incident(lena, mei, tariq):
    hush()
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    backend = TechnicalDomain.objects.get(slug="backend")
    RoleAssignment.assign(incident, "technical_coordinator", tariq, by=lena, domain=backend)
    return incident


@pytest.fixture
def update(incident, mei):
    return publish(incident, mei)


def publish(incident, by, **how):
    entry = StatusUpdate.publish(incident, "customers", CUSTOMERS, by=by, waiver="It is news", **how)
    update = incident.updates.get(pk=entry.details["update"])
    update.incident = incident
    return update


def challenge(update, by, reason="It is Europe only"):
    entry = UpdateChallenge.raise_against(update, reason, by=by)
    found = UpdateChallenge.objects.with_people().get(pk=entry.details["challenge"])
    found.incident = update.incident
    return found


def code_of(act, *args, **how):
    with pytest.raises(Refused) as refused:
        act(*args, **how)
    return refused.value.code


def clock_of(challenge):
    return challenge.incident.obligations.get(kind="challenge", subject=challenge.pk)


def asked(incident, member):
    return [need.sentence for need in IncidentRoom(incident, member).needs if need.kind == "challenge"]


# --- Who may ----------------------------------------------------------------------------------------------------


def test_coordinators_the_liaison_and_product_challenge_and_others_do_not(incident, update, lena, sam, ada, ruth, stan):
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    RoleAssignment.assign(incident, "product", ada, by=lena)
    RoleAssignment.assign(incident, "executive", ruth, by=lena)

    for nobody, code in ((ruth, "challenge_right"), (lena, "challenge_right"), (stan, "responders_only")):
        assert code_of(UpdateChallenge.raise_against, update, "No", by=nobody) == code
    assert code_of(UpdateChallenge.raise_against, update, " ", by=sam) == "reason_required"
    assert {challenge(update, by).state for by in (sam, ada)} == {"open"}


def test_whoever_wrote_what_it_rests_on_challenges_it(incident, lena, mei, sam, ada):
    found = raise_finding(incident, by=sam)
    other = raise_finding(incident, "Something else", by=ada)
    say_what_we_know(incident, by=lena, impact="Cards", sources={"impact": [found], "ask": [other]})
    update = publish(incident, mei)

    assert challenge(update, sam).challenged_by == sam
    assert challenge(update, lena).challenged_by == lena
    # Nothing that customers were told rests on that line.
    assert code_of(UpdateChallenge.raise_against, update, "No", by=ada) == "challenge_right"


def test_observers_and_agents_outside_do_not_even_where_nobody_coordinates(lena, mei, sam, ruth, ada):
    incident = declare_incident(lena, severity="sev1")
    update = publish(incident, mei)
    Participant.join(incident, sam, by=sam, capacity="observer")
    RoleAssignment.assign(incident, "executive", ruth, by=lena)

    for outside in (sam, ada, ruth):
        assert code_of(UpdateChallenge.raise_against, update, "No", by=outside) == "challenge_right"
    assert challenge(update, lena)


# --- Raising it -------------------------------------------------------------------------------------------------


def test_the_communications_lead_gets_it_with_a_clock_and_everybody_sees_it(incident, update, lena, mei, tariq):
    entry_of = challenge(update, tariq)
    entry, clock = last_entry(incident), clock_of(entry_of)

    assert (entry.kind, entry.visibility, entry.details["reason"]) == ("update_challenged", "room", "It is Europe only")
    assert entry.details["told_members"] == [mei.pk]
    assert clock.due_at - clock.starts_at == timedelta(minutes=10)
    assert asked(incident, mei) == ["Update 1 to customers is challenged: It is Europe only"]
    assert asked(incident, lena) == asked(incident, tariq) == []
    (gap,) = [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "update_challenged"]
    assert (gap.owner_role, gap.message, gap.waivable) == (
        "communications_lead", "Tariq Haddad challenges update 1 to customers.", False,
    )  # fmt: skip


def test_one_open_challenge_a_person_and_nothing_against_what_is_gone_or_not_out_yet(
    incident, update, lena, tariq, mei
):
    first = challenge(update, tariq)
    assert code_of(UpdateChallenge.raise_against, update, "Again", by=tariq) == "unchanged"
    first.let_stand("We looked", by=mei)
    assert challenge(update, tariq, "Look again")

    update.withdraw(by=mei, reason="Not us")
    assert code_of(UpdateChallenge.raise_against, update, "No", by=tariq) == "already_replaced"
    held = publish(incident, mei, hold=timedelta(seconds=10))
    assert code_of(UpdateChallenge.raise_against, held, "No", by=tariq) == "not_gone_out"


def test_a_double_click_is_one_challenge(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)
        pk = StatusUpdate.publish(incident, "technical", {"text": "Down."}, by=lena).details["update"]

    def act():
        with acting_in(committed_acme):
            try:
                update = StatusUpdate.objects.get(pk=pk)
                update.incident = Incident.objects.get(pk=incident.pk)
                return UpdateChallenge.raise_against(update, "Slow", by=lena).kind
            except Refused as refused:
                return refused.code

    assert sorted(all_at_once(act, 4)) == [*["unchanged"] * 3, "update_challenged"]


# --- Answering it -----------------------------------------------------------------------------------------------


def test_a_correction_answers_it_and_goes_to_exactly_those_who_had_it(incident, update, mei, sam, stan, tariq, lena):
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    both = challenge(update, tariq), challenge(update, sam)
    tick.run()
    had = {each.recipient for each in Delivery.objects.filter(notice__entry__kind="update_published", state="accepted")}

    corrected = update.correct(RIGHT, by=mei, reason="Tariq is right")
    tick.run()

    told = Delivery.objects.filter(notice__entry=corrected, state="accepted")
    assert stan in had
    assert {each.recipient for each in told} == had
    for each in both:
        each.refresh_from_db()
        assert (each.state, each.answer, each.answered_by) == ("corrected", "Tariq is right", mei)
        assert clock_of(each).state == "satisfied"
    answers = incident.timeline.of_kinds("challenge_answered").in_order()
    assert [(entry.details["outcome"], entry.details["told_members"]) for entry in answers] == [
        ("corrected", [tariq.pk]), ("corrected", [sam.pk]),
    ]  # fmt: skip
    assert not [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "update_challenged"]
    # What stands in its place may be wrong as well.
    again = incident.updates.get(corrects=update)
    again.incident = incident
    assert challenge(again, tariq)


def test_a_withdrawal_answers_it(incident, update, mei, tariq):
    raised = challenge(update, tariq)
    update.withdraw(by=mei, reason="It was another company")

    raised.refresh_from_db()
    assert (raised.state, raised.answer) == ("withdrawn", "It was another company")
    assert code_of(raised.let_stand, "No", by=mei) == "already_answered"


def test_it_stands_because_the_communications_lead_says_so_or_somebody_with_a_reason(
    incident, update, lena, mei, tariq
):
    raised = challenge(update, tariq)
    assert code_of(raised.let_stand, "We looked", by=tariq) == "publishing_right"
    assert code_of(raised.let_stand, " ", by=mei) == "reason_required"

    entry = raised.let_stand("Asia has it, too", by=mei)
    assert (entry.details["outcome"], entry.details["reason"]) == ("stands", "Asia has it, too")
    assert (raised.state, raised.answered_by, update.stands) == ("stands", mei, True)
    second = challenge(update, tariq, "Asia is fine")
    assert second.let_stand("It is not", by=lena, waiver="Mei sleeps").details["waiver"] == "Mei sleeps"


def test_technical_word_stands_by_the_same_right(incident, mei, tariq):
    raised = challenge_update(incident, by=tariq)

    assert code_of(raised.let_stand, "I say so", by=tariq) == "publishing_right"
    assert raised.let_stand("It does", by=mei)


def test_unanswered_it_climbs_to_the_lead(incident, update, lena, mei, tariq):
    raised = challenge(update, tariq)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        tick.run()
        waits = incident.timeline.of_kinds("challenge_waits").in_order().last()

        assert clock_of(raised).state == "escalated"
        assert waits.details["told"] == ["communications_lead", "lead"]
        assert [waits.details[key] for key in ("number", "audience", "name")] == [1, "customers", "Tariq Haddad"]
        assert len(asked(incident, lena)) == 1


def test_when_it_is_over_it_is_a_loose_end_and_owed_again_after_reopening(incident, update, lena, mei, tariq):
    raised = challenge(update, tariq)
    assert "Challenges without an answer: update 1 by Tariq Haddad" in [
        end.sentence for end in loose_ends(incident, lena)
    ]
    incident.refresh_from_db()
    incident.resolve(by=lena)
    assert clock_of(raised).state == "cancelled"
    incident.reopen(by=lena)
    assert incident.obligations.live().filter(kind="challenge", subject=raised.pk).count() == 1
    incident.refresh_from_db()
    incident.resolve(by=lena)
    incident.close(by=lena)
    assert code_of(UpdateChallenge.raise_against, update, "No", by=tariq) == "not_open"


# --- On the web and by program ----------------------------------------------------------------------------------


def test_on_the_web(incident, update, mei, tariq, stan, omar, signed_in):
    page, own = url_of(incident, "updates/1/"), url_of(incident, "updates/1/challenge/")
    browser = signed_in(tariq)
    assert "Challenge it" in words_of(browser.get(page))
    assert "Challenge it" not in words_of(signed_in(mei).get(page))
    assert "Cards fail everywhere." in words_of(browser.get(own))

    empty, sent = browser.post(own, {"reason": " "}), browser.post(own, {"reason": "It is Europe only"})
    again = browser.post(own, {"reason": "Still wrong"})
    answer = url_of(incident, f"challenges/{incident.challenges.get().pk}/")

    assert (empty.status_code, sent.url, again.status_code) == (422, page, 409)
    assert "Still wrong</textarea>" in again.content.decode()
    assert "Waits for an answer Challenged by Tariq Haddad" in words_of(browser.get(page))
    assert "is challenged: It is Europe only" in words_of(signed_in(mei).get(url_of(incident)))
    assert "It is Europe only" not in words_of(signed_in(stan).get(page))
    for who in (stan, omar):
        assert {signed_in(who).get(each).status_code for each in (own, answer)} == {404}

    refused = browser.post(answer, {"reason": "I say so"})
    assert (refused.status_code, "communications lead's to say" in words_of(refused)) == (409, True)
    assert signed_in(mei).post(answer, {"reason": "Asia has it, too"}).url == page
    assert "Stands Challenged by Tariq Haddad" in words_of(browser.get(page))
    assert "Mei Tanaka" in words_of(signed_in(mei).get(answer))
    assert signed_in(mei).post(answer, {"reason": "Again"}).status_code == 409


def test_by_program(incident, update, mei, tariq, stan, omar, program):
    place = f"/incidents/{incident.number}/"
    made = program(tariq).post(f"{place}updates/{update.pk}/challenges/", {"reason": "It is Europe only"})
    again = program(tariq).post(f"{place}updates/{update.pk}/challenges/", {"reason": "Again"})
    refused = program(mei).post(f"{place}updates/{update.pk}/challenges/", {"reason": "No"})
    own = f"{place}challenges/{made.json()['id']}/standing/"

    assert (made.status_code, made.json()["state"], made.json()["update"]) == (201, "open", update.pk)
    assert [each.json()["code"] for each in (again, refused)] == ["unchanged", "challenge_right"]
    assert program(tariq).get(f"{place}challenges/").json()["results"] == [made.json()]
    assert program(tariq).post(own, {"reason": "I say so"}).json()["waivable"] is True
    assert program(mei).post(own, {"reason": "Asia has it, too"}).json()["answer"] == "Asia has it, too"
    assert program(stan).get(f"{place}challenges/").status_code == 404
    # Omar's incident has the same number, and none of these.
    assert made.json() not in program(omar).get(f"{place}challenges/").json()["results"]
    assert {program(who).post(own, {"reason": "x"}).status_code for who in (stan, omar)} == {404}
