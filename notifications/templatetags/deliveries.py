"""What other pages show of deliveries: an incident's summary, and a warning when messages are late."""

from datetime import timedelta

from django import template
from django.conf import settings
from django.utils import timezone

from teams.tenancy import active_organization_id

from ..models import Delivery, Heartbeat
from ..tick import SCHEDULER

register = template.Library()

SILENCE = timedelta(seconds=60)


@register.inclusion_tag("notifications/_incident_summary.html", takes_context=True)
def delivery_summary(context, incident):
    """How many messages about an incident are where; nothing for stakeholders."""
    membership = context.get("membership")
    counts = {}
    if membership and membership.is_responder:
        counts = Delivery.objects.filter(incident=incident).counted_by_state()
    total = sum(counts.values())
    sent = counts.get("accepted", 0) + counts.get("delivered", 0)
    waiting = sum(counts.get(state, 0) for state in ("pending", "leased", "unknown"))
    return {
        "organization": context.get("organization"),
        "incident": incident,
        "total": total,
        "sent": sent,
        "waiting": waiting,
        "failed": counts.get("failed", 0),
        "suppressed": counts.get("suppressed", 0),
    }


@register.simple_tag
def notification_delay():
    """How long nothing has been sent although it should have been, as a timedelta, or None when all is well.

    Asked of the database by the page itself, so it is true even when everything else is dead.
    """
    if active_organization_id() is None:
        # The page of an error, after the organisation's scope was closed.
        return None
    now = timezone.now()
    last = Heartbeat.last(SCHEDULER)
    if last is not None and now - last > SILENCE:
        return now - last
    oldest = (
        Delivery.objects.due(now - SILENCE)
        .filter(attempts_made=0)
        .order_by("next_at")
        .values_list("next_at", flat=True)
        .first()
    )
    return now - oldest if oldest else None


@register.inclusion_tag("notifications/_kept_mail.html")
def kept_mail_hint():
    """Where mail is read that could not be sent; nothing where a mail server is set up."""
    return {"keeps_mail": not settings.EMAIL_URL}
