"""Planned work: a window in which some parts may not work, told to the public beforehand."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import Membership, Organization, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .maintenance_words import MaintenanceWord, WordKind
from .public_incidents import new_code
from .status_page import Component, StatusPage

LONGEST = timedelta(days=7)


class MaintenanceQuerySet(TenantQuerySet):
    def standing(self):
        return self.filter(cancelled_at=None)

    def left(self, now):
        """What the public may know of: nothing that can still be taken back, or was."""
        left = self.filter(Q(held_until=None) | Q(held_until__lte=now))
        return left.filter(Q(cancelled_at=None) | Q(held_until=None) | Q(cancelled_at__gt=F("held_until")))

    def ahead(self, now):
        """What goes on or is still to come."""
        return self.standing().filter(ends_at__gt=now).order_by("starts_at", "pk")

    def over(self, now):
        return self.standing().filter(ends_at__lte=now).order_by("-starts_at", "-pk")

    def with_components(self):
        shown = models.Prefetch("components", Component.objects.in_order(), to_attr="parts")
        return self.prefetch_related(shown)


class Maintenance(TenantModel):
    """It begins and ends by the clock; nobody has to press anything.

    Until `held_until` it can be taken back before anybody hears of it. `version` counts what was changed since.
    """

    code = models.CharField(max_length=12, default=new_code)
    title = models.CharField(max_length=160)
    text = models.TextField(max_length=2000, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    components = models.ManyToManyField(Component, through="MaintenanceComponent", related_name="maintenances")
    planned_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=0)

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

    def is_held(self, now):
        """Whether it has not been announced yet."""
        return self.held_until is not None and now < self.held_until

    @classmethod
    @transaction.atomic
    def plan(cls, *, by, title, starts_at, ends_at, text="", components=(), hold=None):
        """Announce a window, after `hold` where one may want to take it back. Returns it.

        What this member has planned already, word for word, is not announced a second time: that one is returned.
        """
        require_administrator(by)
        now, components = timezone.now(), list(components)
        _require_possible(starts_at, ends_at, now)
        # One plan at a time, so that of two at the same moment the second finds the first.
        Organization.objects.take_turn()
        same = cls.objects.ahead(now).filter(
            title=title, text=text, starts_at=starts_at, ends_at=ends_at, planned_by=by
        )  # fmt: skip
        for earlier in same:
            if earlier._parts() == {each.pk for each in components}:
                return earlier
        planned = cls.objects.create(
            title=title,
            text=text,
            starts_at=starts_at,
            ends_at=ends_at,
            planned_by=by,
            planned_at=now,
            changed_at=now,
            held_until=now + hold if hold else None,
        )
        planned.components.set(components)
        MaintenanceWord.say(planned, WordKind.ANNOUNCED, about=planned._parts(), due_at=planned.held_until or now)
        MaintenanceWord.wind(planned, now)
        audit.log(by, "maintenance_planned", planned)
        StatusPage.touch(at=planned.held_until)
        return planned

    @transaction.atomic
    def change(self, *, by, components=None, hold=None, **fields):
        """Say something else about it: `title`, `text`, `starts_at`, `ends_at`; what is left out stays."""
        self._begin(by, cancelled="cancelled")
        now, was, about = timezone.now(), (self.starts_at, self.ends_at), self._parts()
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        _require_possible(self.starts_at, self.ends_at, now)
        if components is not None:
            self.components.set(components)
        if not changed and self._parts() == about:
            raise Refused("That is what it says already.", code="unchanged")
        if self.is_held(now):
            self.held_until = now + hold if hold else now
        self.changed_at, self.version = now, self.version + 1
        self.save(update_fields=[*changed, "held_until", "changed_at", "version"])
        moved = was != (self.starts_at, self.ends_at)
        MaintenanceWord.say(
            self,
            WordKind.MOVED if moved else WordKind.CHANGED,
            about=about | self._parts(),
            due_at=now + hold if hold else now,
            was=was if moved else None,
        )
        if moved:
            MaintenanceWord.wind(self, now)
        audit.log(by, "maintenance_changed", self)
        StatusPage.touch(at=self.held_until if self.is_held(now) else None)

    @transaction.atomic
    def cancel(self, *, by):
        """Take it back before it is over. Who has not heard of it hears nothing."""
        self._begin(by, cancelled="unchanged")
        self.cancelled_at = self.changed_at = now = timezone.now()
        self.version += 1
        self.save(update_fields=["cancelled_at", "changed_at", "version"])
        if not MaintenanceWord.take_back(self):
            MaintenanceWord.say(self, WordKind.CANCELLED, about=self._parts(), due_at=now)
        audit.log(by, "maintenance_cancelled", self)
        StatusPage.touch()

    @transaction.atomic
    def end(self, *, by):
        """Say that it is over before its time. Who heard of it hears that once; who has not hears nothing."""
        self._begin(by, cancelled="cancelled")
        now, was = timezone.now(), (self.starts_at, self.ends_at)
        if now <= self.starts_at:
            raise Refused("This maintenance has not begun. Cancel it instead.", code="not_begun")
        self.ends_at = self.changed_at = now
        self.version += 1
        self.save(update_fields=["ends_at", "changed_at", "version"])
        if not MaintenanceWord.take_back(self):
            MaintenanceWord.finish(self, now, was=was)
        audit.log(by, "maintenance_ended", self)
        StatusPage.touch()

    def _begin(self, by, *, cancelled):
        self.lock()
        require_administrator(by)
        if self.cancelled_at:
            raise Refused("This maintenance is cancelled already.", code=cancelled)
        if self.ends_at <= timezone.now():
            raise Refused("This maintenance is over.", code="in_past")

    def _parts(self):
        return set(self.components.values_list("pk", flat=True))


def _require_possible(starts_at, ends_at, now):
    if ends_at <= starts_at:
        raise Refused("It has to end after it begins.", code="ends_before_start")
    if ends_at <= now:
        raise Refused("This window is over already.", code="in_past")
    if ends_at - starts_at > LONGEST:
        raise Refused("A window lasts a week at most; plan several.", code="too_long")


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
