"""Mail on a machine without a mail server: one file per message in `DATA_DIR/outbox`, and how to read it again."""

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

# The newest that a page shows.
SHOWN = 100
NAME = re.compile(r"^\d{8}-\d{6}-\d{6}-[0-9a-f]{8}\.eml$")
# Marks what an incident sent, as opposed to mail about somebody's account.
INCIDENT_HEADER = "References"


class EmailBackend(BaseEmailBackend):
    """Writes a message to a file of its own, whole or not at all."""

    _lock = threading.Lock()

    def send_messages(self, email_messages):
        directory = folder()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            with self._lock:
                path = directory / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{token_hex(4)}.eml"
                unfinished = path.with_suffix(".part")
                unfinished.touch(mode=0o600)
                unfinished.write_bytes(message.message().as_bytes(linesep="\r\n"))
                unfinished.rename(path)
        return len(email_messages)


@dataclass(frozen=True)
class KeptMail:
    """One message as a page shows it. `to` holds bare addresses in lower case."""

    at: datetime
    to: frozenset
    subject: str
    text: str
    of_incident: bool


def folder():
    return Path(settings.DATA_DIR) / "outbox"


def kept_mail(wanted):
    """The newest messages for which `wanted(KeptMail)` holds, newest first."""
    if not folder().is_dir():
        return []
    names = sorted((path.name for path in folder().iterdir() if NAME.match(path.name)), reverse=True)
    found = []
    for name in names:
        mail = _read(folder() / name)
        if mail and wanted(mail):
            found.append(mail)
            if len(found) == SHOWN:
                break
    return found


def _read(path):
    try:
        content = path.read_bytes()
    except OSError:
        return None
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain", "html"))
    return KeptMail(
        at=datetime.strptime(path.name[:22], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC),
        to=frozenset(address.addr_spec.lower() for field in message.get_all("To", ()) for address in field.addresses),
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body else "",
        of_incident=INCIDENT_HEADER in message,
    )
