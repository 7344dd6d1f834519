"""The notification log as a page shows it: filtered, by cursor, with attempts."""

from django.db.models import Prefetch, Q
from django.utils.http import urlencode

from incidents.models import Incident
from teams.models import Membership

from .broadcast import SIGN_UP
from .explanations import explain
from .models import Attempt, Delivery, FanOut, Subscriber

PAGE, UNPROVEN = 50, 20
S = Delivery.State
# Word on the page, and the states behind it.
STATES = {
    "": ("All", ()),
    "waiting": ("On their way", (S.PENDING, S.LEASED, S.UNKNOWN)),
    "sent": ("Sent", (S.ACCEPTED, S.DELIVERED)),
    "failed": ("Failed", (S.FAILED,)),
    "suppressed": ("Not sent", (S.SUPPRESSED,)),
}
# How each state looks beside its word.
LOOKS = {S.ACCEPTED: "ok", S.DELIVERED: "ok", S.FAILED: "danger", S.UNKNOWN: "warn", S.SUPPRESSED: "plain"}


class DeliveryLog:
    """What one member may read of the log, as the query string asks for it."""

    def __init__(self, membership, query):
        self.membership = membership
        self.query = query
        self.state = query.get("state", "") if query.get("state") in STATES else ""
        self.channel = query.get("channel", "") if query.get("channel") in Delivery.Channel.values else ""
        self.person = query.get("person", "").strip()[:200]
        self.incident = self._incident(query.get("incident", ""))
        self.rows, self.next_page = self._page()

    @property
    def channels(self):
        return Delivery.Channel.choices

    @property
    def narrows(self):
        return bool(self.state or self.channel or self.person or self.query.get("incident"))

    @property
    def state_links(self):
        return [(word, self._address(state=state), state == self.state) for state, (word, _) in STATES.items()]

    @property
    def may_retry(self):
        return self.membership.is_administrator

    @property
    def parked(self):
        """Fan-outs that reached nobody, for administrators to look at."""
        return list(FanOut.objects.parked().for_reading()) if self.may_retry else []

    @property
    def unproven(self):
        """Those outside who get nothing because nobody confirmed the address: the newest, for administrators.

        They have no row of their own, for nothing is written for them; so they stand before the first.
        """
        narrowed = self.person or self.query.get("incident") or self.query.get("before")
        if narrowed or not self.membership.is_administrator or self.state not in ("", "suppressed"):
            return []
        found = Subscriber.objects.unproven().latest_first()
        return list((found.filter(channel=self.channel) if self.channel else found)[:UNPROVEN])

    @property
    def asked_about(self):
        """The one member whom the filters name together with an incident, or None."""
        if not (self.incident and self.person):
            return None
        named = Membership.objects.select_related("person").filter(_is_called(self.person, "person"))
        if not self.membership.is_responder:
            named = named.filter(pk=self.membership.pk)
        found = list(named[:2])
        return found[0] if len(found) == 1 else None

    @property
    def explanations(self):
        return explain(self.incident, self.asked_about, viewer=self.membership)

    def _incident(self, word):
        number = word.upper().removeprefix("INC-")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        return Incident.objects.visible_to(self.membership).filter(number=int(number)).first()

    def _page(self):
        found = Delivery.objects.visible_to(self.membership).for_reading().latest_first()
        if self.query.get("incident"):
            found = found.filter(incident=self.incident) if self.incident else found.none()
        if self.state:
            found = found.filter(state__in=STATES[self.state][1])
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.person:
            found = found.filter(_is_called(self.person, "recipient__person"))
        before = self.query.get("before", "")
        if before.isascii() and before.isdigit() and len(before) < 19:
            found = found.filter(pk__lt=int(before))
        attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
        rows = list(found.prefetch_related(attempts)[: PAGE + 1])
        for row in rows:
            row.shown_address = row.address_for(self.membership)
            row.look = LOOKS.get(row.state, "")
            row.unproven = row.topic == SIGN_UP and row.subscriber.is_unproven
        more = self._address(before=rows[PAGE - 1].pk) if len(rows) > PAGE else ""
        return rows[:PAGE], more

    def _address(self, **changes):
        asked = {name: self.query.get(name, "") for name in ("incident", "channel", "person", "state")}
        return "?" + urlencode({name: value for name, value in (asked | changes).items() if value})


def _is_called(word, path):
    return Q(**{f"{path}__email__iexact": word}) | Q(**{f"{path}__name__icontains": word})
