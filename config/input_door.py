"""Turns away what no part of the product can read or store, before anything looks at it.

The two databases disagree about such input, and the framework answers some of it with an error of its own:
NUL, lone surrogates, broken UTF-8, forms too big to read, numbers too long for a column.
"""

import logging
import secrets
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, connection, transaction
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from config.errors import asked_by_program, page, problem

logger = logging.getLogger(__name__)

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class InputDoor:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            readable = is_readable(request)
        except RequestDataTooBig:
            return refuse(request, 413, "too_large", "The request is too large.")
        except (TooManyFieldsSent, TooManyFilesSent):
            return refuse(request, 413, "too_many_fields", "The request has too many fields.")
        except (MultiPartParserError, UnreadablePostError):
            return refuse(request, 400, "malformed", "The form could not be read.")
        if not readable:
            return refuse(request, 400, "unreadable_text", "The request contains text that cannot be stored.")
        return self.get_response(request)

    def process_exception(self, request, exception):
        """The second lock: what slipped through and broke the database is still the sender's mistake."""
        if not is_bad_input(exception):
            return None
        if connection.in_atomic_block:
            # The answer is no error to whoever opened the transaction, who would keep the broken half.
            transaction.set_rollback(True)
        reference = secrets.token_hex(4)
        logger.warning("Refused input %s at %s", reference, request.path, exc_info=exception)
        return refuse(request, 400, "unusable_value", f"A value cannot be used here (reference {reference}).")


def is_readable(request):
    return (
        is_storable(request.path_info)
        and is_utf8(request.META.get("QUERY_STRING", ""))
        and all_storable(request.GET)
        and (request.content_type not in FORM_TYPES or is_readable_form(request))
    )


def is_readable_form(request):
    if request.content_type == FORM_TYPES[0] and not is_utf8(request.body.replace(b"+", b" ")):
        return False
    return all_storable(request.POST) and all(is_storable(file.name or "") for file in request.FILES.values())


def all_storable(fields):
    return all(is_storable(name) and all(map(is_storable, values)) for name, values in fields.lists())


def is_storable(text: str) -> bool:
    """Neither NUL, which PostgreSQL cannot store, nor half a character, which nothing can encode."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_utf8(percent_encoded: str | bytes) -> bool:
    try:
        unquote_to_bytes(percent_encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def is_bad_input(exception: Exception) -> bool:
    return (
        isinstance(exception, (DataError, RecursionError))
        or (isinstance(exception, UnicodeEncodeError) and "surrogates not allowed" in str(exception))
        # SQLite's words for a number that PostgreSQL would refuse as a DataError.
        or (isinstance(exception, OverflowError) and "SQLite" in str(exception))
    )


def refuse(request, status, code, detail):
    if asked_by_program(request):
        title = "Request too large" if status == 413 else "Malformed request"
        return problem(status, code, title, detail)
    response = page(400, detail=detail)
    response.status_code = status
    return response
