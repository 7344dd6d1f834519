"""Turns a wait that took too long into "try again", for people and programs: nothing was saved, nothing is broken."""

import logging

from django.db import OperationalError, connection, transaction

from config.errors import asked_by_program, page, problem

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2
# PostgreSQL's states for a lock, a statement and a place in the pool that did not come in time.
TIMED_OUT = {"55P03", "57014"}


class Patience:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not waited_too_long(exception):
            return None
        if connection.in_atomic_block:
            transaction.set_rollback(True)
        logger.warning("Waited too long at %s", request.path, exc_info=exception)
        response = (
            problem(503, "busy", "Busy", "This took too long and nothing was saved. Try again in a moment.")
            if asked_by_program(request)
            else page(503)
        )
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def waited_too_long(exception: Exception) -> bool:
    """Whether the database gave up waiting; its other failures are ours to look into."""
    if not isinstance(exception, OperationalError):
        return False
    cause = exception.__cause__
    return getattr(cause, "sqlstate", None) in TIMED_OUT or "database is locked" in str(exception)
