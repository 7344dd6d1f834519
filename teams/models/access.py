"""What programs carry: tokens, and the memory that makes their repeated requests harmless."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from .. import secrets, signals
from ..errors import Refused
from ..tenancy import TenantManager, TenantModel, TenantQuerySet
from . import audit
from .membership import Membership

TOKEN_PREFIX = "mst"  # noqa: S105 - the public part that secret scanners look for


class ApiTokenQuerySet(TenantQuerySet):
    def valid(self, now=None):
        now = now or timezone.now()
        unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(unexpired, revoked_at=None, membership__ended_at=None, membership__person__is_active=True)

    def seen_by(self, membership):
        """One's own tokens; administrators see everybody's. Revoked ones are history (`audit`)."""
        current = self.valid().select_related("membership__person")
        return current if membership.is_administrator else current.filter(membership=membership)

    def latest_first(self):
        return self.order_by("-created_at", "-pk")

    def with_key(self, key):
        return self.valid().filter(key_hash=secrets.hash_of(key))


class ApiToken(TenantModel):
    """Acts for one membership, so it names the organisation and the person."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, default="API token")
    key_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(ApiTokenQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "key_hash"], name="api_token_key_once")]

    def __str__(self):
        return self.name

    @classmethod
    @transaction.atomic
    def issue(cls, membership, *, name="API token", expires_at=None):
        """Make a token. Returns `(token, key)`; the key is not kept and cannot be shown again."""
        key = secrets.new_key(TOKEN_PREFIX, membership.organization_id)
        token = cls.objects.create(
            membership=membership, name=name, key_hash=secrets.hash_of(key), expires_at=expires_at
        )
        audit.log(membership, "token_issued", token)
        return token, key

    @transaction.atomic
    def revoke(self, *, by):
        self.lock()
        if by != self.membership and not by.is_administrator:
            raise Refused("Only its owner or an administrator can revoke this token.", code="administrators_only")
        if self.revoked_at:
            raise Refused("This token is revoked already.", code="already_revoked")
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
        audit.log(by, "token_revoked", self)
        transaction.on_commit(
            lambda: signals.rights_changed.send_robust(type(self), membership=self.membership), robust=True
        )


class IdempotentRequest(TenantModel):
    """One POST under one `Idempotency-Key`: what was asked, and what was answered once it was."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="requests")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "token", "key"], name="idempotent_request_once")]
        indexes = [models.Index(fields=["token", "started_at"], name="idempotent_request_by_age")]
