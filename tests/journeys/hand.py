"""A hand inside a running installation: reads one JSON line, `[what, arguments]`, does it with the installation's own
settings and database, and answers with one. The tests own no connection of their own, so they can be anywhere.
"""

import json
import sys
from datetime import datetime, timedelta

import django

django.setup()

from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from incidents.models import (  # noqa: E402
    ChangeIntent,
    Incident,
    Integration,
    Message,
    Obligation,
    Question,
    RoleAssignment,
    StatusUpdate,
    SupportReport,
    TimelineEntry,
)
from notifications.leases import LEASE  # noqa: E402
from notifications.models import Component, Delivery, PublicIncident, StatusPage  # noqa: E402
from playbooks.models import Severity  # noqa: E402
from teams.models import ApiToken, Membership, Organization, Service, TechnicalDomain  # noqa: E402
from teams.tenancy import acting_in  # noqa: E402
from tests import factories  # noqa: E402
from tests.cast import build_world  # noqa: E402
from tests.notifications.quiet import hush  # noqa: E402


def _acme():
    return Organization.objects.get(slug="acme")


def _member(local):
    return Membership.objects.with_people().select_related("organization").get(person__email=f"{local}@acme.test")


def build():
    build_world()


def declare(by="lena", title="Checkout fails for some customers", **fields):
    """The number of a new incident, and its first workstream."""
    with acting_in(_acme()):
        incident = factories.declare_incident(_member(by) if by else None, title, **fields)
        return [incident.number, incident.workstreams.in_order().first().pk]


def post(number, text, by="lena"):
    with acting_in(_acme()):
        incident = Incident.objects.get(number=number)
        return factories.post_message(incident, text, by=_member(by)).pk


def change_everything(number):
    """So that every part of the room has to fetch itself."""
    with acting_in(_acme()):
        incident, lena = Incident.objects.get(number=number), _member("lena")
        incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)
        incident.change_details(by=lena, title="Another title")
        RoleAssignment.take(incident, "communications_lead", by=_member("mei"))
        StatusUpdate.publish(incident, "technical", {"text": "Something new."}, by=lena)


def staff(number):
    """Somebody speaks, Tariq coordinates the backend, and Ruth decides for the leadership."""
    with acting_in(_acme()):
        incident = Incident.objects.get(number=number)
        backend = TechnicalDomain.objects.get(slug="backend")
        RoleAssignment.take(incident, "communications_lead", by=_member("mei"))
        RoleAssignment.take(incident, "technical_coordinator", by=_member("tariq"), domain=backend)
        RoleAssignment.take(incident, "executive", by=_member("ruth"))


def cause(number):
    """The workstream in which the cause is looked for."""
    with acting_in(_acme()):
        incident = Incident.objects.get(number=number)
        backend = TechnicalDomain.objects.get(slug="backend")
        return factories.open_workstream(incident, "Double bookings", by=_member("tariq"), domain=backend).pk


def show_to_the_public(number, headline):
    """Acme has a status page with one part, and the incident stands on it."""
    with acting_in(_acme()):
        ada = _member("ada")
        StatusPage.arrange(_acme(), by=ada, name="Acme", published=True)
        if not Component.objects.filter(slug="card").exists():
            Component.add(by=ada, slug="card", name="Pay by card")
        impacts = {Component.objects.get(slug="card"): "partial"}
        PublicIncident.publish(Incident.objects.get(number=number), headline, by=_member("mei"), impacts=impacts)


def claim(number, by, action, service):
    """A change on a service for the next half hour, as its primary key."""
    with acting_in(_acme()):
        entry = ChangeIntent.propose(
            Incident.objects.get(number=number),
            action,
            by=_member(by),
            until=timezone.now() + timedelta(minutes=30),
            services=[Service.objects.get(slug=service)],
        )
        return entry.details["change"]


def changes(number):
    """The changes of an incident as primary keys, the first claimed first."""
    with acting_in(_acme()):
        claimed = ChangeIntent.objects.filter(incident__number=number).order_by("pk")
        return list(claimed.values_list("pk", flat=True))


def asked(number):
    with acting_in(_acme()):
        return list(Question.objects.filter(incident__number=number).values_list("text", flat=True))


def token(local):
    with acting_in(_acme()):
        return ApiToken.issue(_member(local))[1]


def integration(kind, declares=True):
    with acting_in(_acme()):
        return Integration.connect(_acme(), kind, declares=declares)[1]


def hurry(number, audience, seconds):
    """Let a clock have started so much earlier; its steps stay as far from each other as they are."""
    earlier = timedelta(seconds=seconds)
    with acting_in(_acme()):
        clock = Obligation.objects.live().get(incident__number=number, audience=audience)
        for name in ("starts_at", "warn_at", "due_at", "overdue_at"):
            setattr(clock, name, getattr(clock, name) - earlier)
        clock.escalate_at = [(datetime.fromisoformat(moment) - earlier).isoformat() for moment in clock.escalate_at]
        clock.next_at = clock.next_at and clock.next_at - earlier
        clock.save()


def clocks(number):
    """`{audience: [state, level, interval in minutes]}` of what is owed."""
    with acting_in(_acme()):
        owed = Obligation.objects.live().filter(incident__number=number)
        return {clock.audience: [clock.state, clock.level, clock.interval_minutes] for clock in owed}


def kinds(number):
    with acting_in(_acme()):
        entries = TimelineEntry.objects.filter(incident__number=number).in_order()
        return list(entries.values_list("kind", flat=True))


def texts(number):
    """What was said, in order."""
    with acting_in(_acme()):
        return list(Message.objects.filter(incident__number=number).in_order().values_list("text", flat=True))


def to_do(number):
    """`[tasks, findings]` that people wrote, each in order."""
    with acting_in(_acme()):
        incident = Incident.objects.get(number=number)
        tasks = incident.tasks.exclude(added_by=None).order_by("number").values_list("text", flat=True)
        return [list(tasks), list(incident.findings.order_by("number").values_list("condition", flat=True))]


def add_task(number, text, owner):
    """Its primary key."""
    with acting_in(_acme()):
        incident = Incident.objects.get(number=number)
        return factories.add_task(incident, text, by=_member("lena"), owner=_member(owner)).pk


def symptom(number, title):
    """What one customer sees, told by Sam."""
    with acting_in(_acme()):
        incident, sam = Incident.objects.get(number=number), _member("sam")
        told = factories.file_report(incident, title, by=sam)
        factories.name_symptom(incident, title, by=sam, reports=[told])


def customers(number):
    with acting_in(_acme()):
        return [each.customers for each in SupportReport.objects.filter(incident__number=number)]


def decline(number):
    """It was nothing: no more can be done in it."""
    with acting_in(_acme()):
        Incident.objects.get(number=number).decline(
            by=_member("lena"), reason="A false alarm.", waiver="It was nothing."
        )


def unsettled():
    """How many messages wait or are on their way."""
    with acting_in(_acme()):
        return Delivery.objects.filter(next_at__isnull=False).count()


def hush_globex():
    """Their own incident keeps silent, where the test counts what Acme sends."""
    hush()


def text_messages(number):
    """`{key: [state, reason, [outcome of each attempt]]}` of everything an incident sends as SMS."""
    with acting_in(_acme()):
        sent = Delivery.objects.filter(incident__number=number, channel="sms").exclude(state="suppressed")
        return {
            each.identifier: [
                each.state,
                each.reason,
                list(each.attempts.order_by("number").values_list("outcome", flat=True)),
            ]
            for each in sent
        }


def let_leases_run_out():
    """Half a minute passes for every message that a worker has in its hands."""
    with acting_in(_acme()):
        Delivery.objects.filter(state="leased").update(
            next_at=F("next_at") - LEASE, leased_until=F("leased_until") - LEASE
        )


def broken_at(number):
    """Where the chain of a timeline is broken, or null."""
    with acting_in(_acme()):
        return Incident.objects.get(number=number).first_break()


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        what, arguments, named = json.loads(line)
        answer = globals()[what](*arguments, **named)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
