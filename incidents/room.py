"""What the incident page shows one member. Each part is read when first asked for, in a constant number of queries."""

from dataclasses import dataclass
from functools import cached_property

from playbooks.models import Audience, IncidentRole
from teams.models import Function

from . import authority
from .boards.catch_up import CatchUp
from .boards.changes import ChangeBoard
from .boards.crowd import GONE, Crowd
from .boards.decisions import DecisionBoard
from .boards.drafts import DraftBoard
from .boards.facts import FactBoard
from .boards.filled import filled_in
from .boards.findings import FindingBoard
from .boards.gaps import GapBoard
from .boards.lines import LineBoard
from .boards.needs import needs_of
from .boards.questions import QuestionBoard
from .boards.reports import ReportBoard
from .boards.roles import ABSENT_AFTER, RoleBoard
from .boards.synthesis import SynthesisBoard
from .boards.tasks import TaskBoard
from .boards.theories import TheoryBoard
from .boards.touchpoints import TouchpointBoard
from .fragments import attach_messages
from .lenses import LENSES, lens_of, panels_of
from .models import Message, Status
from .models.functions import TRANSITIONS as ACTIVATION_STEPS
from .models.functions import ActivationState
from .models.obligations import CLOCKS, ObligationKind
from .models.updates import OUTER_AUDIENCES
from .paging import ByNumber, page_of
from .rights import Rights
from .rows import Rows

ALL = "all"
TIMELINE = "timeline"
STEPS = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED)
# Clocks that are due together stand in this order; without an audience it is the assessment.
TIERS = ["", *Audience.values]
SHOWN_ALERTS = 20
CALLABLE = (ActivationState.SUGGESTED, ActivationState.REQUIRED)
AWAITED = (ActivationState.REQUIRED, ActivationState.REQUESTED)
LISTED_UPDATES = 200


@dataclass(frozen=True)
class Step:
    label: str
    state: str  # "done", "now" or ""


@dataclass
class FunctionRow:
    """One function: how far it has come, who of it is in the room, and what the viewer may do about it.

    `act` is the state that one button brings it to: their own people engage it, the lead asks for what only was
    suggested. `may_change` opens everything else.
    """

    function: Function
    activation: object = None
    here: int = 0
    engaged: int = 0
    away: int = 0
    watching: int = 0
    absent: bool = False
    act: str = ""
    may_change: bool = False

    @property
    def idle(self):
        return self.here - self.engaged

    @property
    def state(self):
        return self.activation.get_state_display() if self.activation else "Not called for"


@dataclass(frozen=True)
class Clock:
    """`due_at` is None where nothing is owed to this audience."""

    name: str
    audience: str
    due_at: object
    owner: str
    idle: str = "on change"


class IncidentRoom:
    """`rows` are shared with other rooms of the viewer's that are looked at in the same moment."""

    def __init__(self, incident, viewer, *, stream="", before=None, lens="", rows=None):
        self.incident = incident
        self.viewer = viewer
        self.rows = rows or Rows([incident], viewer)
        self.asked_stream = stream
        self._asked_lens = lens
        self.before = before
        self.now = self.rows.now

    # --- Rights: what the verbs will ask again -------------------------------------------------

    @cached_property
    def responds(self):
        return authority.may_respond(self.viewer)

    @cached_property
    def works(self):
        """Whether the viewer may do the incident's work; whoever reads along joins first."""
        return self.responds and not self.reads_only

    @cached_property
    def coordinates(self):
        return authority.may_coordinate(self.viewer, self)

    @cached_property
    def rights(self):
        return Rights(self.incident, bench=self.rows.bench, hats=self.held)

    def holders_of(self, roles, domain=None):
        """What the incident would answer, from the hats that were read."""
        own = (None, domain.pk) if domain else None
        return {
            each.membership_id for each in self.held if each.role in roles and (own is None or each.domain_id in own)
        }

    def holders_by_right(self, *classes):
        return self.holders_of({role for each in classes for role in self.rows.bench.matrix[each]})

    def is_only_read_by(self, membership):
        """As the incident says, of the viewer."""
        return membership == self.viewer and self.incident.pk in self.rows.only_read

    @cached_property
    def last_number(self):
        """The number of the last entry that the viewer may know of: from there on the page listens."""
        return self.incident.last_number_for(self.viewer)

    @property
    def reads_only(self):
        """Whether the viewer observes or follows, and would have to join to post."""
        return self.incident.pk in self.rows.only_read

    # --- The order of its panels -------------------------------------------------------------------

    @cached_property
    def lens(self):
        return lens_of(self, self._asked_lens)

    @property
    def lenses(self):
        return LENSES.values()

    @cached_property
    def panels(self):
        """The templates of each column's panels, in the order of the viewer's lens."""
        return panels_of(self)

    # --- Header ----------------------------------------------------------------------------------

    @property
    def steps(self):
        """The four steps of an incident's life, with where it is now."""
        if self.incident.status == Status.CLOSED:
            return [Step(step.label, "done") for step in STEPS] + [Step("Closed", "now")]
        if self.incident.status not in STEPS:
            return [Step(STEPS[0].label, "done"), Step(self.incident.get_status_display(), "now")]
        reached = STEPS.index(self.incident.status)
        states = ["done"] * reached + ["now"] + [""] * (len(STEPS) - reached - 1)
        return [Step(step.label, state) for step, state in zip(STEPS, states, strict=True)]

    @property
    def lead(self):
        """The membership that leads, or None."""
        holder = self.holders.get(IncidentRole.LEAD)
        return holder.membership if holder else None

    @cached_property
    def services(self):
        return list(self.incident.services.order_by("name"))

    # --- Clocks ----------------------------------------------------------------------------------

    @cached_property
    def obligations(self):
        """What is owed now, the most urgent first."""
        clocks = [each for each in self.owed if each.kind in CLOCKS]
        return sorted(clocks, key=lambda each: (each.due_at, TIERS.index(each.audience)))

    @cached_property
    def owed(self):
        """Everything with a time that somebody has to keep, the clocks included."""
        return self.rows.owed[self.incident.pk]

    @property
    def clocks(self):
        """One clock for every audience, and one for the assessment while it is owed; the most urgent first."""
        owed = {each.audience for each in self.obligations if each.kind == ObligationKind.UPDATE}
        idle = "on change" if self.incident.is_open else "done"
        unowed = [audience for audience in Audience if audience not in owed]
        return [self._clock(each) for each in self.obligations] + [
            Clock(audience.label, audience.value, None, "", idle) for audience in unowed
        ]

    # --- Roles -----------------------------------------------------------------------------------

    @property
    def held(self):
        """The roles that somebody holds now."""
        return self.roles.worn

    @cached_property
    def roles(self):
        return RoleBoard(self)

    @cached_property
    def holders(self):
        """`{role: assignment}` of what somebody holds now."""
        return {each.role: each for each in self.held}

    @cached_property
    def own_roles(self):
        return {each.role for each in self.held if each.membership_id == self.viewer.pk}

    # --- People and functions ----------------------------------------------------------------------

    @cached_property
    def participants(self):
        """Everybody who is on it, by name."""
        return self.crowd.participants

    @cached_property
    def crowd(self):
        return Crowd(self)

    @cached_property
    def own_participation(self):
        """How the viewer takes part, or None."""
        return next((each for each in self.participants if each.membership_id == self.viewer.pk), None)

    @cached_property
    def catch_up(self):
        return CatchUp(self)

    @cached_property
    def functions(self):
        """A row for every function that is called for or has somebody in the room."""
        rows = {each.function_id: self._function_row(each) for each in self.activations}
        for participant in self.crowd.everybody:
            function, presence = participant.membership.function, participant.presence
            if function is None or (function.pk not in rows and presence == GONE):
                continue
            row = rows.setdefault(function.pk, FunctionRow(function))
            if presence != GONE:
                setattr(row, presence, getattr(row, presence) + 1)
                row.engaged += participant.is_engaged
        for row in rows.values():
            called = row.activation and row.activation.state in AWAITED
            awaited = called and row.activation.changed_at <= self.now - ABSENT_AFTER
            row.absent = bool(awaited and not row.here and self.incident.is_open)
        return sorted(rows.values(), key=lambda row: (row.function.position, row.function.name))

    @cached_property
    def uncalled_functions(self):
        """What the lead may still ask for."""
        if not (self.coordinates and self.incident.is_open):
            return []
        called = {row.function.pk for row in self.functions if row.activation}
        return [function for function in Function.objects.in_order() if function.pk not in called]

    # --- What waits for the viewer -----------------------------------------------------------------

    @cached_property
    def needs(self):
        """What waits for the viewer, each with the one thing to do about it."""
        return list(needs_of(self))

    @cached_property
    def gaps(self):
        """What the incident lacks, for whom it is to see to."""
        return GapBoard(self)

    # --- Work: what was found, what has to be done, what somebody wants to know -------------------------

    @cached_property
    def findings(self):
        return FindingBoard(self)

    @cached_property
    def synthesis(self):
        """What we know, and how old that is."""
        return SynthesisBoard(self)

    @cached_property
    def tasks(self):
        return TaskBoard(self)

    @cached_property
    def questions(self):
        return QuestionBoard(self)

    @cached_property
    def reports(self):
        """What customers see, and what agents may say."""
        return ReportBoard(self)

    # --- What is changed, and what is suspected -------------------------------------------------------

    @cached_property
    def changes(self):
        """Who changes what until when."""
        return ChangeBoard(self)

    @cached_property
    def theories(self):
        """What may be the cause, and what was tried."""
        return TheoryBoard(self)

    @cached_property
    def possibly_affected(self):
        return self.incident.possibly_affected(self.services)

    @cached_property
    def decisions(self):
        """What waits for a choice, and what was chosen by whom."""
        return DecisionBoard(self)

    @cached_property
    def facts(self):
        """How long, what for whom, what was promised."""
        return FactBoard(self)

    # --- Workstreams and their threads ---------------------------------------------------------------

    @cached_property
    def streams(self):
        streams = self.incident.workstreams.visible_to(self.viewer).with_people().with_reading_of(self.viewer)
        return list(streams.in_order())

    @cached_property
    def lines(self):
        """The workstreams beside each other, for whoever has to see how they hang together."""
        return LineBoard(self)

    @cached_property
    def stream(self):
        """What the conversation shows: a workstream, `all` or `timeline`."""
        asked = self.asked_stream or self.lens.stream
        if asked in (ALL, TIMELINE):
            return asked
        chosen = next((each for each in self.streams if str(each.pk) == asked), None)
        own = (each for each in self.streams if each.owner_id == self.viewer.pk and each.state != "done")
        return chosen or next(own, None) or next(iter(self.streams), TIMELINE)

    @property
    def stream_key(self):
        """The chosen stream as the address and the list of messages name it."""
        return str(getattr(self.stream, "pk", self.stream))

    @property
    def live_threads(self):
        """The names under which news for the chosen thread arrives, for `data-append`."""
        shown = self.streams if self.stream == ALL else [self.stream] if self.stream in self.streams else []
        return " ".join(f"stream-{each.pk}" for each in shown)

    @cached_property
    def thread(self):
        """The newest page of the chosen thread, or the page before a message, the oldest first."""
        shown = self.streams if self.stream == ALL else [self.stream]
        messages = Message.objects.for_reading().filter(incident=self.incident, workstream__in=shown)
        return page_of(messages, order=ByNumber("pk"), before=self.before)

    @property
    def first_new(self):
        """The first message of the page that the viewer has not read, or None; one's own words are never new."""
        read = getattr(self.stream, "read_number", None)
        if read is None:
            return None
        return next(
            (each for each in self.thread if each.entry.number > read and each.author_id != self.viewer.pk), None
        )

    @cached_property
    def recent_entries(self):
        """The newest page of the timeline without what the machinery says."""
        entries = self.incident.timeline.visible_to(self.viewer).without_system().for_reading()
        page = page_of(entries, order=ByNumber("number"))
        attach_messages(page.rows)
        return page

    # --- What was said, and what fired ---------------------------------------------------------------

    @property
    def said(self):
        """The latest update that stands to each audience that has had one."""
        return [update for _, update in self.updates if update]

    @cached_property
    def updates(self):
        """`(clock, latest update that stands, or None)` for every audience that the viewer reads, tier by tier."""
        latest = self.incident.updates.visible_to(self.viewer).latest_of_each().with_people()
        said = {each.audience: each for each in latest}
        clocks = {clock.audience: clock for clock in self.clocks if clock.audience}
        read = Audience if self.responds else OUTER_AUDIENCES
        return [(clocks[audience.value], said.get(audience.value)) for audience in read]

    @cached_property
    def all_updates(self):
        return list(self.incident.updates.visible_to(self.viewer).with_people().latest_first()[:LISTED_UPDATES])

    @cached_property
    def drafts(self):
        """What is being written to whom."""
        return DraftBoard(self)

    @cached_property
    def touchpoints(self):
        """Where customers read of it, and what stands there."""
        core = next(update for clock, update in self.updates if clock.audience == Audience.CUSTOMERS)
        there = self.incident.touchpoints.current().with_people() if "touchpoints" in self.filled else ()
        return TouchpointBoard(self, self.viewer, core=core, said=list(there))

    @cached_property
    def filled(self):
        """What there is any of, of all that most incidents do without."""
        return filled_in(self.incident)

    @cached_property
    def alerts(self):
        if "alerts" not in self.filled:
            return []
        return list(self.incident.alerts.select_related("integration").latest_first()[:SHOWN_ALERTS])

    @cached_property
    def documents(self):
        if "documents" not in self.filled:
            return []
        return list(self.incident.documents.current().with_people().in_order())

    # --- Inside ------------------------------------------------------------------------------------

    @cached_property
    def activations(self):
        """Every function that was called for, or dealt with."""
        return self.rows.activations[self.incident.pk]

    def _clock(self, obligation):
        owner = self.holders.get(obligation.owner_role)
        return Clock(
            name=obligation.get_audience_display() or "Assessment",
            audience=obligation.audience,
            due_at=obligation.due_at,
            owner=owner.membership.name if owner else "",
        )

    def _function_row(self, activation):
        row = FunctionRow(activation.function, activation)
        if self.responds and self.incident.is_open:
            row.may_change = self.coordinates
            possible = ACTIVATION_STEPS[ActivationState(activation.state)]
            if ActivationState.ENGAGED in possible and activation.function_id == self.viewer.function_id:
                row.act = ActivationState.ENGAGED
            elif ActivationState.REQUESTED in possible and activation.state in CALLABLE and self.coordinates:
                row.act = ActivationState.REQUESTED
        return row
