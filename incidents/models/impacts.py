"""Impact: what does not work for whom, line by line, and what it means for the business, in one statement.

The technical severity is the lead's. The scale of the business is product's: two scales, two owners, neither derived
from the other.
"""

import hashlib

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import DecisionClass
from teams.errors import Refused
from teams.models import Membership, Service
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..rights import Rights
from ..saying import require_words
from .incident import Incident

STATEMENT_LENGTH = 2000


class ImpactLevel(models.TextChoices):
    DEGRADED = "degraded", "Slower or worse"
    PARTIAL = "partial", "Partly broken"
    MAJOR = "major", "Does not work"


class ImpactState(models.TextChoices):
    PROPOSED = "proposed", "Not confirmed"
    CONFIRMED = "confirmed", "Confirmed"
    ENDED = "ended", "Over"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = ImpactState
HELD = (S.PROPOSED, S.CONFIRMED)


class ImpactQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """All for who works in incidents; for stakeholders what was confirmed."""
        return self if membership.is_responder else self.exclude(confirmed_at=None).exclude(state=S.WITHDRAWN)

    def proposed(self):
        return self.filter(state=S.PROPOSED)

    def held(self):
        """What somebody holds to be so now, confirmed or not."""
        return self.filter(state__in=HELD)

    def confirmed(self):
        """What goes on and was confirmed by whoever has the right."""
        return self.filter(state=S.CONFIRMED)

    def with_people(self):
        return self.select_related("service", "proposed_by__person", "confirmed_by__person", "ended_by__person")

    def in_order(self):
        return self.order_by("number")


class Impact(TenantModel):
    """Of a service, or of something that customers call by another name (`feature`), on a `segment` of them or on all.

    A level does not change in place: the old line ends, a new one begins, so both intervals stay.
    """

    State = ImpactState
    Level = ImpactLevel

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="impacts")
    number = models.PositiveIntegerField()
    service = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    feature = models.CharField(max_length=120, blank=True)
    segment = models.CharField(max_length=120, blank=True)
    about_key = models.CharField(max_length=320)
    level = models.CharField(max_length=10, choices=ImpactLevel)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=ImpactState, default=ImpactState.PROPOSED)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    authority_used = models.CharField(max_length=60, blank=True)
    ended_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    objects = TenantManager.from_queryset(ImpactQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="impact_number_once"),
            models.UniqueConstraint(
                fields=["organization", "incident", "about_key"],
                condition=Q(state__in=[state.value for state in HELD]),
                name="impact_held_once",
            ),
        ]

    def __str__(self):
        return f"{self.label} {self.what}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def label(self):
        """How people call it: I3."""
        return f"I{self.number}"

    @property
    def what(self):
        """The product in words."""
        return self.feature or (self.service.name if self.service else "")

    @property
    def whom(self):
        return self.segment or "all customers"

    @property
    def is_held(self):
        return self.state in HELD

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def propose(cls, incident, level, *, by, service=None, feature="", segment="", note="", started_at=None):
        """Say what does not work for whom. Whoever has the right to confirm has confirmed it with that.

        Returns the entry.
        """
        incident.lock()
        incident.require_not_closed()
        authority.require_responder(by)
        feature, segment = (" ".join(words.split()) for words in (feature, segment))
        if service is None and not feature:
            raise Refused("Say which product or service it is about.", code="empty")
        now = timezone.now()
        if started_at is not None and started_at > now:
            raise Refused("It cannot have begun later than now.", code="in_future")
        key = _key(service, feature, segment)
        known = incident.impacts.held().with_people().filter(about_key=key).first()
        if known:
            raise Refused(f"{known.label} says so already: {known.what}, {known.whom}.", code="impact_known")
        impact = cls.objects.create(
            incident=incident,
            number=(incident.impacts.aggregate(last=Max("number"))["last"] or 0) + 1,
            service=service,
            feature=feature,
            segment=segment,
            about_key=key,
            level=level,
            note=note,
            started_at=started_at or now,
            proposed_by=by,
        )
        right = Rights(incident).to_decide(DecisionClass.PRIORITY)
        if right.admits(by):
            return impact._confirm(by=by, authority_used=right.authority)
        return impact._record(kinds.IMPACT_PROPOSED, by=by)

    @transaction.atomic
    def confirm(self, *, by, waiver=""):
        """Product, or whoever stands in, says that it is so. Returns the entry."""
        self._begin(by)
        right, waiver = authority.require_priority(by, self.incident, "confirms what customers lose", waiver)
        if self.state != S.PROPOSED:
            raise Refused(f"{self.label} is {self.get_state_display().lower()} already.", code="unchanged")
        return self._confirm(by=by, authority_used=right, waiver=waiver)

    @transaction.atomic
    def end(self, *, by, ended_at=None):
        """It works again for them. Returns the entry."""
        self._begin(by)
        self._require_held()
        now = timezone.now()
        ended_at = ended_at or now
        if not self.started_at <= ended_at <= now:
            raise Refused("It ended between its beginning and now.", code="ended_when")
        self.state, self.ended_at, self.ended_by = S.ENDED, ended_at, by
        self.save(update_fields=["state", "ended_at", "ended_by"])
        return self._record(kinds.IMPACT_ENDED, by=by, ended_at=ended_at.isoformat())

    @transaction.atomic
    def withdraw(self, *, by, reason="", waiver=""):
        """It never was so. Who proposed it takes it back; once it is confirmed, who may confirm. Returns the entry."""
        self._begin(by)
        self._require_held()
        if self.state == S.CONFIRMED or by != self.proposed_by:
            _, waiver = authority.require_priority(by, self.incident, "confirms what customers lose", waiver)
        self.state, self.ended_at, self.ended_by = S.WITHDRAWN, timezone.now(), by
        self.save(update_fields=["state", "ended_at", "ended_by"])
        return self._record(kinds.IMPACT_WITHDRAWN, by=by, reason=reason, waiver=waiver)

    # --- Inside ------------------------------------------------------------------------------

    def _begin(self, by):
        incident = self.incident.lock()
        self.lock()
        self.incident = incident
        self.incident.require_not_closed()
        authority.require_responder(by)

    def _require_held(self):
        if not self.is_held:
            raise Refused(f"{self.label} is {self.get_state_display().lower()} already.", code="unchanged")

    def _confirm(self, *, by, authority_used, waiver=""):
        self.state, self.confirmed_by, self.confirmed_at = S.CONFIRMED, by, timezone.now()
        self.authority_used = authority_used
        self.save(update_fields=["state", "confirmed_by", "confirmed_at", "authority_used"])
        return self._record(kinds.IMPACT_CONFIRMED, by=by, authority=authority_used, waiver=waiver)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            impact=self.pk,
            number=self.number,
            what=self.what,
            segment=self.segment,
            level=self.level,
            **details,
        )


def _key(service, feature, segment):
    """What makes two lines the same: neither case nor spaces."""
    about = feature.casefold() or f"service {service.pk}"
    return f"{about}/{segment.casefold()}"


class BusinessLevel(models.TextChoices):
    NONE = "none", "None that matters"
    LIMITED = "limited", "Limited"
    SERIOUS = "serious", "Serious"
    CRITICAL = "critical", "Threatens the company"


class BusinessImpactQuerySet(TenantQuerySet):
    def current(self):
        """The latest statement, or None."""
        return self.with_people().latest_first().first()

    def with_people(self):
        return self.select_related("stated_by__person")

    def latest_first(self):
        return self.order_by("-version")


class BusinessImpact(TenantModel):
    """One version of the statement. `severity` is the technical one at that moment, by name, for comparison only."""

    Level = BusinessLevel

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="business_impacts")
    version = models.PositiveIntegerField()
    level = models.CharField(max_length=10, choices=BusinessLevel)
    statement = models.TextField(max_length=STATEMENT_LENGTH)
    customers_affected = models.PositiveIntegerField(null=True)
    key_accounts = models.JSONField(default=list)
    severity = models.CharField(max_length=60)
    stated_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    stated_at = models.DateTimeField(default=timezone.now)
    authority_used = models.CharField(max_length=60, blank=True)

    objects = TenantManager.from_queryset(BusinessImpactQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "version"], name="business_impact_version_once")
        ]

    def __str__(self):
        return f"Business impact {self.version}: {self.get_level_display()}"

    @classmethod
    def version_of(cls, incident):
        """The version that holds; 0 before the first."""
        return incident.business_impacts.aggregate(last=Max("version"))["last"] or 0

    @classmethod
    @transaction.atomic
    def state(
        cls, incident, level, statement, *, by, customers_affected=None, key_accounts=(), based_on=None, waiver=""
    ):
        """Say what it means for the business; product's to say. Returns the entry.

        `based_on` is the version that the author read; another one that came meanwhile is read first.
        """
        incident.lock()
        incident.require_not_closed()
        right, waiver = authority.require_priority(by, incident, "says what it means for the business", waiver)
        statement = require_words(statement, "Say what it means for the business.")
        before = incident.business_impacts.current()
        require_basis(before, based_on)
        said = {
            "level": level,
            "statement": statement,
            "customers_affected": customers_affected,
            "key_accounts": list(dict.fromkeys(key_accounts)),
        }
        if before and said == {name: getattr(before, name) for name in said}:
            raise Refused("It says so already.", code="unchanged")
        stated = cls.objects.create(
            incident=incident,
            version=(before.version if before else 0) + 1,
            severity=incident.severity.name,
            stated_by=by,
            authority_used=right,
            **said,
        )
        return incident.record(
            kinds.BUSINESS_IMPACT_STATED,
            by=by,
            business_impact=stated.pk,
            version=stated.version,
            level=stated.level,
            before=before.level if before else "",
            customers_affected=customers_affected,
            sha256=hashlib.sha256(statement.encode()).hexdigest(),
            waiver=waiver,
        )


def require_basis(current, based_on):
    """Refuse to write over a version that the author has not read."""
    version = current.version if current else 0
    if based_on is not None and based_on != version:
        raise Refused("Somebody has changed this since you read it. Read it again.", code="stale_basis")
