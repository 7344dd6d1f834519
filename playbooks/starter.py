"""The severities, types, matrices and playbooks of a new organisation; all of it is data, theirs to change."""

from teams.founding import organization_founded

from .models import (
    AssessmentRule,
    Audience,
    Cadence,
    Confirmation,
    Criticality,
    DecisionClass,
    DecisionDeadline,
    DecisionRight,
    FunctionRule,
    HoldingText,
    IncidentType,
    Playbook,
    Scope,
    Severity,
)
from .models.authority import IncidentRole
from .starting_roles import seed_roles

SEVERITIES = [
    ("sev1", "SEV1", "Critical: most customers cannot work, or data, money or safety is at risk."),
    ("sev2", "SEV2", "Major: an important feature is down or badly degraded for many."),
    ("sev3", "SEV3", "Minor: limited impact, or a workaround exists."),
    ("sev4", "SEV4", "Low: little or no customer impact; worth coordinating."),
]
PRESET_SEVERITY = "sev3"
# Minutes that a technical workstream may say nothing at SEV1, SEV2, SEV3, SEV4.
SILENCE = (10, 15, 30, None)
# How many people usually work on an incident of SEV1, SEV2, SEV3, SEV4 at most.
PARTICIPANT_CAPS = (12, 10, 8, 6)

# Minutes between updates at SEV1, SEV2, SEV3, SEV4; None: only when something changes.
CADENCES = {
    Audience.TECHNICAL: (15, 20, 30, None),
    Audience.COORDINATION: (15, 30, 60, None),
    Audience.LEADERSHIP: (60, 60, None, None),
    Audience.CUSTOMERS: (30, 60, None, None),
}

# Minutes until the first word. How many at least lie between two is for an organisation to say.
FIRST_WORDS = {Audience.CUSTOMERS: (10, 15, None, None)}
NONE = (None,) * len(SEVERITIES)
# Who reads a draft before it is said, and what is said before anything is known, at the two worst severities.
CONFIRMED_BY = {Audience.CUSTOMERS: Confirmation.LEAD}
HOLDING = {
    Audience.COORDINATION: {
        "current_status": "We have an incident and are finding out how far it reaches.",
        "active_work": "The people who are needed are being called.",
        "estimated_resolution": "Unknown",
    },
    Audience.LEADERSHIP: {
        "business_impact": "Not known yet; we are finding out.",
        "customer_effect": "Some customers may notice a problem.",
        "expected_timeline": "Unknown",
    },
    Audience.CUSTOMERS: {
        "what_is_happening": "Some of you may have a problem with our service at the moment.",
        "what_we_are_doing": "We are looking into it and tell you more soon.",
    },
}
HELD_UP_TO_RANK = 2


DECISION_RIGHTS = {
    DecisionClass.INVESTIGATION: IncidentRole.TECHNICAL_COORDINATOR,
    DecisionClass.COORDINATION: IncidentRole.LEAD,
    DecisionClass.PRIORITY: IncidentRole.PRODUCT,
    DecisionClass.RESOURCE: IncidentRole.EXECUTIVE,
    DecisionClass.PUBLISHING: IncidentRole.COMMUNICATIONS_LEAD,
}

# Minutes a decision may wait at SEV1, SEV2, SEV3, SEV4 where whoever asks names no time.
DECISION_DEADLINES = {
    DecisionClass.INVESTIGATION: (10, 20, 60, 240),
    DecisionClass.COORDINATION: (10, 15, 30, 120),
    DecisionClass.PRIORITY: (15, 30, 60, 240),
    DecisionClass.RESOURCE: (15, 30, 60, 240),
}

# slug, name, description, words in a title, required functions
TYPES = [
    ("outage", "Customer-facing outage", "Customers cannot use the product.",
     "outage, down, unavailable, 5xx, timeout", ()),
    ("payment", "Payments", "Money cannot be taken, paid out or booked correctly.",
     "payment, checkout, card, billing, invoice, refund", ("finance",)),
    ("security", "Security", "Somebody has, or may have, access they should not have.",
     "security, breach, intrusion, credential, phishing, vulnerability", ("legal",)),
    ("customer-data", "Customer data", "Personal or customer data is lost, wrong or exposed.",
     "customer data, personal data, data loss, data leak, gdpr, privacy", ("compliance", "privacy")),
    ("third-party", "Third-party failure", "A provider we depend on fails.",
     "third party, provider, vendor, upstream", ()),
    ("degradation", "Degraded feature", "A non-critical feature works badly.",
     "slow, degraded, latency, intermittent", ()),
]  # fmt: skip

CORE = ("engineering", "support")
RESPONSE = (*CORE, "product", "communications")
FULL = (*RESPONSE, "leadership")
EVERYBODY = (*FULL, "sales")

# The matrix: how many customers, how critical → functions. What is unknown counts as the larger case.
MATRIX = {
    (Scope.ALL, Criticality.CRITICAL): EVERYBODY,
    (Scope.ALL, Criticality.NON_CRITICAL): RESPONSE,
    (Scope.MANY, Criticality.CRITICAL): FULL,
    (Scope.MANY, Criticality.NON_CRITICAL): RESPONSE,
    (Scope.SOME, Criticality.CRITICAL): RESPONSE,
    (Scope.SOME, Criticality.NON_CRITICAL): CORE,
    (Scope.FEW, Criticality.CRITICAL): RESPONSE,
    (Scope.FEW, Criticality.NON_CRITICAL): CORE,
    (Scope.NONE, Criticality.CRITICAL): ("engineering", "product"),
    (Scope.NONE, Criticality.NON_CRITICAL): ("engineering",),
    (Scope.UNKNOWN, Criticality.CRITICAL): FULL,
    (Scope.UNKNOWN, Criticality.NON_CRITICAL): RESPONSE,
}

FIRST_STEPS = [
    ("first", IncidentRole.LEAD, "Take or give the lead"),
    ("first", IncidentRole.LEAD, "Judge severity and how far it reaches"),
    ("first", IncidentRole.LEAD, "Confirm the functions that are needed"),
    ("first", IncidentRole.LEAD, "Name a communications lead"),
    ("first", IncidentRole.COMMUNICATIONS_LEAD, "Publish a first coordination update"),
    ("during", IncidentRole.COMMUNICATIONS_LEAD, "Keep every audience inside its clock"),
    ("during", IncidentRole.LEAD, "Open a workstream when two groups work at the same time"),
    ("after", IncidentRole.COMMUNICATIONS_LEAD, "Tell every audience that it is over"),
    ("after", IncidentRole.LEAD, "Release everybody who is still on it"),
]

REQUIRED, ADVISED = FunctionRule.Need
PAGE, INVITE, INFORM = FunctionRule.How

# Playbook per type: when to use it, and (function, need, how, from severity) beside the common core.
PLAYBOOKS = {
    None: ("general", "General response", "When no other playbook fits.", []),
    "outage": ("customer-facing-outage", "Customer-facing outage", "Customers cannot do what they came for.",
               [("product", REQUIRED, INVITE, "sev2"), ("leadership", ADVISED, INFORM, "sev1"),
                ("sales", ADVISED, INFORM, "sev1")]),
    "payment": ("payments", "Payments", "Money is not taken, paid out or booked correctly.",
                [("finance", REQUIRED, PAGE, None), ("product", REQUIRED, INVITE, "sev2"),
                 ("leadership", ADVISED, INFORM, "sev1")]),
    "security": ("security", "Security", "Somebody has, or may have, access they should not have.",
                 [("legal", REQUIRED, PAGE, None), ("compliance", ADVISED, INVITE, "sev2"),
                  ("leadership", REQUIRED, INVITE, "sev2")]),
    "customer-data": ("customer-data", "Customer data", "Personal or customer data is lost, wrong or exposed.",
                      [("compliance", REQUIRED, PAGE, None), ("privacy", REQUIRED, PAGE, None),
                       ("legal", ADVISED, INVITE, None), ("leadership", REQUIRED, INVITE, "sev2")]),
    "third-party": ("third-party-failure", "Third-party failure", "A provider we depend on fails.",
                    [("product", ADVISED, INVITE, "sev2")]),
    "degradation": ("degraded-feature", "Degraded feature", "Something non-critical works badly.", []),
}  # fmt: skip

COMMON_RULES = [
    ("engineering", REQUIRED, PAGE, None),
    ("support", REQUIRED, INVITE, None),
    ("communications", REQUIRED, PAGE, "sev2"),
]


def seed(sender, functions, **kwargs):
    """Create the pack in the active organisation; `functions` is `{slug: Function}`."""
    severities = seed_severities()
    seed_roles(functions)
    for decision_class, role in DECISION_RIGHTS.items():
        DecisionRight.objects.create(decision_class=decision_class, role=role)
    types = seed_types(functions)
    seed_matrix(functions)
    seed_playbooks(functions, severities, types)


def seed_severities():
    severities = {}
    for rank, (slug, name, description) in enumerate(SEVERITIES, start=1):
        severities[slug] = Severity.objects.create(
            slug=slug,
            name=name,
            description=description,
            position=rank,
            rank=rank,
            preset=slug == PRESET_SEVERITY,
            silence_minutes=SILENCE[rank - 1],
            participant_cap=PARTICIPANT_CAPS[rank - 1],
        )
        for audience, minutes in CADENCES.items():
            Cadence.objects.create(
                severity=severities[slug],
                audience=audience,
                minutes=minutes[rank - 1],
                first_minutes=FIRST_WORDS.get(audience, NONE)[rank - 1],
                confirmation=CONFIRMED_BY.get(audience, Confirmation.NOBODY)
                if rank <= HELD_UP_TO_RANK
                else Confirmation.NOBODY,
            )
        if rank <= HELD_UP_TO_RANK:
            HoldingText.objects.bulk_create(
                HoldingText(
                    organization_id=severities[slug].organization_id,
                    severity=severities[slug],
                    audience=audience,
                    part=part,
                    text=text,
                )
                for audience, body in HOLDING.items()
                for part, text in body.items()
            )
        for decision_class, minutes in DECISION_DEADLINES.items():
            DecisionDeadline.objects.create(
                severity=severities[slug], decision_class=decision_class, minutes=minutes[rank - 1]
            )
    return severities


def seed_types(functions):
    types = {None: None}
    for position, (slug, name, description, words, required) in enumerate(TYPES):
        types[slug] = IncidentType.objects.create(
            slug=slug, name=name, description=description, words=words, position=position
        )
        for function in required:
            types[slug].requirements.create(function=functions[function])
    return types


def seed_matrix(functions):
    for scope in Scope:
        for criticality in Criticality:
            # Criticality not known yet counts as critical.
            known = Criticality.CRITICAL if criticality == Criticality.UNKNOWN else criticality
            rule = AssessmentRule.objects.create(scope=scope, criticality=criticality)
            rule.functions.set([functions[slug] for slug in MATRIX[scope, known]])


def seed_playbooks(functions, severities, types):
    for position, (type_slug, (slug, name, when_to_use, rules)) in enumerate(PLAYBOOKS.items()):
        playbook = Playbook.objects.create(slug=slug, name=name, position=position, incident_type=types[type_slug])
        draft = playbook.draft()
        draft.when_to_use = when_to_use
        draft.save(update_fields=["when_to_use"])
        for function, need, how, from_severity in (*COMMON_RULES, *rules):
            draft.function_rules.create(
                function=functions[function], need=need, how=how, from_severity=severities.get(from_severity)
            )
        for step, (phase, role, text) in enumerate(FIRST_STEPS):
            draft.steps.create(phase=phase, position=step, role=role, text=text)
        draft.publish()


def connect():
    organization_founded.connect(seed, dispatch_uid="playbooks_starter")
