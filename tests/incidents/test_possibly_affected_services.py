"""One service breaks and others need it: they are named with their owners, confirmed or cleared in one act."""

import pytest

from incidents.models import ClearedService, Incident
from teams.errors import Refused
from teams.models import Service, Team
from tests.factories import declare_incident
from tests.incidents.pages import last_entry
from tests.queries import counted


@pytest.fixture
def services(ada, lena):
    """Checkout needs the ledger, the ledger needs the search; the payments team owns the checkout."""
    payments = Team.objects.create(slug="payments", name="Payments", function=lena.function)
    Service.objects.filter(slug="checkout").update(team=payments)
    found = {service.slug: service for service in Service.objects.all()}
    found["checkout"].rest_on([found["ledger"]], by=ada)
    found["ledger"].rest_on([found["search"]], by=ada)
    return found


@pytest.fixture
def incident(services, lena):
    return declare_incident(lena, services=[services["search"]])


def possible(incident):
    return [
        (each.service.slug, each.team.slug if each.team else None, each.via.slug)
        for each in incident.possibly_affected()
    ]


def test_what_needs_an_affected_service_is_possibly_affected_all_the_way(incident):
    assert possible(incident) == [("ledger", None, "search"), ("checkout", "payments", "ledger")]


def test_a_service_that_is_added_later_brings_its_dependants(services, lena):
    incident = declare_incident(lena)
    assert possible(incident) == []

    incident.change_details(services=[services["ledger"]], by=lena)

    assert possible(incident) == [("checkout", "payments", "ledger")]


def test_one_that_is_confirmed_is_affected(incident, services, tariq):
    entry = incident.judge_service(services["ledger"], affected=True, by=tariq)

    assert (entry.kind, entry.details["changed"]["services"]["after"]) == ("details_changed", ["ledger", "search"])
    assert possible(incident) == [("checkout", "payments", "ledger")]
    with pytest.raises(Refused) as refused:
        incident.judge_service(services["ledger"], affected=True, by=tariq)
    assert refused.value.code == "unchanged"


def test_one_that_is_cleared_is_not_named_again(incident, services, tariq):
    entry = incident.judge_service(services["ledger"], affected=False, by=tariq)

    assert (entry.kind, entry.details) == ("service_cleared", {"service": "ledger", "name": "Ledger"})
    assert possible(incident) == [("checkout", "payments", "ledger")]
    assert ClearedService.objects.get().cleared_by == tariq
    with pytest.raises(Refused) as refused:
        incident.judge_service(services["ledger"], affected=False, by=tariq)
    assert refused.value.code == "unchanged"


def test_one_that_was_affected_is_cleared_and_taken_up_again(incident, services, tariq):
    incident.judge_service(services["search"], affected=False, by=tariq)
    assert list(incident.services.all()) == []
    assert possible(incident) == []

    incident.change_details(services=[services["search"]], by=tariq)

    assert not ClearedService.objects.exists()
    assert possible(incident) == [("ledger", None, "search"), ("checkout", "payments", "ledger")]


def test_stakeholders_judge_no_service(incident, services, stan):
    for affected in (True, False):
        with pytest.raises(Refused) as refused:
            incident.judge_service(services["ledger"], affected=affected, by=stan)
        assert refused.value.code == "responders_only"


def test_it_costs_the_same_however_deep_services_rest_on_services(incident, services, ada):
    with counted() as shallow:
        Incident.objects.get(pk=incident.pk).possibly_affected()
    below = services["checkout"]
    for number in range(10):
        above = Service.objects.create(slug=f"layer-{number}", name=f"Layer {number}")
        above.rest_on([below], by=ada)
        below = above

    with counted() as deep:
        found = Incident.objects.get(pk=incident.pk).possibly_affected()

    assert (len(found), len(deep)) == (12, len(shallow))
    assert last_entry(incident).kind != "service_cleared"
