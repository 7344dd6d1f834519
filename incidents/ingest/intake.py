"""What becomes of a report: an alert, counted; perhaps an incident, once; and the end of both when it is over."""

import logging

from django.db import transaction

from ..mobilization import declare
from ..models import Alert, Incident

logger = logging.getLogger(__name__)


def take_in(integration, reports):
    """Apply reports in order, inside the caller's transaction. Returns the alerts that they touched."""
    return [alert for report in reports if (alert := _apply(integration, report))]


def _apply(integration, report):
    if not report.firing:
        alert = Alert.firing_as(integration, report.dedup_key)
        if alert:
            alert.resolve()
            alert.refresh_from_db(fields=["state"])
        return alert
    alert = Alert.fire(integration, report)
    if alert.count == 1:
        _bring_to_incident(integration, alert)
    return alert


def _bring_to_incident(integration, alert):
    """Join the group's open incident, or declare one where the integration may. A failure costs no alert."""
    try:
        with transaction.atomic():
            # Two alerts of one group may arrive at once; the second has to find the first one's incident.
            integration.lock()
            incident = _open_incident_of(integration, alert.group_key)
            if incident is None and integration.declares:
                reading = integration.reading_of(alert.labels)
                key = f"alert-{alert.pk}"
                incident = declare(alert.title, by=None, key=key, detected_by=integration.name, **reading)
            if incident is not None:
                alert.attach_to(incident)
    except Exception:
        logger.exception("Alert %s is stored, but could not be brought to an incident.", alert.pk)


def _open_incident_of(integration, group_key):
    return Incident.objects.open().filter(alerts__integration=integration, alerts__group_key=group_key).first()
