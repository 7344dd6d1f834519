"""What became of words that were told: until when they wait, and who had those that turned out wrong."""

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from incidents import kinds
from incidents.models import TimelineEntry

from .models import Delivery

SAYING = (kinds.UPDATE_PUBLISHED.name, kinds.UPDATE_CORRECTED.name)
# Why a copy that still waited was not sent.
CORRECTED = "It was corrected before it was sent."
REPLACING = (kinds.UPDATE_CORRECTED.name, kinds.UPDATE_WITHDRAWN.name)


def held_until(entry):
    """Until when a word that was just published can be taken back, and waits; None where it does not."""
    return parse_datetime(entry.details.get("held_until", ""))


def deliveries_of_what_was_wrong(entry):
    """Of the update, or one that it corrects, as far as it arrived or is on its way.

    What still waits when it is corrected is not sent any more: the correction takes its place, and a withdrawal takes
    nothing's. What failed was never had.
    """
    if entry.kind not in REPLACING:
        return Delivery.objects.none()
    said = TimelineEntry.objects.filter(
        incident=entry.incident_id, kind__in=SAYING, details__update__in=entry.details["instead_of"]
    )
    state = Delivery.State
    arrived = Q(state__in=(state.ACCEPTED, state.DELIVERED, state.LEASED, state.UNKNOWN)) | Q(doubtful=True)
    if entry.kind == kinds.UPDATE_CORRECTED.name:
        arrived |= Q(state=state.PENDING) | Q(state=state.SUPPRESSED, reason=CORRECTED)
    return Delivery.objects.filter(arrived, notice__entry__in=said)
