"""Who works on it, who reads along, who follows: coming in, the cap, whole teams, and going with thanks."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.guards import Facts, gaps_of
from incidents.guards.participants import reports_of_the_lead
from incidents.models import (
    Decision,
    Finding,
    FunctionActivation,
    GuardWaiver,
    Handover,
    Participant,
    RoleAssignment,
    Workstream,
)
from incidents.models.participants import PresenceState
from playbooks.models import Severity
from teams.errors import Refused
from teams.models import Function, Membership, Person, Rota, Team, TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import add_task, declare_incident, open_workstream, post_message, raise_decision
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of

ACTIVE, OBSERVER, FOLLOWER = Participant.Capacity


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev1")


def part_of(incident, membership):
    return incident.participants.select_related("membership__person").get(membership=membership)


def newcomers(count, function="engineering"):
    """So many more members of the organisation."""
    function = Function.objects.get(slug=function)
    start = Person.objects.count()
    people = [
        Person.objects.create(email=f"crowd{number}@acme.test", name=f"Crowd {number}")
        for number in range(start, start + count)
    ]
    return [Membership.objects.create(person=person, function=function) for person in people]


def crowd(incident, count, function="engineering"):
    """So many more people who work on it."""
    members = newcomers(count, function)
    for member in members:
        Participant.ensure(incident.lock(), member)
    return members


def codes(incident):
    return [(gap.code, gap.subject) for gap in gaps_of(Facts.of(incident))]


# --- Capacities --------------------------------------------------------------------------------------


def test_whoever_opens_the_room_is_watching_and_not_on_it(incident, ruth, lena):
    Participant.beat(incident, [ruth.pk, lena.pk])

    row = part_of(incident, ruth)
    assert row.presence_at(timezone.now()) == PresenceState.WATCHING
    assert [each.membership for each in incident.participants.current()] == [lena]
    assert not incident.timeline.filter(actor=ruth).exists()


def test_having_watched_does_not_open_a_private_incident(incident, ruth, lena):
    Participant.beat(incident, [ruth.pk])

    incident.make_private(by=lena)

    assert not incident.is_visible_to(ruth)


def test_a_newcomer_joins_by_posting(incident, tariq):
    Participant.beat(incident, [tariq.pk])

    post_message(incident, by=tariq)

    assert part_of(incident, tariq).is_active


@pytest.mark.parametrize("capacity", [OBSERVER, FOLLOWER])
def test_who_reads_along_does_not_post_until_they_join(incident, tariq, capacity):
    Participant.join(incident, tariq, by=tariq, capacity=capacity)

    with pytest.raises(Refused) as refused:
        post_message(incident, by=tariq)
    assert refused.value.code == "readers_do_not_post"

    Participant.join(incident, tariq, by=tariq)
    assert post_message(incident, by=tariq).author == tariq


@pytest.mark.parametrize("capacity", [OBSERVER, FOLLOWER])
def test_who_reads_along_raises_no_finding_and_decides_nothing_while_nobody_leads(incident, lena, tariq, capacity):
    Participant.join(incident, tariq, by=tariq, capacity=capacity)
    incident.roles.current().get().stand_down(by=lena)

    with pytest.raises(Refused) as refused:
        Finding.post(incident, "The pool is full", by=tariq)
    assert refused.value.code == "readers_do_not_post"
    with pytest.raises(Refused) as refused:
        incident.resolve(by=tariq)
    assert (refused.value.code, refused.value.waivable) == ("coordination_right", True)

    Participant.join(incident, tariq, by=tariq)
    assert incident.resolve(by=tariq)


def test_an_observer_who_takes_a_role_works_on_it(incident, mei):
    Participant.join(incident, mei, by=mei, capacity=OBSERVER)

    RoleAssignment.take(incident, "communications_lead", by=mei)

    assert part_of(incident, mei).is_active


def test_whose_only_hat_is_for_reading_along_observes(incident, lena, mei, signed_in):
    RoleAssignment.assign(incident, "observer", mei, by=lena)
    assert part_of(incident, mei).capacity == OBSERVER
    assert mei not in [each.membership for each in incident.participants.at_work()]
    with pytest.raises(Refused) as refused:
        post_message(incident, "Why not roll back?", by=mei)
    assert refused.value.code == "readers_do_not_post"
    assert "You observe: you read and do not post." in words_of(signed_in(mei).get(url_of(incident)))

    RoleAssignment.take(incident, "communications_lead", by=mei)
    assert part_of(incident, mei).is_active
    RoleAssignment.assign(incident, "observer", lena, by=lena)
    assert part_of(incident, lena).is_active


def test_joining_gives_up_the_hat_for_reading_along(incident, lena, mei, signed_in):
    RoleAssignment.assign(incident, "observer", mei, by=lena)

    signed_in(mei).post(url_of(incident, "participation/"), {"capacity": "active"})

    assert part_of(incident, mei).is_active
    assert not incident.roles.current().filter(membership=mei).exists()
    assert incident.timeline.filter(kind="role_released", details__member=mei.pk, actor=mei).count() == 1
    assert post_message(incident, by=mei).author == mei


def test_who_is_to_observe_after_another_is_not_put_to_work(incident, lena, mei, tariq):
    RoleAssignment.assign(incident, "observer", mei, by=lena)
    Handover.begin(incident.roles.current().get(role="observer"), tariq, by=mei)
    assert part_of(incident, tariq).capacity == OBSERVER


def test_duty_is_kept_in_unbroken_stretches(incident, tariq, lena):
    now = timezone.now()
    for minute, capacity in [(0, ACTIVE), (40, FOLLOWER), (60, ACTIVE)]:
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            Participant.join(incident, tariq, by=tariq, capacity=capacity)

    row = part_of(incident, tariq)
    stints = list(row.stints.order_by("started_at"))
    assert [(each.capacity, each.ended_at is None) for each in stints] == [
        ("active", False),
        ("follower", False),
        ("active", True),
    ]
    assert [(each.ended_at - each.started_at).seconds // 60 for each in stints[:2]] == [40, 20]
    assert row.since == now + timedelta(minutes=60)


# --- Presence ----------------------------------------------------------------------------------------


def test_an_act_engages_and_five_quiet_minutes_are_idle(incident, lena):
    now = timezone.now()
    Participant.beat(incident, [lena.pk], now=now)
    assert part_of(incident, lena).presence_at(now) == PresenceState.ENGAGED

    later = now + timedelta(minutes=6)
    Participant.beat(incident, [lena.pk], now=later)
    assert part_of(incident, lena).presence_at(later) == PresenceState.IDLE

    Participant.beat(incident, [lena.pk], active=True, now=later)
    assert part_of(incident, lena).presence_at(later) == PresenceState.ENGAGED
    Participant.beat(incident, [lena.pk], away=True, now=later)
    assert part_of(incident, lena).presence_at(later) == PresenceState.AWAY
    assert part_of(incident, lena).presence_at(later + timedelta(minutes=1)) == PresenceState.GONE


def test_acts_are_noted_at_most_once_a_minute(incident, tariq):
    now = timezone.now() + timedelta(hours=1)
    noted = []
    for seconds in (0, 30, 61):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            post_message(incident, by=tariq)
            noted.append((part_of(incident, tariq).active_at - now).seconds)

    assert noted == [0, 0, 61]


# --- The cap and the span ----------------------------------------------------------------------------


def test_a_full_room_asks_why_and_a_reason_lets_in(incident, lena, sam):
    crowd(incident, 11)
    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=lena)
    assert incident.participants.active().count() == incident.severity.participant_cap == 12

    with pytest.raises(Refused) as refused:
        Participant.join(incident, sam, by=sam)
    assert (refused.value.code, refused.value.waivable) == ("participant_cap", True)
    assert "usually needs up to 12" in refused.value.sentence

    entry = Participant.join(incident, sam, by=sam, waiver="Sam knows the customers")
    assert (entry.details["waiver"], entry.details["waived"]) == ("Sam knows the customers", ["participant_cap"])
    # Thirteen are agreed to; the fourteenth is a new question.
    assert ("participant_cap", "13") not in codes(incident)
    crowd(incident, 1)
    assert ("participant_cap", "14") in codes(incident)


@pytest.mark.parametrize("capacity", [OBSERVER, FOLLOWER])
def test_watching_is_never_too_much(incident, sam, capacity):
    crowd(incident, 11)

    assert Participant.join(incident, sam, by=sam, capacity=capacity)


def test_who_takes_a_role_is_let_in_and_the_gap_shows(incident, mei):
    crowd(incident, 11)

    RoleAssignment.take(incident, "communications_lead", by=mei)

    assert part_of(incident, mei).is_active
    assert ("participant_cap", "13") in codes(incident)


def test_the_first_of_a_function_that_is_called_for_is_let_in(incident, sam, lena):
    crowd(incident, 11)
    support = incident.functions.get(function=sam.function)
    assert support.state == "requested"

    assert Participant.join(incident, sam, by=sam)


def test_without_a_cap_as_many_as_come(incident, sam):
    Severity.objects.update(participant_cap=None)
    incident.refresh_from_db()
    crowd(incident, 20)

    assert Participant.join(incident, sam, by=sam)
    assert not any(code == "participant_cap" for code, _ in codes(incident))


def test_the_cap_follows_the_severity(incident, lena):
    crowd(incident, 8)
    assert not any(code == "participant_cap" for code, _ in codes(incident))

    incident.change_severity(Severity.objects.get(slug="sev4"), by=lena)

    gap = next(gap for gap in gaps_of(Facts.of(incident)) if gap.code == "participant_cap")
    assert (gap.message, gap.waivable) == ("9 people work on it; SEV4 usually needs up to 6.", True)
    GuardWaiver.grant(incident, "participant_cap", "9", reason="A quiet day", by=lena)
    assert ("participant_cap", "9") not in codes(incident)


def test_more_than_seven_who_report_to_the_lead_are_too_many(incident):
    crowd(incident, 7)
    assert not any(code == "span_of_control" for code, _ in codes(incident))

    crowd(incident, 1)

    gap = next(gap for gap in gaps_of(Facts.of(incident)) if gap.code == "span_of_control")
    assert (gap.subject, gap.waivable) == ("8", True)


def test_whoever_is_led_by_somebody_nearer_does_not_report_to_the_lead(incident, lena, tariq, mei, sam):
    backend = TechnicalDomain.objects.get(slug="backend")
    stream = open_workstream(incident, "Roll back", by=lena, owner=tariq, domain=backend)
    (noor,) = crowd(incident, 1)
    (writer,) = crowd(incident, 1, function="communications")
    Participant.join(incident, sam, by=sam)

    def reporting():
        facts = Facts.of(incident)
        return {each.membership for each in reports_of_the_lead(facts.active, facts.roles)}

    assert reporting() == {tariq, noor, writer, sam}

    post_message(incident, by=noor, workstream=stream)
    RoleAssignment.take(incident, "communications_lead", by=mei)
    assert reporting() == {tariq, sam, mei}

    Workstream.objects.get(pk=stream.pk).change(by=lena, state="done")
    assert reporting() == {tariq, sam, mei, noor}


def test_nobody_reports_to_a_lead_who_is_not_there(incident, lena):
    crowd(incident, 9)
    incident.roles.current().get().stand_down(by=lena)

    assert not any(code == "span_of_control" for code, _ in codes(incident))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_join_the_last_place_at_once_one_gets_it(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena, severity="sev4")
        crowd(incident, 4)
        members = newcomers(4)

    def join():
        with acting_in(committed_acme):
            member = Membership.objects.with_people().get(pk=members.pop().pk)
            try:
                Participant.join(type(incident).objects.get(pk=incident.pk), member, by=member)
                return "in"
            except Refused as refused:
                return refused.code

    outcomes = all_at_once(join, 4)

    assert sorted(outcomes) == ["in", "participant_cap", "participant_cap", "participant_cap"]


# --- Whole teams -------------------------------------------------------------------------------------


@pytest.fixture
def payments(lena, tariq, mei, sam, stan):
    team = Team.objects.create(slug="payments", name="Payments", function=lena.function)
    team.consist_of([lena, tariq, sam, stan], by=lena)
    return team


@pytest.mark.parametrize("capacity", [ACTIVE, OBSERVER])
def test_a_whole_team_is_refused_and_offered_as_followers(incident, payments, lena, capacity):
    with pytest.raises(Refused) as refused:
        Participant.bring_team(incident, payments, by=lena, capacity=capacity)

    assert (refused.value.code, refused.value.waivable) == ("department_bulk_add", False)
    assert refused.value.offers == ("follower",)
    assert "Let it follow instead" in refused.value.sentence
    assert incident.participants.count() == 1


def test_a_team_follows_in_one_act(incident, payments, lena, tariq, sam, stan):
    before = incident.last_number

    entry = Participant.bring_team(incident, payments, by=lena, capacity=FOLLOWER)

    assert (entry.number, entry.details["count"]) == (before + 1, 3)
    assert set(entry.details["members"]) == {tariq.pk, sam.pk, stan.pk}
    assert part_of(incident, lena).is_active
    assert {part_of(incident, each).capacity for each in (tariq, sam, stan)} == {"follower"}
    with pytest.raises(Refused) as refused:
        Participant.bring_team(incident, payments, by=lena, capacity=FOLLOWER)
    assert refused.value.code == "unchanged"


def test_a_stakeholder_brings_no_team(incident, payments, stan):
    with pytest.raises(Refused) as refused:
        Participant.bring_team(incident, payments, by=stan, capacity=FOLLOWER)

    assert refused.value.code == "responders_only"


def test_the_page_refuses_a_team_and_offers_it_in_the_same_answer(incident, payments, lena, tariq, signed_in):
    browser = signed_in(lena)

    refused = browser.post(url_of(incident, "participation/team/"), {"team": "payments", "capacity": "active"})
    assert refused.status_code == 409
    assert "Let it follow" in words_of(refused)
    assert 'name="capacity" value="follower"' in refused.content.decode()

    done = browser.post(url_of(incident, "participation/team/"), {"team": "payments", "capacity": "follower"})
    assert done.url == url_of(incident, "people/")
    assert part_of(incident, tariq).capacity == "follower"


# --- Going, and coming back --------------------------------------------------------------------------


def test_who_is_released_is_thanked_and_goes_on_following(incident, tariq, lena):
    Participant.join(incident, tariq, by=tariq)

    entry = part_of(incident, tariq).leave(by=lena, thanks="You found it.", reason="The fix holds")

    row = part_of(incident, tariq)
    assert (row.capacity, row.left_at, row.released_at is not None) == ("follower", None, True)
    assert (entry.details["thanks"], entry.details["reason"], entry.details["follows"]) == (
        "You found it.",
        "The fix holds",
        True,
    )


def test_who_is_released_altogether_is_gone(incident, tariq, lena):
    Participant.join(incident, tariq, by=tariq)

    part_of(incident, tariq).leave(by=lena, follows=False)

    assert part_of(incident, tariq).left_at is not None


def test_the_released_say_no_to_following(incident, tariq, lena):
    Participant.join(incident, tariq, by=tariq)
    part_of(incident, tariq).leave(by=lena)

    part_of(incident, tariq).leave(by=tariq)

    assert part_of(incident, tariq).left_at is not None


def test_only_the_lead_releases_others(incident, tariq, sam):
    Participant.join(incident, tariq, by=tariq)

    with pytest.raises(Refused) as refused:
        part_of(incident, tariq).leave(by=sam)

    assert refused.value.code == "coordination_right"


@pytest.mark.parametrize("follows", [True, False])
def test_recall_is_one_act(incident, tariq, lena, follows):
    Participant.join(incident, tariq, by=tariq)
    part_of(incident, tariq).leave(by=lena, follows=follows)

    entry = part_of(incident, tariq).recall(by=lena)

    assert (entry.kind, entry.details["name"]) == ("participant_recalled", "Tariq Haddad")
    row = part_of(incident, tariq)
    assert (row.is_active, row.released_at) == (True, None)
    with pytest.raises(Refused) as refused:
        row.recall(by=lena)
    assert refused.value.code == "unchanged"


def test_who_was_never_released_is_invited_and_not_recalled(incident, tariq, lena):
    Participant.join(incident, tariq, by=tariq, capacity=OBSERVER)

    with pytest.raises(Refused) as refused:
        part_of(incident, tariq).recall(by=lena)

    assert refused.value.code == "never_released"


def test_a_recall_into_a_full_room_wants_a_reason(incident, tariq, lena):
    Participant.join(incident, tariq, by=tariq)
    part_of(incident, tariq).leave(by=lena)
    crowd(incident, 11)

    with pytest.raises(Refused) as refused:
        part_of(incident, tariq).recall(by=lena)
    assert refused.value.code == "participant_cap"
    assert part_of(incident, tariq).recall(by=lena, waiver="It came back").details["waiver"] == "It came back"


def test_standing_a_function_down_releases_its_people_but_no_hat(incident, lena, tariq, mei):
    engineering, communications = (Function.objects.get(slug=slug) for slug in ("engineering", "communications"))
    Participant.join(incident, tariq, by=tariq)
    RoleAssignment.take(incident, "communications_lead", by=mei)
    for function in (engineering, communications):
        FunctionActivation.change(incident, function, "engaged", by=lena)
        FunctionActivation.change(
            incident, function, "stood_down", by=lena, release=True, thanks="Well done", follows=True
        )  # fmt: skip

    assert part_of(incident, tariq).capacity == "follower"
    assert part_of(incident, mei).is_active
    assert part_of(incident, lena).is_active
    assert last_entry(incident).details["function"] == "communications"
    assert incident.timeline.get(kind="participant_left").details["thanks"] == "Well done"


def test_the_form_that_stands_down_offers_to_release(incident, lena, tariq, signed_in):
    Participant.join(incident, tariq, by=tariq)
    FunctionActivation.change(incident, Function.objects.get(slug="engineering"), "engaged", by=lena)
    browser = signed_in(lena)

    assert "Release its people too" in words_of(browser.get(url_of(incident, "functions/engineering/")))
    form = {"state": "stood_down", "release": "on", "thanks": "Thank you all"}
    browser.post(url_of(incident, "functions/engineering/"), form)

    assert part_of(incident, tariq).left_at is not None
    page = words_of(browser.get(url_of(incident, "functions/engineering/")))
    assert "Recall it" in page
    assert "Release its people too" not in page


def test_release_and_recall_on_the_page(incident, lena, tariq, signed_in):
    Participant.join(incident, tariq, by=tariq)
    row = part_of(incident, tariq)
    browser = signed_in(lena)

    assert "Release with thanks" in words_of(browser.get(url_of(incident, f"people/{row.pk}/release/")))
    answer = browser.post(url_of(incident, f"people/{row.pk}/release/"), {"thanks": "You found it.", "follows": "on"})
    assert answer.url == url_of(incident, "people/")
    page = words_of(browser.get(url_of(incident, "people/")))
    assert "Recall Tariq Haddad" in page

    answer = browser.post(url_of(incident, f"people/{row.pk}/recall/"), headers=HTMX)
    assert answer.status_code == 204
    assert "live-people" in answer["HX-Trigger"]
    assert part_of(incident, tariq).is_active


def test_the_page_says_who_holds_what_since_when_and_how_present(incident, lena, tariq, signed_in):
    Participant.join(incident, tariq, by=tariq, capacity=OBSERVER)
    Participant.beat(incident, [lena.pk, tariq.pk])

    page = words_of(signed_in(lena).get(url_of(incident, "people/")))

    assert "1 active; SEV1 usually needs up to 12" in page
    assert "1 watching" in page
    assert "Lena Fischer Engineering Incident lead Active" in page
    assert "on duty) Engaged" in page
    assert "Tariq Haddad Engineering None Observer" in page


def test_a_full_room_offers_the_reason_or_to_observe(incident, sam, lena, signed_in):
    crowd(incident, 11)
    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=lena)
    browser = signed_in(sam)

    refused = browser.post(url_of(incident, "participation/"), {"capacity": "active"})
    assert refused.status_code == 409
    assert "Do it anyway, because" in words_of(refused)
    assert "Observe" in words_of(refused)

    browser.post(url_of(incident, "participation/"), {"capacity": "active", "waiver": "I know the customers"})
    assert part_of(incident, sam).is_active


def test_an_observer_is_told_to_join_instead_of_a_composer(incident, tariq, signed_in):
    assert 'id="composer"' in signed_in(tariq).get(url_of(incident)).content.decode()
    Participant.join(incident, tariq, by=tariq, capacity=OBSERVER)

    page = signed_in(tariq).get(url_of(incident), {"stream": incident.workstreams.get(position=1).pk})

    assert 'data-waits="Message"' not in page.content.decode()
    assert "To write to others, join under People." in words_of(page)


WORK = ("tasks-new", "task-{}-take", "task-{}", "decision-new", "header-decision", "changes-new", "tab-new")


@pytest.mark.parametrize("by_hat", [True, False])
def test_who_reads_along_finds_no_buttons_for_work(incident, lena, tariq, signed_in, by_hat):
    task = add_task(incident, by=lena)
    ids = [f'id="{each.format(task.pk)}"' for each in WORK]
    page = signed_in(tariq).get(url_of(incident)).content.decode()
    assert [each for each in ids if each not in page] == []
    if by_hat:
        RoleAssignment.assign(incident, "observer", tariq, by=lena)
    else:
        Participant.join(incident, tariq, by=tariq, capacity=OBSERVER)

    page = signed_in(tariq).get(url_of(incident)).content.decode()
    assert [each for each in ids if each in page] == []
    assert 'id="part-active"' in page


def test_the_verbs_refuse_who_reads_along_until_they_join(incident, lena, tariq, program):
    task, decision = add_task(incident, by=lena), raise_decision(incident, "coordination")
    Decision.open(incident, "coordination", "Fail over?", by=lena, choice="Yes")
    stream = open_workstream(incident, by=lena)
    Participant.join(incident, tariq, by=tariq, capacity=OBSERVER)
    until = (timezone.now() + timedelta(minutes=20)).isoformat()
    path, api = f"/incidents/{incident.number}/", program(tariq)
    asked = [
        (api.post, f"{path}tasks/", {"text": "Drain the queue"}),
        (api.patch, f"{path}tasks/{task.pk}/", {"owner": "tariq@acme.test"}),
        (api.patch, f"{path}tasks/{task.pk}/", {"state": "done"}),
        (api.post, f"{path}decisions/", {"class": "priority", "subject": "Sell on?"}),
        (api.post, f"{path}decisions/{decision.pk}/input/", {"text": "Wait"}),
        (api.post, f"{path}decisions/{decision.pk + 1}/execution/", {}),
        (api.post, f"{path}changes/", {"action": "Restart", "until": until}),
        (api.post, f"{path}workstreams/", {"title": "Caches"}),
        (api.patch, f"{path}workstreams/{stream.pk}/", {"title": "Caches"}),
    ]
    before = incident.timeline.count()

    answers = [(url, call(url, data).json().get("code")) for call, url, data in asked]
    assert answers == [(url, "readers_do_not_post") for _, url, _ in asked]
    assert incident.timeline.count() == before

    Participant.join(incident, tariq, by=tariq)
    assert api.post(f"{path}tasks/", {"text": "Drain the queue"}).status_code == 201


def test_what_is_ones_own_is_finished_from_the_side(incident, lena, tariq, signed_in):
    task = add_task(incident, by=lena, owner=tariq)
    part_of(incident, tariq).leave(by=tariq, follows=True)
    assert f'id="task-{task.pk}-done"' in signed_in(tariq).get(url_of(incident)).content.decode()

    assert task.done(by=tariq).details["task"] == task.pk


def test_whoever_is_asked_decides_from_the_side(incident, lena, tariq, ruth):
    Participant.join(incident, ruth, by=ruth, capacity=OBSERVER)
    decision = raise_decision(incident, "coordination", by=tariq)
    with pytest.raises(Refused) as refused:
        decision.decide("Yes", by=ruth, waiver="I am here")
    assert refused.value.code == "readers_do_not_post"

    incident.roles.current().get(role="lead").stand_down(by=lena)
    Rota.objects.create(function=Function.objects.get(slug="leadership"), on_call=ruth)
    asked = raise_decision(incident, "resource", "Two more people?", by=tariq, options=["Yes", "No"])
    assert asked.decide("Yes", by=ruth).details["decision"] == asked.number


def test_a_stakeholder_finds_no_forms_about_others(incident, tariq, stan, signed_in):
    Participant.join(incident, tariq, by=tariq)
    row = part_of(incident, tariq)
    browser = signed_in(stan)

    for rest in (f"people/{row.pk}/release/", f"people/{row.pk}/recall/", "participation/team/"):
        assert browser.post(url_of(incident, rest)).status_code == 404
    assert "Tariq" not in words_of(browser.get(url_of(incident, "people/")))
    assert part_of(incident, tariq).is_active


def test_the_page_costs_the_same_however_many_there_are(incident, lena, signed_in):
    browser = signed_in(lena)
    browser.get(url_of(incident, "people/"))
    few = queries_of(lambda: browser.get(url_of(incident, "people/")))

    crowd(incident, 10)

    assert queries_of(lambda: browser.get(url_of(incident, "people/"))) == few
