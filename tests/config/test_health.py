"""Alive is easily said; ready means that clocks speak and messages leave."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from config import embedded
from notifications.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(monkeypatch):
    """As if worker and scheduler ran beside this process."""
    monkeypatch.setattr(embedded.celery, "dead_threads", list)


def last_pass(**ago):
    Heartbeat.objects.update_or_create(process="scheduler", defaults={"seen_at": timezone.now() - timedelta(**ago)})


def test_alive_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert answer.json() == {"status": "alive"}


def test_ready_while_the_scheduler_makes_its_rounds(client, running):
    last_pass(seconds=59)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"], answer.json()["reasons"]) == (200, "ready", [])


def test_a_scheduler_that_stopped_is_a_reason(client, running):
    last_pass(seconds=90)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The scheduler made its last full pass 90 s ago."]


def test_before_the_first_pass_it_is_not_ready(client, running):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The scheduler has not made a full pass yet."]


def test_dead_threads_are_named(client, settings, monkeypatch):
    settings.REDIS_URL = ""
    monkeypatch.setattr(embedded.celery, "worker_thread", None)
    last_pass(seconds=1)

    assert client.get("/readyz").json()["reasons"] == [
        "The worker thread is not running.",
        "The scheduler thread is not running.",
    ]


def test_a_redis_that_is_gone_is_a_reason(client, settings, running):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    last_pass(seconds=1)

    assert client.get("/readyz").json()["reasons"] == ["Redis does not answer."]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone_is_a_reason_and_no_error(client, running):
    def gone(execute, *args):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(gone):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The database does not answer."]
