"""What people say in a workstream. The text lives here and not in the timeline, so that it can be taken back."""

import hashlib
import re

from django.db import models, transaction
from django.utils import timezone

from teams import markdown
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from ..saying import require_words
from .incident import Incident
from .participants import Participant
from .reading import StreamRead
from .timeline import TimelineEntry, require_plausible
from .workstreams import Workstream

MAX_LENGTH = 20_000
# The local part of a member's address after an @; what it finds is matched against the organisation's members.
MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9][A-Za-z0-9._+-]*)")


class MessageQuerySet(TenantQuerySet):
    def visible_to(self, membership):
        """What was said where the member may read."""
        return self.filter(workstream__in=Workstream.objects.visible_to(membership))

    def for_reading(self):
        """With what a line of a thread shows, and what was raised from it, in a constant number of queries."""
        related = ("author__person", "author__function", "workstream", "entry", "pin", "deleted_by__person")
        return self.select_related(*related).prefetch_related("findings", "tasks", "hypotheses", "decisions")

    def in_order(self):
        return self.order_by("pk")


class Message(TenantModel):
    """`key` is made by the client: the same key is the same message, however often it arrives."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="messages")
    workstream = models.ForeignKey(Workstream, models.CASCADE, related_name="messages")
    entry = models.ForeignKey(TimelineEntry, models.PROTECT, related_name="messages")
    # The entry that put it on the record, while it stands there.
    pin = models.ForeignKey(TimelineEntry, models.PROTECT, null=True, related_name="+")
    author = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    text = models.TextField(max_length=MAX_LENGTH)
    version = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=64, null=True)
    posted_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    deletion_reason = models.CharField(max_length=200, blank=True)

    objects = TenantManager.from_queryset(MessageQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "author", "key"], name="message_key_once"),
        ]
        indexes = [models.Index(fields=["organization", "workstream", "-id"], name="message_by_workstream")]

    def __str__(self):
        return f"Message {self.pk}"

    @property
    def raised(self):
        """What came of it: findings, tasks, theories and decisions, as `for_reading` has read them."""
        found = [*self.findings.all(), *self.tasks.all(), *self.hypotheses.all(), *self.decisions.all()]
        return sorted(found, key=lambda each: each.label)

    @property
    def html(self):
        """The text for reading; empty once it was deleted."""
        return "" if self.deleted_at else markdown.render(self.text)

    @classmethod
    def post(cls, workstream, text, *, by, key=None):
        """Say something in a workstream. Returns the entry; the same `key` again returns the first one's entry.

        That somebody was kept out of a technical workstream stays on the timeline, without what they wrote.
        """
        from ..guards.streams import OutsiderInTechnicalStream

        try:
            return cls._post(workstream, text, by=by, key=key)
        except Refused as refused:
            # In a transaction of its own: the one that was refused has taken its writes back.
            if refused.code == OutsiderInTechnicalStream.code:
                cls._note_declined(workstream, by=by)
            raise

    @classmethod
    @transaction.atomic
    def _post(cls, workstream, text, *, by, key):
        from ..guards import check
        from ..guards.streams import OutsiderInTechnicalStream

        incident = workstream.incident.lock()
        if key:
            earlier = cls.objects.select_related("entry").filter(author=by, key=key).first()
            if earlier:
                return earlier.entry
        check(incident, [OutsiderInTechnicalStream().breach(by, workstream)], by=by, waiver=None)
        authority.require_responder(by, "Stakeholders do not post in workstreams. Ask the communications lead.")
        authority.require(
            authority.may_post(by, incident),
            "You read along and do not post. Join the incident first.",
            code="readers_do_not_post",
        )
        text = require_words(text, "Write something first.")
        now = timezone.now()
        if by is not None:
            Participant.ensure(incident, by)
        mentioned = cls._mentioned(text, workstream)
        entry = incident.record(
            kinds.MESSAGE_POSTED,
            by=by,
            workstream=workstream,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            mentions=[member.pk for member in mentioned],
        )
        message = cls.objects.create(
            incident=incident,
            workstream=workstream,
            entry=entry,
            author=by,
            text=text,
            key=key,
            posted_at=now,
        )
        Mention.objects.bulk_create([Mention(message=message, membership=member) for member in mentioned])
        Workstream.objects.filter(pk=workstream.pk).update(last_word_at=now, last_number=entry.number)
        if by is not None:
            StreamRead.note(incident, {(workstream.pk, by.pk): entry.number})
        return entry

    @classmethod
    @transaction.atomic
    def _note_declined(cls, workstream, *, by):
        workstream.incident.lock().record(kinds.POST_DECLINED, by=by, workstream=workstream, member=by.pk)

    @transaction.atomic
    def edit(self, text, *, by):
        """Change one's own words; what they were before is kept."""
        self.incident.lock()
        self.lock()
        authority.require(authority.may_edit(by, self), "Only its author edits a message.", code="author_only")
        text = text.strip()
        if self.deleted_at:
            raise Refused("This message was deleted.", code="deleted")
        if not text:
            raise Refused("Write something, or delete the message.", code="empty")
        if text == self.text:
            raise Refused("Nothing was changed.", code="unchanged")
        self.versions.create(number=self.version, text=self.text, replaced_at=timezone.now(), replaced_by=by)
        self.text, self.version, self.edited_at = text, self.version + 1, timezone.now()
        self.save(update_fields=["text", "version", "edited_at"])
        return self.incident.record(
            kinds.MESSAGE_EDITED,
            by=by,
            workstream=self.workstream,
            message=self.pk,
            version=self.version,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )

    @transaction.atomic
    def delete_text(self, *, by, reason=""):
        """Take the words back, earlier versions too; a tombstone with actor and reason stays."""
        self.incident.lock()
        self.lock()
        authority.require(
            authority.may_delete(by, self),
            "Only its author or an administrator deletes a message.",
            code="author_only",
        )
        if self.deleted_at:
            raise Refused("This message was deleted already.", code="deleted")
        self.versions.all().delete()
        self.text, self.deleted_at, self.deleted_by, self.deletion_reason = "", timezone.now(), by, reason
        self.save(update_fields=["text", "deleted_at", "deleted_by", "deletion_reason"])
        return self.incident.record(
            kinds.MESSAGE_DELETED, by=by, workstream=self.workstream, message=self.pk, reason=reason
        )

    @transaction.atomic
    def put_on_record(self, *, by, happened_at=None):
        """Pin it to the timeline at its own time. The words stay here, so that they can still be taken back."""
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        if self.deleted_at:
            raise Refused("This message was deleted.", code="deleted")
        if self.pin_id:
            raise Refused("This message is on the timeline already.", code="unchanged")
        require_plausible(self.incident, happened_at)
        self.pin = self.incident.record(
            kinds.MESSAGE_PINNED,
            by=by,
            workstream=self.workstream,
            happened_at=happened_at or self.posted_at,
            message=self.pk,
            author=self.author.name if self.author else "",
        )
        self.save(update_fields=["pin"])
        return self.pin

    @transaction.atomic
    def take_off_record(self, *, by):
        """Unpin it. That it was pinned, and by whom it was unpinned, stays."""
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        if not self.pin_id:
            raise Refused("This message is not pinned.", code="unchanged")
        pin, self.pin = self.pin, None
        self.save(update_fields=["pin"])
        return self.incident.record(
            kinds.MESSAGE_UNPINNED, by=by, workstream=self.workstream, message=self.pk, entry=pin.number
        )

    @staticmethod
    def _mentioned(text, workstream):
        """The members whose address starts with a name after an @, each once; nobody who may not read it there."""
        names = {name.lower().rstrip(".") for name in MENTION.findall(text)}
        if not names:
            return []
        members = Membership.objects.active().with_people()
        called = [member for member in members if member.email.partition("@")[0] in names]
        return [member for member in called if workstream.is_open_to(member)] if workstream.restricted else called


class MessageVersion(TenantModel):
    """What a message said before an edit."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message", "number"], name="message_version_once")
        ]


class Mention(TenantModel):
    """Somebody was called by name."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="mentions")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "message", "membership"], name="mention_once")]
