"""The timeline: one numbered, sealed row for everything that happened. Rows are added, never changed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from teams.errors import Refused
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..kinds import Visibility
from ..saying import require_words

GENESIS = "0" * 64
NOTE_LENGTH = 500
# What people put on the record by hand has a time that they chose and may correct.
TIMED_BY_HAND = (kinds.NOTE_ADDED.name, kinds.MESSAGE_PINNED.name)
# What says that an update was published, or what became of it.
ABOUT_UPDATES = (
    kinds.UPDATE_PUBLISHED.name,
    kinds.UPDATE_CORRECTED.name,
    kinds.UPDATE_WITHDRAWN.name,
    kinds.UPDATE_TAKEN_BACK.name,
)
# What led to an incident is part of its story; further back somebody mistyped the year.
LONGEST_BEFORE = timedelta(days=365)
# Written down later than this after it happened, an entry shows both times.
LATE = timedelta(minutes=1)

# What stands under a sentence, whatever the sentence is about.
SAID_EVERYWHERE = ("reason", "waiver")
_ROLE = ("title", "name")
_HANDED = (*_ROLE, "before")
_HANDOVER = (*_ROLE, "successor")
_FUNCTION = ("name", "rule")
_INVITATION = ("name", "wanted_for")
_STREAM = ("title", "owner", "goal", "overlaps")
_CHANGED = tuple(f"changed__{field}__{when}" for field in ("title", "goal", "owner") for when in ("before", "after"))
_DETAILS = tuple(f"changed__{field}__{when}" for field in ("title", "summary") for when in ("before", "after"))
_THEORY = ("statement", "text")
_FIX = ("what", "result")
_FINDING = ("condition", "needs", "meaning", "actions", "evidence")
_TASK = ("text", "name", "before")
_QUESTION = ("subject", "options", "cost_of_waiting")
_UPDATE = (
    *("text", "current_status", "active_work", "estimated_resolution"),
    *("business_impact", "customer_effect", "expected_timeline"),
    *("what_is_happening", "who_is_affected", "what_we_are_doing", "workaround"),
)
# Where each kind keeps words of people and names, as paths into `details`. Slugs, states and moments are not searched,
# and what is long stands on its model.
_IMPACT = ("what", "segment")
_COMMITMENT = ("text", "to_whom")
_REINFORCEMENT = ("name",)
SPOKEN = {
    "declared": ("title", "detected_by"),
    "details_changed": _DETAILS,
    "service_cleared": ("name",),
    "duplicate_arrived": ("title",),
    "role_taken": _HANDED,
    "role_handed_over": _HANDED,
    "role_released": _ROLE,
    "role_accepted": _ROLE,
    "role_declined": _ROLE,
    "role_unanswered": _ROLE,
    "role_offered": _ROLE,
    "role_volunteered": _ROLE,
    "role_offer_ended": _ROLE,
    "role_vacant": ("title",),
    "role_seized": _HANDED,
    "handover_begun": _HANDOVER,
    "handover_ended": _HANDOVER,
    "long_duty": _ROLE,
    "guard_waived": ("gap",),
    "function_requested": _FUNCTION,
    "function_engaged": _FUNCTION,
    "function_stood_down": _FUNCTION,
    "function_waived": _FUNCTION,
    "participant_joined": ("name",),
    "participant_left": ("name", "thanks"),
    "participant_recalled": ("name",),
    "team_follows": ("name",),
    "invitation_sent": (*_INVITATION, "after"),
    "invitation_accepted": _INVITATION,
    "invitation_declined": _INVITATION,
    "invitation_expired": (*_INVITATION, "rerouted_to"),
    "invitation_withdrawn": _INVITATION,
    "reinforcement_asked": _REINFORCEMENT,
    "reinforcement_taken": _REINFORCEMENT,
    "reinforcement_agreed": _REINFORCEMENT,
    "reinforcement_objected": _REINFORCEMENT,
    "reinforcement_unanswered": _REINFORCEMENT,
    "reinforcement_granted": _REINFORCEMENT,
    "reinforcement_refused": _REINFORCEMENT,
    "reinforcement_withdrawn": _REINFORCEMENT,
    "reinforcement_lapsed": ("name", "because"),
    "workstream_opened": _STREAM,
    "workstream_changed": ("title", *_CHANGED),
    "workstream_blocked": ("waiting", "blocking"),
    "workstream_unblocked": ("waiting", "blocking"),
    "workstream_silent": ("title",),
    "sync_called": ("title", "purpose", "names"),
    "sync_soon": ("title",),
    "sync_held": ("title", "outcome"),
    "sync_cancelled": ("title",),
    "workstream_restricted": ("title", "readers"),
    "workstream_readers_changed": ("title", "readers"),
    "workstream_unrestricted": ("title",),
    "exception_granted": ("name",),
    "exception_revoked": ("name",),
    "finding_raised": _FINDING,
    "finding_acknowledged": ("condition",),
    "finding_set_aside": ("condition",),
    "finding_more_asked": ("condition",),
    "finding_challenged": ("condition",),
    "finding_replied": ("condition",),
    "finding_corrected": _FINDING,
    "finding_waits": ("condition",),
    "synthesis_delegated": ("name",),
    "synthesis_delegation_ended": ("name",),
    "task_added": _TASK,
    "task_taken": _TASK,
    "task_given": _TASK,
    "task_moved": ("text",),
    "task_done": ("text",),
    "task_not_needed": ("text",),
    "task_reopened": ("text",),
    "task_due": ("text", "name"),
    "task_overdue": ("text", "name"),
    "question_asked": ("name",),
    "question_answered": ("name",),
    "question_declined": ("name",),
    "question_merged": ("name",),
    "question_joined": ("name",),
    "question_covered": ("name",),
    "ask_put": ("name",),
    "ask_answered": ("name",),
    "ask_withdrawn": ("name",),
    "ask_waits": ("name",),
    "question_waits": ("name",),
    "report_filed": ("title", "segment"),
    "reports_sorted": ("title",),
    "symptom_named": ("title",),
    "symptoms_merged": ("title", "into_title"),
    "symptom_split": ("title",),
    "estimate_set": ("proposed_by",),
    "impact_proposed": _IMPACT,
    "impact_confirmed": _IMPACT,
    "impact_ended": _IMPACT,
    "impact_withdrawn": _IMPACT,
    "commitment_proposed": _COMMITMENT,
    "commitment_confirmed": _COMMITMENT,
    "commitment_refused": _COMMITMENT,
    "commitment_communicated": _COMMITMENT,
    "commitment_reopened": _COMMITMENT,
    "commitment_warned": _COMMITMENT,
    "commitment_missed": _COMMITMENT,
    "commitment_kept": _COMMITMENT,
    "commitment_withdrawn": _COMMITMENT,
    "restoration_order_set": ("order",),
    "event_overlapped": ("name",),
    "note_added": ("text",),
    "message_pinned": ("author",),
    "document_added": ("title",),
    "document_removed": ("title",),
    "change_proposed": ("action", "owner"),
    "changes_collided": ("other", "about"),
    "changes_arranged": ("order",),
    "change_cleared": ("action", "other"),
    "change_moved": ("action", "after"),
    "change_released": ("action",),
    "change_started": ("action",),
    "change_ended": ("action", "text"),
    "change_extended": ("action",),
    "change_withdrawn": ("action",),
    "change_due": ("action",),
    "change_lapsed": ("action",),
    "hypothesis_proposed": (*_THEORY, "owner"),
    "hypothesis_joined": _THEORY,
    "hypothesis_tested": _THEORY,
    "hypothesis_confirmed": _THEORY,
    "hypothesis_ruled_out": _THEORY,
    "hypothesis_reopened": _THEORY,
    "evidence_added": _THEORY,
    "fix_started": _FIX,
    "fix_ended": _FIX,
    "update_published": (*(f"body__{part}" for part in _UPDATE), "no_change", "approved_by"),
    "challenge_waits": ("name",),
    "challenge_answered": ("name",),
    "update_challenged": ("name",),
    "update_corrected": tuple(f"body__{part}" for part in _UPDATE),
    "touchpoint_written": ("text",),
    "public_incident_published": ("headline", "components"),
    "public_incident_changed": ("headline", "components"),
    "public_incident_withdrawn": ("headline", "components"),
    "decision_raised": (*_QUESTION, "commitments_sacrificed"),
    "decision_input": ("subject", "choice", "text"),
    "decision_made": ("subject", "choice"),
    "decision_ratified": ("subject",),
    "decision_reversed": ("subject", "choice"),
    "decision_executed": ("subject",),
    "decision_withdrawn": ("subject",),
    "decision_postponed": ("subject",),
    "decision_acknowledged": ("subject",),
    "decision_warned": _QUESTION,
    "decision_due": _QUESTION,
    "decision_escalated": _QUESTION,
    "alert_fired": ("title", "source"),
    "alert_resolved": ("title", "source"),
}


@dataclass(frozen=True)
class Reach:
    """How far into an incident somebody sees; members of one reach may read exactly the same entries.

    `streams` are the restricted workstreams that are open to them. What is not named there stays shut, so a
    workstream that becomes restricted is hidden from whoever has not been asked about it.
    """

    visibility: Visibility
    streams: frozenset[int] = frozenset()

    def covers(self, needed):
        """Whether an entry that needs this much is theirs to read."""
        return (
            self.visibility == Visibility.ROOM or needed.visibility == Visibility.BRIEFING
        ) and needed.streams <= self.streams


class TimelineQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """What one member may read; this, `within` and `needs` are the only places where that is decided.

        Of `needs` one thing is left out, because it ends with time: `not_told_yet`.
        """
        from .workstreams import Workstream

        entries = self if membership.is_responder else self.told_outside()
        return entries if membership.is_administrator else entries.outside(Workstream.objects.hidden_from(membership))

    def within(self, reach):
        """The same for everybody of one reach."""
        from .workstreams import Workstream

        entries = self if reach.visibility == Visibility.ROOM else self.told_outside()
        return entries.outside(Workstream.objects.restricted().exclude(pk__in=reach.streams))

    def told_outside(self):
        """What is open to whoever sees the incident; of an update nothing as long as nobody has been told it."""
        return self.filter(visibility=Visibility.BRIEFING).exclude(self._of_unsaid_updates())

    def not_told_yet(self):
        """Entries about updates that nobody has been told: those who work on it read them, nobody else."""
        return self.filter(self._of_unsaid_updates())

    @staticmethod
    def _of_unsaid_updates():
        from .updates import StatusUpdate

        # As text, which both databases compare alike whatever the key of another kind holds.
        about = Cast(KeyTextTransform("update", OuterRef("details")), models.TextField())
        unsaid = StatusUpdate.objects.unsaid(timezone.now()).annotate(as_text=Cast("pk", models.TextField()))
        return Q(kind__in=ABOUT_UPDATES) & Q(Exists(unsaid.filter(incident=OuterRef("incident"), as_text=about)))

    def outside(self, workstreams):
        """Those that neither belong to one of these workstreams nor name one."""
        return self.exclude(workstream__in=workstreams).exclude(beside__in=workstreams)

    def after(self, number):
        return self.filter(number__gt=number)

    def in_order(self):
        return self.order_by("number")

    def latest_first(self):
        return self.order_by("-number")

    def of_kinds(self, *names):
        return self.filter(kind__in=names)

    def without_system(self):
        return self.exclude(kind__in=[kind.name for kind in kinds.all_kinds() if kind.system])

    def by_function(self, slug):
        return self.filter(actor__function__slug=slug)

    def in_workstream(self, pk):
        return self.filter(workstream=pk)

    def about_audience(self, audience):
        """Updates to one audience tier, and what its clock said."""
        return self.filter(details__audience=audience)

    def by_member(self, email):
        return self.filter(actor__person__email__iexact=email)

    def saying(self, words):
        """What reads like this: in the entry itself, in the message it brought, or in the name of who acted."""
        from .findings import FindingRemark
        from .messages import Message
        from .synthesis import Synthesis

        said = Q(actor__person__name__icontains=words)
        # Inside a list SQLite compares with the text as it is stored, where letters beyond ASCII are spelled out.
        for spelled in {words, json.dumps(words)[1:-1]}:
            for path, of_kinds in _spoken():
                said |= of_kinds & Q(**{f"details__{path}__icontains": spelled})
        messages = Message.objects.filter(text__icontains=words)
        said |= Q(pk__in=messages.values("entry")) | Q(pk__in=messages.values("pin"))
        for rows in (FindingRemark.objects.saying(words), Synthesis.objects.saying(words)):
            said |= Q(pk__in=rows.values("entry"))
        return self.filter(said)

    def as_it_happened(self):
        """With `took_place`, when it happened as far as is known now, and in that order."""
        took_place = Coalesce(_latest_correction(), F("happened_at"))
        return self.annotate(took_place=took_place).order_by("took_place", "number")

    def for_reading(self):
        """With what a line of the timeline shows, in a constant number of queries."""
        from .messages import Message

        return (
            self.annotate(corrected_at=_latest_correction())
            .select_related("actor__person", "actor__function", "workstream", "beside")
            .prefetch_related(models.Prefetch("messages", queryset=Message.objects.for_reading()))
        )


class TimelineEntry(TenantModel):
    """`number` is 1…n per incident in commit order; `hash` seals the content and the entry before it.

    `happened_at` is when it took place, `recorded_at` when it was written down; both UTC. `workstream` is what it
    belongs to and `beside` a second one that its words name: who may not read both reads nothing of it.
    """

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="timeline")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey("teams.Membership", models.PROTECT, null=True, related_name="+")
    workstream = models.ForeignKey("incidents.Workstream", models.PROTECT, null=True, related_name="+")
    beside = models.ForeignKey("incidents.Workstream", models.PROTECT, null=True, related_name="+")
    visibility = models.CharField(max_length=10, choices=[(v.value, v.name.title()) for v in Visibility])
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = TenantManager.from_queryset(TimelineQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "timeline entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "number"], name="timeline_number_once"),
        ]

    def __str__(self):
        return f"{self.number} {self.kind}"

    @property
    def template_name(self):
        return f"incidents/entries/{self.kind}.html"

    def get_absolute_url(self):
        """The entry in its place, among what came before and after."""
        return f"{self.incident.get_absolute_url()}timeline/?around={self.number}#e-{self.number}"

    @property
    def history_url(self):
        """What was said about the time of the entry."""
        return self.incident.get_absolute_url() + f"timeline/{self.number}/"

    @property
    def message(self):
        """The message this entry announced, if it announced one; prefetched by `for_reading`."""
        return next(iter(self.messages.all()), None)

    @property
    def took_place_at(self):
        """When it happened as far as is known now; a correction is read by `for_reading`."""
        return getattr(self, "corrected_at", None) or self.happened_at

    @property
    def is_late(self):
        """Whether it was written down noticeably later than it happened."""
        return self.recorded_at - self.took_place_at >= LATE

    @property
    def needs(self):
        """The `Reach` that somebody has to have to read it; with `workstream` and `beside` read."""
        named = (stream for stream in (self.workstream, self.beside) if stream)
        return Reach(Visibility(self.visibility), frozenset(stream.pk for stream in named if stream.restricted))

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def note(cls, incident, text, *, by, happened_at=None, key=None):
        """Put something on the record in one's own words; the same `key` again returns the first one's entry."""
        incident.lock()
        earlier = incident.timeline.filter(actor=by, kind=kinds.NOTE_ADDED.name, details__key=key) if key else ()
        if earlier:
            return earlier[0]
        authority.require_responder(by)
        text = require_words(text, "Write something first.")
        if len(text) > NOTE_LENGTH:
            raise Refused(f"At most {NOTE_LENGTH} characters; this has {len(text)}.", code="too_long")
        require_plausible(incident, happened_at)
        return incident.record(kinds.NOTE_ADDED, by=by, happened_at=happened_at, text=text, key=key)

    @transaction.atomic
    def correct_time(self, happened_at, *, by, reason=""):
        """Say when it really happened. The entry stays as it was sealed; what was said before stays readable."""
        self.incident.lock()
        if self.kind not in TIMED_BY_HAND:
            raise Refused("The time of this entry is what the system saw: it is not corrected.", code="system_time")
        authority.require(
            authority.may_correct_time(by, self),
            "Whoever put this on the timeline, or the incident lead, corrects its time.",
            code="author_only",
        )
        require_plausible(self.incident, happened_at)
        before = self.corrections.latest_first().values_list("happened_at", flat=True).first() or self.happened_at
        if happened_at == before:
            raise Refused("That is its time already.", code="unchanged")
        entry = self.incident.record(
            kinds.TIME_CORRECTED,
            by=by,
            workstream=self.workstream,
            beside=self.beside,
            visibility=Visibility(self.visibility),
            entry=self.number,
            before=before.isoformat(),
            after=happened_at.isoformat(),
            reason=reason,
        )
        self.corrections.create(entry=entry, happened_at=happened_at)
        return entry

    def fingerprint(self):
        """The SHA-256 over the entry's content and `previous_hash`, as 64 hexadecimal digits."""
        content = {
            "organization": self.organization_id,
            "incident": self.incident_id,
            "number": self.number,
            "kind": self.kind,
            "actor": self.actor_id,
            "workstream": self.workstream_id,
            "visibility": str(self.visibility),
            "details": self.details,
            "happened_at": self.happened_at.astimezone(UTC).isoformat(),
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(),
            "previous": self.previous_hash,
        }
        if self.beside_id:
            content["beside"] = self.beside_id
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def seal(self, previous_hash):
        """Chain the entry to the one before it."""
        self.previous_hash = previous_hash
        self.hash = self.fingerprint()


class TimeCorrectionQuerySet(TenantQuerySet):
    def latest_first(self):
        return self.order_by("-pk")

    def with_entries(self):
        return self.select_related("entry__actor__person")


class TimeCorrection(TenantModel):
    """What `entry`, of the kind `time_corrected`, says about the time of another entry. The latest one counts."""

    corrected = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="corrections")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()

    objects = TenantManager.from_queryset(TimeCorrectionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "entry"], name="time_correction_once")]

    def __str__(self):
        return f"{self.corrected} at {self.happened_at}"


def _spoken():
    """Where entries keep words: pairs of a path into `details` and the kinds that keep some there."""
    kinds_of = {}
    for kind, keys in SPOKEN.items():
        for key in keys:
            kinds_of.setdefault(key, []).append(kind)
    yield from ((key, Q()) for key in SAID_EVERYWHERE)
    yield from ((key, Q(kind__in=names)) for key, names in kinds_of.items())


def _latest_correction():
    corrections = TimeCorrection.objects.filter(corrected=OuterRef("pk")).latest_first()
    return Subquery(corrections.values("happened_at")[:1])


def require_plausible(incident, happened_at):
    """Refuse a time that nothing on this timeline can have happened at; None is now."""
    if happened_at is None:
        return
    if happened_at > timezone.now():
        raise Refused("This is later than now: the timeline says what has happened.", code="in_future")
    if happened_at < incident.declared_at - LONGEST_BEFORE:
        raise Refused("This is more than a year before the incident was declared.", code="too_early")


def first_break(entries, head_hash, last_number):
    """Verify a chain. `entries` in order from 1; returns the number where it is broken, or None."""
    previous, expected = GENESIS, 0
    for entry in entries:
        expected += 1
        if entry.number != expected:
            return expected
        if entry.previous_hash != previous or entry.hash != entry.fingerprint():
            return entry.number
        previous = entry.hash
    if expected != last_number or previous != head_hash:
        return expected + 1 if expected < last_number else expected
    return None
