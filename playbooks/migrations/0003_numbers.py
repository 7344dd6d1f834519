"""Organisations from before first words, confirmations and holding texts get those that a new one begins with."""

from django.db import migrations

from teams.tenancy import acting_in

# Minutes until the first word to customers, by the rank of the severity.
FIRST_WORDS = {1: 10, 2: 15}
HOLDING = {
    "coordination": {
        "current_status": "We have an incident and are finding out how far it reaches.",
        "active_work": "The people who are needed are being called.",
        "estimated_resolution": "Unknown",
    },
    "leadership": {
        "business_impact": "Not known yet; we are finding out.",
        "customer_effect": "Some customers may notice a problem.",
        "expected_timeline": "Unknown",
    },
    "customers": {
        "what_is_happening": "Some of you may have a problem with our service at the moment.",
        "what_we_are_doing": "We are looking into it and tell you more soon.",
    },
}


def fill_in(apps, schema_editor):
    """Only where nothing of it was ever said; an organisation that has set one of these has looked at all of them."""
    for organization in apps.get_model("teams", "Organization").objects.values_list("pk", flat=True):
        with acting_in(organization):
            _fill_in(apps, organization)


def _fill_in(apps, organization):
    cadences = apps.get_model("playbooks", "Cadence").objects.filter(organization_id=organization)
    texts = apps.get_model("playbooks", "HoldingText").objects
    severities = apps.get_model("playbooks", "Severity").objects.filter(organization_id=organization)
    said = cadences.exclude(first_minutes=None, minimum_minutes=None, confirmation="nobody")
    if said.exists() or texts.filter(organization_id=organization).exists():
        return
    for severity in severities.filter(rank__in=FIRST_WORDS):
        to_customers = cadences.filter(severity=severity, audience="customers", minutes__isnull=False)
        to_customers.update(first_minutes=FIRST_WORDS[severity.rank], confirmation="lead")
        for audience, body in HOLDING.items():
            for part, text in body.items():
                texts.create(organization_id=organization, severity=severity, audience=audience, part=part, text=text)


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0002_telling"), ("teams", "0002_telling")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
