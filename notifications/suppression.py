"""Why a message that was due is not sent after all; asked right before it would be."""

from django.db.models import F, Max

from incidents.models import IncidentInvitation, Obligation, Participant, RoleAssignment, StatusUpdate
from teams.models import Person

from . import maintenance_news, spikes
from .broadcast import SIGN_UP
from .models import Delivery, OptOut, PublicIncident, StatusPage
from .told import CORRECTED, SAYING

# What these are about has no meaning once the incident is over. The rest of a topic comes after a colon.
ONLY_WHILE_OPEN = (
    "clock",
    "function",
    "role",
    "invitation",
    "assessment",
    "severity",
    "dependency",
    "silence",
    "sync",
    "ask",
    "change",
    "changes",
    "decision",
)


# Why an update is not sent that does not stand any more.
REPLACED = {
    StatusUpdate.State.CORRECTED: CORRECTED,
    StatusUpdate.State.WITHDRAWN: "It was withdrawn before it was sent.",
    StatusUpdate.State.TAKEN_BACK: "Taken back.",
}


class Suppression:
    """The reasons for a batch of deliveries, read in a constant number of queries.

    The deliveries come with `recipient__person`, `incident` and `notice__entry` with its workstreams.
    """

    def __init__(self, deliveries, now):
        self.now = now
        self.incidents = {each.incident for each in deliveries if each.incident}
        self.on_it = self._people_on([incident for incident in self.incidents if incident.private])
        self.newest = self._newest(deliveries)
        self.settled = self._settled(deliveries)
        self.replaced = self._replaced(deliveries)
        self.opted_out = self._opted_out(deliveries)
        self.confirmed = self._confirmed(deliveries)
        self.public = self._public(deliveries)
        self.answered_spikes = spikes.answered(deliveries)
        self.windows = maintenance_news.overtaken(deliveries)

    def reason(self, delivery):
        """A sentence, or an empty string when it is to be sent."""
        return self._unreachable(delivery) or self._unwanted(delivery)

    def _unreachable(self, delivery):
        """Why this person is not written to at all."""
        recipient = delivery.recipient
        if delivery.subscriber_id:
            return self._unsubscribed(delivery)
        if recipient is None:
            return ""
        if recipient.ended_at or not recipient.person.is_active:
            return "No longer a member."
        if delivery.channel == Delivery.Channel.EMAIL and recipient.person_id not in self.confirmed:
            # Anybody can sign up with somebody else's address; mail goes to whoever has shown that it is theirs.
            return "Not confirmed: nobody has opened the link that was sent to this address."
        if (recipient.pk, *delivery.topic.split(":")[:2]) in self.opted_out:
            return "Asked not to get these."
        return ""

    def _unsubscribed(self, delivery):
        """Why somebody outside is not written to."""
        if delivery.topic == SIGN_UP:
            return ""
        if not delivery.subscriber.is_confirmed:
            return "No longer subscribed."
        if delivery.incident_id and delivery.incident_id not in self.public:
            return "No longer on the status page."
        return ""

    def _unwanted(self, delivery):
        """Why this message is of no use any more, or none of their business."""
        if delivery.useful_until and delivery.useful_until <= self.now:
            return f"Expired: it was of use until {delivery.useful_until:%d %b %H:%M} UTC."
        if delivery.incident is None:
            if spikes.spike_of(delivery) in self.answered_spikes:
                return "It was answered meanwhile."
            return self.windows.get(delivery.pk, "")
        if delivery.incident.private and not self._may_know(delivery):
            return "The incident is private, and this person is not on it."
        if not self._may_read(delivery):
            return "It is about a restricted workstream that is not open to this person."
        return self._overtaken(delivery)

    def _overtaken(self, delivery):
        about = delivery.topic.partition(":")[0]
        if not delivery.incident.is_open and about in ONLY_WHILE_OPEN:
            return f"The incident was {delivery.incident.get_status_display().lower()} meanwhile."
        if self._obligation(delivery) in self.settled:
            return "It was done meanwhile."
        replaced = self.replaced.get(_update(delivery))
        if replaced and (_carries_update(delivery) or replaced == StatusUpdate.State.TAKEN_BACK):
            return REPLACED[replaced]
        newest = self.newest.get(_subject(delivery))
        if delivery.topic and newest and newest > delivery.pk:
            return "Superseded by something newer about the same."
        return ""

    @staticmethod
    def _may_read(delivery):
        """Those it was written for may have been let go since; restricted workstreams are few enough to be asked."""
        entry, recipient = delivery.notice.entry, delivery.recipient
        named = [entry.workstream, entry.beside] if entry and recipient else []
        return all(stream.is_open_to(recipient) for stream in named if stream and stream.restricted)

    def _may_know(self, delivery):
        """The same people who can open it: being on call for a function it needs is not being on it or invited."""
        recipient = delivery.recipient
        return recipient is None or recipient.is_administrator or (delivery.incident_id, recipient.pk) in self.on_it

    @staticmethod
    def _people_on(incidents):
        if not incidents:
            return set()
        on_it = Participant.objects.current().filter(incident__in=incidents)
        hats = RoleAssignment.objects.current().filter(incident__in=incidents)
        invited = IncidentInvitation.objects.waiting().filter(incident__in=incidents)
        return {
            *invited.values_list("incident_id", "membership_id"),
            *on_it.values_list("incident_id", "membership_id"),
            *hats.values_list("incident_id", "membership_id"),
        }

    @staticmethod
    def _newest(deliveries):
        """The newest delivery about each subject that is, or may still be, sent."""
        rows = (
            Delivery.objects.filter(
                incident__in={each.incident_id for each in deliveries},
                recipient__in={each.recipient_id for each in deliveries},
                topic__in={each.topic for each in deliveries},
            )
            .exclude(state__in=(Delivery.State.SUPPRESSED, Delivery.State.FAILED))
            .order_by()
            .values_list("incident_id", "recipient_id", "channel", "topic")
            .annotate(newest=Max("pk"))
        )
        return {tuple(subject): newest for *subject, newest in rows}

    @classmethod
    def _settled(cls, deliveries):
        owed = {cls._obligation(each) for each in deliveries} - {None}
        if not owed:
            return set()
        return set(Obligation.objects.filter(pk__in=owed, settled_at__isnull=False).values_list("pk", flat=True))

    @staticmethod
    def _replaced(deliveries):
        """`{update: state}` of those that do not stand any more."""
        updates = {_update(each) for each in deliveries} - {None}
        if not updates:
            return {}
        fallen = StatusUpdate.objects.filter(pk__in=updates).exclude(state=StatusUpdate.State.PUBLISHED)
        return dict(fallen.values_list("pk", "state"))

    @staticmethod
    def _opted_out(deliveries):
        recipients = {each.recipient_id for each in deliveries if each.topic.startswith("update:")}
        if not recipients:
            return set()
        rows = OptOut.objects.filter(membership__in=recipients).values_list("membership_id", "audience")
        return {(membership, "update", audience) for membership, audience in rows}

    @staticmethod
    def _confirmed(deliveries):
        people = {each.recipient.person_id for each in deliveries if each.recipient}
        confirmed = Person.objects.filter(
            pk__in=people, emailaddress__verified=True, emailaddress__email__iexact=F("email")
        )
        return set(confirmed.values_list("pk", flat=True))

    @staticmethod
    def _public(deliveries):
        """The incidents that the public may read of, as far as somebody outside is written to."""
        about = {each.incident_id for each in deliveries if each.subscriber_id} - {None}
        if not about or not StatusPage.objects.published().exists():
            return set()
        return set(PublicIncident.objects.shown().filter(incident__in=about).values_list("incident_id", flat=True))

    @staticmethod
    def _obligation(delivery):
        entry = delivery.notice.entry
        return entry.details.get("obligation") if entry else None


def _subject(delivery):
    return (delivery.incident_id, delivery.recipient_id, delivery.channel, delivery.topic)


def _carries_update(delivery):
    """The word that one is withdrawn carries none."""
    return delivery.notice.entry is not None and delivery.notice.entry.kind in SAYING


def _update(delivery):
    """The primary key of the update that it carries, or that answers the question that it is about; or None."""
    entry = delivery.notice.entry
    if _carries_update(delivery):
        return entry.details["update"]
    return entry.details.get("in_update") if entry else None
