"""What the guards look at, read once: they decide from it and query nothing themselves."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import IncidentRole, RoleExclusion

from ..demand import Demand, domains_at_work
from ..models.change_conflicts import ChangeConflict
from ..models.obligations import ObligationKind
from ..models.waivers import GuardWaiver
from .exclusivity import hands_on

# A hat that was only offered was never on anybody's head.
LAST_WORN = Max("ended_at", filter=Q(started_at__isnull=False))


@dataclass(frozen=True)
class Facts:
    """Open clocks, roles that are held, functions with their state, roles once vacated, rules that were waived,
    tasks to do, findings that nobody has answered, questions that wait for longer than promised, changes in each
    other's way, fixes that are being tried, decisions that wait, promises that nobody has confirmed.

    `streams` are the workstreams that whoever asks may know of; gaps about others are not for them. `domains` are the
    technical domains at work, `exclusions` the rules that keep roles apart, `hands_on` who does technical work since
    when. `active` are those who work on it, the longest first, each with `is_directed`. `said` is the last word to each
    audience that stands, `touchpoints` what stands where customers read,
    `challenges` those of updates that nobody has answered.
    """

    incident: object
    clocks: list
    roles: list
    functions: list
    vacated_at: dict = field(default_factory=dict)
    waivers: list = field(default_factory=list)
    streams: list = field(default_factory=list)
    tasks: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    questions: list = field(default_factory=list)
    decisions: list = field(default_factory=list)
    commitments: list = field(default_factory=list)
    exclusions: list = field(default_factory=list)
    hands_on: dict = field(default_factory=dict)
    active: list = field(default_factory=list)
    conflicts: list = field(default_factory=list)
    fixes: list = field(default_factory=list)
    domains: list = field(default_factory=list)
    said: list = field(default_factory=list)
    touchpoints: list = field(default_factory=list)
    challenges: list = field(default_factory=list)
    now: datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, incident, *, viewer=None, clocks=None, roles=None, functions=None, streams=None, active=None, now=None):
        """Read what the caller has not read already, in a constant number of queries.

        With a `viewer` nothing is in it that this member may not know of.
        """
        now = now or timezone.now()
        known, waivers = incident.workstreams.with_people(), GuardWaiver.objects.filter(incident=incident)
        if viewer is not None:
            known, waivers = known.visible_to(viewer), waivers.visible_to(viewer)
        streams = list(known) if streams is None else streams
        clocks = list(incident.obligations.live()) if clocks is None else clocks
        challenged = any(each.kind == ObligationKind.CHALLENGE for each in clocks)
        late = [each.subject for each in clocks if each.kind == ObligationKind.QUESTION and each.due_at <= now]
        return cls(
            incident=incident,
            clocks=clocks,
            roles=list(incident.roles.current().with_people()) if roles is None else roles,
            functions=list(incident.functions.with_functions()) if functions is None else functions,
            vacated_at=dict(
                incident.roles.order_by().values("role").annotate(last=LAST_WORN).values_list("role", "last")
            ),
            waivers=list(waivers.with_people()),
            streams=streams,
            tasks=list(incident.tasks.open().with_people().in_order()),
            findings=list(incident.findings.raised().in_order()),
            # Most of the time there is none.
            questions=list(incident.questions.waiting().with_people().filter(pk__in=late).in_order()) if late else [],
            decisions=list(incident.decisions.open()),
            commitments=list(incident.commitments.unconfirmed().in_order()),
            exclusions=list(RoleExclusion.objects.with_roles()),
            hands_on=hands_on(streams, now),
            active=list(incident.participants.at_work()) if active is None else active,
            conflicts=list(ChangeConflict.objects.open_in(incident)),
            fixes=list(incident.fix_attempts.under_way().in_order()),
            domains=domains_at_work([incident.pk])[incident.pk],
            said=list(incident.updates.latest_of_each()),
            challenges=list(incident.challenges.open().with_people().in_order()) if challenged else [],
            touchpoints=list(incident.touchpoints.current().select_related("core")),
            now=now,
        )

    @cached_property
    def demand(self):
        """Which hats the incident wants now."""
        return Demand.of(self.incident, functions=self.functions, domains=self.domains)

    @property
    def is_cross_functional(self):
        return self.demand.cross_functional

    def is_held(self, role):
        return self.holder_of(role) is not None

    def holder_of(self, role):
        """The membership that wears this hat, or None."""
        return next((each.membership for each in self.roles if each.role == role), None)

    @property
    def lead_since(self):
        """When whoever leads took the lead."""
        return next(each.started_at for each in self.roles if each.role == IncidentRole.LEAD)

    def vacant_since(self, role):
        return self.vacated_at.get(role) or self.incident.declared_at

    def owner_of(self, role):
        """Who answers for what this role should see to: its holder, or else whoever leads; None without either."""
        return self.holder_of(role) or self.holder_of(IncidentRole.LEAD)

    def may_know(self, gap):
        return gap.workstream is None or any(stream.pk == gap.workstream for stream in self.streams)

    def is_waived(self, gap):
        return any((each.guard, each.subject) == (gap.code, gap.subject) for each in self.waivers)
