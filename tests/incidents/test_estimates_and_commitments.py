"""How long it takes and what is promised meanwhile: who says so, who confirms it, and what puts it in question."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from incidents.guards import Facts, gaps_of
from incidents.loose_ends import loose_ends
from incidents.models import Commitment, Incident, Obligation, ResolutionEstimate, RoleAssignment
from incidents.models.handovers import briefing_of
from notifications import tick
from teams.errors import Refused
from teams.models import TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import declare_incident, give_estimate, propose_commitment
from tests.incidents.pages import all_at_once, last_entry, url_of, words_of

HOUR = timedelta(hours=1)


@pytest.fixture
def incident(lena, mei, tariq, ada):
    """Lena leads, Mei speaks, Tariq coordinates the backend, Ada is product."""
    incident = declare_incident(lena, severity="sev2")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    backend = TechnicalDomain.objects.get(slug="backend")
    RoleAssignment.assign(incident, "technical_coordinator", tariq, by=lena, domain=backend)
    RoleAssignment.assign(incident, "product", ada, by=lena)
    incident.refresh_from_db()
    return incident


def refusal_of(act, **kwargs):
    with pytest.raises(Refused) as refusal:
        act(**kwargs)
    return refusal.value.code, refusal.value.waivable


def again(row):
    """The row as somebody else's request reads it."""
    return type(row).objects.select_related("incident").get(pk=row.pk)


def states(incident):
    return list(incident.commitments.in_order().values_list("state", flat=True))


# --- Estimates --------------------------------------------------------------------------------------


def test_others_propose_and_the_lead_sets(incident, lena, tariq, mei, stan):
    proposed = give_estimate(incident, by=tariq, hours=(1, 2))

    assert (proposed.state, incident.estimates.current()) == ("proposed", None)
    assert refusal_of(proposed.accept, by=mei) == ("coordination_right", True)
    assert refusal_of(give_estimate, incident=incident, by=stan) == ("responders_only", False)

    entry = proposed.accept(by=lena)

    current = incident.estimates.current()
    assert (current, current.set_by, current.public, current.unknown) == (proposed, lena, False, False)
    assert entry.details["told_members"] == sorted(member.pk for member in (mei, tariq, current_product(incident)))
    assert refusal_of(again(proposed).accept, by=lena) == ("unchanged", False)


def current_product(incident):
    return incident.holder_of("product")


def test_a_range_names_its_day_once_unless_it_ends_on_another(incident, lena, signed_in):
    with time_machine.travel(timezone.now().replace(hour=12, minute=0, second=0), tick=False):
        browser = signed_in(lena)
        said = []
        for hours in ((1, 2), (1, 20)):
            give_estimate(incident, by=lena, hours=hours)
            page = words_of(browser.get(url_of(incident, "facts/")))
            said.append(re.search(r"Between (.+?) , medium confidence", page)[1])
        today, tomorrow = (f"{day:%-d %b %Y}" for day in (timezone.now(), timezone.now() + 24 * HOUR))

    assert said == [f"{today}, 13:00 and 14:00", f"{today}, 13:00 and {tomorrow}, 08:00"]


def test_a_new_estimate_supersedes_what_held_and_what_was_proposed_before(incident, lena, tariq, mei):
    give_estimate(incident, by=lena, hours=(1, 2)).publish(by=lena)
    give_estimate(incident, by=tariq, hours=(2, 3))

    unknown = give_estimate(incident, by=lena, basis="The roll-back failed")

    history = incident.estimates.order_by("number").values_list("state", "public")
    assert list(history) == [("superseded", False), ("superseded", False), ("set", False)]
    assert (unknown.unknown, unknown.confidence) == (True, "")
    anyway = give_estimate(incident, by=mei, hours=(3, 4), waiver="Lena is on a train")
    assert (anyway.state, last_entry(incident).details["waiver"]) == ("set", "Lena is on a train")


def test_what_makes_no_estimate_is_refused(incident, lena):
    now = timezone.now()
    wrong = {
        "empty": {"basis": " "},
        "range": {"earliest": now + HOUR},
        "past": {"earliest": now - HOUR, "latest": now - HOUR, "confidence": "low"},
        "confidence_required": {"earliest": now + HOUR, "latest": now + HOUR},
    }
    for code, fields in wrong.items():
        asked = {"by": lena, "basis": "A guess", **fields}
        assert refusal_of(ResolutionEstimate.give, incident=incident, **asked) == (code, False)
    give_estimate(incident, by=lena)
    assert refusal_of(give_estimate, incident=incident, by=lena) == ("unchanged", False)
    assert incident.estimates.count() == 1


def test_only_the_lead_lets_customers_hear_it_and_anew_each_time(incident, lena, mei, tariq, stan):
    estimate = give_estimate(incident, by=lena, hours=(1, 2))

    assert refusal_of(estimate.publish, by=mei) == ("coordination_right", False)
    assert list(incident.estimates.visible_to(stan)) == []
    again(estimate).publish(by=lena)
    assert incident.estimates.current().public
    assert list(incident.estimates.visible_to(stan)) == [estimate]
    assert refusal_of(again(estimate).publish, by=lena) == ("unchanged", False)

    give_estimate(incident, by=lena, hours=(1, 3))
    assert not incident.estimates.current().public
    assert refusal_of(again(estimate).publish, by=lena) == ("not_standing", False)


# --- Commitments --------------------------------------------------------------------------------------


def test_a_promise_is_confirmed_by_who_can_judge_it_and_then_told(incident, ada, tariq, mei, sam):
    promise = propose_commitment(incident, by=ada, domain="backend")

    assert (promise.owner, promise.state) == (ada, "proposed")
    assert last_entry(incident).details["told_members"] == [tariq.pk]
    assert refusal_of(promise.confirm, by=sam) == ("vouching_right", False)
    assert refusal_of(promise.communicate, by=sam) == ("promising_right", False)
    again(promise).confirm(by=tariq)
    entry = again(promise).communicate(by=mei)

    assert "unconfirmed" not in entry.details
    promise = again(promise)
    assert (promise.state, promise.judged_by, promise.communicated_by) == ("communicated", tariq, mei)
    clock = incident.obligations.get(kind="commitment")
    assert (clock.due_at, clock.owner) == (promise.due_at, ada)


def test_the_coordinator_of_another_domain_cannot_judge_it(incident, ada, tariq, sam, lena):
    promise = propose_commitment(incident, by=ada, domain="database")

    assert refusal_of(promise.confirm, by=tariq) == ("vouching_right", False)
    assert last_entry(incident).details["told_members"] == sorted([lena.pk, tariq.pk])
    again(promise).confirm(by=lena)


def test_telling_it_unconfirmed_wants_a_reason_which_closes_the_gap(incident, ada):
    promise = propose_commitment(incident, by=ada)
    gap = {each.code: each for each in gaps_of(Facts.of(incident))}["commitment_unconfirmed"]
    assert (gap.subject, gap.owner_role, gap.waivable, gap.place) == ("P1", "lead", True, "facts/#commitments")

    assert refusal_of(promise.communicate, by=ada) == ("commitment_unconfirmed", True)
    entry = again(promise).communicate(by=ada, waiver="They go to court tomorrow")

    assert (entry.details["unconfirmed"], entry.details["waived"]) == (True, ["commitment_unconfirmed"])
    assert incident.waivers.get(guard="commitment_unconfirmed").subject == "P1"
    assert "commitment_unconfirmed" not in {each.code for each in gaps_of(Facts.of(incident))}


def test_what_cannot_be_kept_is_not_told(incident, ada, lena):
    promise = propose_commitment(incident, by=ada)

    assert refusal_of(promise.refuse, by=lena, reason="") == ("reason_required", False)
    again(promise).refuse(by=lena, reason="The export takes two days")

    assert refusal_of(again(promise).communicate, by=ada, waiver="Anyway") == ("commitment_refused", False)
    assert list(incident.commitments.open()) == []


@pytest.mark.parametrize(
    ("first", "second", "reopened"),
    [
        ((1, 2), (1, 3), True),  # later
        ((1, 2), None, True),  # not known any more
        ((1, 2), (1, 2), False),  # the same, on another basis
        ((1, 3), (1, 2), False),  # sooner
        (None, (1, 2), False),  # known at last, before the promise is due
        (None, (1, 9), True),  # known at last, and too late for it
        (None, None, False),
    ],
)
def test_an_estimate_that_moves_back_reopens_what_was_confirmed(incident, lena, ada, first, second, reopened):
    give_estimate(incident, by=lena, hours=first, basis="First")
    confirmed, told, _ = (propose_commitment(incident, by=ada, hours=5) for _ in range(3))
    confirmed.confirm(by=lena)
    told.confirm(by=lena)
    told.communicate(by=ada)

    give_estimate(incident, by=lena, hours=second, basis="Second")

    standing = ["reopened", "reopened"] if reopened else ["confirmed", "communicated"]
    assert states(incident) == [*standing, "proposed"]
    if reopened:
        again(told).confirm(by=lena)
        again(confirmed).confirm(by=lena)
        assert states(incident) == ["confirmed", "communicated", "proposed"]
        assert incident.obligations.live().filter(kind="commitment").count() == 1


def test_a_promise_stays_due_when_the_incident_is_over_and_is_missed_once(incident, lena, ada, mei):
    promise, kept, _ = (propose_commitment(incident, by=ada, hours=5) for _ in range(3))
    for each in (promise, kept):
        each.confirm(by=lena)
        each.communicate(by=ada)
    assert [end.sentence for end in loose_ends(incident, lena) if "Commitments" in end.sentence] == [
        "Commitments that stay open, and due where they were told: P1 Exports work again (promised), "
        "P2 Exports work again (promised), P3 Exports work again (not confirmed)"
    ]
    incident.refresh_from_db()
    incident.resolve(by=lena)
    incident.close(by=lena)
    assert {each.kind for each in incident.obligations.live()} == {"commitment"}
    again(kept).keep(by=ada)

    with time_machine.travel(timezone.now() + timedelta(hours=4, minutes=45)):
        tick.prepare()
        tick.prepare()
        assert last_entry(incident).kind == "commitment_warned"
        assert last_entry(incident).details["told_members"] == [ada.pk]
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        tick.prepare()
        tick.prepare()

    assert states(incident) == ["missed", "kept", "proposed"]
    (missed,) = incident.timeline.of_kinds("commitment_missed")
    assert (missed.actor, missed.details["told"]) == (None, ["communications_lead", "lead"])
    assert refusal_of(again(promise).keep, by=ada) == ("unchanged", False)
    assert not incident.obligations.live().exists()
    incident.refresh_from_db()
    assert incident.first_break() is None


def test_a_merge_withdraws_what_nobody_was_told(incident, lena, ada):
    told, _ = (propose_commitment(incident, by=ada) for _ in range(2))
    told.confirm(by=lena)
    told.communicate(by=ada)
    incident.refresh_from_db()

    incident.merge_into(declare_incident(lena, "The other"), by=lena)

    assert states(incident) == ["communicated", "withdrawn"]
    assert incident.obligations.live().get().kind == "commitment"


def test_taking_back_what_was_told_wants_a_reason_and_missing_is_said_by_who_may(incident, lena, ada, sam):
    told, quiet = (propose_commitment(incident, by=ada) for _ in range(2))
    told.confirm(by=lena)
    told.communicate(by=ada)

    assert refusal_of(again(quiet).keep, by=ada) == ("not_told", False)
    assert refusal_of(again(told).withdraw, by=sam, reason="No") == ("promising_right", False)
    assert refusal_of(again(told).withdraw, by=ada, reason="") == ("reason_required", False)
    again(quiet).withdraw(by=ada, reason="")
    again(told).miss(by=ada, reason="The vendor is closed")

    assert states(incident) == ["missed", "withdrawn"]
    assert last_entry(incident).details["told_members"] == sorted(incident.holders_of(["lead", "communications_lead"]))
    assert not incident.obligations.live().filter(kind="commitment").exists()


def test_the_hand_over_tells_what_is_promised(incident, lena, ada):
    promise = propose_commitment(incident, by=ada)
    promise.confirm(by=lena)
    over = propose_commitment(incident, "Nobody waits for this", by=ada)
    over.withdraw(by=ada, reason="")

    assert briefing_of(incident)["commitments"] == [
        {
            "text": "P1 Exports work again",
            "to_whom": "Hooli",
            "due_at": promise.due_at.isoformat(),
            "state": "Confirmed",
        }
    ]


def test_while_nobody_can_judge_it_every_responder_may(acme, tariq, sam):
    incident = declare_incident(None)

    again(propose_commitment(incident, by=sam)).confirm(by=tariq)

    assert states(incident) == ["confirmed"]


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_it_at_once_tell_it_once(committed_acme):
    with acting_in(committed_acme):
        incident = declare_incident(None)
        promise = propose_commitment(incident, by=None)
        promise.confirm(by=None)

    def tell():
        try:
            with acting_in(committed_acme):
                again(Commitment.objects.get(pk=promise.pk)).communicate(by=None)
                return "told"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    assert sorted(all_at_once(tell, 4)) == ["told"] + ["unchanged"] * 3
    with acting_in(committed_acme):
        assert Obligation.objects.filter(kind="commitment").count() == 1
        assert Incident.objects.get(pk=incident.pk).first_break() is None
