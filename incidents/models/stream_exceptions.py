"""Exceptions: somebody from outside may speak in a technical workstream for a while, because the lead says so."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .workstreams import Workstream

LONGEST_MINUTES = 240


class StreamExceptionQuerySet(TenantQuerySet):
    def in_force(self, now):
        return self.filter(revoked_at=None, until__gt=now)

    def with_people(self):
        return self.select_related("membership__person", "membership__function", "granted_by__person")

    def latest_first(self):
        return self.order_by("-pk")


class StreamException(TenantModel):
    """One interval in which one member may speak in one workstream; it ends by itself."""

    workstream = models.ForeignKey(Workstream, models.CASCADE, related_name="exceptions")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    until = models.DateTimeField()
    granted_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(StreamExceptionQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "workstream", "membership"], name="exception_by_workstream")]

    def __str__(self):
        return f"{self.membership} in {self.workstream} until {self.until:%H:%M}"

    @classmethod
    @transaction.atomic
    def grant(cls, workstream, membership, *, minutes, by):
        """Let somebody speak there for so many minutes; again for whom it runs already begins a new interval."""
        incident = workstream.incident.lock()
        incident.require_open()
        cls._require_lead(incident, by)
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise Refused(f"An exception lasts up to {LONGEST_MINUTES // 60} hours.", code="exception_length")
        authority.require_responder(membership, f"{membership.name} is a stakeholder and reads no workstreams.")
        now = timezone.now()
        workstream.exceptions.in_force(now).filter(membership=membership).update(revoked_at=now)
        exception = cls.objects.create(
            workstream=workstream,
            membership=membership,
            until=now + timedelta(minutes=minutes),
            granted_by=by,
            granted_at=now,
        )
        return exception._record(kinds.EXCEPTION_GRANTED, by=by, until=exception.until.isoformat())

    @transaction.atomic
    def revoke(self, *, by):
        """End it before its time."""
        incident = self.workstream.incident.lock()
        self.lock()
        self._require_lead(incident, by)
        now = timezone.now()
        if self.revoked_at or self.until <= now:
            raise Refused("This exception is over already.", code="unchanged")
        self.revoked_at = now
        self.save(update_fields=["revoked_at"])
        return self._record(kinds.EXCEPTION_REVOKED, by=by)

    @staticmethod
    def _require_lead(incident, by):
        authority.require_responder(by)
        authority.require(
            authority.may_coordinate(by, incident),
            "Only the incident lead lets others into a technical workstream.",
            code="coordination_right",
        )

    def _record(self, kind, *, by, **details):
        return self.workstream.incident.record(
            kind,
            by=by,
            workstream=self.workstream,
            exception=self.pk,
            member=self.membership_id,
            name=self.membership.name,
            **details,
        )
