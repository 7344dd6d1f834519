"""Audience groups: the people outside the room who hear one tier's updates, and who asked not to."""

from django.db import models
from django.utils import timezone

from playbooks.models import Audience
from teams.models import Function, Membership
from teams.models.catalogue import CatalogueModel
from teams.tenancy import TenantModel


class AudienceGroup(CatalogueModel):
    """Everybody in a function, everybody named, or both, who hear the updates of one tier."""

    audience = models.CharField(max_length=12, choices=Audience)
    function = models.ForeignKey(Function, models.SET_NULL, null=True, blank=True, related_name="+")
    stakeholders = models.BooleanField(default=False, help_text="Includes every member with the role stakeholder.")
    members = models.ManyToManyField(Membership, through="AudienceMember", related_name="audience_groups")
    by_email = models.BooleanField(default=True)
    by_sms = models.BooleanField(default=False)


class AudienceMember(TenantModel):
    """A member named in a group."""

    group = models.ForeignKey(AudienceGroup, models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "group", "membership"], name="audience_member_once")
        ]


class OptOut(TenantModel):
    """A stakeholder who wants no more mail for one tier. Looked at before every send, so it works at once."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    audience = models.CharField(max_length=12, choices=Audience)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "membership", "audience"], name="opt_out_once")]
