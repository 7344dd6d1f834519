"""The strip of open incidents that runs along every page of an organisation."""

from typing import NamedTuple

from django.db.models import Q

from teams.models import Membership
from teams.tenancy import acting_in

from .frames import encode
from .models import Incident
from .models.incident import OPEN


class Line(NamedTuple):
    """What the strip says about one incident; it is told anew when any of it changes."""

    number: int
    title: str
    severity: str
    status: str
    drill: bool
    private: bool

    def frame(self, **more):
        return encode({"type": "strip", "key": f"INC-{self.number}", **self._asdict(), **more})

    def gone(self):
        return encode({"type": "strip", "number": self.number, "gone": True})


class Change(NamedTuple):
    """A line that changed. `seen_by` are membership ids where not everybody may see it; the others hear `gone`, if
    it is something they knew."""

    text: str
    seen_by: set[int] | None
    gone: str | None


def look(organization_id, known, listeners):
    """`(lines, changes)`: what is open now by incident id, and how it differs from `known`; None knows nothing yet.

    `listeners` are the membership ids of whoever listens. One query while nothing private changes.
    """
    with acting_in(organization_id):
        open_or_known = Incident.objects.filter(Q(status__in=OPEN) | Q(pk__in=known or ()))
        rows = open_or_known.values_list("pk", "number", "title", "severity__slug", "status", "drill", "private")
        current = {pk: Line(*row) for pk, *row in rows}
        changes = []
        for pk, line in current.items() if known is not None else ():
            before = known.get(pk)
            if line != before:
                changed = [name for name in Line._fields if not before or getattr(line, name) != getattr(before, name)]
                text = line.frame(changed=["declared"] if before is None else changed)
                seen_by = _seen_by(pk, listeners) if line.private else None
                changes.append(Change(text, seen_by, line.gone() if before and not before.private else None))
        return {pk: line for pk, line in current.items() if line.status in OPEN}, changes


def _seen_by(incident_id, listeners):
    members = Membership.objects.active().filter(pk__in=listeners)
    return {member.pk for member in members if Incident.objects.visible_to(member).filter(pk=incident_id).exists()}
