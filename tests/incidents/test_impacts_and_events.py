"""What fails for whom, what it means for the business, what comes back first, and what the business had planned."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from incidents.models import (
    BusinessEvent,
    BusinessImpact,
    EventOverlap,
    Impact,
    Incident,
    Obligation,
    RestorationOrder,
    RoleAssignment,
)
from notifications import tick
from teams.errors import Refused
from teams.models import Service
from teams.tenancy import acting_in
from tests.factories import declare_incident, give_estimate, plan_event, propose_commitment, propose_impact
from tests.incidents.pages import all_at_once, last_entry


@pytest.fixture
def incident(lena, ada):
    """Lena leads, Ada is product."""
    incident = declare_incident(lena, services=list(Service.objects.filter(slug="checkout")))
    RoleAssignment.assign(incident, "product", ada, by=lena)
    incident.refresh_from_db()
    return incident


def refusal_of(act, *args, **kwargs):
    with pytest.raises(Refused) as refusal:
        act(*args, **kwargs)
    return refusal.value.code, refusal.value.waivable


def again(row):
    return type(row).objects.select_related("incident").get(pk=row.pk)


# --- Impacts -------------------------------------------------------------------------------------------


def test_anybody_proposes_and_product_confirms(incident, ada, sam, lena, stan):
    impact = propose_impact(incident, by=sam, segment=" EU  customers ")
    assert (impact.state, impact.segment, impact.what) == ("proposed", "EU customers", "Checkout")
    assert list(incident.impacts.held()) == [impact]
    assert list(incident.impacts.visible_to(stan)) == []

    assert refusal_of(impact.confirm, by=lena) == ("priority_right", True)
    entry = again(impact).confirm(by=ada)

    assert (entry.details["authority"], entry.visibility) == ("product", "briefing")
    assert list(incident.impacts.confirmed()) == list(incident.impacts.visible_to(stan)) == [impact]
    assert refusal_of(again(impact).confirm, by=ada) == ("unchanged", False)
    own = propose_impact(incident, by=ada, service="search")
    assert (own.state, own.authority_used) == ("confirmed", "product")


def test_the_lead_stands_in_while_nobody_is_product(lena, sam):
    incident = declare_incident(lena)

    again(propose_impact(incident, by=sam)).confirm(by=lena)

    assert incident.impacts.get().authority_used == "lead"


def test_the_same_is_written_down_once_until_it_is_over(incident, ada, sam):
    impact = propose_impact(incident, by=sam, segment="EU")

    assert refusal_of(propose_impact, incident, by=ada, segment=" eu ") == ("impact_known", False)
    propose_impact(incident, by=sam, segment="US")
    again(impact).end(by=sam)
    propose_impact(incident, "degraded", by=sam, segment="EU")

    told = list(incident.impacts.in_order().values_list("segment", "level", "state"))
    assert told == [
        ("EU", "partial", "ended"),
        ("US", "partial", "proposed"),
        ("EU", "degraded", "proposed"),
    ]


def test_what_was_confirmed_is_withdrawn_by_who_confirms(incident, ada, sam):
    own, confirmed = propose_impact(incident, by=sam), propose_impact(incident, by=ada, service="search")

    again(own).withdraw(by=sam, reason="A proxy of theirs")
    assert refusal_of(again(confirmed).withdraw, by=sam, reason="No") == ("priority_right", True)
    again(confirmed).withdraw(by=sam, reason="No", waiver="Ada sleeps")

    assert set(incident.impacts.values_list("state", flat=True)) == {"withdrawn"}
    assert refusal_of(again(own).end, by=sam) == ("unchanged", False)


def test_what_makes_no_impact_is_refused(incident, sam, stan):
    later = timezone.now() + timedelta(hours=1)
    impact = propose_impact(incident, by=sam)

    assert refusal_of(Impact.propose, incident, "major", by=sam, feature=" ") == ("empty", False)
    assert refusal_of(propose_impact, incident, by=sam, service="search", started_at=later) == ("in_future", False)
    assert refusal_of(propose_impact, incident, by=stan) == ("responders_only", False)
    assert refusal_of(again(impact).end, by=sam, ended_at=later) == ("ended_when", False)


# --- What it means for the business -------------------------------------------------------------------------


def test_product_says_what_it_means_beside_the_leads_severity(incident, ada, lena, sam):
    assert refusal_of(BusinessImpact.state, incident, "serious", "Sales wait", by=lena) == ("priority_right", True)

    BusinessImpact.state(incident, "limited", "A few orders wait", by=ada, customers_affected=40)
    incident.change_severity(type(incident.severity).objects.get(slug="sev1"), by=lena)
    entry = BusinessImpact.state(
        incident,
        "serious",
        "A third of sales wait",
        by=ada,
        customers_affected=1200,
        key_accounts=["Hooli"],
        based_on=1,
    )

    current = incident.business_impacts.current()
    assert (current.version, current.level, current.severity) == (2, "serious", "SEV1")
    assert {name: entry.details[name] for name in ("version", "before", "level", "customers_affected")} == {
        "version": 2, "before": "limited", "level": "serious", "customers_affected": 1200,
    }  # fmt: skip
    assert "A third of sales wait" not in str(entry.details)
    assert incident.business_impacts.count() == 2


def test_nobody_writes_over_what_they_have_not_read(incident, ada):
    BusinessImpact.state(incident, "limited", "A few orders wait", by=ada, based_on=0)

    stale = {"by": ada, "based_on": 0}
    assert refusal_of(BusinessImpact.state, incident, "critical", "All wait", **stale) == ("stale_basis", False)
    assert refusal_of(BusinessImpact.state, incident, "limited", "A few orders wait", by=ada) == ("unchanged", False)
    assert incident.business_impacts.current().level == "limited"


# --- What comes back first ------------------------------------------------------------------------------------


def test_product_sets_the_order_and_the_lead_may_object_once(incident, ada, lena, tariq):
    checkout = Service.objects.get(slug="checkout")
    assert refusal_of(RestorationOrder.set, incident, [checkout], by=tariq) == ("priority_right", True)

    RestorationOrder.set(incident, [checkout, " Exports ", "exports", ""], by=ada, reason="Money first")
    order = incident.restoration_orders.current()
    assert [step.what for step in order.steps.all()] == ["Checkout", "Exports"]
    assert (order.version, order.interim, last_entry(incident).details["told_members"]) == (1, False, [lena.pk])

    assert refusal_of(order.object, by=tariq, reason="No") == ("coordination_right", False)
    assert refusal_of(order.object, by=lena, reason=" ") == ("reason_required", False)
    order.object(by=lena, reason="Exports need the ledger, which is up")
    assert last_entry(incident).details["told_members"] == [ada.pk]
    assert refusal_of(again(order).object, by=lena, reason="Again") == ("unchanged", False)

    assert refusal_of(RestorationOrder.set, incident, ["X"], by=ada, based_on=0) == ("stale_basis", False)
    assert refusal_of(RestorationOrder.set, incident, [checkout, "Exports"], by=ada) == ("unchanged", False)
    RestorationOrder.set(incident, ["Exports", checkout], by=ada, based_on=1)
    assert incident.restoration_orders.current().objection == ""
    assert refusal_of(again(order).object, by=lena, reason="Late") == ("stale_basis", False)


def test_an_order_of_who_stands_in_is_until_product_says_yes(lena):
    incident = declare_incident(lena)

    RestorationOrder.set(incident, ["Exports"], by=lena)

    assert incident.restoration_orders.current().interim


# --- The calendar ---------------------------------------------------------------------------------------------


def test_an_event_on_an_affected_service_brings_product_one_task(incident, ada, lena):
    promise = propose_commitment(incident, by=ada)

    event = plan_event("Instant refunds", "checkout", "search", by=ada)

    task = incident.event_overlaps.get().task
    assert (task.role, task.owner, task.text) == (
        "product", None, "Hold, move or go on with “Instant refunds”; at risk: P1",
    )  # fmt: skip
    entry = last_entry(incident)
    assert (entry.kind, entry.details["task"], entry.details["commitments"]) == (
        "event_overlapped", task.pk, [promise.label],
    )  # fmt: skip
    event.change(by=ada, name="Refunds at once")
    incident.change_details(by=lena, services=list(Service.objects.all()))
    assert incident.tasks.filter(role="product", text__startswith="Hold").count() == 1


@pytest.mark.parametrize(
    ("services", "hours", "meets"),
    [
        (["search"], (2, 4), False),  # nothing it needs is affected
        (["checkout"], (-5, -4), None),  # over before anybody planned it
        (["checkout"], (-2, 1), True),  # under way
        (["checkout"], (23, 30), True),  # within a day
        (["checkout"], (30, 40), False),  # too far away to worry
    ],
)
def test_what_is_near_and_needs_it_is_met(incident, ada, services, hours, meets):
    if meets is None:
        assert refusal_of(plan_event, "Old", *services, by=ada, hours=hours) == ("past", False)
        return

    plan_event("Launch", *services, by=ada, hours=hours)

    assert EventOverlap.objects.filter(incident=incident).exists() == meets


def test_an_event_comes_near_while_the_incident_goes_on(incident, ada, lena):
    far = plan_event("Far", "checkout", by=ada, hours=(60, 70))
    cancelled = plan_event("Cancelled", "checkout", by=ada, hours=(60, 70))
    reached = plan_event("Reached", "checkout", by=ada, hours=(30, 31))
    assert Obligation.objects.live().filter(kind="event").count() == 3
    cancelled.cancel(by=ada)

    give_estimate(incident, by=lena, hours=(20, 32))
    assert [each.event for each in incident.event_overlaps.all()] == [reached]
    with time_machine.travel(timezone.now() + timedelta(hours=40)):
        tick.prepare()
        tick.prepare()

    assert {each.event for each in incident.event_overlaps.all()} == {reached, far}
    assert incident.timeline.of_kinds("event_overlapped").count() == 2
    assert not Obligation.objects.live().filter(kind="event").exists()


def test_services_that_are_found_later_and_a_reopened_incident_are_looked_at_too(acme, ada, lena):
    plan_event("Launch", "search", by=ada)
    incident = declare_incident(lena)
    assert not incident.event_overlaps.exists()

    incident.change_details(by=lena, services=list(Service.objects.filter(slug="search")))
    assert incident.event_overlaps.count() == 1

    plan_event("Later", "search", by=ada, hours=(40, 50))
    incident.refresh_from_db()
    incident.resolve(by=lena)
    assert not Obligation.objects.live().filter(kind="event").exists()
    incident.reopen(by=lena)
    assert Obligation.objects.live().filter(kind="event").count() == 1


def test_the_calendar_is_changed_by_responders_and_says_what_is_wrong(acme, ada, stan):
    event = plan_event("Launch", "search", by=ada)

    assert refusal_of(plan_event, "Launch", "search", by=stan) == ("responders_only", False)
    assert refusal_of(plan_event, "Launch", by=ada) == ("services_required", False)
    assert refusal_of(event.change, by=ada, ends_at=event.starts_at) == ("window_order", False)
    event.refresh_from_db()
    event.cancel(by=ada)
    assert refusal_of(event.cancel, by=ada) == ("unchanged", False)
    assert list(BusinessEvent.objects.ahead()) == []


@pytest.mark.django_db(transaction=True)
def test_an_event_and_an_incident_that_come_at_once_meet_once(committed_acme):
    with acting_in(committed_acme):
        services = list(Service.objects.filter(slug="checkout"))
        first = declare_incident(None, services=services)
        event = plan_event("Launch", "search", by=None)

    def declare():
        return declare_incident(None, "Another", services=services)

    def move():
        BusinessEvent.objects.get(pk=event.pk).change(by=None, services=services)

    def correct():
        Incident.objects.get(pk=first.pk).change_details(by=None, services=list(Service.objects.all()))

    acts = [declare, move, correct, move]

    def act():
        try:
            with acting_in(committed_acme):
                return acts.pop()()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    all_at_once(act, 4)
    with acting_in(committed_acme):
        met = list(EventOverlap.objects.order_by("incident").values_list("incident__number", "event"))
        assert met == [(1, event.pk), (2, event.pk)]
        for incident in Incident.objects.all():
            assert incident.tasks.filter(text__startswith="Hold").count() == 1
            assert incident.first_break() is None
