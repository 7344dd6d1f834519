"""What is still loose when an incident is about to end. It is said once, loudly, and never stands in the way."""

from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, RoleDefinition

from . import kinds
from .demand import Demand
from .models.change_states import ChangeState
from .models.functions import ActivationState
from .models.obligations import ObligationKind
from .models.roles import label_of
from .models.tasks import TaskPhase
from .models.workstreams import WorkstreamState


@dataclass(frozen=True)
class LooseEnd:
    """A sentence; `audience` where publishing an update to it ties the end up."""

    sentence: str
    audience: str = ""
    since: timezone.datetime | None = None


def loose_ends(incident, viewer):
    """What a member is told before an incident ends."""
    return [
        *_audiences_waiting(incident),
        *_roles(incident),
        *_functions_waiting(incident),
        *_streams_at_work(incident, viewer),
        *_work_left(incident, viewer),
        *_challenges_open(incident),
        *_changes_under_way(incident, viewer),
        *_decisions_open(incident, viewer),
        *_promises_open(incident),
        *_alerts_firing(incident),
    ]


def _audiences_waiting(incident):
    """Those with a clock or an earlier update who have not heard since the status last changed."""
    told_at = dict(incident.updates.said().values_list("audience").annotate(Max("published_at")).order_by())
    owed = set(incident.obligations.live().filter(kind=ObligationKind.UPDATE).values_list("audience", flat=True))
    turned_at = (
        incident.timeline.of_kinds(kinds.STATUS_CHANGED.name, kinds.REOPENED.name).aggregate(last=Max("happened_at"))
    )["last"] or incident.declared_at
    for audience in Audience:
        last = told_at.get(audience.value)
        if last is None and audience.value in owed:
            yield LooseEnd(f"{audience.label}: nothing was published yet", audience.value)
        elif last is not None and last < turned_at:
            yield LooseEnd(f"{audience.label}: no update since", audience.value, last)


def _roles(incident):
    held = list(incident.roles.current().with_people().order_by("started_at"))
    demand = Demand.of(incident)
    for role in RoleDefinition.objects.in_order():
        for domain in demand.places(role):
            vacant = all((each.definition_id, each.domain) != (role.pk, domain) for each in held)
            if vacant and (demand.wants(role, domain) or demand.expects(role)):
                yield LooseEnd(f"Nobody is {label_of(role, domain)}")
    if names := ", ".join(f"{each.membership.name} ({each.label})" for each in held):
        yield LooseEnd(f"Roles that are still held: {names}")


def _functions_waiting(incident):
    waiting = incident.functions.with_functions().filter(state=ActivationState.REQUESTED)
    if names := ", ".join(each.function.name for each in waiting):
        yield LooseEnd(f"Asked for and never here: {names}")


def _streams_at_work(incident, viewer):
    # The first one is there for talk of every kind and ends with the incident.
    open_streams = (
        incident.workstreams.visible_to(viewer).in_order().filter(position__gt=1).exclude(state=WorkstreamState.DONE)
    )
    if titles := ", ".join(open_streams.values_list("title", flat=True)):
        yield LooseEnd(f"Workstreams that are not done: {titles}")


def _work_left(incident, viewer):
    """What was for now and is not done, what nobody heard, what nobody answered."""
    tasks = incident.tasks.visible_to(viewer).open().filter(phase=TaskPhase.NOW)
    if names := ", ".join(map(str, tasks.in_order())):
        yield LooseEnd(f"Tasks that are open: {names}")
    if names := ", ".join(each.label for each in incident.findings.visible_to(viewer).raised().in_order()):
        yield LooseEnd(f"Findings that nobody has acknowledged: {names}")
    if names := ", ".join(each.label for each in incident.questions.waiting().in_order()):
        yield LooseEnd(f"Questions without an answer: {names}")


def _challenges_open(incident):
    waiting = incident.challenges.open().with_people().in_order()
    if words := ", ".join(f"update {each.update.number} by {each.challenged_by.name}" for each in waiting):
        yield LooseEnd(f"Challenges without an answer: {words}")


def _changes_under_way(incident, viewer):
    live = list(incident.changes.visible_to(viewer).live().select_related("owner__person").in_order())
    under_way = [f"{change} ({change.owner.name})" for change in live if change.state == ChangeState.STARTED]
    if under_way:
        yield LooseEnd(f"Changes under way: {', '.join(under_way)}")
    if ahead := ", ".join(str(change) for change in live if change.state != ChangeState.STARTED):
        yield LooseEnd(f"Changes that were never begun: {ahead}")


def _decisions_open(incident, viewer):
    waiting = incident.decisions.visible_to(viewer).open().order_by("number")
    if subjects := ", ".join(f"{each.name} {each.subject}" for each in waiting):
        yield LooseEnd(f"Decisions that nobody made: {subjects}")


def _promises_open(incident):
    promises = incident.commitments.open().soonest_first()
    if names := ", ".join(f"{each} ({each.get_state_display().lower()})" for each in promises):
        yield LooseEnd(f"Commitments that stay open, and due where they were told: {names}")


def _alerts_firing(incident):
    count = incident.alerts.firing().count()
    if count:
        yield LooseEnd(f"{count} {'alerts are' if count > 1 else 'alert is'} still firing")
