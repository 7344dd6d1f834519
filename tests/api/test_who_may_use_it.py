"""Who gets an answer: every operation for whoever has no token, a wrong, a revoked, a foreign or a reader's one."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import (
    Document,
    IncidentInvitation,
    Integration,
    PrivateNote,
    RestorationOrder,
    StreamException,
    SyncPoint,
    UpdateChallenge,
    WorkstreamDependency,
)
from notifications.models import Component, Maintenance, PublicIncident, RoutingRule, StatusPage, Subscriber
from playbooks.models import GlossaryTerm, Playbook
from teams.models import ApiToken, Service, Team
from tests.api.routes import operations
from tests.cast import Program
from tests.factories import (
    ask_for,
    ask_question,
    declare_incident,
    file_report,
    give_estimate,
    name_symptom,
    open_workstream,
    plan_event,
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
from tests.marker import MARKER

OPERATIONS = operations()

# What a stakeholder gets for a request without a body: briefings are theirs to read, work is not.
SHUT, INVALID, REFUSED, GONE, DONE = 404, 422, 409, 204, 200
STAKEHOLDER = {
    "GET /me/": DONE,
    "PATCH /me/": INVALID,
    "GET /members/": DONE,
    "POST /members/": INVALID,
    "GET /functions/": DONE,
    "GET /functions/<slug:slug>/": DONE,
    "PATCH /functions/<slug:slug>/": INVALID,
    "GET /services/": DONE,
    "POST /services/": INVALID,
    "GET /services/<slug:slug>/": DONE,
    "PATCH /services/<slug:slug>/": REFUSED,
    "GET /teams/": DONE,
    "POST /teams/": INVALID,
    "GET /teams/<slug:slug>/": DONE,
    "PATCH /teams/<slug:slug>/": REFUSED,
    "GET /tokens/": DONE,
    "DELETE /tokens/<int:pk>/": SHUT,
    "GET /severities/": DONE,
    "GET /types/": DONE,
    "GET /decision-rights/": DONE,
    "GET /decision-rights/readiness/": DONE,
    "GET /glossary/": DONE,
    "POST /glossary/": INVALID,
    "GET /glossary/<slug:slug>/": DONE,
    "PATCH /glossary/<slug:slug>/": REFUSED,
    "GET /roles/": DONE,
    "POST /roles/": INVALID,
    "GET /roles/<slug:slug>/": DONE,
    "PATCH /roles/<slug:slug>/": REFUSED,
    "GET /playbooks/": DONE,
    "GET /playbooks/<slug:slug>/": DONE,
    "GET /playbooks/<slug:slug>/versions/": DONE,
    "GET /playbooks/<slug:slug>/versions/<int:number>/": DONE,
    "GET /incidents/": DONE,
    "POST /incidents/": INVALID,
    "GET /incidents/<int:number>/": DONE,
    "PATCH /incidents/<int:number>/": DONE,
    "POST /incidents/<int:number>/assessment/": INVALID,
    "POST /incidents/<int:number>/status/": INVALID,
    "POST /incidents/<int:number>/severity/": INVALID,
    "POST /incidents/<int:number>/merge/": INVALID,
    "GET /incidents/<int:number>/roles/": DONE,
    "POST /incidents/<int:number>/roles/": INVALID,
    "DELETE /incidents/<int:number>/roles/<int:pk>/": REFUSED,
    "POST /incidents/<int:number>/roles/<int:pk>/acceptance/": REFUSED,
    "POST /incidents/<int:number>/roles/<int:pk>/refusal/": REFUSED,
    "POST /incidents/<int:number>/roles/<int:pk>/seizure/": INVALID,
    "GET /incidents/<int:number>/roles/<int:pk>/handover/": SHUT,
    "POST /incidents/<int:number>/roles/<int:pk>/handover/": INVALID,
    "DELETE /incidents/<int:number>/roles/<int:pk>/handover/": SHUT,
    "POST /incidents/<int:number>/roles/<int:pk>/handover/acknowledgement/": SHUT,
    "GET /incidents/<int:number>/role-offers/": SHUT,
    "POST /incidents/<int:number>/role-offers/": INVALID,
    "DELETE /incidents/<int:number>/role-offers/<int:pk>/": REFUSED,
    "GET /incidents/<int:number>/functions/": DONE,
    "PUT /incidents/<int:number>/functions/<slug:slug>/": INVALID,
    "GET /incidents/<int:number>/participants/": DONE,
    "POST /incidents/<int:number>/participants/": INVALID,
    "DELETE /incidents/<int:number>/participants/<int:pk>/": REFUSED,
    "POST /incidents/<int:number>/participants/<int:pk>/recall/": SHUT,
    "GET /incidents/<int:number>/invitations/": SHUT,
    "POST /incidents/<int:number>/invitations/": INVALID,
    "GET /incidents/<int:number>/invitations/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/invitations/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/invitations/<int:pk>/acceptance/": SHUT,
    "POST /incidents/<int:number>/invitations/<int:pk>/refusal/": SHUT,
    "GET /incidents/<int:number>/brief/": DONE,
    "GET /incidents/<int:number>/reinforcements/": SHUT,
    "POST /incidents/<int:number>/reinforcements/": INVALID,
    "GET /incidents/<int:number>/reinforcements/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/reinforcements/<int:pk>/answer/": SHUT,
    "POST /incidents/<int:number>/reinforcements/<int:pk>/withdrawal/": SHUT,
    "GET /incidents/<int:number>/catch-up/": DONE,
    "POST /incidents/<int:number>/catch-up/": DONE,
    "GET /incidents/<int:number>/workstreams/": SHUT,
    "POST /incidents/<int:number>/workstreams/": INVALID,
    "GET /incidents/<int:number>/workstreams/<int:pk>/": SHUT,
    "PATCH /incidents/<int:number>/workstreams/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/workstreams/<int:pk>/dependencies/": SHUT,
    "POST /incidents/<int:number>/workstreams/<int:pk>/dependencies/": SHUT,
    "PUT /incidents/<int:number>/workstreams/<int:pk>/reading/": SHUT,
    "DELETE /incidents/<int:number>/dependencies/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/sync-points/": SHUT,
    "POST /incidents/<int:number>/sync-points/": INVALID,
    "GET /incidents/<int:number>/sync-points/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/sync-points/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/sync-points/<int:pk>/outcome/": SHUT,
    "GET /incidents/<int:number>/workstreams/<int:pk>/readers/": SHUT,
    "PUT /incidents/<int:number>/workstreams/<int:pk>/readers/": SHUT,
    "DELETE /incidents/<int:number>/workstreams/<int:pk>/readers/": SHUT,
    "GET /incidents/<int:number>/workstreams/<int:pk>/messages/": SHUT,
    "POST /incidents/<int:number>/workstreams/<int:pk>/messages/": SHUT,
    "GET /incidents/<int:number>/workstreams/<int:pk>/exceptions/": SHUT,
    "POST /incidents/<int:number>/workstreams/<int:pk>/exceptions/": SHUT,
    "DELETE /incidents/<int:number>/exceptions/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/tasks/": SHUT,
    "POST /incidents/<int:number>/tasks/": INVALID,
    "GET /incidents/<int:number>/tasks/<int:pk>/": SHUT,
    "PATCH /incidents/<int:number>/tasks/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/findings/": SHUT,
    "POST /incidents/<int:number>/findings/": INVALID,
    "GET /incidents/<int:number>/findings/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/acknowledgement/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/dismissal/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/challenge/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/question/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/reply/": SHUT,
    "POST /incidents/<int:number>/findings/<int:pk>/correction/": SHUT,
    "GET /incidents/<int:number>/syntheses/": SHUT,
    "POST /incidents/<int:number>/syntheses/": SHUT,
    "GET /incidents/<int:number>/syntheses/editing/": SHUT,
    "PUT /incidents/<int:number>/syntheses/editing/": SHUT,
    "DELETE /incidents/<int:number>/syntheses/editing/": SHUT,
    "GET /incidents/<int:number>/syntheses/delegation/": SHUT,
    "PUT /incidents/<int:number>/syntheses/delegation/": SHUT,
    "DELETE /incidents/<int:number>/syntheses/delegation/": SHUT,
    "GET /incidents/<int:number>/syntheses/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/syntheses/<int:pk>/challenge/": SHUT,
    # One's own; those of others are not there.
    "GET /incidents/<int:number>/questions/": DONE,
    "POST /incidents/<int:number>/questions/": INVALID,
    "GET /incidents/<int:number>/questions/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/questions/<int:pk>/answer/": SHUT,
    "GET /incidents/<int:number>/reports/": SHUT,
    "POST /incidents/<int:number>/reports/": INVALID,
    "GET /incidents/<int:number>/reports/tally/": SHUT,
    "GET /incidents/<int:number>/symptoms/": SHUT,
    "POST /incidents/<int:number>/symptoms/": INVALID,
    "GET /incidents/<int:number>/symptoms/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/symptoms/<int:pk>/reports/": SHUT,
    "POST /incidents/<int:number>/symptoms/<int:pk>/merge/": SHUT,
    "POST /incidents/<int:number>/symptoms/<int:pk>/split/": SHUT,
    "GET /incidents/<int:number>/digests/": SHUT,
    "POST /incidents/<int:number>/digests/": INVALID,
    # Agents may be stakeholders.
    "GET /incidents/<int:number>/support-briefs/": DONE,
    "POST /incidents/<int:number>/support-briefs/": INVALID,
    "POST /incidents/<int:number>/questions/<int:pk>/askers/": SHUT,
    "POST /incidents/<int:number>/questions/<int:pk>/merge/": SHUT,
    "POST /incidents/<int:number>/questions/<int:pk>/coverage/": SHUT,
    "POST /incidents/<int:number>/questions/<int:pk>/asks/": SHUT,
    "GET /incidents/<int:number>/asks/": SHUT,
    "GET /incidents/<int:number>/asks/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/asks/<int:pk>/answer/": SHUT,
    "GET /incidents/<int:number>/briefings/": DONE,
    "POST /incidents/<int:number>/briefings/": REFUSED,
    "GET /incidents/<int:number>/messages/<int:pk>/": SHUT,
    "PATCH /incidents/<int:number>/messages/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/messages/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/updates/": DONE,
    "POST /incidents/<int:number>/updates/": INVALID,
    # A technical update, for those who work on it; the outer tiers: tests/incidents/test_reading_updates.py.
    "GET /incidents/<int:number>/updates/<int:pk>/": SHUT,
    "PUT /incidents/<int:number>/updates/<int:pk>/reading/": SHUT,
    "POST /incidents/<int:number>/updates/<int:pk>/corrections/": SHUT,
    "POST /incidents/<int:number>/updates/<int:pk>/withdrawal/": SHUT,
    "GET /incidents/<int:number>/updates/<int:pk>/sources/": SHUT,
    "POST /incidents/<int:number>/updates/<int:pk>/challenges/": SHUT,
    "GET /incidents/<int:number>/challenges/": SHUT,
    "POST /incidents/<int:number>/challenges/<int:pk>/standing/": SHUT,
    "POST /incidents/<int:number>/update-rounds/": INVALID,
    "POST /incidents/<int:number>/updates/<int:pk>/taking-back/": SHUT,
    "GET /incidents/<int:number>/drafts/": SHUT,
    "GET /incidents/<int:number>/drafts/<slug:audience>/": SHUT,
    "PUT /incidents/<int:number>/drafts/<slug:audience>/": SHUT,
    "DELETE /incidents/<int:number>/drafts/<slug:audience>/": SHUT,
    "POST /incidents/<int:number>/drafts/<slug:audience>/confirmation/": SHUT,
    "POST /incidents/<int:number>/drafts/<slug:audience>/publication/": SHUT,
    "POST /incidents/<int:number>/drafts/<slug:audience>/holding/": SHUT,
    "POST /incidents/<int:number>/clocks/<slug:audience>/": INVALID,
    "GET /incidents/<int:number>/touchpoints/": SHUT,
    "POST /incidents/<int:number>/touchpoints/": INVALID,
    "PUT /incidents/<int:number>/services/<slug:slug>/": INVALID,
    "GET /incidents/<int:number>/changes/": SHUT,
    "POST /incidents/<int:number>/changes/": INVALID,
    "GET /incidents/<int:number>/changes/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/changes/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/changes/<int:pk>/release/": SHUT,
    "POST /incidents/<int:number>/changes/<int:pk>/start/": SHUT,
    "POST /incidents/<int:number>/changes/<int:pk>/result/": SHUT,
    "POST /incidents/<int:number>/changes/<int:pk>/extension/": SHUT,
    "POST /incidents/<int:number>/changes/<int:pk>/arrangement/": SHUT,
    "GET /incidents/<int:number>/hypotheses/": SHUT,
    "POST /incidents/<int:number>/hypotheses/": INVALID,
    "GET /incidents/<int:number>/hypotheses/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/hypotheses/<int:pk>/state/": SHUT,
    "POST /incidents/<int:number>/hypotheses/<int:pk>/evidence/": SHUT,
    "POST /incidents/<int:number>/hypotheses/<int:pk>/testers/": SHUT,
    "GET /incidents/<int:number>/fix-attempts/": SHUT,
    "POST /incidents/<int:number>/fix-attempts/": INVALID,
    "POST /incidents/<int:number>/fix-attempts/<int:pk>/result/": SHUT,
    "GET /incidents/<int:number>/decisions/": SHUT,
    "POST /incidents/<int:number>/decisions/": INVALID,
    "GET /incidents/<int:number>/decisions/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/choice/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/input/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/replacement/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/reversal/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/postponement/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/withdrawal/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/execution/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/acknowledgement/": SHUT,
    "POST /incidents/<int:number>/decisions/<int:pk>/ratification/": SHUT,
    # What holds and may be told; what was confirmed.
    "GET /incidents/<int:number>/estimates/": DONE,
    "POST /incidents/<int:number>/estimates/": INVALID,
    "GET /incidents/<int:number>/estimates/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/estimates/<int:pk>/acceptance/": SHUT,
    "POST /incidents/<int:number>/estimates/<int:pk>/publication/": SHUT,
    "DELETE /incidents/<int:number>/estimates/<int:pk>/publication/": SHUT,
    "GET /incidents/<int:number>/impacts/": DONE,
    "POST /incidents/<int:number>/impacts/": INVALID,
    "GET /incidents/<int:number>/impacts/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/impacts/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/impacts/<int:pk>/confirmation/": SHUT,
    "POST /incidents/<int:number>/impacts/<int:pk>/end/": SHUT,
    "GET /incidents/<int:number>/business-impacts/": DONE,
    "POST /incidents/<int:number>/business-impacts/": INVALID,
    "GET /incidents/<int:number>/commitments/": SHUT,
    "POST /incidents/<int:number>/commitments/": INVALID,
    "GET /incidents/<int:number>/commitments/<int:pk>/": SHUT,
    "DELETE /incidents/<int:number>/commitments/<int:pk>/": SHUT,
    "POST /incidents/<int:number>/commitments/<int:pk>/confirmation/": SHUT,
    "POST /incidents/<int:number>/commitments/<int:pk>/refusal/": SHUT,
    "POST /incidents/<int:number>/commitments/<int:pk>/communication/": SHUT,
    "POST /incidents/<int:number>/commitments/<int:pk>/keeping/": SHUT,
    "POST /incidents/<int:number>/commitments/<int:pk>/miss/": SHUT,
    "GET /incidents/<int:number>/restoration-orders/": SHUT,
    "POST /incidents/<int:number>/restoration-orders/": INVALID,
    "POST /incidents/<int:number>/restoration-orders/<int:pk>/objection/": SHUT,
    "GET /incidents/<int:number>/timeline/": DONE,
    "GET /incidents/<int:number>/waivers/": SHUT,
    "POST /incidents/<int:number>/waivers/": INVALID,
    "POST /incidents/<int:number>/timeline/": INVALID,
    "GET /incidents/<int:number>/timeline/<int:entry>/": DONE,
    "PATCH /incidents/<int:number>/timeline/<int:entry>/": INVALID,
    "PUT /incidents/<int:number>/messages/<int:pk>/pin/": SHUT,
    "DELETE /incidents/<int:number>/messages/<int:pk>/pin/": SHUT,
    "PUT /incidents/<int:number>/messages/<int:pk>/mark/": SHUT,
    "GET /incidents/<int:number>/expertise/": SHUT,
    "GET /incidents/<int:number>/figures/": SHUT,
    "GET /incidents/<int:number>/notebook/": SHUT,
    "POST /incidents/<int:number>/notebook/": SHUT,
    "DELETE /incidents/<int:number>/notebook/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/export.json": DONE,
    "GET /incidents/<int:number>/export.md": DONE,
    "GET /incidents/<int:number>/documents/": SHUT,
    "POST /incidents/<int:number>/documents/": INVALID,
    "DELETE /incidents/<int:number>/documents/<int:pk>/": SHUT,
    "GET /incidents/<int:number>/alerts/": SHUT,
    "POST /incidents/<int:number>/alerts/": SHUT,
    "GET /incidents/<int:number>/deliveries/": DONE,
    "GET /deliveries/": DONE,
    # What everybody outside may read, too.
    "GET /incidents/<int:number>/public/": DONE,
    "POST /incidents/<int:number>/public/": INVALID,
    "PATCH /incidents/<int:number>/public/": REFUSED,
    "POST /incidents/<int:number>/public/withdrawal/": REFUSED,
    "GET /status-page/": DONE,
    "PATCH /status-page/": REFUSED,
    "GET /status-page/components/": DONE,
    "POST /status-page/components/": INVALID,
    "GET /status-page/components/<slug:slug>/": DONE,
    "PATCH /status-page/components/<slug:slug>/": REFUSED,
    "DELETE /status-page/components/<slug:slug>/": REFUSED,
    "GET /status-page/maintenances/": DONE,
    "POST /status-page/maintenances/": INVALID,
    "GET /status-page/maintenances/<int:pk>/": DONE,
    "PATCH /status-page/maintenances/<int:pk>/": REFUSED,
    "DELETE /status-page/maintenances/<int:pk>/": REFUSED,
    "POST /status-page/maintenances/<int:pk>/end/": REFUSED,
    "GET /status-page/subscribers/": REFUSED,
    "DELETE /status-page/subscribers/<int:pk>/": REFUSED,
    "GET /alerts/": SHUT,
    "GET /needs/": DONE,
    "GET /business-events/": DONE,
    "POST /business-events/": INVALID,
    "GET /business-events/<int:pk>/": DONE,
    "PATCH /business-events/<int:pk>/": SHUT,
    "DELETE /business-events/<int:pk>/": SHUT,
    # Everybody tells what customers see; stakeholders read their own.
    "GET /reports/": DONE,
    "POST /reports/": INVALID,
    "GET /reports/<int:pk>/": SHUT,
    "POST /reports/<int:pk>/echoes/": SHUT,
    "POST /reports/<int:pk>/incident/": SHUT,
    "GET /report-spikes/": SHUT,
    "POST /report-spikes/<int:pk>/acceptance/": SHUT,
    "POST /report-spikes/<int:pk>/dismissal/": SHUT,
    "GET /integrations/": DONE,
    "POST /integrations/": INVALID,
    "DELETE /integrations/<int:pk>/": REFUSED,
    "GET /routing-rules/": DONE,
    "POST /routing-rules/": INVALID,
    "GET /routing-rules/<int:pk>/": DONE,
    "PATCH /routing-rules/<int:pk>/": REFUSED,
    "DELETE /routing-rules/<int:pk>/": REFUSED,
    "GET /routing-rules/dry-run/": INVALID,
    "POST /routing-rules/dry-run/": INVALID,
}


@pytest.fixture
def parameters(acme, lena, mei, tariq, ruth, ada):
    """For every operation the values of its parameters, all of things that exist at Acme."""
    incident = declare_incident(lena, "Card payments time out")
    message = post_message(incident, by=lena)
    entry = incident.updates.model.publish(incident, "technical", {"text": "Draining."}, by=lena)
    integration, _ = Integration.connect(acme, "generic")
    team = Team.objects.create(slug="platform", name="Platform", function=lena.function)
    token, _ = ApiToken.issue(lena)
    Document.add(incident, "Provider status", "https://status.example/", by=lena)
    backend = open_workstream(incident, "Backend", by=lena)
    waits = WorkstreamDependency.add(open_workstream(incident, "Frontend", by=lena), backend, by=lena)
    sync = SyncPoint.call(incident, "Order the changes", by=lena, starts_at=timezone.now() + timedelta(hours=1))
    StatusPage.arrange(acme, by=ada, published=True)
    card = Component.add(by=ada, slug="card", name="Pay by card")
    PublicIncident.publish(incident, "Paying takes long", by=lena, waiver="Nobody else speaks")
    window = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=2)
    things = {
        "maintenances": Maintenance.plan(by=ada, title="Move", starts_at=window[0], ends_at=window[1]).pk,
        "subscribers": Subscriber.sign_up("email", "kim@customer.test").pk,
        "dependencies": waits.details["dependency"],
        "sync-points": sync.details["sync"],
        "documents": incident.documents.get().pk,
        "notebook": PrivateNote.write(incident, "Ask why nobody paged product", by=lena).pk,
        "roles": incident.roles.current().get().pk,
        "role-offers": incident.roles.current().get().pk,
        "participants": incident.participants.get().pk,
        "invitations": IncidentInvitation.invite(incident, mei, by=lena).details["invitation"],
        "reinforcements": ask_for(incident, ruth, by=lena).pk,
        "workstreams": message.workstream_id,
        "messages": message.pk,
        "updates": entry.details["update"],
        "challenges": UpdateChallenge.raise_against(
            incident.updates.get(pk=entry.details["update"]), "It is Europe only", by=lena
        ).details["challenge"],
        "tasks": incident.tasks.first().pk,
        "findings": raise_finding(incident, by=lena).pk,
        "syntheses": say_what_we_know(incident, by=lena).pk,
        "reports": file_report(incident, by=lena, count=40).pk,
        "report-spikes": incident.spikes.get().pk,
        "symptoms": name_symptom(incident, by=lena).pk,
        "questions": (question := ask_question(incident, by=lena)).pk,
        "asks": put_ask(question, to=tariq, by=lena).pk,
        "decisions": raise_decision(incident, "coordination", by=lena).pk,
        "exceptions": StreamException.grant(message.workstream, mei, minutes=30, by=lena).details["exception"],
        "changes": propose_change(incident, "ledger", by=lena).pk,
        "hypotheses": propose_theory(incident, by=lena).pk,
        "fix-attempts": try_fix(incident, by=lena).pk,
        "estimates": give_estimate(incident, by=lena).pk,
        "impacts": propose_impact(incident, by=lena).pk,
        "commitments": propose_commitment(incident, by=lena).pk,
        "restoration-orders": RestorationOrder.set(incident, ["Exports"], by=lena).details["restoration_order"],
        "business-events": plan_event("Launch", "search", by=lena).pk,
        "integrations": integration.pk,
        "tokens": token.pk,
        "routing-rules": RoutingRule.objects.first().pk,
    }
    slugs = {
        "functions": "support",
        "services": Service.objects.first().slug,
        "teams": team.slug,
        "playbooks": Playbook.objects.first().slug,
        "roles": "lead",
        "glossary": GlossaryTerm.objects.create(slug="gateway", name="gateway", plain="card payments").slug,
        "components": card.slug,
    }

    def values(operation):
        parts = operation.route.strip("/").split("/")
        given = {"number": 1 if parts[0] == "playbooks" else incident.number}
        for part, following in pairwise(parts):
            if following == "<int:pk>":
                given["pk"] = things[part]
            if following == "<int:entry>":
                given["entry"] = 1
            if following == "<slug:audience>":
                given["audience"] = "technical"
            if following == "<slug:slug>":
                given["slug"] = slugs[part]
        return given

    return values


def ask(program, operation, values):
    """Without a body, which is never enough to change anything by mistake."""
    return getattr(program, operation.method)(operation.path(**values))


@pytest.mark.parametrize("kind", ["wrong", "revoked", "expired", "of nobody", "no token at all", "of somebody gone"])
def test_a_token_that_is_not_valid_gets_no_answer_anywhere(kind, parameters, acme, lena, tariq, sam):
    token, revoked = ApiToken.issue(tariq)
    token.revoke(by=tariq)
    _, expired = ApiToken.issue(tariq, expires_at=timezone.now())
    _, gone = ApiToken.issue(sam)
    sam.end(by=lena)
    keys = {
        "wrong": f"mst_{acme.pk}_wrong",
        "revoked": revoked,
        "expired": expired,
        "of nobody": "mst_99999999_wrong",
        "no token at all": "bearer",
        "of somebody gone": gone,
    }
    stranger = Program(keys[kind])

    answers = {str(each): ask(stranger, each, parameters(each)) for each in OPERATIONS}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(STAKEHOLDER, 401)
    assert {answer.json()["code"] for answer in answers.values()} == {"authentication_failed"}


def test_nobody_without_a_token_gets_an_answer_anywhere(parameters):
    stranger = Program("")
    stranger.client = Client()

    answers = {str(each): ask(stranger, each, parameters(each)) for each in OPERATIONS}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(STAKEHOLDER, 401)
    assert {answer.json()["code"] for answer in answers.values()} == {"not_authenticated"}
    assert {answer["WWW-Authenticate"] for answer in answers.values()} == {"Bearer"}
    assert {answer["Content-Type"] for answer in answers.values()} == {"application/problem+json"}


def test_a_stakeholder_gets_what_the_table_says(parameters, stan, program):
    """Walking every operation there is; one that the table does not name fails here."""
    reader = program(stan)

    answers = {str(each): ask(reader, each, parameters(each)).status_code for each in OPERATIONS}

    assert answers == STAKEHOLDER


def test_what_is_missing_and_what_is_foreign_are_the_same(parameters, omar, program):
    """Globex has an incident with the same number, so nothing but the wall keeps Omar from Acme's parts."""
    outsider = program(omar)
    with_key = [each for each in OPERATIONS if "pk" in each.parameters]
    assert len(with_key) > 10

    for each in with_key:
        foreign = ask(outsider, each, parameters(each))
        missing = ask(outsider, each, {**parameters(each), "pk": 4_711_000})
        assert (str(each), foreign.status_code, foreign.content) == (str(each), 404, missing.content)


def test_a_foreign_number_is_the_same_as_a_missing_one(parameters, lena, omar, program):
    outsider, number = program(omar), declare_incident(lena, "Theirs").number
    numbered = [each for each in OPERATIONS if "number" in each.parameters]
    assert len(numbered) > 30

    for each in numbered:
        foreign = ask(outsider, each, {**parameters(each), "number": number})
        missing = ask(outsider, each, {**parameters(each), "number": 4711})
        assert (str(each), foreign.status_code, foreign.content) == (str(each), 404, missing.content)


def test_a_private_incident_is_missing_for_whoever_is_not_on_it(lena, tariq, ada, program):
    number = declare_incident(lena, "Somebody got in", private=True).number
    declare_incident(lena, "Other")
    api = program(tariq)

    assert program(ada).get(f"/incidents/{number}/").status_code == 200
    assert api.get(f"/incidents/{number}/").content == api.get("/incidents/4711/").content
    assert [each["title"] for each in api.get("/incidents/").json()["results"]] == ["Other"]
    assert api.post("/incidents/2/merge/", {"into": number}).json()["errors"] == [
        {"field": "into", "message": "There is no such incident."}
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/incidents/", {"title": "Odd", "services": [f"secret-{MARKER}"]}),
        ("/incidents/1/roles/", {"role": "lead", "member": "omar@globex.test"}),
        ("/incidents/1/participants/", {"member": "omar@globex.test"}),
    ],
)
def test_what_another_organisation_has_cannot_be_named(path, body, lena, omar, program):
    declare_incident(lena)
    api = program(lena)
    missing = {name: "nobody@globex.test" if "@" in str(value) else value for name, value in body.items()}
    missing |= {"services": ["of-nobody"]} if "services" in body else {}

    foreign = api.post(path, body)

    assert foreign.status_code == 422
    assert foreign.content == api.post(path, missing).content


def test_a_stakeholder_reads_briefings_only(lena, stan, program):
    incident = declare_incident(lena, "Card payments time out")
    post_message(incident, by=lena)
    everything = program(lena).get(f"/incidents/{incident.number}/timeline/").json()["results"]
    assert "message_posted" in {entry["kind"] for entry in everything}

    api = program(stan)
    briefing = api.get(f"/incidents/{incident.number}/timeline/").json()["results"]

    assert {entry["kind"] for entry in briefing} == {"declared"}
    assert api.get(f"/incidents/{incident.number}/").json()["last_entry"] == briefing[-1]["number"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/members/", {"email": "noor@acme.test"}),
        ("post", "/services/", {"name": "Payments"}),
        ("patch", "/services/checkout/", {"name": "Payments"}),
        ("post", "/teams/", {"name": "Payments", "function": "engineering"}),
        ("patch", "/status-page/", {"name": "Acme shop"}),
        ("post", "/status-page/components/", {"name": "Pay by card"}),
        ("patch", "/functions/support/", {"on_call": "tariq@acme.test"}),
        ("post", "/integrations/", {"kind": "generic"}),
        ("post", "/routing-rules/", {"name": "All", "event": "declared", "function": "support"}),
    ],
)
def test_configuration_is_for_administrators(method, path, body, tariq, ada, program):
    refused = getattr(program(tariq), method)(path, body)
    done = getattr(program(ada), method)(path, body)

    assert (refused.status_code, refused.json()["code"]) == (409, "administrators_only")
    assert refused.json()["waivable"] is False
    assert done.status_code in (200, 201)
