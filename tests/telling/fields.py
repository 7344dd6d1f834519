"""Every field of ours that can hold somebody's words, found by looking at the models."""

from django.db import models

from teams.tenancy import tenant_models

TEXT = (models.CharField, models.TextField, models.JSONField)

# Fields that hold nobody's words, wherever they are called so.
NO_WORDS = {
    "key": "made by the client",
    "key_hash": "a hash",
    "head_hash": "a hash",
    "hash": "a hash",
    "previous_hash": "a hash",
    "group_key": "a hash",
    "dedup_key": "an identifier of another system, or primary keys",
    "declaration_key": "made by the client",
    "code": "made at random",
    "fence": "of one lease",
    "authority_used": "a role",
    "role": "a role",
    "asked_of": "roles",
    "guard": "the code of a rule",
    "subject_key": "the subject once more",
    "kind": "the name of a kind",
    "field": "the name of a line",
    "line": "the name of a line",
    "escalate_at": "moments",
    "near_copies": "numbers",
    "topic": "kinds and primary keys",
    "slug": "a name in addresses, set by administrators",
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


def fields_of_words():
    """`[(model, field)]`; what is chosen from a list says nothing of its own."""
    return [
        (model, field)
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if isinstance(field, TEXT) and not field.choices and field.name not in NO_WORDS
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
