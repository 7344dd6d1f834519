"""Alerts from monitoring: stored before answered, one per key while it fires, perhaps an incident, once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from incidents.models import Alert, AlertPayload, Incident, Integration
from playbooks.models import Severity
from teams.tenancy import acting_in


def alertmanager(status="firing", *, alertname="HighErrorRate", fingerprint="f1", group="{}:{}", **labels):
    """The body that Alertmanager 0.25 sends, with one alert."""
    labels = {"alertname": alertname, "severity": "critical", "service": "checkout", **labels}
    return {
        "version": "4",
        "groupKey": group,
        "status": status,
        "receiver": "muster",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": {"summary": f"{alertname} on {labels['service']}"},
                "startsAt": "2026-11-23T02:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.acme.test/graph",
                "fingerprint": fingerprint,
            }
        ],
    }


@pytest.fixture
def send(acme):
    """`send(kind, payload)` delivers to an integration of that kind; `declares=True` makes it declare."""
    keys = {}

    def deliver(kind, payload, *, declares=False):
        if (kind, declares) not in keys:
            _, keys[kind, declares] = Integration.connect(acme, kind, declares=declares)
        key = keys[kind, declares]
        if kind == "events":
            return Client().post("/v2/enqueue", {**payload, "routing_key": key}, content_type="application/json")
        return Client().post(f"/ingest/{key}/{kind}", payload, content_type="application/json")

    return deliver


def test_a_firing_alert_waits_for_somebody(send):
    answer = send("alertmanager", alertmanager())

    alert = Alert.objects.waiting().get()
    assert answer.status_code == 202
    assert answer.json()["alerts"] == [{"id": alert.pk, "dedup_key": "f1", "state": "firing"}]
    assert (alert.title, alert.count, alert.labels["service"]) == ("HighErrorRate on checkout", 1, "checkout")


def test_the_same_alert_is_counted_not_repeated(send):
    for _ in range(3):
        send("alertmanager", alertmanager())

    assert [alert.count for alert in Alert.objects.all()] == [3]


def test_resolved_closes_the_alert_and_firing_again_is_another(send):
    send("alertmanager", alertmanager())
    send("alertmanager", alertmanager("resolved"))
    send("alertmanager", alertmanager())

    assert [alert.state for alert in Alert.objects.order_by("pk")] == ["resolved", "firing"]


def test_a_declaring_integration_declares_once_with_what_the_labels_say(send, acme):
    for _ in range(2):
        send("alertmanager", alertmanager(incident_type="payment"), declares=True)

    incident = Incident.objects.get()
    assert (incident.severity.slug, incident.incident_type.slug) == ("sev1", "payment")
    assert [service.slug for service in incident.services.all()] == ["checkout"]
    assert incident.declared_by is None
    assert list(incident.timeline.of_kinds("alert_fired").values_list("details__title", flat=True)) == [
        "HighErrorRate on checkout"
    ]


def test_alerts_of_one_group_become_one_incident(send):
    for instance in range(5):
        send("alertmanager", alertmanager(fingerprint=f"f{instance}", instance=f"web{instance}"), declares=True)

    assert Incident.objects.get().alerts.count() == 5


def test_another_group_is_another_incident(send):
    send("alertmanager", alertmanager(group="a"), declares=True)
    send("alertmanager", alertmanager(group="b", fingerprint="f2"), declares=True)

    assert Incident.objects.count() == 2


def test_the_end_of_an_alert_stands_on_the_timeline_and_resolves_nothing(send):
    send("alertmanager", alertmanager(), declares=True)
    send("alertmanager", alertmanager("resolved"), declares=True)

    incident = Incident.objects.get()
    assert incident.is_open
    assert incident.timeline.of_kinds("alert_resolved").count() == 1


def test_a_severity_the_organisation_lacks_falls_back_to_the_preset(send):
    send("alertmanager", alertmanager(severity="blue"), declares=True)

    assert Incident.objects.get().severity == Severity.preset_or_mildest()


def test_a_generic_webhook_needs_only_a_title(send):
    answer = send("generic", {"title": "Queue is  full\n", "severity": "warning"}, declares=True)

    assert answer.status_code == 202
    assert (Incident.objects.get().title, Incident.objects.get().severity.slug) == ("Queue is full", "sev3")


def test_an_event_is_triggered_and_resolved_by_its_key(send):
    trigger = {"event_action": "trigger", "payload": {"summary": "Disk full", "source": "db1", "severity": "error"}}
    key = send("events", trigger).json()["dedup_key"]
    send("events", {"event_action": "resolve", "dedup_key": key})

    assert [(alert.title, alert.state) for alert in Alert.objects.all()] == [("Disk full", "resolved")]


def test_the_routing_key_is_not_kept_with_the_payload(send):
    send("events", {"event_action": "trigger", "payload": {"summary": "Disk", "source": "a", "severity": "info"}})

    assert '"routing_key": "…"' in AlertPayload.objects.get().body


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "alerts"),
        ([], "alerts"),
        ({"alerts": {}}, "alerts"),
        ({"alerts": ["x"]}, "alerts.0"),
        ({"alerts": [{"status": "melting"}]}, "alerts.0.status"),
        ({"alerts": [{"status": "firing", "labels": []}]}, "alerts.0.labels"),
    ],
)
def test_what_cannot_be_read_is_refused_and_kept(send, payload, field):
    answer = send("alertmanager", payload)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert AlertPayload.objects.get().problem.startswith(f"{field}: ")
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"title": "a\\u0000b"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 5_000, 400),
        (b"\xff\xfe{}", 400),
        (json.dumps({"title": "x" * 1_000_001}).encode(), 413),
        (json.dumps({str(n): 1 for n in range(20_001)}).encode(), 400),
    ],
)
def test_hostile_bodies_are_refused_clearly(acme, body, status):
    _, key = Integration.connect(acme, "generic")

    answer = Client().post(f"/ingest/{key}/generic", body, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not Alert.objects.exists()


def test_unknown_revoked_and_mismatched_keys_get_one_answer(acme, globex):
    integration, revoked = Integration.connect(acme, "generic")
    integration.revoke()
    _, of_other_kind = Integration.connect(acme, "grafana")
    with acting_in(globex):
        _, foreign = Integration.connect(globex, "generic")
    tampered = foreign.replace(f"_{globex.pk}_", f"_{acme.pk}_")

    answers = [
        Client().post(f"/ingest/{key}/generic", {"title": "x"}, content_type="application/json")
        for key in ("nonsense", "ing_999_x", revoked, of_other_kind, tampered)
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert not AlertPayload.objects.exists()


def test_an_alert_that_cannot_become_an_incident_is_stored_all_the_same(send, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("mobilisation is broken")

    monkeypatch.setattr("incidents.ingest.intake.declare", broken)

    assert send("alertmanager", alertmanager(), declares=True).status_code == 202
    assert Alert.objects.waiting().count() == 1


def test_many_identical_alerts_at_once_are_one_alert_one_incident_and_an_exact_count(committed_acme):
    with acting_in(committed_acme):
        _, key = Integration.connect(committed_acme, "alertmanager", declares=True)

    def deliver(_):
        try:
            return (
                Client()
                .post(f"/ingest/{key}/alertmanager", alertmanager(), content_type="application/json")
                .status_code
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(deliver, range(40)))

    assert set(answers) == {202}
    with acting_in(committed_acme):
        assert [alert.count for alert in Alert.objects.all()] == [40]
        assert Incident.objects.count() == 1
        assert AlertPayload.objects.count() == 40


def test_different_alerts_of_one_group_at_once_are_one_incident(committed_acme):
    with acting_in(committed_acme):
        _, key = Integration.connect(committed_acme, "alertmanager", declares=True)

    def deliver(number):
        try:
            body = alertmanager(fingerprint=f"f{number}")
            return Client().post(f"/ingest/{key}/alertmanager", body, content_type="application/json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as senders:
        assert set(senders.map(deliver, range(16))) == {202}

    with acting_in(committed_acme):
        assert Incident.objects.get().alerts.count() == 16
