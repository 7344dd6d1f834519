"""Hats: one lead, one communications lead, and who may pass them on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from incidents.models import Incident, RoleAssignment
from teams.errors import Refused
from teams.models import Function, Membership, Person
from teams.tenancy import acting_in
from tests.factories import declare_incident


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def test_whoever_declares_leads(incident, lena):
    assert incident.holder_of("lead") == lena


def test_the_lead_hands_over(incident, lena, tariq):
    entry = RoleAssignment.assign(incident, "lead", tariq, by=lena)

    assert entry.kind == "role_handed_over"
    assert (entry.details["name"], entry.details["before"]) == ("Tariq Haddad", "Lena Fischer")
    assert incident.holder_of("lead") == tariq
    assert incident.roles.count() == 2


def test_taking_the_lead_from_somebody_wants_a_reason(incident, tariq):
    with pytest.raises(Refused) as refusal:
        RoleAssignment.assign(incident, "lead", tariq, by=tariq)
    assert (refusal.value.code, refusal.value.waivable) == ("coordination_right", True)

    entry = RoleAssignment.assign(incident, "lead", tariq, by=tariq, waiver="Lena has lost her connection")
    assert entry.details["waiver"] == "Lena has lost her connection"
    assert incident.holder_of("lead") == tariq


def test_anybody_takes_a_vacant_role(incident, mei):
    entry = RoleAssignment.take(incident, "communications_lead", by=mei)

    assert entry.kind == "role_taken"
    assert "waiver" not in entry.details


def test_taking_a_held_role_names_the_holder(incident, mei, sam):
    RoleAssignment.take(incident, "communications_lead", by=mei)

    with pytest.raises(Refused, match="Mei Tanaka is communications lead") as refusal:
        RoleAssignment.take(incident, "communications_lead", by=sam)
    assert refusal.value.code == "role_held"


def test_a_stakeholder_takes_no_role(incident, stan, lena):
    for by in (stan, lena):
        with pytest.raises(Refused) as refusal:
            RoleAssignment.assign(incident, "communications_lead", stan, by=by)
        assert (refusal.value.code, refusal.value.waivable) == ("responders_only", False)


def test_a_released_role_is_vacant_and_kept(incident, lena):
    incident.roles.current().get().stand_down(by=lena)

    assert incident.holder_of("lead") is None
    assert [assignment.membership for assignment in incident.roles.all()] == [lena]


def test_nobody_is_locked_out_while_the_lead_is_vacant(incident, lena, tariq):
    incident.roles.current().get().stand_down(by=lena)

    assert incident.resolve(by=tariq).kind == "resolved"


def test_the_database_itself_refuses_a_second_lead(incident, tariq):
    with pytest.raises(IntegrityError), transaction.atomic():
        incident.roles.create(role="lead", membership=tariq)


def test_fifty_people_taking_the_lead_at_once_make_one_lead(committed_acme):
    with acting_in(committed_acme):
        engineering = Function.objects.get(slug="engineering")
        people = [
            Membership.objects.create(
                person=Person.objects.create(email=f"r{number}@acme.test", name=f"Responder {number}"),
                function=engineering,
            ).pk
            for number in range(50)
        ]
        incident = declare_incident(None)

    def take(member):
        try:
            with acting_in(committed_acme):
                taker = Membership.objects.with_people().get(pk=member)
                RoleAssignment.take(Incident.objects.get(pk=incident.pk), "lead", by=taker)
                return "won"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as takers:
        outcomes = list(takers.map(take, people))

    assert sorted(outcomes) == ["role_held"] * 49 + ["won"]
    with acting_in(committed_acme):
        assert incident.roles.current().count() == 1
        assert incident.timeline.of_kinds("role_taken").count() == 1


def test_hand_overs_racing_leave_one_lead_and_a_whole_history(committed_acme):
    with acting_in(committed_acme):
        people = list(Membership.objects.active().exclude(role="stakeholder").values_list("pk", flat=True))
        incident = declare_incident(None)

    def hand_over(member):
        try:
            with acting_in(committed_acme):
                taker = Membership.objects.with_people().get(pk=member)
                RoleAssignment.assign(Incident.objects.get(pk=incident.pk), "lead", taker, by=taker, waiver="Mine now")
                return "handed over"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as takers:
        outcomes = set(takers.map(hand_over, people * 6))

    assert outcomes <= {"handed over", "unchanged"}
    with acting_in(committed_acme):
        assert incident.roles.current().count() == 1
        told = incident.timeline.of_kinds("role_taken", "role_handed_over").count()
        assert told == incident.roles.count()
