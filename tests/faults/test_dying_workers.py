"""A worker dies with a message in its hands, and two schedulers wake at once: everything arrives, and arrives once.

On PostgreSQL the worker is killed and the rest lives on; on the one-process default everything dies with it.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.installation import SEVERAL, Installation
from tests.notifications.fakes import SmsGateway
from tests.serving import wait_for

A_QUARTER_AND_MORE = 905


@pytest.fixture(scope="module")
def gateway():
    running = SmsGateway().start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def installation(tmp_path_factory, gateway):
    with Installation(tmp_path_factory.mktemp("workers"), SMS_GATEWAY_URL=gateway.url) as running:
        running.do("build")
        running.do("hush_globex")
        yield running


def kill_worker(installation):
    if SEVERAL:
        installation.kill_other("worker")
    else:
        installation.kill()


def start_another_worker(installation):
    if SEVERAL:
        installation.start_worker("another")
    else:
        installation.restart_web()


@pytest.mark.timeout(120)
def test_what_a_killed_worker_was_sending_arrives_and_is_doubled_only_where_the_log_says_so(installation, gateway):
    gateway.hold()
    number, _ = installation.do("declare", title="Somebody kills the worker", severity="sev1")
    assert gateway.arrived.acquire(timeout=60), "the gateway has a message in its hands"

    kill_worker(installation)
    begun = {request["key"] for request in gateway.requests}
    on_record = {key for key, (_, _, tries) in installation.do("text_messages", number).items() if tries == ["started"]}
    assert begun <= on_record, "the attempt was on record before the call"
    gateway.let_go()
    installation.do("let_leases_run_out")
    start_another_worker(installation)

    def settled():
        sent = installation.do("text_messages", number)
        return {state for state, _, _ in sent.values()} == {"accepted"} and sent

    outcomes = wait_for(settled, 60)
    keys = [request["key"] for request in gateway.requests]
    assert set(keys) == set(outcomes), "each message reached the gateway, under one key each"
    doubled = {key for key in outcomes if keys.count(key) > 1}
    assert begun <= doubled <= on_record, "what was in flight was sent again, and nothing else"
    for key, (_, reason, tries) in outcomes.items():
        assert tries == (["abandoned", "accepted"] if key in on_record else ["accepted"])
        assert ("it may have arrived twice" in reason) == (key in on_record)
    assert installation.do("broken_at", number) is None


@pytest.mark.timeout(120)
def test_two_schedulers_at_once_remind_once(installation):
    number, _ = installation.do("declare", title="Two schedulers", severity="sev1")
    if SEVERAL:
        installation.start_scheduler("second")

    for audience in ("technical", "coordination"):
        installation.do("hurry", number, audience, A_QUARTER_AND_MORE)
    if not SEVERAL:
        # The one process has a scheduler of its own; a second pass comes from the command line.
        with ThreadPoolExecutor(2) as hands:
            list(hands.map(lambda _: installation.manage("tick"), range(2)))

    wait_for(lambda: installation.do("kinds", number).count("clock_due") >= 2, 60)
    threading.Event().wait(3)  # for whoever would remind a second time
    assert installation.do("kinds", number).count("clock_due") == 2
