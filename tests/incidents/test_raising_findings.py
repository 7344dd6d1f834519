"""Findings: reported to the lead in four lines, heard or set aside, and loud when nobody hears them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.guards import Facts, gaps_of
from incidents.models import Finding, Obligation
from teams.errors import Refused
from teams.models import TechnicalDomain
from tests.factories import declare_incident, open_workstream, post_message, raise_finding


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def clock_of(finding):
    return Obligation.objects.get(kind="finding", subject=finding.pk)


def test_a_finding_reaches_the_lead_with_all_its_lines(incident, tariq):
    domain = TechnicalDomain.objects.first()
    stream = open_workstream(incident, by=tariq, domain=domain)

    entry = Finding.post(
        incident,
        " 5.1 is healthy on the canary. ",
        by=tariq,
        actions="Rolled one node back",
        needs="A go from the lead",
        meaning="The release is the cause",
        confidence="high",
        workstream=stream,
        evidence="https://grafana.acme.test/d/1",
        needs_action=True,
    )

    finding = incident.findings.get()
    assert (finding.label, finding.condition, finding.state) == ("F1", "5.1 is healthy on the canary.", "raised")
    assert (finding.domain, finding.workstream, finding.raised_by) == (domain, stream, tariq)
    assert (entry.kind, entry.workstream) == ("finding_raised", stream)
    assert entry.details == {
        "finding": finding.pk,
        "number": 1,
        "condition": "5.1 is healthy on the canary.",
        "actions": "Rolled one node back",
        "needs": "A go from the lead",
        "meaning": "The release is the cause",
        "confidence": "high",
        "domain": domain.slug,
        "evidence": "https://grafana.acme.test/d/1",
        "needs_action": True,
    }
    assert incident.participants.current().filter(membership=tariq).exists()


def test_a_finding_from_a_message_keeps_the_link(incident, tariq):
    message = post_message(incident, by=tariq)

    finding = raise_finding(incident, by=tariq, message=message)

    assert (finding.message, finding.workstream) == (message, message.workstream)
    assert [each.label for each in incident.messages.for_reading().get().raised] == ["F1"]
    assert incident.timeline.latest_first().first().details["message"] == message.pk


def test_the_same_key_is_the_same_finding(incident, tariq):
    first, second = (Finding.post(incident, "Healthy", by=tariq, key="once") for _ in range(2))

    assert first.pk == second.pk
    assert incident.findings.count() == 1


@pytest.mark.parametrize(("severity", "minutes"), [("sev1", 5), ("sev2", 5), ("sev3", 10), ("sev4", 10)])
def test_the_lead_has_ten_minutes_and_five_when_it_is_bad(lena, tariq, severity, minutes):
    finding = raise_finding(declare_incident(lena, severity=severity), by=tariq)

    assert finding.acknowledge_by - finding.raised_at == timedelta(minutes=minutes)
    assert clock_of(finding).due_at == finding.acknowledge_by


def test_nothing_and_nobody_from_outside_is_a_finding(incident, lena, tariq, stan):
    for text, by, code in ((" ", tariq, "empty"), ("It is slow", stan, "responders_only")):
        with pytest.raises(Refused) as refused:
            Finding.post(incident, text, by=by)
        assert refused.value.code == code
    incident.resolve(by=lena)
    with pytest.raises(Refused) as late:
        Finding.post(incident, "Healthy", by=tariq)
    assert late.value.code == "not_open"


def test_the_lead_acknowledges_once(incident, lena, tariq):
    finding = raise_finding(incident, by=tariq)

    entry = finding.acknowledge(by=lena)

    assert (finding.state, finding.settled_by) == ("acknowledged", lena)
    assert (entry.kind, entry.details["number"]) == ("finding_acknowledged", 1)
    assert clock_of(finding).state == "satisfied"
    with pytest.raises(Refused) as again:
        finding.acknowledge(by=lena)
    assert again.value.code == "unchanged"


def test_others_acknowledge_with_a_reason(incident, tariq, stan):
    finding = raise_finding(incident, by=tariq)

    with pytest.raises(Refused) as refused:
        finding.acknowledge(by=tariq)
    with pytest.raises(Refused) as outside:
        finding.acknowledge(by=stan, waiver="I insist")
    assert (refused.value.code, refused.value.waivable) == ("coordination_right", True)
    assert outside.value.code == "responders_only"

    assert finding.acknowledge(by=tariq, waiver="Lena is on the phone").details["waiver"] == "Lena is on the phone"


def test_a_finding_is_set_aside_with_a_reason(incident, lena, tariq):
    finding = raise_finding(incident, by=tariq)

    with pytest.raises(Refused) as refused:
        finding.set_aside(reason="", by=lena)
    finding.acknowledge(by=lena)
    entry = finding.set_aside(reason="Only the canary was healthy", by=lena)

    assert refused.value.code == "reason_required"
    assert (finding.state, finding.reason) == ("set_aside", "Only the canary was healthy")
    assert (entry.kind, entry.details["reason"]) == ("finding_set_aside", "Only the canary was healthy")


def test_a_finding_that_nobody_hears_climbs(incident, tariq):
    finding = raise_finding(incident, by=tariq)
    due = clock_of(finding).due_at

    walk = [clock_of(finding).advance(due + timedelta(minutes=late)) for late in (-1, 0, 5, 15)]

    assert walk[0] is None
    assert [(entry.kind, entry.details["told"]) for entry in walk[1:]] == [
        ("finding_waits", ["lead"]),
        ("finding_waits", ["lead"]),
        ("finding_waits", ["lead", "administrators"]),
    ]


def test_an_overdue_finding_is_a_gap_until_it_is_heard(incident, lena, tariq):
    finding = raise_finding(incident, by=tariq)

    def gap(minutes):
        gaps = gaps_of(Facts.of(incident, now=finding.raised_at + timedelta(minutes=minutes)))
        return next((each for each in gaps if each.code == "finding_unacknowledged"), None)

    assert gap(9) is None
    assert (gap(10).message, gap(10).subject, gap(10).waivable) == ("Finding F1 has not been acknowledged.", "1", False)

    finding.acknowledge(by=lena)

    assert gap(10) is None


def test_a_reopened_incident_gives_the_lead_new_time(incident, lena, tariq):
    finding = raise_finding(incident, by=tariq)
    incident.resolve(by=lena)

    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        incident.reopen(by=lena)
        finding.refresh_from_db()
        assert finding.acknowledge_by == timezone.now() + timedelta(minutes=10)
    assert incident.obligations.live().get(kind="finding").due_at == finding.acknowledge_by


def test_a_resolved_incident_waits_for_no_acknowledgement(incident, lena, tariq):
    finding = raise_finding(incident, by=tariq)

    incident.resolve(by=lena)

    assert clock_of(finding).state == "cancelled"
    finding.acknowledge(by=lena)
    assert finding.state == "acknowledged"
