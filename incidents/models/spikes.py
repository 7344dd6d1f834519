"""Spikes: more customers write than usual. Each proposes one thing, and a person says yes or no."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from playbooks.models import IncidentRole, Severity
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds, listening
from ..duties import ADMINISTRATORS, Duty
from ..saying import require_reason
from .incident import Incident
from .reports import ReportEcho, SupportReport, lock_waiting


class SpikeState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    DISMISSED = "dismissed", "Dismissed"
    FADED = "faded", "Fell away"


# Who decides is told at once, and again while nobody answers; the last time the administrators are told too.
TELLINGS = (timedelta(0), *Duty.escalate_after)
DECIDING = (IncidentRole.SUPPORT_LIAISON, IncidentRole.LEAD)


class SpikeQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """For who responds: those of reports that wait, and of incidents that are theirs to see."""
        if not membership.is_responder:
            return self.none()
        return self.filter(Q(incident=None) | Q(incident__in=Incident.objects.visible_to(membership)))

    def proposed(self):
        return self.filter(state=SpikeState.PROPOSED)

    def end_all(self, incident, *, reason, by=None):
        """Nobody has to answer what was proposed for an incident; call under its lock."""
        self.filter(incident=incident).proposed().update(
            state=SpikeState.DISMISSED, reason=reason, answered_by=by, answered_at=timezone.now(), next_at=None
        )

    def pressing(self, now):
        """Those of which somebody has to be told now, or that may have fallen away."""
        return self.filter(next_at__lte=now).order_by("next_at")

    def for_reading(self):
        return self.select_related("incident__severity", "severity", "answered_by__person", "led_to")


class Spike(TenantModel):
    """Without an incident it proposes to declare one, with one to raise it to `severity`. `customers` wrote in the
    quarter of an hour in which it was seen, where `usual` are usual. `led_to` is the incident that was declared, or
    that has its reports. `told` is how many times who decides was told; `next_at` is when it is looked at again, None
    once it is over."""

    queue = True

    State = SpikeState

    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="spikes")
    severity = models.ForeignKey(Severity, models.PROTECT, null=True, related_name="+")
    customers = models.PositiveIntegerField()
    usual = models.FloatField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    last_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=SpikeState, default=SpikeState.PROPOSED)
    reason = models.TextField(blank=True)
    answered_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    led_to = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="+")
    told = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(SpikeQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident"], condition=Q(state="proposed"), name="spike_one_proposed"
            ),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(state="proposed", incident=None), name="spike_one_waiting"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="spike_next")]

    def __str__(self):
        return self.sentence

    @property
    def sentence(self):
        """What was counted, in words."""
        return f"{self.customers} customers in {listening.WINDOW.seconds // 60} minutes, usually {self._usually}"

    @property
    def _usually(self):
        """Nobody counts in tenths of a customer below one."""
        if self.usual < 0.05:
            return "none"
        return "fewer than one" if self.usual < 1 else f"{self.usual:.1f}"

    @property
    def customers_by_now(self):
        """Since it began; `customers` is what was counted when it was seen."""
        return _customers(self.incident, self.began_at, timezone.now())

    @property
    def reports(self):
        """What customers said since it began, as far as it is still where it was counted; the newest first."""
        return SupportReport.objects.filter(incident=self.incident, reported_at__gte=self.began_at).latest_first()

    @property
    def is_proposed(self):
        return self.state == SpikeState.PROPOSED

    @property
    def how_it_ended(self):
        """In a sentence; empty while nobody has answered."""
        if self.is_proposed:
            return ""
        who = self.answered_by.name if self.answered_by else "Muster"
        if self.state == SpikeState.FADED:
            return f"It fell away by itself: {self.reason.lower()}."
        if self.state == SpikeState.DISMISSED:
            return f"{who} decided that nothing follows from it: {self.reason}"
        return f"{who} said yes."

    # --- Verbs -----------------------------------------------------------------------------------

    @classmethod
    def watch(cls, incident):
        """Look whether more write than usual, after a report came in and under the same lock.

        A spike that was seen goes on until nothing has been above the threshold for a window of time, and is proposed
        once; so is the next one while nobody has answered. Returns the new spike, or None.
        """
        now = timezone.now()
        proposed = _worse_than(incident.severity) if incident else None
        if incident and not (incident.is_open and proposed):
            return None
        began_at = now - listening.WINDOW
        recent = _customers(incident, began_at, now)
        before = _customers(incident, began_at - listening.BASELINE, began_at)
        if not listening.is_spike(recent, before):
            return None
        of_stream = cls.objects.filter(incident=incident) if incident else cls.objects.filter(incident=None)
        latest = of_stream.order_by("-last_at").first()
        if latest and (latest.is_proposed or latest.last_at >= began_at):
            latest.last_at = now
            latest.save(update_fields=["last_at"])
            return None
        spike = cls.objects.create(
            incident=incident, severity=proposed, customers=recent, usual=listening.usual(before),
            began_at=began_at, seen_at=now, last_at=now,
            # The timeline of an incident has told who decides already.
            told=1 if incident else 0, next_at=now + TELLINGS[1] if incident else now,
        )  # fmt: skip
        spike._record(kinds.SPIKE_SEEN, customers=recent, usual=f"{spike.usual:.1f}")
        return spike

    @transaction.atomic
    def advance(self, now):
        """Tell again while nobody has answered, or say that it fell away by itself. Whether somebody has to be told.

        With an incident its timeline tells them; without one whoever calls this does, in the same transaction.
        """
        self._hold()
        if self.next_at is None or self.next_at > now:
            return False
        if self.incident and not self.incident.is_open:
            self._end(SpikeState.DISMISSED, f"The incident is {self.incident.get_status_display().lower()}")
            return False
        if self.last_at + listening.WINDOW <= now:
            self._end(SpikeState.FADED, "Fewer customers write again")
            self._record(kinds.SPIKE_FADED)
            return True
        # After downtime it is told once, not once for every time that was missed.
        due = sum(self.seen_at + delay <= now for delay in TELLINGS)
        is_news = due > self.told
        self.told, self.next_at = max(due, self.told), self._looked_at_next(due)
        self.save(update_fields=["told", "next_at"])
        if is_news:
            self._record(kinds.SPIKE_WAITS, told=self.told_roles)
        return is_news

    @property
    def told_roles(self):
        """Whom the present telling concerns: role slugs, or `administrators`."""
        return [*map(str, DECIDING), *([ADMINISTRATORS] if self.told == len(TELLINGS) else [])]

    @transaction.atomic
    def accept(self, *, by, title="", incident=None, waiver=""):
        """Do what is proposed. Returns the incident: the one made more severe, or the one declared.

        Without an incident of its own it may be about one that is open already: `incident` gets the reports.
        """
        self._begin()
        if self.incident:
            self._settle(SpikeState.ACCEPTED, by=by)
            self.incident.change_severity(self.severity, by=by, reason=self.sentence, waiver=waiver)
            self._record(kinds.SPIKE_ACCEPTED, by=by)
            return self.incident
        from ..mobilization import declare

        authority.require_responder(by)
        waiting = SupportReport.objects.waiting().told_since(self.began_at)
        title = title.strip() or self._first_words(waiting)
        self.led_to = incident or declare(title, by=by, detected_by="Customer reports", key=f"spike-{self.pk}")
        if waiting.exists():
            SupportReport.attach(list(waiting), self.led_to, by=by)
        self._settle(SpikeState.ACCEPTED, by=by)
        return self.led_to

    @transaction.atomic
    def dismiss(self, *, by, reason):
        """It is not what it looks like, for a reason. Returns the entry, None without an incident."""
        self._begin()
        allowed = authority.may_sort_reports(by, self.incident) if self.incident else authority.may_respond(by)
        authority.require(allowed, "The support liaison or the incident lead answers this.", code="liaison_right")
        self.reason = require_reason(reason, "Say why nothing follows from it.")
        self._settle(SpikeState.DISMISSED, by=by)
        return self._record(kinds.SPIKE_DISMISSED, by=by, reason=self.reason)

    @classmethod
    def follow_severity(cls, incident, *, by):
        """What was proposed is so already, or worse; call under the incident's lock."""
        overtaken = cls.objects.filter(severity__rank__gte=incident.severity.rank)
        overtaken.end_all(incident, reason=f"The severity is {incident.severity.name} already", by=by)

    @classmethod
    def follow_reports(cls, incident, *, by):
        """All that it was about was brought to an incident: that is the answer. Call under `lock_waiting`."""
        spike = cls.objects.filter(incident=None).proposed().first()
        if spike and not _customers(None, spike.began_at, timezone.now()):
            spike.led_to = incident
            spike._settle(SpikeState.ACCEPTED, by=by)

    # --- Inside ----------------------------------------------------------------------------------

    def _begin(self):
        self._hold()
        if self.state == SpikeState.FADED:
            raise Refused(self.how_it_ended, code="already_answered")
        if not self.is_proposed:
            who = self.answered_by.name if self.answered_by else "Muster"
            raise Refused(f"{who} has {self.get_state_display().lower()} this already.", code="already_answered")

    def _hold(self):
        if self.incident:
            self.incident.lock()
        else:
            lock_waiting()
        self.lock()

    def _looked_at_next(self, due):
        """When it is told the next time, or may have fallen away, whichever is sooner."""
        over = self.last_at + listening.WINDOW
        return min(over, self.seen_at + TELLINGS[due]) if due < len(TELLINGS) else over

    def _settle(self, state, *, by):
        self.state, self.answered_by, self.answered_at, self.next_at = state, by, timezone.now(), None
        self.save(update_fields=["state", "reason", "answered_by", "answered_at", "led_to", "next_at"])

    def _end(self, state, reason):
        self.reason = reason
        self._settle(state, by=None)

    @staticmethod
    def _first_words(waiting):
        """A title for whoever gives none: what the first of them sees."""
        first = waiting.order_by("pk").first()
        return " ".join(first.error_text.split())[:200] if first else "More customers report trouble than usual"

    def _record(self, kind, *, by=None, **details):
        if self.incident is None:
            return None
        severity = self.severity.slug if self.severity else ""
        return self.incident.record(kind, by=by, spike=self.pk, severity=severity, **details)


def _worse_than(severity):
    """The next worse severity, or None."""
    return Severity.objects.filter(rank__lt=severity.rank).order_by("-rank").first()


def _customers(incident, since, until):
    """How many customers wrote from `since` until `until`: about the incident, or about none."""
    # The newest is the very report that is looked at.
    reports = SupportReport.objects.filter(incident=incident) if incident else SupportReport.objects.waiting()
    echoes = ReportEcho.objects.filter(report__incident=incident) if incident else ReportEcho.objects.filter(
        report__incident=None
    )  # fmt: skip
    told = reports.filter(reported_at__gt=since, reported_at__lte=until).aggregate(all=Sum("count"))["all"] or 0
    return told + echoes.filter(at__gt=since, at__lte=until).count()
