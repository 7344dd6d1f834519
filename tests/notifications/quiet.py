"""Globex's incident, planted for the marker scan, keeps silent where tests count what Acme sends."""

from django.utils import timezone

from incidents.models import Obligation
from notifications.models import Delivery, FanOut
from teams.models import Organization
from teams.tenancy import acting_in


def hush(slug="globex"):
    """Nothing is due at this organisation any more."""
    with acting_in(Organization.objects.get(slug=slug)):
        Obligation.objects.update(next_at=None)
        FanOut.objects.update(done_at=timezone.now(), next_at=None)
        Delivery.objects.update(next_at=None)
