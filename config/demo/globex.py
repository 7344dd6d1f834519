"""Globex: small, calm, and none of Acme's business."""

from datetime import timedelta

from incidents.mobilization import declare
from playbooks.models import IncidentType, Severity
from teams.models import Service

from .telling import Story


def tell(organization, members, now):
    tracking = list(Service.objects.filter(slug="tracking"))
    past = Story(organization, members, now - timedelta(days=8, hours=3))
    past.incident = past.at(
        0, declare, "Parcels show no position",
        by=members["omar"],
        severity=Severity.objects.get(slug="sev2"),
        incident_type=IncidentType.objects.get(slug="outage"),
        services=tracking,
    )  # fmt: skip
    past.engages(2, "omar", "engineering")
    past.engages(3, "ines", "support")
    past.says(5, "omar", "General", "The carrier changed a field in its feed. Reading both now.")
    past.moves(34, "omar", "resolved", "Both shapes of the feed are read.")
    past.moves(1500, "omar", "closed")

    story = Story(organization, members, now - timedelta(minutes=12))
    story.incident = story.at(
        0, declare, "Tracking page slow in the morning",
        by=members["ines"],
        severity=Severity.objects.get(slug="sev3"),
        services=tracking,
    )  # fmt: skip
    story.engages(2, "omar", "engineering")
    story.says(4, "omar", "General", "The nightly report still runs. Looking whether it can be stopped.")
    story.pass_until(now)
