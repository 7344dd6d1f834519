"""Decisions: who may, who may not, who stands in; one open question, and a clock that decides nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from incidents.guards import Facts, gaps_of
from incidents.loose_ends import loose_ends
from incidents.models import Decision, GuardWaiver, Incident, Obligation, Participant, RoleAssignment
from incidents.rights import Rights
from playbooks.models import DecisionDeadline, DecisionRight
from teams.errors import Refused
from teams.models import Function, Membership, Person, Rota, TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream, post_message, raise_decision
from tests.incidents.pages import all_at_once, last_entry
from tests.queries import undone

TWO_AM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev2")


@pytest.fixture
def ruth_decides(incident, ruth):
    """Ruth is the executive of the incident."""
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    return ruth


def newcomer(name):
    person = Person.objects.create_user(f"{name.lower()}@acme.test", "correct horse battery", name=name)
    return Membership.objects.create(person=person, role="responder")


def refusal_of(act):
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code, refusal.value.waivable


# --- Rights: role × class × situation, complete -----------------------------------------------------------

CLASSES = ("investigation", "coordination", "priority", "resource")
ROLES = (
    "lead", "coordinator", "other coordinator", "communications lead", "liaison", "product", "executive",
    "responder", "observer", "administrator", "stakeholder",
)  # fmt: skip
HAT_OF_CLASS = dict(zip(CLASSES, ("coordinator", "lead", "product", "executive"), strict=True))
EVERY_RESPONDER = set(ROLES) - {"stakeholder"}
# Situation → class → who decides by right. Nobody else does without a reason.
DECIDERS = {
    "everybody is here": {
        "investigation": {"coordinator"},
        "coordination": {"lead"},
        "priority": {"product"},
        "resource": {"executive"},
    },
    "the holder is missing": {
        "investigation": {"lead"},
        "coordination": {"executive"},
        "priority": {"lead"},
        "resource": {"administrator"},
    },
    "the holder is missing, leadership is on call": {
        "investigation": {"lead"},
        "coordination": {"executive"},
        "priority": {"lead"},
        "resource": {"responder"},
    },
    "nobody has a role": {
        "investigation": EVERY_RESPONDER,
        "coordination": EVERY_RESPONDER,
        "priority": EVERY_RESPONDER,
        "resource": {"administrator"},
    },
}


@pytest.fixture
def people(tariq, mei, sam, ruth, ada, stan):
    return {
        "lead": tariq,
        "coordinator": newcomer("Kim"),
        "other coordinator": newcomer("Jo"),
        "communications lead": mei,
        "liaison": sam,
        "product": newcomer("Pia"),
        "executive": ruth,
        "responder": newcomer("Noor"),
        "observer": newcomer("Otto"),
        "administrator": ada,
        "stakeholder": stan,
    }


@pytest.fixture
def cast_in(people, lena):
    """`cast_in(situation, decision_class)` is an incident where that is so."""

    def cast(situation, decision_class):
        incident = declare_incident(None)
        # Lena owns Acme, and would be an administrator too many.
        Membership.objects.filter(pk=lena.pk).update(role="responder")
        Participant.join(incident, people["observer"], by=None, capacity="observer")
        if situation == "nobody has a role":
            return incident
        domains = {slug: TechnicalDomain.objects.get(slug=slug) for slug in ("backend", "database")}
        hats = {
            "lead": ("lead", None),
            "communications lead": ("communications_lead", None),
            "liaison": ("support_liaison", None),
            "product": ("product", None),
            "executive": ("executive", None),
            "coordinator": ("technical_coordinator", domains["backend"]),
            "other coordinator": ("technical_coordinator", domains["database"]),
        }
        if situation != "everybody is here":
            del hats[HAT_OF_CLASS[decision_class]]
        for who, (role, domain) in hats.items():
            RoleAssignment.assign(incident, role, people[who], by=None, domain=domain)
        if situation.endswith("on call"):
            Rota.objects.create(function=Function.objects.get(slug="leadership"), on_call=people["responder"])
        return incident

    return cast


def question(incident, decision_class, **fields):
    domain = TechnicalDomain.objects.get(slug="backend") if decision_class == "investigation" else None
    return raise_decision(incident, decision_class, domain=domain, options=["Yes", "No"], **fields)


@pytest.mark.parametrize("situation", DECIDERS)
@pytest.mark.parametrize("decision_class", CLASSES)
def test_who_decides(decision_class, situation, cast_in, people):
    incident = cast_in(situation, decision_class)
    deciders = DECIDERS[situation][decision_class]

    for role in ROLES:
        with undone():
            decides(role, question(incident, decision_class), people[role], by_right=role in deciders)


# Who decides nothing, even with a reason: they answer a question, or join first.
REFUSED = {"stakeholder": "responders_only", "observer": "readers_do_not_post"}


def decides(role, decision, person, *, by_right):
    """Try it, with a reason where one is wanted, and look at what stands afterwards."""
    if by_right:
        decision.decide("Yes", by=person)
    elif role in REFUSED:
        assert refusal_of(lambda: decision.decide("Yes", by=person, waiver="Now")) == (REFUSED[role], False)
    else:
        refused = refusal_of(lambda: decision.decide("Yes", by=person))
        assert refused == ("decision_outside_authority", True), role
        decision.decide("Yes", by=person, waiver="The customers cannot wait")
    decision.refresh_from_db()
    decided = by_right or role not in REFUSED
    assert decision.state == ("decided" if decided else "raised"), role
    assert decision.outside_authority is (decided and not by_right), role
    assert bool(decision.authority_used) is by_right, role


def test_an_organisation_may_arrange_it_otherwise(incident, lena, mei):
    RoleAssignment.assign(incident, "communications_lead", mei, by=mei)
    DecisionRight.objects.create(decision_class="priority", role="communications_lead")
    decision = question(incident, "priority")

    decision.decide("Yes", by=mei)

    assert (decision.authority_used, decision.interim) == ("communications_lead", False)


# --- Asking, deciding, proposing -------------------------------------------------------------------------------


def test_a_question_goes_to_whoever_holds_the_right(incident, tariq, lena):
    entry = Decision.open(
        incident, "coordination", "Roll back  the gateway?", by=tariq,
        options=["Roll back", {"text": "Wait", "tradeoff": "Four in ten payments fail meanwhile"}],
        cost_of_waiting="4,200 € a minute",
    )  # fmt: skip

    decision = incident.decisions.get()
    assert (str(decision), decision.state, decision.asked_of) == ("D1 Roll back the gateway?", "raised", "lead")
    assert [option["key"] for option in decision.options] == ["a", "b"]
    assert (entry.kind, entry.details["told_members"], entry.details["options"]) == (
        "decision_raised", [lena.pk], ["Roll back", "Wait"],
    )  # fmt: skip


def test_one_act_asks_and_decides_where_the_right_is_there(incident, lena):
    entry = Decision.open(incident, "coordination", "Roll back?", by=lena, choice="Yes", reason="Errors at 40 %")

    decision = incident.decisions.get()
    assert (decision.state, decision.choice, decision.decided_by, decision.authority_used) == (
        "decided", "Yes", lena, "lead",
    )  # fmt: skip
    assert entry.kind == "decision_made"
    assert not incident.obligations.live().filter(kind="decision").exists()


def test_a_choice_without_the_right_is_input_and_decides_nothing(incident, tariq):
    entry = Decision.open(incident, "coordination", "Roll back?", by=tariq, choice="Yes", reason="I saw the logs")

    decision = incident.decisions.get()
    assert entry.kind == "decision_input"
    assert (decision.state, decision.choice) == ("raised", "")
    assert [(each.given_by, each.choice, each.text) for each in decision.inputs.all()] == [
        (tariq, "Yes", "I saw the logs")
    ]


def test_a_second_direction_joins_the_open_question(incident, tariq, sam, lena):
    Decision.open(incident, "coordination", "Roll back?", by=tariq, choice="Yes")
    Decision.open(incident, "priority", "  roll BACK? ", by=sam, choice="No")

    decision = incident.decisions.get()
    assert [each.choice for each in decision.inputs.order_by("pk")] == ["Yes", "No"]

    # Calling it something else does not make it anybody else's: Lena leads, and it is the lead's.
    Decision.open(incident, "resource", "Roll back?", by=lena, choice="Yes")
    assert incident.decisions.get().decided_by == lena


def test_the_key_of_an_option_stands_for_its_words(incident, lena):
    decision = raise_decision(incident, "coordination", options=["Roll back", "Wait"])

    assert decision.decide("B", by=lena).details["choice"] == "Wait"


def test_the_system_decides_nothing_whatever_the_reason(incident):
    decision = raise_decision(incident, "coordination")

    assert refusal_of(lambda: decision.decide("Yes", by=None, waiver="It is late")) == ("person_only", False)


def test_the_domain_of_an_investigation_decides_and_no_other_class_has_one(incident, lena):
    backend = TechnicalDomain.objects.get(slug="backend")

    assert refusal_of(lambda: raise_decision(incident, "coordination", domain=backend))[0] == "domain_of_investigation"


def test_nobody_decides_twice(incident, lena):
    decision = raise_decision(incident, "coordination")
    decision.decide("Yes", by=lena)

    assert refusal_of(lambda: decision.decide("No", by=lena)) == ("decided", False)
    assert refusal_of(lambda: decision.give_input("No", by=lena)) == ("decided", False)


def test_the_same_form_sent_twice_is_one_decision(incident, lena):
    for _ in range(2):
        entry = Decision.open(incident, "coordination", "Roll back?", by=lena, choice="Yes", key="once")

    assert incident.decisions.count() == 1
    assert entry.kind == "decision_made"
    # And without its key, the same word of the same person is not a new one.
    again = refusal_of(lambda: Decision.open(incident, "coordination", "Roll back?", by=lena, choice="Yes"))
    assert again == ("unchanged", False)


def test_the_same_proposal_twice_is_one(incident, tariq):
    Decision.open(incident, "coordination", "Roll back?", by=tariq, choice="Yes")

    again = refusal_of(lambda: Decision.open(incident, "coordination", "Roll back?", by=tariq, choice="Yes"))

    assert again == ("unchanged", False)
    assert incident.decisions.get().inputs.count() == 1


def test_a_closed_incident_asks_nothing(incident, lena):
    decision = raise_decision(incident, "coordination")
    incident.resolve(by=lena)

    assert refusal_of(lambda: raise_decision(incident, "coordination", subject="Other"))[0] == "not_open"
    assert refusal_of(lambda: decision.decide("Yes", by=lena))[0] == "not_open"


def test_a_question_raised_from_a_message_keeps_the_link_and_its_workstream(incident, lena):
    stream = open_workstream(incident, by=lena)
    message = post_message(incident, "Shall we roll back?", by=lena, workstream=stream)

    decision = raise_decision(incident, "coordination", source_message=message)

    assert (decision.source_message, decision.workstream) == (message, stream)
    assert last_entry(incident).workstream == stream


# --- One open decision per subject ---------------------------------------------------------------------------


def test_the_second_to_ask_is_led_to_the_open_one(incident, tariq):
    raise_decision(incident, "coordination", subject="Roll back the gateway?")

    with pytest.raises(Refused, match="D1 asks this already") as refusal:
        Decision.open(incident, "coordination", "roll back   THE gateway?", by=tariq)

    assert (refusal.value.code, refusal.value.facts) == ("decision_open", {"decision": 1})


def test_the_database_itself_refuses_a_second_open_one(incident):
    decision = raise_decision(incident, "coordination")
    decision.pk, decision.number = None, 2

    with pytest.raises(IntegrityError), transaction.atomic():
        decision.save(force_insert=True)


def test_eight_people_asking_at_once_ask_once(committed_acme):
    with acting_in(committed_acme):
        incident = declare_incident(None)

    def raise_it():
        try:
            with acting_in(committed_acme):
                Decision.open(Incident.objects.get(pk=incident.pk), "coordination", "Roll back?", by=None)
                return "asked"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    assert sorted(all_at_once(raise_it)) == ["asked"] + ["decision_open"] * 7


def test_two_who_decide_at_once_make_one_decision(committed_acme):
    with acting_in(committed_acme):
        incident = declare_incident(None)
        decision = raise_decision(incident, "coordination")
        tariq = Membership.objects.get(person__email="tariq@acme.test").pk

    def decide():
        try:
            with acting_in(committed_acme):
                mine = Decision.objects.select_related("incident").get(pk=decision.pk)
                mine.decide("Yes", by=Membership.objects.with_people().get(pk=tariq))
                return "decided first"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    assert sorted(all_at_once(decide)) == ["decided"] * 7 + ["decided first"]
    with acting_in(committed_acme):
        assert incident.timeline.of_kinds("decision_made").count() == 1


# --- Outside authority -------------------------------------------------------------------------------------------


def test_deciding_anyway_is_kept_as_outside_authority_and_the_holder_takes_it_back(incident, ruth_decides, lena):
    decision = question(incident, "resource")

    entry = decision.decide("Yes", by=lena, waiver="Ruth is on a plane")

    assert (entry.details["waived"], entry.details["overruled"]) == (["decision_outside_authority"], [ruth_decides.pk])
    waiver = GuardWaiver.objects.get()
    assert (waiver.guard, waiver.subject, waiver.reason) == (
        "decision_outside_authority", "D1", "Ruth is on a plane",
    )  # fmt: skip

    decision.reverse(by=ruth_decides, reason="The launch comes first")

    decision.refresh_from_db()
    undone = incident.decisions.get(number=2)
    assert (decision.state, undone.reverses, undone.state, undone.decided_by, undone.outside_authority) == (
        "reversed", decision, "decided", ruth_decides, False,
    )  # fmt: skip


def test_taking_back_wants_a_reason_and_the_right(incident, tariq, lena):
    decision = raise_decision(incident, "coordination")
    assert refusal_of(lambda: decision.reverse(by=lena, reason="Wrong"))[0] == "not_standing"
    decision.decide("Yes", by=lena)

    assert refusal_of(lambda: decision.reverse(by=lena, reason=""))[0] == "reason_required"
    assert refusal_of(lambda: decision.reverse(by=tariq, reason="Wrong")) == ("decision_outside_authority", True)


# --- History -----------------------------------------------------------------------------------------------------


def test_a_new_choice_replaces_the_old_one_and_both_are_kept(incident, lena, tariq):
    decision = raise_decision(incident, "coordination", by=tariq)
    decision.decide("Yes", by=lena)

    entry = decision.supersede("No, fix forward", by=lena, reason="The fix is ready")

    decision.refresh_from_db()
    new = incident.decisions.get(number=2)
    assert (decision.state, decision.choice) == ("superseded", "Yes")
    assert (new.state, new.choice, new.supersedes, entry.details["supersedes"]) == (
        "decided", "No, fix forward", decision, 1,
    )  # fmt: skip
    assert refusal_of(lambda: decision.supersede("Yes", by=lena))[0] == "not_standing"


def test_deciding_the_same_subject_again_replaces_what_was_not_done_yet(incident, lena):
    first = raise_decision(incident, "coordination", subject="Which region first?")
    first.decide("Europe", by=lena)

    Decision.open(incident, "coordination", "which region first?", by=lena, choice="Asia")

    first.refresh_from_db()
    assert (first.state, incident.decisions.get(number=2).supersedes) == ("superseded", first)


def test_what_was_done_stays_done_when_the_question_comes_again(incident, lena):
    first = raise_decision(incident, "coordination", subject="Restart?")
    first.decide("Yes", by=lena)
    first.execute(by=lena)

    Decision.open(incident, "coordination", "Restart?", by=lena, choice="Yes, again")

    first.refresh_from_db()
    assert first.state == "executed"


def test_what_product_and_the_lead_say_about_one_thing_both_stands(incident, lena, sam):
    RoleAssignment.assign(incident, "product", sam, by=sam)
    Decision.open(incident, "coordination", "What first?", by=lena, choice="The gateway")
    Decision.open(incident, "priority", "What first?", by=sam, choice="Invoices")

    assert list(incident.decisions.order_by("number").values_list("state", flat=True)) == ["decided", "decided"]


def test_a_decision_is_done_once(incident, lena, tariq):
    decision = raise_decision(incident, "coordination")
    assert refusal_of(lambda: decision.execute(by=tariq))[0] == "unchanged"
    decision.decide("Yes", by=lena)

    assert decision.execute(by=tariq).kind == "decision_executed"
    assert refusal_of(lambda: decision.execute(by=tariq))[0] == "unchanged"


def test_whoever_asked_withdraws_and_a_bystander_does_not(incident, tariq, sam):
    decision = raise_decision(incident, "coordination", by=tariq)

    assert refusal_of(lambda: decision.withdraw(by=sam)) == ("decision_right", False)
    assert decision.withdraw(by=tariq, reason="It healed").kind == "decision_withdrawn"
    assert not incident.obligations.live().filter(kind="decision").exists()
    # The subject is free again.
    assert raise_decision(incident, "coordination").number == 2


def test_the_lead_chooses_for_a_missing_product_until_product_says_yes(incident, lena, sam):
    decision = question(incident, "priority")
    decision.decide("Yes", by=lena)
    assert (decision.interim, decision.authority_used, decision.asked_of) == (True, "lead", "product")
    assert refusal_of(lambda: decision.ratify(by=lena)) == ("decision_right", False)

    RoleAssignment.assign(incident, "product", sam, by=sam)
    assert refusal_of(lambda: decision.ratify(by=lena)) == ("decision_right", False)
    assert decision.ratify(by=sam).kind == "decision_ratified"
    decision.refresh_from_db()
    assert not decision.interim
    assert refusal_of(lambda: decision.ratify(by=sam))[0] == "unchanged"


# --- Executives ----------------------------------------------------------------------------------------------------


def test_an_executive_is_given_something_to_choose_from(incident, lena):
    for options in ((), ["Take two people from the launch"]):
        assert refusal_of(lambda options=options: raise_decision(incident, "resource", options=options)) == (
            "options_required",
            False,
        )


def test_a_proposal_for_people_stands_against_doing_nothing(incident, ruth_decides, tariq):
    Decision.open(incident, "resource", "Who helps?", by=tariq, choice="Take Noor from the launch")

    texts = [option["text"] for option in incident.decisions.get().options]
    assert texts == ["Take Noor from the launch", "Leave it as it is"]


def test_the_executive_says_that_it_is_seen(incident, ruth_decides, lena):
    decision = question(incident, "resource")
    assert refusal_of(lambda: decision.acknowledge(by=lena)) == ("decision_right", False)

    entry = decision.acknowledge(by=ruth_decides)

    decision.refresh_from_db()
    assert (entry.kind, decision.acknowledged_by) == ("decision_acknowledged", ruth_decides)
    assert refusal_of(lambda: decision.acknowledge(by=ruth_decides))[0] == "unchanged"


def test_whoever_is_asked_about_a_private_incident_can_open_it(lena, ruth):
    Rota.objects.create(function=ruth.function, on_call=ruth)
    incident = declare_incident(lena, private=True)
    assert not incident.is_visible_to(ruth)

    question(incident, "resource", by=lena)

    assert incident.is_visible_to(ruth)
    assert incident.participants.get(membership=ruth).capacity == "observer"


# --- The clock ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    """`clock.shift(…)` moves time; it starts at two in the morning and stands still between."""
    with time_machine.travel(TWO_AM, tick=False) as traveller:
        yield traveller


def minutes(number):
    return TWO_AM + timedelta(minutes=number)


def clock_of(decision):
    return decision.incident.obligations.live().get(kind="decision", subject=decision.pk)


def test_severity_and_class_say_how_long_it_may_wait(clock, lena):
    DecisionDeadline.objects.filter(severity__slug="sev1", decision_class="priority").update(minutes=7)
    incident = declare_incident(lena, severity="sev1")

    assert raise_decision(incident, "coordination").needed_by == minutes(10)
    assert question(incident, "priority", subject="What first?").needed_by == minutes(7)
    DecisionDeadline.objects.all().delete()
    assert raise_decision(incident, "coordination", subject="Other?").needed_by == minutes(60)


def test_it_warns_falls_due_and_climbs_and_decides_nothing(clock, lena, ruth, ada, tariq):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "lead", tariq, by=lena)
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    decision = raise_decision(incident, "coordination", cost_of_waiting="4,200 € a minute", needed_by=minutes(30))
    administrators = sorted([lena.pk, ada.pk])

    walk = []
    for at in (25, 30, 35, 40, 50):
        entry = Obligation.objects.get(pk=clock_of(decision).pk).advance(minutes(at))
        walk.append((entry and entry.kind, entry and entry.details["told_members"]))

    assert walk[:3] == [
        ("decision_warned", [tariq.pk]),
        ("decision_due", [tariq.pk]),
        ("decision_escalated", sorted([tariq.pk, ruth.pk])),
    ]
    assert walk[3] == ("decision_escalated", sorted([tariq.pk, ruth.pk, *administrators]))
    assert last_entry(incident).details["cost_of_waiting"] == "4,200 € a minute"
    decision.refresh_from_db()
    assert decision.state == "raised"
    assert clock_of(decision).next_at is None


def test_a_step_is_taken_once_and_only_the_newest_speaks(clock, incident):
    decision = raise_decision(incident, "coordination", needed_by=minutes(30))

    entry = Obligation.objects.get(pk=clock_of(decision).pk).advance(minutes(90))
    assert (entry.kind, entry.details["missed_steps"]) == ("decision_escalated", 4)
    assert Obligation.objects.get(pk=clock_of(decision).pk).advance(minutes(91)) is None


def test_a_late_decision_is_a_gap_until_it_is_made(clock, incident, lena):
    decision = raise_decision(
        incident, "coordination", subject="Roll back?", cost_of_waiting="Money", needed_by=minutes(30)
    )

    def gaps():
        return [gap for gap in gaps_of(Facts.of(incident)) if gap.code == "decision_overdue"]

    assert gaps() == []
    clock.shift(timedelta(minutes=31))
    (gap,) = gaps()
    assert (gap.message, gap.subject, gap.owner_role, gap.since) == (
        "D1 “Roll back?” is not decided. Waiting costs: Money", "D1", "lead", minutes(30),
    )  # fmt: skip
    assert "Decisions that nobody made: D1 Roll back?" in [end.sentence for end in loose_ends(incident, lena)]

    decision.decide("Yes", by=lena)
    assert gaps() == []
    assert not any("Decisions" in end.sentence for end in loose_ends(incident, lena))


def test_a_late_decision_may_be_waived_like_every_gap(clock, incident, lena):
    raise_decision(incident, "coordination", needed_by=minutes(30))
    clock.shift(timedelta(minutes=31))

    GuardWaiver.grant(incident, "decision_overdue", "D1", reason="We wait for the bank", by=lena)

    assert "decision_overdue" not in {gap.code for gap in gaps_of(Facts.of(incident))}


def test_more_time_wants_a_reason_and_a_later_moment(clock, incident, lena, sam):
    decision = raise_decision(incident, "coordination", needed_by=minutes(30))
    first = clock_of(decision)

    assert refusal_of(lambda: decision.postpone(minutes(45), by=lena, reason=""))[0] == "reason_required"
    assert refusal_of(lambda: decision.postpone(minutes(20), by=lena, reason="Bank"))[0] == "not_later"
    assert refusal_of(lambda: decision.postpone(minutes(45), by=sam, reason="Bank"))[0] == "decision_right"
    entry = decision.postpone(minutes(45), by=lena, reason="The bank answers at half past")

    first.refresh_from_db()
    assert (entry.kind, first.state, clock_of(decision).due_at) == ("decision_postponed", "cancelled", minutes(45))


def test_a_time_that_has_passed_is_no_deadline(clock, incident):
    assert refusal_of(lambda: raise_decision(incident, "coordination", needed_by=TWO_AM))[0] == "past"


def test_nothing_runs_on_when_the_incident_is_over_and_waits_anew_when_it_is_not(clock, incident, lena):
    decision = raise_decision(incident, "coordination", needed_by=minutes(30))
    incident.resolve(by=lena)
    assert not incident.obligations.live().exists()
    clock.shift(timedelta(hours=3))

    incident.reopen(by=lena)

    assert clock_of(decision).due_at == minutes(180 + 15)


def test_rights_are_read_in_a_few_queries(incident, django_assert_num_queries):
    rights = Rights(incident)

    with django_assert_num_queries(4):
        for decision_class in CLASSES * 5:
            rights.to_decide(decision_class)


def test_a_restricted_workstream_asks_by_itself_and_nobody_else_hears_of_it(incident, lena, tariq, sam):
    stream = open_workstream(incident, by=lena, owner=tariq)
    stream.restrict(by=tariq)
    raise_decision(incident, "coordination", "Tell the regulator?", by=tariq, workstream=stream)

    raise_decision(incident, "coordination", "Tell the regulator?", by=sam)

    assert list(incident.decisions.visible_to(sam).values_list("number", flat=True)) == [2]
    assert not any("D1" in end.sentence for end in loose_ends(incident, sam))
