"""An organisation: the wall around everything a company keeps in Muster."""

import re
import secrets

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from ..authority import require_administrator
from ..tenancy import active_organization_id, no_key_lock
from . import audit
from .person import validate_time_zone

# First words of addresses that are, or may become, our own.
RESERVED_SLUGS = frozenset({
    "www", "api", "static", "media", "new", "admin", "status", "help", "o", "ws", "me", "orgs", "signup",
    "login", "logout", "password", "invite", "ingest", "v2", "in", "accounts", "healthz", "readyz",
    "security", "robots",
})  # fmt: skip


def validate_slug(slug):
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]", slug):
        raise ValidationError("Use 3 to 40 lower-case letters, digits and hyphens.")
    if slug in RESERVED_SLUGS:
        raise ValidationError("This address is reserved; choose another.")


class OrganizationQuerySet(models.QuerySet):
    def take_turn(self):
        """The active organisation, its row locked until the transaction ends: of two that take a turn at the same
        moment, the second finds what the first has done. New rows that point at it are not held up."""
        return self.select_for_update(**no_key_lock()).get(pk=active_organization_id())

    def free_slug(self, name):
        """A valid, unused address made from the organisation's name."""
        stem = slugify(name).replace("_", "-")[:36].strip("-") or "organisation"
        if len(stem) < 3 or stem in RESERVED_SLUGS:
            stem = f"{stem}-team"
        taken = set(self.filter(slug__startswith=stem).values_list("slug", flat=True))
        numbered = (f"{stem}-{number}" for number in range(2, 100))
        free = (slug for slug in (stem, *numbered) if slug not in taken)
        return next(free, f"{stem[:31]}-{secrets.token_hex(4)}")


class Organization(models.Model):
    """Itself no tenant data: it is what tenant data is compared with."""

    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=40, unique=True, validators=[validate_slug])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_incident_number = models.PositiveIntegerField(default=0)

    objects = OrganizationQuerySet.as_manager()

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("incidents:home", kwargs={"org": self.slug})

    @transaction.atomic
    def change(self, *, name, time_zone, by):
        """Rename the organisation or move its clock; its address stays."""
        require_administrator(by)
        self.name, self.time_zone = name, time_zone
        self.full_clean()
        self.save(update_fields=["name", "time_zone"])
        audit.log(by, "organization_changed", self, name=name, time_zone=time_zone)

    def next_incident_number(self):
        """Take the next number; call with this row locked."""
        self.last_incident_number += 1
        self.save(update_fields=["last_incident_number"])
        return self.last_incident_number
