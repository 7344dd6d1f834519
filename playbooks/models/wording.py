"""The words an organisation uses outside: plain ones for its own, and what is said before it knows more."""

from django.db import models

from teams.models.catalogue import CatalogueModel, CatalogueQuerySet
from teams.tenancy import TenantManager, TenantModel, TenantQuerySet

from .cadence import Audience
from .catalogue import Severity


class GlossaryQuerySet(CatalogueQuerySet):
    def plain_words(self):
        """`{term: what to say instead}`."""
        return dict(self.values_list("name", "plain"))


class GlossaryTerm(CatalogueModel):
    """A word of the house that nobody outside knows; `name` is the word."""

    plain = models.CharField(
        "say instead", max_length=200, blank=True, help_text="The same in words that a customer knows."
    )

    objects = TenantManager.from_queryset(GlossaryQuerySet)()

    class Meta(CatalogueModel.Meta):
        verbose_name = "glossary term"


class HoldingTextQuerySet(TenantQuerySet):
    def body(self, severity, audience):
        """`{part: text}` of what is said at once, or an empty dictionary."""
        return dict(self.filter(severity=severity, audience=audience).exclude(text="").values_list("part", "text"))


class HoldingText(TenantModel):
    """One part of what an audience is told at once, before anything is known. It is approved by standing here."""

    severity = models.ForeignKey(Severity, models.CASCADE, related_name="holding_texts")
    audience = models.CharField(max_length=12, choices=Audience)
    part = models.CharField(max_length=40, help_text="The field of the update.")
    text = models.TextField(max_length=400, blank=True)

    objects = TenantManager.from_queryset(HoldingTextQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "severity", "audience", "part"], name="holding_text_once")
        ]

    def __str__(self):
        return f"{self.severity}, {self.get_audience_display()}: {self.part}"
