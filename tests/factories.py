"""What tests arrange: plain functions that call the product's real verbs."""

from datetime import timedelta

from django.utils import timezone

from incidents.ingest.reports import Report
from incidents.mobilization import declare
from incidents.models import (
    Alert,
    Ask,
    BusinessEvent,
    ChangeIntent,
    Commitment,
    Decision,
    Finding,
    FixAttempt,
    Hypothesis,
    Impact,
    Integration,
    Message,
    Question,
    ReinforcementRequest,
    ResolutionEstimate,
    StatusUpdate,
    SupportReport,
    Symptom,
    Synthesis,
    Task,
    UpdateChallenge,
    Workstream,
)
from playbooks.models import Severity
from teams.models import Organization, Service, TechnicalDomain
from teams.tenancy import active_organization_id


def declare_incident(by=None, title="Checkout fails for some customers", *, severity=None, **fields):
    """An incident in the active organisation; `severity` is a slug."""
    if severity is not None:
        fields["severity"] = Severity.objects.get(slug=severity)
    return declare(title, by=by, **fields)


def open_workstream(incident, title="Roll back the gateway", *, by=None, **fields):
    return Workstream.open(incident, title, by=by, **fields).workstream


def post_message(incident, text="Draining will take eight minutes.", *, by, workstream=None, key=None):
    """The message itself, in the incident's first workstream unless another is given."""
    workstream = workstream or incident.workstreams.in_order().first()
    return Message.post(workstream, text, by=by, key=key).messages.get()


def add_task(incident, text="Drain the queue", *, by, **fields):
    entry = Task.add(incident, text, by=by, **fields)
    return incident.tasks.get(pk=entry.details["task"])


def raise_finding(incident, condition="5.1 is healthy on the canary.", *, by, **fields):
    entry = Finding.post(incident, condition, by=by, **fields)
    return incident.findings.get(pk=entry.details["finding"])


def ask_question(incident, text="May we tell Hooli that it is Europe only?", *, by, **fields):
    entry = Question.ask(incident, text, by=by, **fields)
    return incident.questions.get(pk=entry.details["question"])


def challenge_update(incident, reason="It is Europe only.", *, by, told="Cards fail."):
    """The challenge of an update to the technical audience, published by nobody in particular."""
    published = StatusUpdate.publish(incident, "technical", {"text": told}, by=None)
    update = incident.updates.select_related("incident").get(pk=published.details["update"])
    entry = UpdateChallenge.raise_against(update, reason, by=by)
    return UpdateChallenge.objects.with_people().select_related("incident").get(pk=entry.details["challenge"])


def file_report(incident=None, text="Card declined, the bank says it is fine", *, by, **fields):
    return SupportReport.file(text, by=by, incident=incident, **fields)


def name_symptom(incident, title="Card is declined", *, by, reports=None, **fields):
    """Of all reports that are not sorted, unless some are given."""
    reports = list(incident.reports.unsorted()) if reports is None else reports
    entry = Symptom.name(incident, title, by=by, reports=reports, **fields)
    symptom = incident.symptoms.get(pk=entry.details["symptom"])
    symptom.incident = incident
    return symptom


def put_ask(question, text="Which regions fail?", *, to, by, purpose="To tell them which shops to close", **fields):
    entry = Ask.put(question, text, to=to, by=by, purpose=purpose, **fields)
    return Ask.objects.with_people().select_related("incident").get(pk=entry.details["ask"])


def ask_for(incident, member, *, by, purpose="You wrote the connection pool.", hours=4, **fields):
    """The request for somebody of another team."""
    entry = ReinforcementRequest.ask(incident, member, by=by, purpose=purpose, hours=hours, **fields)
    return incident.reinforcements.select_related("incident").get(pk=entry.details["reinforcement"])


def propose_change(incident, *slugs, by, action="Drain the queue", minutes=30, begins=0, **fields):
    """A change of the services with these slugs that takes `minutes`, from so many minutes ahead on."""
    starts_at = timezone.now() + timedelta(minutes=begins)
    entry = ChangeIntent.propose(
        incident,
        action,
        by=by,
        services=list(Service.objects.filter(slug__in=slugs)),
        starts_at=starts_at,
        until=starts_at + timedelta(minutes=minutes),
        **fields,
    )
    return read_change(entry.details["change"])


def read_change(pk):
    """The change as it is now, the way pages and programs read it."""
    return ChangeIntent.objects.for_reading().get(pk=pk)


def propose_theory(incident, statement="The pool is too small", *, by, component=None, **fields):
    """`component` is the slug of a service."""
    component = Service.objects.get(slug=component) if component else None
    entry = Hypothesis.propose(incident, statement, by=by, component=component, **fields)
    return Hypothesis.objects.for_reading().get(pk=entry.details["hypothesis"])


def try_fix(incident, what="Raise the limit", *, by, **fields):
    entry = FixAttempt.start(incident, what, by=by, **fields)
    return FixAttempt.objects.for_reading().get(pk=entry.details["fix"])


def give_estimate(incident, *, by, hours=None, basis="The roll-back takes an hour", **fields):
    """From so many hours ahead to so many; without `hours`, nobody knows."""
    now = timezone.now().replace(microsecond=0)
    known = {"earliest": now + timedelta(hours=hours[0]), "latest": now + timedelta(hours=hours[1])} if hours else {}
    confidence = {"confidence": "medium"} if hours else {}
    entry = ResolutionEstimate.give(incident, by=by, basis=basis, **known, **confidence, **fields)
    return ResolutionEstimate.objects.select_related("incident").get(pk=entry.details["estimate"])


def propose_impact(incident, level="partial", *, by, service="checkout", **fields):
    service = Service.objects.get(slug=service) if service else None
    entry = Impact.propose(incident, level, by=by, service=service, **fields)
    return Impact.objects.select_related("incident").get(pk=entry.details["impact"])


def propose_commitment(incident, text="Exports work again", *, by, hours=3, domain=None, to_whom="Hooli", **fields):
    """`domain` is a slug; due so many hours ahead."""
    domain = TechnicalDomain.objects.get(slug=domain) if domain else None
    due_at = timezone.now() + timedelta(hours=hours)
    entry = Commitment.propose(incident, text, by=by, to_whom=to_whom, due_at=due_at, domain=domain, **fields)
    return Commitment.objects.select_related("incident").get(pk=entry.details["commitment"])


def plan_event(name="Instant refunds", *slugs, by, hours=(2, 4), kind="launch", **fields):
    """A business event that needs the services with these slugs, from so many hours ahead to so many."""
    now = timezone.now()
    return BusinessEvent.plan(
        name,
        by=by,
        kind=kind,
        starts_at=now + timedelta(hours=hours[0]),
        ends_at=now + timedelta(hours=hours[1]),
        services=list(Service.objects.filter(slug__in=slugs)),
        **fields,
    )


def raise_decision(incident, decision_class, subject="Roll back the gateway?", *, by=None, **fields):
    """The open decision itself."""
    Decision.open(incident, decision_class, subject, by=by, **fields)
    return incident.decisions.select_related("incident").latest_first().first()


def fire_alert(title="High error rate", *, labels=None, key="1"):
    """An alert that fires and waits in the active organisation, from a source named Prometheus."""
    organization = Organization.objects.get(pk=active_organization_id())
    integration = Integration.objects.first() or Integration.connect(organization, "alertmanager", name="Prometheus")[0]
    report = Report(dedup_key=key, group_key=key, firing=True, title=title, labels=labels or {})
    return Alert.fire(integration, report)


def say_what_we_know(incident, known="Paying by card fails in Europe.", *, by, **fields):
    """The version itself."""
    entry = Synthesis.publish(incident, known=known, by=by, **fields)
    return incident.syntheses.get(version=entry.details["version"])
