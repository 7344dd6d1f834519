"""Invitations into an incident: somebody is asked by name, answers or does not, and then somebody else is asked."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from playbooks.models import IncidentRole, RoleDefinition
from teams.errors import Refused
from teams.models import Function, Membership, Rota
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from .functions import ActivationState, FunctionActivation
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .participants import Participant

# At this rank of severity and worse, an answer is wanted sooner.
URGENT_RANK = 2
URGENT_MINUTES, MINUTES = 5, 15


class InvitationState(models.TextChoices):
    REQUESTED = "requested", "Waiting for an answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Not answered in time"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = InvitationState
# Why an invitation that is over cannot be answered any more.
TOO_LATE = {
    S.ACCEPTED: "This invitation was accepted already.",
    S.DECLINED: "This invitation was declined already.",
    S.EXPIRED: "This invitation was not answered in time, and somebody else was asked. You can still join.",
    S.WITHDRAWN: "This invitation was withdrawn.",
}


class InvitationQuerySet(TenantQuerySet):
    def waiting(self):
        return self.filter(state=S.REQUESTED)

    def with_people(self):
        return self.select_related(
            "membership__person", "membership__function", "function", "role", "invited_by__person"
        )

    def latest_first(self):
        return self.order_by("-pk")


class IncidentInvitation(TenantModel):
    """Somebody is wanted, for a function or for a role. `rerouted_from` is the one that nobody answered."""

    State = InvitationState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="invitations")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="incident_invitations")
    function = models.ForeignKey(Function, models.PROTECT, null=True, related_name="+")
    role = models.ForeignKey(RoleDefinition, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    invited_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    rerouted_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.REQUESTED)
    requested_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    objects = TenantManager.from_queryset(InvitationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "membership"],
                condition=Q(state=S.REQUESTED),
                name="incident_invitation_open_once",
            )
        ]

    def __str__(self):
        return f"{self.membership} is invited to {self.incident}"

    @property
    def is_waiting(self):
        return self.state == S.REQUESTED

    @property
    def wanted_for(self):
        """What they are wanted for, in words: the role, or else the function."""
        return str(self.role or self.function or "")

    @property
    def is_for_reading(self):
        """Whether they are wanted to read along, and not to work on it."""
        return self.role is not None and self.role.slug == IncidentRole.OBSERVER

    # --- Asking ------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def invite(cls, incident, membership, *, by, function=None, role=None, reason="", waiver=""):
        """Ask a member to come and work on it, for their own function where nothing else is said.

        Returns the entry. Unanswered, it goes on to whoever is on call for the function.
        """
        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        authority.require_responder(membership, f"{membership.name} is a stakeholder and can follow, not respond.")
        if by == membership:
            raise Refused("You need no invitation: join.", code="invites_oneself")
        if incident.participants.active().filter(membership=membership).exists():
            raise Refused(f"{membership.name} works on it already.", code="unchanged")
        if incident.invitations.waiting().filter(membership=membership).exists():
            raise Refused(f"{membership.name} is invited already and has not answered yet.", code="unchanged")
        lifted = {} if role else Participant._check_cap(incident, membership, by, waiver)
        return cls._send(
            incident, membership, by=by, function=function or membership.function, role=role, reason=reason, **lifted
        )  # fmt: skip

    @transaction.atomic
    def withdraw(self, *, by):
        """Take it back; whoever sent it may, and the lead."""
        self._lock()
        authority.require(
            by == self.invited_by or authority.may_coordinate(by, self.incident),
            "Only whoever invited, or the incident lead, takes an invitation back.",
            code="coordination_right",
        )
        self._settle(S.WITHDRAWN)
        return self._record(kinds.INVITATION_WITHDRAWN, by=by)

    @classmethod
    def take_back(cls, incident, pk, *, by):
        """They are not wanted after all, where an answer still waits; call under the incident's lock."""
        for invitation in incident.invitations.waiting().with_people().filter(pk=pk):
            invitation.incident = incident
            invitation._settle(S.WITHDRAWN)
            invitation._record(kinds.INVITATION_WITHDRAWN, by=by)

    # --- Answering ---------------------------------------------------------------------------

    @transaction.atomic
    def accept(self, *, by):
        """Come: the invited person works on it from now on, and their function is engaged. Whoever is wanted as an
        observer reads along. Returns the entry."""
        self._lock()
        self._require_own(by)
        self.incident.require_open()
        self._settle(S.ACCEPTED)
        entry = self._record(kinds.INVITATION_ACCEPTED, by=by)
        Participant.under_a_hat(self.incident, self.membership, reads=self.is_for_reading)
        if self.is_for_reading:
            return entry
        self._engage_function(by)
        return entry

    @transaction.atomic
    def decline(self, *, by, reason=""):
        """Stay away; whoever invited hears of it and why."""
        self._lock()
        self._require_own(by)
        self._settle(S.DECLINED, answer=reason)
        return self._record(kinds.INVITATION_DECLINED, by=by, reason=reason)

    @classmethod
    def met(cls, incident, membership):
        """Somebody works on it now, however they came: what they were invited to is accepted."""
        for invitation in incident.invitations.waiting().filter(membership=membership):
            invitation._settle(S.ACCEPTED)

    @classmethod
    def end_all(cls, incident):
        """The incident is over: nobody is waited for. Call under the incident's lock."""
        incident.invitations.waiting().update(state=S.WITHDRAWN, answered_at=timezone.now())

    def expire(self, *, now):
        """Nobody answered in time: ask whoever is on call; call under the incident's lock. Returns the entry."""
        successor = self._successor()
        self._settle(S.EXPIRED, now=now)
        entry = self._record(
            kinds.INVITATION_EXPIRED,
            inviter=self.invited_by_id,
            rerouted_to=successor.name if successor else "",
            to_administrators=successor is None,
        )
        if successor:
            self._send(
                self.incident,
                successor,
                by=None,
                function=self.function,
                role=self.role,
                reason=self.reason,
                rerouted_from=self,
                inviter=self.invited_by,
            )
        return entry

    # --- Inside ------------------------------------------------------------------------------

    @classmethod
    def _send(cls, incident, membership, *, by, function, role, reason, rerouted_from=None, inviter=None, **lifted):
        minutes = URGENT_MINUTES if incident.severity.rank <= URGENT_RANK else MINUTES
        now = timezone.now()
        invitation = cls(
            incident=incident,
            membership=membership,
            function=function,
            role=role,
            reason=reason,
            invited_by=by or inviter,
            rerouted_from=rerouted_from,
            requested_at=now,
            expires_at=now + timezone.timedelta(minutes=minutes),
        )
        invitation.save(force_insert=True)
        obligation = Obligation.open(
            incident,
            ObligationKind.INVITATION,
            minutes=minutes,
            subject=invitation.pk,
            owner=membership,
            starts_at=now,
        )
        after = rerouted_from.membership.name if rerouted_from else ""
        return invitation._record(
            kinds.INVITATION_SENT, by=by, obligation=obligation.pk, reason=reason, after=after,
            expires_at=invitation.expires_at.isoformat(), **lifted,
        )  # fmt: skip

    def _lock(self):
        self.incident.lock()
        self.lock()
        if not self.is_waiting:
            raise Refused(TOO_LATE[self.state], code="unchanged" if self.state == S.ACCEPTED else "answered")

    def _require_own(self, by):
        authority.require(by == self.membership, "Only the invited person answers.", code="invited_only")

    def _settle(self, state, *, answer="", now=None):
        self.state, self.answer, self.answered_at = state, answer, now or timezone.now()
        self.save(update_fields=["state", "answer", "answered_at"])
        Obligation.satisfy(self.incident, ObligationKind.INVITATION, self.pk)

    def _record(self, kind, *, by=None, **details):
        return self.incident.record(
            kind,
            by=by,
            **{
                "invitation": self.pk,
                "member": self.membership_id,
                "name": self.membership.name,
                "wanted_for": self.wanted_for,
                "inviter": self.invited_by_id,
                **details,
            },
        )

    def _engage_function(self, by):
        """Who comes for the function they belong to speaks for it."""
        awaited = self.incident.functions.awaited().filter(function=self.function).exists()
        if awaited and self.function_id == self.membership.function_id:
            FunctionActivation.change(self.incident, self.function, ActivationState.ENGAGED, by=by)

    def _successor(self):
        """Whoever is on call for the function and was not asked yet, or None."""
        rota = (
            Rota.objects.select_related("on_call__person", "on_call__function").filter(function=self.function).first()
        )
        if rota is None or not authority.may_respond(rota.on_call):
            return None
        asked = self.incident.invitations.filter(membership=rota.on_call).exists()
        here = self.incident.participants.active().filter(membership=rota.on_call).exists()
        return None if asked or here else rota.on_call


class InvitationDuty(Duty):
    """Somebody was asked to come; when the time is over, the next is."""

    states = ("due",)
    says = {}

    def reached(self, obligation, incident, now):
        invitation = IncidentInvitation.objects.with_people().get(pk=obligation.subject)
        invitation.incident = incident
        if invitation.is_waiting:
            invitation.expire(now=now)
