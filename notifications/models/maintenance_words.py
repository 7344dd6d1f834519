"""What is said of planned work to those who subscribed: by people at once, by the clock when its moment has come."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .deliveries import Notice

# How long before it begins people are reminded: the longest that is no more than half of the time that is left.
LEADS = (timedelta(hours=24), timedelta(hours=1))


class WordKind(models.TextChoices):
    ANNOUNCED = "announced", "Planned maintenance"
    CHANGED = "changed", "Maintenance changed"
    MOVED = "moved", "Maintenance moved"
    CANCELLED = "cancelled", "Maintenance cancelled"
    REMINDED = "reminded", "Maintenance soon"
    STARTED = "started", "Maintenance has begun"
    FINISHED = "finished", "Maintenance is over"


BY_THE_CLOCK = (WordKind.REMINDED, WordKind.STARTED, WordKind.FINISHED)


class MaintenanceWordQuerySet(TenantQuerySet):
    def waiting(self):
        """What nobody has been told, or is being told."""
        return self.filter(settled_at=None, notice=None)

    def of_people(self):
        return self.exclude(kind__in=BY_THE_CLOCK)

    def by_the_clock(self):
        return self.filter(kind__in=BY_THE_CLOCK)

    def due(self, now):
        return self.filter(settled_at=None, due_at__lte=now).order_by("due_at", "pk")


class MaintenanceWord(TenantModel):
    """One thing to be said of a window once `due_at` has come. `settled_at` ends it, told or left out.

    `details`: `about`, the primary keys of the parts that it is about or was about before; `was`, from when to when it
    was planned before.
    """

    # The scheduler looks which are due.
    queue = True

    Kind = WordKind

    maintenance = models.ForeignKey("Maintenance", models.CASCADE, related_name="words")
    kind = models.CharField(max_length=10, choices=WordKind)
    due_at = models.DateTimeField()
    details = models.JSONField(default=dict)
    notice = models.OneToOneField(Notice, models.PROTECT, null=True, related_name="maintenance_word")
    settled_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(MaintenanceWordQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["due_at"], condition=Q(settled_at=None), name="maintenance_word_due")]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.maintenance}"

    @property
    def useful_until(self):
        """From then on it is news no more."""
        if self.kind == WordKind.REMINDED:
            return self.maintenance.starts_at
        if self.kind in (WordKind.FINISHED, WordKind.CANCELLED):
            return self.due_at + timedelta(hours=24)
        return self.maintenance.ends_at

    # --- Said of a window whose row is locked ---------------------------------------------------------

    @classmethod
    def say(cls, window, kind, *, about, due_at, was=None):
        """Say it, or let what was said before and nobody has heard yet say it, too."""
        said = window.words.waiting().of_people().first()
        if said is None:
            details = {"about": sorted(about), **({"was": [each.isoformat() for each in was]} if was else {})}
            return window.words.create(kind=kind, due_at=due_at, details=details)
        if said.kind == WordKind.CHANGED and was:
            said.kind, said.details["was"] = kind, [each.isoformat() for each in was]
        said.details["about"] = sorted({*said.details["about"], *about})
        said.due_at = due_at
        said.save(update_fields=["kind", "details", "due_at"])
        return said

    @classmethod
    def finish(cls, window, now, *, was):
        """Say at once that it is over, earlier than the clock would have."""
        window.words.create(kind=WordKind.FINISHED, due_at=now, details={"was": [each.isoformat() for each in was]})

    @classmethod
    def take_back(cls, window):
        """Nothing that waits is said. Returns whether nobody has heard of the window at all."""
        waiting = list(window.words.waiting())
        cls.objects.filter(pk__in=[each.pk for each in waiting]).delete()
        return any(each.kind == WordKind.ANNOUNCED for each in waiting)

    @classmethod
    def wind(cls, window, now):
        """Let the clock say what it has to say of the window as it is planned now."""
        moments = {
            WordKind.REMINDED: reminder_of(window, now),
            WordKind.STARTED: window.starts_at,
            WordKind.FINISHED: window.ends_at,
        }
        waiting = list(window.words.waiting().by_the_clock())
        stay = {each.kind for each in waiting if each.due_at == moments[each.kind]}
        cls.objects.filter(pk__in=[each.pk for each in waiting if each.kind not in stay]).delete()
        cls.objects.bulk_create(
            cls(maintenance=window, kind=kind, due_at=moment)
            for kind, moment in moments.items()
            if kind not in stay and moment and moment > now
        )


def reminder_of(window, now):
    """When to remind of it; None where it begins too soon for that."""
    return next((window.starts_at - lead for lead in LEADS if window.starts_at - 2 * lead >= now), None)
