"""Briefings: leadership hears from the lead at set times, and what may wait until then is answered there."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import Audience, Cadence
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .obligations import ObligationKind

NOTE_LENGTH = 2000
# So many are planned ahead.
AHEAD = 3


class BriefingQuerySet(TenantQuerySet):
    def with_people(self):
        return self.select_related("held_by__person")

    def latest_first(self):
        return self.order_by("-number")


class Briefing(TenantModel):
    """One that took place. When the next ones do follows from the cadence for leadership."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="briefings")
    number = models.PositiveSmallIntegerField()
    note = models.TextField(max_length=NOTE_LENGTH, blank=True)
    held_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    held_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(BriefingQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="briefing_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "key"], name="briefing_key_once"),
        ]

    def __str__(self):
        return f"Briefing {self.number}"

    @classmethod
    def times_ahead(cls, incident, clocks=None):
        """When leadership is briefed next, the soonest first; nothing without a clock for leadership.

        `clocks` are the incident's live obligations, where they have been read already.
        """
        clocks = incident.obligations.live() if clocks is None else clocks
        clock = next(
            (each for each in clocks if (each.kind, each.audience) == (ObligationKind.UPDATE, Audience.LEADERSHIP)),
            None,
        )
        if clock is None:
            return []
        step, now = timedelta(minutes=clock.interval_minutes), timezone.now()
        first = clock.due_at
        if first <= now:
            first += step * ((now - first) // step + 1)
        return [first + step * number for number in range(AHEAD)]

    @classmethod
    @transaction.atomic
    def hold(cls, incident, *, by, answers=None, note="", key=None):
        """Say that leadership was briefed. The same `key` again returns the first one's entry.

        `answers` maps the primary keys of the questions that were read out to what was said, or to nothing where it
        need not be written down. What nobody read out waits for the next one.
        """
        incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, key=key).first()):
            return incident.timeline.get(kind=kinds.BRIEFING_HELD.name, details__briefing=earlier.pk)
        incident.require_open()
        authority.require(
            authority.may_brief(by, incident),
            "The incident lead or the communications lead briefs leadership.",
            code="briefing_right",
        )
        briefing = cls.objects.create(
            incident=incident,
            number=(incident.briefings.aggregate(last=Max("number"))["last"] or 0) + 1,
            note=note.strip(),
            held_by=by,
            key=key,
        )
        attached = list(incident.questions.for_the_briefing().with_people().in_order())
        read_out = [question for question in attached if question.pk in (answers or {})]
        entry = incident.record(
            kinds.BRIEFING_HELD,
            by=by,
            briefing=briefing.pk,
            number=briefing.number,
            questions=[question.number for question in read_out],
            left=len(attached) - len(read_out),
        )
        for question in read_out:
            question.incident = incident
            question.answer_aloud(briefing, answers[question.pk], by=by)
        for question in attached:
            if question not in read_out:
                question.incident = incident
                question.wait_for_next_briefing(_next_time(incident))
        return entry


def _next_time(incident):
    """When the following one is, at least half a cadence away: the clock of the one just held may still run."""
    minutes = Cadence.objects.at(incident.severity).get(Audience.LEADERSHIP)
    soonest = timezone.now() + timedelta(minutes=(minutes or 0) / 2)
    return next((moment for moment in Briefing.times_ahead(incident) if moment > soonest), None)
