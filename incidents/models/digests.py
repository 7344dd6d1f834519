"""Digests: the support liaison tells the room what customers say now, with the numbers of that moment."""

import hashlib

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..saying import require_words
from .incident import Incident

MAX_LENGTH = 2000


class DigestQuerySet(TenantQuerySet):
    def latest_first(self):
        return self.order_by("-number")

    def for_reading(self):
        return self.select_related("given_by__person")


class SupportDigest(TenantModel):
    """`number` is its version, 1…n per incident. `figures` are those of the moment: reports, customers, direction and
    `symptoms` with a number each."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="digests")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=MAX_LENGTH)
    figures = models.JSONField(default=dict)
    given_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(DigestQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="digest_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "given_by", "key"], name="digest_key_once"),
        ]

    def __str__(self):
        return f"Digest {self.number}"

    @classmethod
    @transaction.atomic
    def give(cls, incident, text, *, by, key=None):
        """Tell the room what customers say now. Returns the entry; the same `key` again returns the first one's."""
        from ..tally import Tally

        incident.lock()
        if key and (earlier := incident.digests.filter(given_by=by, key=key).first()):
            return incident.timeline.get(kind=kinds.DIGEST_GIVEN.name, details__digest=earlier.pk)
        incident.require_not_closed()
        authority.require(
            authority.may_sort_reports(by, incident),
            "The support liaison or the incident lead says what customers say.",
            code="liaison_right",
        )
        text = require_words(text, "Write what customers say now.")
        last = incident.digests.aggregate(last=Max("number"))["last"] or 0
        digest = cls.objects.create(
            incident=incident, number=last + 1, text=text, figures=Tally(incident).figures, given_by=by, key=key
        )
        return incident.record(
            kinds.DIGEST_GIVEN,
            by=by,
            digest=digest.pk,
            number=digest.number,
            reports=digest.figures["reports"],
            customers=digest.figures["customers"],
            direction=digest.figures["direction"],
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
