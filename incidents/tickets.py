"""Who may open a socket, and whether those who did still may: a socket outlives the page that opened it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import Http404, parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from teams.admission import admit_member, admit_token
from teams.models import ApiToken, Membership
from teams.tenancy import acting_in

from .models import Incident
from .models.timeline import Reach
from .models.workstreams import reach_of, restricted_in

LIFETIME = timedelta(hours=12)

# Why a socket ends, as `(reason, close code)`. With a reason the client is told not to come back by itself.
ACCESS_REMOVED = ("access-removed", 4403)
SIGNED_OUT = ("signed-out", 4401)
ASK_AGAIN = (None, 1012)


@dataclass(frozen=True)
class Ticket:
    """What somebody was admitted with, as of then. `incident_id` and `number` are None for the whole organisation."""

    organization_id: int
    membership_id: int
    person_id: int
    # Of the membership and of the person.
    epochs: tuple[int, int]
    reach: Reach
    incident_id: int | None = None
    number: int | None = None
    token_id: int | None = None
    session_key: str = ""
    session_hash: str = ""
    issued_at: datetime = field(default_factory=timezone.now)


def admit(slug, incident_number, *, cookie, authorization):
    """A ticket, or None for everybody else, be it a foreign incident, a private one or none at all.

    Both keywords are headers as they came; a token goes before a cookie.
    """
    session = SessionStore(parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME))
    admission = _admission(slug, session, authorization)
    if admission is None:
        return None
    membership = admission.membership
    found = {}
    if incident_number is not None:
        with acting_in(admission.organization):
            incidents = Incident.objects.visible_to(membership).filter(number=incident_number)
            incident = incidents.values("pk", "last_number").first()
            if incident is None:
                return None
            # After the number: whatever changes somebody's right from here on is an entry behind it.
            reach = reach_of(membership, restricted_in({incident["pk"]})[incident["pk"]])
        found = {"incident_id": incident["pk"], "number": incident["last_number"]}
    else:
        reach = reach_of(membership)
    if admission.token:
        found["token_id"] = admission.token.pk
    else:
        found |= {"session_key": session.session_key, "session_hash": session.get(HASH_SESSION_KEY, "")}
    return Ticket(
        organization_id=admission.organization.pk,
        membership_id=membership.pk,
        person_id=membership.person_id,
        epochs=(membership.epoch, membership.person.epoch),
        reach=reach,
        **found,
    )


def _admission(slug, session, authorization):
    if authorization:
        admission = admit_token(authorization)
        return admission if admission and admission.organization.slug == slug else None
    # Of a request it reads the session only, and checks it as for every page.
    user = get_user(SimpleNamespace(session=session))
    if not user.is_authenticated:
        return None
    try:
        return admit_member(user, slug)
    except Http404:
        return None


def expired(organization_id, tickets):
    """`{ticket: (reason, code)}` for the tickets that no longer hold. A few queries, however many tickets."""
    now = timezone.now()
    tokens = {ticket.token_id for ticket in tickets if ticket.token_id}
    keys = {ticket.session_key for ticket in tickets if ticket.session_key}
    with acting_in(organization_id):
        ids = {ticket.membership_id for ticket in tickets}
        members = Membership.objects.active().filter(pk__in=ids).select_related("person").in_bulk()
        tokens = set(ApiToken.objects.valid(now).filter(pk__in=tokens).values_list("pk", flat=True)) if tokens else ()
        shut_out = _shut_out({(ticket.incident_id, ticket.membership_id) for ticket in tickets}, members)
        restricted = restricted_in({ticket.incident_id for ticket in tickets if ticket.incident_id})
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=now)
    keys = set(sessions.values_list("session_key", flat=True)) if keys else ()
    hashes = {member.pk: member.person.get_session_auth_hash() for member in members.values()}
    ends = {}
    for ticket in tickets:
        member = members.get(ticket.membership_id)
        signed_in = ticket.token_id or (
            ticket.session_key in keys and member and constant_time_compare(ticket.session_hash, hashes[member.pk])
        )
        if member is None or (ticket.token_id and ticket.token_id not in tokens):
            ends[ticket] = ACCESS_REMOVED
        elif not signed_in:
            ends[ticket] = SIGNED_OUT
        elif (ticket.incident_id, member.pk) in shut_out:
            ends[ticket] = ACCESS_REMOVED
        elif (
            ticket.epochs != (member.epoch, member.person.epoch)
            or now - ticket.issued_at > LIFETIME
            or ticket.reach != reach_of(member, restricted[ticket.incident_id])
        ):
            ends[ticket] = ASK_AGAIN
    return ends


def _shut_out(pairs, members):
    """Those pairs of incident and member where the incident is private and the member may not see it."""
    incidents = {incident_id for incident_id, _ in pairs if incident_id}
    private = set(Incident.objects.filter(pk__in=incidents, private=True).values_list("pk", flat=True))
    return {
        (incident_id, member_id)
        for incident_id, member_id in pairs
        if incident_id in private
        and member_id in members
        and not Incident.objects.visible_to(members[member_id]).filter(pk=incident_id).exists()
    }
