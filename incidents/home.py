"""What the home page shows one member: what is open, what is theirs, who is on call, which alerts wait."""

from functools import cached_property

from django.db.models import Prefetch

from teams.models import Function, Rota

from . import authority
from .models import Alert, Incident, Obligation, RoleAssignment, Spike
from .waiting import Waiting

OPEN_SHOWN = 25
ALERTS_SHOWN = 20
RECENT_SHOWN = 5


class Home:
    """Each part is read when first asked for, in a constant number of queries."""

    def __init__(self, member):
        self.member = member

    @cached_property
    def responds(self):
        return authority.may_respond(self.member)

    @cached_property
    def waiting(self):
        """What waits for the member, by incident."""
        return Waiting(self.member)

    @cached_property
    def visible(self):
        return Incident.objects.visible_to(self.member)

    @cached_property
    def open(self):
        """Open incidents, the worst first, each with the clock that is due next."""
        clocks = Prefetch("obligations", Obligation.objects.live().clocks().most_urgent_first(), to_attr="clocks")
        return list(self.visible.open().with_summary().prefetch_related(clocks).worst_first()[:OPEN_SHOWN])

    @cached_property
    def recent(self):
        """What ended last."""
        ended = self.visible.exclude(resolved_at=None).with_summary()
        return list(ended.order_by("-resolved_at")[:RECENT_SHOWN])

    @cached_property
    def hats(self):
        """The roles the member holds in open incidents."""
        return list(own_roles(self.member).with_titles().select_related("incident__severity").order_by("-started_at"))

    @cached_property
    def clocks(self):
        """What the member owes through a role, the most urgent first."""
        incidents = {hat.incident_id: hat.incident for hat in self.hats}
        owed = owned_by(Obligation.objects.live().clocks().filter(incident__in=incidents), self.hats)
        for each in owed:
            each.incident = incidents[each.incident_id]
        return owed

    @cached_property
    def on_call(self):
        """`(function, membership)` for every function that somebody answers for."""
        rotas = Rota.objects.select_related("function", "on_call__person").order_by("function__position")
        return [(rota.function, rota.on_call) for rota in rotas]

    @cached_property
    def unanswered(self):
        """How many functions nobody answers for; there the administrators do."""
        return Function.objects.count() - len(self.on_call)

    @cached_property
    def alerts(self):
        """Alerts that no incident has, for those who may do something about them."""
        if not self.responds:
            return []
        return list(Alert.objects.waiting().select_related("integration").latest_first()[:ALERTS_SHOWN])

    @cached_property
    def more_alerts(self):
        """How many wait beyond those that are shown."""
        if len(self.alerts) < ALERTS_SHOWN:
            return 0
        return Alert.objects.waiting().count() - len(self.alerts)

    @cached_property
    def spikes(self):
        """More customers write than usual, and no incident is about it."""
        return list(Spike.objects.visible_to(self.member).proposed().filter(incident=None))

    @cached_property
    def is_quiet(self):
        return not self.open and not self.alerts and not self.spikes


def own_roles(member):
    """The member's current roles in open incidents."""
    return RoleAssignment.objects.current().filter(membership=member, incident__in=Incident.objects.open())


def owned_by(obligations, roles):
    """Those obligations that one of these roles answers for, the most urgent first."""
    held = {(role.incident_id, role.role) for role in roles}
    return [each for each in obligations.most_urgent_first() if (each.incident_id, each.owner_role) in held]
