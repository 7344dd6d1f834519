"""What is owed, to whom, by when. Every moment is stored, so any number of schedulers may look, late or twice.

An obligation walks open → warned → due → overdue → escalated(1…n) by itself, and only a person satisfies it.
"""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import Audience, Cadence
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import duty_of
from .incident import Incident

ASSESSMENT_MINUTES = 5
# Further ahead nobody plans an update, and the clocks count in minutes.
LONGEST_PROMISE = timedelta(days=7)
SHORTEST = timedelta(microseconds=1)
# Nobody plans beyond it, and calendars end somewhere.
FAR = timedelta(days=36_500)


class ObligationKind(models.TextChoices):
    ASSESSMENT = "assessment", "Assessment"
    UPDATE = "update", "Update"
    FINDING = "finding", "Finding"
    REPLY = "reply", "Reply about a finding"
    SYNTHESIS = "synthesis", "What we know"
    TASK = "task", "Task"
    CHALLENGE = "challenge", "Challenge of an update"
    QUESTION = "question", "Question"
    ASK = "ask", "Question to you"
    SILENCE = "silence", "Silence"
    INVITATION = "invitation", "Invitation"
    REINFORCEMENT = "reinforce", "Request for somebody of yours"
    CHANGE = "change", "Change"
    SYNC = "sync", "Sync point"
    VACANCY = "vacancy", "Vacant role"
    ACCEPTANCE = "acceptance", "Answer about a role"
    OFFER = "offer", "Offer of a role"
    LONG_DUTY = "long_duty", "Long duty"
    DECISION = "decision", "Decision"
    COMMITMENT = "commitment", "Commitment"
    EVENT = "event", "Business event"


class ObligationState(models.TextChoices):
    OPEN = "open", "Open"
    WARNED = "warned", "Soon"
    DUE = "due", "Due"
    OVERDUE = "overdue", "Overdue"
    ESCALATED = "escalated", "Escalated"
    SATISFIED = "satisfied", "Satisfied"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


S = ObligationState
LIVE = (S.OPEN, S.WARNED, S.DUE, S.OVERDUE, S.ESCALATED)
# What stands in the row of clocks. Other obligations show with what they are about.
CLOCKS = (ObligationKind.ASSESSMENT, ObligationKind.UPDATE)
# What people outside were promised stays due when the incident is over.
OUTLASTING = (ObligationKind.COMMITMENT,)


class ObligationQuerySet(TenantQuerySet):
    def live(self):
        return self.filter(state__in=LIVE)

    def clocks(self):
        """Words owed to audiences, and the judgement of the beginning."""
        return self.filter(kind__in=CLOCKS)

    def about(self, kind, subject=0):
        return self.filter(kind=kind, subject=subject)

    def pressing(self, now):
        """Those that have to move now, the longest waiting first; found by index."""
        return self.filter(next_at__lte=now).order_by("next_at")

    def most_urgent_first(self):
        return self.order_by("due_at")


class Obligation(TenantModel):
    """`next_at` is the moment of the next step; None once nothing more can happen. All times UTC.

    `subject` is the primary key of what it is about where the kind alone does not say it, or 0. `owner` is who owes it
    by name; without one, the duty names a role.
    """

    queue = True

    Kind = ObligationKind
    State = ObligationState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="obligations")
    kind = models.CharField(max_length=12, choices=ObligationKind)
    audience = models.CharField(max_length=12, choices=Audience, blank=True)
    subject = models.PositiveBigIntegerField(default=0)
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="obligations")
    interval_minutes = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    overdue_at = models.DateTimeField()
    escalate_at = models.JSONField(default=list)
    next_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=ObligationState, default=ObligationState.OPEN)
    level = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ObligationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "kind", "audience", "subject", "starts_at"],
                name="obligation_window_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "incident", "kind", "audience", "subject"],
                condition=Q(state__in=LIVE),
                name="obligation_one_live",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="obligation_next"),
        ]

    def __str__(self):
        return f"{self.get_audience_display() or self.get_kind_display()} due {self.due_at:%H:%M}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def duty(self):
        """What this kind of obligation does at each step."""
        return duty_of(self.kind)

    @property
    def owner_role(self):
        return self.duty.owner_role(self)

    @property
    def told(self):
        """Whom the present state concerns: role slugs, or `administrators`, each once, nearest first."""
        return self.duty.told(self)

    # --- Opening and settling; all under the incident's lock -----------------------------------

    @classmethod
    def open(cls, incident, kind, *, minutes, audience="", subject=0, owner=None, starts_at=None, due_at=None):
        """Start a window of `minutes`, or until `due_at` where a time was promised."""
        starts_at = starts_at or timezone.now()
        obligation = cls(
            incident=incident,
            kind=kind,
            audience=audience,
            subject=subject,
            owner=owner,
            interval_minutes=minutes,
            starts_at=starts_at,
        )
        obligation._set_due(due_at or starts_at + timedelta(minutes=minutes))
        obligation.save(force_insert=True)
        return obligation

    @classmethod
    def open_again(cls, incident, kind, *, minutes, audience="", subject=0, owner=None, now=None, due_at=None):
        """Start another window about the same; where the clock stands still it is not taken for the last one."""
        now = now or timezone.now()
        last = incident.obligations.about(kind, subject).aggregate(last=Max("starts_at"))["last"]
        starts_at = last + SHORTEST if last and last >= now else now
        return cls.open(
            incident,
            kind,
            minutes=minutes,
            audience=audience,
            subject=subject,
            owner=owner,
            starts_at=starts_at,
            due_at=due_at or now + timedelta(minutes=minutes),
        )

    @classmethod
    def open_assessment(cls, incident):
        return cls.open(incident, ObligationKind.ASSESSMENT, minutes=ASSESSMENT_MINUTES, starts_at=incident.declared_at)

    @classmethod
    def open_updates(cls, incident, *, starts_at=None):
        """One clock for every audience that has one at the incident's severity; a first word is owed sooner."""
        cadence = Cadence.objects.beginning(incident.severity, incident.told_audiences())
        for audience, (minutes, wait) in cadence.items():
            cls._open_update(incident, audience, minutes, wait, starts_at or timezone.now())

    @classmethod
    def satisfy(cls, incident, kind, subject=0):
        """Somebody did what was owed; nothing happens where nothing was."""
        cls._settle(incident.obligations.live().about(kind, subject), S.SATISFIED)

    @classmethod
    def begin_anew(cls, incident, kind, *, minutes, subject=0):
        """Move the live window to now, in one statement. Returns how many were moved: none where nothing was owed."""
        window = cls(kind=kind, interval_minutes=minutes, starts_at=timezone.now())
        window._set_due(window.starts_at + timedelta(minutes=minutes))
        moved = ("interval_minutes", "starts_at", "warn_at", "due_at", "overdue_at", "escalate_at", "next_at")
        return (
            incident.obligations.live()
            .about(kind, subject)
            .update(state=S.OPEN, level=0, **{name: getattr(window, name) for name in moved})
        )

    @classmethod
    def cancel(cls, incident, kind, subject=0):
        """It is not owed any more."""
        cls._settle(incident.obligations.live().about(kind, subject), S.CANCELLED)

    @classmethod
    def postpone(cls, incident, kind, subject, due_at):
        """It is owed at another time than was said, and presses anew; nothing happens where nothing is owed."""
        for obligation in incident.obligations.live().about(kind, subject):
            obligation.state, obligation.level = S.OPEN, 0
            obligation._set_due(due_at)
            obligation.save()

    @classmethod
    def satisfy_assessment(cls, incident):
        cls.satisfy(incident, ObligationKind.ASSESSMENT)

    @classmethod
    def satisfy_update(cls, incident, audience, *, now, next_update_at=None, state=S.SATISFIED):
        """Close the audience's window and open the next. Returns the new obligation, or None without a clock."""
        windows = incident.obligations.filter(kind=ObligationKind.UPDATE, audience=audience)
        cls._settle(windows.live(), state, now)
        minutes = Cadence.objects.at(incident.severity).get(audience)
        if not incident.is_open or (minutes is None and next_update_at is None):
            return None
        if next_update_at is not None and minutes is None:
            minutes = max(1, round((next_update_at - now).total_seconds() / 60))
        # Where the clock stands still for a moment, the next window must not be taken for the last one.
        last = windows.filter(starts_at__range=(now, now + timedelta(seconds=1))).aggregate(last=Max("starts_at"))[
            "last"
        ]
        starts_at = last + SHORTEST if last else now
        return cls.open(
            incident,
            ObligationKind.UPDATE,
            minutes=minutes,
            audience=audience,
            starts_at=starts_at,
            due_at=next_update_at,
        )

    @classmethod
    def restore_update(cls, incident, audience, at):
        """The word that satisfied a window at this moment was taken back: the window goes on where it stood."""
        windows = incident.obligations.filter(kind=ObligationKind.UPDATE, audience=audience)
        cls._settle(windows.live(), S.CANCELLED)
        last = windows.filter(state=S.SATISFIED, settled_at=at).order_by("-starts_at").first()
        if last is None:
            return
        last.state, last.level, last.settled_at = S.OPEN, 0, None
        last.next_at = last.steps()[0][0]
        if last.next_at <= at:
            last.walk_to(at)
        last.save()

    @classmethod
    def cancel_open(cls, incident):
        """Nothing is owed in here any more: the incident is over. What was promised to people outside is."""
        cls._settle(incident.obligations.live().exclude(kind__in=OUTLASTING), S.CANCELLED)

    @classmethod
    def follow_severity(cls, incident):
        """Bring the clocks to a new severity: sooner where it is worse, never later than was promised.

        Returns what moved, for the entry that says why: `[{"audience", "before", "after"}]`.
        """
        cadence = Cadence.objects.beginning(incident.severity, incident.told_audiences())
        live = {each.audience: each for each in incident.obligations.live().filter(kind=ObligationKind.UPDATE)}
        now, moved = timezone.now(), []
        for audience, obligation in live.items():
            if audience not in cadence:
                continue
            before = obligation.due_at
            if obligation.hasten(*cadence[audience], now):
                moved.append(
                    {"audience": audience, "before": before.isoformat(), "after": obligation.due_at.isoformat()}
                )
            obligation.save()
        for audience in cadence.keys() - live.keys():
            cls._open_update(incident, audience, *cadence[audience], now)
        return moved

    @classmethod
    @transaction.atomic
    def move_update(cls, incident, audience, due_at, *, by, reason, waiver=""):
        """Promise an audience another time for the next word, sooner or later, and say why. Returns the entry."""
        incident.lock()
        incident.require_open()
        waiver = authority.require_speaking(by, incident, audience, waiver)
        clock = incident.obligations.live().filter(kind=ObligationKind.UPDATE, audience=audience).first()
        if clock is None:
            raise Refused("This audience has no clock: promise it a time with an update.", code="no_clock")
        require_promise(due_at, timezone.now())
        if not reason.strip():
            raise Refused("Say why the time moves.", code="reason_required")
        before = clock.due_at
        if due_at == before:
            raise Refused("That is the time already.", code="unchanged")
        clock.state, clock.level = S.OPEN, 0
        clock._set_due(due_at)
        clock.save()
        return incident.record(
            kinds.CLOCK_MOVED,
            by=by,
            obligation=clock.pk,
            clock=clock.kind,
            audience=audience,
            before=before.isoformat(),
            due_at=due_at.isoformat(),
            reason=reason.strip(),
            waiver=waiver,
        )

    @classmethod
    @transaction.atomic
    def skip_update(cls, incident, audience, *, by, reason, waiver=""):
        """Say nothing to an audience this time, and why; its next window begins. Returns the entry."""
        incident.lock()
        incident.require_open()
        waiver = authority.require_speaking(by, incident, audience, waiver)
        if not reason.strip():
            raise Refused("Say why they are skipped.", code="reason_required")
        now = timezone.now()
        clock = incident.obligations.live().filter(kind=ObligationKind.UPDATE, audience=audience).first()
        if clock is None:
            raise Refused("This audience is owed nothing: there is nothing to skip.", code="no_clock")
        following = cls.satisfy_update(incident, audience, now=now, state=S.SKIPPED)
        return incident.record(
            kinds.CLOCK_SKIPPED,
            by=by,
            obligation=clock.pk,
            clock=clock.kind,
            audience=audience,
            due_at=following.due_at.isoformat() if following else "",
            reason=reason.strip(),
            waiver=waiver,
        )

    def hasten(self, minutes, wait, now):
        """Let it follow another interval: due after a `wait` in minutes if that is sooner, never later than promised.

        Not saved. Whether the time moved.
        """
        self.interval_minutes = minutes
        due_at = max(self.starts_at + timedelta(minutes=wait), now)
        if due_at >= self.due_at or self.state not in (S.OPEN, S.WARNED):
            return False
        self.state = S.OPEN
        self._set_due(due_at)
        return True

    @staticmethod
    def _settle(obligations, state, now=None):
        obligations.update(state=state, next_at=None, settled_at=now or timezone.now())

    def _set_due(self, due_at):
        window = due_at - self.starts_at
        self.due_at = due_at
        self.warn_at = due_at - min(self.duty.warning, window / 3)
        self.overdue_at = due_at + self.duty.overdue_after
        self.escalate_at = [(due_at + delay).isoformat() for delay in self.duty.escalate_after]
        self.next_at = self.steps()[0][0]

    @classmethod
    def _open_update(cls, incident, audience, minutes, wait, starts_at):
        """The rhythm is one word every so many `minutes`; the next is owed after a `wait` in minutes."""
        due_at = starts_at + timedelta(minutes=wait)
        cls.open(
            incident, ObligationKind.UPDATE, minutes=minutes, audience=audience, starts_at=starts_at, due_at=due_at
        )  # fmt: skip

    # --- Walking -----------------------------------------------------------------------------

    def steps(self):
        """`(moment, state, level)` of the whole walk, in order."""
        moments = [timezone.datetime.fromisoformat(moment) for moment in self.escalate_at]
        walk = [
            (self.warn_at, S.WARNED, 0),
            (self.due_at, S.DUE, 0),
            (self.overdue_at, S.OVERDUE, 0),
            *((moment, S.ESCALATED, level) for level, moment in enumerate(moments, start=1)),
        ]
        return [step for step in walk if step[1] in self.duty.states]

    @transaction.atomic
    def advance(self, now):
        """Take the step whose moment has come and say so; after downtime only the newest one speaks.

        Returns the entry, or None when the step is a silent one, another scheduler was faster, or a person had
        satisfied it.
        """
        incident = self.duty.lock(self)
        self.lock()
        if self.next_at is None or self.next_at > now:
            return None
        if not incident.is_open and self.kind not in OUTLASTING:
            self._settle(type(self).objects.filter(pk=self.pk), S.CANCELLED, now)
            return None
        missed = self.walk_to(now)
        self.save(update_fields=["state", "level", "next_at"])
        entry = self._announce(incident, missed=missed)
        self.duty.reached(self, incident, now)
        return entry

    def walk_to(self, now):
        """Stand where the last step that has passed leads. Not saved; returns how many steps were missed before it."""
        passed = [step for step in self.steps() if self.next_at <= step[0] <= now]
        ahead = [moment for moment, _, _ in self.steps() if moment > now]
        _, self.state, self.level = passed[-1]
        self.next_at = ahead[0] if ahead else None
        return len(passed) - 1

    def _announce(self, incident, *, missed):
        kind = self.duty.says.get(self.state)
        if kind is None:
            return None
        return incident.record(
            kind,
            workstream=self.duty.workstream(self),
            obligation=self.pk,
            clock=self.kind,
            audience=self.audience,
            due_at=self.due_at.isoformat(),
            level=self.level,
            told=self.told,
            missed_steps=missed,
            **self.duty.details(self),
        )


def require_promise(due_at, now):
    """Refuse a time for the next update that is no promise."""
    if due_at <= now:
        raise Refused("The next update has to be later than now.", code="next_update_past")
    if due_at > now + LONGEST_PROMISE:
        raise Refused("The next update has to come within a week.", code="next_update_far")
