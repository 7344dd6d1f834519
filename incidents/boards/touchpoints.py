"""Where customers read of the incident, and which of these places still says what is no longer so."""

from dataclasses import dataclass
from functools import cached_property

from .. import authority
from ..models.touchpoints import LIMITS, LONGEST, Place, core_of


@dataclass(frozen=True)
class PlaceRow:
    """One place. `says` is what stands there, or None; `stale_since` when customers were told something else."""

    place: Place
    says: object
    stale_since: object
    may_write: bool

    @property
    def limit(self):
        return LIMITS.get(self.place, LONGEST)


class TouchpointBoard:
    """Read in a constant number of queries."""

    def __init__(self, incident, viewer, *, core):
        self.incident = incident
        self.viewer = viewer
        self.core = core

    @classmethod
    def of(cls, incident, viewer):
        return cls(incident, viewer, core=core_of(incident))

    @cached_property
    def rows(self):
        rights = {support: authority.may_word(self.viewer, self.incident, support) for support in (Place.SUPPORT, "")}
        return [
            PlaceRow(place, self._said.get(place), self._stale_since(self._said.get(place)), rights[self._kind(place)])
            for place in Place
        ]

    @cached_property
    def stale(self):
        """How many places are stale."""
        return sum(1 for says in self._said.values() if self._stale_since(says))

    @cached_property
    def _said(self):
        return {each.place: each for each in self.incident.touchpoints.current().with_people()}

    @staticmethod
    def _kind(place):
        return place if place == Place.SUPPORT else ""

    def _stale_since(self, says):
        if says is None or not says.is_stale(self.core):
            return None
        return self.core.published_at if self.core else says.core.withdrawn_at or says.written_at
