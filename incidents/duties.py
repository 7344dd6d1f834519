"""How each kind of obligation walks: which steps it takes, whom they concern, what they say and bring about.

`Obligation` moves the clock and knows nothing of what it is for; a duty knows that and moves nothing. A new kind of
clock is a member of `ObligationKind`, a class beside the verb it belongs to, and a line in `DUTIES`.
"""

from datetime import timedelta
from functools import cache

from django.utils.module_loading import import_string

from playbooks.models import Audience, IncidentRole

from . import kinds

ADMINISTRATORS = "administrators"
LATE = ("overdue", "escalated")
# Who is told at each step after the owner: who leads, then the organisation's administrators.
ESCALATION_CHAIN = (IncidentRole.LEAD, ADMINISTRATORS)

DUTIES = {
    "assessment": "incidents.mobilization.AssessmentDuty",
    "update": "incidents.duties.UpdateDuty",
    "finding": "incidents.models.findings.FindingDuty",
    "reply": "incidents.models.findings.ReplyDuty",
    "synthesis": "incidents.models.synthesis.SynthesisDuty",
    "task": "incidents.models.tasks.TaskDuty",
    "vacancy": "incidents.vacancies.VacancyDuty",
    "acceptance": "incidents.models.roles.AcceptanceDuty",
    "offer": "incidents.models.roles.OfferDuty",
    "long_duty": "incidents.models.roles.LongDuty",
    "challenge": "incidents.models.challenges.ChallengeDuty",
    "question": "incidents.models.questions.QuestionDuty",
    "ask": "incidents.models.asks.AskDuty",
    "silence": "incidents.silence.SilenceDuty",
    "invitation": "incidents.models.invitations.InvitationDuty",
    "reinforce": "incidents.models.reinforcements.ReinforcementDuty",
    "change": "incidents.models.changes.ChangeDuty",
    "sync": "incidents.models.sync_points.SyncDuty",
    "decision": "incidents.models.decisions.DecisionDuty",
    "commitment": "incidents.models.commitments.CommitmentDuty",
    "event": "incidents.models.business_events.EventDuty",
}


@cache
def duty_of(kind):
    """The duty of an obligation's kind; `KeyError` for a kind that nobody answers for."""
    return import_string(DUTIES[kind])()


class Duty:
    """What most clocks do: warn, fall due, be late, and climb. Subclasses say whose they are and what follows.

    `states` are the steps that are taken at all; each that has a kind in `says` becomes an entry. A warning comes
    `warning` before the time, or after two thirds of a window that is shorter than three times that.
    """

    states = ("warned", "due", "overdue", "escalated")
    warning = timedelta(minutes=5)
    overdue_after = timedelta(minutes=1)
    escalate_after = (timedelta(minutes=5), timedelta(minutes=15))
    chain = ESCALATION_CHAIN
    says = {
        "warned": kinds.CLOCK_WARNED,
        "due": kinds.CLOCK_DUE,
        "overdue": kinds.CLOCK_OVERDUE,
        "escalated": kinds.CLOCK_ESCALATED,
    }

    def lock(self, obligation):
        """Lock what a step may touch, before anything else is locked. Returns the incident."""
        return obligation.incident.lock()

    def owner_role(self, obligation):
        """The slug of the role that has to satisfy it."""
        return IncidentRole.LEAD

    def told(self, obligation):
        """Whom the present state concerns: role slugs, or `administrators`, each once, nearest first.

        Who owes it by name is told first and alone, until it is late; then the chain hears of it too.
        """
        owner = [] if obligation.owner_id is not None else [str(self.owner_role(obligation))]
        if obligation.state not in LATE:
            return owner
        reached = 1 if obligation.state == "overdue" else 1 + obligation.level
        return list(dict.fromkeys([*owner, *map(str, self.chain[:reached])]))

    def details(self, obligation):
        """More facts for the entry of a step; `told_members` are primary keys of memberships to be told by name."""
        return {"told_members": [obligation.owner_id]} if obligation.owner_id is not None else {}

    def workstream(self, obligation):
        """The workstream that the entry of a step belongs to, or None."""
        return None

    def reached(self, obligation, incident, now):
        """What a step brings about, in its transaction and under the incident's lock, after its entry was written."""


class UpdateDuty(Duty):
    """An audience waits for word."""

    chain = (IncidentRole.COMMUNICATIONS_LEAD, *ESCALATION_CHAIN)
    owners = {
        Audience.TECHNICAL: IncidentRole.LEAD,
        Audience.COORDINATION: IncidentRole.COMMUNICATIONS_LEAD,
        Audience.LEADERSHIP: IncidentRole.COMMUNICATIONS_LEAD,
        Audience.CUSTOMERS: IncidentRole.COMMUNICATIONS_LEAD,
    }

    def owner_role(self, obligation):
        return self.owners[obligation.audience]
