"""What Globex has: one of everything that could leak, each with the marker in its words.

Nobody at Acme may ever receive it (`tests.marker`). A test holds that no field of words was forgotten.
"""

from datetime import timedelta

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
    FunctionActivation,
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
from notifications.models import (
    Attempt,
    AudienceGroup,
    Component,
    Delivery,
    FanOut,
    Maintenance,
    MaintenanceWord,
    Notice,
    PublicIncident,
    RoutingRule,
    StatusPage,
    Subscriber,
)
from playbooks.models import (
    GlossaryTerm,
    HoldingText,
    IncidentType,
    Playbook,
    PlaybookVersion,
    RoleDefinition,
    RoleExclusion,
    Severity,
    Step,
)
from teams.models import ApiToken, Function, IdempotentRequest, Invitation, Service, Team, TechnicalDomain
from tests.marker import MARKER

SECRET = f"Secret {MARKER}"
SLUG = f"secret-{MARKER}"
LINK = f"https://{MARKER}.example/"
# Fields that hold nobody's words here; those of `telling.fields` hold them nowhere.
SAY_NOTHING = {
    "notifications.Attempt.worker": "the name of a process",
    "notifications.Delivery.identifier": "made at random",
    "notifications.Notice.reader": "the name of a sort",
    "playbooks.HoldingText.part": "the name of a field",
    "teams.AuditEntry.act": "the name of an act",
    "teams.AuditEntry.subject_id": "a number",
    "teams.AuditEntry.subject_type": "the name of a model",
    "teams.IdempotentRequest.body_hash": "a hash",
    "teams.IdempotentRequest.method": "of a request",
    "teams.Membership.phone": "a telephone number of nobody",
}


def plant(globex, omar):
    """All of it, by Omar, in the active scope of Globex."""
    soon, later = (timezone.now() + timedelta(hours=hours) for hours in (1, 2))
    service = Service.objects.create(slug=SLUG, name=SECRET, description=SECRET)
    Service.objects.create(slug=f"resting-{MARKER}", name=SECRET).rest_on([service], by=omar)
    _configure(omar)
    incident = declare(SECRET, by=omar, summary=SECRET, services=[service], severity=Severity.objects.get(slug="sev1"))
    _work(incident, omar, service, soon)
    _tell(incident, omar)
    _listen(incident, omar)
    _settle(incident, omar, service, soon)
    _alert(globex)
    _publish(globex, omar, incident, service, (soon, later))
    _send(incident, omar)


def _configure(omar):
    """What administrators write."""
    engineering = Function.objects.get(slug="engineering")
    Team.objects.create(slug=SLUG, name=SECRET, description=SECRET, function=engineering)
    role = RoleDefinition.objects.create(
        slug=SLUG, name=SECRET, description=SECRET, duties=SECRET, must_not=SECRET, card=SECRET
    )
    RoleExclusion.objects.create(role=role, because=SECRET)
    GlossaryTerm.objects.create(slug=SLUG, name=SECRET, description=SECRET, plain=SECRET)
    HoldingText.objects.filter(audience="customers").update(text=SECRET)
    Playbook.objects.create(slug=SLUG, name=SECRET, description=SECRET)
    PlaybookVersion.objects.update(guidance=SECRET, when_to_use=SECRET)
    Step.objects.update(text=SECRET)
    IncidentType.objects.create(slug=SLUG, name=SECRET, description=SECRET, words=SECRET)
    Function.objects.create(slug=SLUG, name=SECRET, description=SECRET)
    TechnicalDomain.objects.create(slug=SLUG, name=SECRET, description=SECRET, function=engineering)
    Severity.objects.filter(slug="sev1").update(name=SECRET, description=SECRET)
    AudienceGroup.objects.create(slug=SLUG, name=SECRET, description=SECRET, audience="leadership")
    RoutingRule.objects.create(name=SECRET, event="update_published", function=engineering, is_active=False)
    type(omar).objects.filter(pk=omar.pk).update(skills=[SECRET])


def _work(incident, omar, service, soon):
    """What is said and done in the room."""
    thread = incident.workstreams.get()
    Message.post(thread, SECRET, by=omar).messages.get().put_on_record(by=omar)
    Message.post(thread, SECRET, by=omar).messages.get().edit(f"{SECRET} indeed", by=omar)
    Message.post(thread, SECRET, by=omar).messages.get().delete_text(by=omar, reason=SECRET)
    note = TimelineEntry.note(incident, SECRET, by=omar)
    note.correct_time(note.happened_at - timedelta(minutes=5), by=omar, reason=SECRET)
    Document.add(incident, SECRET, LINK, by=omar, note=SECRET)
    PrivateNote.write(incident, SECRET, by=omar)
    Workstream.open(incident, SECRET, by=omar, goal=SECRET, restricted=True)
    point = SyncPoint.call(incident, SECRET, by=omar, starts_at=soon, purpose=SECRET)
    SyncPoint.objects.get(pk=point.details["sync"]).hold(SECRET, by=omar)
    WorkstreamDependency.add(*incident.workstreams.in_order(), by=omar, reason=SECRET)
    Workstream.open(incident, SECRET, by=omar)
    StreamException.grant(incident.workstreams.in_order().first(), omar, minutes=30, by=omar)
    IncidentInvitation.objects.create(
        incident=incident, membership=omar, reason=SECRET, answer=SECRET, state="declined", expires_at=timezone.now()
    )
    ReinforcementRequest.objects.create(
        incident=incident, number=1, member=omar, purpose=SECRET, answer=SECRET, requested_by=omar, state="refused"
    )
    hat = incident.roles.current().with_people().get()
    hat.incident = incident
    Handover.objects.create(
        incident=incident, assignment=hat, to=omar, situation=SECRET, objectives=[SECRET], state="withdrawn",
        briefing={"said": SECRET},
    )  # fmt: skip
    for _ in range(2):
        ChangeIntent.propose(incident, SECRET, by=omar, services=[service], until=soon)
    ChangeIntent.objects.update(result=SECRET)
    theory = Hypothesis.propose(incident, SECRET, by=omar, component=service)
    Hypothesis.objects.get(pk=theory.details["hypothesis"]).add_evidence(SECRET, by=omar, supports=True)
    fix = FixAttempt.start(incident, SECRET, by=omar)
    FixAttempt.objects.for_reading().get(pk=fix.details["fix"]).finish("did_not_work", by=omar, result=SECRET)
    Task.add(incident, SECRET, by=omar)
    dropped = Task.add(incident, f"Dropped: {SECRET}", by=omar)
    incident.tasks.get(pk=dropped.details["task"]).not_needed(reason=SECRET, by=omar)
    FunctionActivation.objects.update(reason=SECRET, rule=SECRET)
    GuardWaiver.keep(incident, "no_lead", MARKER, reason=SECRET, by=omar)


def _tell(incident, omar):
    """From a finding to what each audience hears."""
    StatusUpdate.publish(incident, "technical", {"text": SECRET}, by=omar)
    lines = dict.fromkeys(("actions", "needs", "meaning", "evidence"), SECRET)
    entry = Finding.post(incident, SECRET, by=omar, **lines)
    finding = incident.findings.get(pk=entry.details["finding"])
    said = dict.fromkeys(("known", "unknown", "doing", "next", "impact", "expected", "ask"), SECRET)
    version = Synthesis.publish(incident, by=omar, sources={"known": [finding]}, **said)
    incident.syntheses.get(entry=version).challenge(SECRET, by=omar)
    finding.ask_for_more(SECRET, by=omar)
    finding.reply(SECRET, by=omar)
    finding.set_aside(reason=SECRET, by=omar)
    SynthesisDelegation.give(incident, omar, minutes=60, by=omar)
    for correct in (True, False):
        told = {"what_is_happening": SECRET, "what_we_are_doing": SECRET}
        StatusUpdate.publish(incident, "customers", told, by=omar, waiver=SECRET, no_change=SECRET)
        Touchpoint.write(incident, "social", f"{SECRET} {correct}", by=omar, waiver=SECRET)
        told_last = incident.updates.latest_first().first()
        UpdateChallenge.raise_against(told_last, SECRET, by=omar)
        if correct:
            told_last.correct(told | {"workaround": SECRET}, by=omar, reason=SECRET, waiver=SECRET)
        else:
            told_last.withdraw(by=omar, reason=SECRET, waiver=SECRET)
    UpdateDraft.save_text(incident, "leadership", {"business_impact": SECRET}, by=omar, no_change=SECRET)


def _listen(incident, omar):
    """Questions, and what customers say."""
    Question.ask(incident, SECRET, by=omar)
    Ask.put(incident.questions.get(), f"In other words: {MARKER}", to=omar, by=omar, purpose=SECRET)
    Ask.objects.with_people().select_related("incident").get().give_answer(SECRET, by=omar)
    answered = Question.ask(incident, f"What else? {MARKER}", by=omar)
    incident.questions.get(pk=answered.details["question"]).give_answer(SECRET, by=omar)
    report = SupportReport.file(SECRET, by=omar, incident=incident, feature=SECRET, segment=SECRET, ticket=LINK)
    report.count_one_more(by=omar, ticket=SECRET)
    Symptom.name(incident, SECRET, by=omar, reports=[report])
    SupportDigest.give(incident, SECRET, by=omar)
    SupportBrief.write(incident, SECRET, by=omar, avoid=SECRET, workaround=SECRET)
    SupportReport.file(f"Waits {SECRET}", by=omar, segment=SECRET, ticket=SECRET, count=50)
    Spike.objects.get(incident=None).dismiss(by=omar, reason=SECRET)
    Briefing.hold(incident, by=omar, note=SECRET)


def _settle(incident, omar, service, soon):
    """What is decided, estimated and promised."""
    Decision.open(incident, "priority", SECRET, by=omar, choice=SECRET, reason=SECRET, options=[SECRET])
    Decision.open(
        incident, "resource", f"Open {SECRET}", by=omar, options=[SECRET, MARKER], cost_of_waiting=SECRET,
        commitments_sacrificed=[SECRET],
    )  # fmt: skip
    incident.decisions.latest("pk").give_input(SECRET, by=omar, text=SECRET)
    ResolutionEstimate.give(incident, by=omar, basis=SECRET)
    Impact.propose(incident, "major", by=omar, feature=SECRET, segment=SECRET, note=SECRET)
    BusinessImpact.state(incident, "critical", SECRET, by=omar, key_accounts=[SECRET])
    RestorationOrder.set(incident, [service, f"{SECRET} by hand"], by=omar, reason=SECRET)
    RestorationOrder.objects.get().object(by=omar, reason=SECRET)
    Commitment.propose(incident, SECRET, by=omar, to_whom=SECRET, due_at=soon)
    Commitment.objects.update(reason=SECRET)
    BusinessEvent.plan(
        SECRET, by=omar, kind="launch", starts_at=timezone.now(), ends_at=soon, services=[service], note=SECRET
    )


def _alert(globex):
    integration, _ = Integration.connect(globex, Integration.Kind.GENERIC, name=SECRET)
    said = {"secret": SECRET}
    Alert.fire(integration, Report(dedup_key=MARKER, firing=True, title=SECRET, labels=said, annotations=said))


def _publish(globex, omar, incident, service, window):
    """A page that is not open yet, and who waits for it."""
    StatusPage.arrange(globex, by=omar, name=SECRET, intro=SECRET, host=f"{MARKER}.example.com")
    part = Component.add(by=omar, slug=SLUG, name=SECRET, description=SECRET, services=[service])
    begins, ends = window
    Maintenance.plan(by=omar, title=SECRET, text=SECRET, starts_at=begins, ends_at=ends, components=[part])
    MaintenanceWord.objects.update(details={"said": SECRET}, settled_at=timezone.now())
    Subscriber.sign_up("email", f"{MARKER}@customer.test", [part])
    PublicIncident.objects.create(incident=incident, headline=SECRET, began_at=timezone.now(), published_by=omar)


def _send(incident, omar):
    """A message that has left, a program that calls, and somebody who is invited."""
    entry = incident.timeline.latest("pk")
    FanOut.objects.filter(entry__incident=incident).update(problem=SECRET)
    notice = Notice.objects.create(
        incident=incident, entry=entry, reader="secret", subject=SECRET, text=SECRET, html=SECRET, short=SECRET
    )
    delivery = Delivery.objects.create(
        notice=notice,
        incident=incident,
        recipient=omar,
        channel=Delivery.Channel.EMAIL,
        address=f"{MARKER}@globex.test",
        dedup_key=MARKER,
        topic=MARKER,
        rule=SECRET,
        reason=SECRET,
        identifier="secret",
        provider_id=MARKER,
        # It has left: nobody sends it while a test sends.
        state=Delivery.State.DELIVERED,
        next_at=None,
        settled_at=timezone.now(),
    )
    Attempt.objects.create(delivery=delivery, number=1, worker="secret", fence="secret", answer=SECRET)
    token, _ = ApiToken.issue(omar, name=SECRET)
    IdempotentRequest.objects.create(
        token=token, key=MARKER, method="POST", path=f"/{MARKER}/", status=201, body=SECRET
    )
    Invitation.objects.create(
        email=f"{MARKER}@globex.test", key_hash=MARKER, invited_by=omar, expires_at=timezone.now() + timedelta(hours=1)
    )
