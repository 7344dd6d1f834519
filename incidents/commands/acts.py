"""Commands that are complete in one line: each finds what it names and calls one verb. What lacks something opens the
page of its act instead. They return the entry, or an `Opening`."""

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from playbooks.models import IncidentRole, RoleDefinition
from teams.models import Function, Service, Team, TechnicalDomain

from ..forms.findings import FindingForm
from ..models import (
    ChangeIntent,
    Finding,
    FunctionActivation,
    IncidentInvitation,
    Message,
    Question,
    RoleAssignment,
    Status,
    SupportReport,
    Task,
    Workstream,
    WorkstreamDependency,
)
from ..models.functions import ActivationState
from .asked import fitting
from .names import listed, one_named
from .outcomes import Opening, Unclear

USUAL_CHANGE = timedelta(minutes=30)
SHORT_FOR_ROLES = {
    "comms": IncidentRole.COMMUNICATIONS_LEAD,
    "tech": IncidentRole.TECHNICAL_COORDINATOR,
    "support": IncidentRole.SUPPORT_LIAISON,
    "exec": IncidentRole.EXECUTIVE,
}
# Where an incident can be sent; merging names the other one, and has a page.
GOALS = (
    Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.CLOSED, Status.DECLINED,
)  # fmt: skip


def finding(asked):
    """Condition, actions and needs, with bars between them; with less it is a form."""
    names = ("condition", "actions", "needs")
    fields = dict(zip(names, (part.strip() for part in asked.words.split("|", 2)), strict=False))
    if not all(fields.get(name) for name in names):
        return asked.opens("findings/new/", workstream=asked.workstream.pk, **fields)
    said = {name: fitting(fields[name], FindingForm.base_fields[name].max_length) for name in names}
    return Finding.post(asked.incident, workstream=asked.workstream, by=asked.by, key=asked.key, **said)


def ask(asked):
    text = asked.text_for(Question, "text")
    return Question.ask(asked.incident, text, by=asked.by, key=asked.key) if text else asked.opens("questions/new/")


def task(asked):
    owner, due_at = asked.person(), asked.moment_after("due")
    text = asked.text_for(Task, "text")
    if not text:
        return asked.opens("tasks/new/", owner=owner.pk if owner else "")
    wanted = {"owner": owner, "due_at": due_at, "workstream": asked.workstream}
    return Task.add(asked.incident, text, by=asked.by, key=asked.key, **wanted)


def role(asked):
    """Without a name it is for whoever asks. What somebody else wears is never taken from them by this."""
    waiver, person = asked.waiver(), asked.person() or asked.by
    roles = {each.slug: each for each in RoleDefinition.objects.in_order()}
    word = asked.word()
    if not word:
        raise Unclear(f"Say which role, and whose: /role comms @lena. There are: {listed(roles)}.")
    definition = one_named(word, roles, what="role", aliases=SHORT_FOR_ROLES)
    wanted = {"by": asked.by, "waiver": waiver, "domain": _domain(asked) if definition.per_domain else None}
    _leave_nothing(asked)
    if person == asked.by:
        return RoleAssignment.take(asked.incident, definition.slug, **wanted)
    return RoleAssignment.assign(asked.incident, definition.slug, person, **wanted)


def status(asked):
    waiver, word = asked.waiver(), asked.word()
    if not word:
        return asked.opens("status/")
    goal = one_named(word, {each.value: each for each in GOALS}, what="status")
    reason = asked.reason()
    if goal == Status.RESOLVED:
        # Its page says what is still loose.
        return asked.opens("resolution/", reason=reason or waiver)
    return asked.incident.change_status(goal, by=asked.by, reason=_short(reason), waiver=waiver)


def page(asked):
    """A function is asked for, and whoever is on call for it is called; a person is invited by name."""
    waiver, person = asked.waiver(), asked.person()
    if person:
        return IncidentInvitation.invite(
            asked.incident, person, by=asked.by, reason=_short(asked.reason()), waiver=waiver
        )
    word = asked.word()
    functions = {each.slug: each for each in Function.objects.in_order()}
    if not word:
        raise Unclear(f"Say whom: /page support, or /page @sam. Functions: {listed(functions)}.")
    _call_people_of_a_team_by_name(word, functions)
    function = one_named(word, functions, what="function")
    reason = _short(asked.reason())
    return FunctionActivation.change(asked.incident, function, ActivationState.REQUESTED, by=asked.by, reason=reason)


def workstream(asked):
    waiver = asked.waiver()
    if not asked.words:
        return asked.opens("workstreams/")
    if asked.word().lower() != "new" or not asked.words:
        raise Unclear("Say what it is called: /ws new Roll back the gateway.")
    return Workstream.open(asked.incident, asked.text_for(Workstream, "title"), by=asked.by, waiver=waiver)


def blocks(asked):
    """The one that is named waits for the one in which this is written."""
    reason, word = asked.reason_after_because(), asked.word()
    if asked.workstream.is_general:
        raise Unclear("Nothing waits for General. Write this in the workstream that the other one waits for.")
    streams = _others_by_name(asked)
    if not word:
        raise Unclear(f"Say which workstream waits for this one. There are: {listed(streams)}.")
    waiting = one_named(re.sub(r"\Aws-", "", word.lower()), streams, what="workstream")
    _leave_nothing(asked)
    waiting.incident = asked.incident
    return WorkstreamDependency.add(waiting, asked.workstream, by=asked.by, reason=_short(reason))


def pin(asked):
    """The last word that was said here."""
    said = Message.objects.for_reading().filter(workstream=asked.workstream, deleted_at=None).in_order().last()
    if said is None:
        raise Unclear("Nothing was said here yet.")
    said.incident = asked.incident
    return said.put_on_record(by=asked.by)


def report(asked):
    text = asked.text_for(SupportReport, "error_text")
    if text:
        return SupportReport.file(text, by=asked.by, incident=asked.incident, key=asked.key).entry
    url = reverse("incidents:report_new", kwargs={"org": asked.incident.organization.slug})
    return Opening.of(url, incident=asked.incident.number)


def claim(asked):
    """For half an hour, unless it says “for 20m”; it touches the services that it names."""
    until = asked.moment_after("for") or timezone.now() + USUAL_CHANGE
    action = asked.text_for(ChangeIntent, "action")
    if not action:
        return asked.opens("changes/new/")
    return ChangeIntent.propose(
        asked.incident,
        action,
        by=asked.by,
        until=until,
        services=_services_in(action),
        workstream=None if asked.workstream.is_general else asked.workstream,
    )


def _domain(asked):
    domains = {each.slug: each for each in TechnicalDomain.objects.in_order()}
    word = asked.word()
    if not word:
        raise Unclear(f"It is held for one domain: /role tech backend @tariq. There are: {listed(domains)}.")
    return one_named(word, domains, what="domain")


def _others_by_name(asked):
    """The other workstreams at work by their titles as one would type them; of two alike the later with its place."""
    others = asked.incident.workstreams.active().visible_to(asked.by).filter(position__gt=1)
    named = {}
    for each in others.exclude(pk=asked.workstream.pk).in_order():
        name = slugify(each.title)
        named[f"{name}-{each.position}" if name in named else name] = each
    return named


def _services_in(action):
    words = set(re.findall(r"[\w-]+", action.lower()))
    return [
        each
        for each in Service.objects.in_order()
        if each.slug in words or set(each.name.lower().split()) <= words
    ]  # fmt: skip


def _call_people_of_a_team_by_name(word, functions):
    """A team is never called as a whole, so the sentence names those of it who can be."""
    team = Team.objects.filter(slug=slugify(word)).first()
    if team is None or team.slug in functions:
        return
    people = [f"@{each.email.partition('@')[0]}" for each in team.members.active().with_people().in_order()]
    raise Unclear(f"{team} is a team, and is not called as a whole. Call one of them: {listed(people)}.")


def _short(reason):
    """A reason is one line on the timeline, as on the pages."""
    if len(reason) > 500:
        raise Unclear(f"At most 500 characters for the reason, and these are {len(reason)}.")
    return reason


def _leave_nothing(asked):
    if asked.words:
        raise Unclear(f"“{asked.words}” was not understood here. Leave it out, or say it in a message.")
