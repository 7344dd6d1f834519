"""People outside who asked to hear what the status page says: never before they confirm, never after they leave."""

import hmac
from collections import defaultdict
from datetime import timedelta

from django.core import signing
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import AuditEntry, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .status_page import Component

CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5
LINK_LIFE = timedelta(hours=72)
ASKED_AGAIN, ASKED_AGAIN_EVERY = "subscriber_asked_again", timedelta(hours=24)
SALT = "notifications.subscriber"


class SubscriberQuerySet(TenantQuerySet):
    def confirmed(self):
        return self.filter(confirmed_at__isnull=False, left_at=None)

    def unproven(self):
        """Entered, but nobody has shown that the address is theirs: nothing but the proof is sent there."""
        return self.filter(confirmed_at=None, left_at=None)

    def wanting(self, components):
        """Who chose nothing in particular, or one of these."""
        chosen = SubscriberComponent.objects.filter(subscriber=models.OuterRef("pk"))
        return self.filter(~models.Exists(chosen) | models.Exists(chosen.filter(component__in=components)))

    def latest_first(self):
        return self.order_by("-pk")

    def counted(self):
        """`{channel: number}` of those who are written to."""
        return dict(self.confirmed().order_by().values_list("channel").annotate(models.Count("pk")))

    def by_channel(self):
        """`{channel: {primary key}}` of those who are written to."""
        found = defaultdict(set)
        for channel, pk in self.confirmed().order_by().values_list("channel", "pk"):
            found[channel].add(pk)
        return found


class Subscriber(TenantModel):
    """An address of somebody who is no member. `turn` counts how often it left: links of an earlier turn are dead."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"

    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    components = models.ManyToManyField(Component, through="SubscriberComponent", related_name="subscribers")
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    turn = models.PositiveIntegerField(default=0)
    code_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    objects = TenantManager.from_queryset(SubscriberQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "channel", "address"], name="subscriber_once")]
        indexes = [
            models.Index(
                fields=["organization", "channel"],
                condition=Q(confirmed_at__isnull=False, left_at=None),
                name="subscriber_confirmed",
            )
        ]

    def __str__(self):
        return f"Subscriber {self.pk}"

    @property
    def is_confirmed(self):
        return self.confirmed_at is not None and self.left_at is None

    @property
    def is_unproven(self):
        return self.confirmed_at is None and self.left_at is None

    @property
    def masked_address(self):
        """Enough for an administrator to recognise whom somebody asks about."""
        if self.channel == self.Channel.SMS:
            return f"…{self.address[-4:]}"
        local, _, host = self.address.partition("@")
        return f"{local[:1]}…@{host}"

    # --- Proof: what only who reads the address has ------------------------------------------------

    def token(self, purpose):
        """For a link in a message: `confirm` and `manage` open what this turn may do, `leave` always lets go."""
        return signing.dumps([self.organization_id, self.pk, self.turn], salt=f"{SALT}.{purpose}")

    @staticmethod
    def read(token, purpose, *, max_age=None):
        """`(organisation, subscriber, turn)` of a token that we wrote; `BadSignature` for every other."""
        return signing.loads(token, salt=f"{SALT}.{purpose}", max_age=max_age)

    @property
    def code(self):
        """Six digits for a text message, good for a quarter of an hour."""
        words = f"{self.organization_id}:{self.pk}:{self.turn}:{self.code_at.isoformat()}"
        return f"{int(salted_hmac(SALT, words, algorithm='sha256').hexdigest(), 16) % 1_000_000:06}"

    # --- Verbs ----------------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def sign_up(cls, channel, address, components=()):
        """Note that somebody entered this address; nothing follows from it before its owner confirms.

        Whoever is confirmed keeps what they chose: anybody can enter anybody's address.
        """
        now = timezone.now()
        cls.objects.bulk_create([cls(channel=channel, address=address)], ignore_conflicts=True)
        subscriber = cls.objects.get(channel=channel, address=address).lock()
        if not subscriber.is_confirmed:
            subscriber.components.set(components)
            subscriber.confirmed_at = subscriber.left_at = None
        subscriber.asked_at = subscriber.code_at = now
        subscriber.code_tries = 0
        subscriber.save(update_fields=["confirmed_at", "left_at", "asked_at", "code_at", "code_tries"])
        return subscriber

    @transaction.atomic
    def confirm(self, turn):
        """The owner of the address wants it. Twice is once; a link from before they left is dead."""
        self.lock()
        if turn != self.turn or self.left_at:
            raise Refused("This link has been used up. Subscribe again.", code="link_over")
        if self.confirmed_at is None:
            self.confirmed_at = timezone.now()
            self.save(update_fields=["confirmed_at"])

    @transaction.atomic
    def try_code(self, code):
        """Whether the code is the one that was sent; after five wrong ones a new one is needed."""
        self.lock()
        fresh = self.code_at and self.code_at > timezone.now() - CODE_LIFE and self.code_tries < CODE_TRIES
        if not fresh or self.left_at or not hmac.compare_digest(self.code.encode(), code.strip().encode()):
            self.code_tries = min(self.code_tries + 1, CODE_TRIES)
            self.save(update_fields=["code_tries"])
            return False
        self.confirmed_at = self.confirmed_at or timezone.now()
        self.code_at = None
        self.save(update_fields=["confirmed_at", "code_at"])
        return True

    @transaction.atomic
    def choose(self, components, *, turn):
        """Hear of these only; none means of everything."""
        self.lock()
        if turn != self.turn or not self.is_confirmed:
            raise Refused("This link has been used up. Subscribe again.", code="link_over")
        self.components.set(components)

    @transaction.atomic
    def leave(self):
        """No more messages, from the next one on. Twice is once."""
        self.lock()
        if self.left_at is None:
            self.left_at, self.turn = timezone.now(), self.turn + 1
            self.save(update_fields=["left_at", "turn"])

    @transaction.atomic
    def ask_again(self, *, by):
        """Let the proof be sent once more, once a day, to somebody who says that it never came. The caller sends it."""
        self.lock()
        require_administrator(by)
        if self.left_at:
            raise Refused("They have unsubscribed; only they can subscribe again.", code="left")
        if self.confirmed_at:
            raise Refused("They have confirmed meanwhile.", code="confirmed")
        if self.channel == self.Channel.SMS:
            raise Refused("A code soon expires: they have to ask for it on the status page.", code="sms")
        # Read from what was done, under the lock: what a cache has counted may be gone.
        before = AuditEntry.objects.about(self).filter(act=ASKED_AGAIN, at__gt=timezone.now() - ASKED_AGAIN_EVERY)
        if before.exists():
            raise Refused("This was sent once more today already. Try again tomorrow.", code="too_often")
        audit.log(by, ASKED_AGAIN, self)

    @transaction.atomic
    def remove(self, *, by):
        """Let somebody go who asked an administrator instead of using the link."""
        require_administrator(by)
        self.leave()
        audit.log(by, "subscriber_removed", self)


class SubscriberComponent(TenantModel):
    """A component that a subscriber wants to hear of."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+")
    component = models.ForeignKey(Component, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "subscriber", "component"], name="subscriber_component_once"
            )
        ]
