"""From an entry to deliveries: what is said to whom, written by insert-or-ignore so that it can be repeated."""

import logging
import uuid
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from incidents import kinds
from incidents.models import TimelineEntry
from teams.tenancy import acting_in

from . import broadcast, notices, situations
from .models import Delivery, FanOut, Notice
from .recipients import PAGING_RANK, who_hears
from .told import held_until

logger = logging.getLogger(__name__)

BATCH = 500
A_DAY = timedelta(hours=24)
A_REMINDER = timedelta(minutes=30)
CLOCKS = (kinds.CLOCK_DUE.name, kinds.CLOCK_OVERDUE.name, kinds.CLOCK_ESCALATED.name)
REMINDERS = (
    *CLOCKS,
    kinds.FINDING_WAITS.name,
    kinds.SYNTHESIS_WAITS.name,
    kinds.TASK_DUE.name,
    kinds.TASK_OVERDUE.name,
    kinds.CHALLENGE_WAITS.name,
    kinds.QUESTION_WAITS.name,
    kinds.ASK_WAITS.name,
    kinds.SPIKE_WAITS.name,
    kinds.DECISION_DUE.name,
    kinds.DECISION_ESCALATED.name,
)
UPDATES = (kinds.UPDATE_PUBLISHED.name, kinds.UPDATE_CORRECTED.name, kinds.UPDATE_WITHDRAWN.name)
WARNINGS = (kinds.CLOCK_WARNED.name, kinds.DECISION_WARNED.name, kinds.COMMITMENT_WARNED.name)
# What an entry may be about by its primary key: a newer notice about the same one takes the older one's place.
SUBJECTS = (
    "finding",
    "task",
    "challenge",
    "question",
    "spike",
    "ask",
    "exception",
    "dependency",
    "silence",
    "invitation",
    "reinforcement",
    "change",
    "sync",
    "decision",
    "delegation",
    "commitment",
    "estimate",
    "restoration_order",
    "business_event",
)


def expand(organization_id, fan_out_id, now=None):
    """Do one fan-out, unless somebody else has or is at it. Returns the number of recipients, or None.

    One that fails is tried again later and stops nobody else; after five tries it is parked.
    """
    now = now or timezone.now()
    with acting_in(organization_id):
        fan_out = FanOut.objects.filter(pk=fan_out_id).first()
        if fan_out is None or not fan_out.take(now):
            return None
    try:
        with acting_in(organization_id):
            entry = _entry(fan_out)
            deliveries = [*_deliveries(entry, now), *broadcast.deliveries(entry, now)]
        for start in range(0, len(deliveries), BATCH):
            with acting_in(organization_id):
                Delivery.objects.bulk_create(deliveries[start : start + BATCH], ignore_conflicts=True)
        with acting_in(organization_id):
            fan_out.finish(now)
    except Exception as trouble:
        logger.exception("Fan-out %s failed.", fan_out_id)
        _note(organization_id, fan_out, trouble, now)
        return None
    return len(deliveries)


def _note(organization_id, fan_out, trouble, now):
    try:
        with acting_in(organization_id):
            fan_out.fail(f"{type(trouble).__name__}: {trouble}", now)
    except DatabaseError:
        # It has been counted before it was begun, and will come up again by itself.
        logger.exception("Fan-out %s could not be marked.", fan_out.pk)


def _entry(fan_out):
    related = (
        "incident__severity",
        "incident__organization",
        "incident__incident_type",
        "actor__person",
        "workstream",
        "beside",
    )
    return TimelineEntry.objects.select_related(*related).get(pk=fan_out.entry_id)


def _deliveries(entry, now):
    """Unsaved rows for everybody who hears of the entry; their notices are saved."""
    if entry.kind not in notices.TOLD_KINDS:
        return []
    hearings = who_hears(situations.of(entry))
    said = {reader: _notice(entry, reader) for reader in {hearing.reader for hearing in hearings}}
    return [_delivery(entry, hearing, said[hearing.reader], now) for hearing in hearings]


def _notice(entry, reader):
    Notice.objects.bulk_create([notices.compose(entry, reader)], ignore_conflicts=True)
    return Notice.objects.get(entry=entry, reader=reader)


def _delivery(entry, hearing, notice, now):
    incident = entry.incident
    delivery = Delivery(
        notice=notice,
        incident=incident,
        recipient_id=hearing.listener.id,
        channel=hearing.channel,
        address=hearing.address,
        dedup_key=f"{entry.pk}:{hearing.listener.id}:{hearing.channel}",
        identifier=uuid.uuid4().hex,
        topic=topic_of(entry),
        rule=hearing.rule[:200],
        drill=incident.drill,
        urgent=incident.severity.rank <= PAGING_RANK,
        created_at=now,
        next_at=max(now, held_until(entry) or now),
        useful_until=_useful_until(entry),
    )
    if hearing.skipped:
        delivery.state, delivery.reason = Delivery.State.SUPPRESSED, hearing.skipped
        delivery.next_at, delivery.settled_at = None, now
    return delivery


def topic_of(entry):
    """What an entry is about: a newer notice about the same takes the place of an older one still waiting."""
    details = entry.details
    if entry.kind in UPDATES:
        # A correction takes the place of an earlier one of the same words, and of no newer update.
        return ":".join(["update", details.get("audience", ""), *map(str, details.get("instead_of", ())[-1:])])
    if entry.kind == kinds.FUNCTION_REQUESTED.name:
        return f"function:{details.get('function', '')}"
    if "role" in details and entry.kind.startswith(("role_", "handover_", "long_duty")):
        return f"role:{details['role']}:{details.get('domain', '')}"
    if entry.kind == kinds.CLOCK_WARNED.name or entry.kind in CLOCKS:
        return f"clock:{details.get('clock', '')}:{details.get('audience', '')}"
    for subject in SUBJECTS:
        if subject in details:
            return f"{subject}:{details[subject]}"
    return _TOPICS.get(entry.kind, "state")


_TOPICS = {
    kinds.SEVERITY_CHANGED.name: "severity",
    kinds.ASSESSMENT_DEFAULTED.name: "assessment",
    kinds.PARTICIPANT_LEFT.name: "participation",
    kinds.PARTICIPANT_RECALLED.name: "participation",
    kinds.TEAM_FOLLOWS.name: "participation",
    kinds.CHANGES_ARRANGED.name: "changes",
    kinds.SYNTHESIS_PUBLISHED.name: "synthesis",
    kinds.SYNTHESIS_CHALLENGED.name: "synthesis",
    kinds.SYNTHESIS_WAITS.name: "synthesis",
    kinds.SUPPORT_BRIEF_WRITTEN.name: "support_brief",
}


def _useful_until(entry):
    if entry.kind in WARNINGS and (due := parse_datetime(entry.details.get("due_at", ""))):
        return due
    return entry.recorded_at + (A_REMINDER if entry.kind in REMINDERS else A_DAY)
