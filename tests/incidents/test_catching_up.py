"""Whoever comes late, or comes back, reads what they missed; they say when they are up to speed."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import (
    Decision,
    IncidentInvitation,
    Participant,
    RoleAssignment,
    StatusUpdate,
    TimelineEntry,
)
from incidents.room import IncidentRoom
from playbooks.models import Severity
from teams.models import Rota, Team, TechnicalDomain
from tests.factories import (
    ask_for,
    declare_incident,
    give_estimate,
    open_workstream,
    post_message,
    propose_commitment,
    propose_impact,
    propose_theory,
    raise_decision,
)
from tests.incidents.pages import HTMX, last_entry, queries_of, url_of, words_of

NOW = timezone.now()


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena, "Card payments fail", severity="sev2", summary="Since the release of 14:00.")


def card(incident, viewer):
    incident.refresh_from_db()
    return IncidentRoom(incident, viewer).catch_up


def test_it_is_due_on_the_first_entry_but_not_for_who_declared(incident, lena, tariq):
    assert card(incident, tariq).is_due
    assert not card(incident, lena).is_due


def test_it_names_the_decisions_that_wait_whoever_makes_them(
    incident, lena, tariq, mei, ruth, stan, program, signed_in
):
    first = raise_decision(incident, "coordination", "Roll back?", by=tariq)
    Decision.open(incident, "coordination", "Wake the bank?", by=lena, choice="Yes")
    stream = open_workstream(incident, "Payroll", by=lena, owner=lena)
    stream.restrict(by=lena)
    raise_decision(incident, "coordination", "Call the lawyers?", by=lena, workstream=stream)

    assert [each.decision for each in card(incident, tariq).open_decisions] == [first]
    assert card(incident, stan).open_decisions == []
    read = program(tariq).get("/incidents/1/catch-up/").json()["open_decisions"]
    assert [(each["number"], each["subject"]) for each in read] == [(1, "Roll back?")]
    page = words_of(signed_in(tariq).get(url_of(incident, "catch-up/"), headers=HTMX))
    assert "Open decisions D1 Roll back?" in page
    assert "incident lead, Lena Fischer" in page
    assert len(card(incident, lena).open_decisions) == 2


def test_it_says_how_long_for_whom_what_was_promised_and_who_is_asked_for(
    incident, lena, tariq, ruth, sam, mei, stan, program, signed_in
):
    give_estimate(incident, by=lena, hours=(1, 2))
    propose_impact(incident, by=tariq, segment="EU")
    propose_commitment(incident, "Exports work again", by=lena)
    Rota.objects.filter(on_call=sam).delete()
    desk = Team.objects.create(slug="desk", name="Desk", function=ruth.function, manager=mei)
    desk.members.add(ruth, sam)
    asked, over = (ask_for(incident, each, by=lena, purpose="You know the bank") for each in (ruth, sam))
    over.withdraw(by=lena)

    inside, outside = card(incident, tariq), card(incident, stan)
    assert (inside.estimate.number, [each.label for each in inside.impacts]) == (1, ["I1"])
    assert ([each.label for each in inside.commitments], inside.called_for) == (["P1"], [asked])
    assert (outside.estimate, outside.impacts, outside.commitments, outside.called_for) == (None, [], [], [])

    page = words_of(signed_in(tariq).get(url_of(incident, "catch-up/"), headers=HTMX))
    assert "How long, for whom Over Between" in page
    assert "Checkout: partly broken, EU, not confirmed yet" in page
    assert "Exports work again promised to Hooli" in page
    assert f"People asked for {asked.label} Ruth Meyer: You know the bank" in page
    hidden = words_of(signed_in(stan).get(url_of(incident, "catch-up/"), headers=HTMX))
    assert not any(word in hidden for word in ("How long, for whom", "Hooli", "the bank"))
    read = program(tariq).get("/incidents/1/catch-up/").json()
    assert read["estimate"]["basis"] == "The roll-back takes an hour"
    assert [len(read[name]) for name in ("impacts", "commitments", "called_for")] == [1, 1, 1]


def test_whoever_came_in_the_first_minutes_has_missed_nothing(incident, tariq, sam, clock):
    clock.shift(timedelta(minutes=5))
    Participant.join(incident, tariq, by=tariq)
    clock.shift(timedelta(minutes=1))
    Participant.join(incident, sam, by=sam)

    assert not card(incident, tariq).is_due
    assert card(incident, sam).is_due


def test_up_to_speed_ends_it_and_is_a_system_entry(incident, tariq):
    entry = Participant.catch_up(incident, tariq)

    assert (entry.kind, entry.actor) == ("caught_up", tariq)
    assert not incident.timeline.without_system().filter(kind="caught_up").exists()
    assert not card(incident, tariq).is_due
    assert not incident.participants.current().filter(membership=tariq).exists()


def test_saying_it_twice_says_it_once(incident, tariq):
    Participant.catch_up(incident, tariq)

    assert Participant.catch_up(incident, tariq) is None
    assert incident.timeline.of_kinds("caught_up").count() == 1


def test_ten_minutes_away_make_it_due_again(incident, tariq, lena, clock):
    clock.shift(timedelta(minutes=6))
    Participant.beat(incident, [tariq.pk])
    assert card(incident, tariq).is_due
    Participant.catch_up(incident, tariq)
    clock.shift(timedelta(minutes=9))
    Participant.beat(incident, [tariq.pk])
    assert not card(incident, tariq).is_due

    left_at = timezone.now()
    clock.shift(timedelta(minutes=11))
    assert card(incident, tariq).is_due
    incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)
    Participant.beat(incident, [tariq.pk])

    late = card(incident, tariq)
    assert (late.is_due, late.since) == (True, left_at)
    assert [entry.kind for entry in late.turns] == ["severity_changed"]
    Participant.catch_up(incident, tariq)
    assert not card(incident, tariq).is_due


def test_what_arrives_while_somebody_reads_stays_new(incident, tariq, lena):
    seen = incident.last_number
    incident.change_status("identified", by=lena)

    Participant.catch_up(incident, tariq, upto=seen)

    assert incident.participants.get(membership=tariq).caught_up_number == seen


def test_it_tells_the_turns_and_counts_the_rest(incident, lena, mei, tariq):
    incident.change_status("identified", by=lena, reason="A bad release")
    RoleAssignment.take(incident, "communications_lead", by=mei)
    for number in range(3):
        post_message(incident, f"word {number}", by=lena)

    late = card(incident, tariq)

    assert [entry.kind for entry in late.turns][-2:] == ["status_changed", "role_taken"]
    assert (3, "message") in late.rest
    assert "3 messages" in late.rest_in_words


def test_it_tells_of_the_work_that_goes_on_and_of_no_restricted_workstream(incident, lena, tariq, sam):
    open_workstream(incident, "Roll back", by=lena, owner=sam)
    open_workstream(incident, "The insider", by=lena, restricted=True)
    finished = open_workstream(incident, "Finished", by=lena)
    finished.change(by=lena, state="done")

    assert [stream.title for stream in card(incident, lena).active_work] == ["General", "Roll back", "The insider"]
    late = card(incident, tariq)
    assert [stream.title for stream in late.active_work] == ["General", "Roll back"]
    assert "The insider" not in str([entry.details for entry in late.turns])


def test_it_tells_what_was_ruled_out_and_what_was_put_on_record(incident, lena, tariq, sam):
    propose_theory(incident, by=lena).rule_out(by=lena, text="It was half empty")
    TimelineEntry.note(incident, "The bank called back.", by=lena)

    assert [entry.kind for entry in card(incident, sam).turns][-2:] == ["hypothesis_ruled_out", "note_added"]


def test_whoever_coordinates_the_readers_domain_is_named_before_others(incident, lena, tariq, mei, sam):
    backend = TechnicalDomain.objects.get(slug="backend")
    tariq.change_place(function=tariq.function, domain=backend, by=lena)
    RoleAssignment.take(incident, "communications_lead", by=mei)
    RoleAssignment.take(incident, "technical_coordinator", by=sam, domain=backend)

    assert [member for member, _ in card(incident, tariq).contacts] == [lena, sam, mei]


def test_it_names_whom_to_talk_to_and_what_is_asked(incident, lena, tariq, mei):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    IncidentInvitation.invite(incident, tariq, by=lena)

    late = card(incident, tariq)

    assert late.contacts == [(lena, "leads the incident"), (mei, "communications lead")]
    assert late.standing == "You are watching."
    assert "invitation" in [need.kind for need in late.asked]


@pytest.mark.parametrize(
    ("capacity", "sentence"),
    [
        ("active", "You work on it and hold no role."),
        ("observer", "You observe: you read and do not post."),
        ("follower", "You follow: you hear what is broadcast."),
    ],
)
def test_it_says_how_the_reader_takes_part(incident, tariq, capacity, sentence):
    Participant.join(incident, tariq, by=tariq, capacity=capacity)

    assert card(incident, tariq).standing == sentence


def test_the_room_offers_it_once(incident, tariq, signed_in):
    browser = signed_in(tariq)
    assert "Catch up with what happened" in words_of(browser.get(url_of(incident)))

    region = browser.get(url_of(incident, "catch-up/"), headers=HTMX)
    page = words_of(region)
    assert "lead Lena Fischer. You are watching." in page
    assert "Since the release of 14:00." in page
    assert "<html" not in region.content.decode()

    answer = browser.post(url_of(incident, "catch-up/"), {"upto": incident.last_number}, headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "Catch up with what happened" not in words_of(browser.get(url_of(incident)))


def test_it_works_as_a_page_without_scripts(incident, tariq, signed_in):
    browser = signed_in(tariq)
    page = words_of(browser.get(url_of(incident, "catch-up/")))
    assert "I am up to speed" in page
    assert "Show me everything" in page

    assert browser.post(url_of(incident, "catch-up/"), {"upto": "nonsense"}).url == url_of(incident)
    assert last_entry(incident).kind == "caught_up"


def test_a_stakeholder_reads_no_more_than_elsewhere(incident, lena, tariq, stan, signed_in):
    post_message(incident, "The gateway is a mess.", by=lena)
    StatusUpdate.publish(incident, "technical", {"text": "Draining the queue."}, by=lena)
    assert "Draining the queue." in words_of(signed_in(tariq).get(url_of(incident, "catch-up/")))

    page = words_of(signed_in(stan).get(url_of(incident, "catch-up/")))

    assert "You are watching." in page
    assert "Draining the queue." not in page
    assert "message" not in page


def test_a_private_incident_and_a_foreign_one_are_not_there(lena, tariq, omar, signed_in):
    private = declare_incident(lena, private=True)

    for member in (tariq, omar):
        assert signed_in(member).get(url_of(private, "catch-up/")).status_code == 404
        assert signed_in(member).post(url_of(private, "catch-up/")).status_code == 404
    assert signed_in(lena).get(url_of(private, "catch-up/")).status_code == 200


def test_it_costs_the_same_however_much_there_is(incident, lena, tariq, signed_in):
    browser = signed_in(tariq)
    post_message(incident, by=lena)
    browser.get(url_of(incident, "catch-up/"))
    little = queries_of(lambda: browser.get(url_of(incident, "catch-up/")))

    for _ in range(5):
        incident.change_status("identified", by=lena)
        incident.change_status("investigating", by=lena)
        post_message(incident, by=lena)

    assert queries_of(lambda: browser.get(url_of(incident, "catch-up/"))) == little


def test_a_program_reads_it_and_says_so(incident, lena, tariq, program):
    incident.change_status("identified", by=lena)
    api = program(tariq)

    read = api.get(f"/incidents/{incident.number}/catch-up/").json()
    assert (read["due"], read["since"], read["standing"]) == (True, None, "You are watching.")
    assert read["turns"][-1]["kind"] == "status_changed"
    assert read["contacts"] == [{"member": "lena@acme.test", "why": "leads the incident"}]

    said = api.post(f"/incidents/{incident.number}/catch-up/", {"upto": read["turns"][-1]["number"]})
    assert (said.status_code, said.json()["due"]) == (200, False)
