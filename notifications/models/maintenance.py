"""Planned work: a window in which some parts may not work, told to the public beforehand."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import Membership, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .public_incidents import new_code
from .status_page import Component, StatusPage

LONGEST = timedelta(days=7)


class MaintenanceQuerySet(TenantQuerySet):
    def standing(self):
        return self.filter(cancelled_at=None)

    def ahead(self, now):
        """What goes on or is still to come."""
        return self.standing().filter(ends_at__gt=now).order_by("starts_at", "pk")

    def over(self, now):
        return self.standing().filter(ends_at__lte=now).order_by("-starts_at", "-pk")

    def with_components(self):
        shown = models.Prefetch("components", Component.objects.in_order(), to_attr="parts")
        return self.prefetch_related(shown)


class Maintenance(TenantModel):
    """It begins and ends by the clock; nobody has to press anything."""

    code = models.CharField(max_length=12, default=new_code)
    title = models.CharField(max_length=160)
    text = models.TextField(max_length=2000, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    components = models.ManyToManyField(Component, through="MaintenanceComponent", related_name="maintenances")
    planned_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(MaintenanceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="maintenance_code_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="maintenance_ends_later"),
        ]
        indexes = [models.Index(fields=["organization", "ends_at"], name="maintenance_by_end")]

    def __str__(self):
        return self.title

    def state(self, now):
        """`scheduled`, `in_progress`, `completed` or `cancelled`."""
        if self.cancelled_at:
            return "cancelled"
        if now < self.starts_at:
            return "scheduled"
        return "in_progress" if now < self.ends_at else "completed"

    @classmethod
    @transaction.atomic
    def plan(cls, *, by, title, starts_at, ends_at, text="", components=()):
        """Announce a window. Returns it."""
        require_administrator(by)
        now = timezone.now()
        if ends_at <= starts_at:
            raise Refused("It has to end after it begins.", code="ends_before_start")
        if ends_at <= now:
            raise Refused("This window is over already.", code="in_past")
        if ends_at - starts_at > LONGEST:
            raise Refused("A window lasts a week at most; plan several.", code="too_long")
        planned = cls.objects.create(
            title=title, text=text, starts_at=starts_at, ends_at=ends_at, planned_by=by, planned_at=now
        )
        planned.components.set(components)
        audit.log(by, "maintenance_planned", planned)
        StatusPage.touch()
        return planned

    @transaction.atomic
    def cancel(self, *, by):
        """Take it back before it is over."""
        self.lock()
        require_administrator(by)
        if self.cancelled_at:
            raise Refused("This maintenance is cancelled already.", code="unchanged")
        if self.ends_at <= timezone.now():
            raise Refused("This maintenance is over.", code="in_past")
        self.cancelled_at = timezone.now()
        self.save(update_fields=["cancelled_at"])
        audit.log(by, "maintenance_cancelled", self)
        StatusPage.touch()


class MaintenanceComponent(TenantModel):
    """A component that a window is about."""

    maintenance = models.ForeignKey(Maintenance, models.CASCADE, related_name="+")
    component = models.ForeignKey(Component, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "maintenance", "component"], name="maintenance_component_once"
            )
        ]
