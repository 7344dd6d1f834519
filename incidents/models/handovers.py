"""Handing a hat over as a record: what stands, what was promised. It moves when the successor has it, not before."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .obligations import ObligationKind
from .participants import Participant
from .roles import RoleAssignment, RoleState


class HandoverState(models.TextChoices):
    OPEN = "open", "Waits for the successor"
    ACKNOWLEDGED = "acknowledged", "Done"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Overtaken by events"


class HandoverQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(state=HandoverState.OPEN)

    def with_people(self):
        return self.select_related(
            "assignment__definition", "assignment__domain", "assignment__membership__person", "to__person",
            "begun_by__person",
        )  # fmt: skip

    def latest_first(self):
        return self.order_by("-pk")


class Handover(TenantModel):
    """`situation` and `objectives` are the holder's words; `briefing` is what the data said when it began."""

    State = HandoverState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="handovers")
    assignment = models.ForeignKey(RoleAssignment, models.CASCADE, related_name="handovers")
    to = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    begun_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    situation = models.TextField(blank=True)
    objectives = models.TextField(blank=True)
    briefing = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=HandoverState, default=HandoverState.OPEN)
    begun_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(HandoverQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "assignment"], condition=Q(state="open"), name="handover_one_open"
            )
        ]

    def __str__(self):
        return f"{self.assignment.title}: {self.assignment.membership} to {self.to}"

    @property
    def is_open(self):
        return self.state == HandoverState.OPEN

    def briefing_for(self, reader):
        """What a reader may know of it: less, where a workstream has been restricted since."""
        hidden = set(self.incident.workstreams.hidden_from(reader).values_list("pk", flat=True))
        return {
            name: [row for row in said if row.get("workstream") not in hidden] if isinstance(said, list) else said
            for name, said in self.briefing.items()
        }

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def begin(cls, assignment, to, *, by, situation="", objectives="", waiver=""):
        """Tell the successor what stands. The holder wears the hat until the successor has it. Returns the entry."""
        incident = assignment.incident.lock()
        incident.require_open()
        assignment.lock()
        assignment.incident = incident
        assignment.require_worn()
        authority.require_responder(to, f"{to.name} is a stakeholder and cannot take a role.")
        if to == assignment.membership:
            raise Refused(f"{to.name} is {assignment.label} already.", code="unchanged")
        if assignment.state == RoleState.HANDING_OVER:
            raise Refused("This role is being handed over already.", code="handover_open")
        reasons = assignment.require_right(incident, assignment, to, by, waiver)
        reasons |= assignment.keep_apart(incident, assignment.definition, assignment.domain, to, by, waiver)
        Participant.under_a_hat(incident, to, reads=assignment.reads_along)
        handover = cls.objects.create(
            incident=incident,
            assignment=assignment,
            to=to,
            begun_by=by,
            situation=situation,
            objectives=objectives,
            briefing=briefing_of(incident),
        )
        assignment.state = RoleState.HANDING_OVER
        assignment.save(update_fields=["state"])
        return incident.record(kinds.HANDOVER_BEGUN, by=by, **handover.facts(), **reasons)

    @transaction.atomic
    def acknowledge(self, *, by):
        """The successor has it: only now does the hat move, from one head to the other in one step."""
        self._lock()
        authority.require(by == self.to, f"Only {self.to.name} can say so.", code="successor_only")
        self.incident.require_open()
        assignment = self.assignment
        assignment.incident = self.incident
        self._end(HandoverState.ACKNOWLEDGED)
        successor = assignment.move_to(self.to, by=by)
        return self.incident.record(
            kinds.ROLE_HANDED_OVER,
            by=by,
            handover=self.pk,
            before=assignment.membership.name,
            **successor.facts(),
        )

    @transaction.atomic
    def decline(self, *, by):
        """The successor cannot; the hat stays where it is."""
        self._lock()
        authority.require(by == self.to, f"Only {self.to.name} can say so.", code="successor_only")
        return self._stop(HandoverState.DECLINED, by)

    @transaction.atomic
    def withdraw(self, *, by, waiver=""):
        """Whoever holds the hat, or leads, thinks again."""
        self._lock()
        reasons = self.assignment.require_right(self.incident, self.assignment, None, by, waiver)
        return self._stop(HandoverState.WITHDRAWN, by, **reasons)

    def facts(self):
        assignment = self.assignment
        return assignment.facts() | {"handover": self.pk, "to": self.to_id, "successor": self.to.name}

    # --- Inside ------------------------------------------------------------------------------

    def _lock(self):
        incident = self.incident.lock()
        self.lock()
        self.incident = incident
        if not self.is_open:
            raise Refused("This hand-over is over.", code="handover_over")

    def _stop(self, state, by, **reasons):
        self._end(state)
        self.assignment.state = RoleState.ACTIVE
        self.assignment.save(update_fields=["state"])
        return self.incident.record(kinds.HANDOVER_ENDED, by=by, outcome=state.value, **self.facts(), **reasons)

    def _end(self, state):
        self.state, self.ended_at = state, timezone.now()
        self.save(update_fields=["state", "ended_at"])


def briefing_of(incident):
    """What a successor has to know and the data knows: who wears what, what is under way, what was promised."""
    streams = incident.workstreams.exclude(state="done").filter(restricted=False).with_people().in_order()
    promised = incident.obligations.live().filter(kind=ObligationKind.UPDATE).most_urgent_first()
    return {
        "severity": incident.severity.name,
        "status": incident.get_status_display(),
        "roles": [
            {"title": each.title, "name": each.membership.name}
            for each in incident.roles.current().with_people().order_by("definition__position", "pk")
        ],
        "workstreams": [
            {
                "workstream": each.pk,
                "title": each.title,
                "state": each.get_state_display(),
                "owner": each.owner.name if each.owner else "",
            }
            for each in streams
        ],
        "tasks": [
            {"workstream": each.workstream_id, "text": each.text, "owner": each.owner.name if each.owner else ""}
            for each in incident.tasks.open().with_people().in_order()
            if not (each.workstream_id and each.workstream.restricted)
        ],
        "decisions": [
            {
                "workstream": each.workstream_id,
                "subject": str(each),
                "asked": each.asked_of_words,
                "needed_by": each.needed_by.isoformat(),
            }
            for each in incident.decisions.open().select_related("workstream").order_by("needed_by")
            if not (each.workstream_id and each.workstream.restricted)
        ],
        "changes": [
            {
                "workstream": each.workstream_id,
                "action": f"{each.key} {each.action}",
                "owner": each.owner.name,
                "until": each.until.isoformat(),
            }
            for each in incident.changes.live().for_reading().order_by("until")
            if not (each.workstream_id and each.workstream.restricted)
        ],
        "commitments": [
            {
                "text": str(each),
                "to_whom": each.to_whom,
                "due_at": each.due_at.isoformat(),
                "state": each.get_state_display(),
            }
            for each in incident.commitments.open().soonest_first()
        ],
        "promised": [{"audience": each.get_audience_display(), "due_at": each.due_at.isoformat()} for each in promised],
    }
