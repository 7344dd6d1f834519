"""Several processes at once, and processes that die in the middle: nothing is lost, nothing is doubled unexplained.

What runs here are real `manage.py tick` processes on a database of their own (SQLite) or on the test's (PostgreSQL).
"""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.notifications.quiet import hush
from tests.serving import OUTSIDE, ROOT

# What these processes write is committed, so the tables are emptied behind each test.
pytestmark = pytest.mark.django_db(transaction=True)

# Said inside the child: a world, and everything it needs to speak about it.
PREPARED = """
import json
from datetime import timedelta
from django.utils import timezone
from incidents.models import *
from notifications.models import *
from teams.models import Membership, Organization
from teams.tenancy import acting_in
from tests.factories import declare_incident
acme = Organization.objects.get(slug="acme")
lena = lambda: Membership.objects.select_related("person", "organization").get(person__email="lena@acme.test")
"""


WORLD = "from tests.cast import build_world; from tests.notifications.quiet import hush; build_world(); hush()"


class Installation:
    """A database with the cast in it, and processes that work on it."""

    def __init__(self, **environment):
        inherited = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        self.environment = {**inherited, "SECRET_KEY": "under fire", "PYTHONPATH": str(ROOT), **environment}
        self.started = []

    def say(self, code):
        """Run a few lines inside Acme's scope; what they leave in `answer` comes back."""
        program = PREPARED + "answer = None\nwith acting_in(acme):\n"
        program += "".join(f"    {line}\n" for line in code.strip().splitlines())
        program += 'print("ANSWER" + json.dumps(answer, default=str))\n'
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", program],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.rpartition("ANSWER")[2])

    def start_tick(self):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "tick"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def tick(self):
        return finished(self.start_tick())

    def stop(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def finished(process):
    said, trouble = process.communicate(timeout=60)
    assert process.returncode == 0, trouble
    return json.loads(said)


@pytest.fixture
def installation(request, sms_gateway, mail_server):
    providers = {
        "SMS_GATEWAY_URL": sms_gateway.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "LOG_LEVEL": "ERROR",
    }
    if connection.vendor == "postgresql":
        request.getfixturevalue("committed_acme")
        hush()
        made = Installation(
            **providers,
            DATABASE_URL="postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict),
            DATA_DIR=str(request.getfixturevalue("tmp_path")),
        )
    else:
        made = Installation(**providers, DATA_DIR=str(request.getfixturevalue("data_dir")))
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", WORLD],
            cwd=ROOT, env=made.environment, check=True, timeout=60,
        )  # fmt: skip
    yield made
    made.stop()


# What became of the text messages; on the way, half a minute passes for everything that waits.
OUTCOMES = """
answer = {
    each.identifier: [each.state, each.reason, list(each.attempts.order_by("number").values_list("outcome", flat=True))]
    for each in Delivery.objects.filter(channel="sms").exclude(state="suppressed")
}
for each in Delivery.objects.filter(state="leased"):
    Delivery.objects.filter(pk=each.pk).update(next_at=each.next_at - timedelta(seconds=31))
"""


def test_a_worker_killed_while_the_gateway_thinks_loses_nothing(installation, sms_gateway):
    installation.say('declare_incident(lena(), severity="sev1")')
    sms_gateway.hold()
    worker = installation.start_tick()
    assert sms_gateway.arrived.acquire(timeout=60), "the gateway has a message in its hands"

    worker.kill()
    worker.wait(10)
    sms_gateway.let_go()
    begun = {request["key"] for request in sms_gateway.requests}
    on_record = {key for key, (_, _, attempts) in installation.say(OUTCOMES).items() if attempts == ["started"]}
    assert begun <= on_record, "the attempt was on record before the call"
    installation.tick()

    outcomes = installation.say(OUTCOMES)
    assert {state for state, _, _ in outcomes.values()} == {"accepted"}
    arrived = {key: request["text"] for key, request in sms_gateway.distinct.items()}
    assert set(arrived) == set(outcomes), f"each message reached the gateway, under one key each: {arrived}"
    keys = [request["key"] for request in sms_gateway.requests]
    doubled = {key for key in outcomes if keys.count(key) > 1}
    assert begun <= doubled <= on_record, "what was in flight was sent again, and nothing else"
    for _, reason, attempts in map(outcomes.get, doubled):
        assert attempts == ["abandoned", "accepted"]
        assert reason.startswith("An earlier try had no answer, so it may have arrived twice.")


def test_several_schedulers_at_once_remind_once_and_send_once(installation, sms_gateway, mail_server):
    # Everything has just fallen due, and takes its next step tomorrow.
    installation.say(
        """
declare_incident(lena(), severity="sev1")
past, tomorrow = timedelta(minutes=15, seconds=5), timedelta(days=1)
for each in Obligation.objects.live():
    Obligation.objects.filter(pk=each.pk).update(
        starts_at=each.starts_at - past, warn_at=each.warn_at - past, due_at=each.due_at - past,
        next_at=each.next_at - past, overdue_at=each.overdue_at + tomorrow,
        escalate_at=[(timezone.datetime.fromisoformat(m) + tomorrow).isoformat() for m in each.escalate_at])
"""
    )

    passes = [installation.start_tick() for _ in range(3)]
    summaries = [finished(each) for each in passes]
    again = installation.tick()

    assert again == {"clocks": 0, "fan_outs": 0, "spikes": 0, "recipients": 0, "windows": 0, "messages": {}}
    reminders, attempts = installation.say(
        """
answer = [
    [[e.kind, e.details["clock"], e.details.get("audience", "")]
        for e in TimelineEntry.objects.exclude(details__obligation=None).order_by("pk")],
    [each.attempts.count() for each in Delivery.objects.exclude(state="suppressed")],
]
"""
    )
    assert sorted(reminders) == [
        ["clock_due", "assessment", ""],
        ["clock_due", "update", "coordination"],
        ["clock_due", "update", "customers"],
        ["clock_due", "update", "technical"],
        ["role_vacant", "vacancy", ""],
    ]
    assert sum(summary["clocks"] for summary in summaries) == len(reminders)
    assert set(attempts) == {1}
    assert len(attempts) == len(sms_gateway.requests) + len(mail_server.mails)


def test_a_process_killed_between_entry_and_message_is_made_good(installation, mail_server):
    """The entry and the intent to tell of it commit together; who dies afterwards has lost nothing."""
    dying = (
        PREPARED
        + """
import os, signal
with acting_in(acme):
    from django.db import transaction
    with transaction.atomic():
        declare_incident(lena(), "Told all the same", severity="sev1")
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    died = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", dying],
        cwd=ROOT, env=installation.environment, check=False, timeout=60,
    )  # fmt: skip
    assert died.returncode == -9

    installation.tick()

    assert "Told all the same" in mail_server.to("tariq@acme.test")[0]
