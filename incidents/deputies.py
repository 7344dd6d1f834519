"""Deputies: who hears findings and says what is known while the lead is busy, has given it away, or does not answer."""

from django.utils import timezone

from playbooks.models import IncidentRole, RoleDefinition
from teams.models import Membership, Rota

from . import authority


def delegate_of(incident):
    """The membership to whom the lead has given it for a while, or None."""
    delegation = incident.synthesis_delegations.in_force(timezone.now()).with_people().first()
    return delegation.delegate if delegation else None


def deputies_of(incident, *, beside=()):
    """Memberships, the nearest first: the delegate, the other coordinators, or else who is on call for the lead.

    Those `beside` are left out: whoever leads, and whoever waits for an answer.
    """
    coordinators = Membership.objects.with_people().filter(
        pk__in=incident.holders_of([IncidentRole.TECHNICAL_COORDINATOR])
    )
    return nearest(delegate_of(incident), coordinators.order_by("pk"), on_call_for_the_lead, beside=beside)


def nearest(delegate, coordinators, on_call, *, beside=()):
    """Of these the deputies; `on_call` is asked only where there is nobody nearer."""
    found = dict.fromkeys([*([delegate] if delegate else []), *coordinators])
    found = [member for member in found if member.pk not in beside]
    return found or [member for member in on_call() if member.pk not in beside]


def may_stand_in(membership, incident, clock=None, *, beside=()):
    """Whether this is theirs as the lead's: they lead, are the delegate, or the `clock` has climbed to them.

    Those `beside` are no deputies in this.
    """
    if authority.may_coordinate(membership, incident):
        return True
    if membership is None or not membership.is_responder:
        return False
    delegate = delegate_of(incident)
    if delegate is not None and delegate.pk == membership.pk:
        return True
    return clock is not None and bool(clock.level) and membership in deputies_of(incident, beside=beside)


def on_call_for_the_lead():
    definition = RoleDefinition.objects.named(IncidentRole.LEAD)
    rotas = Rota.objects.select_related("on_call__person", "on_call__function")
    rotas = rotas.filter(function=definition.function_id if definition else None)
    return [rota.on_call for rota in rotas if rota.on_call.is_responder]
