"""What we know: the lead's versioned statement, each line with the findings that stand behind it."""

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from playbooks.models import IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..deputies import delegate_of, deputies_of, may_stand_in
from ..duties import ADMINISTRATORS, Duty
from ..saying import require_reason
from .findings import Confidence, Finding, FindingState
from .incident import Incident
from .obligations import Obligation, ObligationKind
from .participants import Participant
from .timeline import TimelineEntry
from .workstreams import Workstream

# So long a version is fresh, whatever is found meanwhile.
FRESH = timedelta(minutes=20)
# Whoever writes is taken to have gone when nothing was heard from the form for so long.
EDITING = timedelta(minutes=2)
LIMIT = 600
LONGEST_DELEGATION = 480
# A line whose words come from one finding to this part, in runs of three, was pasted.
NEAR = 0.8
RUN = 3
LEAST_RUNS = 5


@dataclass(frozen=True)
class Line:
    """One of the seven fields."""

    name: str
    label: str
    hint: str


LINES = (
    Line("known", "Known", "What is certain"),
    Line("unknown", "Unknown", "What nobody can say yet"),
    Line("doing", "Doing", "What is being done now, and by whom"),
    Line("next", "Next", "What comes after that"),
    Line("impact", "Impact", "Who notices what, and how many"),
    Line("expected", "Expected", "When it will be better, as a time, a range, or “unknown”"),
    Line("ask", "Ask", "What is needed from others"),
)
FIELDS = tuple(line.name for line in LINES)


class SynthesisQuerySet(TenantQuerySet):
    def current(self):
        """The latest version, or None."""
        return self.latest_first().first()

    def latest_first(self):
        return self.order_by("-version")

    def saying(self, words):
        """Versions in which a line reads like this."""
        said = Q()
        for name in FIELDS:
            said |= Q(**{f"{name}__icontains": words})
        return self.filter(said)

    def with_people(self):
        return self.select_related("published_by__person", "challenged_by__person")

    def for_reading(self, viewer=None):
        """With the findings behind each line, in a constant number of queries; those that `viewer` may know of."""
        sources = SynthesisSource.objects.select_related("finding__correction")
        if viewer is not None:
            sources = sources.exclude(finding__workstream__in=Workstream.objects.hidden_from(viewer))
        return self.with_people().prefetch_related(
            models.Prefetch("sources", queryset=sources.order_by("finding__number"))
        )


class Synthesis(TenantModel):
    """One version; none is ever changed. `upto` is the number of the last finding that it takes into account.

    `near_copies` maps fields to the primary keys of findings that they repeat nearly word for word.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="syntheses")
    version = models.PositiveSmallIntegerField()
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="+")
    known = models.TextField(blank=True)
    unknown = models.TextField(blank=True)
    doing = models.TextField(blank=True)
    next = models.TextField(blank=True)
    impact = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    ask = models.TextField(blank=True)
    confidence = models.CharField(max_length=6, choices=Confidence, blank=True)
    upto = models.PositiveSmallIntegerField(default=0)
    near_copies = models.JSONField(default=dict)
    published_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)
    challenge_reason = models.TextField(blank=True)
    challenged_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    challenged_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(SynthesisQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "syntheses"
        constraints = [
            models.UniqueConstraint(fields=["organization", "incident", "version"], name="synthesis_version_once"),
            models.UniqueConstraint(fields=["organization", "incident", "key"], name="synthesis_key_once"),
        ]

    def __str__(self):
        return f"What we know, version {self.version}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def texts(self):
        """`{field: text}` of all seven."""
        return {name: getattr(self, name) for name in FIELDS}

    @property
    def stale_at(self):
        """From then on it is old, if something newer was found."""
        return self.published_at + FRESH

    def findings_behind(self, field="", *, viewer=None):
        """The findings that a line rests on, or the whole of it, in order; `viewer` leaves out what they may not know.

        A finding that was named for no field in particular stands behind each.
        """
        sources = self.sources.filter(field__in={field, ""}) if field else self.sources.all()
        behind = Finding.objects.filter(pk__in=sources.values("finding")).with_people().in_order()
        return behind.visible_to(viewer) if viewer is not None else behind

    def shaken(self, *, viewer=None):
        """The findings behind it that do not hold any more: challenged, set aside, or corrected."""
        lost = (FindingState.CHALLENGED, FindingState.SET_ASIDE, FindingState.CORRECTED)
        return self.findings_behind(viewer=viewer).filter(state__in=lost)

    def changes_since(self, earlier):
        """`[{"field", "before", "after"}]` of the lines that read differently than in an earlier version, or None."""
        before = earlier.texts if earlier else dict.fromkeys(FIELDS, "")
        return [
            {"field": name, "before": before[name], "after": text}
            for name, text in self.texts.items()
            if text != before[name]
        ]

    @classmethod
    def resting_on(cls, finding):
        """The current version, where this finding stands behind a line of it; or None."""
        current = finding.incident.syntheses.with_people().current()
        return current if current and current.sources.filter(finding=finding).exists() else None

    @classmethod
    def newer_findings(cls, incident, current):
        """What was found after the current version was written, if there is one, and is not dealt with yet."""
        return incident.findings.not_worked_in().filter(number__gt=current.upto if current else 0).in_order()

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def publish(
        cls, incident, *, by, basis=None, sources=None, upto=None, confidence="", waiver="", key=None, **texts
    ):  # fmt: skip
        """Say what is known now. Returns the entry; the same `key` again returns the first one's entry.

        `basis` is the number of the version that it replaces, 0 for none: where another one came in between, it is
        refused and says what changed. None replaces whatever is there. `sources` maps fields to the findings that
        stand behind them, "" to those behind all of it. `upto` is the number of the last finding that the writer saw.
        """
        incident.lock()
        if key and (earlier := cls.objects.select_related("entry").filter(incident=incident, key=key).first()):
            return earlier.entry
        incident.require_not_closed()
        waiver = cls._require_right(by, incident, waiver)
        current = incident.syntheses.current()
        cls._require_basis(incident, current, basis)
        texts = {name: (texts.pop(name, "") or "").strip() for name in FIELDS} | texts
        if problems := problems_in(texts):
            raise Refused(" ".join(problems.values()), code="incomplete")
        sources = cls._standing(incident, sources or {})
        if current and cls._is_the_same(current, texts, sources, confidence):
            raise Refused("Nothing was changed.", code="unchanged")
        last = incident.findings.aggregate(last=Max("number"))["last"] or 0
        version = (current.version if current else 0) + 1
        behind = {finding.pk: finding for findings in sources.values() for finding in findings}
        near = near_copies(texts, incident.findings.not_restricted())
        if by is not None:
            Participant.ensure(incident, by)
        entry = incident.record(
            kinds.SYNTHESIS_PUBLISHED,
            by=by,
            version=version,
            sha256=hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest(),
            findings=sorted(each.number for each in behind.values() if not each.is_confidential),
            near_copies=sorted(near),
            waiver=waiver,
        )
        synthesis = cls.objects.create(
            incident=incident,
            version=version,
            entry=entry,
            confidence=confidence,
            upto=last if upto is None else min(upto, last),
            near_copies=near,
            published_by=by,
            published_at=entry.recorded_at,
            key=key,
            **texts,
        )
        SynthesisSource.objects.bulk_create(
            SynthesisSource(synthesis=synthesis, organization_id=incident.organization_id, field=field, finding=finding)
            for field, findings in sources.items()
            for finding in findings
        )
        for finding in behind.values():
            finding.incident = incident
            finding.take_up(by=by)
        SynthesisEditing.objects.filter(incident=incident, editor=by).delete()
        Obligation.satisfy(incident, ObligationKind.SYNTHESIS)
        cls.follow(incident)
        return entry

    @transaction.atomic
    def challenge(self, reason, *, by):
        """Whoever knows that it is not right says so; who leads and who wrote it hear of it. Returns the entry."""
        incident = self.incident.lock()
        self.lock()
        incident.require_not_closed()
        authority.require_responder(by)
        authority.require(
            authority.may_post(by, incident),
            "You read along and challenge nothing. Join the incident first.",
            code="readers_do_not_post",
        )
        current = incident.syntheses.current()
        if current != self:
            raise Refused(f"Version {current.version} took its place. Read that first.", code="stale_basis")
        if self.challenged_at:
            raise Refused(f"{self.challenged_by.name} has challenged this version already.", code="unchanged")
        reason = require_reason(reason, "Say what is not right.")
        self.challenge_reason, self.challenged_by, self.challenged_at = reason, by, timezone.now()
        self.save(update_fields=["challenge_reason", "challenged_by", "challenged_at"])
        return incident.record(
            kinds.SYNTHESIS_CHALLENGED,
            by=by,
            version=self.version,
            sha256=hashlib.sha256(reason.encode()).hexdigest(),
            told_members=[self.published_by_id] if self.published_by_id else [],
        )

    @classmethod
    def follow(cls, incident):
        """Owe a new version while something newer is found than the last; call under the incident's lock."""
        current = incident.syntheses.current()
        first = cls.newer_findings(incident, current).first() if incident.is_open else None
        if first is None:
            Obligation.satisfy(incident, ObligationKind.SYNTHESIS)
        elif not incident.obligations.live().about(ObligationKind.SYNTHESIS).exists():
            now = timezone.now()
            fresh_until = current.stale_at if current else first.raised_at + FRESH
            Obligation.open_again(
                incident,
                ObligationKind.SYNTHESIS,
                minutes=FRESH // timedelta(minutes=1),
                now=now,
                due_at=max(fresh_until, now),
            )

    wait_again = follow

    # --- Inside ------------------------------------------------------------------------------

    @staticmethod
    def _require_right(by, incident, waiver):
        authority.require_responder(by)
        clock = incident.obligations.live().about(ObligationKind.SYNTHESIS).first()
        return authority.require(
            may_stand_in(by, incident, clock),
            "Only the incident lead, or whom they named, says what is known. Say why to do it anyway.",
            code="coordination_right",
            waiver=waiver,
        )

    @classmethod
    def _require_basis(cls, incident, current, basis):
        version = current.version if current else 0
        if basis is None or basis == version:
            return
        seen = incident.syntheses.filter(version=basis).first()
        who = current.published_by.name if current and current.published_by else "Muster"
        raise Refused(
            f"{who} published version {version} meanwhile. Read what changed, then publish yours on top of it."
            if current
            else "There is no version yet to build on.",
            code="stale_basis",
            current=version,
            changed=current.changes_since(seen) if current else [],
        )

    @staticmethod
    def _standing(incident, sources):
        """`{field: [findings]}` as they are now, each once; refused where one of them does not hold any more."""
        pks = {finding.pk for findings in sources.values() for finding in findings}
        known = {each.pk: each for each in incident.findings.filter(pk__in=pks).with_people()}
        if pks - known.keys() or sources.keys() - {*FIELDS, ""}:
            raise Refused("These findings are not of this incident.", code="unknown_finding")
        for finding in known.values():
            if not finding.is_standing:
                instead = f": name {finding.corrected_by.label} instead" if finding.corrected_by else ""
                state = finding.get_state_display().lower()
                raise Refused(f"{finding.label} was {state}{instead}.", code="finding_fallen", finding=finding.number)
        return {
            field: [known[pk] for pk in sorted({finding.pk for finding in findings})]
            for field, findings in sources.items()
        }

    @staticmethod
    def _is_the_same(current, texts, sources, confidence):
        behind = {(field, finding.pk) for field, findings in sources.items() for finding in findings}
        before = set(current.sources.values_list("field", "finding"))
        return (current.texts, before, current.confidence) == (texts, behind, confidence)


class SynthesisSource(TenantModel):
    """A finding behind one line of a version; an empty `field` is all of them."""

    synthesis = models.ForeignKey(Synthesis, models.CASCADE, related_name="sources")
    field = models.CharField(max_length=10, blank=True)
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="sources")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "synthesis", "field", "finding"], name="synthesis_source_once"
            )
        ]

    def __str__(self):
        return f"{self.finding.label} behind {self.field or 'all of it'}"


class SynthesisDelegationQuerySet(TenantQuerySet):
    def in_force(self, now):
        return self.filter(ended_at=None, until__gt=now)

    def with_people(self):
        return self.select_related("delegate__person", "given_by__person")


class SynthesisDelegation(TenantModel):
    """For a while somebody else hears the findings and says what is known; it ends by itself."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="synthesis_delegations")
    delegate = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    until = models.DateTimeField()
    given_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(SynthesisDelegationQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "incident", "until"], name="delegation_by_incident")]

    def __str__(self):
        return f"{self.delegate} until {self.until:%H:%M}"

    @classmethod
    @transaction.atomic
    def give(cls, incident, delegate, *, minutes, by, waiver=""):
        """Name who does it in the lead's place for so many minutes; whoever did before does no more."""
        incident.lock()
        incident.require_open()
        waiver = authority.require_coordination(by, incident, "give this to somebody", waiver)
        if not 1 <= minutes <= LONGEST_DELEGATION:
            raise Refused(f"Give it for up to {LONGEST_DELEGATION // 60} hours.", code="delegation_length")
        authority.require(
            authority.may_respond(delegate) and delegate.ended_at is None,
            f"{delegate.name} is a stakeholder and reads no findings.",
            code="responders_only",
        )
        if incident.private and not incident.is_visible_to(delegate):
            raise Refused(f"{delegate.name} is not on this private incident. Invite them first.", code="not_visible")
        now = timezone.now()
        incident.synthesis_delegations.in_force(now).update(ended_at=now)
        Participant.ensure(incident, delegate)
        given = cls.objects.create(
            incident=incident, delegate=delegate, until=now + timedelta(minutes=minutes), given_by=by, given_at=now
        )
        return given._record(kinds.SYNTHESIS_DELEGATED, by=by, until=given.until.isoformat(), waiver=waiver)

    @transaction.atomic
    def end(self, *, by, waiver=""):
        """Take it back, or give it back."""
        self.incident.lock()
        self.lock()
        if by is None or by.pk != self.delegate_id:
            waiver = authority.require_coordination(by, self.incident, "take this back", waiver)
        now = timezone.now()
        if self.ended_at or self.until <= now:
            raise Refused("This is over already.", code="unchanged")
        self.ended_at = now
        self.save(update_fields=["ended_at"])
        told = sorted({self.delegate_id, self.given_by_id} - {None})
        return self._record(kinds.SYNTHESIS_DELEGATION_ENDED, by=by, told_members=told, waiver=waiver)

    def _record(self, kind, *, by, **details):
        return self.incident.record(
            kind, by=by, delegation=self.pk, member=self.delegate_id, name=self.delegate.name, **details
        )


class SynthesisEditingQuerySet(TenantQuerySet):
    def at_work(self, now):
        return self.select_related("editor__person").filter(until__gt=now)


class SynthesisEditing(TenantModel):
    """Who is writing the next version: a courtesy, not a lock. It lapses by itself and is no entry."""

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="+")
    editor = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    objects = TenantManager.from_queryset(SynthesisEditingQuerySet)()

    def __str__(self):
        return f"{self.editor} since {self.since:%H:%M}"

    @classmethod
    def of(cls, incident, now):
        """Who writes now, or None."""
        return cls.objects.at_work(now).filter(incident=incident).first()

    @classmethod
    @transaction.atomic
    def claim(cls, incident, *, by, take_over=False):
        """Say that somebody writes, or still does. Returns whose it is then: where another writes, it stays theirs,
        unless it is taken over."""
        incident.lock()
        incident.require_not_closed()
        Synthesis._require_right(by, incident, None)
        now = timezone.now()
        theirs = cls.of(incident, now)
        if theirs and theirs.editor_id != by.pk and not take_over:
            return theirs
        since = theirs.since if theirs and theirs.editor_id == by.pk else now
        editing, _ = cls.objects.update_or_create(
            incident=incident, defaults={"editor": by, "since": since, "until": now + EDITING}
        )
        return editing

    @classmethod
    def release(cls, incident, *, by):
        """They have stopped writing."""
        cls.objects.filter(incident=incident, editor=by).delete()


class SynthesisDuty(Duty):
    """What we know grows old while more is found: the lead and whom they named hear first, then deputies.

    It is old at once; the reminder leaves time to hear the newest finding first.
    """

    states = ("overdue", "escalated")
    overdue_after = timedelta(minutes=5)
    escalate_after = (timedelta(minutes=10), timedelta(minutes=20))
    says = {"overdue": kinds.SYNTHESIS_WAITS, "escalated": kinds.SYNTHESIS_WAITS}

    def told(self, obligation):
        return [str(IncidentRole.LEAD), *([ADMINISTRATORS] if obligation.level > 1 else [])]

    def details(self, obligation):
        incident = obligation.incident
        delegate = delegate_of(incident)
        told = {delegate.pk} if delegate else set()
        if obligation.level:
            told |= {
                member.pk for member in deputies_of(incident, beside=incident.holders_of([IncidentRole.LEAD]))
            }  # fmt: skip
        current = incident.syntheses.current()
        newer = Synthesis.newer_findings(incident, current)
        return {
            "version": current.version if current else None,
            "findings": list(newer.values_list("number", flat=True)),
            "told_members": sorted(told),
        }


def problems_in(texts):
    """`{field: sentence}` of everything that keeps these lines from being published."""
    problems = {name: "There is no such line." for name in texts if name not in FIELDS}
    for line in LINES:
        if len(texts.get(line.name, "")) > LIMIT:
            problems[line.name] = f"{line.label}: at most {LIMIT} characters; this has {len(texts[line.name])}."
    if not texts.get("known", "").strip():
        problems["known"] = "Say what is known, and be it that nothing is."
    return problems


def near_copies(texts, findings):
    """`{field: primary key of a finding}` for lines that repeat a finding nearly word for word."""
    told = defaultdict(set)
    for finding in findings:
        for words in (finding.condition, finding.actions, finding.needs, finding.meaning):
            told[finding.pk] |= _runs(words)
    found = {}
    for name, text in texts.items():
        runs = _runs(text)
        if len(runs) < LEAST_RUNS:
            continue
        shared = {pk: len(runs & theirs) for pk, theirs in told.items()}
        closest = max(shared, key=shared.get, default=None)
        if closest is not None and shared[closest] >= NEAR * len(runs):
            found[name] = closest
    return found


def _runs(text):
    """Every three words that follow each other."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}
