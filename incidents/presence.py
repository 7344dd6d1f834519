"""Who has the room open right now, counted by function, and who is typing where. Nothing here is ever an entry."""

from collections import Counter, defaultdict
from typing import NamedTuple

from django.utils import timezone

from teams.tenancy import acting_in

from .frames import encode
from .kinds import Visibility
from .models import Participant, StreamRead, Workstream
from .models.participants import PresenceState

# Told to the room at most this often, by every process from the same rows.
SPACING_SECONDS = 3
TYPING_SECONDS = 4


class Beat(NamedTuple):
    """A sign of life: whether every window is hidden, and whether one of them was used since the last one."""

    away: bool
    active: bool = False


def beat_and_read(organization_id, beats, seen, watched):
    """Note who is there, and read who is: `{incident id: Summary}` for the watched incidents.

    `beats` is `{incident id: {membership id: Beat}}`, and `seen` how far people have read their workstreams:
    `{incident id: {(workstream id, membership id): number}}`. A few statements per incident to write, one to read.
    """
    with acting_in(organization_id):
        for incident_id, states in beats.items():
            for state in set(states.values()):
                members = [member for member, each in states.items() if each == state]
                Participant.beat(incident_id, members, away=state.away, active=state.active)
        for incident_id, read in seen.items():
            StreamRead.note(incident_id, read)
        now = timezone.now()
        summaries = {incident_id: Summary() for incident_id in watched}
        present = Participant.objects.present(now).with_people().filter(incident__in=watched)
        for participant in present.order_by("membership__person__name", "pk"):
            summaries[participant.incident_id].count(participant, participant.presence_at(now))
        streams = Workstream.objects.filter(incident__in=watched).values_list("incident_id", "pk", "restricted")
        for incident_id, stream, restricted in streams:
            summaries[incident_id].streams[stream] = restricted
        return summaries


class Summary:
    """Who is in one room."""

    def __init__(self):
        self.functions = defaultdict(Counter)
        self.members = []
        self.observers = 0
        # Whether each is restricted.
        self.streams = {}

    def count(self, participant, presence):
        if presence == PresenceState.WATCHING:
            self.observers += 1
            return
        member = participant.membership
        state = "away" if presence == PresenceState.AWAY else "here"
        function = member.function.slug if member.function else ""
        self.functions[function][state] += 1
        self.functions[function][presence] += presence == PresenceState.ENGAGED
        self.members.append(
            {
                "id": member.pk,
                "name": member.name,
                "function": function,
                "state": state,
                "engaged": presence == PresenceState.ENGAGED,
            }
        )

    def frames(self, reaches, typing):
        """`{reach: text}`; `typing` is `{workstream id: membership ids}`. Only who works in the room hears names."""
        counts = {
            "type": "presence",
            "functions": {
                slug: {"here": n["here"], "engaged": n[PresenceState.ENGAGED], "away": n["away"]}
                for slug, n in self.functions.items()
            },
            "observers": self.observers,
        }
        return {
            reach: encode(counts | {"members": self.members, "typing": self._readable(typing, reach)})
            if reach.visibility == Visibility.ROOM
            else encode(counts)
            for reach in reaches
        }

    def _readable(self, typing, reach):
        return {
            str(stream): sorted(members)
            for stream, members in typing.items()
            if stream in self.streams and (stream in reach.streams or not self.streams[stream])
        }


class Presence:
    """One room's presence in one process: what is to be written, who types, and the last word that went out."""

    def __init__(self):
        self.beats = {}
        self.seen = {}
        self.summary = None
        self.said = None
        self.said_at = float("-inf")
        self._typing = {}

    def reads(self, membership_id, stream, number):
        key = stream, membership_id
        self.seen[key] = max(number, self.seen.get(key, 0))

    def types(self, membership_id, stream, now):
        self._typing[stream, membership_id] = now + TYPING_SECONDS

    def news(self, reaches, now):
        """`{reach: text}` for those who listen, when there is something to tell and it is time to, else None."""
        if self.summary is None:
            return None
        self._typing = {key: until for key, until in self._typing.items() if until > now}
        typing = defaultdict(set)
        for stream, membership_id in self._typing:
            typing[stream].add(membership_id)
        frames = self.summary.frames(reaches, typing)
        if frames == self.said or now - self.said_at < SPACING_SECONDS:
            return None
        self.said, self.said_at = frames, now
        return frames
