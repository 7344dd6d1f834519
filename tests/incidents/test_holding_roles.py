"""Hats: one lead, one communications lead, and who may pass them on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from incidents.models import Incident, RoleAssignment
from playbooks.models import RoleDefinition
from teams.errors import Refused
from teams.models import Function, Membership, Person, TechnicalDomain
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


@pytest.fixture
def domains(acme):
    return {domain.slug: domain for domain in TechnicalDomain.objects.all()}


def test_each_domain_has_its_own_coordinator(incident, domains, lena, tariq, sam):
    backend, database = domains["backend"], domains["database"]

    entry = RoleAssignment.take(incident, "technical_coordinator", by=tariq, domain=backend)
    RoleAssignment.take(incident, "technical_coordinator", by=sam, domain=database)

    assert (entry.details["domain"], entry.details["title"]) == ("backend", "technical coordinator for Backend")
    assert incident.holder_of("technical_coordinator", backend) == tariq
    assert incident.holder_of("technical_coordinator", database) == sam
    with pytest.raises(Refused, match="Tariq Haddad is technical coordinator for Backend") as refusal:
        RoleAssignment.take(incident, "technical_coordinator", by=sam, domain=backend)
    assert refusal.value.code == "role_held"


@pytest.mark.parametrize(
    ("role", "domain", "code"),
    [("technical_coordinator", None, "domain_required"), ("lead", "backend", "domain_unwanted"),
     ("king", None, "unknown_role")],
)  # fmt: skip
def test_a_role_and_its_domain_have_to_fit(incident, domains, tariq, role, domain, code):
    with pytest.raises(Refused) as refusal:
        RoleAssignment.take(incident, role, by=tariq, domain=domains.get(domain))
    assert refusal.value.code == code


def test_many_respond_and_each_once(incident, tariq, sam):
    RoleAssignment.take(incident, "responder", by=tariq)
    RoleAssignment.take(incident, "responder", by=sam)

    assert incident.roles.current().filter(role="responder").count() == 2
    with pytest.raises(Refused) as refusal:
        RoleAssignment.take(incident, "responder", by=tariq)
    assert refusal.value.code == "unchanged"


def test_who_is_given_a_role_wears_it_and_has_not_answered(incident, lena, mei, sam):
    given = RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    taken = RoleAssignment.take(incident, "support_liaison", by=sam)

    states = dict(incident.roles.current().values_list("role", "state"))
    assert states == {"lead": "active", "communications_lead": "asked", "support_liaison": "active"}
    assert (given.details.get("asked"), taken.details.get("asked")) == (True, None)
    assert incident.holder_of("communications_lead") == mei


SECOND = {
    "a lead": ("lead", None),
    "a coordinator of one domain": ("technical_coordinator", "backend"),
    "hat of the same kind on one head": ("responder", None),
}


@pytest.mark.parametrize(("role", "domain"), SECOND.values(), ids=SECOND)
def test_the_database_itself_refuses_a_second(incident, domains, lena, tariq, role, domain):
    definition = RoleDefinition.objects.get(slug=role)
    fields = {"definition": definition, "role": role, "single": definition.single, "domain": domains.get(domain)}
    incident.roles.current().delete()
    incident.roles.create(membership=tariq, **fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        incident.roles.create(membership=lena if definition.single else tariq, **fields)
    incident.roles.create(membership=lena, **fields, state="released")


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
