"""The preview of an update: word for word what is sent, to as many people as hear of it."""

import time_machine
from django.utils import timezone

from incidents.arrivals import arrivals_of
from incidents.models import RoleAssignment, StatusUpdate
from notifications import fan_out
from notifications.models import Delivery, FanOut, Notice
from tests.factories import declare_incident

BODY = {"current_status": "Down.", "active_work": "Rolling back.", "estimated_resolution": "unknown"}


def test_the_preview_is_what_is_sent(acme, lena, mei, sam):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    with time_machine.travel(timezone.now(), tick=False):
        promise = timezone.now() + timezone.timedelta(minutes=15)
        foretold = arrivals_of(incident, "coordination", BODY, number=1, by=mei, next_update_at=promise)
        entry = StatusUpdate.publish(incident, "coordination", BODY, by=mei, next_update_at=promise)
        fan_out.expand(acme.pk, FanOut.objects.get(entry=entry).pk)

    email, sms = foretold
    notice = Notice.objects.get(entry=entry)
    sent = Delivery.objects.filter(notice=notice).exclude(state=Delivery.State.SUPPRESSED)
    assert (email.subject, email.text, sms.text) == (notice.subject, notice.text, notice.short)
    assert email.people == sent.filter(channel="email").count() > 0
    assert sms.people == sent.filter(channel="sms").count()


def test_a_preview_writes_nothing(lena):
    incident = declare_incident(lena)
    before = (incident.timeline.count(), Notice.objects.count(), FanOut.objects.count())

    assert [arrival.channel for arrival in arrivals_of(incident, "technical", {"text": "Looking."}, number=1, by=lena)]

    assert (incident.timeline.count(), Notice.objects.count(), FanOut.objects.count()) == before
