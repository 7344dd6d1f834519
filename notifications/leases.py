"""The right to send: taken for half a minute, in the database, by whichever worker is first.

A lease carries a fencing token. Each attempt is committed before the call it stands for, and a result is written
only while the token still holds, so a worker that was thought dead and comes back changes nothing. No transaction is
open while a provider is waited for.
"""

import os
import random
import socket
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from teams.tenancy import acting_in

from .models import Attempt, Delivery
from .models.deliveries import KEPT
from .suppression import Suppression
from .transports.base import Outcome

LEASE = timedelta(seconds=30)
BATCH = 20
# Pauses before the second try, the third and so on, each ±20 %.
SCHEDULE = (5, 30, 120, 600, 1800)
JITTER = 0.2
DOUBT_SECONDS = 30
CRASHES = 5
DEATHS = 2
S = Delivery.State


def this_worker():
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


class Lease:
    """Deliveries of one organisation and channel that are ours for a while."""

    def __init__(self, organization_id, doubts):
        self.organization_id = organization_id
        self.doubts = doubts
        self.fence = uuid.uuid4().hex
        self.worker = this_worker()
        self.deliveries = []
        self.suppressed = 0

    @classmethod
    def take(cls, organization_id, channel, *, doubts, limit=BATCH):
        """Claim what is due, most urgent first, and settle at once what need not be sent any more."""
        lease = cls(organization_id, doubts)
        with acting_in(organization_id), transaction.atomic():
            now = timezone.now()
            # On SQLite the transaction itself lets nobody else write.
            due = (
                Delivery.objects.due(now)
                .filter(channel=channel)
                .select_related(
                    "notice__entry__workstream",
                    "notice__entry__beside",
                    "incident__organization",
                    "recipient__person",
                    "subscriber",
                    "organization",
                )
                .select_for_update(skip_locked=True, of=("self",))
                .order_by("-urgent", "next_at", "pk")[:limit]
            )
            alive = lease._buried(list(due), now)
            suppression = Suppression(alive, now)
            for delivery in alive:
                if reason := suppression.reason(delivery):
                    lease._settle(delivery, S.SUPPRESSED, reason, now)
                    lease.suppressed += 1
                else:
                    lease.deliveries.append(delivery)
            Delivery.objects.filter(pk__in=[each.pk for each in lease.deliveries]).update(
                state=S.LEASED, fence=lease.fence, leased_until=now + LEASE, next_at=now + LEASE
            )
        return lease

    def turn(self, results, group=()):
        """Write `[(attempt, result)]` of what was sent, and begin the next group, in one transaction.

        Returns `[(delivery, attempt)]` of those of the group that are still ours, each with its lease renewed.
        """
        with acting_in(self.organization_id), transaction.atomic():
            now = timezone.now()
            held = self._lock([attempt.delivery for attempt, _ in results])
            for attempt, result in results:
                self._finish(attempt, result, now, late=attempt.delivery_id not in held)
            return self._begin(group, now) if group else []

    def release(self, deliveries):
        """Give back what was not begun; the next pass takes it, after a moment."""
        with acting_in(self.organization_id):
            soon = timezone.now() + timedelta(seconds=SCHEDULE[0])
            self._ours(deliveries).filter(doubtful=False).update(
                state=S.PENDING, fence="", leased_until=None, next_at=soon
            )
            self._ours(deliveries).filter(doubtful=True).update(
                state=S.UNKNOWN, fence="", leased_until=None, next_at=soon
            )

    def _ours(self, deliveries):
        return Delivery.objects.filter(pk__in=[each.pk for each in deliveries], state=S.LEASED, fence=self.fence)

    def _lock(self, deliveries):
        """Primary keys of those that are still ours, locked."""
        if not deliveries:
            return set()
        return set(self._ours(deliveries).select_for_update().values_list("pk", flat=True))

    def _begin(self, group, now):
        held = self._lock(group)
        ours = [each for each in group if each.pk in held]
        self._ours(ours).update(attempts_made=F("attempts_made") + 1, leased_until=now + LEASE, next_at=now + LEASE)
        for delivery in ours:
            delivery.attempts_made += 1
        attempts = Attempt.objects.bulk_create(
            Attempt(
                delivery=delivery,
                number=delivery.attempts_made,
                worker=self.worker,
                fence=self.fence,
                started_at=now,
            )
            for delivery in ours
        )
        return list(zip(ours, attempts, strict=True))

    def _finish(self, attempt, result, now, *, late):
        answer = f"After the lease was over: {result.answer}" if late else result.answer
        written = Attempt.objects.filter(pk=attempt.pk)
        if late:
            # The truth about the call, which explains a duplicate; what follows from it is another's to decide.
            written.update(answer=answer[:300])
            return
        written.update(outcome=result.outcome, answer=answer[:300], finished_at=now)
        _CONSEQUENCES[result.outcome](self, attempt.delivery, result, now)

    # --- What follows from a result ------------------------------------------------------------

    def _accepted(self, delivery, result, now):
        reason = result.answer if result.provider_id == KEPT else ""
        if delivery.doubtful:
            reason = f"An earlier try had no answer, so it may have arrived twice. {result.answer}"
        delivery.provider_id = result.provider_id[:120]
        self._settle(delivery, S.ACCEPTED, reason, now)

    def _refused(self, delivery, result, now):
        self._settle(delivery, S.FAILED, result.answer, now)

    def _later(self, delivery, result, now):
        delivery.failures += 1
        if delivery.failures >= (CRASHES if result.broken else 1 + len(SCHEDULE)):
            self._settle(delivery, S.FAILED, f"Given up after {delivery.failures} tries. {result.answer}", now)
            return
        pause = result.retry_after
        if pause is None:
            pause = _jittered(SCHEDULE[delivery.failures - 1])
        # What may have arrived stays in doubt, whatever a later try says.
        self._wait(delivery, S.UNKNOWN if delivery.doubtful else S.PENDING, result.answer, now, pause)

    def _in_doubt(self, delivery, result, now):
        delivery.failures += 1
        lately = delivery.attempts.filter(number__gt=delivery.attempts_made - delivery.failures)
        unanswered = lately.filter(outcome=Outcome.UNKNOWN).count()
        delivery.doubtful = True
        if unanswered >= self.doubts or delivery.failures > len(SCHEDULE):
            self._settle(delivery, S.FAILED, f"No answer {unanswered} times; it may have arrived. {result.answer}", now)
            return
        again = "Sent again with the same identifier soon. "
        self._wait(delivery, S.UNKNOWN, again + result.answer, now, _jittered(DOUBT_SECONDS))

    def _buried(self, due, now):
        """Mark what workers left behind when they died; a message that took two of them with it is parked."""
        lost = [each for each in due if each.state == S.LEASED]
        if not lost:
            return due
        fences = {each.pk: each.fence for each in lost}
        begun = Attempt.objects.filter(delivery__in=lost, outcome=Outcome.STARTED).values_list(
            "pk", "delivery_id", "fence"
        )
        in_flight = {delivery: attempt for attempt, delivery, fence in begun if fences[delivery] == fence}
        Attempt.objects.filter(pk__in=in_flight.values()).update(
            outcome=Outcome.ABANDONED,
            finished_at=now,
            answer="The worker ended during the call; it may have arrived and is sent again under the same identifier.",
        )
        for delivery in lost:
            if delivery.pk in in_flight:
                delivery.deaths += 1
                delivery.doubtful = True
                delivery.save(update_fields=["deaths", "doubtful"])
                if delivery.deaths >= DEATHS:
                    self._settle(delivery, S.FAILED, f"Parked: {DEATHS} workers ended while sending it.", now)
        return [each for each in due if each.state != S.FAILED]

    def _settle(self, delivery, state, reason, now):
        self._write(delivery, state, reason, next_at=None, settled_at=now)

    def _wait(self, delivery, state, reason, now, seconds):
        self._write(delivery, state, reason, next_at=now + timedelta(seconds=seconds))

    @staticmethod
    def _write(delivery, state, reason, **moments):
        delivery.state, delivery.reason, delivery.fence, delivery.leased_until = state, reason[:300], "", None
        for name, moment in moments.items():
            setattr(delivery, name, moment)
        delivery.save(
            update_fields=["state", "reason", "fence", "leased_until", "failures", "doubtful", "provider_id", *moments]
        )


_CONSEQUENCES = {
    Outcome.ACCEPTED: Lease._accepted,
    Outcome.REFUSED: Lease._refused,
    Outcome.RETRY: Lease._later,
    Outcome.UNKNOWN: Lease._in_doubt,
}


def _jittered(seconds):
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads retries, keeps no secret
