"""The role board: a row for every hat that is wanted or worn, and what the viewer may do about it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from playbooks.models import RoleDefinition
from playbooks.models.roles import Wanted

from ..demand import Demand
from ..guards.exclusivity import is_risky
from ..models.roles import PENDING, RoleState, label_of, title_of

# Whoever has not been seen for so long is not here, whatever their connection does.
ABSENT_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class RoleRow:
    """One hat, in one domain where it is worn per domain: who wears it, or since when nobody does."""

    definition: RoleDefinition
    domain: object
    assignment: object
    since: object
    wanted: bool
    here: bool
    may_take: bool
    may_give: bool
    own: bool = False
    may_volunteer: bool = False
    pending: tuple = ()

    @property
    def holder(self):
        return self.assignment.membership if self.assignment else None

    @property
    def is_unanswered(self):
        return self.assignment is not None and self.assignment.state == RoleState.ASKED

    @property
    def is_handing_over(self):
        return self.assignment is not None and self.assignment.state == RoleState.HANDING_OVER

    @property
    def may_hand_over(self):
        """The viewer's own hat, which nobody is about to get and which has something to hand over."""
        return self.may_give and self.own and not (self.is_handing_over or self.assignment.reads_along)

    @property
    def slug(self):
        return self.definition.slug

    @property
    def title(self):
        return title_of(self.definition, self.domain)

    @property
    def label(self):
        return label_of(self.definition, self.domain)

    @property
    def query(self):
        """What the address of an act on this hat says beside the role."""
        if self.domain:
            return f"?domain={self.domain.slug}"
        return f"?holder={self.assignment.membership_id}" if self._is_one_of_several else ""

    @property
    def anchor(self):
        """A name for the row's controls that stays the same from one reading to the next."""
        if self.domain:
            return f"{self.slug}-{self.domain.slug}"
        return f"{self.slug}-{self.assignment.membership_id}" if self._is_one_of_several else self.slug

    @property
    def _is_one_of_several(self):
        return self.assignment is not None and not self.definition.single


class RoleBoard:
    """Read in a constant number of queries, however often hats changed heads."""

    def __init__(self, room):
        self.room = room

    @cached_property
    def rows(self):
        return [self._row(*place) for place in self._places()]

    @property
    def vacant(self):
        """The rows of what is wanted and nobody wears."""
        rows = (self._row(*place) for place in self._places() if place[1] is None)
        return [row for row in rows if row.wanted]

    @property
    def unfilled(self):
        return sum(1 for row in self.rows if row.wanted and row.holder is None)

    @property
    def vacated_at(self):
        """`{role: when somebody last put it down}`, of what somebody has really worn."""
        over = [each for each in self.assignments if each.started_at and each.ended_at]
        return {each.role: each.ended_at for each in sorted(over, key=lambda each: each.ended_at)}

    @property
    def others(self):
        """Roles without a row of their own, or with room for one more holder."""
        if not (self.room.responds and self.room.incident.is_open):
            return []
        full = {row.definition.pk for row in self.rows if row.definition.single and not row.definition.per_domain}
        return [each for each in self._definitions if each.pk not in full]

    @property
    def clashes(self):
        """`(member, roles in words, whether technical)` of everybody who speaks and does what needs a whole person."""
        held = defaultdict(list)
        for each in self.worn:
            held[each.membership].append(each)
        return [
            (member, " and ".join(each.label for each in hats), any(each.definition.technical for each in hats))
            for member, hats in held.items()
            if is_risky([each.definition for each in hats])
        ]

    @cached_property
    def assignments(self):
        """Every interval of every hat, the first one first."""
        return self.room.rows.hats[self.room.incident.pk]

    @property
    def worn(self):
        return [each for each in self.assignments if each.is_worn]

    @cached_property
    def demand(self):
        domains = self.room.rows.domains[self.room.incident.pk]
        return Demand.of(self.room.incident, functions=self.room.activations, domains=domains)

    @property
    def _definitions(self):
        return self.room.rows.definitions

    def _places(self):
        """`(definition, assignment or None, domain or None)` of every line of the board."""
        for definition in self._definitions:
            worn = [each for each in self.worn if each.definition_id == definition.pk]
            if definition.per_domain:
                by_domain = {each.domain: each for each in worn}
                places = self.demand.places(definition) if definition.wanted != Wanted.ON_DEMAND else ()
                yield from ((definition, by_domain.get(each), each) for each in dict.fromkeys((*places, *by_domain)))
            elif worn:
                yield from ((definition, each, None) for each in worn)
            elif self.demand.expects(definition):
                yield definition, None, None

    def _row(self, definition, assignment, domain=None):
        room = self.room
        responds = room.responds and room.incident.is_open
        own = assignment is not None and assignment.membership_id == room.viewer.pk
        pending = self._pending(definition, domain) if assignment is None else ()
        waits = any(each.membership_id == room.viewer.pk for each in pending)
        return RoleRow(
            definition=definition,
            domain=domain,
            assignment=assignment,
            since=assignment.started_at if assignment else self._vacant_since(definition, domain),
            wanted=not definition.per_domain or self.demand.wants(definition, domain),
            here=assignment is not None and self._is_here(assignment),
            may_take=responds and assignment is None,
            may_give=responds and (own or room.coordinates),
            own=own,
            # Whoever may give it need not ask for it.
            may_volunteer=responds and assignment is None and not waits and not room.coordinates,
            pending=pending,
        )

    def _pending(self, definition, domain):
        """Who was offered the hat or raised a hand for it, and waits for an answer."""
        return tuple(
            each
            for each in self.assignments
            if each.state in PENDING and (each.definition_id, each.domain) == (definition.pk, domain)
        )

    def _vacant_since(self, definition, domain):
        ended = [
            each.ended_at
            for each in self.assignments
            if (each.definition_id, each.domain) == (definition.pk, domain) and each.started_at and each.ended_at
        ]
        return max(ended, default=self.room.incident.declared_at)

    def _is_here(self, assignment):
        """Whether they were in the room within the last ten minutes, or have not had the hat for that long."""
        since = self.room.now - ABSENT_AFTER
        return assignment.started_at > since or any(
            each.membership_id == assignment.membership_id and each.seen_at is not None and each.seen_at > since
            for each in self.room.participants
        )
