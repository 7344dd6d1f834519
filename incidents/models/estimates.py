"""When it will be over, as far as anybody knows: a range with its basis, or that nobody knows. Its history is kept.

Everybody may propose; the lead says what holds. Whether customers may hear of it is an act of its own, and begins anew
with every estimate.
"""

import hashlib

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import DecisionClass, DecisionRight
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..saying import require_words
from .findings import Confidence
from .incident import Incident
from .obligations import FAR

BASIS_LENGTH = 1000
# Who passes on what the lead estimates, and has to know that it moved.
TELLING = (DecisionClass.PUBLISHING, DecisionClass.PRIORITY)


class EstimateState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    SET = "set", "Holds"
    SUPERSEDED = "superseded", "Superseded"


S = EstimateState


class EstimateQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """All for who works in incidents; for stakeholders what holds and may be told to anybody."""
        return self if membership.is_responder else self.filter(state=S.SET, public=True)

    def proposed(self):
        return self.filter(state=S.PROPOSED)

    def current(self):
        """The one that holds, or None."""
        return self.filter(state=S.SET).with_people().first()

    def with_people(self):
        return self.select_related("proposed_by__person", "set_by__person")

    def latest_first(self):
        return self.order_by("-number")


class ResolutionEstimate(TenantModel):
    """`earliest` and `latest` are both there, or both are not: then nobody knows. `public`: customers may hear it."""

    State = EstimateState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="estimates")
    number = models.PositiveIntegerField()
    earliest = models.DateTimeField(null=True)
    latest = models.DateTimeField(null=True)
    confidence = models.CharField(max_length=6, choices=Confidence, blank=True)
    basis = models.TextField(max_length=BASIS_LENGTH)
    state = models.CharField(max_length=10, choices=EstimateState, default=EstimateState.PROPOSED)
    public = models.BooleanField(default=False)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(EstimateQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="estimate_number_once"),
            models.UniqueConstraint(
                fields=["organization", "incident"], condition=models.Q(state="set"), name="estimate_one_holds"
            ),
            models.CheckConstraint(
                condition=models.Q(earliest=None, latest=None) | models.Q(earliest__lte=models.F("latest")),
                name="estimate_in_order",
            ),
        ]

    def __str__(self):
        return f"Estimate {self.number}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def unknown(self):
        return self.latest is None

    def moves_back(self, before):
        """Whether what was promised in the light of the earlier one has to be thought over: later, or not known now."""
        if before is None or before.unknown:
            return False
        return self.unknown or self.latest > before.latest

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def give(cls, incident, *, by, basis, earliest=None, latest=None, confidence="", waiver=""):
        """Say how long it will take; without times, that nobody knows. Returns the entry.

        The lead's word holds at once; everybody else proposes it to the lead, or sets it for a reason.
        """
        incident.lock()
        incident.require_open()
        authority.require_responder(by)
        basis = require_words(basis, "Say what it rests on.")
        _require_range(earliest, latest, confidence)
        said = {"earliest": earliest, "latest": latest, "confidence": confidence if latest else "", "basis": basis}
        last = incident.estimates.exclude(state=S.SUPERSEDED).latest_first().first()
        if last and last.proposed_by_id == (by and by.pk) and said == {name: getattr(last, name) for name in said}:
            raise Refused("You have said exactly this already.", code="unchanged")
        estimate = cls.objects.create(
            incident=incident,
            number=(incident.estimates.aggregate(last=Max("number"))["last"] or 0) + 1,
            proposed_by=by,
            **said,
        )
        if authority.may_coordinate(by, incident):
            return estimate._hold(by=by)
        if waiver:
            return estimate._hold(by=by, waiver=waiver)
        return estimate._record(kinds.ESTIMATE_PROPOSED, by=by)

    @transaction.atomic
    def accept(self, *, by, waiver=""):
        """Let a proposed one hold. Returns the entry."""
        self._begin()
        waiver = authority.require_coordination(by, self.incident, "set the estimate", waiver)
        if self.state != S.PROPOSED:
            raise Refused(f"This estimate {self._standing}.", code="unchanged")
        if self.latest and self.latest <= timezone.now():
            raise Refused("Its time has passed. Give a new one.", code="past")
        return self._hold(by=by, waiver=waiver)

    @transaction.atomic
    def publish(self, *, by):
        """Let customers hear of it. Only the lead does so, for this estimate alone. Returns the entry."""
        return self._make_public(True, kinds.ESTIMATE_PUBLISHED, by=by)

    @transaction.atomic
    def withhold(self, *, by):
        """Customers hear of it no more. Returns the entry."""
        return self._make_public(False, kinds.ESTIMATE_WITHHELD, by=by)

    # --- Inside ------------------------------------------------------------------------------

    def _begin(self):
        incident = self.incident.lock()
        self.lock()
        self.incident = incident
        self.incident.require_open()

    @property
    def _standing(self):
        return "holds already" if self.state == S.SET else "was superseded"

    def _hold(self, *, by, waiver=""):
        from .business_events import BusinessEvent
        from .commitments import Commitment

        before = self.incident.estimates.current()
        if before is not None:
            before.state, before.public = S.SUPERSEDED, False
            before.save(update_fields=["state", "public"])
        self.state, self.set_by, self.set_at = S.SET, by, timezone.now()
        self.save(update_fields=["state", "set_by", "set_at"])
        # What was proposed before is answered by what holds now.
        self.incident.estimates.proposed().filter(number__lt=self.number).update(state=S.SUPERSEDED)
        entry = self._record(
            kinds.ESTIMATE_SET,
            by=by,
            proposed_by=self.proposed_by.name if self.proposed_by and self.proposed_by != by else "",
            before=_iso(before.latest) if before else "",
            moved_back=self.moves_back(before),
            told_members=self._interested(by),
            waiver=waiver,
        )
        Commitment.think_over(self.incident, self, before)
        BusinessEvent.meet(self.incident)
        return entry

    def _interested(self, by):
        roles = DecisionRight.objects.filter(decision_class__in=TELLING).values("role")
        people = self.incident.holders_of(roles) | {self.proposed_by_id}
        return sorted(people - {None, by.pk if by else None})

    def _make_public(self, public, kind, *, by):
        self._begin()
        authority.require(
            authority.may_coordinate(by, self.incident),
            "Only the incident lead says whether customers may hear the estimate.",
            code="coordination_right",
        )
        if self.state != S.SET:
            raise Refused("Only the estimate that holds can be made public.", code="not_standing")
        if self.public == public:
            words = "public" if public else "internal"
            raise Refused(f"This estimate is {words} already.", code="unchanged")
        self.public = public
        self.save(update_fields=["public"])
        return self._record(kind, by=by)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind,
            by=by,
            estimate=self.pk,
            number=self.number,
            earliest=_iso(self.earliest),
            latest=_iso(self.latest),
            unknown=self.unknown,
            confidence=self.confidence,
            sha256=hashlib.sha256(self.basis.encode()).hexdigest(),
            **details,
        )


def _iso(moment):
    return moment.isoformat() if moment else ""


def _require_range(earliest, latest, confidence):
    if (earliest is None) != (latest is None):
        raise Refused("Give both times, or neither: then nobody knows yet.", code="range")
    if latest is None:
        return
    if earliest > latest:
        raise Refused("The earliest time lies behind the latest.", code="range")
    if latest <= timezone.now():
        raise Refused("Give a time later than now.", code="past")
    if latest > timezone.now() + FAR:
        raise Refused("Nobody knows that far ahead.", code="too_far")
    if not confidence:
        raise Refused("Say how sure this is.", code="confidence_required")
