"""Every address of the product has a declared rule, and every one is walked as somebody it is not for.

A new route fails here until it says who it is for. Members of Globex's neighbour get the answer of a page that does
not exist, to the byte, whether they name Globex itself or slip one of its identifiers into an address of their own.
"""

import re
from dataclasses import dataclass

import pytest
from django.urls import get_resolver, reverse

from incidents.models import (
    Alert,
    Ask,
    BusinessEvent,
    ChangeIntent,
    Commitment,
    Decision,
    Document,
    Finding,
    FixAttempt,
    Hypothesis,
    Impact,
    Incident,
    IncidentInvitation,
    Integration,
    Message,
    Participant,
    PrivateNote,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    RestorationOrder,
    RoleAssignment,
    Spike,
    StatusUpdate,
    StreamException,
    SupportReport,
    Symptom,
    SyncPoint,
    Synthesis,
    Task,
    UpdateChallenge,
    Workstream,
    WorkstreamDependency,
)
from notifications.models import Component, Delivery, FanOut, Maintenance, Notice, RoutingRule, Subscriber
from playbooks.models import GlossaryTerm, Playbook, RoleDefinition
from teams.models import ApiToken, Function, Invitation, Membership, Service, Team
from teams.tenancy import acting_in
from tests.factories import declare_incident

MISSING = 2**40

PUBLIC = {
    "teams:start", "teams:theme", "teams:invite", "teams:invitation_received", "unsubscribe", "nowhere",
    "healthz", "readyz", "schema", "api-docs",
    "status-page", "status-history", "status-maintenance", "status-incident", "status-rss", "status-atom",
    "status-calendar", "status-days",
    "status-json", "status-subscribe", "status-code", "status-confirm", "status-manage", "status-leave",
}  # fmt: skip
KEY_HOLDERS = {"ingest:ingest", "ingest:enqueue", "ingest:inbound-mail"}
SIGNED_IN = {"teams:profile", "teams:new_organization", "own-mail"}
# Pages of an organisation: by the namespace, for its members. Programs: by the prefix, for its tokens.
MEMBERS = ("teams", "playbooks", "incidents", "notifications")
FRAMEWORK = ("account_", "mfa_", "usersessions_", "admin:")

# What an identifier in an address names, so that Globex's own can be put there.
IDENTIFIED = {
    "teams:member": Membership,
    "teams:removal": Membership,
    "teams:function": Function,
    "teams:service": Service,
    "teams:team": Team,
    "teams:revocation": Invitation,
    "teams:token_revocation": ApiToken,
    "incidents:attachment": Alert,
    "incidents:integration_revocation": Integration,
    "incidents:release": Participant,
    "incidents:recall": Participant,
    "incidents:acceptance": IncidentInvitation,
    "incidents:refusal": IncidentInvitation,
    "incidents:withdrawal": IncidentInvitation,
    "incidents:reinforcement_answer": ReinforcementRequest,
    "incidents:reinforcement_withdrawal": ReinforcementRequest,
    "incidents:workstream": Workstream,
    "incidents:workstream_readers": Workstream,
    "incidents:reading": Workstream,
    "incidents:sync_point": SyncPoint,
    "incidents:sync_cancellation": SyncPoint,
    "incidents:messages": Workstream,
    "incidents:unsaid": Workstream,
    "incidents:exceptions": Workstream,
    "incidents:exception_revocation": Workstream,
    "incidents:task": Task,
    "incidents:task_owner": Task,
    "incidents:task_completion": Task,
    "incidents:task_reopening": Task,
    "incidents:task_dismissal": Task,
    "incidents:finding": Finding,
    "incidents:finding_dismissal": Finding,
    "incidents:finding_more": Finding,
    "incidents:finding_challenge": Finding,
    "incidents:finding_reply": Finding,
    "incidents:finding_correction": Finding,
    "incidents:synthesis_version": Synthesis,
    "incidents:synthesis_challenge": Synthesis,
    "incidents:question": Question,
    "incidents:report_echo": SupportReport,
    "incidents:symptom": Symptom,
    "incidents:symptom_reports": Symptom,
    "incidents:symptom_merge": Symptom,
    "incidents:symptom_split": Symptom,
    "incidents:spike": Spike,
    "incidents:spike_dismissal": Spike,
    "incidents:question_askers": Question,
    "incidents:question_merge": Question,
    "incidents:question_coverage": Question,
    "incidents:ask_new": Question,
    "incidents:ask": Ask,
    "incidents:message": Message,
    "incidents:message_versions": Message,
    "incidents:message_deletion": Message,
    "incidents:pin": Message,
    "incidents:mark": Message,
    "incidents:note_tearing_out": PrivateNote,
    "incidents:document": Document,
    "incidents:entry": None,
    "incidents:update": StatusUpdate,
    "incidents:correction": StatusUpdate,
    "incidents:update_withdrawal": StatusUpdate,
    "incidents:touchpoint": None,
    "incidents:clock": None,
    "incidents:taking_back": StatusUpdate,
    "incidents:update_sources": StatusUpdate,
    "incidents:update_reading": StatusUpdate,
    "api-update-reading": StatusUpdate,
    "incidents:update_challenge": StatusUpdate,
    "incidents:challenge_answer": UpdateChallenge,
    "api-update-sources": StatusUpdate,
    **dict.fromkeys(
        (
            "incidents:draft",
            "incidents:draft_preview",
            "incidents:draft_confirmation",
            "incidents:draft_dismissal",
            "incidents:holding",
            "api-draft",
            "api-draft-confirmation",
            "api-draft-publication",
            "api-holding",
        ),
    ),
    "api-taking-back": StatusUpdate,
    "api-glossary-term": GlossaryTerm,
    "incidents:decision": Decision,
    "incidents:decision_choice": Decision,
    "incidents:decision_input": Decision,
    "incidents:decision_replacement": Decision,
    "incidents:decision_reversal": Decision,
    "incidents:decision_postponement": Decision,
    "incidents:decision_withdrawal": Decision,
    "incidents:decision_acknowledgement": Decision,
    "incidents:decision_ratification": Decision,
    "incidents:decision_execution": Decision,
    "incidents:function": Function,
    "incidents:service": Service,
    **dict.fromkeys(
        (
            "incidents:change_release",
            "incidents:change_start",
            "incidents:change_result",
            "incidents:change_extension",
            "incidents:change_withdrawal",
            "incidents:change_arrangement",
        ),
        ChangeIntent,
    ),
    "incidents:hypothesis_state": Hypothesis,
    "incidents:evidence": Hypothesis,
    "incidents:testers": Hypothesis,
    "incidents:fix_result": FixAttempt,
    **dict.fromkeys(("incidents:estimate_acceptance", "incidents:estimate_publication"), ResolutionEstimate),
    **dict.fromkeys(("incidents:impact_confirmation", "incidents:impact_end", "incidents:impact_withdrawal"), Impact),
    **dict.fromkeys(
        (
            "incidents:commitment_confirmation",
            "incidents:commitment_refusal",
            "incidents:commitment_communication",
            "incidents:commitment_keeping",
            "incidents:commitment_miss",
            "incidents:commitment_withdrawal",
        ),
        Commitment,
    ),
    "incidents:restoration_objection": RestorationOrder,
    **dict.fromkeys(("incidents:business_event", "incidents:business_event_cancellation"), BusinessEvent),
    "incidents:role": None,
    "incidents:vacancy": None,
    "incidents:hand": None,
    "incidents:role_answer": None,
    "incidents:seizure": None,
    "playbooks:detail": Playbook,
    "notifications:retries": Delivery,
    "notifications:dropping": Delivery,
    "notifications:fan_out_retries": FanOut,
    "notifications:component": Component,
    "notifications:component_retirement": Component,
    "notifications:maintenance": Maintenance,
    "notifications:maintenance_cancellation": Maintenance,
    "notifications:maintenance_end": Maintenance,
    **dict.fromkeys(("notifications:subscriber_removal", "notifications:subscriber_resending"), Subscriber),
    "api-routing-rule": RoutingRule,
    "api-component": Component,
    "api-maintenance": Maintenance,
    "api-maintenance-end": Maintenance,
    "api-subscriber": Subscriber,
    "unsubscribe": None,
    **dict.fromkeys((name for name in PUBLIC if name.startswith("status-")), None),
    "api-function": Function,
    "api-service": Service,
    "api-team": Team,
    "api-token": ApiToken,
    "api-role-definition": RoleDefinition,
    "api-playbook": Playbook,
    "api-playbook-versions": Playbook,
    "api-playbook-version": Playbook,
    "api-role": RoleAssignment,
    "api-role-acceptance": RoleAssignment,
    "api-role-refusal": RoleAssignment,
    "api-role-seizure": RoleAssignment,
    "api-handover": RoleAssignment,
    "api-handover-acknowledgement": RoleAssignment,
    "api-role-offer": RoleAssignment,
    "api-incident-function": Function,
    "api-participant": Participant,
    "api-recall": Participant,
    "api-invitation": IncidentInvitation,
    "api-acceptance": IncidentInvitation,
    "api-refusal": IncidentInvitation,
    "api-reinforcement": ReinforcementRequest,
    "api-reinforcement-answer": ReinforcementRequest,
    "api-reinforcement-withdrawal": ReinforcementRequest,
    "api-workstream": Workstream,
    "api-workstream-readers": Workstream,
    "api-dependencies": Workstream,
    "api-reading": Workstream,
    "api-dependency": WorkstreamDependency,
    "api-sync-point": SyncPoint,
    "api-sync-point-outcome": SyncPoint,
    "api-messages": Workstream,
    "api-exceptions": Workstream,
    "api-exception": StreamException,
    "api-task": Task,
    "api-finding": Finding,
    "api-acknowledgement": Finding,
    "api-finding-dismissal": Finding,
    "api-finding-challenge": Finding,
    "api-finding-question": Finding,
    "api-finding-reply": Finding,
    "api-finding-correction": Finding,
    "api-synthesis": Synthesis,
    "api-synthesis-challenge": Synthesis,
    "api-question": Question,
    "api-answer": Question,
    **dict.fromkeys(("api-report", "api-report-echoes", "api-report-incident"), SupportReport),
    **dict.fromkeys(("api-symptom", "api-symptom-reports", "api-symptom-merge", "api-symptom-split"), Symptom),
    **dict.fromkeys(("api-spike-acceptance", "api-spike-dismissal"), Spike),
    "api-question-askers": Question,
    "api-question-merge": Question,
    "api-question-coverage": Question,
    "api-question-asks": Question,
    "api-ask": Ask,
    "api-ask-answer": Ask,
    "api-message": Message,
    "api-pin": Message,
    "api-message-mark": Message,
    "api-note": PrivateNote,
    "api-document": Document,
    "api-entry": None,
    "api-update": StatusUpdate,
    "api-clock": None,
    "api-corrections": StatusUpdate,
    "api-update-withdrawal": StatusUpdate,
    "api-update-challenges": StatusUpdate,
    "api-challenge-standing": UpdateChallenge,
    "api-decision": Decision,
    "api-decision-choice": Decision,
    "api-decision-input": Decision,
    "api-decision-replacement": Decision,
    "api-decision-reversal": Decision,
    "api-decision-postponement": Decision,
    "api-decision-withdrawal": Decision,
    "api-decision-execution": Decision,
    "api-decision-acknowledgement": Decision,
    "api-decision-ratification": Decision,
    "api-integration": Integration,
    "api-incident-service": Service,
    **dict.fromkeys(
        (
            "api-change",
            "api-change-release",
            "api-change-start",
            "api-change-result",
            "api-change-extension",
            "api-change-arrangement",
        ),
        ChangeIntent,
    ),
    **dict.fromkeys(("api-hypothesis", "api-hypothesis-state", "api-evidence", "api-testers"), Hypothesis),
    "api-fix-result": FixAttempt,
    **dict.fromkeys(("api-estimate", "api-estimate-acceptance", "api-estimate-publication"), ResolutionEstimate),
    **dict.fromkeys(("api-impact", "api-impact-confirmation", "api-impact-end"), Impact),
    **dict.fromkeys(
        (
            "api-commitment",
            "api-commitment-confirmation",
            "api-commitment-refusal",
            "api-commitment-communication",
            "api-commitment-keeping",
            "api-commitment-miss",
        ),
        Commitment,
    ),
    "api-restoration-objection": RestorationOrder,
    "api-business-event": BusinessEvent,
}


@dataclass(frozen=True)
class Route:
    name: str
    pattern: str

    @property
    def arguments(self):
        return re.findall(r"<(?:\w+:)?(\w+)>", self.pattern)

    def address(self, **values):
        return reverse(self.name, kwargs={name: values[name] for name in self.arguments})


def walk(patterns, prefix="", namespaces=()):
    for each in patterns:
        if hasattr(each, "url_patterns"):
            inner = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from walk(each.url_patterns, prefix + str(each.pattern), inner)
        else:
            yield Route(":".join((*namespaces, each.name or "")), prefix + str(each.pattern))


ROUTES = [
    route
    for route in walk(get_resolver().url_patterns)
    if not route.name.startswith(FRAMEWORK) and not route.pattern.startswith("admin/")
]
OF_ORGANIZATION = [route for route in ROUTES if "org" in route.arguments]
OF_PROGRAMS = [
    route for route in ROUTES if route.pattern.startswith("api/v1/") and route.name not in PUBLIC | KEY_HOLDERS
]


def rule_of(route):
    if route.name in PUBLIC:
        return "public"
    if route.name in KEY_HOLDERS:
        return "key"
    if route.name in SIGNED_IN:
        return "signed in"
    if route.pattern.startswith("o/<slug:org>/") and route.name.partition(":")[0] in MEMBERS:
        return "members"
    if route.pattern.startswith("api/v1/") and route.name.startswith("api-"):
        return "tokens"
    return None


def test_every_route_has_a_rule():
    assert [route for route in ROUTES if rule_of(route) is None] == []


def test_every_rule_has_a_route():
    names = {route.name for route in ROUTES}
    assert (PUBLIC | KEY_HOLDERS | SIGNED_IN | IDENTIFIED.keys()) - names == set()


def test_every_identifier_in_an_address_is_declared():
    ordinary = {"org", "number", "key", "kind", "path"}
    undeclared = {route.name for route in ROUTES if set(route.arguments) - ordinary and route.name not in IDENTIFIED}
    assert undeclared == set()


@pytest.fixture
def foreign(globex, omar):
    """Values for addresses that all belong to Globex: `foreign(route)`."""
    with acting_in(globex):
        incident = Incident.objects.get()
        Invitation.invite("new@globex.test", by=omar)
        notice = Notice.objects.create(incident=incident, reader="room", subject=incident.title, text="x", short="x")
        Delivery.objects.create(notice=notice, recipient=omar, channel="email", address=omar.email, dedup_key="x")
        rows = {model: model.objects.order_by("pk").last() for model in set(IDENTIFIED.values()) if model}
        exception = StreamException.objects.get()
        rows[Playbook] = Playbook.objects.filter(versions__isnull=False).first()
    assert all(rows.values())

    def values(route):
        row = rows.get(IDENTIFIED.get(route.name))
        return {
            "org": "globex",
            "number": 1 if route.name == "api-playbook-version" else incident.number,
            "pk": getattr(row, "pk", None),
            "slug": getattr(row, "slug", None),
            "update": getattr(row, "number", None),
            "exception": exception.pk,
            "decision": getattr(row, "number", None),
            "version": getattr(row, "version", None),
            "audience": "customers",
            "place": "social",
            "role": "lead",
            "entry": 1,
            "key": "nonsense",
            "kind": "generic",
        }

    return values


@pytest.fixture
def lenas_incident(lena, tariq):
    """Numbers of Acme's own incidents differ from Globex's, so that theirs cannot be met by chance."""
    for _ in range(3):
        incident = declare_incident(lena)
    return incident


METHODS = ("get", "post", "put", "patch", "delete")
# What differs between any two answers: the moment, the form token, and where to go on after signing in.
VARYING = re.compile(rb'name="server-time" content="[^"]*"|value="[A-Za-z0-9]{64}"')


def same(one, other):
    """Whether two answers are equal to the byte, but for what varies with every answer."""
    return VARYING.sub(b"", one.content) == VARYING.sub(b"", other.content)


@pytest.mark.parametrize("route", OF_ORGANIZATION, ids=lambda route: route.name)
def test_a_page_of_another_organisation_does_not_exist(route, foreign, signed_in, lena):
    browser = signed_in(lena)
    address = route.address(**foreign(route))
    nowhere = "/o/no-such-organisation/" + address.removeprefix("/o/globex/")

    for method in METHODS:
        theirs, missing = getattr(browser, method)(address), getattr(browser, method)(nowhere)
        assert theirs.status_code == missing.status_code == 404
        assert same(theirs, missing)


@pytest.mark.parametrize("route", OF_ORGANIZATION, ids=lambda route: route.name)
def test_the_signed_out_are_sent_to_sign_in(route, foreign, client):
    answer = client.get(route.address(**{**foreign(route), "slug": "anything"}))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "route", [r for r in OF_ORGANIZATION if IDENTIFIED.get(r.name) and "pk" in r.arguments], ids=lambda r: r.name
)
def test_a_foreign_identifier_in_an_own_address_is_a_missing_one(route, foreign, signed_in, lena, lenas_incident):
    browser = signed_in(lena)
    own = {**foreign(route), "org": "acme", "number": lenas_incident.number}
    missing = {**own, "pk": MISSING}

    for method in ("get", "post"):
        answers = [getattr(browser, method)(route.address(**values)) for values in (own, missing)]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].status_code in (404, 405)
        assert same(*answers)


@pytest.mark.parametrize("route", OF_PROGRAMS, ids=lambda route: route.name)
class TestPrograms:
    def test_a_token_is_needed(self, route, foreign, client):
        for headers in ({}, {"Authorization": "Bearer mst_1_wrong"}, {"Authorization": "Bearer nonsense"}):
            answer = client.get(route.address(**foreign(route)), headers=headers)
            assert answer.status_code == 401
            assert answer["Content-Type"] == "application/problem+json"
            assert answer["WWW-Authenticate"] == "Bearer"

    def test_a_foreign_identifier_is_a_missing_one(self, route, foreign, program, lena, lenas_incident):
        own = {**foreign(route), "number": lenas_incident.number}
        identifier = next((name for name in ("pk", "slug") if name in route.arguments), None)
        if identifier == "pk":
            missing = {**own, "pk": MISSING}
            api = program(lena)
            for method in METHODS:
                theirs, nobodys = (
                    getattr(api.client, method)(route.address(**values), content_type="application/json")
                    if method != "get"
                    else api.client.get(route.address(**values))
                    for values in (own, missing)
                )
                assert theirs.status_code == nobodys.status_code
                assert theirs.status_code in (404, 405)
                assert same(theirs, nobodys)

    def test_a_stakeholder_changes_nothing(self, route, foreign, program, stan, lenas_incident):
        """Whatever a stakeholder posts is refused, missing or invalid, and never done."""
        values = {**foreign(route), "number": lenas_incident.number, "pk": MISSING, "slug": "engineering"}
        allowed = {"api-incidents", "api-tokens", "api-participants", "api-catch-up"}
        if route.name in allowed:
            return
        before = lenas_incident.timeline.count()
        answer = program(stan).client.post(route.address(**values), {}, content_type="application/json")

        assert answer.status_code in (404, 405, 409, 422)
        assert lenas_incident.timeline.count() == before


@pytest.mark.parametrize("kind", ["alertmanager", "grafana", "generic"])
def test_the_doors_for_monitoring_want_a_key(client, db, kind):
    answer = client.post(f"/ingest/nonsense/{kind}", {}, content_type="application/json")
    assert answer.status_code == 404


def test_the_browser_of_a_member_opens_every_page_of_theirs(signed_in, lena, lenas_incident):
    """The success beside the refusals: the same addresses, with one's own identifiers, open or ask for a form."""
    opened = {}
    browser = signed_in(lena)
    for route in OF_ORGANIZATION:
        model = IDENTIFIED.get(route.name)
        row = model.objects.order_by("-pk").first() if model else None
        if route.name in IDENTIFIED and model and row is None:
            continue
        values = {
            "org": "acme",
            "number": lenas_incident.number,
            "pk": getattr(row, "pk", None),
            "slug": getattr(row, "slug", None),
            "update": getattr(row, "number", None),
            "exception": MISSING,
            "decision": getattr(row, "number", None),
            "version": getattr(row, "version", None),
            "audience": "customers",
            "place": "social",
            "role": "lead",
            "entry": 1,
        }
        opened[route.name] = browser.get(route.address(**values)).status_code
    # Some addresses only take a POST; a status of the incident may not allow a form.
    assert set(opened.values()) <= {200, 302, 404, 405, 409}, opened
    assert sum(status == 200 for status in opened.values()) > len(opened) / 2
