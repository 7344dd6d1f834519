"""Everything that can happen to an incident, named once.

A new kind is a line here, a sentence in `templates/incidents/entries/<kind>.html`, and a verb that records it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Visibility(StrEnum):
    """Who may read an entry, from the narrowest audience outward."""

    ROOM = "room"  # whoever may work in the incident
    BRIEFING = "briefing"  # stakeholders too


@dataclass(frozen=True)
class Kind:
    """`regions`: the parts of the room that look different afterwards. `system`: folded away at first sight.

    `notifies`: routing is asked who should hear of it.
    """

    name: str
    regions: tuple[str, ...]
    visibility: Visibility = Visibility.ROOM
    system: bool = False
    notifies: bool = False


_kinds: dict[str, Kind] = {}


def _kind(name, *regions, **properties):
    # Whatever may wait for somebody may be missing, too.
    gaps = ("gaps",) if "needs" in regions else ()
    # The tabs of the workstreams and the board of them show the same.
    lines = ("lines",) if "streams" in regions else ()
    _kinds[name] = Kind(name, (*regions, *gaps, *lines), **properties)
    return _kinds[name]


def named(name):
    """The kind with this name; `KeyError` for a name nothing records."""
    return _kinds[name]


def all_kinds():
    return tuple(_kinds.values())


BRIEFING = Visibility.BRIEFING
WHOLE_ROOM = (
    "header", "clocks", "roles", "functions", "needs", "streams", "tasks", "findings", "synthesis", "questions",
)  # fmt: skip

DECLARED = _kind("declared", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
DETAILS_CHANGED = _kind("details_changed", "header", "functions", visibility=BRIEFING)
SERVICE_CLEARED = _kind("service_cleared", "header", visibility=BRIEFING)
MADE_PRIVATE = _kind("made_private", "header", "people")
MADE_VISIBLE = _kind("made_visible", "header", "people")

ASSESSED = _kind("assessed", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
ASSESSMENT_DEFAULTED = _kind("assessment_defaulted", *WHOLE_ROOM, notifies=True)
SEVERITY_CHANGED = _kind(
    "severity_changed", "header", "clocks", "functions", "people", "reports", "gaps", visibility=BRIEFING, notifies=True
)
STATUS_CHANGED = _kind("status_changed", "header", "clocks", "needs", visibility=BRIEFING)
RESOLVED = _kind("resolved", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
REOPENED = _kind("reopened", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
CLOSED = _kind("closed", *WHOLE_ROOM, visibility=BRIEFING)
DECLINED = _kind("declined", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
MERGED = _kind("merged", *WHOLE_ROOM, visibility=BRIEFING, notifies=True)
DUPLICATE_ARRIVED = _kind("duplicate_arrived", "header", "alerts")

ROLE_TAKEN = _kind("role_taken", "header", "roles", "tasks", "needs", "functions", notifies=True)
ROLE_HANDED_OVER = _kind("role_handed_over", "header", "roles", "tasks", "needs", "functions", notifies=True)
ROLE_RELEASED = _kind("role_released", "header", "roles", "tasks", "needs")
ROLE_ACCEPTED = _kind("role_accepted", "roles", "needs")
ROLE_DECLINED = _kind("role_declined", "header", "roles", "tasks", "needs", notifies=True)
ROLE_UNANSWERED = _kind("role_unanswered", "roles", "needs", notifies=True)
ROLE_OFFERED = _kind("role_offered", "roles", "needs", notifies=True)
ROLE_VOLUNTEERED = _kind("role_volunteered", "roles", "needs", notifies=True)
ROLE_OFFER_ENDED = _kind("role_offer_ended", "roles", "needs", notifies=True)
ROLE_VACANT = _kind("role_vacant", "roles", "needs", notifies=True)
ROLE_SEIZED = _kind("role_seized", "header", "roles", "tasks", "needs", "functions", notifies=True)
HANDOVER_BEGUN = _kind("handover_begun", "roles", "needs", notifies=True)
HANDOVER_ENDED = _kind("handover_ended", "roles", "needs", notifies=True)
LONG_DUTY = _kind("long_duty", "roles", "needs", notifies=True)

GUARD_WAIVED = _kind("guard_waived", "needs")

FUNCTION_REQUESTED = _kind("function_requested", "functions", "needs", notifies=True)
FUNCTION_ENGAGED = _kind("function_engaged", "functions", "needs", "streams")
FUNCTION_STOOD_DOWN = _kind("function_stood_down", "functions", "people", "needs")
FUNCTION_WAIVED = _kind("function_waived", "functions", "needs")

PARTICIPANT_JOINED = _kind("participant_joined", "people", "functions", "gaps", system=True)
PARTICIPANT_LEFT = _kind("participant_left", "people", "functions", "gaps", system=True, notifies=True)
PARTICIPANT_RECALLED = _kind("participant_recalled", "people", "functions", "needs", notifies=True)
TEAM_FOLLOWS = _kind("team_follows", "people", "functions", notifies=True)
INVITATION_SENT = _kind("invitation_sent", "people", "needs", notifies=True)
INVITATION_ACCEPTED = _kind("invitation_accepted", "people", "functions", "needs", notifies=True)
INVITATION_DECLINED = _kind("invitation_declined", "people", "needs", notifies=True)
INVITATION_EXPIRED = _kind("invitation_expired", "people", "needs", notifies=True)
INVITATION_WITHDRAWN = _kind("invitation_withdrawn", "people", "needs")
REINFORCEMENT_ASKED = _kind("reinforcement_asked", "people", "needs", notifies=True)
REINFORCEMENT_TAKEN = _kind("reinforcement_taken", "people", "needs", notifies=True)
REINFORCEMENT_AGREED = _kind("reinforcement_agreed", "people", "needs", notifies=True)
REINFORCEMENT_OBJECTED = _kind("reinforcement_objected", "people", "needs", notifies=True)
REINFORCEMENT_UNANSWERED = _kind("reinforcement_unanswered", "people", "needs", notifies=True)
REINFORCEMENT_GRANTED = _kind("reinforcement_granted", "people", "needs", notifies=True)
REINFORCEMENT_REFUSED = _kind("reinforcement_refused", "people", "needs", notifies=True)
REINFORCEMENT_WITHDRAWN = _kind("reinforcement_withdrawn", "people", "needs", notifies=True)
REINFORCEMENT_LAPSED = _kind("reinforcement_lapsed", "people", "needs", notifies=True)
# No region: who reads it closed their own card with the answer.
CAUGHT_UP = _kind("caught_up", system=True)

WORKSTREAM_OPENED = _kind("workstream_opened", "streams", "gaps")
WORKSTREAM_CHANGED = _kind("workstream_changed", "streams", "gaps")
WORKSTREAM_BLOCKED = _kind("workstream_blocked", "streams", "gaps", notifies=True)
WORKSTREAM_UNBLOCKED = _kind("workstream_unblocked", "streams", "gaps", notifies=True)
WORKSTREAM_SILENT = _kind("workstream_silent", "streams", "gaps", system=True, notifies=True)
SYNC_CALLED = _kind("sync_called", "lines", notifies=True)
SYNC_SOON = _kind("sync_soon", "lines", system=True, notifies=True)
SYNC_HELD = _kind("sync_held", "lines")
SYNC_CANCELLED = _kind("sync_cancelled", "lines", notifies=True)
WORKSTREAM_RESTRICTED = _kind("workstream_restricted", "streams")
WORKSTREAM_READERS_CHANGED = _kind("workstream_readers_changed", "streams")
WORKSTREAM_UNRESTRICTED = _kind("workstream_unrestricted", "streams")
MESSAGE_POSTED = _kind("message_posted", system=True)
MESSAGE_EDITED = _kind("message_edited", system=True)
MESSAGE_DELETED = _kind("message_deleted", system=True)
POST_DECLINED = _kind("post_declined", system=True)
EXCEPTION_GRANTED = _kind("exception_granted", notifies=True)
EXCEPTION_REVOKED = _kind("exception_revoked")

FINDING_RAISED = _kind("finding_raised", "findings", "synthesis", "needs", notifies=True)
FINDING_ACKNOWLEDGED = _kind("finding_acknowledged", "findings", "needs")
FINDING_SET_ASIDE = _kind("finding_set_aside", "findings", "synthesis", "needs")
FINDING_MORE_ASKED = _kind("finding_more_asked", "findings", "needs", notifies=True)
FINDING_CHALLENGED = _kind("finding_challenged", "findings", "synthesis", "needs", notifies=True)
FINDING_REPLIED = _kind("finding_replied", "findings", "synthesis", "needs", notifies=True)
FINDING_CORRECTED = _kind("finding_corrected", "findings", "synthesis", "needs", notifies=True)
FINDING_WAITS = _kind("finding_waits", "findings", "needs", notifies=True)

# What it says is not in the entry: the words of a version stay with the version.
SYNTHESIS_PUBLISHED = _kind("synthesis_published", "synthesis", "findings", "needs", notifies=True)
SYNTHESIS_CHALLENGED = _kind("synthesis_challenged", "synthesis", "needs", notifies=True)
SYNTHESIS_WAITS = _kind("synthesis_waits", "synthesis", "needs", notifies=True)
SYNTHESIS_DELEGATED = _kind("synthesis_delegated", "synthesis", "needs", notifies=True)
SYNTHESIS_DELEGATION_ENDED = _kind("synthesis_delegation_ended", "synthesis", "needs", notifies=True)

TASK_ADDED = _kind("task_added", "tasks", "needs", notifies=True)
TASK_TAKEN = _kind("task_taken", "tasks", "needs")
TASK_GIVEN = _kind("task_given", "tasks", "needs", notifies=True)
TASK_MOVED = _kind("task_moved", "tasks", "needs")
TASK_DONE = _kind("task_done", "tasks", "needs")
TASK_NOT_NEEDED = _kind("task_not_needed", "tasks", "needs")
TASK_REOPENED = _kind("task_reopened", "tasks", "needs")
TASK_DUE = _kind("task_due", "tasks", "needs", notifies=True)
TASK_OVERDUE = _kind("task_overdue", "tasks", "needs", notifies=True)

QUESTION_ASKED = _kind("question_asked", "questions", "needs", notifies=True)
# Whoever asked may be a stakeholder; what was asked and answered is not in the entry.
QUESTION_ANSWERED = _kind("question_answered", "questions", "needs", visibility=BRIEFING, notifies=True)
QUESTION_DECLINED = _kind("question_declined", "questions", "needs", visibility=BRIEFING, notifies=True)
QUESTION_MERGED = _kind("question_merged", "questions", "needs")
QUESTION_JOINED = _kind("question_joined", "questions", system=True)
QUESTION_COVERED = _kind("question_covered", "questions", "needs")
BRIEFING_HELD = _kind("briefing_held", "questions", "needs", visibility=BRIEFING)
# What crosses from the questions to one engineer; its words are not in the entry either.
ASK_PUT = _kind("ask_put", "questions", "needs", notifies=True)
ASK_ANSWERED = _kind("ask_answered", "questions", "needs", notifies=True)
ASK_WITHDRAWN = _kind("ask_withdrawn", "questions", "needs")
ASK_WAITS = _kind("ask_waits", "questions", "needs", notifies=True)
QUESTION_WAITS = _kind("question_waits", "questions", "needs", notifies=True)

# What the customers wrote is on the report and in no entry.
REPORT_FILED = _kind("report_filed", "reports", system=True)
REPORT_REPEATED = _kind("report_repeated", "reports", system=True)
REPORTS_ATTACHED = _kind("reports_attached", "reports")
REPORTS_SORTED = _kind("reports_sorted", "reports", "theories", system=True)
SYMPTOM_NAMED = _kind("symptom_named", "reports", "theories", "needs")
SYMPTOMS_MERGED = _kind("symptoms_merged", "reports", "theories")
SYMPTOM_SPLIT = _kind("symptom_split", "reports", "theories", "needs")
SPIKE_SEEN = _kind("spike_seen", "reports", "needs", notifies=True)
SPIKE_WAITS = _kind("spike_waits", "needs", system=True, notifies=True)
SPIKE_FADED = _kind("spike_faded", "reports", "needs", notifies=True)
SPIKE_ACCEPTED = _kind("spike_accepted", "header", "clocks", "functions", "people", "reports", "needs")
SPIKE_DISMISSED = _kind("spike_dismissed", "reports", "needs")
DIGEST_GIVEN = _kind("digest_given", "reports")
# Agents may be stakeholders; what they say is not in the entry.
SUPPORT_BRIEF_WRITTEN = _kind("support_brief_written", "reports", visibility=BRIEFING, notifies=True)

# What people put on the record by hand; the lines that read differently afterwards are drawn again by `fragments.py`.
NOTE_ADDED = _kind("note_added")
MESSAGE_PINNED = _kind("message_pinned")
MESSAGE_UNPINNED = _kind("message_unpinned")
TIME_CORRECTED = _kind("time_corrected", system=True)
DOCUMENT_ADDED = _kind("document_added", "documents")
DOCUMENT_REMOVED = _kind("document_removed", "documents")

CHANGE_PROPOSED = _kind("change_proposed", "changes", "needs")
CHANGES_COLLIDED = _kind("changes_collided", "changes", "needs", "lines", notifies=True)
CHANGES_ARRANGED = _kind("changes_arranged", "changes", "needs", "lines", notifies=True)
CHANGE_CLEARED = _kind("change_cleared", "changes", "needs", notifies=True)
CHANGE_MOVED = _kind("change_moved", "changes", "needs", "lines")
CHANGE_RELEASED = _kind("change_released", "changes", "needs", "lines", notifies=True)
CHANGE_STARTED = _kind("change_started", "changes", "needs", "lines")
CHANGE_ENDED = _kind("change_ended", "changes", "theories", "needs", "lines", notifies=True)
CHANGE_EXTENDED = _kind("change_extended", "changes", "needs")
CHANGE_WITHDRAWN = _kind("change_withdrawn", "changes", "needs", "lines", notifies=True)
CHANGE_DUE = _kind("change_due", "changes", "needs", notifies=True)
CHANGE_LAPSED = _kind("change_lapsed", "changes", "needs", "lines", notifies=True)

HYPOTHESIS_PROPOSED = _kind("hypothesis_proposed", "theories")
HYPOTHESIS_JOINED = _kind("hypothesis_joined", "theories")
HYPOTHESIS_TESTED = _kind("hypothesis_tested", "theories")
HYPOTHESIS_CONFIRMED = _kind("hypothesis_confirmed", "theories")
HYPOTHESIS_RULED_OUT = _kind("hypothesis_ruled_out", "theories")
HYPOTHESIS_REOPENED = _kind("hypothesis_reopened", "theories")
EVIDENCE_ADDED = _kind("evidence_added", "theories")
FIX_STARTED = _kind("fix_started", "theories", "needs")
FIX_ENDED = _kind("fix_ended", "theories", "needs")

# Who reads an update depends on its audience: `StatusUpdate.publish` says.
UPDATE_PUBLISHED = _kind("update_published", "clocks", "updates", "drafts", "needs", notifies=True)
UPDATE_CORRECTED = _kind("update_corrected", "updates", "needs", notifies=True)
UPDATE_WITHDRAWN = _kind("update_withdrawn", "updates", "needs", notifies=True)
UPDATE_CHALLENGED = _kind("update_challenged", "updates", "needs", "gaps", notifies=True)
CHALLENGE_WAITS = _kind("challenge_waits", "updates", "needs", notifies=True)
CHALLENGE_ANSWERED = _kind("challenge_answered", "updates", "needs", "gaps", notifies=True)
UPDATE_TAKEN_BACK = _kind("update_taken_back", "clocks", "updates", "drafts", "needs")
DRAFT_SAVED = _kind("draft_saved", "drafts", system=True)
DRAFT_PROPOSED = _kind("draft_proposed", "drafts", "needs", notifies=True)
DRAFT_CONFIRMED = _kind("draft_confirmed", "drafts", "needs")
DRAFT_DISCARDED = _kind("draft_discarded", "drafts", "needs")
TOUCHPOINT_WRITTEN = _kind("touchpoint_written", "updates", "needs")
CLOCK_MOVED = _kind("clock_moved", "clocks", "updates", "needs")
CLOCK_SKIPPED = _kind("clock_skipped", "clocks", "updates", "drafts", "needs")
PUBLIC_INCIDENT_PUBLISHED = _kind("public_incident_published", "updates", visibility=BRIEFING)
PUBLIC_INCIDENT_CHANGED = _kind("public_incident_changed", "updates", visibility=BRIEFING)
PUBLIC_INCIDENT_WITHDRAWN = _kind("public_incident_withdrawn", "updates", visibility=BRIEFING)
CLOCK_WARNED = _kind("clock_warned", "clocks", "needs", system=True, notifies=True)
CLOCK_DUE = _kind("clock_due", "clocks", "needs", notifies=True)
CLOCK_OVERDUE = _kind("clock_overdue", "clocks", "needs", notifies=True)
CLOCK_ESCALATED = _kind("clock_escalated", "clocks", "needs", notifies=True)

DECISION_RAISED = _kind("decision_raised", "decisions", "needs", notifies=True)
DECISION_INPUT = _kind("decision_input", "decisions", "needs")
DECISION_MADE = _kind("decision_made", "decisions", "needs", "gaps", notifies=True)
DECISION_RATIFIED = _kind("decision_ratified", "decisions", "needs")
DECISION_REVERSED = _kind("decision_reversed", "decisions", "needs", notifies=True)
DECISION_EXECUTED = _kind("decision_executed", "decisions", "needs")
DECISION_WITHDRAWN = _kind("decision_withdrawn", "decisions", "needs", "gaps")
DECISION_POSTPONED = _kind("decision_postponed", "decisions", "needs", "gaps")
DECISION_ACKNOWLEDGED = _kind("decision_acknowledged", "decisions", "needs", system=True)
DECISION_WARNED = _kind("decision_warned", "decisions", "needs", system=True, notifies=True)
DECISION_DUE = _kind("decision_due", "decisions", "needs", "gaps", notifies=True)
DECISION_ESCALATED = _kind("decision_escalated", "decisions", "needs", "gaps", notifies=True)

ESTIMATE_PROPOSED = _kind("estimate_proposed", "facts", "needs", notifies=True)
ESTIMATE_SET = _kind("estimate_set", "facts", "needs", notifies=True)
ESTIMATE_PUBLISHED = _kind("estimate_published", "facts", visibility=BRIEFING)
ESTIMATE_WITHHELD = _kind("estimate_withheld", "facts")
IMPACT_PROPOSED = _kind("impact_proposed", "facts", "needs")
IMPACT_CONFIRMED = _kind("impact_confirmed", "facts", "needs", visibility=BRIEFING)
IMPACT_ENDED = _kind("impact_ended", "facts", "needs")
IMPACT_WITHDRAWN = _kind("impact_withdrawn", "facts", "needs")
BUSINESS_IMPACT_STATED = _kind("business_impact_stated", "facts", visibility=BRIEFING)
COMMITMENT_PROPOSED = _kind("commitment_proposed", "facts", "needs", notifies=True)
COMMITMENT_CONFIRMED = _kind("commitment_confirmed", "facts", "needs", notifies=True)
COMMITMENT_REFUSED = _kind("commitment_refused", "facts", "needs", notifies=True)
COMMITMENT_COMMUNICATED = _kind("commitment_communicated", "facts", "needs")
COMMITMENT_REOPENED = _kind("commitment_reopened", "facts", "needs", notifies=True)
COMMITMENT_WARNED = _kind("commitment_warned", "facts", "needs", system=True, notifies=True)
COMMITMENT_MISSED = _kind("commitment_missed", "facts", "needs", notifies=True)
COMMITMENT_KEPT = _kind("commitment_kept", "facts", "needs")
COMMITMENT_WITHDRAWN = _kind("commitment_withdrawn", "facts", "needs")
RESTORATION_ORDER_SET = _kind("restoration_order_set", "facts", notifies=True)
RESTORATION_ORDER_OBJECTED = _kind("restoration_order_objected", "facts", "needs", notifies=True)
EVENT_OVERLAPPED = _kind("event_overlapped", "facts", "tasks", "needs", notifies=True)

ALERT_FIRED = _kind("alert_fired", "alerts", system=True)
ALERT_RESOLVED = _kind("alert_resolved", "alerts")
