"""The words of a notice before they are laid out, and the phrases that every subject needs for them."""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime

from playbooks.models import Audience, IncidentRole

# The page for whoever only has to know and to decide.
BRIEF = "brief/"


@dataclass(frozen=True)
class Words:
    """`headline` is one sentence without a stop; `facts` are `(label, text)`; `act` is the word on the link.

    `gist` is what a text message says beside the headline; the incident's title, where it is empty. `page` is where the
    link leads, below the incident's own.
    """

    headline: str
    facts: tuple = ()
    act: str = "Open the incident"
    gist: str = ""
    page: str = ""


def named(*facts):
    return tuple((label, str(text)) for label, text in facts if text)


def who(entry):
    return entry.actor.name if entry.actor else ""


def moment(value, organization):
    """An exact time in the organisation's zone, and in UTC where that differs."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(zoneinfo.ZoneInfo(organization.time_zone))
    universal = f"{value.astimezone(UTC):%H:%M} UTC"
    if local.utcoffset() == value.astimezone(UTC).utcoffset():
        return f"{local:%-d %b %Y}, {universal}"
    return f"{local:%-d %b %Y, %H:%M %Z} ({universal})"


def role_name(slug, names=None):
    if names and slug in names:
        return names[slug]
    return IncidentRole(slug).label if slug in IncidentRole.values else slug.replace("_", " ").capitalize()


def audience_name(slug):
    return Audience(slug).label if slug in Audience.values else ""
