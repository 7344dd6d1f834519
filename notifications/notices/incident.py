"""The incident itself: that it began, how bad it is, and that it is over."""

from incidents import kinds
from incidents.models import FunctionActivation, Incident

from ..lettering import printable
from ..recipients import ROOM
from .words import Words, moment, named, who


def _declared(entry, reader):
    incident, details = entry.incident, entry.details
    facts = [
        ("Severity", incident.severity.name),
        ("Type", incident.incident_type),
        ("Services", ", ".join(incident.services.order_by("position", "name").values_list("name", flat=True))),
        ("Declared", moment(entry.happened_at, incident.organization)),
        ("By", who(entry) or details.get("detected_by") or "an alert"),
    ]
    if reader == ROOM:
        called = FunctionActivation.objects.filter(incident=incident).awaited().with_functions()
        facts += [
            ("What is known", incident.summary),
            ("Functions called", ", ".join(activation.function.name for activation in called)),
        ]
    return Words("Declared", named(*facts))


def _severity_changed(entry, reader):
    details, incident = entry.details, entry.incident
    facts = [
        ("From", details.get("before", "").upper()),
        ("To", details.get("after", "").upper()),
        ("By", who(entry)),
    ]
    if reader == ROOM:
        facts.append(("Because", details.get("reason")))
    return Words(f"Now {incident.severity.name}, {details.get('direction', 'changed')}", named(*facts))


def _ended(headline):
    def words(entry, reader):
        facts = [("By", who(entry)), ("At", moment(entry.happened_at, entry.incident.organization))]
        if reader == ROOM:
            facts.append(("Because", entry.details.get("reason")))
        return Words(headline, named(*facts))

    return words


def _merged(entry, reader):
    into = Incident.objects.filter(number=entry.details.get("into")).first()
    name = "another incident" if into is None or into.private else f"{into.key} {printable(into.title)}"
    return Words("Merged", named(("Goes on in", name), ("By", who(entry))))


WORDS = {
    kinds.DECLARED.name: _declared,
    kinds.SEVERITY_CHANGED.name: _severity_changed,
    kinds.RESOLVED.name: _ended("Resolved"),
    kinds.REOPENED.name: _ended("Reopened"),
    kinds.DECLINED.name: _ended("Declined, no incident"),
    kinds.MERGED.name: _merged,
}
