"""Silence in a technical workstream is a signal: its owner is asked first, then the lead hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from incidents.guards import Facts, gaps_of
from incidents.models import Obligation, RoleAssignment
from playbooks.models import Severity
from teams.models import TechnicalDomain
from tests.factories import declare_incident, open_workstream, post_message
from tests.queries import counted

TWO_AM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(TWO_AM, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena, severity="sev1")


@pytest.fixture
def backend():
    return TechnicalDomain.objects.get(slug="backend")


@pytest.fixture
def stream(incident, lena, tariq, backend):
    return open_workstream(incident, "Card gateway", by=lena, owner=tariq, domain=backend)


def at(minutes):
    return TWO_AM + timedelta(minutes=minutes)


def live(stream):
    return Obligation.objects.live().filter(kind="silence", subject=stream.pk).first()


def silent_gaps(incident, viewer=None):
    return [gap.subject for gap in gaps_of(Facts.of(incident, viewer=viewer)) if gap.code == "silent_workstream"]


def test_its_owner_is_asked_and_then_the_lead_hears_of_it(stream, tariq):
    asked = live(stream).advance(at(10))
    told = live(stream).advance(at(15))

    assert (asked.kind, asked.workstream, asked.actor) == ("workstream_silent", stream, None)
    assert (asked.details["told_members"], asked.details.get("told")) == ([tariq.pk], None)
    assert (told.details["told_members"], told.details["told"]) == ([tariq.pk], ["lead"])
    assert live(stream).next_at is None


def test_a_stream_that_nobody_owns_asks_the_coordinator_of_its_domain_or_the_lead(incident, lena, tariq, backend):
    stream = open_workstream(incident, "Card gateway", by=lena, domain=backend)
    other = open_workstream(incident, "Ledger", by=lena, domain=backend)
    assert live(stream).advance(at(10)).details["told"] == ["lead"]

    RoleAssignment.take(incident, "technical_coordinator", by=tariq, domain=backend)

    asked = live(other).advance(at(10))
    assert (asked.details.get("told"), asked.details["told_members"]) == (None, [tariq.pk])


def test_any_word_begins_the_time_anew(stream, incident, tariq, clock):
    clock.move_to(at(9))
    post_message(incident, by=tariq, workstream=stream)
    assert live(stream).due_at == at(19)

    clock.move_to(at(12))
    stream.change(by=tariq, goal="Roll back")

    assert live(stream).due_at == at(22)
    assert Obligation.objects.filter(kind="silence").count() == 1


def test_a_word_after_the_silence_starts_over(stream, incident, tariq, clock):
    clock.move_to(at(16))
    for minutes in (10, 15):
        live(stream).advance(at(minutes))
    assert silent_gaps(incident) == [str(stream.pk)]

    post_message(incident, by=tariq, workstream=stream)

    assert (live(stream).state, live(stream).level, live(stream).due_at) == ("open", 0, at(26))
    assert silent_gaps(incident) == []


@pytest.mark.parametrize("state", ["done", "blocked"])
def test_nobody_is_asked_about_work_that_rests(stream, tariq, clock, state):
    stream.change(by=tariq, state=state)
    assert live(stream) is None

    clock.move_to(at(5))
    stream.change(by=tariq, state="working")

    assert live(stream).due_at == at(15)


def test_talk_without_a_domain_may_be_silent(incident, lena):
    assert live(incident.workstreams.get()) is None
    assert live(open_workstream(incident, "Impact", by=lena, kind="impact")) is None


def test_another_severity_bears_another_silence(stream, incident, lena):
    incident.change_severity(Severity.objects.get(slug="sev3"), by=lena)
    assert live(stream).due_at == at(30)

    incident.change_severity(Severity.objects.get(slug="sev4"), by=lena)
    assert live(stream) is None


def test_nobody_is_asked_once_it_is_over_and_again_when_it_is_reopened(stream, incident, lena, clock):
    incident.resolve(by=lena)
    assert live(stream) is None

    clock.move_to(at(60))
    incident.reopen(by=lena)

    assert live(stream).due_at == at(70)


def test_a_message_costs_one_statement_more_where_silence_is_heard(stream, incident, lena, tariq):
    quiet = open_workstream(incident, "Impact", by=lena, kind="impact")
    post_message(incident, by=tariq, workstream=quiet)

    def cost(workstream):
        with counted() as queries:
            post_message(incident, "Again.", by=tariq, workstream=workstream)
        return sum("incidents_obligation" in query for query in queries)

    assert (cost(quiet), cost(stream)) == (0, 1)


def test_the_silence_of_a_restricted_one_is_not_told_to_a_lead_who_may_not_know(incident, lena, tariq, mei, backend):
    incident.roles.model.assign(incident, "lead", mei, by=lena)
    stream = open_workstream(incident, "Payroll", by=lena, owner=tariq, domain=backend, restricted=True)

    live(stream).advance(at(10))
    told = live(stream).advance(at(15))

    assert told.details["told"] == ["administrators"]
    with time_machine.travel(at(16), tick=False):
        assert silent_gaps(incident, lena) == [str(stream.pk)]
        assert silent_gaps(incident, mei) == []
