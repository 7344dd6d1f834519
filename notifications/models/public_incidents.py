"""An incident as the public sees it: a headline of its own, where it stands, what it breaks, and what was said."""

import secrets

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents import authority, kinds
from incidents.models import Incident, StatusUpdate, TimelineEntry
from incidents.models.timeline import require_plausible
from playbooks.models import Audience
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .status_page import Component, StatusPage

HEADLINE = 160
# What changes what customers have been told.
TOLD = tuple(
    kind.name
    for kind in (kinds.UPDATE_PUBLISHED, kinds.UPDATE_CORRECTED, kinds.UPDATE_WITHDRAWN, kinds.UPDATE_TAKEN_BACK)
)


class PublicState(models.TextChoices):
    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"


# From here on everything works as far as is known, and does not count as broken.
WORKING = (PublicState.MONITORING, PublicState.RESOLVED)


class ImpactLevel(models.TextChoices):
    """From the mildest to the worst."""

    DEGRADED = "degraded", "Slower than usual"
    PARTIAL = "partial", "Partly not working"
    MAJOR = "major", "Not working"


def new_code():
    """An address for the public that says nothing of how many there are."""
    return secrets.token_hex(6)


class PublicIncidentQuerySet(TenantQuerySet):
    def shown(self):
        """What the public may read: neither withdrawn, nor private meanwhile, nor ever a drill."""
        return self.filter(withdrawn_at=None, incident__private=False, incident__drill=False)

    def latest_first(self):
        return self.order_by("-began_at", "-pk")


class PublicIncident(TenantModel):
    """Put on the page by whoever speaks to customers. Nothing of the incident itself is shown but what stands here."""

    State = PublicState

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="public")
    code = models.CharField(max_length=12, default=new_code)
    headline = models.CharField(max_length=HEADLINE)
    state = models.CharField(max_length=14, choices=PublicState, default=PublicState.INVESTIGATING)
    began_at = models.DateTimeField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    monitoring_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(PublicIncidentQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="public_incident_code_once")]

    def __str__(self):
        return self.headline

    @property
    def is_resolved(self):
        return self.state == PublicState.RESOLVED

    # --- Verbs ---------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def publish(
        cls, incident, headline, *, by, state=PublicState.INVESTIGATING, impacts=None, began_at=None, waiver=""
    ):  # fmt: skip
        """Put an incident on the status page. `impacts` is `{component: level}`. Returns the entry.

        What customers were told so far stands there too.
        """
        incident.lock()
        waiver = _require_voice(by, incident, waiver)
        if incident.drill:
            raise Refused("A drill is never shown to the public.", code="drill_stays_inside")
        if incident.private:
            raise Refused("A private incident is never shown to the public.", code="private_stays_inside")
        if not StatusPage.objects.published().exists():
            raise Refused("There is no published status page yet.", code="no_status_page")
        known = cls.objects.filter(incident=incident).first()
        if known and known.withdrawn_at is None:
            raise Refused("It is on the status page already.", code="already_public")
        require_plausible(incident, began_at)
        now = timezone.now()
        public = known or cls(incident=incident)
        public.headline, public.withdrawn_at = _required(headline), None
        public.began_at, public.published_at, public.published_by = began_at or now, now, by
        public._enter(state, now)
        public.save()
        public._affect({} if state in WORKING else impacts or {}, by=by, since=public.began_at, now=now)
        entry = public._record(kinds.PUBLIC_INCIDENT_PUBLISHED, by=by, waiver=waiver)
        said = incident.updates.standing().filter(audience=Audience.CUSTOMERS).exclude(public_posts__isnull=False)
        for update in said.order_by("pk"):
            public.posts.create(update=update, entry=entry, state=state, posted_at=update.published_at)
        if not public.posts.filter(entry=entry).exists():
            public.posts.create(entry=entry, state=state, posted_at=now)
        return entry

    @transaction.atomic
    def change(self, *, by, headline=None, state=None, impacts=None, waiver=""):
        """Say something else about it: what is left out stays. Once it works again, no part counts as broken."""
        self._begin()
        waiver = _require_voice(by, self.incident, waiver)
        self._require_shown()
        now, before = timezone.now(), self.state
        if headline is not None:
            self.headline = _required(headline)
        if state is not None:
            self._enter(state, now)
        if self.state in WORKING:
            impacts = {}
        moved = impacts is not None and self._affect(impacts, by=by, since=now, now=now)
        fields = self._changed_fields()
        if not fields and not moved:
            raise Refused("That is what the page says already.", code="unchanged")
        self.save(update_fields=[*fields, "monitoring_at", "resolved_at"])
        entry = self._record(kinds.PUBLIC_INCIDENT_CHANGED, by=by, before=before, waiver=waiver)
        if self.state != before:
            self.posts.create(entry=entry, state=self.state, posted_at=now)
        return entry

    @transaction.atomic
    def withdraw(self, *, by, reason="", waiver=""):
        """Take it off the page as if it had never stood there."""
        self._begin()
        waiver = _require_voice(by, self.incident, waiver)
        self._require_shown()
        self.withdrawn_at = timezone.now()
        self.save(update_fields=["withdrawn_at"])
        return self._record(kinds.PUBLIC_INCIDENT_WITHDRAWN, by=by, reason=reason.strip(), waiver=waiver)

    @classmethod
    def follow(cls, entry):
        """Let the page say what customers were just told, put right or not told after all, where the incident is on it.

        Call in the transaction that records the entry. Returns the update that it is about, or None.
        """
        if entry.kind not in TOLD or entry.details.get("audience") != Audience.CUSTOMERS:
            return None
        public = cls.objects.filter(incident=entry.incident, withdrawn_at=None).first()
        if public is None:
            return None
        update = StatusUpdate.objects.get(pk=entry.details["update"])
        if update.state == StatusUpdate.State.PUBLISHED:
            public.posts.create(update=update, entry=entry, state=public.state, posted_at=update.published_at)
        return update

    # --- Inside --------------------------------------------------------------------------------

    def _begin(self):
        """Lock the incident first, as every verb on it does, then read this row again."""
        self.incident.lock()
        incident = self.incident
        self.lock()
        self.incident = incident
        self._said = (self.headline, self.state)

    def _require_shown(self):
        if self.withdrawn_at:
            raise Refused("It is not on the status page.", code="not_public")

    def _enter(self, state, now):
        state = PublicState(state)
        self.monitoring_at = now if state == PublicState.MONITORING and self.state != state else self.monitoring_at
        self.resolved_at = (self.resolved_at or now) if state == PublicState.RESOLVED else None
        self.state = state

    def _changed_fields(self):
        return [
            name
            for name, before in zip(("headline", "state"), self._said, strict=True)
            if getattr(self, name) != before
        ]

    def _affect(self, impacts, *, by, since, now):
        """End what is no longer said, begin what is. Returns whether anything is different."""
        wanted = {component.pk: ImpactLevel(level) for component, level in impacts.items()}
        current = {each.component_id: each for each in self.impacts.current()}
        over = [each.pk for pk, each in current.items() if wanted.get(pk) != each.level]
        begun = [pk for pk, level in wanted.items() if pk not in current or current[pk].level != level]
        self.impacts.filter(pk__in=over).update(ended_at=now)
        ComponentImpact.objects.bulk_create(
            ComponentImpact(public=self, component_id=pk, level=wanted[pk], said_by=by, began_at=since) for pk in begun
        )
        return bool(over or begun)

    def _record(self, kind, *, by, **details):
        StatusPage.touch()
        affected = self.impacts.current().select_related("component").order_by("component__position", "pk")
        return self.incident.record(
            kind,
            by=by,
            headline=self.headline,
            state=self.state,
            components=[{"name": each.component.name, "level": each.level} for each in affected],
            **details,
        )


class ComponentImpactQuerySet(TenantQuerySet):
    def current(self):
        return self.filter(ended_at=None)

    def shown(self):
        """Of incidents that the public may read."""
        return self.filter(
            public__withdrawn_at=None, public__incident__private=False, public__incident__drill=False
        )  # fmt: skip


class ComponentImpact(TenantModel):
    """What an incident does to a component, from when to when, and who says so."""

    public = models.ForeignKey(PublicIncident, models.CASCADE, related_name="impacts")
    component = models.ForeignKey(Component, models.CASCADE, related_name="impacts")
    level = models.CharField(max_length=8, choices=ImpactLevel)
    said_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ComponentImpactQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "public", "component"], condition=Q(ended_at=None), name="impact_current_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")), name="impact_ends_later"
            ),
        ]

    def __str__(self):
        return f"{self.component}: {self.get_level_display()}"


class PublicPostQuerySet(TenantQuerySet):
    def standing(self, now):
        """What holds, and has left: nothing that was corrected, withdrawn or can still be taken back."""
        left = Q(update__held_until=None) | Q(update__held_until__lte=now)
        return self.filter(Q(update=None) | Q(left, update__state=StatusUpdate.State.PUBLISHED))


class PublicPost(TenantModel):
    """One thing said on the page: an update to customers, or, without one, a new state. `entry` brought it there."""

    public = models.ForeignKey(PublicIncident, models.CASCADE, related_name="posts")
    code = models.CharField(max_length=12, default=new_code)
    update = models.ForeignKey(StatusUpdate, models.CASCADE, null=True, related_name="public_posts")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="public_posts")
    state = models.CharField(max_length=14, choices=PublicState)
    posted_at = models.DateTimeField()

    objects = TenantManager.from_queryset(PublicPostQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "public", "update"], name="public_post_once")]
        indexes = [models.Index(fields=["organization", "public", "-posted_at"], name="public_post_by_time")]

    def __str__(self):
        return f"{self.get_state_display()}: {self.public}"


def _required(headline):
    headline = " ".join(headline.split())
    if not headline:
        raise Refused("Write a headline for the public first.", code="empty")
    return headline


def _require_voice(by, incident, waiver):
    """Only who speaks to customers, with an address proven to be theirs. Returns the reason where one was needed."""
    authority.require_responder(by)
    waiver = authority.require(
        authority.may_publish(by, incident, Audience.CUSTOMERS),
        "Only the communications lead speaks to the public. Say why to do it anyway.",
        code="publishing_right",
        waiver=waiver,
    )
    authority.require(
        authority.may_speak_outside(by),
        "Confirm your e-mail address before you write to customers: open the link we sent you.",
        code="email_unconfirmed",
    )
    return waiver
