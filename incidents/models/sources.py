"""From a sentence that was sent back to what it rests on: part of an update, line of what we know, findings."""

from django.db import models

from playbooks.models import Audience
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .synthesis import FIELDS, Synthesis
from .updates import StatusUpdate

# Which lines of what we know a part of an update is the translation of.
RESTS_ON = {
    Audience.TECHNICAL: {"text": FIELDS},
    Audience.COORDINATION: {
        "current_status": ("known", "unknown", "impact"),
        "active_work": ("doing", "next"),
        "estimated_resolution": ("expected",),
    },
    Audience.LEADERSHIP: {
        "business_impact": ("impact",),
        "customer_effect": ("impact",),
        "expected_timeline": ("expected", "next"),
    },
    Audience.CUSTOMERS: {
        "what_is_happening": ("known", "impact"),
        "who_is_affected": ("impact",),
        "what_we_are_doing": ("doing", "next"),
        "workaround": ("known", "next"),
    },
}


class UpdateSourceQuerySet(TenantQuerySet):
    def in_order(self):
        return self.order_by("pk")

    def for_reading(self):
        return self.select_related("synthesis")


class UpdateSource(TenantModel):
    """One part of an update rests on one line of a version of what we know; the findings stand behind that."""

    update = models.ForeignKey(StatusUpdate, models.CASCADE, related_name="sources")
    field = models.CharField(max_length=40)
    synthesis = models.ForeignKey(Synthesis, models.PROTECT, related_name="+")
    line = models.CharField(max_length=10)

    objects = TenantManager.from_queryset(UpdateSourceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "update", "field", "synthesis", "line"], name="update_source_once"
            )
        ]

    def __str__(self):
        return f"{self.field} rests on {self.line}"

    @classmethod
    def note(cls, update):
        """Keep what each part rests on; nothing where nobody has said what is known."""
        if update.synthesis is None:
            return
        texts = update.synthesis.texts
        cls.objects.bulk_create(
            cls(
                organization_id=update.organization_id,
                update=update,
                field=part,
                synthesis=update.synthesis,
                line=line,
            )
            for part, lines in RESTS_ON[update.audience].items()
            if part in update.body
            for line in lines
            if texts[line]
        )
