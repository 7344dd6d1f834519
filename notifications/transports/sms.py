"""Text messages: through a gateway of one's own, through Twilio, or kept where there is neither."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from django.utils import timezone
from urllib3.exceptions import NewConnectionError

from ..models.deliveries import KEPT
from .base import CALL_SECONDS, Result, Transport

TIMEOUTS = (5, CALL_SECONDS)
TRY_LATER = (408, 425, 429)
# Never wait longer than this because a provider says so.
LONGEST_WAIT = 3600
# Clocks differ; a message is looked for from a little before its first attempt.
SKEW = timedelta(minutes=2)


def sms_transport():
    """The way out for text messages, as the installation is set up."""
    if settings.SMS_GATEWAY_URL:
        return Gateway()
    if settings.TWILIO_ACCOUNT_SID:
        return Twilio()
    return Kept()


class Kept(Transport):
    """Nobody to give it to: it stays in the log, and can be read there."""

    def __init__(self, because="Kept: no SMS gateway is set up."):
        self.because = because

    def call(self, message):
        return Result.accepted(self.because, provider_id=KEPT)


class HttpTransport(Transport):
    """Speaks HTTP over one session, without following redirects and without reading what is not needed."""

    at_once = 8

    def __init__(self):
        self.session = requests.Session()

    def close(self):
        self.session.close()

    def _request(self, method, url, **options):
        """`(response, None)`, or `(None, result)` where no response came."""
        try:
            return self.session.request(method, url, timeout=TIMEOUTS, allow_redirects=False, **options), None
        except requests.exceptions.RequestException as trouble:
            if _never_left(trouble):
                return None, Result.retry(f"The gateway cannot be reached: {trouble}", stop=True)
            return None, Result.unknown(f"No answer came: {trouble}")

    def _classified(self, response, provider_id=""):
        """2xx is accepted, 408, 425, 429 and 5xx are tried later, everything else is final."""
        answer = f"{response.status_code} {response.reason or ''}".strip()
        if 200 <= response.status_code < 300:
            return Result.accepted(answer, provider_id=provider_id)
        if response.status_code in TRY_LATER or response.status_code >= 500:
            return Result.retry(answer, retry_after=retry_after(response.headers.get("Retry-After")))
        return Result.refused(answer)


class Gateway(HttpTransport):
    """One POST per message. The gateway knows messages by their key, so an unanswered one may be sent again."""

    doubts = 6

    def call(self, message):
        body = {"id": message.identifier, "to": message.address, "text": message.short}
        response, failure = self._request(
            "POST",
            settings.SMS_GATEWAY_URL,
            json=body,
            headers={"Idempotency-Key": message.identifier},
            stream=True,
        )
        if failure:
            return failure
        with response:
            return self._classified(response)


class Twilio(HttpTransport):
    """Knows no keys: a message that may have arrived is looked for in the account's list before it is sent again."""

    api = "https://api.twilio.com"
    at_once = 4
    doubts = 6

    def call(self, message):
        if message.doubtful:
            found, failure = self._find(message)
            if failure:
                return Result.unknown(f"Whether it arrived could not be asked: {failure.answer}")
            if found:
                return Result.accepted("It had arrived: found in the provider's list.", provider_id=found)
        response, failure = self._request(
            "POST",
            self._messages,
            auth=self._account,
            data={"To": message.address, "From": settings.TWILIO_FROM, "Body": message.short},
        )
        if failure:
            return failure
        return self._classified(response, _field(response, "sid"))

    def _find(self, message):
        """`(sid or "", None)` of the same text to the same number since the first attempt, or `(None, failure)`."""
        response, failure = self._request(
            "GET",
            self._messages,
            auth=self._account,
            params={
                "To": message.address,
                "From": settings.TWILIO_FROM,
                "DateSent>": f"{(message.first_at - SKEW).astimezone(UTC):%Y-%m-%d}",
                "PageSize": 100,
            },
        )
        if failure or not response.ok:
            return None, failure or self._classified(response)
        listed = _field(response, "messages") or []
        since = message.first_at - SKEW
        return next((each["sid"] for each in listed if _is_same(each, message, since)), ""), None

    @property
    def _messages(self):
        return f"{self.api}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"

    @property
    def _account(self):
        return settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN


def _never_left(trouble):
    """Whether the request cannot have arrived: there was no connection to send it over."""
    if isinstance(
        trouble,
        requests.exceptions.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError,
    ):
        return True
    cause = trouble.args[0] if trouble.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _is_same(listed, message, since):
    if listed.get("body") != message.short or listed.get("status") in ("failed", "canceled"):
        return False
    created = _moment(listed.get("date_created"))
    return created is None or created >= since


def _field(response, name):
    try:
        content = response.json()
    except ValueError:
        return ""
    return content.get(name, "") if isinstance(content, dict) else ""


def _moment(text):
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def retry_after(header):
    """Seconds to wait, from a number or a date; None where nothing sensible is said."""
    if not header:
        return None
    if header.strip().isdecimal():
        seconds = int(header.strip()[:9])
    elif moment := _moment(header):
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - timezone.now()).total_seconds()
    else:
        return None
    return min(max(seconds, 0), LONGEST_WAIT)
