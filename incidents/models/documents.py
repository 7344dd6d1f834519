"""Documents elsewhere that belong to an incident. They are for reading along: the record is the incident itself."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.utils import timezone

from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident

MOST = 100
# Anything else would run in the reader's browser, or open a program on their machine.
web_address = URLValidator(schemes=["http", "https"], message="Give an address that begins with https:// or http://.")


class DocumentQuerySet(TenantQuerySet):
    def current(self):
        return self.filter(removed_at=None)

    def in_order(self):
        return self.order_by("pk")

    def with_people(self):
        return self.select_related("added_by__person")


class Document(TenantModel):
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=2000)
    note = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(DocumentQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "incident", "url"],
                condition=models.Q(removed_at=None),
                name="document_listed_once",
            )
        ]

    def __str__(self):
        return self.title

    @classmethod
    @transaction.atomic
    def add(cls, incident, title, url, *, by, note=""):
        """List a document that lies elsewhere. Returns the entry, with its key in `details`."""
        incident.lock()
        authority.require_responder(by)
        try:
            web_address(url)
        except ValidationError as wrong:
            raise Refused(wrong.message, code="not_an_address") from wrong
        listed = incident.documents.current()
        if listed.filter(url=url).exists():
            raise Refused("This document is listed already.", code="listed_already")
        if listed.count() >= MOST:
            raise Refused(f"{MOST} documents are listed: remove one first.", code="too_many")
        document = cls.objects.create(incident=incident, title=title, url=url, note=note, added_by=by)
        # The address stays out of the sealed record: it may hold a secret, and can be removed.
        return incident.record(kinds.DOCUMENT_ADDED, by=by, document=document.pk, title=title)

    @transaction.atomic
    def remove(self, *, by):
        """Take it off the list. Returns the entry."""
        self.incident.lock()
        self.lock()
        authority.require_responder(by)
        if self.removed_at:
            raise Refused("This document was removed already.", code="unchanged")
        self.removed_at = timezone.now()
        self.save(update_fields=["removed_at"])
        return self.incident.record(kinds.DOCUMENT_REMOVED, by=by, document=self.pk, title=self.title)
