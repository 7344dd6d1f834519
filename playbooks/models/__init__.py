"""Before an incident: how bad it can be, of what kind, who is needed, who may decide, who hears how often."""

from .assessment import AssessmentFunction, AssessmentRule, Criticality, Scope
from .authority import DecisionClass, DecisionRight, IncidentRole
from .cadence import Audience, Cadence, Confirmation
from .catalogue import IncidentType, RequiredFunction, Severity
from .deadlines import DecisionDeadline
from .playbook import FunctionRule, Playbook, PlaybookVersion, Step
from .roles import RoleDefinition, RoleExclusion
from .wording import GlossaryTerm, HoldingText

__all__ = [
    "AssessmentFunction",
    "AssessmentRule",
    "Audience",
    "Cadence",
    "Confirmation",
    "Criticality",
    "DecisionClass",
    "DecisionDeadline",
    "DecisionRight",
    "FunctionRule",
    "GlossaryTerm",
    "HoldingText",
    "IncidentRole",
    "IncidentType",
    "Playbook",
    "PlaybookVersion",
    "RequiredFunction",
    "RoleDefinition",
    "RoleExclusion",
    "Scope",
    "Severity",
    "Step",
]
