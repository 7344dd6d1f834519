"""Counting queries the same way on both databases: what reads or writes rows, not what frames a transaction."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

FRAMES = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config")


@contextmanager
def counted():
    """`with counted() as queries: …` and afterwards `len(queries)`."""
    queries = []
    with CaptureQueriesContext(connection) as captured:
        yield queries
    queries.extend(query["sql"] for query in captured if not query["sql"].startswith(FRAMES))
