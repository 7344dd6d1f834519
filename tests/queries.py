"""Counting queries the same way on both databases, and trying one thing after another from the same start."""

from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

FRAMES = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config")


@contextmanager
def counted():
    """`with counted() as queries: …` and afterwards `len(queries)`: what reads or writes rows, not what frames them."""
    queries = []
    with CaptureQueriesContext(connection) as captured:
        yield queries
    queries.extend(query["sql"] for query in captured if not query["sql"].startswith(FRAMES))


@contextmanager
def undone():
    """Whatever happens inside has not happened afterwards: cheaper than a world of its own for every row of a table."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
