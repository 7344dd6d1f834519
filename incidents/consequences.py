"""What an act would do, told before somebody does it. Questions only; the verbs do the same and more."""

from collections import defaultdict
from dataclasses import dataclass, field

from playbooks.models import AssessmentRule, Audience, Cadence, FunctionRule, Severity

from .models.functions import ActivationState

# Not asked yet, so a rule that needs the function asks for it.
UNASKED = (None, ActivationState.SUGGESTED, ActivationState.REQUIRED)


@dataclass(frozen=True)
class ClockChange:
    """How often an audience hears, before and after, in minutes; None: only when something changes."""

    audience: Audience
    before: int | None
    after: int | None

    @property
    def sentence(self):
        if self.after is None:
            return f"{self.audience.label}: the running clock is the last one (every {self.before} min until now)"
        if self.before is None:
            return f"{self.audience.label}: every {self.after} min, starting now"
        if self.after < self.before:
            return f"{self.audience.label}: every {self.after} min instead of {self.before}, at once"
        return f"{self.audience.label}: every {self.after} min instead of {self.before}, after the promised update"


@dataclass
class SeverityChange:
    """What making an incident this severe does. `asks` are called at once, `suggests` may come."""

    severity: Severity
    is_worse: bool
    clocks: list[ClockChange] = field(default_factory=list)
    asks: list = field(default_factory=list)
    suggests: list = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A function that an assessment calls for: why, and whether it is asked now or was dealt with before."""

    function: object
    rule: str
    activation: object = None

    @property
    def is_new(self):
        return _state(self.activation) in UNASKED


def of_severity(incident):
    """A `SeverityChange` for every severity the incident does not have, the worst first."""
    cadences = defaultdict(dict)
    for severity_id, audience, minutes in Cadence.objects.values_list("severity", "audience", "minutes"):
        cadences[severity_id][audience] = minutes
    activations = _activations(incident)
    rules = _function_rules(incident)
    return [
        _severity_change(incident, severity, cadences, rules, activations)
        for severity in Severity.objects.worst_first()
        if severity != incident.severity
    ]


def of_assessment(incident, severity, scope, criticality):
    """A `Call` for every function that this judgement needs, the matrix first, each function once."""
    activations = _activations(incident)
    calls = {}
    for function in AssessmentRule.objects.functions_for(scope, criticality):
        calls.setdefault(function, "This assessment")
    for rule in _function_rules(incident):
        if rule.applies_at(severity) and _is_asked_for(rule):
            calls.setdefault(rule.function, f"Playbook {incident.playbook_version}")
    if incident.incident_type:
        for requirement in incident.incident_type.requirements.select_related("function"):
            calls.setdefault(requirement.function, f"Type {incident.incident_type}")
    return [Call(function, rule, activations.get(function.pk)) for function, rule in calls.items()]


def _severity_change(incident, severity, cadences, rules, activations):
    change = SeverityChange(severity, severity.is_worse_than(incident.severity))
    before, after = cadences[incident.severity_id], cadences[severity.pk]
    for audience in Audience:
        if before.get(audience) != after.get(audience):
            change.clocks.append(ClockChange(audience, before.get(audience), after.get(audience)))
    for rule in rules:
        state = _state(activations.get(rule.function_id))
        if not rule.applies_at(severity) or state not in UNASKED:
            continue
        if _is_asked_for(rule):
            change.asks.append(rule.function)
        elif state is None:
            change.suggests.append(rule.function)
    return change


def _function_rules(incident):
    if incident.playbook_version is None:
        return []
    rules = incident.playbook_version.function_rules.select_related("function", "from_severity", "version__playbook")
    return rules.order_by("function__position", "function__name")


def _is_asked_for(rule):
    return rule.need == FunctionRule.Need.REQUIRED and rule.how != FunctionRule.How.INFORM


def _activations(incident):
    return {each.function_id: each for each in incident.functions.all()}


def _state(activation):
    return ActivationState(activation.state) if activation else None
