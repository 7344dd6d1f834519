"""Playbooks: whom to involve in an incident of a type, and what to do first. A published version never changes."""

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from teams import markdown
from teams.errors import Refused
from teams.models import Function
from teams.models.catalogue import CatalogueModel, CatalogueQuerySet
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .catalogue import IncidentType, Severity
from .roles import require_defined


class Playbook(CatalogueModel):
    """One way of working. Without an incident type it serves whatever has no playbook of its own."""

    incident_type = models.ForeignKey(IncidentType, models.SET_NULL, null=True, blank=True, related_name="playbooks")
    is_active = models.BooleanField(default=True)

    objects = TenantManager.from_queryset(CatalogueQuerySet)()

    @property
    def published(self):
        """The version that new incidents pin, or None."""
        return self.versions.filter(state=PlaybookVersion.State.PUBLISHED).order_by("-number").first()

    @transaction.atomic
    def draft(self):
        """The open draft, made as a copy of the published version when there is none."""
        self.lock()
        open_draft = self.versions.filter(state=PlaybookVersion.State.DRAFT).first()
        if open_draft:
            return open_draft
        last = self.versions.aggregate(last=Max("number"))["last"] or 0
        source = self.published
        draft = self.versions.create(
            number=last + 1,
            when_to_use=source.when_to_use if source else "",
            guidance=source.guidance if source else "",
        )
        if source:
            source.copy_contents_to(draft)
        return draft


class PlaybookVersionQuerySet(TenantQuerySet):
    def in_use(self):
        return self.filter(state=PlaybookVersion.State.PUBLISHED, playbook__is_active=True)

    def seen_by(self, membership):
        """Drafts are for those who write them."""
        seen = self.select_related("published_by__person")
        return seen if membership.is_administrator else seen.exclude(state=PlaybookVersion.State.DRAFT)

    def latest_first(self):
        return self.order_by("-number")


class PlaybookVersion(TenantModel):
    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"

    playbook = models.ForeignKey(Playbook, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    when_to_use = models.TextField(blank=True)
    guidance = models.TextField(blank=True, help_text="What people should know before they start. Markdown.")
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey("teams.Membership", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = TenantManager.from_queryset(PlaybookVersionQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "playbook", "number"], name="playbook_version_once"),
            models.UniqueConstraint(
                fields=["organization", "playbook"], condition=Q(state="draft"), name="playbook_one_draft"
            ),
            models.UniqueConstraint(
                fields=["organization", "playbook"],
                condition=Q(state="published"),
                name="playbook_one_published",
            ),
        ]

    def __str__(self):
        return f"{self.playbook} v{self.number}"

    @property
    def guidance_html(self):
        """The guidance for reading, safe to show."""
        return markdown.render(self.guidance)

    @property
    def is_frozen(self):
        return self.state != self.State.DRAFT

    @transaction.atomic
    def publish(self, *, by=None):
        """Freeze the draft; new incidents use it, running ones keep the version they started with."""
        self.playbook.lock()
        self.lock()
        if self.is_frozen:
            raise Refused("This version is published already.", code="version_frozen")
        self.playbook.versions.filter(state=self.State.PUBLISHED).update(state=self.State.ARCHIVED)
        self.state, self.published_at, self.published_by = self.State.PUBLISHED, timezone.now(), by
        self.save(update_fields=["state", "published_at", "published_by"])
        return self

    def copy_contents_to(self, other):
        for rule in self.function_rules.all():
            other.function_rules.create(
                function_id=rule.function_id,
                need=rule.need,
                how=rule.how,
                from_severity_id=rule.from_severity_id,
            )
        for step in self.steps.all():
            other.steps.create(phase=step.phase, position=step.position, role=step.role, text=step.text)


class FunctionRuleQuerySet(TenantQuerySet):
    def required(self):
        return self.filter(need=FunctionRule.Need.REQUIRED)

    def in_order(self):
        return self.select_related("function", "from_severity").order_by("function__position", "function__name")


class FunctionRule(TenantModel):
    """A function the playbook calls for, how it is told, and from which severity on."""

    class Need(models.TextChoices):
        REQUIRED = "required", "Required"
        ADVISED = "advised", "Advised"

    class How(models.TextChoices):
        PAGE = "page", "Page"
        INVITE = "invite", "Invite"
        INFORM = "inform", "Inform"

    version = models.ForeignKey(PlaybookVersion, models.CASCADE, related_name="function_rules")
    function = models.ForeignKey(Function, models.CASCADE, related_name="+")
    need = models.CharField(max_length=8, choices=Need, default=Need.REQUIRED)
    how = models.CharField(max_length=6, choices=How, default=How.PAGE)
    from_severity = models.ForeignKey(
        Severity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Applies at this severity and worse; empty: at every severity.",
    )

    objects = TenantManager.from_queryset(FunctionRuleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "version", "function"], name="function_rule_once")
        ]

    def __str__(self):
        return f"{self.function}: {self.get_need_display()}"

    def applies_at(self, severity):
        return self.from_severity is None or severity.rank <= self.from_severity.rank


class Step(TenantModel):
    """One line of a checklist: starts with a verb, holds one action."""

    class Phase(models.TextChoices):
        FIRST = "first", "First five minutes"
        DURING = "during", "While it lasts"
        AFTER = "after", "Before it is closed"

    version = models.ForeignKey(PlaybookVersion, models.CASCADE, related_name="steps")
    phase = models.CharField(max_length=6, choices=Phase, default=Phase.FIRST)
    position = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=200)

    def __str__(self):
        return self.text

    def clean(self):
        require_defined(self.role)
