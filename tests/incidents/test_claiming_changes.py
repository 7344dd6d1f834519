"""Who changes what until when: claims, collisions, the lead's order and go, and how a change ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from incidents.guards import Facts, gaps_of
from incidents.loose_ends import loose_ends
from incidents.models import ChangeConflict, ChangeIntent, GuardWaiver, Incident, Participant, RoleAssignment
from teams.errors import Refused
from teams.models import Membership, Service
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream, propose_change, read_change

TWO_AM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CONFLICT = "conflicting_changes"


@pytest.fixture
def clock():
    """Stands still until it is shifted."""
    with time_machine.travel(TWO_AM, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena, severity="sev1")


@pytest.fixture
def needing(acme, ada):
    """Checkout needs the ledger, the ledger needs the search."""
    for service, needed in (("checkout", "ledger"), ("ledger", "search")):
        Service.objects.get(slug=service).rest_on([Service.objects.get(slug=needed)], by=ada)


def minutes(number):
    return TWO_AM + timedelta(minutes=number)


def now(change):
    """The change as it is now."""
    return read_change(change.pk)


def standing(*changes):
    return [str(now(change).standing) for change in changes]


def told(incident, *kinds):
    return list(incident.timeline.of_kinds(*kinds).in_order())


def gaps(incident):
    return [(gap.message, gap.subject) for gap in gaps_of(Facts.of(incident)) if gap.code == CONFLICT]


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value.code, refused.value.waivable


# --- Proposing --------------------------------------------------------------------------------------


def test_a_responder_says_what_they_change_until_when(incident, tariq):
    change = propose_change(incident, "ledger", "search", by=tariq, action="Roll back to 5.1", reversible=False)

    assert (change.key, change.owner, change.standing) == ("C1", tariq, "clear")
    assert (change.starts_at, change.until) == (minutes(0), minutes(30))
    assert [str(service) for service in change.services.all()] == ["Ledger", "Search"]
    (entry,) = told(incident, "change_proposed")
    assert (entry.actor, entry.details["services"], entry.details["irreversible"]) == (
        tariq,
        ["ledger", "search"],
        True,
    )
    assert Participant.objects.filter(incident=incident, membership=tariq).exists()


def test_changes_are_numbered_in_their_incident(incident, lena, tariq):
    other = declare_incident(lena)

    keys = [propose_change(each, by=tariq).key for each in (incident, incident, other)]

    assert keys == ["C1", "C2", "C1"]


@pytest.mark.parametrize(
    ("begins", "lasts", "code"), [(0, 0, "window_order"), (-90, 60, "window_order"), (0, 24 * 60 + 1, "window_far")]
)
def test_a_window_that_makes_no_sense(incident, tariq, begins, lasts, code):
    assert refusal(propose_change, incident, by=tariq, begins=begins, minutes=lasts) == (code, False)
    assert not ChangeIntent.objects.exists()


def test_stakeholders_neither_propose_nor_own_a_change(incident, lena, stan):
    assert refusal(propose_change, incident, by=stan) == ("responders_only", False)
    assert refusal(propose_change, incident, by=lena, owner=stan) == ("responders_only", False)


def test_nothing_is_claimed_in_an_incident_that_is_over(incident, lena):
    incident.resolve(by=lena)

    assert refusal(propose_change, incident, by=lena) == ("not_open", False)


# --- Collisions -------------------------------------------------------------------------------------


def test_two_changes_of_one_service_collide_and_both_owners_and_the_lead_are_told(incident, lena, tariq, sam):
    first = propose_change(incident, "ledger", by=tariq)
    second = propose_change(incident, "ledger", "search", by=sam)

    assert standing(first, second) == ["conflict", "conflict"]
    (entry,) = told(incident, "changes_collided")
    assert entry.details == {
        "change": second.pk,
        "key": "C2",
        "other": "C1",
        "about": "same service: Ledger",
        "told_members": sorted([tariq.pk, sam.pk]),
    }
    assert gaps(incident) == [("C1 and C2 are in each other's way (same service: Ledger).", f"{first.pk}-{second.pk}")]


@pytest.mark.parametrize(("one", "other"), [("checkout", "search"), ("search", "checkout")])
def test_services_that_need_each_other_collide_all_the_way(incident, needing, tariq, sam, one, other):
    propose_change(incident, one, by=tariq)

    assert propose_change(incident, other, by=sam).standing == "conflict"
    assert ChangeConflict.objects.get().about == "Checkout needs Search"


def test_two_that_need_the_same_and_not_each_other_do_not_collide(incident, lena, tariq, ada):
    for slug in ("checkout", "ledger"):
        Service.objects.get(slug=slug).rest_on([Service.objects.get(slug="search")], by=ada)
    propose_change(incident, "checkout", by=tariq)

    assert propose_change(incident, "ledger", by=lena).standing == "clear"


@pytest.mark.parametrize(("begins", "expected"), [(29, "conflict"), (30, "clear"), (31, "clear")])
def test_windows_that_only_touch_do_not_collide(incident, tariq, sam, begins, expected):
    propose_change(incident, "ledger", by=tariq, minutes=30)

    assert propose_change(incident, "ledger", by=sam, begins=begins).standing == expected


def test_what_is_late_is_taken_to_go_on(incident, tariq, sam, clock):
    late = propose_change(incident, "ledger", by=tariq, minutes=30)
    late.start(by=tariq, waiver="Now")
    clock.shift(timedelta(minutes=35))

    assert propose_change(incident, "ledger", by=sam).standing == "conflict"


@pytest.mark.parametrize("end", ["withdraw", "finish"])
def test_what_is_over_is_in_nobodys_way(incident, lena, tariq, sam, end):
    first, second = (propose_change(incident, "ledger", by=by) for by in (tariq, sam))
    if end == "finish":
        now(first).start(by=lena, waiver="It burns")
        now(first).finish("succeeded", by=tariq)
    else:
        now(first).withdraw(by=tariq)

    assert standing(second) == ["clear"]
    assert gaps(incident) == []


def test_a_change_in_another_incident_collides_and_both_incidents_hear_of_it(incident, lena, tariq, sam):
    other = declare_incident(tariq)
    theirs = propose_change(other, "ledger", by=tariq)

    ours = propose_change(incident, "ledger", by=sam)

    assert standing(theirs, ours) == ["conflict", "conflict"]
    (here,), (there,) = told(incident, "changes_collided"), told(other, "changes_collided")
    assert (here.details["key"], here.details["other"]) == ("C1", "INC-2 C1")
    assert (there.details["key"], there.details["other"]) == ("C1", "INC-1 C1")
    assert len(gaps(incident)) == len(gaps(other)) == 1


def test_a_change_in_an_incident_that_one_may_not_see_stays_out_of_sight(incident, lena, ruth, sam):
    hidden = declare_incident(ruth, "Somebody got in", private=True)
    propose_change(hidden, "ledger", by=ruth)

    unknowing = propose_change(incident, "ledger", by=sam)
    knowing = propose_change(incident, "ledger", by=ruth, begins=60)
    colliding = propose_change(hidden, "ledger", by=ruth, begins=60)

    assert standing(unknowing, knowing, colliding) == ["clear", "conflict", "conflict"]
    (entry,) = told(incident, "changes_collided")
    assert entry.details["other"] == "a change in another incident"
    assert "INC-2" not in str([entry.details for entry in incident.timeline.in_order()])


def test_each_owner_is_told_in_their_own_incident_and_not_of_another(incident, lena, tariq):
    private = declare_incident(lena, "Somebody copied the customer list", severity="sev1", private=True)
    propose_change(incident, "ledger", by=tariq)

    propose_change(private, "ledger", by=lena)

    assert [entry.details["told_members"] for entry in told(incident, "changes_collided")] == [[tariq.pk]]
    assert [entry.details["told_members"] for entry in told(private, "changes_collided")] == [[lena.pk]]


def test_a_drill_collides_with_nothing_real(incident, lena, tariq):
    drill = declare_incident(lena, drill=True)
    propose_change(incident, "ledger", by=tariq)

    assert propose_change(drill, "ledger", by=tariq).standing == "clear"


def test_an_incident_that_is_over_is_in_nobodys_way(incident, lena, tariq, sam):
    other = declare_incident(tariq)
    propose_change(other, "ledger", by=tariq)
    ours = propose_change(incident, "ledger", by=sam)

    other.resolve(by=tariq)

    assert standing(ours) == ["clear"]
    assert gaps(incident) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("apart", [False, True], ids=["one incident", "two incidents"])
def test_of_two_proposals_at_the_same_moment_both_see_the_conflict(committed_acme, apart):
    with acting_in(committed_acme):
        first = declare_incident(None).pk
        second = declare_incident(None).pk if apart else first

    def propose(pair):
        local, incident = pair
        try:
            with acting_in(committed_acme):
                by = Membership.objects.with_people().get(person__email=f"{local}@acme.test")
                return propose_change(Incident.objects.get(pk=incident), "ledger", by=by).pk
        finally:
            connection.close()

    claims = [("tariq", first), ("sam", second), ("mei", first), ("lena", second)]
    with ThreadPoolExecutor(4) as people:
        changes = list(people.map(propose, claims))

    with acting_in(committed_acme):
        assert {str(read_change(pk).standing) for pk in changes} == {"conflict"}
        assert ChangeConflict.objects.count() == 6


# --- The lead's go ----------------------------------------------------------------------------------


def test_the_lead_lets_it_go_and_the_owner_starts(incident, lena, tariq):
    change = propose_change(incident, "ledger", by=tariq)

    released = change.release(by=lena)
    started = now(change).start(by=tariq)

    assert (released.kind, released.details["told_members"]) == ("change_released", [tariq.pk])
    assert (started.kind, "waiver" in started.details) == ("change_started", False)
    assert standing(change) == ["started"]
    assert refusal(now(change).release, by=lena) == ("unchanged", False)
    assert refusal(now(change).start, by=tariq) == ("change_order", False)


def test_only_the_lead_lets_it_go(incident, tariq):
    change = propose_change(incident, "ledger", by=tariq)

    assert refusal(change.release, by=tariq) == ("coordination_right", True)
    entry = now(change).release(by=tariq, waiver="Lena is on a train")
    assert entry.details["waiver"] == "Lena is on a train"


def test_without_the_leads_go_it_is_started_with_a_reason_only(incident, tariq):
    change = propose_change(incident, "ledger", by=tariq)

    assert refusal(change.start, by=tariq) == ("not_released", True)
    entry = now(change).start(by=tariq, waiver="It is losing money")
    assert (entry.details["waiver"], standing(change)) == ("It is losing money", ["started"])


def test_whoever_may_let_it_go_does_so_by_starting(incident, lena):
    change = propose_change(incident, "ledger", by=lena)

    change.start(by=lena)

    assert [entry.kind for entry in told(incident, "change_released", "change_started")] == [
        "change_released",
        "change_started",
    ]


def test_nobody_is_locked_out_while_nobody_leads(incident, lena, tariq):
    incident.roles.current().get(role="lead").stand_down(by=lena)
    change = propose_change(incident, "ledger", by=tariq)

    change.start(by=tariq)

    assert standing(change) == ["started"]


def test_somebody_elses_change_wants_a_reason(incident, tariq, sam):
    change = propose_change(incident, "ledger", by=tariq)

    for act in (change.start, change.withdraw):
        assert refusal(act, by=sam) == ("change_owner", True)
    assert refusal(change.extend, minutes(40), by=sam) == ("change_owner", True)
    assert now(change).withdraw(by=sam, waiver="Tariq fell asleep").details["waiver"] == "Tariq fell asleep"


def test_a_conflict_is_not_let_go_unless_a_reason_says_why(incident, lena, tariq, sam):
    first, second = (propose_change(incident, "ledger", by=by) for by in (tariq, sam))

    assert refusal(first.release, by=lena) == ("conflicting_changes", True)
    entry = now(first).release(by=lena, waiver="They touch different tables")

    assert (entry.details["waiver"], entry.details["waived"]) == (
        "They touch different tables",
        ["conflicting_changes"],
    )
    assert standing(first, second) == ["released", "clear"]
    assert gaps(incident) == []
    assert GuardWaiver.objects.get().subject == f"{first.pk}-{second.pk}"


def test_a_gap_that_was_settled_on_the_board_holds_nobody_up(incident, lena, tariq, sam):
    first, second = (propose_change(incident, "ledger", by=by) for by in (tariq, sam))
    ((_, subject),) = gaps(incident)

    GuardWaiver.grant(incident, "conflicting_changes", subject, reason="Different tables", by=lena)

    assert gaps(incident) == []
    assert "waived" not in now(first).release(by=lena).details
    assert standing(first, second) == ["released", "clear"]


def test_a_conflict_with_what_was_released_before_holds_up_the_start(incident, lena, tariq, sam):
    first = propose_change(incident, "ledger", by=tariq)
    first.release(by=lena)
    second = propose_change(incident, "ledger", by=sam)

    assert standing(first, second) == ["released", "conflict"]
    assert refusal(now(first).start, by=tariq) == ("conflicting_changes", True)


def test_starting_early_looks_around_again(incident, lena, tariq, sam):
    propose_change(incident, "ledger", by=tariq, minutes=30)
    later = propose_change(incident, "ledger", by=sam, begins=60)
    later.release(by=lena)

    assert refusal(now(later).start, by=sam) == ("conflicting_changes", True)
    now(later).start(by=sam, waiver="Tariq agreed")

    assert (now(later).starts_at, standing(later)) == (minutes(0), ["started"])


# --- The lead's order -------------------------------------------------------------------------------


@pytest.fixture
def colliding(incident, tariq, sam):
    return [propose_change(incident, "ledger", by=by) for by in (tariq, sam)]


def test_the_lead_puts_them_one_after_the_other(incident, lena, tariq, sam, colliding):
    first, second = colliding

    entry = ChangeIntent.arrange(incident, [second, first], by=lena)

    assert (entry.kind, entry.details["order"]) == ("changes_arranged", ["C2", "C1"])
    assert entry.details["told_members"] == sorted([tariq.pk, sam.pk])
    assert standing(first, second) == ["clear", "clear"]
    assert [str(change) for change in now(first).waits_for] == [str(second)]
    assert (now(first).starts_at, now(first).until) == (minutes(30), minutes(60))
    assert [entry.details["after"] for entry in told(incident, "change_moved")] == ["C2"]
    assert gaps(incident) == []
    assert incident.obligations.get(kind="change", subject=first.pk).due_at == minutes(60)


def test_who_comes_later_waits_until_the_first_is_over(incident, lena, tariq, sam, colliding):
    first, second = colliding
    ChangeIntent.arrange(incident, [first, second], by=lena)
    for change in colliding:
        now(change).release(by=lena)
    now(first).start(by=tariq)

    with pytest.raises(Refused, match="C2 comes after C1, which is not over") as refused:
        now(second).start(by=sam)
    assert (refused.value.code, refused.value.waivable) == ("conflicting_changes", True)

    ended = now(first).finish("succeeded", by=tariq, text="Errors are gone")
    assert ended.details["told_members"] == [sam.pk]
    assert now(second).start(by=sam).kind == "change_started"


def test_only_the_lead_says_who_goes_first(incident, lena, tariq, colliding):
    assert refusal(ChangeIntent.arrange, incident, colliding, by=tariq) == ("coordination_right", True)
    assert standing(*colliding) == ["conflict", "conflict"]

    entry = ChangeIntent.arrange(incident, colliding, by=tariq, waiver="Lena asked me to")
    assert entry.details["waiver"] == "Lena asked me to"


def test_the_leads_of_both_incidents_are_asked(incident, lena, tariq, sam):
    other = declare_incident(tariq)
    pair = [propose_change(other, "ledger", by=tariq), propose_change(incident, "ledger", by=sam)]

    assert refusal(ChangeIntent.arrange, incident, pair, by=lena) == ("coordination_right", True)
    ChangeIntent.arrange(incident, pair, by=lena, waiver="Tariq said yes on the phone")

    assert standing(*pair) == ["clear", "clear"]
    assert [told(each, "changes_arranged")[0].details["order"] for each in (incident, other)] == [
        ["INC-2 C1", "C1"],
        ["C1", "INC-1 C1"],
    ]


def test_what_is_not_in_each_others_way_has_no_order(incident, lena, tariq, sam):
    pair = [propose_change(incident, "ledger", by=tariq), propose_change(incident, "search", by=sam)]

    assert refusal(ChangeIntent.arrange, incident, pair, by=lena) == ("unchanged", False)


def test_what_is_under_way_goes_first(incident, lena, tariq, colliding):
    first, second = colliding
    now(first).start(by=tariq, waiver="It burns")

    assert refusal(ChangeIntent.arrange, incident, [second, first], by=lena) == ("change_order", False)


def test_three_changes_never_wait_for_each_other_in_a_circle(incident, lena, tariq, sam, mei):
    one, two, three = (propose_change(incident, "ledger", by=by) for by in (tariq, sam, mei))
    ChangeIntent.arrange(incident, [one, two], by=lena)
    ChangeIntent.arrange(incident, [two, three], by=lena)

    assert refusal(ChangeIntent.arrange, incident, [three, one], by=lena) == ("circular_order", False)
    ChangeIntent.arrange(incident, [three, one, two], by=lena)

    assert {change.key: [str(other.key) for other in now(change).waits_for] for change in (one, two, three)} == {
        "C1": ["C3"],
        "C2": ["C1", "C3"],
        "C3": [],
    }


def test_an_order_can_be_turned_round(incident, lena, colliding):
    first, second = colliding
    ChangeIntent.arrange(incident, [first, second], by=lena)

    ChangeIntent.arrange(incident, [second, first], by=lena)

    assert [change.key for change in now(first).waits_for] == ["C2"]
    assert now(second).waits_for == []


# --- Its end ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", ["succeeded", "failed", "rolled_back"])
def test_its_owner_says_how_it_ended(incident, lena, tariq, result):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)

    entry = now(change).finish(result, by=tariq, text="As planned")

    assert (entry.kind, entry.details["result"], entry.details["text"]) == ("change_ended", result, "As planned")
    assert standing(change) == [result]
    assert not incident.obligations.live().filter(kind="change").exists()
    assert refusal(now(change).finish, result, by=tariq) == ("change_order", False)


def test_nothing_ends_that_did_not_begin(incident, tariq):
    change = propose_change(incident, "ledger", by=tariq)

    assert refusal(change.finish, "succeeded", by=tariq) == ("change_order", False)
    assert refusal(change.finish, "withdrawn", by=tariq) == ("change_result", False)


def test_what_is_under_way_is_not_withdrawn(incident, lena, tariq):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)

    assert refusal(now(change).withdraw, by=tariq) == ("change_order", False)


def test_it_is_withdrawn_once(incident, tariq):
    change = propose_change(incident, "ledger", by=tariq)

    assert change.withdraw(by=tariq, reason="Not needed").details["reason"] == "Not needed"
    assert refusal(now(change).withdraw, by=tariq) == ("unchanged", False)


def test_it_takes_longer_and_what_comes_after_moves_along(incident, lena, tariq, sam, colliding):
    first, second = colliding
    ChangeIntent.arrange(incident, colliding, by=lena)

    entry = now(first).extend(minutes(45), by=tariq, reason="One node hangs")

    assert (entry.kind, entry.details["reason"]) == ("change_extended", "One node hangs")
    assert (now(second).starts_at, now(second).until) == (minutes(45), minutes(75))
    assert incident.obligations.get(kind="change", subject=first.pk).due_at == minutes(45)


def test_taking_longer_may_get_in_somebodys_way(incident, tariq, sam):
    first = propose_change(incident, "ledger", by=tariq)
    second = propose_change(incident, "ledger", by=sam, begins=30)
    assert standing(first, second) == ["clear", "clear"]

    first.extend(minutes(31), by=tariq)

    assert standing(first, second) == ["conflict", "conflict"]
    assert len(told(incident, "changes_collided")) == 1


@pytest.mark.parametrize("until", [30, 20])
def test_longer_is_later(incident, tariq, until):
    change = propose_change(incident, "ledger", by=tariq)

    assert refusal(change.extend, minutes(until), by=tariq) == ("window_order", False)


# --- Its time ---------------------------------------------------------------------------------------


def advance(incident, change, at):
    obligation = incident.obligations.live().get(kind="change", subject=change.pk)
    return obligation.advance(minutes(at))


def test_its_owner_is_reminded_and_ten_minutes_later_it_lapses(incident, lena, tariq, sam):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    in_the_way = propose_change(incident, "ledger", by=sam, begins=20)

    assert advance(incident, change, 29) is None
    due = advance(incident, change, 30)
    assert (due.kind, due.details["told_members"], due.details.get("told", [])) == ("change_due", [tariq.pk], [])
    assert standing(change) == ["started"]

    lapsed = advance(incident, change, 40)
    assert (lapsed.kind, lapsed.details["told"]) == ("change_lapsed", ["lead"])
    assert standing(change, in_the_way) == ["lapsed", "clear"]
    assert not incident.obligations.live().filter(kind="change", subject=change.pk).exists()


def test_a_late_word_about_one_that_lapsed_is_taken(incident, lena, tariq):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    advance(incident, change, 41)

    entry = now(change).finish("succeeded", by=tariq)

    assert (entry.details["late"], standing(change)) == (True, ["succeeded"])


def test_one_that_never_began_lapses_without_a_result(incident, tariq):
    change = propose_change(incident, "ledger", by=tariq)
    advance(incident, change, 41)

    assert refusal(now(change).finish, "succeeded", by=tariq) == ("change_order", False)
    assert refusal(now(change).extend, minutes(60), by=tariq) == ("change_order", False)


def test_an_extended_change_is_reminded_of_its_new_time(incident, tariq, clock):
    change = propose_change(incident, "ledger", by=tariq)
    clock.shift(timedelta(minutes=30))
    advance(incident, change, 30)

    now(change).extend(minutes(50), by=tariq)

    assert advance(incident, change, 49) is None
    assert advance(incident, change, 50).kind == "change_due"


def test_the_clocks_stop_with_the_incident_and_go_on_with_it(incident, lena, tariq, clock):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    clock.shift(timedelta(minutes=5))

    incident.resolve(by=lena)
    assert not incident.obligations.live().exists()

    clock.shift(timedelta(minutes=60))
    incident.reopen(by=lena)
    assert advance(incident, change, 65).kind == "change_lapsed"


def test_its_end_is_told_after_the_incident(incident, lena, tariq):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    incident.resolve(by=lena)

    assert now(change).finish("succeeded", by=tariq).kind == "change_ended"


def test_what_is_under_way_is_named_before_the_incident_ends(incident, lena, tariq, sam):
    propose_change(incident, "ledger", by=tariq).start(by=lena)
    propose_change(incident, "search", by=sam, action="Reindex")

    sentences = [end.sentence for end in loose_ends(incident, lena)]

    assert "Changes under way: C1 Drain the queue (Tariq Haddad)" in sentences
    assert "Changes that were never begun: C2 Reindex" in sentences


def test_a_new_lead_gives_the_go(incident, lena, tariq, sam):
    change = propose_change(incident, "ledger", by=tariq)
    RoleAssignment.assign(incident, "lead", sam, by=lena)

    assert refusal(change.release, by=lena) == ("coordination_right", True)
    assert now(change).release(by=sam).kind == "change_released"


# --- In a restricted workstream -----------------------------------------------------------------------


def test_a_restricted_change_stays_hidden_where_it_is_in_the_way(incident, lena, tariq, sam):
    stream = open_workstream(incident, by=lena, restricted=True, members=[tariq])
    hidden = propose_change(incident, "ledger", by=tariq, workstream=stream, action="Rotate the keys")
    propose_change(incident, "ledger", by=sam, begins=5)
    assert not told(incident, "changes_collided"), "Sam may not know of it"

    ours = propose_change(incident, "ledger", by=tariq, begins=60)
    hidden.extend(minutes(70), by=tariq)

    assert standing(hidden, ours) == ["conflict", "conflict"]
    readable = incident.timeline.visible_to(sam).of_kinds("changes_collided").in_order()
    assert [(entry.details["key"], entry.details["other"]) for entry in readable] == [
        ("C2", "another change"),
        ("C3", "another change"),
    ]
    for member in (sam, tariq):
        sentences = [gap.message for gap in gaps_of(Facts.of(incident, viewer=member)) if gap.code == CONFLICT]
        assert "C3 and another change are in each other's way (same service: Ledger)." in sentences
        assert not any("C1" in sentence for sentence in sentences)
    assert hidden not in ChangeIntent.objects.visible_to(sam)
    assert hidden in ChangeIntent.objects.visible_to(tariq)
