"""The cast: the people and organisations that every test is about.

Acme: Lena leads, Tariq coordinates the backend, Mei speaks for the company, Sam listens to customers, Ruth is an
executive, Ada administers, Stan only wants to know. Globex: Omar, who must never see any of it, and whose own words
all carry a marker that nobody at Acme may ever receive.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from incidents.ingest.reports import Report
from incidents.mobilization import declare
from incidents.models import (
    Alert,
    Ask,
    Briefing,
    BusinessEvent,
    BusinessImpact,
    ChangeIntent,
    Commitment,
    Decision,
    Document,
    Finding,
    FixAttempt,
    GuardWaiver,
    Handover,
    Hypothesis,
    Impact,
    IncidentInvitation,
    Integration,
    Message,
    PrivateNote,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    RestorationOrder,
    Spike,
    StatusUpdate,
    StreamException,
    SupportBrief,
    SupportDigest,
    SupportReport,
    Symptom,
    SyncPoint,
    Synthesis,
    SynthesisDelegation,
    Task,
    TimelineEntry,
    Touchpoint,
    UpdateChallenge,
    UpdateDraft,
    Workstream,
    WorkstreamDependency,
)
from notifications.models import Component, Maintenance, StatusPage, Subscriber
from playbooks.models import GlossaryTerm, HoldingText, Playbook, RoleDefinition, RoleExclusion, Severity
from teams.founding import found
from teams.models import ApiToken, Function, Membership, Organization, Person, Rota, Service, Team
from teams.models.membership import OrganizationRole
from teams.tenancy import acting_in
from tests.emptying import empty_tables

MARKER = "7f3a9c2e5d8b1046"
PASSWORD = "correct horse battery"

# local part → (name, organisation role, function, telephone)
ACME = {
    "lena": ("Lena Fischer", "owner", "engineering", "+4915112345601"),
    "tariq": ("Tariq Haddad", "responder", "engineering", "+4915112345602"),
    "mei": ("Mei Tanaka", "responder", "communications", "+4915112345603"),
    "sam": ("Sam Okafor", "responder", "support", "+4915112345604"),
    "ruth": ("Ruth Meyer", "responder", "leadership", "+4915112345605"),
    "ada": ("Ada Novak", "admin", "product", "+4915112345606"),
    "stan": ("Stan Larsen", "stakeholder", "sales", ""),
}
GLOBEX = {"omar": (f"Omar {MARKER}", "owner", "engineering", "+4915112345699")}


def build_world():
    """Both organisations with their people, rotas and services."""
    _people("acme", "Acme", "acme.test", ACME)
    with acting_in(Organization.objects.get(slug="acme")):
        for slug, email in (("engineering", "tariq"), ("communications", "mei"), ("support", "sam")):
            Rota.objects.create(function=Function.objects.get(slug=slug), on_call=_member(f"{email}@acme.test"))
        for slug, name in (("checkout", "Checkout"), ("ledger", "Ledger"), ("search", "Search")):
            Service.objects.create(slug=slug, name=name)
    _people("globex", f"Globex {MARKER}", "globex.test", GLOBEX)
    with acting_in(Organization.objects.get(slug="globex")):
        _plant_secrets(Organization.objects.get(slug="globex"), _member("omar@globex.test"))


def _plant_secrets(globex, omar):
    """One of everything that could leak, each with the marker in its words."""
    secret = f"Secret {MARKER}"
    service = Service.objects.create(slug=f"secret-{MARKER}", name=secret, description=secret)
    Service.objects.create(slug=f"resting-{MARKER}", name=secret).rest_on([service], by=omar)
    incident = declare(secret, by=omar, summary=secret, services=[service], severity=Severity.objects.get(slug="sev1"))
    Message.post(incident.workstreams.get(), secret, by=omar).messages.get().put_on_record(by=omar)
    note = TimelineEntry.note(incident, secret, by=omar)
    Document.add(incident, secret, f"https://{MARKER}.example/", by=omar, note=secret)
    PrivateNote.write(incident, secret, by=omar)
    note.correct_time(note.happened_at - timedelta(minutes=5), by=omar, reason=secret)
    Workstream.open(incident, secret, by=omar, restricted=True)
    SyncPoint.call(incident, secret, by=omar, starts_at=timezone.now() + timedelta(hours=1), purpose=secret)
    WorkstreamDependency.add(*incident.workstreams.in_order(), by=omar, reason=secret)
    Workstream.open(incident, secret, by=omar)
    IncidentInvitation.objects.create(
        incident=incident, membership=omar, reason=secret, answer=secret, state="declined", expires_at=timezone.now()
    )
    ReinforcementRequest.objects.create(
        incident=incident, number=1, member=omar, purpose=secret, answer=secret, requested_by=omar, state="refused"
    )
    until = timezone.now() + timedelta(hours=1)
    for _ in range(2):
        ChangeIntent.propose(incident, secret, by=omar, services=[service], until=until)
    theory = Hypothesis.propose(incident, secret, by=omar, component=service)
    Hypothesis.objects.get(pk=theory.details["hypothesis"]).add_evidence(secret, by=omar, supports=True)
    FixAttempt.start(incident, secret, by=omar)
    StatusUpdate.publish(incident, "technical", {"text": secret}, by=omar)
    entry = Finding.post(incident, secret, by=omar)
    finding = incident.findings.get(pk=entry.details["finding"])
    said = dict.fromkeys(("known", "unknown", "doing", "next", "impact", "expected", "ask"), secret)
    version = Synthesis.publish(incident, by=omar, sources={"known": [finding]}, **said)
    incident.syntheses.get(entry=version).challenge(secret, by=omar)
    finding.ask_for_more(secret, by=omar)
    finding.reply(secret, by=omar)
    SynthesisDelegation.give(incident, omar, minutes=60, by=omar)
    for correct in (True, False):
        told = {"what_is_happening": secret, "what_we_are_doing": secret}
        StatusUpdate.publish(incident, "customers", told, by=omar, waiver=secret)
        Touchpoint.write(incident, "social", f"{secret} {correct}", by=omar, waiver=secret)
        told_last = incident.updates.latest_first().first()
        UpdateChallenge.raise_against(told_last, secret, by=omar)
        if correct:
            told_last.correct(told | {"workaround": secret}, by=omar, reason=secret, waiver=secret)
        else:
            told_last.withdraw(by=omar, reason=secret, waiver=secret)
    UpdateDraft.save_text(incident, "leadership", {"business_impact": secret}, by=omar, no_change=secret)
    Task.add(incident, secret, by=omar)
    Question.ask(incident, secret, by=omar)
    report = SupportReport.file(
        secret, by=omar, incident=incident, feature=secret, segment=secret, ticket=f"https://{MARKER}.example/"
    )
    report.count_one_more(by=omar, ticket=secret)
    Symptom.name(incident, secret, by=omar, reports=[report])
    SupportDigest.give(incident, secret, by=omar)
    SupportBrief.write(incident, secret, by=omar, avoid=secret, workaround=secret)
    SupportReport.file(f"Waits {secret}", by=omar, segment=secret, ticket=secret, count=50)
    Spike.objects.get(incident=None).dismiss(by=omar, reason=secret)
    Ask.put(incident.questions.get(), f"In other words: {MARKER}", to=omar, by=omar, purpose=secret)
    Briefing.hold(incident, by=omar, note=secret)
    StreamException.grant(incident.workstreams.in_order().first(), omar, minutes=30, by=omar)
    GuardWaiver.keep(incident, "no_lead", MARKER, reason=secret, by=omar)
    Decision.open(incident, "priority", secret, by=omar, choice=secret, reason=secret, options=[secret])
    Decision.open(incident, "resource", f"Open {secret}", by=omar, options=[secret, MARKER], cost_of_waiting=secret)
    ResolutionEstimate.give(incident, by=omar, basis=secret)
    Impact.propose(incident, "major", by=omar, feature=secret, segment=secret, note=secret)
    BusinessImpact.state(incident, "critical", secret, by=omar, key_accounts=[secret])
    RestorationOrder.set(incident, [service, secret], by=omar, reason=secret)
    RestorationOrder.objects.get().object(by=omar, reason=secret)
    Commitment.propose(incident, secret, by=omar, to_whom=secret, due_at=until)
    BusinessEvent.plan(
        secret, by=omar, kind="launch", starts_at=timezone.now(), ends_at=until, services=[service], note=secret
    )
    integration, _ = Integration.connect(globex, Integration.Kind.GENERIC, name=secret)
    Alert.fire(integration, Report(dedup_key=MARKER, firing=True, title=secret, labels={"secret": secret}))
    Playbook.objects.create(slug=f"secret-{MARKER}", name=secret)
    hat = incident.roles.current().with_people().get()
    hat.incident = incident
    Handover.objects.create(incident=incident, assignment=hat, to=omar, situation=secret, state="withdrawn")
    role = RoleDefinition.objects.create(slug=f"secret-{MARKER}", name=secret, duties=secret, card=secret)
    RoleExclusion.objects.create(role=role, because=secret)
    GlossaryTerm.objects.create(slug=f"secret-{MARKER}", name=secret, plain=secret)
    HoldingText.objects.filter(audience="customers").update(text=secret)
    Team.objects.create(slug=f"secret-{MARKER}", name=secret, function=Function.objects.get(slug="engineering"))
    StatusPage.arrange(globex, by=omar, name=secret, intro=secret, host=f"{MARKER}.example.com")
    part = Component.add(by=omar, slug=f"secret-{MARKER}", name=secret, description=secret, services=[service])
    window = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=2)
    Maintenance.plan(by=omar, title=secret, text=secret, starts_at=window[0], ends_at=window[1], components=[part])
    Subscriber.sign_up("email", f"{MARKER}@customer.test", [part])
    ApiToken.issue(omar, name=secret)


def _people(slug, name, host, cast):
    owner, *others = cast.items()
    membership = found(name, owner=_person(owner, host), slug=slug)
    with acting_in(membership.organization):
        Membership.objects.update(phone=owner[1][3])
        for each in others:
            _, (_, role, function, phone) = each
            Membership.objects.create(
                person=_person(each, host),
                role=OrganizationRole(role),
                function=Function.objects.get(slug=function),
                phone=phone,
            )


def _person(entry, host):
    local, (name, *_) = entry
    person = Person.objects.create_user(f"{local}@{host}", PASSWORD, name=name)
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def _member(email):
    return Membership.objects.with_people().select_related("organization").get(person__email=email)


# Seconds for which a world stands: after some minutes what waits in it falls due, and answers into other tests.
STANDS_FOR = 90
# Between the clock that tests may turn and the one that they cannot.
OFFSET = time.time() - time.monotonic()


class Standing:
    """When the world was built, by the clock that nobody turns."""

    since = None

    @classmethod
    def is_fresh(cls):
        young = cls.since is not None and time.monotonic() - cls.since < STANDS_FOR
        return young and Organization.objects.filter(slug="acme").exists()

    @classmethod
    def build(cls):
        empty_tables()
        cls.since = time.monotonic()
        with time_machine.travel(OFFSET + cls.since):
            build_world()


@pytest.fixture
def world(django_db_setup, django_db_blocker):
    """Committed, and shared by the tests that roll back; built anew after one that committed and emptied the tables."""
    with django_db_blocker.unblock():
        if not connection.in_atomic_block:
            if not Standing.is_fresh():
                Standing.build()
        elif not Organization.objects.filter(slug="acme").exists():
            build_world()


@pytest.fixture
def acme(world, db):
    """Acme, the active organisation of the test."""
    organization = Organization.objects.get(slug="acme")
    with acting_in(organization):
        yield organization


@pytest.fixture
def committed_acme(world, transactional_db):
    """Acme for tests with several connections or processes: committed, and no scope opened around the test."""
    return Organization.objects.get(slug="acme")


@pytest.fixture
def globex(acme):
    """Globex; open its scope with `acting_in`."""
    return Organization.objects.get(slug="globex")


def _acme_member(local):
    @pytest.fixture(name=local)
    def member(acme):
        return _member(f"{local}@acme.test")

    return member


lena, tariq, mei, sam, ruth, ada, stan = map(_acme_member, ACME)


@pytest.fixture
def omar(globex):
    with acting_in(globex):
        return _member("omar@globex.test")


@pytest.fixture
def signed_in():
    """`signed_in(lena)` is a browser in which Lena is signed in."""

    def sign_in(membership):
        client = Client()
        client.force_login(membership.person)
        return client

    return sign_in


class Program:
    """A script that carries a member's token: `api.get("/incidents/")`, `api.post("/incidents/", {"title": …})`."""

    def __init__(self, key):
        self.client = Client(headers={"Authorization": f"Bearer {key}"})
        self.key = key

    def get(self, path, **kwargs):
        return self.client.get(f"/api/v1{path}", **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.client.post(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def put(self, path, body=None, **kwargs):
        return self.client.put(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def patch(self, path, body=None, **kwargs):
        return self.client.patch(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def delete(self, path, **kwargs):
        return self.client.delete(f"/api/v1{path}", **kwargs)


@pytest.fixture
def program():
    """`program(lena)` acts over the API as Lena."""

    def carry(membership):
        with acting_in(membership.organization_id):
            _, key = ApiToken.issue(membership)
        return Program(key)

    return carry
