"""From an entry to proof: what must be fanned out, what is said, each copy on its way, and every attempt."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from incidents import authority
from incidents.models import Incident, TimelineEntry, Workstream
from teams.errors import Refused
from teams.models import Membership, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

# What `provider_id` says of a message that no mail server or gateway was there to take.
KEPT = "kept"
FAN_OUT_TRIES = 5
FAN_OUT_PATIENCE = timedelta(seconds=30)


class FanOutQuerySet(TenantQuerySet):
    def due(self, now):
        return self.filter(done_at=None, next_at__lte=now).order_by("pk")

    def parked(self):
        return self.filter(done_at=None, next_at=None)

    def for_reading(self):
        return self.select_related("entry__incident")


class FanOut(TenantModel):
    """The intent to tell people of an entry, written in the entry's own transaction. `done_at` ends it.

    `next_at` is when it is tried next; None without `done_at` means parked, for a person to look at.
    """

    queue = True

    entry = models.OneToOneField(TimelineEntry, models.PROTECT, related_name="fan_out")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, default=timezone.now)
    problem = models.TextField(blank=True)

    objects = TenantManager.from_queryset(FanOutQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["next_at"], condition=Q(done_at=None), name="fan_out_pending")]

    def __str__(self):
        return f"Fan-out of {self.entry}"

    def take(self, now):
        """Whether it is ours to do now. Counted before it is done, so that one that kills its worker is parked too."""
        due = type(self).objects.due(now).filter(pk=self.pk)
        parked = due.filter(attempts__gte=FAN_OUT_TRIES).update(
            next_at=None, problem=f"{FAN_OUT_TRIES} tries ended without a result."
        )
        return not parked and bool(due.update(attempts=F("attempts") + 1, next_at=now + FAN_OUT_PATIENCE))

    def finish(self, now):
        type(self).objects.filter(pk=self.pk, done_at=None).update(done_at=now, next_at=None, problem="")

    def fail(self, trouble, now):
        """Try again later, or park it for a person."""
        self.refresh_from_db(fields=["attempts"])
        last = self.attempts >= FAN_OUT_TRIES
        pause = timedelta(seconds=5 * 3 ** (self.attempts - 1))
        type(self).objects.filter(pk=self.pk, done_at=None).update(
            problem=str(trouble)[:500], next_at=None if last else now + pause
        )

    @transaction.atomic
    def retry(self, *, by):
        """Let a parked one begin anew."""
        _require_administrator(by)
        self.lock()
        if self.done_at or self.next_at:
            raise Refused("This one is not parked.", code="not_parked")
        self.attempts, self.next_at = 0, timezone.now()
        self.save(update_fields=["attempts", "next_at"])
        audit.log(by, "fan_out_retried", self)


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

    def __str__(self):
        return self.subject


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
    def due(self, now):
        """What has to be looked at: waiting, in doubt, or held by a worker whose lease is over."""
        return self.filter(next_at__lte=now)

    def visible_to(self, membership):
        """Administrators see all, responders what belongs to what they may see, stakeholders their own."""
        if membership.is_administrator:
            return self
        own = Q(recipient=membership)
        if not membership.is_responder:
            return self.filter(own)
        visible = Incident.objects.visible_to(membership).filter(private=True).values("pk")
        seen = self.filter(own | Q(incident__private=False) | Q(incident__in=visible))
        hidden = Workstream.objects.hidden_from(membership)
        return seen.exclude(notice__entry__workstream__in=hidden).exclude(notice__entry__beside__in=hidden)

    def kept(self):
        """What nobody took: there is no mail server, or no gateway."""
        return self.filter(provider_id=KEPT)

    def dead(self):
        return self.filter(state=DeliveryState.FAILED)

    def for_reading(self):
        return self.select_related("recipient__person", "subscriber", "incident__severity", "notice__entry")

    def latest_first(self):
        return self.order_by("-pk")

    def counted_by_state(self):
        """`{state: number}`."""
        return dict(self.order_by().values_list("state").annotate(Count("pk")))


class Delivery(TenantModel):
    """One copy of a notice for one person by one channel. `identifier` is stable towards providers.

    `next_at` is when somebody has to look at it again; None once it is settled. `topic` names what it is about, so
    that something newer about the same takes its place. `doubtful`: an earlier call may have got through.
    """

    queue = True

    Channel = Channel
    State = DeliveryState

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="deliveries")
    recipient = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="deliveries")
    # Somebody outside, who is no member.
    subscriber = models.ForeignKey("Subscriber", models.PROTECT, null=True, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254, blank=True)
    dedup_key = models.CharField(max_length=120)
    topic = models.CharField(max_length=80, blank=True)
    rule = models.CharField(max_length=200, help_text="Which rule decided that this person is told.")
    drill = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    reason = models.CharField(max_length=300, blank=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    # Since a person last said that it should be tried anew.
    failures = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    doubtful = models.BooleanField(default=False)
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
            models.Index(
                fields=["organization", "channel", "next_at"],
                condition=Q(next_at__isnull=False),
                name="delivery_next_by_channel",
            ),
            models.Index(fields=["organization", "incident", "-id"], name="delivery_by_incident"),
            models.Index(fields=["organization", "state", "-id"], name="delivery_by_state"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()} to {self.recipient or self.subscriber}"

    @property
    def is_kept(self):
        return self.provider_id == KEPT

    @property
    def masked_address(self):
        """Enough to recognise one's own: `l…@acme.test`, `…5601`."""
        if self.channel == Channel.SMS:
            return f"…{self.address[-4:]}" if self.address else ""
        local, _, host = self.address.partition("@")
        return f"{local[:1]}…@{host}" if host else ""

    def address_for(self, membership):
        """The address as this member may read it: administrators and the recipient in full."""
        own = membership.pk == self.recipient_id
        return self.address if own or membership.is_administrator else self.masked_address

    @transaction.atomic
    def retry(self, *, by):
        """Begin anew with what was given up."""
        _require_administrator(by)
        self.lock()
        self._require_dead()
        self.state, self.reason, self.settled_at = DeliveryState.PENDING, "", None
        self.failures, self.deaths, self.next_at, self.useful_until = 0, 0, timezone.now(), None
        self.save(update_fields=["state", "reason", "settled_at", "failures", "deaths", "next_at", "useful_until"])
        audit.log(by, "delivery_retried", self)

    @transaction.atomic
    def drop(self, *, by):
        """Leave it unsent for good."""
        _require_administrator(by)
        self.lock()
        self._require_dead()
        self.state, self.reason = DeliveryState.SUPPRESSED, f"Dropped by {by.name}. {self.reason}"[:300]
        self.save(update_fields=["state", "reason"])
        audit.log(by, "delivery_dropped", self)

    def _require_dead(self):
        if self.state != DeliveryState.FAILED:
            raise Refused("This message has not failed.", code="not_failed")


class Attempt(TenantModel):
    """One call to a provider, written down before it is made."""

    class Outcome(models.TextChoices):
        STARTED = "started", "Started"
        ACCEPTED = "accepted", "Accepted"
        RETRY = "retry", "Try later"
        REFUSED = "refused", "Refused"
        UNKNOWN = "unknown", "No answer"
        ABANDONED = "abandoned", "Worker ended"

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    worker = models.CharField(max_length=80)
    fence = models.CharField(max_length=32)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.STARTED)
    answer = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "delivery", "number"], name="attempt_number_once")
        ]

    def __str__(self):
        return f"Attempt {self.number}"


def _require_administrator(by):
    authority.require(
        authority.may_administer(by), "Only administrators of the organisation can do this.", code="administrators_only"
    )
