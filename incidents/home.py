"""What the home page shows one member: what is open, what is theirs, who is on call, which alerts wait."""

from functools import cached_property

from django.db.models import Prefetch, Q
from django.utils import timezone

from teams.models import Function, Rota

from . import authority
from .models import Alert, ChangeIntent, Decision, Incident, IncidentInvitation, Obligation, RoleAssignment, Spike
from .models.obligations import CLOCKS, ObligationKind
from .room import IncidentRoom

# What somebody is asked waits for them from the first moment; so does what they are to hear, answer or decide.
ANSWERS = (
    ObligationKind.ACCEPTANCE,
    ObligationKind.OFFER,
    ObligationKind.INVITATION,
    ObligationKind.REINFORCEMENT,
    ObligationKind.ASK,
)
AT_ONCE = (ObligationKind.FINDING, ObligationKind.QUESTION, ObligationKind.DECISION)
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
    def invitations(self):
        """Incidents that wait for the member's word whether they come, the most urgent first."""
        own = IncidentInvitation.objects.waiting().filter(membership=self.member)
        return list(own.with_people().select_related("incident__severity").order_by("expires_at"))

    @cached_property
    def clocks(self):
        """What the member owes through a role, the most urgent first."""
        incidents = {hat.incident_id: hat.incident for hat in self.hats}
        owed = owned_by(Obligation.objects.live().clocks().filter(incident__in=incidents), self.hats)
        for each in owed:
            each.incident = incidents[each.incident_id]
        return owed

    @cached_property
    def asked(self):
        """What else waits for the member, beside clocks, invitations and changes: answers, decisions, findings."""
        shown_elsewhere = (*CLOCKS, ObligationKind.INVITATION)
        return [each for each in self._waiting[0] if each.kind not in shown_elsewhere]

    @property
    def changes(self):
        """`(incident, sentence)` of changes that wait for the member: an order, a go, a start, a result."""
        return self._waiting[1]

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

    @cached_property
    def _waiting(self):
        return waiting_for(self.member, self.hats)


def own_roles(member):
    """The member's current roles in open incidents."""
    return RoleAssignment.objects.current().filter(membership=member, incident__in=Incident.objects.open())


def owned_by(obligations, roles):
    """Those obligations that one of these roles answers for, the most urgent first."""
    held = {(role.incident_id, role.role) for role in roles}
    return [each for each in obligations.most_urgent_first() if (each.incident_id, each.owner_role) in held]


def waiting_for(member, roles):
    """`(obligations, changes)` that wait for the member now in open incidents.

    Obligations wait by name or through one of their roles, in two queries. Of changes `(incident, sentence)`, as the
    room of their incident says: what waits there depends on what is in whose way.
    """
    incidents, now = {role.incident_id for role in roles}, timezone.now()
    by_name = Q(owner=member) & (Q(kind__in=ANSWERS) | Q(due_at__lte=now))
    through_role = Q(owner=None, incident__in=incidents) & (Q(kind__in=AT_ONCE) | Q(kind__in=CLOCKS, warn_at__lte=now))
    changing = Q(kind=ObligationKind.CHANGE)
    held = {(role.incident_id, role.role) for role in roles}
    asked = dict(Decision.objects.open().filter(incident__in=incidents).values_list("pk", "asked_of"))

    def is_theirs(obligation):
        if obligation.kind == ObligationKind.DECISION:
            return (obligation.incident_id, asked.get(obligation.subject)) in held
        return obligation.owner_id == member.pk or (obligation.incident_id, obligation.owner_role) in held

    found = Obligation.objects.live().filter(by_name | through_role | changing)
    live = list(found.select_related("incident").most_urgent_first())
    clocks = [each for each in live if each.kind == ObligationKind.CHANGE]
    others = [each for each in live if each.kind != ObligationKind.CHANGE and is_theirs(each)]
    return others, _changes_waiting(member, incidents, {each.subject for each in clocks})


def pressing_count(member):
    """How many things wait for the member, as the top bar says."""
    obligations, changes = waiting_for(member, list(own_roles(member)))
    return len(obligations) + len(changes)


def _changes_waiting(member, incidents, live):
    """Nothing is read where nothing is `live`; then one query, and a few for every incident that the member has a part
    in: by a role, or by a change of their own."""
    if not live:
        return []
    part = Q(owner=member) | Q(proposed_by=member) | Q(incident__in=incidents)
    changing = ChangeIntent.objects.filter(part, pk__in=live).values("incident")
    found = Incident.objects.visible_to(member).open().filter(pk__in=changing).order_by("pk")
    boards = [(incident, IncidentRoom(incident, member).changes) for incident in found]
    return [(incident, sentence) for incident, board in boards for sentence, *_ in board.waiting_for_viewer]
