"""Tasks and the doorbell: fast when everything works, and harmless when it does not."""

import queue
import threading
import time

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from notifications import doorbell, sending, tasks, tick
from notifications.leases import Lease
from notifications.models import Attempt, Delivery, FanOut, Heartbeat
from tests.factories import declare_incident


@pytest.fixture
def rings(monkeypatch):
    """What is rung, instead of ringing."""
    heard = []
    monkeypatch.setattr(doorbell, "ring", lambda task, *args: heard.append((task, *args)))
    return heard


def test_an_entry_rings_once_it_is_safe_and_not_before(lena, rings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        declare_incident(lena, severity="sev1")
        assert rings == []

    assert set(rings) == {
        ("notifications.tasks.fan_out", lena.organization_id, pk) for pk in FanOut.objects.values_list("pk", flat=True)
    }


def test_a_task_delivered_five_times_in_any_order_has_one_effect(lena, rings, sms_gateway, mail_server):
    declare_incident(lena, severity="sev1")
    fan_outs = list(FanOut.objects.values_list("pk", flat=True))

    for pk in [*fan_outs, *reversed(fan_outs)] * 3:
        tasks.fan_out(lena.organization_id, pk)
    for _ in range(5):
        for channel in ("sms", "email"):
            tasks.deliver(lena.organization_id, channel)

    sent = Delivery.objects.filter(state="accepted").count()
    assert sent > 6
    assert sent == Attempt.objects.count() == len(sms_gateway.requests) + len(mail_server.mails)


def test_a_finished_fan_out_rings_for_whoever_sends(lena, rings):
    declare_incident(lena, severity="sev1")

    tasks.fan_out(lena.organization_id, FanOut.objects.order_by("pk").first().pk)

    assert rings == [
        ("notifications.tasks.deliver", lena.organization_id, "email"),
        ("notifications.tasks.deliver", lena.organization_id, "sms"),
    ]


def test_the_scheduler_finds_what_no_ring_told_of(lena, rings):
    declare_incident(lena, severity="sev1")

    tasks.tick()

    assert set(rings) == {("notifications.tasks.deliver", lena.organization_id, by) for by in ("email", "sms")}
    assert Heartbeat.last("scheduler") is not None
    assert not Attempt.objects.exists(), "the pass itself waits for no provider"


def test_a_slow_gateway_leaves_workers_for_everybody_else(lena, rings):
    declare_incident(lena, severity="sev1")
    tick.prepare()
    held = Lease.take(lena.organization_id, "sms", doubts=2, limit=1)
    assert len(held.deliveries) == 1

    assert sending.full_lanes(timezone.now()) == {"sms"}
    tasks.tick()
    tasks.deliver(lena.organization_id, "sms")

    assert rings == [("notifications.tasks.deliver", lena.organization_id, "email")]
    assert not Attempt.objects.exists()


def test_a_clock_that_jumps_is_not_believed_for_one_pass(lena, rings, monkeypatch):
    watch = tasks.ClockWatch()
    monkeypatch.setattr(tasks, "watch", watch)
    real = time.time
    assert watch.jumped() == 0
    declare_incident(lena, severity="sev1")

    monkeypatch.setattr(tasks.time, "time", lambda: real() + 7200)
    tasks.tick()
    assert (rings, Heartbeat.last("scheduler")) == ([], None)

    tasks.tick()
    assert rings != []


# --- The doorbell itself ---------------------------------------------------------------------------------


@pytest.fixture
def bell(monkeypatch):
    """A doorbell of the test's own: `bell.broker` does what a broker does."""

    class Broker:
        def __init__(self):
            self.heard = []
            self.listening = threading.Semaphore(0)
            self.behave = lambda: None

        def send_task(self, task, args, **options):
            self.listening.release()
            self.behave()
            self.heard.append((task, args))

    broker = Broker()
    monkeypatch.setattr(doorbell, "current_app", broker)
    monkeypatch.setattr(doorbell, "_rings", queue.Queue(3))
    monkeypatch.setattr(doorbell, "_ringer", None)
    return broker


def test_a_ring_reaches_the_broker(bell):
    doorbell.ring("a.task", 1, 2)

    assert bell.listening.acquire(timeout=10)


def test_a_broker_that_hangs_keeps_nobody_waiting(bell):
    stuck = threading.Event()
    bell.behave = lambda: stuck.wait(30)
    started = time.monotonic()

    for number in range(20):
        doorbell.ring("a.task", number)

    assert time.monotonic() - started < 1
    assert bell.listening.acquire(timeout=10), "it was rung, and hangs"
    stuck.set()


def test_a_broker_that_is_away_is_tried_again_with_the_next_ring(bell):
    def away():
        raise OperationalError("Connection refused")

    bell.behave = away
    doorbell.ring("a.task", 1)
    assert bell.listening.acquire(timeout=10)

    bell.behave = lambda: None
    doorbell.ring("a.task", 2)

    assert bell.listening.acquire(timeout=10)
