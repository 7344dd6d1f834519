"""One batch on its way: lease, attempt, call, result."""

from collections import Counter, deque

from django.conf import settings
from django.core import signing
from django.urls import reverse

from incidents import kinds
from incidents.models import Participant
from incidents.reply_addresses import Reply, address_for
from playbooks.models import Audience
from teams.models import Organization
from teams.tenancy import acting_in, everywhere

from . import broadcast, maintenance_news
from .leases import BATCH, Lease
from .models import Delivery
from .models.deliveries import Channel
from .transports import transport_for
from .transports.base import Message, Result

# How many workers of the whole installation may wait for one kind of provider at a time, so that a slow one leaves
# the others free for the clocks and for the other channel.
LANES = {Channel.EMAIL: 2, Channel.SMS: 1}
UNSUBSCRIBE = "notifications.unsubscribe"


def send_due(organization_id, channel, limit=BATCH):
    """Send one batch of what is due. Returns a `Counter` of outcomes; empty when there was nothing."""
    demonstration = Organization.objects.filter(pk=organization_id, is_demo=True).exists()
    with transport_for(channel, demonstration=demonstration) as transport:
        lease = Lease.take(organization_id, channel, doubts=transport.doubts, limit=limit)
        outcomes = Counter({"suppressed": lease.suppressed} if lease.suppressed else {})
        rosters = _rosters(organization_id, lease.deliveries)
        waiting, results = deque(lease.deliveries), []
        while waiting:
            begun = lease.turn(results, _next_group(waiting, transport.at_once))
            results = _sent(begun, transport, rosters)
            outcomes.update(str(result.outcome) for _, result in results)
            if any(result.stop for _, result in results):
                lease.release(waiting)
                break
        lease.turn(results)
    return outcomes


def full_lanes(now):
    """Channels that as many workers wait for already as should."""
    with everywhere("how many workers send at the moment"):
        held = (
            Delivery.objects.filter(state=Delivery.State.LEASED, leased_until__gt=now)
            .order_by()
            .values_list("channel", "fence")
            .distinct()
        )
        busy = Counter(channel for channel, _ in held)
    return {channel for channel, lanes in LANES.items() if busy[channel] >= lanes}


def _next_group(waiting, size):
    """The next few together, but whatever was in flight when a worker died goes alone, to be found out alone."""
    group = [waiting.popleft()]
    while waiting and len(group) < size and not group[-1].deaths and not waiting[0].deaths:
        group.append(waiting.popleft())
    return group


def _sent(begun, transport, rosters):
    """`[(attempt, result)]`; a message that cannot even be written down fails alone."""
    results, messages = {}, {}
    for delivery, attempt in begun:
        try:
            messages[attempt.pk] = message_of(delivery, rosters)
        except Exception as trouble:
            results[attempt.pk] = Result.crash(trouble)
    if messages:
        results |= zip(messages, transport.send_all(list(messages.values())), strict=True)
    return [(attempt, results[attempt.pk]) for _, attempt in begun]


def message_of(delivery, rosters):
    """What goes to the transport. A drill is one if either the message or its incident says so."""
    notice, incident = delivery.notice, delivery.incident
    return Message(
        identifier=delivery.identifier,
        address=delivery.address,
        subject=notice.subject,
        text=f"{notice.text}\nYou get this because: {delivery.rule}.\n{_way_out(delivery)}",
        html=notice.html,
        short=notice.short,
        thread=_thread(delivery),
        drill=delivery.drill or bool(incident and incident.drill),
        roster=rosters.get(delivery.incident_id, frozenset()),
        doubtful=delivery.doubtful,
        first_at=delivery.created_at,
        unsubscribe=_unsubscribe(delivery),
        reply_to=_reply_to(delivery),
    )


def _reply_to(delivery):
    """Where the reader of an update asks back; the reply becomes a question of theirs."""
    entry, recipient = delivery.notice.entry, delivery.recipient
    if entry is None or entry.kind != kinds.UPDATE_PUBLISHED.name or recipient is None:
        return ""
    return address_for(Reply(delivery.organization_id, recipient.pk, entry.details["update"]))


def _thread(delivery):
    """What mail programs put together: an incident, what the public hears of one by itself, and a window."""
    incident = delivery.incident
    if incident is None:
        about = delivery.topic.replace(":", f"-{delivery.organization_id}-")
        return about if delivery.topic.startswith(f"{maintenance_news.TOPIC}:") else ""
    return f"{'public' if delivery.subscriber_id else 'incident'}-{incident.organization_id}-{incident.number}"


def _way_out(delivery):
    """The same link to read and open; a stakeholder's stands in the page that the mail leads to."""
    if not delivery.subscriber_id:
        return ""
    manage = broadcast.managing_address(delivery)
    choose = f"Choose what you hear of: {manage}\n" if manage else ""
    return f"{choose}No more of this: {_unsubscribe(delivery)}\n"


def _unsubscribe(delivery):
    """Where a subscriber or stakeholder stops this mail. Responders have no such link: theirs is not list mail."""
    if delivery.subscriber_id:
        return broadcast.leaving_address(delivery)
    topic, audience, *_ = [*delivery.topic.split(":"), ""]
    recipient = delivery.recipient
    if topic != "update" or audience not in Audience.values or recipient is None or recipient.is_responder:
        return ""
    token = signing.dumps([delivery.organization_id, recipient.pk, audience], salt=UNSUBSCRIBE)
    return settings.BASE_URL + reverse("unsubscribe", args=[token])


def _rosters(organization_id, deliveries):
    """`{incident: addresses}` of who is on each drill, read anew right before anything is sent."""
    drills = {each.incident_id for each in deliveries if each.drill or (each.incident and each.incident.drill)}
    if not drills:
        return {}
    rosters = {}
    with acting_in(organization_id):
        people = Participant.objects.current().filter(incident__in=drills).select_related("membership__person")
        for each in people:
            addresses = {each.membership.email, each.membership.phone} - {""}
            rosters[each.incident_id] = rosters.get(each.incident_id, frozenset()) | addresses
    return rosters
