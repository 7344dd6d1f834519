"""The authority table, complete: every role, every class of decisions, and what a vacancy opens."""

import pytest

from incidents import authority
from incidents.models import RoleAssignment
from incidents.rights import Rights
from playbooks.models import DecisionClass, DecisionRight, IncidentRole, RoleDefinition
from teams.models import TechnicalDomain
from tests.factories import declare_incident
from tests.queries import undone

HOLDERS = {
    DecisionClass.INVESTIGATION: IncidentRole.TECHNICAL_COORDINATOR,
    DecisionClass.COORDINATION: IncidentRole.LEAD,
    DecisionClass.PRIORITY: IncidentRole.PRODUCT,
    DecisionClass.RESOURCE: IncidentRole.EXECUTIVE,
    DecisionClass.PUBLISHING: IncidentRole.COMMUNICATIONS_LEAD,
}


@pytest.fixture
def domains(acme):
    return {domain.slug: domain for domain in TechnicalDomain.objects.all()}


@pytest.fixture
def incident(acme):
    return declare_incident(None)


@pytest.fixture
def wear(incident, domains):
    def wear(role, member, domain="backend"):
        definition = RoleDefinition.objects.get(slug=role)
        where = domains[domain] if definition.per_domain else None
        RoleAssignment.take(incident, role, by=member, domain=where)

    return wear


def test_the_table_names_every_class():
    assert set(HOLDERS) == set(DecisionClass)


@pytest.mark.parametrize("decision", DecisionClass)
def test_a_right_belongs_to_the_role_that_the_matrix_names(incident, wear, domains, tariq, mei, decision):
    holder = HOLDERS[decision]
    rights = {}

    for role in IncidentRole:
        with undone():
            wear(role, tariq)
            if role != holder:
                # Somebody else wears the hat that decides.
                wear(holder, mei)
            right = Rights(incident).to_decide(decision, domains["backend"])
            rights[role] = [right.is_held, right.admits(tariq), right.admits(mei)]

    assert rights == {role: [True, role == holder, role != holder] for role in IncidentRole}


def test_while_nobody_leads_everybody_at_work_coordinates(incident, wear, tariq, sam, stan):
    others = [None, *(role for role in IncidentRole if role != IncidentRole.LEAD)]
    rights = {}

    for role in others:
        with undone():
            if role:
                wear(role, tariq)
            rights[role] = [authority.may_coordinate(member, incident) for member in (tariq, sam, stan, None)]

    assert rights == {role: [role != IncidentRole.OBSERVER, True, False, True] for role in others}


def test_while_somebody_leads_nobody_else_coordinates(incident, wear, tariq, sam):
    wear(IncidentRole.LEAD, tariq)

    assert (authority.may_coordinate(tariq, incident), authority.may_coordinate(sam, incident)) == (True, False)


def test_a_coordinator_decides_for_one_domain(incident, wear, domains, tariq, lena, sam):
    wear("technical_coordinator", tariq, "backend")
    wear("technical_coordinator", lena, "database")

    def may(member, domain):
        return Rights(incident).to_decide(DecisionClass.INVESTIGATION, domains[domain]).admits(member)

    assert (may(tariq, "backend"), may(tariq, "database")) == (True, False)
    assert (may(lena, "backend"), may(lena, "database")) == (False, True)
    assert (may(sam, "backend"), may(sam, "database")) == (False, False)
    # Nobody coordinates this one.
    assert may(sam, "frontend")


def test_a_right_may_belong_to_a_role_of_the_organisations_own(incident, ada, tariq, mei):
    RoleDefinition.add(by=ada, slug="scribe", name="Scribe")
    DecisionRight.objects.create(decision_class=DecisionClass.PRIORITY, role="scribe")
    RoleAssignment.take(incident, "scribe", by=tariq)

    right = Rights(incident).to_decide(DecisionClass.PRIORITY)
    assert (right.admits(tariq), right.admits(mei)) == (True, False)
