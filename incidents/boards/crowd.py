"""The people of one incident: who works on it, who reads along, who has it open, who is asked, who was released."""

from collections import defaultdict
from functools import cached_property
from itertools import groupby

from ..guards.participants import LARGEST_SPAN, reports_of_the_lead
from ..models.obligations import ObligationKind
from ..models.participants import PresenceState

HERE, GONE = "here", PresenceState.GONE.value
PRESENT_AT_WORK = (PresenceState.ENGAGED, PresenceState.IDLE)


class Crowd:
    """Two queries: everybody who matters now, and the invitations that nobody has answered.

    Every participant carries `state` (a `PresenceState`), `presence` (the same with `here` for engaged and idle) and
    `is_engaged`.
    """

    def __init__(self, room):
        self.room = room

    @cached_property
    def everybody(self):
        found = self.room.incident.participants.in_the_room(self.room.now, viewer=self.room.viewer)
        return [self._described(each) for each in found]

    @cached_property
    def row_of_viewer(self):
        """What is kept of the viewer here, also of one who only looks in; None before they first did."""
        return next((each for each in self.everybody if each.membership_id == self.room.viewer.pk), None)

    @cached_property
    def participants(self):
        """Who is on it."""
        return [each for each in self.everybody if each.left_at is None]

    @cached_property
    def listed(self):
        """Who is on it, each with `hats`: the roles they hold, in words."""
        hats = defaultdict(list)
        for each in self.room.held:
            hats[each.membership_id].append(each.title)
        for participant in self.participants:
            participant.hats = hats[participant.membership_id]
        return self.participants

    @cached_property
    def at_work(self):
        """Who works on it, the longest first."""
        return sorted((each for each in self.participants if each.is_active), key=lambda each: (each.since, each.pk))

    @property
    def watching(self):
        """How many have it open and do not work on it; they are counted and not named."""
        return sum(1 for each in self.everybody if each.presence == PresenceState.WATCHING)

    @property
    def recallable(self):
        """Who was released, the latest first."""
        released = [each for each in self.everybody if each.released_at and not each.is_active]
        return sorted(released, key=lambda each: each.released_at, reverse=True)

    @cached_property
    def invitations(self):
        """Those that nobody has answered yet."""
        return sorted(self.room.rows.invitations[self.room.incident.pk], key=lambda each: each.pk)

    @property
    def asked_of_managers(self):
        """How many are asked for whose manager has not answered; of what the room has read anyway."""
        return sum(1 for each in self.room.owed if each.kind == ObligationKind.REINFORCEMENT)

    # --- Enough, and not too many ------------------------------------------------------------------

    @property
    def cap(self):
        return self.room.incident.severity.participant_cap

    @property
    def is_over_the_cap(self):
        return self.cap is not None and len(self.at_work) > self.cap

    @property
    def meter(self):
        """`12 active; SEV1 usually needs up to 12`."""
        active = f"{len(self.at_work)} active"
        return active if self.cap is None else f"{active}; {self.room.incident.severity} usually needs up to {self.cap}"

    @cached_property
    def span(self):
        """How many report straight to the lead."""
        return len(reports_of_the_lead(self.at_work, self.room.held))

    @property
    def is_span_too_wide(self):
        return self.room.lead is not None and self.span > LARGEST_SPAN

    # --- By function -------------------------------------------------------------------------------

    @property
    def by_function(self):
        """`(function or None, participants)`, functions in their order."""

        def place(each):
            function = each.membership.function
            return (function.position, function.name) if function else (10_000, "")

        ranked = sorted(self.listed, key=place)
        return [
            (members[0].membership.function, members)
            for members in (list(group) for _, group in groupby(ranked, key=place))
        ]

    # --- Inside ------------------------------------------------------------------------------------

    def _described(self, participant):
        participant.incident = self.room.incident
        participant.state = participant.presence_at(self.room.now)
        participant.is_engaged = participant.state == PresenceState.ENGAGED
        participant.presence = HERE if participant.state in PRESENT_AT_WORK else participant.state.value
        return participant
