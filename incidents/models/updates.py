"""Updates: what an audience was told, when, and by whom. Publishing one resets that audience's clock."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..kinds import Visibility
from .incident import Incident

# Further ahead nobody plans an update, and the clocks count in minutes.
LONGEST_PROMISE = timedelta(days=7)


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


class UpdateQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Responders read every tier, stakeholders the outer two."""
        return self if membership.is_responder else self.filter(audience__in=OUTER_AUDIENCES)

    def latest_first(self):
        return self.order_by("-pk")

    def with_people(self):
        return self.select_related("published_by__person")


class StatusUpdate(TenantModel):
    """One published message to one audience. `body` maps the names in `PARTS` to text."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    audience = models.CharField(max_length=12, choices=Audience)
    number = models.PositiveSmallIntegerField()
    body = models.JSONField()
    next_update_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

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

    @classmethod
    @transaction.atomic
    def publish(cls, incident, audience, body, *, by, next_update_at=None, waiver="", key=None):
        """Tell an audience. Returns the entry; the same `key` again returns the first one's entry.

        The audience's open clock is satisfied and the next one starts, due at `next_update_at` where that is given.
        """
        from .obligations import Obligation

        incident.lock()
        audience = Audience(audience)
        if key:
            earlier = cls.objects.filter(incident=incident, key=key).first()
            if earlier:
                return incident.timeline.get(kind=kinds.UPDATE_PUBLISHED.name, details__update=earlier.pk)
        authority.require(authority.may_respond(by), "Stakeholders read; ask a responder.", code="responders_only")
        waiver = authority.require(
            authority.may_publish(by, incident, audience),
            "Only the communications lead publishes above the technical tier. Say why to do it anyway.",
            code="publishing_right",
            waiver=waiver,
        )
        if audience == Audience.CUSTOMERS:
            authority.require(
                authority.may_speak_outside(by),
                "Confirm your e-mail address before you write to customers: open the link we sent you.",
                code="email_unconfirmed",
            )
        body = {name: text.strip() for name, text in body.items() if text and text.strip()}
        if problems := problems_in(audience, body):
            raise Refused(" ".join(problems.values()), code="incomplete")
        now = timezone.now()
        if next_update_at is not None and next_update_at <= now:
            raise Refused("The next update has to be later than now.", code="next_update_past")
        if next_update_at is not None and next_update_at > now + LONGEST_PROMISE:
            raise Refused("The next update has to come within a week.", code="next_update_far")
        last = incident.updates.aggregate(last=Max("number"))["last"] or 0
        clock = Obligation.satisfy_update(incident, audience, now=now, next_update_at=next_update_at)
        update = cls.objects.create(
            incident=incident,
            audience=audience,
            number=last + 1,
            body=body,
            next_update_at=clock.due_at if clock else next_update_at,
            published_by=by,
            published_at=now,
            key=key,
        )
        return incident.record(
            kinds.UPDATE_PUBLISHED,
            by=by,
            visibility=Visibility.BRIEFING if audience in OUTER_AUDIENCES else Visibility.ROOM,
            update=update.pk,
            number=update.number,
            audience=audience,
            body=body,
            next_update_at=update.next_update_at.isoformat() if update.next_update_at else "",
            waiver=waiver,
        )
