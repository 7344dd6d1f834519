"""The catch-up: what somebody has to know who comes late or comes back. Built from data, and for their eyes only."""

from collections import Counter
from datetime import timedelta
from functools import cached_property

from django.db.models import Count

from teams.models import Rota

from .. import kinds
from ..models.participants import LONG_AWAY, Capacity

# What changes the course of an incident is told line by line, everything else is counted.
TELLING = (
    kinds.SEVERITY_CHANGED,
    kinds.STATUS_CHANGED,
    kinds.ASSESSED,
    kinds.RESOLVED,
    kinds.REOPENED,
    kinds.ROLE_TAKEN,
    kinds.ROLE_HANDED_OVER,
    kinds.ROLE_RELEASED,
    kinds.FUNCTION_ENGAGED,
    kinds.FUNCTION_STOOD_DOWN,
    kinds.WORKSTREAM_BLOCKED,
    kinds.WORKSTREAM_UNBLOCKED,
    kinds.DECISION_MADE,
    kinds.DECISION_REVERSED,
    kinds.CHANGE_STARTED,
    kinds.CHANGE_ENDED,
    kinds.HYPOTHESIS_CONFIRMED,
    kinds.HYPOTHESIS_RULED_OUT,
    kinds.FIX_ENDED,
    kinds.SYNTHESIS_PUBLISHED,
    kinds.FINDING_CORRECTED,
    kinds.NOTE_ADDED,
    kinds.MESSAGE_PINNED,
)
LINES = 15
# Who came within the first minutes was there when it began.
FROM_THE_FIRST = timedelta(minutes=5)
# Kinds that are counted, by the word for them.
COUNTED = {
    "message": (kinds.MESSAGE_POSTED,),
    "update": (kinds.UPDATE_PUBLISHED,),
    "finding": (kinds.FINDING_RAISED,),
    "task done": (kinds.TASK_DONE,),
    "question": (kinds.QUESTION_ASKED,),
    "alert": (kinds.ALERT_FIRED,),
    "person joining": (kinds.PARTICIPANT_JOINED,),
    "late or coming clock": (kinds.CLOCK_WARNED, kinds.CLOCK_DUE, kinds.CLOCK_OVERDUE, kinds.CLOCK_ESCALATED),
}
SEVERAL = {"task done": "tasks done", "person joining": "people joining"}


class CatchUp:
    """Each part is read when first asked for, in a constant number of queries."""

    def __init__(self, room):
        self.room = room
        self.incident = room.incident
        self.viewer = room.viewer

    # --- Whether it is due -------------------------------------------------------------------------

    @property
    def is_due(self):
        """On the first entry, and after ten minutes away."""
        own = self.own
        if own is None:
            return True
        if own.caught_up_at is None and own.joined_at > self.incident.declared_at + FROM_THE_FIRST:
            return True
        return own.absent_since is not None or self._is_just_back(own)

    @cached_property
    def own(self):
        """The viewer's own row, on the incident or only looking in; None before they ever came."""
        return next((each for each in self.room.crowd.everybody if each.membership_id == self.viewer.pk), None)

    # --- Since when --------------------------------------------------------------------------------

    @property
    def since(self):
        """The moment after which everything is new to the viewer; None: from the start."""
        own = self.own
        if own is None:
            return None
        absent = own.absent_since or (own.seen_at if self._is_just_back(own) else None)
        return absent if own.caught_up_at is None else max(filter(None, (own.caught_up_at, absent)))

    @cached_property
    def after(self):
        """The number of the last entry that the viewer knows; 0: none."""
        if self.since is None:
            return 0
        known = self.incident.timeline.filter(recorded_at__lte=self.since).latest_first()
        return known.values_list("number", flat=True).first() or 0

    # --- The blocks ----------------------------------------------------------------------------------

    @property
    def known(self):
        """What we know, which everything else is read after; None before anybody has said it, and for stakeholders."""
        return self.room.synthesis.current if self.room.responds else None

    @property
    def latest_updates(self):
        """`(audience, update)` of what each audience was told last, as far as the viewer may read it."""
        return [(clock.name, update) for clock, update in self.room.updates if update]

    @cached_property
    def active_work(self):
        """Workstreams that are not done and that the viewer may know of, with what each waits for."""
        return list(self.incident.workstreams.for_reading(self.viewer).active().in_order())

    @property
    def open_decisions(self):
        """Cards of what waits for a choice, whoever makes it, the most urgent first; none for stakeholders."""
        waiting = [card for card in self.room.decisions.cards if card.is_open]
        return sorted(waiting, key=lambda card: card.decision.needed_by)

    @property
    def estimate(self):
        """The estimate that holds, if the viewer may read it, or None."""
        return self.room.facts.estimate

    @property
    def impacts(self):
        """What does not work for whom, as far as the viewer may read it."""
        return [row.fact for row in self.room.facts.shown_impacts]

    @property
    def commitments(self):
        """What was promised and is not over, the soonest first; none for stakeholders."""
        return [row.fact for row in self.room.facts.shown_commitments]

    @cached_property
    def called_for(self):
        """Requests for people that wait for a word, the oldest first; none for stakeholders."""
        if not self.room.responds:
            return []
        return list(self.incident.reinforcements.waiting().for_reading(self.viewer).in_order())

    @cached_property
    def turns(self):
        """The entries that changed the course of it, the oldest first, at most so many of the newest."""
        told = self._news.of_kinds(*(kind.name for kind in TELLING)).for_reading()
        return list(told.latest_first()[:LINES])[::-1]

    @cached_property
    def rest(self):
        """`(how many, of what)` for everything that is not told."""
        found = dict(self._news.order_by().values_list("kind").annotate(Count("pk")))
        totals = Counter({word: sum(found.get(kind.name, 0) for kind in of) for word, of in COUNTED.items()})
        return [(number, word) for word, number in totals.items() if number]

    @property
    def rest_in_words(self):
        """The same for reading: `2 messages, 1 task done`."""
        return ", ".join(
            f"{number} {word if number == 1 else SEVERAL.get(word, f'{word}s')}" for number, word in self.rest
        )

    @cached_property
    def contacts(self):
        """`(membership, why)`: the lead, who coordinates the viewer's domain, somebody of their function, then others.

        Whoever is on call for the viewer's function comes last.
        """
        found = {}
        if self.room.lead:
            found[self.room.lead] = "leads the incident"
        function, domain = self.viewer.function, self.viewer.domain_id
        for each in self.room.held:
            if domain is not None and each.domain_id == domain:
                found.setdefault(each.membership, each.label)
        for each in self.room.crowd.at_work:
            if function is not None and each.membership.function_id == function.pk:
                found.setdefault(each.membership, f"works on it for {function}")
                break
        for each in self.room.held:
            found.setdefault(each.membership, each.label)
        rota = Rota.objects.select_related("on_call__person").filter(function=function).first() if function else None
        if rota:
            found.setdefault(rota.on_call, f"on call for {function}")
        found.pop(self.viewer, None)
        return list(found.items())

    @property
    def asked(self):
        """What waits for the viewer."""
        return self.room.needs

    @property
    def standing(self):
        """How the viewer takes part, in a sentence."""
        own = self.room.own_participation
        if own is None:
            return "You are watching."
        hats = [each.label for each in self.room.held if each.membership_id == self.viewer.pk]
        if hats:
            return f"You are {' and '.join(hats)}."
        return {
            Capacity.ACTIVE: "You work on it and hold no role.",
            Capacity.OBSERVER: "You observe: you read and do not post.",
            Capacity.FOLLOWER: "You follow: you hear what is broadcast.",
        }[own.capacity]

    # --- Inside --------------------------------------------------------------------------------------

    @property
    def _news(self):
        return self.incident.timeline.visible_to(self.viewer).after(self.after)

    def _is_just_back(self, own):
        return own.seen_at is not None and own.seen_at < self.room.now - LONG_AWAY
