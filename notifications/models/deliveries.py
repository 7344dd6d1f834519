"""From an entry to proof: what must be fanned out, what is said, each copy on its way, and every attempt."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models import Incident, TimelineEntry
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet


class FanOut(TenantModel):
    """The intent to tell people of an entry, written in the entry's own transaction. `done_at` ends it."""

    queue = True

    entry = models.OneToOneField(TimelineEntry, models.PROTECT, related_name="fan_out")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    problem = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["next_at"], condition=Q(done_at=None), name="fan_out_pending")]


class Notice(TenantModel):
    """What one entry says to one kind of reader: subject and text for e-mail, a short text for SMS."""

    entry = models.ForeignKey(TimelineEntry, models.PROTECT, null=True, related_name="notices")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="notices")
    reader = models.CharField(max_length=24)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    short = models.CharField(max_length=320)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "entry", "reader"], name="notice_once")]


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    LEASED = "leased", "Sending"
    ACCEPTED = "accepted", "Accepted"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    SUPPRESSED = "suppressed", "Not sent"
    UNKNOWN = "unknown", "Unknown"


class DeliveryQuerySet(TenantQuerySet):
    def latest_first(self):
        return self.order_by("-pk")


class Delivery(TenantModel):
    """One copy of a notice for one person by one channel. `identifier` is stable towards providers."""

    queue = True

    Channel = Channel
    State = DeliveryState

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="deliveries")
    recipient = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    dedup_key = models.CharField(max_length=120)
    rule = models.CharField(max_length=200, help_text="Which rule decided that this person is told.")
    drill = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(null=True, default=timezone.now)
    useful_until = models.DateTimeField(null=True)
    fence = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    identifier = models.CharField(max_length=40)
    provider_id = models.CharField(max_length=120, blank=True)

    objects = TenantManager.from_queryset(DeliveryQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["organization", "dedup_key"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="delivery_next"),
            models.Index(fields=["organization", "incident", "-id"], name="delivery_by_incident"),
        ]


class Attempt(TenantModel):
    """One call to a provider, written down before it is made."""

    class Outcome(models.TextChoices):
        STARTED = "started", "Started"
        ACCEPTED = "accepted", "Accepted"
        RETRY = "retry", "Try later"
        REFUSED = "refused", "Refused"
        UNKNOWN = "unknown", "Unknown"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    worker = models.CharField(max_length=80)
    fence = models.CharField(max_length=32)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.STARTED)
    answer = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "delivery", "number"], name="attempt_number_once")
        ]
