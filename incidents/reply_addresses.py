"""Addresses that replies to an update go to: each names one reader and one update, and nobody else can make one.

The local part of an address holds 64 characters and may arrive in other case, so the token is short and lower-case:
whole numbers and 128 bits of a keyed hash, where `django.core.signing` would be too long and mind the case.
"""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

SALT = "incidents.reply"
SEAL_LENGTH = 32
TOKEN = re.compile(r"\+([0-9a-z]{1,13})-([0-9a-z]{1,13})-([0-9a-z]{1,13})-([0-9a-f]{32})@", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """Whose reply it is, and to which update, as primary keys."""

    organization: int
    member: int
    update: int


def address_for(reply):
    """`questions+<token>@host` for one reader of one update; empty where no mail comes in."""
    local, _, host = settings.INBOUND_MAIL_ADDRESS.partition("@")
    return f"{local}+{_numbers(reply)}-{_seal(reply, settings.SECRET_KEY)}@{host}" if host else ""


def read(address):
    """The `Reply` that an address stands for, or None where nobody here has made it."""
    found = TOKEN.search(address)
    if not found:
        return None
    *numbers, seal = found.groups()
    reply = Reply(*(base36_to_int(number) for number in numbers))
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return reply if any(constant_time_compare(_seal(reply, key), seal.lower()) for key in keys) else None


def _numbers(reply):
    return "-".join(int_to_base36(number) for number in (reply.organization, reply.member, reply.update))


def _seal(reply, key):
    return salted_hmac(SALT, _numbers(reply), secret=key, algorithm="sha256").hexdigest()[:SEAL_LENGTH]
