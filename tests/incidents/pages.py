"""Addresses of an incident's pages, and what they say."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

from django.db import connection
from django.test.utils import CaptureQueriesContext

HTMX = {"HX-Request": "true"}


def url_of(incident, rest=""):
    return f"/o/acme/incidents/{incident.number}/{rest}"


def words_of(response):
    """The page as it reads: no tags, single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def field_of(response, name):
    """The control of this name as it stands in the page, or None."""
    found = re.search(rf"<(?:input|textarea|select)[^>]*\bname=\"{name}\"[^>]*>", response.content.decode())
    return found[0] if found else None


def last_entry(incident):
    return incident.timeline.latest_first().first()


def queries_of(act):
    """How many questions an act asks the database, without what opens and closes a scope on PostgreSQL."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(1 for query in captured if "set_config" not in query["sql"] and "SAVEPOINT" not in query["sql"])


def all_at_once(act, count=8):
    """What an act returns to each of several people who do it at the same moment."""

    def in_a_thread(_):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as people:
        return list(people.map(in_a_thread, range(count)))
