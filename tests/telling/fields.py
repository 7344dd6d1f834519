"""Every field of ours that can hold somebody's words, found by looking at the models."""

from django.db import models

from teams.tenancy import tenant_models

TEXT = (models.CharField, models.TextField, models.JSONField)

# Fields that hold nobody's words: by name, why, and in which models. The same name elsewhere may hold some.
NO_WORDS = {
    "key": (
        "made by the client",
        "incidents.Ask incidents.Briefing incidents.Commitment incidents.Decision incidents.Finding "
        "incidents.Message incidents.ObeyedCommand incidents.PrivateNote incidents.Question "
        "incidents.ReinforcementRequest incidents.StatusUpdate incidents.SupportDigest "
        "incidents.SupportReport incidents.Synthesis incidents.Task incidents.Touchpoint "
        "teams.IdempotentRequest",
    ),
    "key_hash": ("a hash", "incidents.Integration teams.ApiToken teams.Invitation"),
    "head_hash": ("a hash", "incidents.Incident"),
    "hash": ("a hash", "incidents.TimelineEntry"),
    "previous_hash": ("a hash", "incidents.TimelineEntry"),
    "group_key": ("a hash", "incidents.Alert"),
    "dedup_key": ("an identifier of another system, or primary keys", "incidents.Alert notifications.Delivery"),
    "declaration_key": ("made by the client", "incidents.Incident"),
    "code": (
        "made at random",
        "notifications.Maintenance notifications.PublicIncident notifications.PublicPost playbooks.RoleExclusion",
    ),
    "fence": ("of one lease", "notifications.Attempt notifications.Delivery"),
    "authority_used": (
        "a role",
        "incidents.BusinessImpact incidents.Decision incidents.Impact incidents.RestorationOrder",
    ),
    "role": (
        "a role",
        "incidents.RoleAssignment incidents.Task notifications.RoutingRule playbooks.DecisionRight playbooks.Step",
    ),
    "asked_of": ("roles", "incidents.Decision"),
    "guard": ("the code of a rule", "incidents.GuardWaiver"),
    "subject_key": ("the subject once more", "incidents.Decision"),
    "kind": ("the name of a kind", "incidents.TimelineEntry"),
    "field": ("the name of a line", "incidents.SynthesisSource incidents.UpdateSource"),
    "line": ("the name of a line", "incidents.UpdateSource"),
    "escalate_at": ("moments", "incidents.Obligation"),
    "near_copies": ("numbers", "incidents.Synthesis"),
    "topic": ("kinds and primary keys", "notifications.Delivery"),
    "slug": (
        "a name in addresses, set by administrators",
        "notifications.AudienceGroup notifications.Component playbooks.GlossaryTerm playbooks.IncidentType "
        "playbooks.Playbook playbooks.RoleDefinition playbooks.Severity teams.Function teams.Service "
        "teams.Team teams.TechnicalDomain",
    ),
}
# Of an incident, and why nothing was planted there.
SAY_NOTHING = {
    "incidents.AlertPayload.body": "read by administrators only, as it came in",
    "incidents.AlertPayload.problem": "what was wrong with a payload",
    "incidents.BusinessImpact.severity": "the name of a severity",
    "incidents.GuardWaiver.subject": "a code",
    "incidents.Alert.source_url": "an address of monitoring",
    "incidents.HypothesisEvidence.url": "an address",
    "incidents.Document.url": "an address",
    "incidents.Integration.service_label": "the name of a label",
    "incidents.Integration.severity_label": "the name of a label",
    "incidents.Integration.severity_map": "names of labels",
    "incidents.Integration.type_label": "the name of a label",
    "incidents.ChangeConflict.about": "the name of a service",
    "incidents.Participant.lens": "the name of a lens",
    "incidents.Spike.reason": "spikes have tests of their own",
}


def wordless():
    """The labels of the fields in `NO_WORDS`."""
    return {f"{model}.{name}" for name, (_, models) in NO_WORDS.items() for model in models.split()}


def fields_of_words():
    """`[(model, field)]`; what is chosen from a list says nothing of its own."""
    without_words = wordless()
    return [
        (model, field)
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if isinstance(field, TEXT) and not field.choices and label(model, field) not in without_words
    ]


def label(model, field):
    return f"{model._meta.label}.{field.name}"


def names_of_fields():
    return {label(model, field) for model, field in fields_of_words()}


def without(carries):
    """The fields in which no row of the active organisation holds what `carries(text)` looks for."""
    return {
        label(model, field)
        for model, field in fields_of_words()
        if label(model, field) not in SAY_NOTHING
        and not any(carries(str(value)) for value in model.objects.values_list(field.name, flat=True))
    }
