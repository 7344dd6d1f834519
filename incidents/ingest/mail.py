"""The door for mail: a reply to an update becomes a question, once, and only from the person who got the update."""

import hashlib
import re
from email.utils import getaddresses, parseaddr

from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teams import secrets
from teams.admission import bearer
from teams.api.parsing import Malformed, TooLarge, read_json
from teams.api.problems import problem_response
from teams.errors import Refused
from teams.models import Membership, Organization
from teams.tenancy import acting_in

from .. import reply_addresses
from ..forms.acts import with_plain_line_ends
from ..models import Integration, Question, StatusUpdate
from ..models.alerts import INGEST_PREFIX
from ..models.questions import MAX_LENGTH

MAX_BYTES = 1_000_000
MAX_KEYS = 500
# What stands further down is what was replied to.
LONGEST_READ = 10 * MAX_LENGTH
FIELDS = ("to", "from", "message_id", "text")
# Where the reader's own words end: what is quoted, and what mail programs put before it.
QUOTE = re.compile(
    r"^(>|On .{5,200} wrote:\s*$|Am .{5,200} schrieb.{0,80}:\s*$"
    r"|-{2,} ?(Original Message|Forwarded message)|_{10,}\s*$|-- $)",
    re.MULTILINE | re.IGNORECASE,
)
# A machine that answers by itself asks nothing (RFC 3834).
AUTOMATIC = ("auto-replied", "auto-generated", "auto-notified")


@csrf_exempt
@require_POST
def inbound_mail(request):
    """`POST /api/v1/inbound-mail/` with the key of an integration for mail: 201 with the question that it became."""
    key = bearer(request.headers.get("Authorization", ""))
    organization_id = secrets.organization_id_in(key, INGEST_PREFIX)
    organization = organization_id and Organization.objects.filter(pk=organization_id).first()
    if not organization:
        return _stranger(key)
    with acting_in(organization):
        if not Integration.objects.with_key(key).filter(kind=Integration.Kind.MAIL).exists():
            return _stranger(key)
        try:
            mail = read_json(request.read(MAX_BYTES + 1), max_bytes=MAX_BYTES, max_keys=MAX_KEYS)
        except TooLarge as error:
            return problem_response(413, "too_large", str(error.detail))
        except Malformed as error:
            return problem_response(400, "malformed", str(error))
        return _taken(organization, mail)


def _taken(organization, mail):
    if problems := _problems_in(mail):
        return problem_response(422, "invalid", "This mail cannot be read.", errors=problems)
    if str(mail.get("auto_submitted", "no")).lower().partition(";")[0].strip() in AUTOMATIC:
        return JsonResponse({"status": "ignored", "message": "Sent by a machine."}, status=202)
    reply = _reply_to(organization, mail["to"])
    update = reply and StatusUpdate.objects.select_related("incident").filter(pk=reply.update).first()
    if update is None:
        return problem_response(422, "unknown_address", "No update has this address for replies.")
    member = Membership.objects.active().with_people().filter(pk=reply.member).first()
    if member is None or not _is_from(mail["from"], member):
        return problem_response(422, "unknown_sender", "Only the reader of an update asks by replying to it.")
    return _asked(update, member, mail)


def _asked(update, member, mail):
    incident = update.incident
    text = own_words(mail["text"])[:MAX_LENGTH]
    once = "mail-" + hashlib.sha256(mail["message_id"].strip().encode()).hexdigest()[:40]
    try:
        with transaction.atomic():
            entry = Question.ask(incident, text, by=member, key=once)
    except Refused as refused:
        return problem_response(409, refused.code, refused.sentence)
    answer = {"incident": incident.key, "question": f"Q{entry.details['number']}", "id": entry.details["question"]}
    return JsonResponse(answer, status=201)


def own_words(text):
    """What the reader wrote, without what they replied to."""
    text = with_plain_line_ends(text[:LONGEST_READ])
    quoted = QUOTE.search(text)
    return (text[: quoted.start()] if quoted else text).strip()


def _problems_in(mail):
    if not isinstance(mail, dict):
        return [{"field": "", "message": "Send an object."}]
    return [
        {"field": name, "message": "This is needed, as text."}
        for name in FIELDS
        if not isinstance(mail.get(name), str) or not mail[name].strip()
    ]


def _reply_to(organization, addresses):
    """The reply that one of the addresses stands for, made by this organisation; None for everything else."""
    replies = (reply_addresses.read(address) for _, address in getaddresses([addresses]))
    return next((reply for reply in replies if reply and reply.organization == organization.pk), None)


def _is_from(sender, member):
    """Whether it comes from an address that is proven to be this member's."""
    address = parseaddr(sender)[1].lower()
    return member.person.emailaddress_set.filter(email__iexact=address, verified=True).exists()


def _stranger(key):
    code = "authentication_failed" if key else "not_authenticated"
    response = problem_response(401, code, "The key of an integration for inbound mail is needed.")
    response["WWW-Authenticate"] = "Bearer"
    return response
