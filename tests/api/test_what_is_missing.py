"""`guards` of an incident: what it lacks right now, since when, and whether somebody can settle it otherwise."""

from datetime import timedelta

import pytest
import time_machine

from incidents.mobilization import assess
from incidents.models import FunctionActivation, Obligation, RoleAssignment, StatusUpdate
from playbooks.models import Severity
from teams.models import Function
from tests.factories import declare_incident


@pytest.fixture
def incident(lena, tariq, mei, sam):
    """At SEV3, where engineering and support are called for."""
    incident = declare_incident(lena, "Odd")
    for slug, by in (("engineering", tariq), ("support", sam)):
        FunctionActivation.change(incident, Function.objects.get(slug=slug), "engaged", by=by)
    RoleAssignment.take(incident, "communications_lead", by=mei)
    RoleAssignment.take(incident, "support_liaison", by=sam)
    return incident


@pytest.fixture
def gaps(incident, lena, program):
    """`gaps(minutes)`: the guards as a program reads them so many minutes after the declaration, by code."""
    api = program(lena)

    def read(minutes=0):
        with time_machine.travel(incident.declared_at + timedelta(minutes=minutes, seconds=1), tick=False):
            found = api.get(f"/incidents/{incident.number}/").json()["guards"]
        return {gap["code"]: gap for gap in found}

    return read


def moment(when):
    return when.isoformat().replace("+00:00", "Z")


def test_an_incident_that_has_all_it_needs_lacks_nothing(gaps):
    assert gaps() == {}


def test_an_assessment_that_nobody_made_in_time(gaps, incident, lena):
    assert "assessment_overdue" not in gaps(4)

    gap = gaps(5)["assessment_overdue"]

    assert gap["since"] == moment(incident.declared_at + timedelta(minutes=5))
    assess(incident, by=lena, severity=Severity.objects.get(slug="sev3"), scope="few", criticality="non_critical")
    assert "assessment_overdue" not in gaps(6)


def test_nobody_leads(gaps, incident, lena):
    role = incident.roles.current().get(role="lead")
    role.stand_down(by=lena)
    role.refresh_from_db()

    assert gaps()["no_lead"] == {
        "code": "no_lead",
        "message": "Nobody leads this incident.",
        "since": moment(role.ended_at),
        "waivable": False,
        "subject": "",
        "owner": None,
        "owner_role": "lead",
        "step": "Take the lead, or give it to somebody",
        "place": "roles/lead/",
        "workstream": None,
    }


def test_several_functions_and_nobody_who_speaks(gaps, incident, lena):
    incident.roles.current().get(role="communications_lead").stand_down(by=lena)

    assert set(gaps()) == {"no_communications_lead", "task_unowned"}

    FunctionActivation.change(incident, Function.objects.get(slug="support"), "stood_down", by=lena)
    assert set(gaps()) == {"task_unowned"}


def test_a_required_function_that_is_not_here_can_be_waived(gaps, incident, lena):
    finance = Function.objects.get(slug="finance")
    FunctionActivation.change(incident, finance, "requested", by=lena)
    gap = gaps()["required_function_not_engaged"]
    assert (gap["message"], gap["waivable"]) == ("Finance is called for and not engaged.", True)

    FunctionActivation.change(incident, finance, "waived", by=lena, reason="No money moves")

    assert gaps() == {}


def test_an_update_that_is_late(gaps, incident, lena):
    due = Obligation.objects.get(audience="technical").due_at
    assert "update_overdue" not in gaps(29)
    assert gaps(31)["update_overdue"]["since"] == moment(due)

    with time_machine.travel(incident.declared_at + timedelta(minutes=32)):
        StatusUpdate.publish(incident, "technical", {"text": "Draining."}, by=lena)

    assert "update_overdue" not in gaps(33)


def test_the_longest_waiting_comes_first(incident, lena, program):
    with time_machine.travel(incident.declared_at + timedelta(minutes=90)):
        guards = program(lena).get(f"/incidents/{incident.number}/").json()["guards"]

    assert [gap["since"] for gap in guards] == sorted(gap["since"] for gap in guards)
    assert guards[0]["code"] == "assessment_overdue"


def test_what_is_over_lacks_nothing(gaps, incident, lena):
    incident.roles.current().get(role="lead").stand_down(by=lena)
    incident.resolve(by=lena, waiver="Over")

    assert gaps(90) == {}
