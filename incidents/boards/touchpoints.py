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

    def __init__(self, incident, viewer):
        self.incident = incident
        self.viewer = viewer

    @cached_property
    def core(self):
        return core_of(self.incident)

    @cached_property
    def rows(self):
        said = {each.place: each for each in self.incident.touchpoints.current().with_people()}
        rights = {place: authority.may_word(self.viewer, self.incident, place) for place in Place}
        return [PlaceRow(place, said.get(place), self._stale_since(said.get(place)), rights[place]) for place in Place]

    @property
    def stale(self):
        return [row for row in self.rows if row.stale_since]

    def _stale_since(self, says):
        if says is None or not says.is_stale(self.core):
            return None
        return self.core.published_at if self.core else says.core.withdrawn_at or says.written_at
