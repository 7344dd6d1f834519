"""Which playbook an incident uses, and which type its title suggests."""

from .models import IncidentType, PlaybookVersion


def playbook_for(incident_type):
    """The published version for a type, else the one for incidents without a type, else None."""
    versions = PlaybookVersion.objects.in_use().select_related("playbook").order_by("playbook__position", "pk")
    own = versions.filter(playbook__incident_type=incident_type).first() if incident_type else None
    return own or versions.filter(playbook__incident_type=None).first()


def type_suggested_by(title):
    """The first type one of whose words is in the title, or None."""
    return next((known for known in IncidentType.objects.in_order() if known.matches(title)), None)
