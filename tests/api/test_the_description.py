"""The interface describes itself, and does what it says."""

import json
import re
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from incidents.models import Document, Incident, PrivateNote, RoleAssignment, Spike, StatusUpdate
from notifications.models import RoutingRule, StatusPage
from teams.api.schema import TAGS
from tests.api.routes import operations
from tests.factories import (
    ask_question,
    declare_incident,
    file_report,
    give_estimate,
    name_symptom,
    open_workstream,
    post_message,
    propose_change,
    propose_commitment,
    propose_impact,
    propose_theory,
    put_ask,
    raise_decision,
    raise_finding,
    say_what_we_know,
    try_fix,
)

DESCRIPTION = SchemaGenerator().get_schema(request=None, public=True)


def described():
    return [
        (method, path, operation)
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict) and "responses" in operation
    ]


def test_it_is_valid_openapi():
    validate_schema(DESCRIPTION)


def test_the_guide_names_every_address():
    """In full, or from its last noun on; with the noun before it where that is one row's own."""
    guide = Path("docs/api.md").read_text()

    def is_named(path):
        steps = path.strip("/").split("/")
        last = max(place for place, step in enumerate(steps) if not step.startswith("{"))
        of_a_row = last > 1 and steps[last - 1].startswith("{") and steps[last - 2] != "incidents"
        wanted = steps[last - 2 if of_a_row else last :]
        pattern = "/".join(r"\{[^}/]+\}" if step.startswith("{") else re.escape(step) for step in wanted)
        return re.search(rf"/{pattern}(?:[/`\s|?.]|$)", guide)

    assert [path for path in DESCRIPTION["paths"] if not is_named(path)] == []


def test_it_is_served_to_whoever_asks(client):
    answer = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})

    assert answer.status_code == 200
    assert json.loads(answer.content)["paths"].keys() == DESCRIPTION["paths"].keys()


def test_it_describes_every_operation_and_nothing_else():
    assert len(described()) == len(operations())
    names = [operation["operationId"] for _, _, operation in described()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("method", "path", "operation"), described(), ids=lambda value: str(value)[:60])
def test_every_operation_tells_its_problems_and_wants_a_token(method, path, operation):
    problems = {status for status in operation["responses"] if status.startswith("4")}

    assert {"401", "404", "429"} <= problems
    if "requestBody" in operation:
        assert {"400", "409", "413", "415", "422"} <= problems
    for status in problems:
        (example,) = operation["responses"][status]["content"]["application/problem+json"]["examples"].values()
        assert example["value"]["status"] == int(status)
    assert operation["security"] == [{"bearer": []}]
    assert operation["summary"]
    assert operation["tags"][0] in TAGS


@pytest.fixture
def api(lena, program):
    return program(lena)


def examples():
    return [
        pytest.param(method, path, example["value"], id=f"{method} {path}: {name}")
        for method, path, operation in described()
        for media in operation.get("requestBody", {}).get("content", {}).values()
        for name, example in media.get("examples", {}).items()
    ]


def test_every_audience_has_an_example():
    told = {example.values[2]["audience"] for example in examples() if example.values[1].endswith("/updates/")}

    assert told == {"technical", "coordination", "leadership", "customers"}


@pytest.mark.parametrize(("method", "path", "body"), examples())
def test_every_example_goes_through(method, path, body, api, lena, mei):
    incident = declare_incident(lena, "Odd", severity="sev2")
    if path.endswith("/public/"):
        StatusPage.arrange(lena.organization, by=lena, published=True)
    if path.endswith("/update-rounds/"):
        say_what_we_know(incident, by=lena)
    if path.endswith(("/updates/", "/public/", "/touchpoints/", "/update-rounds/")):
        incident.roles.model.assign(incident, "communications_lead", lena, by=lena)
    if path.endswith("/touchpoints/"):
        told = {"what_is_happening": "Cards are slow.", "what_we_are_doing": "We look for the cause."}
        StatusUpdate.publish(incident, "customers", told, by=lena)
    if path.endswith("/waivers/"):
        api.put(f"/incidents/{incident.number}/functions/finance/", {"state": "requested"})
    message = post_message(incident, by=lena, workstream=open_workstream(incident, by=lena))
    pk = message.pk if "/messages/{id}" in path else message.workstream_id
    if "/roles/{id}" in path:
        pk = incident.roles.current().get(role="lead").pk
    if "/questions/{id}" in path:
        pk = ask_question(incident, by=lena).pk
    address = path.removeprefix("/api/v1").format(number=incident.number, slug="finance", id=pk, audience="customers")
    if body == {"state": "requested"}:
        api.put(address, {"state": "waived", "reason": "Asked again below"})

    answer = getattr(api, method)(address, body)

    assert answer.status_code in (200, 201), answer.content


# --- Made-up requests -------------------------------------------------------------------------------

fuzzed = schemathesis.openapi.from_dict(
    DESCRIPTION,
    config=SchemathesisConfig(
        projects=ProjectsConfig(
            default=ProjectConfig(
                generation=GenerationConfig(deterministic=True),
                phases=PhasesConfig(coverage=CoveragePhaseConfig(enabled=False)),
            )
        )
    ),
)
fuzzed.app = get_wsgi_application()


@pytest.fixture
def one_connection():
    """The test's own connection serves the requests, so it must outlive them."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@fuzzed.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_made_up_requests_get_the_answers_that_were_described(case, one_connection, acme, lena, program):
    parts = case.path.split("/")
    things = things_of(lena)
    case.path_parameters = {name: things[parts[parts.index(f"{{{name}}}") - 1]] for name in case.path_parameters}

    case.call_and_validate(
        headers={"Authorization": f"Bearer {program(lena).key}"},
        checks=[
            checks.not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


def things_of(lena):
    """Something that exists, by the part of an address that names its kind."""
    incident = Incident.objects.open().first() or declare_incident(lena)
    stream = incident.workstreams.in_order().first()
    message = incident.messages.first() or post_message(incident, by=lena, workstream=stream)
    document = incident.documents.first()
    if document is None:
        Document.add(incident, "Provider status", "https://status.example/", by=lena)
        document = incident.documents.get()
    report = incident.reports.first() or file_report(incident, by=lena, count=9)
    symptom = incident.symptoms.first() or name_symptom(incident, by=lena)
    return {
        "incidents": incident.number,
        "workstreams": stream.pk,
        "messages": message.pk,
        "roles": RoleAssignment.objects.filter(incident=incident).first().pk,
        "role-offers": 1,
        "participants": incident.participants.first().pk,
        "timeline": 1,
        "documents": document.pk,
        "notebook": PrivateNote.write(incident, "Ask why nobody paged product", by=lena, key="noted").pk,
        "invitations": 1,
        "reinforcements": 1,
        "updates": 1,
        "challenges": 1,
        "clocks": "customers",
        "drafts": "customers",
        "tasks": incident.tasks.first().pk,
        "findings": (incident.findings.first() or raise_finding(incident, by=lena)).pk,
        "syntheses": (incident.syntheses.first() or say_what_we_know(incident, by=lena)).pk,
        "questions": (incident.questions.first() or ask_question(incident, by=lena)).pk,
        "asks": (incident.asks.first() or put_ask(ask_question(incident, by=lena), to=lena, by=lena)).pk,
        "decisions": (incident.decisions.first() or raise_decision(incident, "coordination", by=lena)).pk,
        "exceptions": 1,
        "reports": report.pk,
        "symptoms": symptom.pk,
        "report-spikes": Spike.objects.order_by("pk").first().pk,
        "changes": (incident.changes.first() or propose_change(incident, "ledger", by=lena)).pk,
        "hypotheses": (incident.hypotheses.first() or propose_theory(incident, by=lena)).pk,
        "fix-attempts": (incident.fix_attempts.first() or try_fix(incident, by=lena)).pk,
        "estimates": (incident.estimates.first() or give_estimate(incident, by=lena)).pk,
        "impacts": (incident.impacts.first() or propose_impact(incident, by=lena)).pk,
        "commitments": (incident.commitments.first() or propose_commitment(incident, by=lena)).pk,
        "restoration-orders": 1,
        "business-events": 1,
        "dependencies": 1,
        "sync-points": 1,
        "integrations": 1,
        "tokens": 1,
        "components": "card",
        "glossary": "gateway",
        "maintenances": 1,
        "subscribers": 1,
        "routing-rules": RoutingRule.objects.first().pk,
        "versions": 1,
        "playbooks": "payments",
        "functions": "support",
        "services": "checkout",
        "teams": "platform",
    }
