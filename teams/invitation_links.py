"""Links that carry an invitation: what is mailed proves the address, what an administrator copies does not.

Both hold the invitation's key. The mailed one ends in a seal that only its mail has seen; whoever arrives with it reads
that mailbox. Without the difference, an administrator could invite somebody else's address, use the link themselves,
and own that address from then on, in every organisation.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from . import secrets
from .models import Invitation, Organization
from .models.membership import INVITATION_PREFIX
from .tenancy import acting_in

SEAL = "."
SALT = "teams.invitation_links"


def link_to_copy(key):
    """The address to hand over by other means than mail."""
    return settings.BASE_URL + reverse("teams:invite", kwargs={"key": key})


def link_to_mail(key):
    """The address whose use proves that the mail arrived. Show it to nobody else."""
    return link_to_copy(f"{key}{SEAL}{_seal(key)}")


def find(presented):
    """`(invitation, proven)` for what stands in a link, or `(None, False)`.

    The invitation comes with its organisation; open that one's scope before touching it. Not there, used up, expired,
    revoked and never valid are the same to whoever asks.
    """
    key, _, seal = presented.partition(SEAL)
    organization_id = secrets.organization_id_in(key, INVITATION_PREFIX)
    organization = organization_id and Organization.objects.filter(pk=organization_id).first()
    if not organization:
        return None, False
    with acting_in(organization):
        invitation = (
            Invitation.objects.with_key(key).select_related("organization", "invited_by__person", "function").first()
        )
    return invitation, invitation is not None and constant_time_compare(seal, _seal(key))


def _seal(key):
    return salted_hmac(SALT, key, algorithm="sha256").hexdigest()
