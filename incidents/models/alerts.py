"""Alerts from monitoring: an integration lets them in, a dedup key holds the same one together while it fires."""

from django.db import connection, models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from playbooks.models import IncidentType, Severity
from teams import secrets
from teams.authority import require_administrator
from teams.errors import Refused
from teams.models import Service, audit
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .. import authority, kinds
from .incident import Incident

INGEST_PREFIX = "ing"


class IntegrationKind(models.TextChoices):
    ALERTMANAGER = "alertmanager", "Prometheus Alertmanager"
    GRAFANA = "grafana", "Grafana"
    GENERIC = "generic", "Generic webhook"
    EVENTS = "events", "Events v2"
    MAIL = "mail", "Inbound mail"


DEFAULT_SEVERITIES = {
    "critical": "sev1", "page": "sev1", "error": "sev2", "major": "sev2", "high": "sev2",
    "warning": "sev3", "minor": "sev3", "info": "sev4", "low": "sev4",
}  # fmt: skip


def default_severity_map():
    return dict(DEFAULT_SEVERITIES)


class IntegrationQuerySet(TenantQuerySet):
    def connected(self):
        return self.filter(revoked_at=None).order_by("name", "pk")

    def with_key(self, key):
        return self.filter(key_hash=secrets.hash_of(key), revoked_at=None)

    def with_last_word(self):
        """With when each last sent something, and what was wrong with it."""
        payloads = AlertPayload.objects.filter(integration=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            last_word_at=Subquery(payloads.values("received_at")[:1]),
            last_problem=Subquery(payloads.values("problem")[:1]),
        )


class Integration(TenantModel):
    """One source of alerts, and the rule by which its alerts may declare incidents.

    Labels name what an incident needs: `type_label`, `severity_label` (through `severity_map`) and `service_label`
    hold slugs; what a label does not say comes from the defaults.
    """

    Kind = IntegrationKind

    kind = models.CharField(max_length=14, choices=IntegrationKind)
    name = models.CharField(max_length=80)
    key_hash = models.CharField(max_length=64)
    declares = models.BooleanField(default=False, help_text="A firing alert declares an incident, once.")
    type_label = models.CharField(max_length=60, default="incident_type")
    severity_label = models.CharField(max_length=60, default="severity")
    service_label = models.CharField(max_length=60, default="service")
    severity_map = models.JSONField(default=default_severity_map)
    default_type = models.ForeignKey(IncidentType, models.SET_NULL, null=True, blank=True, related_name="+")
    default_severity = models.ForeignKey(Severity, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(IntegrationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "key_hash"], name="integration_key_once")]

    def __str__(self):
        return self.name

    @classmethod
    @transaction.atomic
    def connect(cls, organization, kind, *, name="", declares=False, by=None):
        """Let a source in. Returns `(integration, key)`; the key is not kept and cannot be shown again."""
        require_administrator(by)
        key = secrets.new_key(INGEST_PREFIX, organization.pk)
        integration = cls.objects.create(
            kind=kind,
            name=name or IntegrationKind(kind).label,
            declares=declares,
            key_hash=secrets.hash_of(key),
        )
        audit.log(by, "integration_connected", integration)
        return integration, key

    @transaction.atomic
    def revoke(self, *, by=None):
        """Shut the source out; the alerts it sent stay."""
        self.lock()
        require_administrator(by)
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
        audit.log(by, "integration_revoked", self)

    def reading_of(self, labels):
        """What an alert's labels say about the incident it may declare: `{severity, incident_type, services}`."""
        word = str(labels.get(self.severity_label, "")).lower()
        severity = Severity.objects.filter(slug=self.severity_map.get(word, word)).first()
        type_slug = str(labels.get(self.type_label, "")).lower().replace("_", "-")
        services = str(labels.get(self.service_label, "")).lower().split(",")
        return {
            "severity": severity or self.default_severity,
            "incident_type": IncidentType.objects.filter(slug=type_slug).first() or self.default_type,
            "services": list(Service.objects.filter(slug__in=[slug.strip() for slug in services])),
        }


class AlertPayload(TenantModel):
    """What a source sent, word for word, kept before anything is made of it."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="payloads")
    body = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "integration", "-id"], name="payload_by_integration")]


class AlertQuerySet(TenantQuerySet):
    def firing(self):
        return self.filter(state=Alert.State.FIRING)

    def waiting(self):
        """Firing, and no incident has them."""
        return self.firing().filter(incident=None)

    def latest_first(self):
        return self.order_by("-last_at", "-pk")


class Alert(TenantModel):
    """One thing that fires. While it does, the same dedup key is the same alert, counted."""

    class State(models.TextChoices):
        FIRING = "firing", "Firing"
        RESOLVED = "resolved", "Resolved"

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="alerts")
    dedup_key = models.CharField(max_length=255)
    # Alerts of one group belong to one incident: a rack that fails is one failure.
    group_key = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.FIRING)
    title = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    source_url = models.CharField(max_length=1000, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="alerts")

    objects = TenantManager.from_queryset(AlertQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "integration", "dedup_key"],
                condition=Q(state="firing"),
                name="alert_one_firing",
            )
        ]
        indexes = [models.Index(fields=["organization", "state", "-last_at"], name="alert_by_state")]

    def __str__(self):
        return self.title

    @classmethod
    def fire(cls, integration, report, *, now=None):
        """Store a firing report, or count it where the same alert fires already. Returns the alert.

        One statement, so however many reports arrive at once, there is one alert and an exact count; `count` is 1
        for whoever was first.
        """
        now = now or timezone.now()
        row = cls(
            organization_id=integration.organization_id,
            integration=integration,
            dedup_key=report.dedup_key,
            group_key=report.group_hash,
            title=report.title,
            labels=report.labels,
            annotations=report.annotations,
            source_url=report.url,
            first_at=now,
            last_at=now,
        )
        row.settle_in()
        fields = [field for field in cls._meta.concrete_fields if not field.primary_key]
        table = connection.ops.quote_name(cls._meta.db_table)
        columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))}) "  # noqa: S608 - no input
                "ON CONFLICT (organization_id, integration_id, dedup_key) WHERE state = 'firing' "
                f"DO UPDATE SET count = {table}.count + 1, last_at = excluded.last_at RETURNING id, count, incident_id",
                values,
            )
            row.pk, row.count, row.incident_id = cursor.fetchone()
        row._state.adding = False
        return row

    @classmethod
    def firing_as(cls, integration, dedup_key):
        """The firing alert with this key, or None."""
        firing = cls.objects.firing().filter(integration=integration, dedup_key=dedup_key)
        return firing.select_related("incident", "integration").first()

    @transaction.atomic
    def attach_to(self, incident, *, by=None):
        """Make a waiting alert part of an open incident. Returns the entry."""
        incident.lock()
        self.lock()
        authority.require_responder(by)
        incident.require_open()
        if self.incident_id is not None:
            raise Refused("This alert belongs to an incident already.", code="alert_taken")
        self.incident = incident
        self.save(update_fields=["incident"])
        return incident.record(kinds.ALERT_FIRED, by=by, alert=self.pk, title=self.title, source=self.integration.name)

    @transaction.atomic
    def resolve(self, *, now=None):
        """The source says that it is over; the incident, if it has one, is told and stays a person's to resolve."""
        incident = self.incident.lock() if self.incident else None
        ended = (
            type(self)
            .objects.filter(pk=self.pk, state=self.State.FIRING)
            .update(state=self.State.RESOLVED, resolved_at=now or timezone.now())
        )
        if ended and incident and incident.is_open:
            incident.record(kinds.ALERT_RESOLVED, alert=self.pk, title=self.title, source=self.integration.name)
        return bool(ended)
