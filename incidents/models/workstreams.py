"""Parallel lines of work, each with its own thread."""

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .participants import Participant


class WorkstreamState(models.TextChoices):
    WORKING = "working", "Working"
    BLOCKED = "blocked", "Blocked"
    DONE = "done", "Done"


class WorkstreamQuerySet(TenantQuerySet):
    def in_order(self):
        return self.order_by("position")

    def with_people(self):
        return self.select_related("owner__person", "domain")


class Workstream(TenantModel):
    State = WorkstreamState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="workstreams")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="workstreams")
    state = models.CharField(max_length=8, choices=WorkstreamState, default=WorkstreamState.WORKING)
    opened_at = models.DateTimeField(default=timezone.now)
    last_word_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(WorkstreamQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "position"], name="workstream_position_once")
        ]

    def __str__(self):
        return self.title

    @classmethod
    @transaction.atomic
    def open(cls, incident, title, *, by, domain=None, owner=None):
        """Start a line of work. Returns the entry; the workstream is its `workstream`."""
        incident.lock()
        incident.require_open()
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        if owner is not None:
            authority.require(
                authority.may_respond(owner),
                f"{owner.name} is a stakeholder and cannot own a workstream.",
                code="responders_only",
            )
        last = incident.workstreams.aggregate(last=Max("position"))["last"] or 0
        workstream = cls.objects.create(incident=incident, title=title, domain=domain, owner=owner, position=last + 1)
        if owner is not None:
            Participant.ensure(incident, owner)
        return incident.record(
            kinds.WORKSTREAM_OPENED,
            by=by,
            workstream=workstream,
            title=title,
            domain=domain.slug if domain else "",
            owner=owner.name if owner else "",
        )

    @transaction.atomic
    def change(self, *, by, state=None, owner=None, title=None):
        """Say that it is blocked or done, rename it, or give it to somebody. Returns the entry."""
        self.incident.lock()
        self.lock()
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        changed = {}
        for field, value in (("state", state), ("title", title)):
            if value and value != getattr(self, field):
                changed[field] = {"before": getattr(self, field), "after": value}
                setattr(self, field, value)
        if owner is not None and owner != self.owner:
            changed["owner"] = {"before": self.owner.name if self.owner else "", "after": owner.name}
            self.owner = owner
        if not changed:
            raise Refused("Nothing was changed.", code="unchanged")
        self.save(update_fields=["state", "title", "owner"])
        return self.incident.record(kinds.WORKSTREAM_CHANGED, by=by, workstream=self, title=self.title, changed=changed)
