"""The support brief: what agents may tell customers right now. Every version stays; agents read the current one."""

import hashlib

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from teams.errors import Refused
from teams.models import Function, Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .obligations import LONGEST_PROMISE

MAX_LENGTH = 2000
SUPPORT = "support"


class BriefQuerySet(TenantQuerySet):
    def latest_first(self):
        return self.order_by("-version")

    def for_reading(self):
        return self.select_related("written_by__person")


class SupportBrief(TenantModel):
    """What to `say`, what to `avoid`, a `workaround`, and when agents hear more."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="support_briefs")
    version = models.PositiveSmallIntegerField()
    say = models.TextField(max_length=MAX_LENGTH)
    avoid = models.TextField(max_length=MAX_LENGTH, blank=True)
    workaround = models.TextField(max_length=MAX_LENGTH, blank=True)
    next_update_at = models.DateTimeField(null=True)
    written_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(BriefQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "version"], name="support_brief_version_once"),
        ]

    def __str__(self):
        return f"Support brief, version {self.version}"

    @property
    def words(self):
        return self.say, self.avoid, self.workaround, self.next_update_at

    @classmethod
    def current_version(cls, incident):
        """The number of the version that agents read; 0 where there is none."""
        return incident.support_briefs.aggregate(last=Max("version"))["last"] or 0

    @classmethod
    @transaction.atomic
    def write(cls, incident, say, *, by, avoid="", workaround="", next_update_at=None, based_on=None):
        """Say what agents tell customers from now on. Returns the entry; `version` in its details.

        `based_on` is the version that the writer has read; refused when somebody wrote another one meanwhile.
        """
        incident.lock()
        incident.require_not_closed()
        authority.require(
            authority.may_answer(by, incident),
            "The support liaison, the communications lead or the incident lead writes it.",
            code="brief_right",
        )
        now = timezone.now()
        latest = incident.support_briefs.for_reading().latest_first().first()
        version = latest.version if latest else 0
        if based_on is not None and based_on != version:
            who = latest.written_by.name if latest else "Somebody"
            raise Refused(f"{who} wrote version {version} meanwhile. Read it first.", code="brief_changed")
        brief = cls(
            incident=incident, version=version + 1, say=say.strip(), avoid=avoid.strip(),
            workaround=workaround.strip(), next_update_at=next_update_at, written_by=by, written_at=now,
        )  # fmt: skip
        if not brief.say:
            raise Refused("Write what agents say.", code="empty")
        if next_update_at is not None and next_update_at <= now:
            raise Refused("The next update has to be later than now.", code="next_update_past")
        if next_update_at is not None and next_update_at > now + LONGEST_PROMISE:
            raise Refused("The next update has to come within a week.", code="next_update_far")
        if latest and brief.words == latest.words:
            raise Refused("Nothing was changed.", code="unchanged")
        brief.save(force_insert=True)
        support = Function.objects.filter(slug=SUPPORT).first()
        return incident.record(
            kinds.SUPPORT_BRIEF_WRITTEN,
            by=by,
            support_brief=brief.pk,
            version=brief.version,
            function=support.slug if support else "",
            next_update_at=next_update_at.isoformat() if next_update_at else "",
            sha256=hashlib.sha256("\n".join(brief.words[:3]).encode()).hexdigest(),
        )
