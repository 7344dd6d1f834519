"""During an incident: what is happening, who works on it, what was said, and what is owed to whom."""

from .alerts import Alert, AlertPayload, Integration
from .asks import Ask
from .briefings import Briefing
from .business_events import BusinessEvent, EventOverlap
from .challenges import UpdateChallenge
from .change_conflicts import ChangeConflict
from .changes import ChangeIntent, ChangeService
from .commands import ObeyedCommand
from .commitments import Commitment
from .decisions import Decision, DecisionInput
from .dependencies import WorkstreamDependency
from .digests import SupportDigest
from .documents import Document
from .drafts import UpdateDraft
from .estimates import ResolutionEstimate
from .findings import Finding, FindingRemark
from .functions import FunctionActivation
from .handovers import Handover
from .hypotheses import FixAttempt, Hypothesis, HypothesisEvidence, HypothesisTester
from .impacts import BusinessImpact, Impact
from .incident import ClearedService, Incident, IncidentService, Status
from .invitations import IncidentInvitation
from .messages import Mention, Message, MessageVersion
from .notebook import PrivateNote
from .obligations import Obligation
from .participants import Participant, Stint
from .questions import Question, QuestionAsker
from .reading import StreamRead, UpdateRead
from .reinforcements import ReinforcementRequest
from .reports import ReportEcho, SupportReport
from .restoration import RestorationOrder, RestorationStep
from .roles import RoleAssignment
from .sources import UpdateSource
from .spikes import Spike
from .stream_exceptions import StreamException
from .support_briefs import SupportBrief
from .symptoms import Symptom
from .sync_points import SyncPoint
from .synthesis import Synthesis, SynthesisDelegation, SynthesisEditing, SynthesisSource
from .tasks import Task
from .timeline import TimeCorrection, TimelineEntry
from .touchpoints import Touchpoint
from .updates import StatusUpdate
from .waivers import GuardWaiver
from .workstreams import Workstream, WorkstreamReader

__all__ = [
    "Alert",
    "AlertPayload",
    "Ask",
    "Briefing",
    "BusinessEvent",
    "BusinessImpact",
    "ChangeConflict",
    "ChangeIntent",
    "ChangeService",
    "ClearedService",
    "Commitment",
    "Decision",
    "DecisionInput",
    "Document",
    "EventOverlap",
    "Finding",
    "FindingRemark",
    "FixAttempt",
    "FunctionActivation",
    "GuardWaiver",
    "Handover",
    "Hypothesis",
    "HypothesisEvidence",
    "HypothesisTester",
    "Impact",
    "Incident",
    "IncidentInvitation",
    "IncidentService",
    "Integration",
    "Mention",
    "Message",
    "MessageVersion",
    "ObeyedCommand",
    "Obligation",
    "Participant",
    "PrivateNote",
    "Question",
    "QuestionAsker",
    "ReinforcementRequest",
    "ReportEcho",
    "ResolutionEstimate",
    "RestorationOrder",
    "RestorationStep",
    "RoleAssignment",
    "Spike",
    "Status",
    "StatusUpdate",
    "Stint",
    "StreamException",
    "StreamRead",
    "SupportBrief",
    "SupportDigest",
    "SupportReport",
    "Symptom",
    "SyncPoint",
    "Synthesis",
    "SynthesisDelegation",
    "SynthesisEditing",
    "SynthesisSource",
    "Task",
    "TimeCorrection",
    "TimelineEntry",
    "Touchpoint",
    "UpdateChallenge",
    "UpdateDraft",
    "UpdateRead",
    "UpdateSource",
    "Workstream",
    "WorkstreamDependency",
    "WorkstreamReader",
]
