"""Who changed what about the organisation itself: members, tokens, settings, the admin."""

from django.db import models
from django.utils import timezone

from ..tenancy import TenantManager, TenantModel, TenantQuerySet


class AuditQuerySet(TenantQuerySet):
    def latest_first(self):
        return self.order_by("-pk")

    def about(self, subject):
        """What was done to one row."""
        return self.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))

    def before(self, pk):
        return self.filter(pk__lt=pk)


class AuditEntry(TenantModel):
    """One administrative act. Incidents have their timeline; this is everything else."""

    actor = models.ForeignKey("teams.Membership", models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(AuditQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["organization", "subject_type", "subject_id"], name="audit_subject")]

    def __str__(self):
        return f"{self.act} {self.subject}"

    @property
    def words(self):
        """The act as it is read: `role changed`."""
        return self.act.replace("_", " ")

    @property
    def facts(self):
        """`(name, value)` of the details that say something, as they are read."""
        return [(name.replace("_", " "), value) for name, value in self.details.items() if value not in ("", None)]


def log(actor, act, subject, **details):
    """Keep one administrative act; `actor` None means the system or an operator at the command line."""
    return AuditEntry.objects.create(
        actor=actor,
        act=act,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject=str(subject)[:200],
        details=details,
    )
