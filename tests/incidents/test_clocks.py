"""Clocks: what is owed to whom by when, how it presses, and that only a person's update satisfies it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from incidents.models import Incident, Obligation, RoleAssignment, StatusUpdate
from playbooks.models import Audience, Cadence, Severity
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, raise_finding

TWO_AM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
COORDINATION = {"current_status": "Slow", "active_work": "Rolling back", "estimated_resolution": "unknown"}


@pytest.fixture
def clock():
    """`clock.shift(minutes)` moves time; it starts at two in the morning and stands still between."""
    with time_machine.travel(TWO_AM, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena, severity="sev1")


def minutes(number):
    return TWO_AM + timedelta(minutes=number)


def of(incident, audience):
    return incident.obligations.get(audience=audience, state__in=Obligation.State.values[:5])


def advance(obligation, at):
    return Obligation.objects.get(pk=obligation.pk).advance(minutes(at))


def test_a_clock_warns_falls_due_is_overdue_and_escalates(incident):
    obligation = of(incident, "coordination")

    walk = [(entry.kind, entry.details["told"]) for at in (10, 15, 16, 20, 30) if (entry := advance(obligation, at))]

    assert walk == [
        ("clock_warned", ["communications_lead"]),
        ("clock_due", ["communications_lead"]),
        ("clock_overdue", ["communications_lead"]),
        ("clock_escalated", ["communications_lead", "lead"]),
        ("clock_escalated", ["communications_lead", "lead", "administrators"]),
    ]
    obligation.refresh_from_db()
    assert (obligation.state, obligation.level, obligation.next_at) == ("escalated", 2, None)


def test_who_owes_it_by_name_is_told_alone_until_it_is_late(incident, tariq):
    obligation = of(incident, "technical")
    Obligation.objects.filter(pk=obligation.pk).update(owner=tariq)

    walk = [entry.details for at in (10, 15, 16, 20) if (entry := advance(obligation, at))]

    assert {tuple(details["told_members"]) for details in walk} == {(tariq.pk,)}
    assert [details.get("told", []) for details in walk] == [
        [],
        [],
        ["communications_lead"],
        ["communications_lead", "lead"],
    ]


def test_nothing_happens_early(incident):
    obligation = of(incident, "coordination")

    assert advance(obligation, 9) is None
    assert Obligation.objects.get(pk=obligation.pk).state == "open"


def test_a_step_is_taken_once_however_often_somebody_looks(incident):
    obligation = of(incident, "coordination")

    assert advance(obligation, 10).kind == "clock_warned"
    assert advance(obligation, 10) is None


def test_after_downtime_only_the_newest_step_speaks(incident):
    obligation = of(incident, "coordination")

    entry = advance(obligation, 45)

    assert (entry.kind, entry.details["level"], entry.details["missed_steps"]) == ("clock_escalated", 2, 4)
    assert advance(obligation, 60) is None


def test_the_index_finds_what_is_pressing(incident):
    assert list(Obligation.objects.pressing(minutes(3))) == []
    pressing = Obligation.objects.pressing(minutes(12))
    assert {each.kind for each in pressing[:2]} == {"assessment", "vacancy"}
    assert {each.audience for each in pressing[2:]} == {"technical", "coordination", "customers"}


def test_an_update_satisfies_its_audience_and_starts_the_next_window(incident, mei, clock):
    RoleAssignment.assign(incident, "communications_lead", mei, by=mei)
    others = {audience: of(incident, audience).due_at for audience in ("technical", "leadership", "customers")}
    first = of(incident, "coordination")
    clock.shift(timedelta(minutes=12))

    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei)

    first.refresh_from_db()
    assert (first.state, first.next_at) == ("satisfied", None)
    assert of(incident, "coordination").due_at == minutes(27)
    assert {audience: of(incident, audience).due_at for audience in others} == others


def test_two_updates_at_the_same_moment_are_two_windows(incident, lena):
    for text in ("First.", "Second."):
        raise_finding(incident, text, by=lena)
        StatusUpdate.publish(incident, "technical", {"text": text}, by=lena)

    assert [window.state for window in incident.obligations.filter(audience="technical").order_by("pk")] == [
        "satisfied",
        "satisfied",
        "open",
    ]


def test_an_overdue_clock_that_was_satisfied_stays_silent(incident, mei, clock):
    RoleAssignment.assign(incident, "communications_lead", mei, by=mei)
    obligation = of(incident, "coordination")
    advance(obligation, 15)
    clock.shift(timedelta(minutes=15))
    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei)

    assert advance(obligation, 40) is None


def test_a_promised_time_sets_the_next_window(incident, mei, clock):
    clock.shift(timedelta(minutes=1))
    RoleAssignment.assign(incident, "communications_lead", mei, by=mei)

    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei, next_update_at=minutes(22))

    assert of(incident, "coordination").due_at == minutes(22)


def test_a_worse_severity_brings_every_clock_forward(lena, clock):
    incident = declare_incident(lena, severity="sev2")
    clock.shift(timedelta(minutes=5))

    incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)

    assert of(incident, "coordination").due_at == minutes(15)
    assert of(incident, "customers").due_at == minutes(10)


def test_a_worse_severity_never_makes_a_clock_due_in_the_past(lena, clock):
    incident = declare_incident(lena, severity="sev2")
    clock.shift(timedelta(minutes=25))

    incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)

    assert of(incident, "coordination").due_at == minutes(25)


def test_a_milder_severity_keeps_what_was_promised(lena, clock):
    incident = declare_incident(lena, severity="sev1")
    clock.shift(timedelta(minutes=5))

    incident.change_severity(Severity.objects.get(slug="sev3"), by=lena)

    assert of(incident, "coordination").due_at == minutes(15)
    assert of(incident, "coordination").interval_minutes == 60


def test_an_audience_without_a_clock_gets_one_when_it_gets_worse(lena, clock):
    incident = declare_incident(lena, severity="sev3")
    assert not incident.obligations.filter(audience="customers").exists()
    clock.shift(timedelta(minutes=5))

    incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)

    assert of(incident, "customers").due_at == minutes(15)


def test_an_edited_cadence_counts_from_the_next_window(incident, lena, clock):
    clock.shift(timedelta(minutes=1))
    Cadence.objects.filter(severity=incident.severity, audience=Audience.TECHNICAL).update(minutes=7)

    StatusUpdate.publish(incident, "technical", {"text": "Canary is healthy."}, by=lena)

    assert of(incident, "technical").due_at == minutes(8)


@pytest.mark.parametrize("end", ["resolve", "decline"])
def test_an_incident_that_is_over_owes_nothing(incident, lena, end):
    getattr(incident, end)(by=lena)

    assert not incident.obligations.live().exists()
    assert advance(incident.obligations.filter(audience="coordination").get(), 60) is None


def test_reopening_starts_the_clocks_again(incident, lena, clock):
    incident.resolve(by=lena)
    clock.shift(timedelta(minutes=30))
    incident.reopen(by=lena)

    assert of(incident, "coordination").due_at == minutes(45)


def test_an_assessment_that_never_came_calls_for_the_widest_set(clock, lena):
    incident = declare_incident(lena, "Personal data leaked", severity="sev3")
    assert not incident.functions.filter(function__slug="leadership", state="requested").exists()
    assessment = incident.obligations.get(kind="assessment")

    advance(assessment, 4)
    advance(assessment, 5)

    requested = set(incident.functions.filter(state="requested").values_list("function__slug", flat=True))
    kinds = list(incident.timeline.in_order().values_list("kind", flat=True))
    assert requested == {
        "engineering", "support", "communications", "compliance", "privacy", "legal", "leadership",
    }  # fmt: skip
    assert kinds.count("assessment_defaulted") == 1
    assert kinds.index("clock_due") < kinds.index("assessment_defaulted")


def test_only_one_of_many_schedulers_takes_a_step(committed_acme, clock):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena, severity="sev1")
        due = list(incident.obligations.clocks().values_list("pk", flat=True))

    def look(_):
        try:
            with acting_in(committed_acme):
                return [bool(Obligation.objects.get(pk=pk).advance(minutes(90))) for pk in due]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as schedulers:
        taken = list(schedulers.map(look, range(8)))

    with acting_in(committed_acme):
        spoken = Incident.objects.get().timeline.filter(kind__startswith="clock_").count()
    assert [sum(column) for column in zip(*taken, strict=True)] == [1] * len(due)
    assert spoken == len(due)
