"""Touchpoints: the places where customers read of an incident, and what stands there.

All of them say one approved thing, the last update to customers. When that changes, a place that still says the older
one is stale until somebody writes there anew, or says that its words are right as they are.
"""

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .updates import StatusUpdate

LONGEST = 2000


class Place(models.TextChoices):
    STATUS_PAGE = "status_page", "Status page"
    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    SOCIAL = "social", "Social text"
    SUPPORT = "support", "Support wording"


# How many characters a place takes.
LIMITS = {Place.SMS: 480, Place.SOCIAL: 280}


class TouchpointQuerySet(TenantQuerySet):
    def current(self):
        """The newest words of each place of an incident."""
        newest = self.order_by().values("incident", "place").annotate(newest=Max("pk")).values("newest")
        return self.model.objects.filter(pk__in=newest)

    def with_people(self):
        return self.select_related("written_by__person", "core")

    def latest_first(self):
        return self.order_by("-pk")


class Touchpoint(TenantModel):
    """What was written in one place, once; the newest row of a place is what stands there.

    `core` is the update to customers that the words say in the manner of the place.
    """

    Place = Place

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="touchpoints")
    place = models.CharField(max_length=12, choices=Place)
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=LONGEST)
    core = models.ForeignKey(StatusUpdate, models.PROTECT, related_name="touchpoints")
    written_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(TouchpointQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "place", "number"], name="touchpoint_once"),
            models.UniqueConstraint(fields=["organization", "incident", "key"], name="touchpoint_key_once"),
        ]

    def __str__(self):
        return f"{self.get_place_display()}, version {self.number}"

    def is_stale(self, core):
        """Whether customers have been told something else since; `core` is the last update to them that stands."""
        return core is None or core.pk != self.core_id

    @classmethod
    @transaction.atomic
    def write(cls, incident, place, text="", *, by, waiver="", key=None):
        """Write what stands in a place now. Without a text, the words there are right as they are.

        Returns the entry; the same `key` again returns the first one's entry.
        """
        incident.lock()
        place = Place(place)
        if key and (earlier := cls.objects.filter(incident=incident, key=key).first()):
            return incident.timeline.get(kind=kinds.TOUCHPOINT_WRITTEN.name, details__touchpoint=earlier.pk)
        authority.require_responder(by)
        waiver = authority.require(
            authority.may_word(by, incident, place),
            "What agents say is the support liaison's to write, everything else the communications lead's. "
            "Say why to do it anyway.",
            code="publishing_right",
            waiver=waiver,
        )
        core = core_of(incident)
        if core is None:
            raise Refused("Publish an update to customers first: every place says what that says.", code="no_core")
        before = cls.objects.filter(incident=incident, place=place).latest_first().first()
        text = text.strip() or (before.text if before else "")
        if not text:
            raise Refused("Write what stands there.", code="empty")
        limit = LIMITS.get(place, LONGEST)
        if len(text) > limit:
            raise Refused(f"At most {limit} characters; this has {len(text)}.", code="too_long")
        if before and (before.text, before.core_id) == (text, core.pk):
            raise Refused(f"{place.label} says that already.", code="unchanged")
        touchpoint = cls.objects.create(
            incident=incident,
            place=place,
            number=before.number + 1 if before else 1,
            text=text,
            core=core,
            written_by=by,
            key=key,
        )
        return incident.record(
            kinds.TOUCHPOINT_WRITTEN,
            by=by,
            touchpoint=touchpoint.pk,
            place=place,
            number=touchpoint.number,
            text=text,
            core=core.number,
            kept=bool(before and before.text == text),
            waiver=waiver,
        )


def core_of(incident):
    """The last update to customers that stands, or None: what every touchpoint says in its own manner."""
    return incident.updates.standing().filter(audience=Audience.CUSTOMERS).latest_first().first()
