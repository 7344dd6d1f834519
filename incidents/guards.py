"""What an incident lacks right now, each gap with a code, a sentence, and since when.

Asked by the page and the interface for programs alike. Guards look at what was read once (`Facts`) and decide nothing:
a missing role is told and shown, and never stops anybody from responding.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, IncidentRole

from .models.functions import ActivationState
from .models.obligations import ObligationKind

ENGINEERING = "engineering"


@dataclass(frozen=True)
class Gap:
    """One thing that is missing. `waivable`: a person with a reason can settle it otherwise."""

    code: str
    message: str
    since: datetime
    waivable: bool = False


@dataclass(frozen=True)
class Facts:
    """What the guards look at: open clocks, roles that are held, functions with their state, roles once vacated."""

    incident: object
    clocks: list
    roles: list
    functions: list
    vacated_at: dict = field(default_factory=dict)
    now: datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, incident, *, clocks=None, roles=None, functions=None, now=None):
        """Read what the caller has not read already; at most four queries."""
        return cls(
            incident=incident,
            clocks=list(incident.obligations.live()) if clocks is None else clocks,
            roles=list(incident.roles.current()) if roles is None else roles,
            functions=list(incident.functions.with_functions()) if functions is None else functions,
            vacated_at=dict(incident.roles.order_by().values_list("role").annotate(Max("ended_at"))),
            now=now or timezone.now(),
        )

    def is_held(self, role):
        return any(each.role == role for each in self.roles)

    def vacant_since(self, role):
        return self.vacated_at.get(role) or self.incident.declared_at


class AssessmentOverdue:
    """G1: nobody has judged severity and scope in the first five minutes."""

    code = "assessment_overdue"

    def gaps(self, facts):
        for clock in facts.clocks:
            if clock.kind == ObligationKind.ASSESSMENT and clock.due_at <= facts.now:
                yield Gap(self.code, "Severity and scope have not been judged in time.", clock.due_at)


class NoLead:
    """G2: nobody coordinates. That there are never two is the database's business."""

    code = "no_lead"

    def gaps(self, facts):
        if not facts.is_held(IncidentRole.LEAD):
            yield Gap(self.code, "Nobody leads this incident.", facts.vacant_since(IncidentRole.LEAD))


class NoCommunicationsLead:
    """G3: functions beside engineering are at work, and nobody speaks to the audiences."""

    code = "no_communications_lead"

    def gaps(self, facts):
        others = [
            each.changed_at
            for each in facts.functions
            if each.state == ActivationState.ENGAGED and each.function.slug != ENGINEERING
        ]
        if others and not facts.is_held(IncidentRole.COMMUNICATIONS_LEAD):
            since = max(min(others), facts.vacant_since(IncidentRole.COMMUNICATIONS_LEAD))
            yield Gap(self.code, "Several functions are engaged and nobody leads communications.", since)


class RequiredFunctionNotEngaged:
    """G8: a function was called for and is not here."""

    code = "required_function_not_engaged"

    def gaps(self, facts):
        for each in facts.functions:
            if each.state in (ActivationState.REQUIRED, ActivationState.REQUESTED):
                sentence = f"{each.function} is called for and not engaged."
                yield Gap(self.code, sentence, each.changed_at, waivable=True)


class UpdateOverdue:
    """G11: an audience was promised word by now."""

    code = "update_overdue"

    def gaps(self, facts):
        for clock in facts.clocks:
            if clock.kind == ObligationKind.UPDATE and clock.due_at <= facts.now:
                audience = Audience(clock.audience).label.lower()
                yield Gap(self.code, f"The update for the {audience} audience is overdue.", clock.due_at)


GUARDS = (AssessmentOverdue(), NoLead(), NoCommunicationsLead(), RequiredFunctionNotEngaged(), UpdateOverdue())


def gaps_of(facts):
    """Everything that is missing, the longest waiting first; nothing once the incident is over."""
    if not facts.incident.is_open:
        return []
    found = [gap for guard in GUARDS for gap in guard.gaps(facts)]
    return sorted(found, key=lambda gap: gap.since)
