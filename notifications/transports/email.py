"""E-mail: one recipient per message, one connection per batch, and every answer of the server put in its class."""

import contextlib
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from ..models.deliveries import KEPT
from .base import Result, Transport

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class _Telling:
    """An SMTP session that remembers whether a message's text was on its way when the line went dead."""

    text_sent = False
    _in_data = False

    def sendmail(self, *args, **kwargs):
        self.text_sent = False
        return super().sendmail(*args, **kwargs)

    def data(self, message):
        self._in_data = True
        try:
            answer = super().data(message)
        finally:
            self._in_data = False
        return answer

    def send(self, content):
        # Within DATA, whatever is not the command itself is the text.
        if self._in_data and content not in (b"data\r\n", "data\r\n"):
            self.text_sent = True
        super().send(content)


class _TellingSMTP(_Telling, smtplib.SMTP):
    pass


class _TellingSMTPOverTLS(_Telling, smtplib.SMTP_SSL):
    pass


class TellingBackend(EmailBackend):
    """Django's backend over such a session."""

    @property
    def connection_class(self):
        return _TellingSMTPOverTLS if self.use_ssl else _TellingSMTP


class EmailTransport(Transport):
    def __init__(self):
        self.connection = TellingBackend() if settings.EMAIL_BACKEND == SMTP else get_connection()

    def close(self):
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.connection.close()

    def call(self, message):
        try:
            validate_email(message.address)
        except ValidationError:
            return Result.refused("This is not an address.")
        mail = compose(message)
        try:
            self.connection.open()
        except smtplib.SMTPAuthenticationError as trouble:
            return self._failed(Result.retry(f"The mail server refuses our sign-in: {_said(trouble)}", stop=True))
        except (smtplib.SMTPException, OSError) as trouble:
            return self._failed(Result.retry(f"The mail server cannot be reached: {_said(trouble)}", stop=True))
        try:
            self.connection.send_messages([mail])
        except (smtplib.SMTPException, OSError) as trouble:
            return self._failed(self._classified(trouble))
        if settings.EMAIL_URL or settings.EMAIL_BACKEND == SMTP:
            return Result.accepted("The mail server took it.")
        return Result.accepted("Kept: no mail server is set up.", provider_id=KEPT)

    def _failed(self, result):
        # Whatever state the session is in, the next message begins with a fresh one.
        self.close()
        return result

    def _classified(self, trouble):
        """Refused recipients and texts are final with 5xx; about the sender, our set-up, that may be mended."""
        if isinstance(trouble, smtplib.SMTPRecipientsRefused):
            code, answer = next(iter(trouble.recipients.values()))
            return _by_code(code, f"{code} {_text(answer)}")
        if isinstance(trouble, smtplib.SMTPDataError):
            return _by_code(trouble.smtp_code, _said(trouble))
        if isinstance(trouble, smtplib.SMTPResponseException):
            return Result.retry(_said(trouble), stop=True)
        if isinstance(trouble, smtplib.SMTPNotSupportedError):
            return Result.refused(f"The mail server cannot take this address: {trouble}")
        session = self.connection.connection
        if getattr(session, "text_sent", False):
            return Result.unknown(f"The line went dead after the text was sent: {_said(trouble)}")
        return Result.retry(f"The line went dead before the text was sent: {_said(trouble)}")


def compose(message):
    """The mail for one message. Its identifiers are the same at every attempt, so that a duplicate folds."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{message.identifier}@{host}>", "Auto-Submitted": "auto-generated"}
    if message.thread:
        headers["References"] = headers["In-Reply-To"] = f"<{message.thread}@{host}>"
    if message.unsubscribe:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    reply_to = [message.reply_to] if message.reply_to else None
    mail = EmailMultiAlternatives(
        message.subject, message.text, to=[message.address], headers=headers, reply_to=reply_to
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _by_code(code, answer):
    return Result.refused(answer) if code >= 500 else Result.retry(answer)


def _said(trouble):
    if isinstance(trouble, smtplib.SMTPResponseException):
        return f"{trouble.smtp_code} {_text(trouble.smtp_error)}"
    return str(trouble) or type(trouble).__name__


def _text(answer):
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
