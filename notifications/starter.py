"""The audience groups and routing rules of a new organisation; all of it is data, theirs to change."""

from playbooks.models import Audience, IncidentRole, Severity
from teams.founding import organization_founded

from .models import AudienceGroup, RoutingRule
from .models.routing import RoutedEvent

# slug, name, description, tier, function whose people belong to it, whether stakeholders do
GROUPS = [
    ("leadership", "Leadership", "Hears what an incident means for the business.",
     Audience.LEADERSHIP, "leadership", False),
    ("stakeholders", "Stakeholders", "Hears what customers are told.", Audience.CUSTOMERS, None, True),
]  # fmt: skip

DECLARED, CHANGED, PUBLISHED = RoutedEvent.DECLARED, RoutedEvent.SEVERITY_CHANGED, RoutedEvent.UPDATE_PUBLISHED
PAGED = {"by_sms": True}

# event, name, from severity, target, further fields
RULES = [
    (DECLARED, "SEV1 and SEV2 page engineering", "sev2", {"function": "engineering"}, PAGED),
    (DECLARED, "SEV1 and SEV2 page support", "sev2", {"function": "support"}, PAGED),
    (DECLARED, "SEV1 and SEV2 page communications", "sev2", {"function": "communications"}, PAGED),
    (DECLARED, "Every incident tells engineering", None, {"function": "engineering"}, {}),
    (DECLARED, "SEV1 tells leadership", "sev1", {"group": "leadership"}, {}),
    (CHANGED, "A new severity tells who leads", None, {"role": IncidentRole.LEAD}, {}),
    (CHANGED, "A new severity tells who speaks", None, {"role": IncidentRole.COMMUNICATIONS_LEAD}, {}),
    (CHANGED, "SEV1 and SEV2 page engineering", "sev2", {"function": "engineering"}, PAGED),
    (CHANGED, "SEV1 and SEV2 page communications", "sev2", {"function": "communications"}, PAGED),
    (CHANGED, "SEV1 tells leadership", "sev1", {"group": "leadership"}, {}),
    (PUBLISHED, "Coordination updates reach everybody on it", None, {"participants": True},
     {"audience": Audience.COORDINATION}),
]  # fmt: skip


def seed(sender, functions, **kwargs):
    """Create the pack in the active organisation; `functions` is `{slug: Function}`."""
    groups = {}
    for position, (slug, name, description, audience, function, stakeholders) in enumerate(GROUPS):
        groups[slug] = AudienceGroup.objects.create(
            slug=slug,
            name=name,
            description=description,
            position=position,
            audience=audience,
            function=functions.get(function),
            stakeholders=stakeholders,
        )
    severities = {severity.slug: severity for severity in Severity.objects.all()}
    known = {"function": functions, "group": groups}
    for position, (event, name, from_severity, target, further) in enumerate(RULES):
        aims = {field: known[field][value] if field in known else value for field, value in target.items()}
        RoutingRule.objects.create(
            event=event,
            name=name,
            position=position,
            from_severity=severities.get(from_severity),
            **aims,
            **further,
        )


def connect():
    """After the pack of `playbooks`, whose app comes first: the severities have to be there."""
    organization_founded.connect(seed, dispatch_uid="notifications_starter")
