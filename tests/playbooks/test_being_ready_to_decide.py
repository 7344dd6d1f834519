"""Who could make which decisions, before anybody has to."""

import pytest

from playbooks.models import DecisionRight, Severity
from playbooks.readiness import cover
from teams.models import Function, Membership, Person, Rota
from tests.incidents.pages import queries_of, words_of

ROLES = "/o/acme/roles/"


@pytest.fixture
def acting(acme, lena, mei, ruth, ada, tariq):
    Severity.objects.update(lead_level=0)


def names(decision_class):
    (found,) = [each for each in cover() if each.decision_class == decision_class]
    return [member.name for member in found.eligible]


def test_whoever_is_in_the_function_of_the_role_could_decide(acting):
    assert {each.decision_class.value: [member.name for member in each.eligible] for each in cover()} == {
        "investigation": ["Lena Fischer", "Tariq Haddad"],
        "coordination": ["Lena Fischer", "Tariq Haddad"],
        "priority": ["Ada Novak"],
        "resource": ["Ruth Meyer"],
        "publishing": ["Mei Tanaka"],
    }


def test_a_right_that_nobody_could_hold_is_not_ready(acting, ada, lena, mei, sam, signed_in, program):
    assert program(lena).get("/decision-rights/readiness/").json()["ready"] is True
    assert "Not ready." not in words_of(signed_in(lena).get(ROLES))

    mei.end(by=ada)
    ada.change_place(function=None, domain=None, by=ada)

    answer = program(lena).get("/decision-rights/readiness/").json()
    assert answer["ready"] is False
    assert {each["decision"] for each in answer["rights"] if not each["covered"]} == {"priority", "publishing"}
    page = words_of(signed_in(ada).get(ROLES))
    assert "Not ready. Nobody could be communications lead: no responder is in Communications. Change people" in page
    assert "Change people" not in words_of(signed_in(sam).get(ROLES))


def test_whoever_is_on_call_for_the_function_counts_and_a_stakeholder_does_not(acting, ada, mei, sam, stan):
    communications = Function.objects.get(slug="communications")
    mei.end(by=ada)
    stan.change_place(function=communications, domain=None, by=ada)
    assert names("publishing") == []

    Rota.objects.create(function=communications, on_call=sam)
    assert names("publishing") == ["Sam Okafor"]


def test_somebody_has_to_be_able_to_lead_at_the_worst_severity(acting, ada, lena):
    Severity.objects.filter(slug="sev1").update(lead_level=2)
    (coordination,) = [each for each in cover() if each.decision_class == "coordination"]
    assert "who may lead at every severity" in coordination.missing

    lena.change_lead_level(2, by=ada)
    assert names("coordination") == ["Lena Fischer"]


def test_a_right_that_no_role_has_is_not_ready(acting):
    DecisionRight.objects.filter(decision_class="resource").delete()
    (resource,) = [each for each in cover() if each.decision_class == "resource"]
    assert (resource.is_covered, resource.missing) == (False, "No role holds this right.")


def test_it_costs_the_same_for_few_and_many(acting, signed_in, lena):
    few = queries_of(cover)
    for number in range(10):
        person = Person.objects.create(email=f"more{number}@acme.test", name=f"More {number}")
        Membership.objects.create(person=person, function=lena.function)
    assert queries_of(cover) == few
    assert "and 9 more" in words_of(signed_in(lena).get(ROLES))
