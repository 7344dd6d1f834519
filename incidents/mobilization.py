"""Mobilising: acts that join an incident, its playbook and the functions of the organisation in one transaction."""

from django.db import transaction
from django.utils import timezone

from playbooks.matching import playbook_for, type_suggested_by
from playbooks.models import AssessmentRule, Criticality, Scope, Severity
from playbooks.models.playbook import FunctionRule
from teams.models import Organization

from . import authority, kinds, vacancies
from .duties import Duty, UpdateDuty
from .models import (
    BusinessEvent,
    FunctionActivation,
    Incident,
    Obligation,
    Participant,
    RoleAssignment,
    Task,
    Workstream,
)
from .models.functions import ActivationState


@transaction.atomic
def declare(
    title,
    *,
    by=None,
    severity=None,
    incident_type=None,
    summary="",
    services=(),
    scope=Scope.UNKNOWN,
    criticality=Criticality.UNKNOWN,
    drill=False,
    private=False,
    key=None,
    detected_by="",
    alert=None,
):
    """Open an incident. Only the title is needed. Returns the incident; the same `key` again returns the first one.

    Whoever declares leads until somebody else does; an alert (`by=None`) leaves the lead vacant. The playbook for the
    type is pinned, what it requires is requested at once, its steps become tasks, and the clocks start. The `alert`
    that somebody declares from becomes part of the incident.
    """
    authority.require(authority.may_declare(by), "Your membership has ended.", code="membership_ended")
    # The organisation's row is locked first, so of two declarations with one key the second finds the first.
    organization = Organization.objects.take_turn()
    earlier = Incident.objects.filter(declaration_key=key).first() if key else None
    if earlier:
        return earlier
    incident_type = incident_type or type_suggested_by(title)
    incident = Incident(
        number=organization.next_incident_number(),
        title=title,
        summary=summary,
        severity=severity or Severity.preset_or_mildest(),
        incident_type=incident_type,
        playbook_version=playbook_for(incident_type),
        scope=scope,
        criticality=criticality,
        drill=drill,
        private=private,
        declared_by=by,
        declared_at=timezone.now(),
        declaration_key=key,
    )
    incident.organization = organization
    incident.save(force_insert=True)
    if services:
        incident.services.set(services)
    incident.record(
        kinds.DECLARED,
        by=by,
        title=title,
        severity=incident.severity.slug,
        type=incident_type.slug if incident_type else "",
        services=[service.slug for service in services],
        playbook=str(incident.playbook_version or ""),
        detected_by=detected_by or (alert.integration.name if alert else ""),
        drill=drill,
    )
    if by is not None:
        if by.is_responder:
            RoleAssignment.first_lead(incident, by)
        else:
            Participant.join(incident, by, by=by, capacity=Participant.Capacity.FOLLOWER)
    Workstream.open(incident, "General", by=None)
    Task.lay_out(incident)
    Obligation.open_assessment(incident)
    Obligation.open_updates(incident, starts_at=incident.declared_at)
    require_functions_of(incident, by=None)
    if alert is not None:
        alert.attach_to(incident, by=by)
    vacancies.follow(incident)
    if services:
        BusinessEvent.meet(incident)
    return incident


class AssessmentDuty(Duty):
    """Somebody has to judge severity and scope; when nobody does, the playbook's widest set is called for."""

    chain = UpdateDuty.chain

    def reached(self, obligation, incident, now):
        if obligation.due_at <= now and incident.assessed_at is None:
            default_assessment(incident)


@transaction.atomic
def assess(incident, *, by, severity, scope, criticality, functions=(), waiver=""):
    """The lead's judgement of the first five minutes: how bad, how far, and who is needed. Returns the entry."""
    incident.lock()
    authority.require_responder(by)
    waiver = authority.require(
        authority.may_coordinate(by, incident),
        "Only the incident lead assesses. Say why to do it anyway.",
        code="coordination_right",
        waiver=waiver,
    )
    incident.require_open()
    if severity != incident.severity:
        incident.change_severity(severity, by=by, reason="Assessment", waiver=waiver)
    incident.scope, incident.criticality = scope, criticality
    incident.assessed_at = incident.assessed_at or timezone.now()
    incident.save(update_fields=["scope", "criticality", "assessed_at"])
    Obligation.satisfy_assessment(incident)
    called = list(AssessmentRule.objects.functions_for(scope, criticality))
    entry = incident.record(
        kinds.ASSESSED,
        by=by,
        severity=severity.slug,
        scope=scope,
        criticality=criticality,
        functions=[function.slug for function in (*called, *functions)],
        waiver=waiver,
    )
    _request(incident, called, rule=f"Assessment: {Scope(scope).label}, {Criticality(criticality).label.lower()}")
    _request(incident, functions, rule="Named in the assessment", by=by)
    require_functions_of(incident, by=by)
    vacancies.follow(incident)
    return entry


def default_assessment(incident):
    """Nobody judged in time: call for the widest set that the type's playbook knows. Call under the lock."""
    rules = incident.playbook_version.function_rules.select_related("function") if incident.playbook_version else []
    widest = [rule.function for rule in rules]
    entry = incident.record(kinds.ASSESSMENT_DEFAULTED, functions=[function.slug for function in widest])
    _request(incident, widest, rule="Not assessed in time: the playbook's widest set")
    vacancies.follow(incident)
    return entry


def require_functions_of(incident, *, by=None):
    """Call for what the type and the pinned playbook need at this severity; call under the incident's lock."""
    rules = (
        incident.playbook_version.function_rules.select_related("function", "from_severity")
        if incident.playbook_version
        else []
    )
    for rule in rules:
        if not rule.applies_at(incident.severity):
            continue
        reason = f"Playbook {incident.playbook_version}"
        if rule.need == FunctionRule.Need.REQUIRED and rule.how != FunctionRule.How.INFORM:
            _request(incident, [rule.function], rule=reason, by=by)
        else:
            FunctionActivation.call_for(incident, rule.function, required=False, rule=reason)
    if incident.incident_type:
        requirements = incident.incident_type.requirements.select_related("function")
        _request(
            incident,
            [requirement.function for requirement in requirements],
            rule=f"Type {incident.incident_type}",
            by=by,
        )


def _request(incident, functions, *, rule, by=None):
    """Ask for functions that are not asked for yet; what people waived or released stays so."""
    for function in functions:
        activation = FunctionActivation.call_for(incident, function, required=True, rule=rule)
        if activation.state == ActivationState.REQUIRED:
            FunctionActivation.change(incident, function, ActivationState.REQUESTED, by=None, rule=rule)
