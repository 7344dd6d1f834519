"""The order in which services and segments come back: product's, in versions, open to the lead's objection."""

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import DecisionClass, IncidentRole
from teams.errors import Refused
from teams.models import Membership, Service
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..rights import Rights
from ..saying import require_reason
from .impacts import require_basis
from .incident import Incident

MOST_STEPS = 30
# Who works along it.
READERS = (IncidentRole.LEAD, IncidentRole.TECHNICAL_COORDINATOR)


class RestorationOrderQuerySet(TenantQuerySet):
    def current(self):
        """The latest version with its steps, or None."""
        return self.for_reading().latest_first().first()

    def for_reading(self):
        steps = RestorationStep.objects.select_related("service").order_by("position")
        return self.select_related("set_by__person", "objected_by__person").prefetch_related(
            models.Prefetch("steps", queryset=steps)
        )

    def latest_first(self):
        return self.order_by("-version")


class RestorationOrder(TenantModel):
    """`interim`: set by whoever stands in for product. An objection belongs to the version that it objects to."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="restoration_orders")
    version = models.PositiveIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    interim = models.BooleanField(default=False)
    authority_used = models.CharField(max_length=60, blank=True)
    set_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    objection = models.CharField(max_length=500, blank=True)
    objected_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    objected_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(RestorationOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "version"], name="restoration_order_version_once"
            )
        ]

    def __str__(self):
        return f"Restoration order {self.version}"

    @classmethod
    def version_of(cls, incident):
        """The version that holds; 0 before the first."""
        return incident.restoration_orders.aggregate(last=Max("version"))["last"] or 0

    @classmethod
    @transaction.atomic
    def set(cls, incident, steps, *, by, reason="", based_on=None, waiver=""):
        """Say what comes back first. `steps` are services or words, each once. Returns the entry."""
        incident.lock()
        incident.require_open()
        right = Rights(incident).to_decide(DecisionClass.PRIORITY)
        used, waiver = authority.require_priority(by, incident, "says what comes back first", waiver, right=right)
        steps = _distinct(steps)
        if not steps:
            raise Refused("Name at least one thing that has to come back.", code="empty")
        if len(steps) > MOST_STEPS:
            raise Refused(f"At most {MOST_STEPS} places.", code="too_many")
        before = incident.restoration_orders.current()
        require_basis(before, based_on)
        if before and [step.what for step in before.steps.all()] == [_name(step) for step in steps]:
            raise Refused("This is the order already.", code="unchanged")
        order = cls.objects.create(
            incident=incident,
            version=(before.version if before else 0) + 1,
            reason=reason,
            interim=right.interim and not waiver,
            authority_used=used,
            set_by=by,
        )
        for position, step in enumerate(steps, start=1):
            named = {"words": step} if isinstance(step, str) else {"service": step}
            order.steps.create(position=position, **named)
        return order._record(
            kinds.RESTORATION_ORDER_SET,
            by=by,
            order=[_name(step) for step in steps],
            interim=order.interim,
            reason=reason,
            waiver=waiver,
            told_members=sorted(incident.holders_of(READERS) - {by.pk if by else None}),
        )

    @transaction.atomic
    def object(self, *, by, reason):
        """The lead says why this is not how it will be done, for all to read; product decides anew or leaves it so."""
        incident = self.incident.lock()
        self.lock()
        self.incident = incident
        self.incident.require_open()
        authority.require(
            authority.may_coordinate(by, self.incident),
            "The incident lead objects to it.",
            code="coordination_right",
        )
        reason = require_reason(reason, "Say what speaks against it.")
        if self.version != type(self).version_of(self.incident):
            raise Refused("There is a newer order. Read that one.", code="stale_basis")
        if self.objection:
            raise Refused(f"{self.objected_by.name} has objected to it already.", code="unchanged")
        self.objection, self.objected_by, self.objected_at = reason, by, timezone.now()
        self.save(update_fields=["objection", "objected_by", "objected_at"])
        told = self.incident.holders_of([IncidentRole.PRODUCT]) | {self.set_by_id}
        return self._record(
            kinds.RESTORATION_ORDER_OBJECTED, by=by, reason=reason, told_members=sorted(told - {None, by.pk})
        )

    def _record(self, kind, *, by, **details):
        return self.incident.record(kind, by=by, restoration_order=self.pk, version=self.version, **details)


class RestorationStep(TenantModel):
    """One place of an order: a service, or something else in words."""

    restoration_order = models.ForeignKey(RestorationOrder, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    service = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    words = models.CharField(max_length=120, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "restoration_order", "position"], name="restoration_step_once"
            )
        ]

    @property
    def what(self):
        return self.service.name if self.service else self.words


def _name(step):
    return step if isinstance(step, str) else step.name


def _distinct(steps):
    """Words trimmed, empty ones and repetitions left out; what comes first stays."""
    kept = {}
    for given in steps:
        step = " ".join(given.split()) if isinstance(given, str) else given
        if step:
            kept.setdefault(_name(step).casefold(), step)
    return list(kept.values())
