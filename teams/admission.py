"""Who is let into which organisation: by session, by token, or to its administration."""

from dataclasses import dataclass

from django.http import Http404
from django.utils import timezone

from . import secrets
from .models import ApiToken, Membership, Organization
from .models.access import TOKEN_PREFIX
from .models.membership import ADMINISTRATORS
from .tenancy import acting_in, as_person

ADMINISTERED = "administered_organization"
# A cookie, not the session: pages must not cost a write because somebody looks at them.
LAST_VISITED = "organization"
# A token's last use is for people's eyes; a write for every request would cost more than it tells.
LAST_USE_PRECISION = timezone.timedelta(minutes=1)


@dataclass(frozen=True)
class Admission:
    """Proof that somebody may act in an organisation."""

    organization: Organization
    membership: Membership
    token: ApiToken | None = None


def admit_member(person, slug):
    """The person's admission to the organisation at this address; 404 for everybody else."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise Http404
    with acting_in(organization):
        membership = Membership.objects.active().with_people().filter(person=person).first()
    if membership is None:
        raise Http404
    return Admission(organization, membership)


def bearer(authorization):
    """The key in an `Authorization: Bearer …` header, or an empty string."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def admit_token(authorization):
    """The admission that a bearer token carries, or None when it is missing, unknown, expired or revoked."""
    key = bearer(authorization)
    organization_id = secrets.organization_id_in(key, TOKEN_PREFIX)
    organization = organization_id and Organization.objects.filter(pk=organization_id).first()
    if not organization:
        return None
    with acting_in(organization):
        token = (
            ApiToken.objects.with_key(key)
            .select_related("membership__person", "membership__function", "membership__domain")
            .first()
        )
        if token is None:
            return None
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > LAST_USE_PRECISION:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Admission(organization, token.membership, token)


def memberships_of(person):
    """Every active membership of a person, with its organisation, across organisations."""
    with as_person(person):
        return list(
            Membership.objects.active().filter(person=person).select_related("organization").order_by("joined_at")
        )


def own_memberships(request):
    """The signed-in person's memberships, read once a request."""
    if not hasattr(request, "_own_memberships"):
        request._own_memberships = memberships_of(request.user)
    return request._own_memberships


def last_visited(request):
    """The membership a signed-in person was last seen with in this browser, else their first, else None."""
    memberships = memberships_of(request.user)
    last = request.COOKIES.get(LAST_VISITED)
    return next((m for m in memberships if m.organization.slug == last), next(iter(memberships), None))


def administered_organization(request):
    """The organisation whose administration a session has open: the chosen one, else the first they administer."""
    administered = [m for m in own_memberships(request) if m.role in ADMINISTRATORS]
    chosen = request.session.get(ADMINISTERED)
    membership = next((m for m in administered if m.organization_id == chosen), None)
    if membership is None:
        if not administered:
            raise Http404
        membership = administered[0]
    return Admission(membership.organization, membership)
