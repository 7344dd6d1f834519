"""The rules of good response, each once: what an incident lacks right now, and what an act would break.

A guard has a `code` and up to two faces. `gaps(facts)` yields what is missing, for the gap board, the page and
programs. Verbs that could break a rule build a `Breach` and ask `check`. Neither ever stops anybody from responding:
a gap is told and shown, a breach goes through with a reason, and the waiver stands on the timeline.
"""

from teams.errors import Refused

from ..models.waivers import GuardWaiver
from .changes import ConflictingChanges, LeadHandsOn
from .clocks import AssessmentOverdue, UpdateOverdue
from .commitments import CommitmentUnconfirmed
from .decisions import DecisionOverdue
from .exclusivity import CommunicationsAlsoTechnical, LeadAlsoCoordinator, RolesExcludeEachOther
from .facts import Facts
from .findings import FindingUnacknowledged, SynthesisLate
from .functions import RequiredFunctionNotEngaged
from .gaps import Breach, Gap
from .participants import ParticipantCap, SpanOfControl
from .questions import QuestionOverdue
from .roles import (
    DomainWithoutCoordinator,
    LeadBelowQualification,
    LongDuty,
    NoCommunicationsLead,
    NoLead,
    NoSupportLiaison,
)
from .streams import SilentWorkstream, UnownedWorkstream
from .tasks import TaskUnowned
from .touchpoints import TouchpointStale
from .updates import NothingNew, UpdateChallenged

__all__ = ["GUARDS", "Breach", "Facts", "Gap", "check", "gaps_of"]

GUARDS = (
    AssessmentOverdue(),
    NoLead(),
    NoCommunicationsLead(),
    CommunicationsAlsoTechnical(),
    LeadAlsoCoordinator(),
    RolesExcludeEachOther(),
    DomainWithoutCoordinator(),
    NoSupportLiaison(),
    LeadBelowQualification(),
    LongDuty(),
    RequiredFunctionNotEngaged(),
    ParticipantCap(),
    SpanOfControl(),
    UpdateOverdue(),
    TouchpointStale(),
    NothingNew(),
    UpdateChallenged(),
    FindingUnacknowledged(),
    QuestionOverdue(),
    SynthesisLate(),
    TaskUnowned(),
    SilentWorkstream(),
    UnownedWorkstream(),
    ConflictingChanges(),
    LeadHandsOn(),
    DecisionOverdue(),
    CommitmentUnconfirmed(),
)


def gaps_of(facts):
    """Everything that is missing and not waived, the longest waiting first; nothing once the incident is over."""
    if not facts.incident.is_open:
        return []
    found = [gap for guard in GUARDS for gap in guard.gaps(facts) if facts.may_know(gap) and not facts.is_waived(gap)]
    return sorted(found, key=lambda gap: gap.since)


def check(incident, breaches, *, by, waiver):
    """Let an act through that breaks no rule; one that breaks some goes through with a reason for all of them.

    Returns details for the act's entry: `waiver` and the codes it `waived`, both left out where nothing was broken.
    Call under the incident's lock, before anything changes. `waiver` is None where the rule cannot be waived.
    """
    breaches = [breach for breach in breaches if breach is not None]
    if not breaches:
        return {}
    if not waiver:
        sentence = " ".join(breach.sentence for breach in breaches)
        offers = [offer for breach in breaches for offer in breach.offers]
        raise Refused(sentence, code=breaches[0].code, waivable=waiver is not None, offers=offers)
    for breach in breaches:
        GuardWaiver.keep(incident, breach.code, breach.subject, reason=waiver, by=by, workstream=breach.workstream)
    return {"waiver": waiver, "waived": [breach.code for breach in breaches]}
