"""Updates: what an audience was told, when, and by whom. Publishing one resets that audience's clock.

What turns out wrong is corrected or withdrawn by a new word to exactly those who had the first; nothing is rewritten.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from playbooks.models import Audience, Cadence
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..kinds import Visibility
from ..saying import require_reason
from .incident import Incident


@dataclass(frozen=True)
class Part:
    """One field of an update; `limit` in characters."""

    name: str
    label: str
    hint: str = ""
    required: bool = True
    limit: int = 1000


# What each audience is told, and nothing else: technical detail has no field outside the technical tier.
PARTS = {
    Audience.TECHNICAL: (
        Part("text", "What the technical team should know", "Progress, theories tested, fixes attempted"),
    ),
    Audience.COORDINATION: (
        Part("current_status", "Current status", "One or two sentences", limit=400),
        Part("active_work", "Active work", "Who is doing what", limit=400),
        Part("estimated_resolution", "Estimated resolution", "A time, a range, or “unknown”", limit=200),
    ),
    Audience.LEADERSHIP: (
        Part("business_impact", "Business impact", "In business words: money, contracts, risk", limit=400),
        Part("customer_effect", "Customer effect", "Who notices what", limit=400),
        Part("expected_timeline", "Expected timeline", "A time, a range, or “unknown”", limit=200),
    ),
    Audience.CUSTOMERS: (
        Part("what_is_happening", "What is happening", "One line, in plain words", limit=400),
        Part("who_is_affected", "Who is affected", required=False, limit=200),
        Part("what_we_are_doing", "What we are doing", "One line", limit=400),
        Part("workaround", "What you can do meanwhile", required=False, limit=400),
    ),
}


# How long a word that a person has just published waits, so that it can be taken back before it leaves.
TAKE_BACK = timedelta(seconds=10)


# What stakeholders read. The other two tiers speak among those who work on it.
OUTER_AUDIENCES = (Audience.LEADERSHIP, Audience.CUSTOMERS)


def problems_in(audience, body):
    """`{part name: sentence}` of everything that keeps this body from being published; empty when it is fit."""
    problems = {name: "This audience has no such field." for name in body if name not in _names(audience)}
    for part in PARTS[audience]:
        text = body.get(part.name, "")
        if not isinstance(text, str):
            problems[part.name] = "Write text."
        elif part.required and not text.strip():
            problems[part.name] = f"{part.label} is required."
        elif len(text) > part.limit:
            problems[part.name] = f"At most {part.limit} characters; this has {len(text)}."
    return problems


def _names(audience):
    return {part.name for part in PARTS[audience]}


class UpdateState(models.TextChoices):
    PUBLISHED = "published", "Published"
    CORRECTED = "corrected", "Corrected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    TAKEN_BACK = "taken_back", "Taken back"


class UpdateQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Responders read every tier, stakeholders the outer two without what was never said to them."""
        if membership.is_responder:
            return self
        unsaid = self.model.objects.unsaid(timezone.now()).values("pk")
        return self.filter(audience__in=OUTER_AUDIENCES).exclude(pk__in=unsaid)

    def unsaid(self, now):
        """What nobody has been told: it has not left yet, or it was taken back or replaced before it did."""
        replaced = Q(withdrawn_at__lt=F("held_until")) | Q(correction__published_at__lt=F("held_until"))
        return self.filter(Q(held_until__gt=now) | Q(state=UpdateState.TAKEN_BACK) | replaced)

    def left_between(self, since, until):
        """What stakeholders could not read until a moment after `since` and up to `until`, and can now."""
        left = self.filter(audience__in=OUTER_AUDIENCES, held_until__gt=since, held_until__lte=until)
        return left.exclude(pk__in=self.model.objects.unsaid(until).values("pk"))

    def said(self):
        """Without what was taken back before it left: that was told nobody."""
        return self.exclude(state=UpdateState.TAKEN_BACK)

    def that_left(self, now):
        """What stands and cannot be taken back any more."""
        return self.standing().exclude(held_until__gt=now)

    def standing(self):
        """What still counts as said: neither corrected nor withdrawn."""
        return self.filter(state=UpdateState.PUBLISHED)

    def latest_first(self):
        return self.order_by("-pk")

    def latest_of_each(self):
        """The last word to each audience that stands."""
        latest = self.standing().order_by().values("audience").annotate(latest=Max("pk")).values("latest")
        return self.model.objects.filter(pk__in=latest)

    def repeated(self, often):
        """The last word to an audience that stands, where it said that often in a row that nothing has changed."""
        same = {"incident": models.OuterRef("incident"), "audience": models.OuterRef("audience")}
        later = self.model.objects.standing().filter(**same, pk__gt=models.OuterRef("pk"))
        return self.standing().filter(~models.Exists(later), unchanged_times__gte=often)

    def with_people(self):
        return self.select_related(
            "published_by__person", "withdrawn_by__person", "approved_by__person", "corrects", "correction", "synthesis"
        )


class StatusUpdate(TenantModel):
    """One published message to one audience. `body` maps the names in `PARTS` to text.

    One that `corrects` another stands in its place. `reason` is why it was corrected or withdrawn, in words that the
    audience reads.
    """

    State = UpdateState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    audience = models.CharField(max_length=12, choices=Audience)
    number = models.PositiveSmallIntegerField()
    body = models.JSONField()
    next_update_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)
    synthesis = models.ForeignKey("incidents.Synthesis", models.PROTECT, null=True, related_name="updates")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    # Said at once, in words that the organisation has approved beforehand.
    holding = models.BooleanField(default=False)
    held_until = models.DateTimeField(null=True)
    # Why nothing has changed, and for which time in a row the audience hears that.
    no_change = models.CharField(max_length=500, blank=True)
    unchanged_times = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=UpdateState, default=UpdateState.PUBLISHED)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="correction")
    reason = models.CharField(max_length=500, blank=True)
    withdrawn_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(UpdateQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="update_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "key"], name="update_key_once"),
        ]

    def __str__(self):
        return f"Update {self.number} to {self.get_audience_display()}"

    @property
    def parts(self):
        """`(label, text)` of what was said, in the audience's order."""
        return [(part.label, self.body[part.name]) for part in PARTS[self.audience] if self.body.get(part.name)]

    @property
    def stands(self):
        return self.state == UpdateState.PUBLISHED

    @property
    def is_held(self):
        """Whether it has not left yet."""
        return self.held_until is not None and timezone.now() < self.held_until

    @property
    def replaced_by(self):
        """The update that stands in its place, or None."""
        return getattr(self, "correction", None)

    @property
    def told_again(self):
        """Primary keys of this update and of those that it corrects, one through the other."""
        chain = [self]
        while chain[-1].corrects_id:
            chain.append(chain[-1].corrects)
        return [each.pk for each in chain]

    @classmethod
    @transaction.atomic
    def publish(
        cls,
        incident,
        audience,
        body,
        *,
        by,
        next_update_at=None,
        no_change="",
        synthesis=None,
        approved_by=None,
        holding=False,
        hold=None,
        waiver="",
        breaches=(),
        key=None,
    ):
        """Tell an audience. Returns the entry; the same `key` again returns the first one's entry.

        `no_change` is why nothing has changed, in words that the audience reads; the last text then does for a body.
        `synthesis` is the version of what we know that it was written on, else the current one; `approved_by` who has
        read it before. It leaves after `hold`; until then it can be taken back. `breaches` are rules that saying it
        would break beside those about the audience, so that one reason is asked for all. The audience's open clock is
        satisfied and the next one starts, due at `next_update_at` where that is given.
        """
        from ..guards import check
        from ..guards.updates import no_news
        from .obligations import Obligation, require_promise
        from .questions import Question
        from .sources import UpdateSource

        incident.lock()
        audience = Audience(audience)
        if key and (earlier := cls.told_before(incident, key)):
            return earlier
        reason, waiver = waiver, authority.require_speaking(by, incident, audience, waiver)
        last = incident.updates.standing().filter(audience=audience).latest_first().first()
        if no_change and not body:
            body = last.body if last else {}
        body = _fit(audience, body)
        now = timezone.now()
        if next_update_at is not None:
            require_promise(next_update_at, now)
        told_anew = [] if no_change.strip() else [no_news(incident, last, body, by=by)]
        breaches = [*breaches, cls._too_soon(incident, last, now), *([] if holding else told_anew)]
        rules = check(incident, breaches, by=by, waiver=reason)
        clock = Obligation.satisfy_update(incident, audience, now=now, next_update_at=next_update_at)
        update = cls.objects.create(
            incident=incident,
            audience=audience,
            number=cls._next_number(incident),
            body=body,
            next_update_at=clock.due_at if clock else next_update_at,
            published_by=by,
            published_at=now,
            synthesis=synthesis or incident.syntheses.current(),
            approved_by=approved_by,
            holding=holding,
            held_until=now + hold if hold else None,
            no_change=no_change.strip(),
            unchanged_times=last.unchanged_times + 1 if last and (no_change or body == last.body) else 0,
            key=key,
        )
        UpdateSource.note(update)
        entry = incident.record(
            kinds.UPDATE_PUBLISHED,
            by=by,
            visibility=update.visibility,
            body=body,
            next_update_at=update.next_update_at.isoformat() if update.next_update_at else "",
            no_change=update.no_change,
            unchanged_times=update.unchanged_times,
            approved_by=approved_by.name if approved_by else "",
            holding=holding,
            held_until=update.held_until.isoformat() if hold else "",
            **{"waiver": waiver, **rules},
            **update.reference,
        )
        Question.answer_covered(update, by=by)
        return entry

    @transaction.atomic
    def correct(self, body, *, by, reason, waiver="", key=None):
        """Tell whoever had it what is right instead. Returns the entry; the same `key` again returns the first one's.

        The clock of the audience goes on as it was: a correction is owed at once and is no news.
        """
        self._begin()
        if key and (earlier := self.incident.updates.filter(key=key).first()):
            return self.incident.timeline.get(kind=kinds.UPDATE_CORRECTED.name, details__update=earlier.pk)
        waiver = authority.require_speaking(by, self.incident, self.audience, waiver)
        self._require_standing()
        body, reason = _fit(self.audience, body), require_reason(reason, "Say what was wrong with it.")
        if body == self.body:
            raise Refused("This says the same as before: change what was wrong.", code="unchanged")
        from .challenges import UpdateChallenge
        from .sources import UpdateSource

        correction = type(self).objects.create(
            incident=self.incident,
            audience=self.audience,
            number=self._next_number(self.incident),
            body=body,
            next_update_at=self.next_update_at,
            published_by=by,
            corrects=self,
            synthesis=self.incident.syntheses.current(),
            key=key,
        )
        UpdateSource.note(correction)
        self.state, self.reason = UpdateState.CORRECTED, reason
        self.save(update_fields=["state", "reason"])
        entry = self.incident.record(
            kinds.UPDATE_CORRECTED,
            by=by,
            visibility=self.visibility,
            body=body,
            corrects=self.number,
            # Whoever had one of these hears of it.
            instead_of=self.told_again,
            reason=reason,
            waiver=waiver,
            **correction.reference,
        )
        UpdateChallenge.answer_all(self, by=by)
        return entry

    @transaction.atomic
    def take_back(self, *, by):
        """Before it has left, as if it had not been said: its clock goes on, and its text is a draft again."""
        from .drafts import UpdateDraft
        from .obligations import Obligation
        from .questions import Question

        self._begin()
        authority.require_responder(by)
        if by is None or by.pk != self.published_by_id:
            authority.require_speaking(by, self.incident, self.audience, None)
        self._require_standing()
        if not self.is_held:
            raise Refused("It has left. Correct it or withdraw it.", code="gone_out")
        self.state, self.withdrawn_by, self.withdrawn_at = UpdateState.TAKEN_BACK, by, timezone.now()
        self.save(update_fields=["state", "withdrawn_by", "withdrawn_at"])
        if not self._was_followed:
            Obligation.restore_update(self.incident, self.audience, self.published_at)
        UpdateDraft.open_again(self)
        Question.wait_for_another(self, by=by)
        return self.incident.record(kinds.UPDATE_TAKEN_BACK, by=by, visibility=self.visibility, **self.reference)

    @transaction.atomic
    def withdraw(self, *, by, reason, waiver=""):
        """Take it back with nothing in its place; whoever had it is told so, and why."""
        from .challenges import UpdateChallenge

        self._begin()
        waiver = authority.require_speaking(by, self.incident, self.audience, waiver)
        self._require_standing()
        self.reason = require_reason(reason, "Say why it is withdrawn.")
        self.state, self.withdrawn_by, self.withdrawn_at = UpdateState.WITHDRAWN, by, timezone.now()
        self.save(update_fields=["state", "reason", "withdrawn_by", "withdrawn_at"])
        entry = self.incident.record(
            kinds.UPDATE_WITHDRAWN,
            by=by,
            visibility=self.visibility,
            instead_of=self.told_again,
            reason=self.reason,
            waiver=waiver,
            **self.reference,
        )
        UpdateChallenge.answer_all(self, by=by)
        return entry

    @property
    def reference(self):
        """What every entry about it carries."""
        return {"update": self.pk, "number": self.number, "audience": self.audience}

    @property
    def visibility(self):
        return Visibility.BRIEFING if self.audience in OUTER_AUDIENCES else Visibility.ROOM

    @classmethod
    def told_before(cls, incident, key):
        """The entry of what was published under this key, or None."""
        earlier = cls.objects.filter(incident=incident, key=key).first()
        if earlier is None:
            return None
        return incident.timeline.get(kind=kinds.UPDATE_PUBLISHED.name, details__update=earlier.pk)

    @property
    def _was_followed(self):
        """Whether the audience has had another word since, whose window goes on."""
        later = self.incident.updates.standing().filter(audience=self.audience, pk__gt=self.pk)
        return later.filter(corrects=None).exists()

    @staticmethod
    def _too_soon(incident, last, now):
        """Who is told too often listens no more. The last word, when it is over, is never too soon."""
        from ..guards.updates import too_soon

        if last is None or not incident.is_open:
            return None
        return too_soon(last, Cadence.objects.minimum(incident.severity, last.audience), now)

    @staticmethod
    def _next_number(incident):
        return (incident.updates.aggregate(last=Max("number"))["last"] or 0) + 1

    def _begin(self):
        self.incident.lock()
        self.lock()

    def _require_standing(self):
        if not self.stands:
            raise Refused(
                f"Update {self.number} was {self.get_state_display().lower()} already.", code="already_replaced"
            )


def _fit(audience, body):
    """The body without what is empty; refused where something is missing, too long or of another audience."""
    body = {name: text.strip() for name, text in body.items() if text and text.strip()}
    if problems := problems_in(audience, body):
        raise Refused(" ".join(problems.values()), code="incomplete")
    return body
