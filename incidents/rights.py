"""Whose a decision is right now: the organisation's matrix, the hats that are worn, and who stands in where one is not.

Questions only. `authority.py` says who may act; here is who decides a matter of a class, also while nobody wears the
hat for it, so that a vacancy stalls nothing and nobody decides in silence what is not theirs.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from playbooks.models import DecisionClass, DecisionRight, IncidentRole
from teams.models import Membership

# By what somebody decides who wears no hat for it.
ON_CALL, ADMINISTRATORS, ANYBODY = "on_call", "administrators", "anybody"
LEADERSHIP = "leadership"
# Whose rights count while nobody holds those of a class.
STAND_INS = {
    DecisionClass.INVESTIGATION: DecisionClass.COORDINATION,
    DecisionClass.COORDINATION: DecisionClass.RESOURCE,
    DecisionClass.PRIORITY: DecisionClass.COORDINATION,
}
IN_WORDS = {
    ON_CALL: "on call for leadership",
    ADMINISTRATORS: "administrator",
    ANYBODY: "responder, while nobody holds the right",
}


def in_words(authority):
    """By what somebody decided, in the middle of a sentence."""
    if authority in IncidentRole.values:
        return IncidentRole(authority).label.lower()
    return IN_WORDS.get(authority, str(authority).replace("_", " ").replace("-", " "))


@dataclass(frozen=True)
class Right:
    """`role` is whose it is; `members` decide now, and do so by `authority`: a role, or one of the words above.

    `interim`: what they choose holds until the role itself says yes.
    """

    role: str
    authority: str
    members: tuple = ()
    interim: bool = False

    def admits(self, membership):
        """Whether this person may decide. The system never does."""
        if membership is None or not membership.is_responder:
            return False
        return self.authority == ANYBODY or membership in self.members

    @property
    def is_held(self):
        """Whether somebody wears the hat that the matrix asks for."""
        return self.authority == self.role

    @property
    def sentence(self):
        """Who decides, to be told to somebody who does not."""
        names = ", ".join(member.name for member in self.members)
        if self.is_held:
            return f"The {in_words(self.role)} decides this: {names}."
        return f"Nobody is {in_words(self.role)}; {names} decides this instead ({in_words(self.authority)})."


class Bench:
    """What the organisation says in every incident: its matrix, and who stands in for its leadership."""

    @cached_property
    def matrix(self):
        """`{decision class: [role, …]}`."""
        roles = defaultdict(list)
        for decision_class, role in DecisionRight.objects.order_by("pk").values_list("decision_class", "role"):
            roles[decision_class].append(role)
        return roles

    @cached_property
    def administrators(self):
        return tuple(Membership.objects.administrators().with_people().order_by("pk"))

    @cached_property
    def leaders_on_call(self):
        on_call = Membership.objects.active().with_people().filter(rotas__function__slug=LEADERSHIP).order_by("pk")
        return tuple(member for member in on_call if member.is_responder)


class Rights:
    """The rights in one incident, each part read once, only when it is asked for, and not where the caller has."""

    def __init__(self, incident, *, bench=None, hats=None):
        self.incident = incident
        self.bench = bench or Bench()
        self._read = hats

    def to_decide(self, decision_class, domain=None):
        """Who decides a matter of this class; `domain` narrows an investigation to whoever coordinates there."""
        decision_class = DecisionClass(decision_class)
        right = self._held(decision_class, domain)
        if right is None and decision_class == DecisionClass.RESOURCE:
            return self._next_executive()
        role = right.role if right else self._first_role(decision_class)
        stand_in = STAND_INS.get(decision_class)
        right = right or (stand_in and self._held(stand_in)) or Right(role, ANYBODY)
        interim = decision_class == DecisionClass.PRIORITY and right.authority != role
        return Right(role, right.authority, right.members, interim)

    @property
    def administrators(self):
        return self.bench.administrators

    # --- Inside ------------------------------------------------------------------------------

    @cached_property
    def _hats(self):
        return list(self.incident.roles.current().with_people().order_by("pk")) if self._read is None else self._read

    def _held(self, decision_class, domain=None):
        """The right of those who wear a hat for it, or None."""
        for role in self.bench.matrix[decision_class]:
            worn = [hat for hat in self._hats if hat.role == role]
            members = [hat.membership for hat in worn if hat.domain_id in (None, getattr(domain, "pk", None))]
            if members:
                return Right(role, role, tuple(members))
        return None

    def _first_role(self, decision_class):
        return next(iter(self.bench.matrix[decision_class]), IncidentRole.LEAD.value)

    def _next_executive(self):
        """Whoever is on call for leadership, or else the administrators."""
        role = self._first_role(DecisionClass.RESOURCE)
        if self.bench.leaders_on_call:
            return Right(role, ON_CALL, self.bench.leaders_on_call)
        return Right(role, ADMINISTRATORS, self.administrators)
