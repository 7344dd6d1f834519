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
    """`standing` is asked for rights: the incident, or its room. `said` is what stands in each place, `core` what
    customers were told last."""

    def __init__(self, standing, viewer, *, core, said):
        self.standing = standing
        self.viewer = viewer
        self.core = core
        self.said = said
        self._by_place = {each.place: each for each in said}

    @classmethod
    def of(cls, incident, viewer):
        return cls(incident, viewer, core=core_of(incident), said=list(incident.touchpoints.current().with_people()))

    @cached_property
    def rows(self):
        rights = {support: authority.may_word(self.viewer, self.standing, support) for support in (Place.SUPPORT, "")}
        there = {place: self._by_place.get(place) for place in Place}
        return [
            PlaceRow(place, says, self._stale_since(says), rights[self._kind(place)]) for place, says in there.items()
        ]

    @cached_property
    def stale(self):
        """How many places are stale."""
        return sum(1 for says in self._by_place.values() if self._stale_since(says))

    @staticmethod
    def _kind(place):
        return place if place == Place.SUPPORT else ""

    def _stale_since(self, says):
        if says is None or not says.is_stale(self.core):
            return None
        return self.core.published_at if self.core else says.core.withdrawn_at or says.written_at
