"""What there is any of in an incident, so that a panel that most incidents leave empty costs nothing where it is."""

from django.db.models import Exists, OuterRef

from ..models import Incident

SELDOM = (
    "alerts",
    "business_impacts",
    "commitments",
    "dependencies",
    "documents",
    "estimates",
    "fix_attempts",
    "hypotheses",
    "impacts",
    "reports",
    "support_briefs",
    "sync_points",
    "touchpoints",
    "waivers",
)


def filled_in(incident):
    """Those of `SELDOM` of which the incident has at least one row, in one query."""
    rows = (Incident._meta.get_field(name).related_model for name in SELDOM)
    there = [Exists(model.objects.filter(incident=OuterRef("pk"))) for model in rows]
    found = Incident.objects.filter(pk=incident.pk).values_list(*there).get()
    return {name for name, some in zip(SELDOM, found, strict=True) if some}
