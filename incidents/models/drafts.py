"""Drafts: the next word to an audience while it is written, confirmed by a second person, and not yet said."""

import hashlib
import json
from datetime import timedelta

from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from playbooks.models import Audience, Cadence, Confirmation, HoldingText, IncidentRole
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident
from .synthesis import Synthesis
from .updates import TAKE_BACK, StatusUpdate, problems_in

# Whoever writes is taken to have gone when nothing was heard from the form for so long.
EDITING = timedelta(minutes=2)


class DraftState(models.TextChoices):
    OPEN = "open", "Open"
    PUBLISHED = "published", "Published"
    DISCARDED = "discarded", "Discarded"


class DraftQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(state=DraftState.OPEN)

    def to_be_confirmed(self):
        return self.open().filter(proposed_at__isnull=False, confirmed_at=None)

    def with_confirmation(self):
        """Each with `cadence`, what the severity says about confirming it, in the same query."""
        cadence = Cadence.objects.filter(severity=OuterRef("incident__severity"), audience=OuterRef("audience"))
        return self.annotate(cadence=Subquery(cadence.values("confirmation")[:1]))

    def with_people(self):
        return self.select_related(
            "written_by__person", "confirmed_by__person", "editor__person", "proposed_by__person", "synthesis"
        )


class UpdateDraft(TenantModel):
    """The one open draft to an audience. `version` grows with every save, and a confirmation is of one version.

    `synthesis` is the version of what we know that it was written on.
    """

    State = DraftState

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="drafts")
    audience = models.CharField(max_length=12, choices=Audience)
    body = models.JSONField(default=dict)
    no_change = models.CharField(max_length=500, blank=True)
    next_minutes = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    synthesis = models.ForeignKey(Synthesis, models.PROTECT, null=True, related_name="+")
    written_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    editor = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    editing_until = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=DraftState, default=DraftState.OPEN)
    update = models.OneToOneField(StatusUpdate, models.PROTECT, null=True, related_name="draft")

    objects = TenantManager.from_queryset(DraftQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "audience"],
                condition=Q(state=DraftState.OPEN),
                name="draft_one_open",
            )
        ]

    def __str__(self):
        return f"Draft to {self.get_audience_display()}"

    # --- Questions ---------------------------------------------------------------------------

    @property
    def problems(self):
        """`{part: sentence}` of what keeps it from being published."""
        return {} if self.no_change and not self.body else problems_in(self.audience, self.body)

    def edited_by_another(self, member, now):
        """Who writes on it just now, unless it is this member; or None."""
        busy = self.editor_id not in (None, member.pk) and self.editing_until and self.editing_until > now
        return self.editor if busy else None

    @property
    def wants(self):
        """Who has to confirm it, as the cadence of the severity says."""
        if hasattr(self, "cadence"):
            return Confirmation(self.cadence or Confirmation.NOBODY)
        row = Cadence.objects.filter(severity=self.incident.severity, audience=self.audience).first()
        return Confirmation(row.confirmation) if row else Confirmation.NOBODY

    def may_confirm(self, member, *, room=None):
        """Somebody else than who wrote it; where the facts are the lead's, the lead, unless the lead wrote it.

        A `room` that has read the incident answers in its place.
        """
        if member is None or not member.is_responder or member.pk == self.written_by_id:
            return False
        room = room or self.incident
        if self.wants == Confirmation.LEAD and self.written_by_id not in room.holders_of([IncidentRole.LEAD]):
            return authority.may_coordinate(member, room)
        return authority.may_post(member, room)

    @property
    def needs_confirmation(self):
        """Whether somebody has yet to confirm it; nobody has to where the writer is alone in the room."""
        if self.confirmed_at or self.wants == Confirmation.NOBODY:
            return False
        return self.incident.participants.at_work().exclude(membership=self.written_by_id).exists()

    # --- Verbs -------------------------------------------------------------------------------

    @classmethod
    @transaction.atomic
    def save_text(
        cls, incident, audience, body, *, by, version=None, no_change="", next_minutes=None, synthesis=None, waiver=""
    ):  # fmt: skip
        """Keep what is written so far. Returns the entry.

        `version` is the one that the writer had read, 0 where there was none; another one in between is refused, and
        nothing is lost on either side. None writes over whatever is there.
        """
        incident.lock()
        audience = Audience(audience)
        incident.require_not_closed()
        authority.require_responder(by)
        authority.require(
            authority.may_post(by, incident),
            "You read along and write no drafts. Join the incident first.",
            code="readers_do_not_post",
        )
        body = {name: text.strip() for name, text in body.items() if text and text.strip()}
        problems = {
            name: problem for name, problem in problems_in(audience, body).items() if name in body
        }  # an unfinished draft may lack what a finished one must have
        if problems:
            raise Refused(" ".join(problems.values()), code="incomplete")
        draft = incident.drafts.open().with_people().filter(audience=audience).first()
        _require_version(draft, version)
        draft = draft or cls(incident=incident, audience=audience, version=0)
        draft.body, draft.no_change, draft.next_minutes = body, no_change.strip(), next_minutes
        draft.synthesis = synthesis or incident.syntheses.current()
        draft.version += 1
        draft.written_by, draft.written_at = by, timezone.now()
        draft.editor, draft.editing_until = by, draft.written_at + EDITING
        draft.proposed_by = draft.proposed_at = draft.confirmed_by = draft.confirmed_at = None
        draft.save()
        return draft._record(kinds.DRAFT_SAVED, by=by)

    @classmethod
    @transaction.atomic
    def keep(cls, incident, audience, body, *, by, version, no_change="", next_minutes=None, key=None):
        """The draft with this text, saved only where it reads differently; and the entry of that, or of its last save.

        With the `key` of something that was said already, it is whatever draft that was.
        """
        incident.lock()
        said = incident.updates.filter(key=key, draft__isnull=False).first() if key else None
        draft = said.draft if said else incident.drafts.open().filter(audience=audience).first()
        wanted = {name: text.strip() for name, text in body.items() if text.strip()}, no_change.strip(), next_minutes
        same = draft and (draft.body, draft.no_change, draft.next_minutes) == wanted
        if not said and not same:
            entry = cls.save_text(
                incident, audience, body, by=by, version=version, no_change=no_change, next_minutes=next_minutes
            )
            draft = cls.objects.get(pk=entry.details["draft"])
        draft.incident = incident
        return draft, incident.timeline.filter(kind=kinds.DRAFT_SAVED.name, details__draft=draft.pk).latest("number")

    @transaction.atomic
    def claim(self, *, by, take_over=False):
        """Say that somebody writes on it; whoever else does keeps it, unless it is taken over. Not an entry."""
        self.lock()
        now = timezone.now()
        if self.edited_by_another(by, now) and not take_over:
            return False
        self.editor, self.editing_until = by, now + EDITING
        self.save(update_fields=["editor", "editing_until"])
        return True

    @transaction.atomic
    def propose(self, *, by, version=None):
        """Ask whoever confirms it to read it. Returns the entry."""
        self._begin(by, version)
        self._require_fit()
        if self.confirmed_at:
            raise Refused("It is confirmed already.", code="unchanged")
        self.proposed_by, self.proposed_at = by, timezone.now()
        self.save(update_fields=["proposed_by", "proposed_at"])
        asked = self.incident.holders_of(["lead"]) if self.wants != Confirmation.NOBODY else set()
        return self._record(kinds.DRAFT_PROPOSED, by=by, told_members=sorted(asked - {by.pk if by else None}))

    @transaction.atomic
    def confirm(self, *, by, version=None):
        """Say that the facts are right and the words fit. Returns the entry."""
        self._begin(by, version)
        self._require_fit()
        if self.confirmed_at:
            raise Refused(f"{self.confirmed_by.name} has confirmed it already.", code="unchanged")
        if by is not None and by.pk == self.written_by_id:
            raise Refused("Somebody else confirms what you wrote.", code="own_draft")
        authority.require(
            self.may_confirm(by), "Whoever leads confirms the facts of this one.", code="coordination_right"
        )
        self.confirmed_by, self.confirmed_at = by, timezone.now()
        self.save(update_fields=["confirmed_by", "confirmed_at"])
        return self._record(kinds.DRAFT_CONFIRMED, by=by)

    @transaction.atomic
    def discard(self, *, by, version=None):
        """It is not needed. Returns the entry."""
        self._begin(by, version)
        self.state = DraftState.DISCARDED
        self.save(update_fields=["state"])
        return self._record(kinds.DRAFT_DISCARDED, by=by)

    @transaction.atomic
    def publish(self, *, by, version=None, waiver="", key=None, hold=TAKE_BACK):
        """Say it. Returns the entry of the update; it leaves after `hold`, until which it can be taken back."""
        from ..guards.updates import unapproved_estimate, unconfirmed

        self.incident.lock()
        if key and (earlier := StatusUpdate.told_before(self.incident, key)):
            return earlier
        self._begin(by, version)
        self._require_fit()
        now = timezone.now()
        entry = StatusUpdate.publish(
            self.incident,
            self.audience,
            self.body,
            by=by,
            next_update_at=now + timedelta(minutes=self.next_minutes) if self.next_minutes else None,
            no_change=self.no_change,
            synthesis=self.synthesis,
            approved_by=self.confirmed_by,
            hold=hold,
            waiver=waiver,
            breaches=[unconfirmed(self), unapproved_estimate(self.incident, self.audience, self.body)],
            key=key,
        )
        self.state, self.update_id = DraftState.PUBLISHED, entry.details["update"]
        self.save(update_fields=["state", "update"])
        return entry

    @classmethod
    @transaction.atomic
    def publish_holding(cls, incident, audience, *, by, waiver="", key=None, hold=TAKE_BACK):
        """Say at once what the organisation has approved beforehand, before anything is known. Returns the entry."""
        incident.lock()
        if key and (earlier := StatusUpdate.told_before(incident, key)):
            return earlier
        body = HoldingText.objects.body(incident.severity, audience)
        if not body:
            raise Refused("There is no holding text for this audience at this severity.", code="no_holding_text")
        if incident.updates.standing().filter(audience=audience).exists():
            raise Refused("They have been told more than that already.", code="told_already")
        return StatusUpdate.publish(incident, audience, body, by=by, waiver=waiver, key=key, hold=hold, holding=True)

    @classmethod
    def open_again(cls, update):
        """The update was taken back: its text is a draft again, unless somebody has begun another."""
        draft = cls.objects.filter(update=update).first()
        if draft and not cls.objects.open().filter(incident=update.incident, audience=update.audience).exists():
            draft.state, draft.update = DraftState.OPEN, None
            draft.save(update_fields=["state", "update"])

    # --- Inside ------------------------------------------------------------------------------

    def _begin(self, by, version):
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        if self.state != DraftState.OPEN:
            raise Refused(f"This draft was {self.get_state_display().lower()} already.", code="draft_over")
        _require_version(self, version)

    def _require_fit(self):
        if self.problems:
            raise Refused(" ".join(self.problems.values()), code="incomplete")

    def _record(self, kind, *, by, **details):
        sealed = json.dumps([self.body, self.no_change], sort_keys=True)
        return self.incident.record(
            kind,
            by=by,
            draft=self.pk,
            audience=self.audience,
            version=self.version,
            sha256=hashlib.sha256(sealed.encode()).hexdigest(),
            **details,
        )


def _require_version(draft, version):
    there = draft.version if draft else 0
    if version is not None and version != there:
        who = draft.written_by.name if draft and draft.written_by else "Somebody"
        raise Refused(
            f"{who} saved version {there} meanwhile. Read it, then save yours if it is still right.",
            code="stale_draft",
        )
