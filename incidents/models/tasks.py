"""Tasks: one action each, and one person who does it. They keep their number and their place, done or not."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from playbooks.models import IncidentRole, Step
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..duties import Duty
from ..saying import require_words
from .incident import Incident
from .messages import Message
from .obligations import LONGEST_PROMISE, Obligation, ObligationKind
from .participants import Participant
from .workstreams import Workstream


class TaskPhase(models.TextChoices):
    NOW = "now", "Now"
    LATER = "later", "Later"


class TaskState(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    NOT_NEEDED = "not_needed", "Not needed"


# In the order in which a playbook goes through them, and when that is for whoever looks at the list.
PHASES = {
    Step.Phase.FIRST: TaskPhase.NOW,
    Step.Phase.DURING: TaskPhase.LATER,
    Step.Phase.AFTER: TaskPhase.LATER,
}


class TaskQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """Without what belongs to restricted workstreams that the member may not know of."""
        return self.exclude(workstream__in=Workstream.objects.hidden_from(membership))

    def open(self):
        return self.filter(state=TaskState.OPEN)

    def with_people(self):
        return self.select_related(
            "owner__person", "owner__function", "settled_by__person", "added_by__person", "workstream", "message"
        )

    def in_order(self):
        """What is for now first, and what was added first."""
        return self.order_by("-phase", "number")


class Task(TenantModel):
    """`owner` does it. Without one it is for whoever holds `role`, as a step of a playbook says; else for nobody."""

    Phase = TaskPhase
    State = TaskState
    page = "incidents:task"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="tasks")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    phase = models.CharField(max_length=5, choices=TaskPhase, default=TaskPhase.NOW)
    role = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="tasks")
    due_at = models.DateTimeField(null=True)
    workstream = models.ForeignKey(Workstream, models.PROTECT, null=True, related_name="tasks")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="tasks")
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    reason = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(TaskQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="task_number_once"),
            models.UniqueConstraint(fields=["organization", "incident", "added_by", "key"], name="task_key_once"),
        ]

    def __str__(self):
        return f"{self.label} {self.text}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def label(self):
        """How people call it: T4."""
        return f"T{self.number}"

    @property
    def role_name(self):
        """Whose step it is, in the middle of a sentence."""
        known = IncidentRole(self.role).label if self.role in IncidentRole.values else self.role.replace("-", " ")
        return known.lower()

    @property
    def is_open(self):
        return self.state == TaskState.OPEN

    def owner_among(self, roles):
        """Whose it is, given the roles that are held now: its own owner's, or else whoever's alone holds its role.

        Somebody who is no longer a member has nothing.
        """
        if self.owner_id:
            return None if self.owner.ended_at else self.owner
        holders = [each.membership for each in roles if each.role == self.role]
        return holders[0] if len(holders) == 1 else None

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def add(
        cls,
        incident,
        text,
        *,
        by,
        owner=None,
        due_at=None,
        phase=TaskPhase.NOW,
        workstream=None,
        message=None,
        role="",
        key=None,
    ):
        """Note what has to be done. Returns the entry; the same `key` again returns the first one's entry.

        What comes from a `message` belongs to the message's workstream. With a `role` it is for whoever holds that.
        """
        incident.lock()
        if key and (earlier := cls.objects.filter(incident=incident, added_by=by, key=key).first()):
            return incident.timeline.get(kind=kinds.TASK_ADDED.name, details__task=earlier.pk)
        incident.require_open()
        authority.require_work(by, incident)
        workstream = message.workstream if message else workstream
        cls._require_able(owner, workstream)
        cls._require_ahead(due_at)
        text = require_words(text, "Say what has to be done.")
        task = cls.objects.create(
            incident=incident,
            number=(incident.tasks.aggregate(last=Max("number"))["last"] or 0) + 1,
            text=text,
            phase=phase,
            role=role,
            owner=owner,
            due_at=due_at,
            workstream=workstream,
            message=message,
            added_by=by,
            key=key,
        )
        if owner is not None:
            Participant.ensure(incident, owner)
        task._start_clock()
        return task._record(
            kinds.TASK_ADDED,
            by=by,
            owner=owner.pk if owner else None,
            name=owner.name if owner else "",
            due_at=due_at.isoformat() if due_at else "",
            **({"message": message.pk} if message else {}),
        )

    @classmethod
    def lay_out(cls, incident):
        """Make tasks of the steps of the pinned playbook; call under the incident's lock, when it is declared.

        The declaration's entry names the version of the playbook, which says the same for ever.
        """
        if incident.playbook_version is None:
            return
        order = list(PHASES)
        steps = sorted(incident.playbook_version.steps.all(), key=lambda step: (order.index(step.phase), step.position))
        cls.objects.bulk_create(
            cls(incident=incident, number=number, text=step.text, phase=PHASES[step.phase], role=step.role)
            for number, step in enumerate(steps, start=1)
        )

    @classmethod
    def wait_again(cls, incident):
        """Start the clocks of what is still to come; call when the incident is reopened, under its lock."""
        for task in incident.tasks.open().exclude(due_at=None):
            task.incident = incident
            task._start_clock()

    @transaction.atomic
    def take(self, *, by):
        """Say that one does it oneself. What somebody else has is theirs to give."""
        self._begin(by)
        if self.owner_id == by.pk:
            raise Refused(f"{self.label} is yours already.", code="unchanged")
        self._require_able(by, self.workstream)
        owner = self._present_owner
        if owner not in (None, by):
            raise Refused(f"{owner.name} does it. Ask for it to be given to you.", code="task_owned")
        return self._pass_to(by, by=by)

    @transaction.atomic
    def give(self, owner, *, by, waiver=""):
        """Make it somebody's. Who has it passes it on, the lead gives it to anybody; all others say why."""
        self._begin(by)
        self._require_able(owner, self.workstream)
        if self.owner == owner:
            raise Refused(f"{owner.name} has {self.label} already.", code="unchanged")
        return self._pass_to(owner, by=by, waiver=self._require_say(by, waiver))

    @transaction.atomic
    def move(self, due_at, *, by, waiver=""):
        """Promise it for another time, or with None for no time in particular."""
        self._begin(by)
        if due_at == self.due_at:
            raise Refused("It is due then already.", code="unchanged")
        waiver = self._require_say(by, waiver)
        self._require_ahead(due_at)
        before, self.due_at = self.due_at, due_at
        self.save(update_fields=["due_at"])
        self._stop_clock()
        self._start_clock()
        return self._record(
            kinds.TASK_MOVED,
            by=by,
            before=before.isoformat() if before else "",
            due_at=due_at.isoformat() if due_at else "",
            waiver=waiver,
        )

    @transaction.atomic
    def rearrange(self, *, by, waiver="", **changed):
        """Another `owner`, another `due_at`, or both or neither; what is not named stays. Returns the last entry."""
        entry = None
        # The time first, while it is still theirs to move.
        if "due_at" in changed and changed["due_at"] != self.due_at:
            entry = self.move(changed["due_at"], by=by, waiver=waiver)
        if "owner" in changed and changed["owner"] != self.owner:
            owner = changed["owner"]
            takes = owner == by and self._present_owner in (None, by)
            entry = self.take(by=by) if takes else self.give(owner, by=by, waiver=waiver)
        if entry is None:
            raise Refused("Nothing was changed.", code="unchanged")
        return entry

    @transaction.atomic
    def done(self, *, by):
        self._begin(by)
        Obligation.satisfy(self.incident, ObligationKind.TASK, self.pk)
        return self._settle(TaskState.DONE, kinds.TASK_DONE, by=by)

    @transaction.atomic
    def not_needed(self, *, reason, by):
        """A normal answer to a line of a checklist, as long as it says why."""
        self._begin(by)
        if not reason:
            raise Refused("Say why it is not needed.", code="reason_required")
        self._stop_clock()
        return self._settle(TaskState.NOT_NEEDED, kinds.TASK_NOT_NEEDED, by=by, reason=reason)

    @transaction.atomic
    def reopen(self, *, by):
        self._begin(by, state=None)
        if self.is_open:
            raise Refused(f"{self.label} is open.", code="unchanged")
        self.state, self.reason, self.settled_by, self.settled_at = TaskState.OPEN, "", None, None
        self.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        self._start_clock()
        return self._record(kinds.TASK_REOPENED, by=by)

    # --- Inside ------------------------------------------------------------------------------

    def _begin(self, by, *, state=TaskState.OPEN):
        self.incident.lock()
        self.lock()
        self.incident.require_not_closed()
        self._require_at_work(by)
        if state and self.state != state:
            raise Refused(f"{self.label} is {self.get_state_display().lower()} already.", code="task_settled")

    def _require_at_work(self, by):
        """What is one's own one finishes, working on the incident or not."""
        if by is not None and self._present_owner == by:
            authority.require_responder(by)
        else:
            authority.require_work(by, self.incident)

    @property
    def _present_owner(self):
        return self.owner_among(self.incident.roles.current().with_people())

    def _require_say(self, by, waiver):
        """What nobody has is everybody's to arrange."""
        owner = self._present_owner
        return authority.require(
            owner is None or owner == by or authority.may_coordinate(by, self.incident),
            f"{owner.name if owner else 'Its owner'} or the incident lead decides about it. Say why to do it anyway.",
            code="task_owner_only",
            waiver=waiver,
        )

    @staticmethod
    def _require_able(owner, workstream):
        if owner is None:
            return
        authority.require_responder(owner, f"{owner.name} is a stakeholder and cannot own a task.")
        if workstream and not workstream.is_open_to(owner):
            raise Refused(f"“{workstream}” is not open to {owner.name}.", code="restricted_stream")

    @staticmethod
    def _require_ahead(due_at):
        now = timezone.now()
        if due_at is not None and due_at <= now:
            raise Refused("It has to be due later than now.", code="due_past")
        if due_at is not None and due_at > now + LONGEST_PROMISE:
            raise Refused("It has to be due within a week.", code="due_far")

    def _pass_to(self, owner, *, by, waiver=""):
        before, self.owner = self.owner, owner
        self.save(update_fields=["owner"])
        Participant.ensure(self.incident, owner)
        return self._record(
            kinds.TASK_TAKEN if owner == by else kinds.TASK_GIVEN,
            by=by,
            owner=owner.pk,
            name=owner.name,
            before=before.name if before else "",
            waiver=waiver,
        )

    def _settle(self, state, kind, *, by, reason=""):
        self.state, self.reason, self.settled_by, self.settled_at = state, reason, by, timezone.now()
        self.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        return self._record(kind, by=by, reason=reason)

    def _start_clock(self):
        now = timezone.now()
        if self.due_at and self.due_at > now and self.incident.is_open:
            minutes = max(1, round((self.due_at - now).total_seconds() / 60))
            Obligation.open(
                self.incident, ObligationKind.TASK, minutes=minutes, subject=self.pk, starts_at=now, due_at=self.due_at
            )

    def _stop_clock(self):
        Obligation.cancel(self.incident, ObligationKind.TASK, self.pk)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind, by=by, workstream=self.workstream, task=self.pk, number=self.number, text=self.text, **details
        )


class TaskDuty(Duty):
    """A task falls due: its owner is nudged, and five minutes later the lead."""

    states = ("due", "escalated")
    escalate_after = (timedelta(minutes=5),)
    says = {"due": kinds.TASK_DUE, "escalated": kinds.TASK_OVERDUE}

    def told(self, obligation):
        if obligation.state in ("open", "due") and self._owner(obligation):
            return []
        return [str(IncidentRole.LEAD)]

    def details(self, obligation):
        owner = self._owner(obligation)
        task = self._task(obligation)
        return {
            "task": task.pk,
            "number": task.number,
            "text": task.text,
            "name": owner.name if owner else "",
            "told_members": [owner.pk] if owner and obligation.state == "due" else [],
        }

    def workstream(self, obligation):
        return self._task(obligation).workstream

    def _task(self, obligation):
        return Task.objects.with_people().get(pk=obligation.subject)

    def _owner(self, obligation):
        return self._task(obligation).owner_among(obligation.incident.roles.current().with_people())
