"""Which hats an incident wants right now. Pure questions; the board, the guards and the pages ask the same."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from playbooks.models import Scope
from playbooks.models.roles import Wanted
from teams.models import TechnicalDomain

from .models import Participant, RoleAssignment, Workstream
from .models.functions import ENGINEERING, ActivationState

SUPPORT = "support"
# How far an incident may reach without any customer having noticed.
INSIDE = (Scope.NONE, Scope.UNKNOWN)
CALLED = (ActivationState.REQUIRED, ActivationState.REQUESTED, ActivationState.ENGAGED)


@dataclass(frozen=True)
class Demand:
    """`domains` are the technical domains at work; from two on each wants somebody who coordinates it."""

    cross_functional: bool
    customer_facing: bool
    domains: tuple = ()

    @classmethod
    def of(cls, incident, *, functions=None, domains=None):
        """From the incident's own rows, as far as the caller has not read them already."""
        functions = incident.functions.with_functions() if functions is None else functions
        states = {each.function.slug: each.state for each in functions}
        return cls(
            cross_functional=any(
                state == ActivationState.ENGAGED and slug != ENGINEERING for slug, state in states.items()
            ),
            customer_facing=is_customer_facing(incident, states.get(SUPPORT)),
            domains=in_order(domains_at_work([incident.pk])[incident.pk] if domains is None else domains),
        )

    def wants(self, definition, domain=None):
        """Whether it is a gap that nobody holds this role."""
        if definition.per_domain:
            return definition.wanted != Wanted.ON_DEMAND and len(self.domains) > 1 and domain in self.domains
        return {
            Wanted.ALWAYS: True,
            Wanted.CROSS_FUNCTIONAL: self.cross_functional,
            Wanted.CUSTOMER_FACING: self.customer_facing,
        }.get(definition.wanted, False)

    def expects(self, definition):
        """Whether a vacancy is worth a line although it may be no gap yet.

        Who speaks is asked for early: an incident becomes cross-functional sooner than somebody thinks of it.
        """
        return self.wants(definition) or (definition.wanted == Wanted.CROSS_FUNCTIONAL and not definition.per_domain)

    def places(self, definition):
        """Where this role is to be held: `None` for the whole incident, or each domain at work."""
        return self.domains if definition.per_domain else (None,)


def domains_at_work(incidents):
    """`{primary key of the incident: technical domains}`: of workstreams that are not done, and of who works on it.

    Workstreams that not everybody may know of say nothing here, and neither does who wears a hat without technical
    work: an engineer who leads does not look into their own domain meanwhile.
    """
    elsewhere = RoleAssignment.objects.current().filter(
        incident=OuterRef("incident"), membership=OuterRef("membership"), definition__technical=False
    )
    streams = Workstream.objects.active().filter(incident__in=incidents, restricted=False, domain__isnull=False)
    people = (
        Participant.objects.active()
        .filter(incident__in=incidents, membership__domain__isnull=False)
        .exclude(Exists(elsewhere))
    )
    own, beside = streams.values_list("incident", "domain"), people.values_list("incident", "membership__domain")
    pairs = list(own.order_by().union(beside.order_by()))
    domains = TechnicalDomain.objects.in_bulk({domain for _, domain in pairs}) if pairs else {}
    found = defaultdict(list)
    for incident, domain in pairs:
        found[incident].append(domains[domain])
    return found


def is_customer_facing(incident, support):
    """Customers are affected; or nobody has judged that yet, and support was called for as required."""
    if incident.scope == Scope.UNKNOWN:
        return support in CALLED
    return incident.scope not in INSIDE


def in_order(domains):
    return tuple(sorted(set(domains), key=lambda domain: (domain.position, domain.name)))
