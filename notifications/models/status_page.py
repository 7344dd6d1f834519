"""The public status page: what it is called, where it is found, and what customers do there, in their words."""

import re
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.http.request import validate_host
from django.utils import timezone

from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import Organization, Service, audit
from teams.models.catalogue import CatalogueModel, CatalogueQuerySet
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import doorbell

HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
# How old the copy on disk may be although nothing was changed: windows begin by themselves, and days end.
SNAPSHOT_AGE = timedelta(seconds=60)


def validate_host_name(host):
    """A name of the organisation's own, and none that this installation answers to already."""
    if not HOST.fullmatch(host) or _is_number(host):
        raise ValidationError("Write a host name, for example status.example.com.")
    own = [*(name for name in settings.ALLOWED_HOSTS if name != "*"), urlsplit(settings.BASE_URL).hostname or ""]
    if validate_host(host, own):
        raise ValidationError("Muster itself is found under this name; choose another.")


def _is_number(host):
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


class StatusPageQuerySet(TenantQuerySet):
    def published(self):
        return self.filter(published=True)

    def to_copy(self, now):
        """Pages whose copy on disk is missing, or older than the page may be."""
        old = Q(copied_at=None) | Q(copied_at__lt=now - SNAPSHOT_AGE) | Q(copied_at__lt=F("changed_at"))
        return self.published().filter(old)


class StatusPage(TenantModel):
    """One for an organisation. It is nobody's to read before it is published."""

    # The scheduler looks whose copy on disk has grown old.
    queue = True

    name = models.CharField(max_length=120)
    intro = models.CharField(max_length=300, blank=True)
    published = models.BooleanField(default=False)
    host = models.CharField(max_length=253, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    copied_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(StatusPageQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="status_page_once")]

    def __str__(self):
        return self.name

    @property
    def address(self):
        """Where the public finds it, ending in a slash."""
        if self.host:
            return f"{urlsplit(settings.BASE_URL).scheme}://{self.host}/"
        return f"{settings.BASE_URL}/status/{self.organization.slug}/"

    @classmethod
    def of(cls, organization):
        """The organisation's page; until somebody sets one up, one that is not saved and not published."""
        page = cls.objects.first() or cls(name=organization.name)
        page.organization = organization
        return page

    @classmethod
    @transaction.atomic
    def arrange(cls, organization, *, by, **fields):
        """Set it up, or change it: `name`, `intro`, `published`, `host`. Returns the page."""
        require_administrator(by)
        cls.objects.bulk_create([cls(name=organization.name)], ignore_conflicts=True)
        page = cls.objects.get().lock()
        page.organization = organization
        changed = [name for name, value in fields.items() if getattr(page, name) != value]
        for name in changed:
            setattr(page, name, fields[name])
        if not changed:
            return page
        if "host" in changed:
            CustomHost.point(page)
        page.save(update_fields=changed)
        audit.log(by, "status_page_changed", page, **{name: str(fields[name]) for name in changed})
        cls.touch()
        return page

    @classmethod
    def touch(cls, at=None):
        """Something that the public sees has changed, or does `at` some moment: the copy on disk is made anew."""
        organization_id = cls.objects.values_list("organization_id", flat=True).first()
        if organization_id is None:
            return
        cls.objects.update(changed_at=at or timezone.now())
        ring = partial(doorbell.ring, "notifications.tasks.publish_status_snapshot", organization_id)
        transaction.on_commit(ring, robust=True)


class CustomHost(models.Model):
    """Whose page a host name shows. A name is known to everybody, and belongs to one organisation at most."""

    host = models.CharField(max_length=253, unique=True)
    organization = models.OneToOneField(Organization, models.CASCADE, related_name="+")

    def __str__(self):
        return self.host

    @classmethod
    def point(cls, page):
        """Let the page's host lead to it, and no other."""
        cls.objects.filter(organization=page.organization_id).delete()
        if not page.host:
            return
        try:
            with transaction.atomic():
                cls.objects.create(host=page.host, organization_id=page.organization_id)
        except IntegrityError:
            raise Refused("Another status page is found under this name.", code="host_taken") from None


class ComponentQuerySet(CatalogueQuerySet):
    def shown(self):
        return self.filter(retired_at=None)


class Component(CatalogueModel):
    """Something customers do: *Pay by card*. The services behind it are for those who work, and never shown."""

    services = models.ManyToManyField(Service, through="ComponentService", related_name="components")
    since = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ComponentQuerySet)()

    @classmethod
    @transaction.atomic
    def add(cls, *, by, services=(), **fields):
        added = super().add(by=by, **fields)
        added.services.set(services)
        StatusPage.touch()
        return added

    @transaction.atomic
    def change(self, *, by, services=None, **fields):
        super().change(by=by, **fields)
        if services is not None:
            self.services.set(services)
        StatusPage.touch()

    @transaction.atomic
    def retire(self, *, by):
        """Take it off the page; what happened to it stays."""
        self.lock()
        require_administrator(by)
        if self.retired_at:
            raise Refused("This part is off the page already.", code="unchanged")
        self.retired_at = timezone.now()
        self.save(update_fields=["retired_at"])
        audit.log(by, "component_retired", self)
        StatusPage.touch()


class ComponentService(TenantModel):
    """A service that a component needs."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "component", "service"], name="component_service_once")
        ]
