"""Rules that somebody lifted for one incident, by name and with a reason."""

from django.db import models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .workstreams import Workstream


class GuardWaiverQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Without the reasons that were given about restricted workstreams the member may not know of."""
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def with_people(self):
        return self.select_related("granted_by__person")

    def in_order(self):
        return self.order_by("granted_at")


class GuardWaiver(TenantModel):
    """`guard` is the code of a guard, `subject` what it was about; the same rule is lifted once."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="waivers")
    guard = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)
    reason = models.TextField()
    workstream = models.ForeignKey(Workstream, models.CASCADE, null=True, related_name="+")
    granted_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(GuardWaiverQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "guard", "subject"], name="guard_waived_once")
        ]

    def __str__(self):
        return f"{self.guard} {self.subject}".strip()

    @property
    def rule(self):
        """The guard's code, for reading."""
        return self.guard.replace("_", " ").capitalize()

    @classmethod
    @transaction.atomic
    def grant(cls, incident, guard, subject="", *, reason, by):
        """Settle a gap that stands open by saying why nothing has to fill it. Returns the entry."""
        from ..guards import Facts, gaps_of

        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        gap = next(
            (each for each in gaps_of(Facts.of(incident, viewer=by)) if (each.code, each.subject) == (guard, subject)),
            None,
        )
        if gap is None:
            raise Refused("Nothing is missing there any more.", code="unchanged")
        if not gap.waivable:
            raise Refused("This can only be done, not waived.", code="not_waivable")
        if not reason:
            raise Refused("Say why nothing has to be done about it.", code="reason_required")
        workstream = incident.workstreams.filter(pk=gap.workstream).first() if gap.workstream else None
        cls.keep(incident, guard, subject, reason=reason, by=by, workstream=workstream)
        return incident.record(
            kinds.GUARD_WAIVED,
            by=by,
            workstream=workstream,
            guard=guard,
            subject=subject,
            gap=gap.message,
            waiver=reason,
            waived=[guard],
        )

    @classmethod
    def keep(cls, incident, guard, subject="", *, reason, by, workstream=None):
        """Note that a rule is lifted; call under the incident's lock, with the entry that says so."""
        cls.objects.update_or_create(
            incident=incident,
            guard=guard,
            subject=subject,
            defaults={
                "reason": reason,
                "granted_by": by,
                "granted_at": timezone.now(),
                "workstream": workstream,
            },
        )
