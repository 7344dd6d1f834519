"""Copies of published status pages on disk, for the hour in which nothing else of us answers.

`DATA_DIR/status/<organisation>/current/` is one whole copy, changed for the next in one step; `hosts/<name>` says whose
page a host name shows. Any web server can serve them, and ours does when the database is away.
"""

import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.utils import timezone

from teams.tenancy import acting_in, everywhere

from .models import StatusPage
from .models.status_page import HOST
from .public_page import CALENDAR, HTML, JSON, PublicPage

SLUG = re.compile(r"[a-z0-9-]{1,40}")
TYPES = {
    ".html": HTML,
    ".json": JSON,
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".ics": CALENDAR,
}
# In every page, where a copy says how old it is.
MARK = b"<!-- copied -->"
TAKEN = "taken"


@dataclass(frozen=True)
class Copy:
    content_type: str
    body: bytes
    taken_at: datetime


def write(organization, now=None):
    """Copy the organisation's page, or remove the copy of one that is not published any more."""
    now = now or timezone.now()
    with acting_in(organization):
        page = PublicPage.of(organization, now)
        documents = {path: page.document(path).body for path in page.paths} if page else {}
        host = page.page.host if page else ""
    _point(organization.slug, host)
    if not documents:
        shutil.rmtree(_home(organization.slug), ignore_errors=True)
        return
    _replace(_home(organization.slug), {**documents, TAKEN: now.astimezone(UTC).isoformat().encode()})
    with acting_in(organization):
        StatusPage.objects.filter(organization=organization).update(copied_at=now)


def due(now):
    """Organisations whose copy is missing or old."""
    with everywhere("whose status page has to be copied anew"):
        return list(StatusPage.objects.to_copy(now).order_by("pk").values_list("organization_id", flat=True))


def read(slug, path):
    """The copy of a document, or None."""
    if not SLUG.fullmatch(slug):
        return None
    home = (_home(slug) / "current").resolve()
    file = (home / path).resolve()
    if not file.is_relative_to(home) or not file.is_file():
        return None
    try:
        return Copy(TYPES[file.suffix], file.read_bytes(), datetime.fromisoformat((home / TAKEN).read_text()))
    except (OSError, KeyError, ValueError):
        return None


def slug_of(host):
    """The organisation whose page a host name showed when it was copied last, or None."""
    if not HOST.fullmatch(host):
        return None
    try:
        return (_root() / "hosts" / host).read_text()
    except OSError:
        return None


def _root():
    return Path(settings.DATA_DIR) / "status"


def _home(slug):
    return _root() / slug


def _point(slug, host):
    hosts = _root() / "hosts"
    hosts.mkdir(parents=True, exist_ok=True)
    for other in hosts.iterdir():
        if other.name != host and other.read_text() == slug:
            other.unlink(missing_ok=True)
    if host:
        _write(hosts / host, slug.encode())


def _replace(home, files):
    """Write all files, then let one link lead to them: whoever reads gets all of the old or all of the new."""
    copy = home / token_hex(8)
    for path, body in files.items():
        file = copy / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    link = home / f"{copy.name}.link"
    link.symlink_to(copy.name)
    os.replace(link, home / "current")
    for older in home.iterdir():
        if older.is_dir() and not older.is_symlink() and older.name != copy.name:
            shutil.rmtree(older, ignore_errors=True)


def _write(path, body):
    unfinished = path.with_name(f".{path.name}.{token_hex(4)}")
    unfinished.write_bytes(body)
    os.replace(unfinished, path)
