"""A notebook for oneself: what somebody who watches would ask later, and what they want to find again.

Nobody else reads it, administrators included. It is in no entry, no export and no message.
"""

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority
from ..saying import require_words
from .incident import Incident
from .messages import Message

LONGEST_NOTE = 2000
MOST_NOTES = 500


class PrivateNoteQuerySet(TenantQuerySet):
    def of(self, membership, incident):
        """One's own in an incident, the latest first, each with the message that it marks."""
        own = self.filter(membership=membership, incident=incident)
        return own.select_related("message__author__person", "message__workstream").order_by("-pk")


class PrivateNote(TenantModel):
    """Words, or a message that is marked, or both. Only ever looked up through `of`."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    text = models.CharField(max_length=LONGEST_NOTE, blank=True)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    key = models.CharField(max_length=64, null=True)

    objects = TenantManager.from_queryset(PrivateNoteQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "membership", "key"], name="private_note_key_once"),
            models.UniqueConstraint(fields=["organization", "membership", "message"], name="message_marked_once"),
        ]

    def __str__(self):
        return f"Private note {self.pk}"

    @classmethod
    def write(cls, incident, text, *, by, key=None):
        """Keep words for oneself. Returns the note; the same `key` again returns the first one."""
        cls._require_notebook(incident, by)
        text = require_words(text, "Write something first.")
        return cls._keep({"membership": by, "key": key} if key else {}, incident=incident, membership=by, text=text)

    @classmethod
    def mark(cls, message, *, by):
        """Find a message again later. Returns the note; marking it twice is marking it once."""
        cls._require_notebook(message.incident, by)
        return cls._keep({"membership": by, "message": message}, incident=message.incident)

    def tear_out(self):
        """Gone for good: nobody else ever knew of it."""
        self.delete()

    @classmethod
    def _keep(cls, known, **fields):
        if known and (earlier := cls.objects.filter(**known).first()):
            return earlier
        try:
            with transaction.atomic():
                return cls.objects.create(**known | fields)
        except IntegrityError:
            # Two clicks at the same moment: the other one has kept it.
            return cls.objects.get(**known)

    @classmethod
    def _require_notebook(cls, incident, by):
        authority.require_responder(by)
        if cls.objects.filter(membership=by, incident=incident).count() >= MOST_NOTES:
            raise Refused(f"{MOST_NOTES} notes are kept: tear some out first.", code="too_many")
