"""What every page of an organisation knows about its incidents; read only where a template asks."""

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from .models import Incident
from .waiting import Waiting

STRIP_LENGTH = 3


def active(request):
    """`open_incidents` and `strip_url` for the strip, `needs_you` for the top bar and the title."""
    membership = getattr(request, "membership", None)
    if membership is None or getattr(request, "token", None):
        return {}
    return {
        "open_incidents": SimpleLazyObject(lambda: worst_open(membership)),
        "strip_url": reverse("incidents:strip", kwargs={"org": request.organization.slug}),
        "needs_you": SimpleLazyObject(lambda: Waiting(membership).count),
    }


def worst_open(membership):
    """The worst open incidents that the member may see, with who leads."""
    return list(Incident.objects.visible_to(membership).open().with_summary().worst_first()[:STRIP_LENGTH])
