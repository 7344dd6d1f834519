"""Hats that an incident wants and nobody wears: the clock of each pages those who could, louder each time."""

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from playbooks.models import IncidentRole, RoleDefinition
from playbooks.models.roles import Wanted

from . import kinds
from .demand import Demand
from .duties import ADMINISTRATORS, Duty
from .models.obligations import ASSESSMENT_MINUTES, SHORTEST, Obligation, ObligationKind
from .models.roles import label_of


def follow(incident, *, left=None):
    """Bring the clocks of vacant hats to what the incident wants now; call under the incident's lock.

    `left` is the member who has just put a hat down, and is not paged to take it up again.
    """
    if not incident.is_open:
        return
    now = timezone.now()
    running = dict(incident.obligations.live().filter(kind=ObligationKind.VACANCY).values_list("subject", "due_at"))
    for definition, places in vacant(incident):
        if places:
            due_at = _due_at(incident, definition, now)
            waits_too_long = running.get(definition.pk, now) > due_at
            if waits_too_long:
                Obligation.cancel(incident, ObligationKind.VACANCY, definition.pk)
            if waits_too_long or definition.pk not in running:
                _miss(incident, definition, left, due_at, now)
        elif definition.pk in running:
            Obligation.satisfy(incident, ObligationKind.VACANCY, definition.pk)


def vacant(incident):
    """`(definition, places)` of every role, with the domains, or the one whole incident, where nobody wears it."""
    demand = Demand.of(incident)
    worn = set(incident.roles.current().values_list("definition", "domain"))
    return [
        (
            definition,
            [
                place
                for place in demand.places(definition)
                if demand.wants(definition, place) and (definition.pk, place.pk if place else None) not in worn
            ],
        )
        for definition in RoleDefinition.objects.in_order()
    ]


def _due_at(incident, definition, now):
    """At once for who leads; for everybody else once severity and scope were judged, or had their five minutes."""
    if definition.wanted == Wanted.ALWAYS or incident.assessed_at is not None:
        return now
    return max(now, incident.declared_at + timedelta(minutes=ASSESSMENT_MINUTES))


def _miss(incident, definition, left, due_at, now):
    # Where the clock stands still for a moment, the next vacancy must not be taken for the last one.
    windows = incident.obligations.about(ObligationKind.VACANCY, definition.pk).filter(starts_at__gte=now)
    last = windows.aggregate(last=Max("starts_at"))["last"]
    obligation = Obligation.open(
        incident,
        ObligationKind.VACANCY,
        minutes=0,
        subject=definition.pk,
        starts_at=last + SHORTEST if last else now,
        due_at=due_at,
    )
    if due_at <= now:
        obligation.left = left
        obligation.advance(now)


class VacancyDuty(Duty):
    """First whoever is on call for the role's function, after five minutes the lead, after ten the administrators."""

    states = ("due", "overdue", "escalated")
    overdue_after = timedelta(minutes=5)
    escalate_after = (timedelta(minutes=10),)
    says = dict.fromkeys(states, kinds.ROLE_VACANT)

    def told(self, obligation):
        if obligation.state == "escalated":
            return [ADMINISTRATORS]
        called = obligation.state == "due" and self._definition(obligation).function_id
        return [] if called else [str(IncidentRole.LEAD)]

    def details(self, obligation):
        definition = self._definition(obligation)
        places = next((places for each, places in vacant(obligation.incident) if each.pk == definition.pk), [])
        function = definition.function.slug if definition.function and obligation.state == "due" else ""
        return {
            "role": definition.slug,
            "title": ", ".join(label_of(definition, place) for place in places) or definition.label,
            "domains": [place.slug for place in places if place],
            "function": function,
            "left": getattr(obligation, "left", None),
        }

    def _definition(self, obligation):
        return RoleDefinition.objects.select_related("function").get(pk=obligation.subject)
