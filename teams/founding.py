"""Founding an organisation: the organisation, its first owner, and a starter pack, in one transaction.

Apps further out add their part of the pack by listening to `organization_founded`.
"""

from django.db import transaction
from django.dispatch import Signal

from . import starter
from .models import Membership, Organization
from .models.membership import OrganizationRole
from .tenancy import acting_in

# Sent inside the transaction and the organisation's scope, with `organization=` and `functions={slug: Function}`.
organization_founded = Signal()


@transaction.atomic
def found(name, *, owner, slug=None, time_zone="UTC", is_demo=False):
    """Create an organisation with its starter pack and its owner (a `Person`). Returns the owner's membership."""
    organization = Organization(
        name=name, slug=slug or Organization.objects.free_slug(name), time_zone=time_zone, is_demo=is_demo
    )
    organization.full_clean()
    organization.save()
    with acting_in(organization):
        functions = starter.seed()
        organization_founded.send(Organization, organization=organization, functions=functions)
        membership = Membership.objects.create(
            person=owner, role=OrganizationRole.OWNER, function=functions["engineering"]
        )
        membership.organization = organization
    return membership
