"""Silence is a signal: how long a technical workstream may say nothing before somebody asks how it goes."""

from datetime import timedelta

from playbooks.models import IncidentRole

from . import kinds
from .duties import ADMINISTRATORS, Duty
from .models.obligations import Obligation, ObligationKind
from .models.workstreams import Workstream, WorkstreamState


def follow(workstream):
    """Listen to it from now on, or stop, as its state and the severity ask; call under the incident's lock."""
    incident = workstream.incident
    listens = workstream.is_technical and workstream.state == WorkstreamState.WORKING and incident.is_open
    minutes = incident.severity.silence_minutes if listens else None
    if minutes == workstream.silence_minutes:
        return
    workstream.silence_minutes = minutes
    workstream.save(update_fields=["silence_minutes"])
    _owe(workstream)


def follow_severity(incident):
    """Other severities bear other silences."""
    for workstream in incident.workstreams.active():
        workstream.incident = incident
        follow(workstream)


def begin_again(incident):
    """The incident is open once more: whoever was listened to is again."""
    for workstream in incident.workstreams.exclude(silence_minutes=None):
        workstream.incident = incident
        _owe(workstream)


def _owe(workstream):
    about = workstream.incident, ObligationKind.SILENCE
    if workstream.silence_minutes is None:
        Obligation.cancel(*about, workstream.pk)
    elif not Obligation.begin_anew(*about, minutes=workstream.silence_minutes, subject=workstream.pk):
        Obligation.open(*about, minutes=workstream.silence_minutes, subject=workstream.pk)


class SilenceDuty(Duty):
    """Nobody has said anything in a workstream; any word of a person there begins the time anew."""

    states = ("due", "escalated")
    escalate_after = (timedelta(minutes=5),)
    says = {"due": kinds.WORKSTREAM_SILENT, "escalated": kinds.WORKSTREAM_SILENT}

    def owner_role(self, obligation):
        return IncidentRole.TECHNICAL_COORDINATOR

    def told(self, obligation):
        """Whoever leads, where nobody else is asked; an escalation reaches them at any rate, if they may know of it."""
        workstream = self.workstream(obligation)
        if obligation.state != "escalated" and self._asked(obligation, workstream):
            return []
        lead = obligation.incident.holder_of(IncidentRole.LEAD)
        return [ADMINISTRATORS if lead and not workstream.is_open_to(lead) else str(IncidentRole.LEAD)]

    def details(self, obligation):
        workstream = self.workstream(obligation)
        last_word_at = workstream.last_word_at
        return {
            "silence": workstream.pk,
            "title": workstream.title,
            "minutes": obligation.interval_minutes,
            "last_word_at": last_word_at.isoformat() if last_word_at else "",
            "told_members": self._asked(obligation, workstream),
        }

    def workstream(self, obligation):
        return Workstream.objects.get(pk=obligation.subject)

    @staticmethod
    def _asked(obligation, workstream):
        """Its owner, or the coordinators of its domain where nobody owns it."""
        if workstream.owner_id:
            return [workstream.owner_id]
        coordinators = obligation.incident.holders_of([IncidentRole.TECHNICAL_COORDINATOR], workstream.domain)
        return sorted(coordinators)
