"""What every page knows: the organisation, the viewer's membership, and where else they belong."""

from django.utils.functional import SimpleLazyObject

from .admission import own_memberships


def tenancy(request):
    person = getattr(request, "user", None)
    signed_in = person is not None and person.is_authenticated
    return {
        "organization": getattr(request, "organization", None),
        "membership": getattr(request, "membership", None),
        "memberships": SimpleLazyObject(lambda: own_memberships(request)) if signed_in else [],
    }
