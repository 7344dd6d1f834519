"""Spikes without an incident: nothing records them, so the tick tells who decides, and in the same transaction."""

import uuid
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from incidents.models import Spike, SupportReport
from incidents.models.spikes import SpikeState
from incidents.models.support_briefs import SUPPORT
from playbooks.models import Severity
from teams.models import Service
from teams.tenancy import acting_in

from . import notices, situations
from .models import Delivery
from .recipients import PAGING_RANK, SPIKE_OVER, SPIKE_PROPOSED, who_hears

A_REMINDER, A_DAY = timedelta(minutes=30), timedelta(hours=24)
# What a delivery is about: the question, which an answer overtakes, and the word that it answered itself.
ASKS, IS_OVER = "spike", "spike_over"


def tell(organization_id, pk, now):
    """Let a spike take its next step, and tell of it. Whether there was anything to tell; safe to run twice, late, or
    beside another pass."""
    with acting_in(organization_id), transaction.atomic():
        spike = Spike.objects.for_reading().select_related("organization").filter(pk=pk).first()
        if spike is None or not spike.advance(now):
            return False
        if spike.incident is None:
            _write(spike, now)
        return True


def answered(deliveries):
    """Primary keys of the spikes that these ask about and that nobody has to answer any more."""
    asked = {spike_of(each) for each in deliveries} - {None}
    if not asked:
        return set()
    return asked - set(Spike.objects.proposed().filter(pk__in=asked).values_list("pk", flat=True))


def spike_of(delivery):
    """The primary key of the spike that a delivery without an incident asks about, or None."""
    about, _, pk = delivery.topic.partition(":")
    return int(pk) if delivery.incident_id is None and about == ASKS else None


def _write(spike, now):
    """A notice, and a delivery for everybody who hears of it."""
    over = spike.state == SpikeState.FADED
    severity = Severity.preset_or_mildest()
    hearings = who_hears(_situation(spike, severity, over))
    if not hearings:
        return
    notice = _notice(spike, over)
    notice.save()
    Delivery.objects.bulk_create(
        [
            Delivery(
                notice=notice,
                recipient_id=each.listener.id,
                channel=each.channel,
                address=each.address,
                dedup_key=f"{ASKS}:{spike.pk}:{spike.told}:{spike.state}:{each.listener.id}:{each.channel}",
                identifier=uuid.uuid4().hex,
                topic=f"{IS_OVER if over else ASKS}:{spike.pk}",
                rule=each.rule[:200],
                urgent=severity.rank <= PAGING_RANK,
                state=Delivery.State.SUPPRESSED if each.skipped else Delivery.State.PENDING,
                reason=each.skipped,
                created_at=now,
                next_at=None if each.skipped else now,
                settled_at=now if each.skipped else None,
                useful_until=now + (A_DAY if over else A_REMINDER),
            )
            for each in hearings
        ],
        ignore_conflicts=True,
    )


def _situation(spike, severity, over):
    """As if the proposed incident were declared now, about the services that the reports name."""
    named = SupportReport.objects.waiting().told_since(spike.began_at).values("service")
    imagined = situations.imagined(
        SPIKE_OVER if over else SPIKE_PROPOSED, severity=severity, services=Service.objects.filter(pk__in=named)
    )
    details = {"function": SUPPORT, "told": spike.told_roles, "told_members": _told_before(spike) if over else []}
    return replace(imagined, details=details)


def _told_before(spike):
    """Whoever was asked, whatever became of the message."""
    asked = Delivery.objects.filter(topic=f"{ASKS}:{spike.pk}", incident=None, recipient__isnull=False)
    return list(asked.order_by("recipient").values_list("recipient", flat=True).distinct())


def _notice(spike, over):
    organization = spike.organization
    page = settings.BASE_URL + reverse("incidents:spike", kwargs={"org": organization.slug, "pk": spike.pk})
    desk = settings.BASE_URL + reverse("incidents:report_desk", kwargs={"org": organization.slug})
    if over:
        words = notices.Words(
            "Fewer customers write again",
            (("Counted", spike.sentence), ("Now", "What was proposed fell away by itself. The reports still wait.")),
            "Look at the reports",
            spike.sentence,
        )
        return notices.compose_alone(organization, words, desk)
    facts = [("Counted", spike.sentence), ("Proposed", "Declare an incident")]
    if spike.told > 1:
        facts.append(("Waits", "Nobody has answered yet."))
    words = notices.Words(
        "More customers write than usual", tuple(facts), "Declare, join an incident, or say why not", spike.sentence
    )
    return notices.compose_alone(organization, words, page)
