"""`Idempotency-Key`: the same POST, sent again, is answered again and done once.

The key, the act and its answer are one transaction on both databases: whoever sends the same key meanwhile waits for
that transaction at the unique key and then gets its answer, and a process that dies leaves neither act nor key. What
changed nothing (every answer but a success) is not kept, so that the key may be used again once the mistake is mended.
"""

import hashlib
import json
import re
from datetime import timedelta

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.utils import timezone

from ..models import IdempotentRequest
from .problems import problem_response

KEY = re.compile(r"[!-~]{1,255}")
KEPT_FOR = timedelta(hours=24)
REPLAYED = "Idempotent-Replayed"


class IdempotencyMiddleware:
    """Stands inside the tenancy scope, around every view, so no POST of the interface can forget it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or request.token is None or key is None:
            return self.get_response(request)
        if not KEY.fullmatch(key):
            return problem_response(400, "malformed", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
        try:
            asked = fingerprint(request)
        except RequestDataTooBig:
            # The parser says so better.
            return self.get_response(request)
        with transaction.atomic():
            first, earlier = claim(request.token, key, asked)
            if first is None:
                return answer_again(earlier, asked)
            response = self.get_response(request)
            if 200 <= response.status_code < 300:
                keep(first, response)
            else:
                transaction.set_rollback(True)
        return response


def fingerprint(request):
    """What makes two requests the same: method, path and the bytes of the body."""
    return {
        "method": request.method,
        "path": request.get_full_path()[:500],
        "body_hash": hashlib.sha256(request.body).hexdigest(),
    }


def claim(token, key, asked):
    """`(row, None)` for the first request with this key, `(None, row)` for a later one; the row is None for both
    where the first one is still running after as long as the database lets us wait.
    """
    now = timezone.now()
    # Skipping what is locked: two requests of one token must not wait for each other's tidying.
    old = IdempotentRequest.objects.select_for_update(skip_locked=True).filter(
        token=token, started_at__lte=now - KEPT_FOR
    )
    mine = IdempotentRequest(token=token, key=key, started_at=now, **asked)
    try:
        with transaction.atomic():
            IdempotentRequest.objects.filter(pk__in=old.values("pk")).delete()
            IdempotentRequest.objects.bulk_create([mine], ignore_conflicts=True)
    except OperationalError:
        return None, None
    row = IdempotentRequest.objects.get(token=token, key=key)
    return (row, None) if row.status is None else (None, row)


def keep(row, response):
    """Remember the answer, or what the view put in its place as `kept`: a key that is shown once is not kept."""
    kept = getattr(response, "kept", None)
    row.status = response.status_code
    row.body = json.dumps(kept) if kept is not None else response.content.decode()
    row.save(update_fields=["status", "body"])


def answer_again(earlier, asked):
    if earlier is None:
        return problem_response(
            409,
            "still_running",
            "The first request with this Idempotency-Key is still running. Ask again in a moment.",
            headers={"Retry-After": "1"},
            waivable=False,
        )
    if any(getattr(earlier, name) != value for name, value in asked.items()):
        return problem_response(
            422,
            "key_reused",
            "This Idempotency-Key came with another request.",
            errors=[{"field": "Idempotency-Key", "message": "Use a new key for another request."}],
        )
    return HttpResponse(
        earlier.body,
        status=earlier.status,
        content_type="application/json",
        headers={REPLAYED: "true"},
    )
