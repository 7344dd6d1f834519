"""Founding an organisation: the organisation, its first owner, and a starter pack, in one transaction.

Apps further out add their part of the pack by listening to `organization_founded`.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal

from . import starter
from .models import Membership, Organization
from .models.membership import OrganizationRole
from .tenancy import acting_in

# Sent inside the transaction and the organisation's scope, with `organization=` and `functions={slug: Function}`.
organization_founded = Signal()

ATTEMPTS = 5


def found(name, *, owner, slug=None, time_zone="UTC", is_demo=False):
    """Create an organisation with its starter pack and its owner (a `Person`). Returns the owner's membership.

    Without a `slug` a free one is made from the name; with one that is taken or unfit, `ValidationError`.
    """
    details = {"name": name, "time_zone": time_zone, "is_demo": is_demo}
    for _ in range(0 if slug else ATTEMPTS):
        # Namesakes that are founded at the same moment find the same address free; the later one looks again.
        free = Organization.objects.free_slug(name)
        try:
            return _found(owner, slug=free, **details)
        except (IntegrityError, ValidationError):
            if not Organization.objects.filter(slug=free).exists():
                raise
    return _found(owner, slug=slug or Organization.objects.free_slug(name), **details)


@transaction.atomic
def _found(owner, **details):
    organization = Organization(**details)
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
