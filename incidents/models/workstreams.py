"""Parallel lines of work, each with its own thread; some of them only for those they are opened to."""

from collections import defaultdict

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q, Subquery
from django.utils import timezone

from teams.errors import Refused
from teams.models import Function, Membership, Service, TechnicalDomain
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..kinds import Visibility
from .incident import Incident
from .participants import Participant
from .timeline import Reach


class WorkstreamState(models.TextChoices):
    WORKING = "working", "Working"
    BLOCKED = "blocked", "Blocked"
    DONE = "done", "Done"


class WorkstreamKind(models.TextChoices):
    """What a line of work is for; the first four run side by side in every large incident."""

    CAUSE = "cause", "Cause"
    IMPACT = "impact", "Impact"
    MESSAGES = "messages", "Messages"
    PRIORITIES = "priorities", "Priorities"
    OTHER = "other", "Other"


# What a function brings with it once it is engaged.
PARALLEL = {
    "engineering": (WorkstreamKind.CAUSE, "Find the cause"),
    "support": (WorkstreamKind.IMPACT, "Understand the impact"),
    "communications": (WorkstreamKind.MESSAGES, "Prepare the messages"),
    "product": (WorkstreamKind.PRIORITIES, "Set the priorities"),
}
TECHNICAL = (WorkstreamKind.CAUSE, WorkstreamKind.OTHER)


class WorkstreamQuerySet(TenantQuerySet):
    def active(self):
        return self.exclude(state=WorkstreamState.DONE)

    def in_order(self):
        return self.order_by("position")

    def with_people(self):
        return self.select_related("owner__person", "domain", "component")

    def for_reading(self, membership):
        """Those that a member may open, with people and `live_waits`, what each waits for as far as they may know."""
        from .dependencies import WorkstreamDependency

        waits = WorkstreamDependency.objects.live().visible_to(membership).in_order()
        return (
            self.visible_to(membership)
            .with_people()
            .prefetch_related(models.Prefetch("waits_for", waits, to_attr="live_waits"))
        )

    def with_reading_of(self, membership):
        """Each with `read_number`, how far the member has read it; None for one they have never looked at."""
        from .reading import StreamRead

        own = StreamRead.objects.filter(workstream=OuterRef("pk"), membership=membership)
        return self.annotate(read_number=Subquery(own.values("number")[:1]))

    def restricted(self):
        return self.filter(restricted=True)

    def visible_to(self, membership):
        """Those a member may open. Stakeholders read briefings and not threads; administrators see all."""
        if not membership.is_responder:
            return self.none()
        if membership.is_administrator:
            return self
        return self.filter(Q(restricted=False) | _opened_to(membership))

    def hidden_from(self, membership):
        """The restricted ones that a member may know nothing of; in most organisations there are none.

        Whatever belongs to a workstream is listed with
        `.exclude(workstream__in=Workstream.objects.hidden_from(member))`, which also keeps what belongs to none.
        """
        if membership.is_administrator:
            return self.none()
        restricted = self.restricted()
        return restricted.exclude(_opened_to(membership)) if membership.is_responder else restricted


def _follow_vacancies(incident):
    """Another domain at work may want somebody who coordinates it."""
    from ..vacancies import follow

    follow(incident)


def _opened_to(membership):
    """Whose it is, or who is named as a reader, themselves or with their function."""
    named = Q(membership=membership)
    if membership.function_id:
        named |= Q(function=membership.function_id)
    return Q(owner=membership) | Exists(WorkstreamReader.objects.filter(named, workstream=OuterRef("pk")))


def _name_of(thing):
    return getattr(thing, "name", "")


def _moment_of(moment):
    return moment.isoformat() if moment else ""


def restricted_in(incidents):
    """`{incident id: [restricted workstreams]}` with their readers, for many members at once; mostly one query."""
    found = defaultdict(list)
    for stream in Workstream.objects.restricted().filter(incident__in=incidents).prefetch_related("readers"):
        found[stream.incident_id].append(stream)
    return found


def reach_of(membership, restricted=()):
    """How far a member sees into an incident with these restricted workstreams."""
    if not membership.is_responder:
        return Reach(Visibility.BRIEFING)
    return Reach(Visibility.ROOM, frozenset(stream.pk for stream in restricted if stream.is_open_to(membership)))


class Workstream(TenantModel):
    """`component` is the service it works on. `next_word_at` is when its owner promised to say more."""

    Kind = WorkstreamKind
    State = WorkstreamState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="workstreams")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=WorkstreamKind, default=WorkstreamKind.OTHER)
    goal = models.CharField(max_length=300, blank=True)
    component = models.ForeignKey(Service, models.SET_NULL, null=True, related_name="+")
    domain = models.ForeignKey(TechnicalDomain, models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="workstreams")
    state = models.CharField(max_length=8, choices=WorkstreamState, default=WorkstreamState.WORKING)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    last_word_at = models.DateTimeField(null=True)
    # The entry of its newest message; who has read less than that has something new there.
    last_number = models.PositiveIntegerField(default=0)
    next_word_at = models.DateTimeField(null=True)
    # How long it may say nothing before somebody is asked how it goes; None: nobody listens (`silence.py`).
    silence_minutes = models.PositiveSmallIntegerField(null=True)
    # Only for its owner, its readers and the organisation's administrators; to others it does not exist.
    restricted = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(WorkstreamQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "position"], name="workstream_position_once")
        ]
        # Asked with every list of entries, and mostly empty.
        indexes = [models.Index(fields=["organization"], condition=Q(restricted=True), name="workstream_restricted")]

    def __str__(self):
        return self.title

    # --- Questions ---------------------------------------------------------------------------

    @property
    def is_general(self):
        """The first one: it is there from the beginning, for talk of every kind, and ends with the incident."""
        return self.position == 1

    @property
    def is_technical(self):
        """Whether one domain works here: its silence means something."""
        return self.kind in TECHNICAL and self.domain_id is not None

    @property
    def is_for_the_cause(self):
        """Whether those who look for the cause talk here, with a domain or without; G19 keeps others out."""
        return self.kind == WorkstreamKind.CAUSE or self.is_technical

    @property
    def is_unread(self):
        """Whether something was said that the reader of `with_reading_of` has not seen."""
        return self.last_number > (self.read_number or 0)

    def is_open_to(self, membership):
        """What `visible_to` asks the database; reads `readers`."""
        if not membership.is_responder:
            return False
        if not self.restricted or membership.is_administrator or self.owner_id == membership.pk:
            return True
        return any(reader.admits(membership) for reader in self.readers.all())

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def open(
        cls,
        incident,
        title,
        *,
        by,
        kind=WorkstreamKind.OTHER,
        goal="",
        domain=None,
        component=None,
        owner=None,
        blocked_by=(),
        restricted=False,
        functions=(),
        members=(),
        waiver="",
    ):
        """Start a line of work. Returns the entry; the workstream is its `workstream`.

        A `restricted` one is there for its owner, for whoever opens it, and for the `functions` and `members` named.
        On a component that somebody works on already it is started only with a reason.
        """
        from .. import guards
        from .dependencies import WorkstreamDependency

        incident.lock()
        incident.require_open()
        authority.require_work(by, incident)
        last = incident.workstreams.aggregate(last=Max("position"))["last"] or 0
        workstream = cls(
            incident=incident,
            title=title,
            kind=kind,
            goal=goal,
            domain=domain,
            component=component,
            owner=owner,
            position=last + 1,
        )
        workstream._require_responding_owner()
        if restricted:
            workstream._require_right_to_restrict(by)
            workstream.restricted = True
        workstream.save(force_insert=True)
        if restricted:
            workstream._admit(by, functions, members)
        twin = workstream._twin(by)
        waived = guards.check(incident, [workstream._overlap(twin)], by=by, waiver=waiver)
        if owner is not None:
            Participant.ensure(incident, owner)
        workstream.follow_silence()
        entry = incident.record(
            kinds.WORKSTREAM_OPENED,
            by=by,
            workstream=workstream,
            beside=twin,
            title=title,
            purpose=kind if kind != WorkstreamKind.OTHER else "",
            goal=goal,
            component=component.slug if component else "",
            overlaps=twin.title if twin else "",
            domain=domain.slug if domain else "",
            owner=owner.name if owner else "",
            restricted=restricted,
            **waived,
        )
        for blocking in blocked_by:
            WorkstreamDependency.add(workstream, blocking, by=by)
        if domain is not None:
            _follow_vacancies(incident)
        return entry

    @classmethod
    def open_for(cls, incident, function, *, by):
        """The line of work that a function brings with it, unless there is one; call under the incident's lock."""
        kind, title = PARALLEL.get(function.slug, (None, ""))
        if kind is None or not incident.is_open or incident.workstreams.filter(kind=kind).exists():
            return
        # Whoever says that their function is on it sees to its work until somebody else does.
        owner = by if by is not None and by.function_id == function.pk else None
        domain = owner.domain if owner and kind in TECHNICAL else None
        cls.open(incident, title, by=None, kind=kind, owner=owner, domain=domain)

    @transaction.atomic
    def restrict(self, *, by, functions=(), members=()):
        """Show it only to its owner, to whoever restricts it, and to the functions and members named from now on.

        On one that is restricted already it changes for whom. Returns the entry.
        """
        self.incident.lock()
        self.lock()
        self._require_right_to_restrict(by)
        if self.is_general:
            raise Refused(f"“{self.title}” is for everybody on the incident. Open another one.", code="general_stream")
        before = self._named_readers()
        was_restricted, self.restricted = self.restricted, True
        self.readers.all().delete()
        self._admit(by, functions, members)
        after = self._named_readers()
        if was_restricted and before == after:
            raise Refused("Nothing was changed.", code="unchanged")
        self.save(update_fields=["restricted"])
        kind = kinds.WORKSTREAM_READERS_CHANGED if was_restricted else kinds.WORKSTREAM_RESTRICTED
        return self.incident.record(kind, by=by, workstream=self, title=self.title, readers=after)

    @transaction.atomic
    def open_up(self, *, by):
        """Show it to everybody who works in the incident, from its first word on. Returns the entry."""
        self.incident.lock()
        self.lock()
        self._require_right_to_restrict(by)
        if not self.restricted:
            raise Refused("This workstream is open to everybody already.", code="unchanged")
        self.restricted = False
        self.save(update_fields=["restricted"])
        self.readers.all().delete()
        return self.incident.record(kinds.WORKSTREAM_UNRESTRICTED, by=by, workstream=self, title=self.title)

    @transaction.atomic
    def change(
        self,
        *,
        by,
        state=None,
        owner=None,
        title=None,
        goal=None,
        component=None,
        next_word_at=None,
        blocked_by=None,
    ):  # fmt: skip
        """Say how it goes and when you say more, rename it, or give it to somebody. Returns the entry.

        Leaves alone what is not given. `blocked_by` are all the workstreams that it waits for.
        """
        from .dependencies import WorkstreamDependency

        incident = self.incident.lock()
        self.lock()
        # Read again with the row; every entry has to come from the incident that is locked.
        self.incident = incident
        authority.require_work(by, incident)
        moved = WorkstreamDependency.settle_on(self, blocked_by, by=by) if blocked_by is not None else None
        changed = {}
        for field, value in (("state", state), ("title", title)):
            if value and value != getattr(self, field):
                changed[field] = {"before": getattr(self, field), "after": value}
                setattr(self, field, value)
        if goal is not None and goal != self.goal:
            changed["goal"] = {"before": self.goal, "after": goal}
            self.goal = goal
        for field, value in (("owner", owner), ("component", component)):
            if value is not None and value != getattr(self, field):
                changed[field] = {"before": _name_of(getattr(self, field)), "after": _name_of(value)}
                setattr(self, field, value)
        if next_word_at is not None and next_word_at != self.next_word_at:
            changed["next_word"] = {"before": _moment_of(self.next_word_at), "after": _moment_of(next_word_at)}
            self.next_word_at = next_word_at
        if not changed:
            if moved is not None:
                return moved
            raise Refused("Nothing was changed.", code="unchanged")
        if "owner" in changed:
            self._require_responding_owner()
            Participant.ensure(self.incident, self.owner)
        if "state" in changed:
            self.closed_at = timezone.now() if self.state == WorkstreamState.DONE else None
        self.save(update_fields=["state", "title", "goal", "component", "owner", "next_word_at", "closed_at"])
        self.follow_silence()
        entry = self.incident.record(
            kinds.WORKSTREAM_CHANGED, by=by, workstream=self, title=self.title, changed=changed
        )  # fmt: skip
        if self.closed_at and "state" in changed:
            WorkstreamDependency.settle_around(self, by=by)
        if "state" in changed and self.domain_id:
            _follow_vacancies(self.incident)
        return entry

    def follow_silence(self):
        """Listen to it or stop, as its state asks now; call under the incident's lock."""
        from .. import silence

        silence.follow(self)

    # --- Inside ------------------------------------------------------------------------------

    def _require_responding_owner(self):
        authority.require(
            self.owner is None or authority.may_respond(self.owner),
            f"{self.owner} is a stakeholder and cannot own a workstream.",
            code="responders_only",
        )

    def _twin(self, by):
        """Another line of work on the same component that goes on already, if this member may know of it."""
        if self.component is None:
            return None
        others = self.incident.workstreams.active().filter(component=self.component).exclude(pk=self.pk)
        if by is not None:
            others = others.visible_to(by)
        return others.with_people().in_order().first()

    def _overlap(self, twin):
        """The breach that starting this one beside its twin would be."""
        from ..guards import Breach

        if twin is None:
            return None
        whose = f"{twin.owner.name} owns it" if twin.owner else "nobody owns it yet"
        return Breach(
            "duplicate_effort",
            f"“{twin.title}” works on {self.component} already; {whose}. Join it there, or say why two are needed.",
            subject=str(twin.pk),
            workstream=self if self.restricted else twin,
        )

    def _require_right_to_restrict(self, by):
        authority.require_responder(by)
        authority.require(
            authority.may_restrict(by, self),
            "The incident lead, the workstream's owner or an administrator restricts a workstream.",
            code="restriction_right",
        )

    def _admit(self, by, functions, members):
        """Name the readers; whoever restricts it keeps it."""
        members = {member.pk: member for member in (*members, *([by] if by else []))}
        for member in members.values():
            authority.require_responder(member, f"{member.name} is a stakeholder and reads briefings, not threads.")
        WorkstreamReader.objects.bulk_create(
            [
                *(WorkstreamReader(workstream=self, function=function) for function in dict.fromkeys(functions)),
                *(WorkstreamReader(workstream=self, membership=member) for member in members.values()),
            ]
        )

    def _named_readers(self):
        readers = self.readers.select_related("function", "membership__person")
        return sorted(str(reader) for reader in readers)


class WorkstreamReader(TenantModel):
    """Somebody to whom a restricted workstream is open: one member, or a function with all its people."""

    workstream = models.ForeignKey(Workstream, models.CASCADE, related_name="readers")
    function = models.ForeignKey(Function, models.CASCADE, null=True, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")

    objects = TenantManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "workstream", "function"],
                condition=Q(membership=None),
                name="workstream_function_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "workstream", "membership"],
                condition=Q(function=None),
                name="workstream_reader_once",
            ),
            models.CheckConstraint(
                condition=Q(function=None, membership__isnull=False) | Q(function__isnull=False, membership=None),
                name="workstream_reader_is_one",
            ),
        ]

    def __str__(self):
        return str(self.function or self.membership.name)

    def admits(self, membership):
        if self.membership_id:
            return self.membership_id == membership.pk
        return self.function_id == membership.function_id
