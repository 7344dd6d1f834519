"""A provider that knows no keys: what may have arrived is looked for before it is sent again."""

import json
import threading
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from notifications.transports import sms
from notifications.transports.base import Message

TEXT = "SEV1 INC-1: Declared. Checkout fails http://127.0.0.1:8000/o/acme/incidents/1/"


class Provider:
    """`messages` is the account's list; `status` is what a new message or a look at the list is answered with."""

    def __init__(self):
        self.messages, self.posted, self.looked = [], [], []
        self.post_status, self.list_status = 201, 200
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                provider.posted.append({name: value[0] for name, value in form.items()})
                provider.answer(self, provider.post_status, {"sid": f"SM{len(provider.posted)}"})

            def do_GET(self):
                provider.looked.append(parse_qs(urlsplit(self.path).query))
                provider.answer(self, provider.list_status, {"messages": provider.messages})

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def answer(self, handler, status, body):
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


@pytest.fixture
def provider(settings, monkeypatch):
    settings.SMS_GATEWAY_URL = ""
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = "AC1", "secret", "+15550100"
    provider = Provider()
    monkeypatch.setattr(sms.Twilio, "api", f"http://127.0.0.1:{provider.server.server_address[1]}")
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


def send(**fields):
    message = Message("id", "+4915112345602", "subject", "text", TEXT, first_at=timezone.now(), **fields)
    with sms.sms_transport() as transport:
        return transport.send(message)


def listed(body=TEXT, age=timedelta(0), **fields):
    return {"sid": "SM9", "body": body, "status": "delivered", **fields} | {
        "date_created": format_datetime(timezone.now() - age)
    }


def test_a_message_is_sent_once_and_its_number_kept(provider):
    result = send()

    assert (str(result.outcome), result.provider_id) == ("accepted", "SM1")
    assert provider.posted == [{"To": "+4915112345602", "From": "+15550100", "Body": TEXT}]
    assert provider.looked == []


def test_what_arrived_after_all_is_not_sent_again(provider):
    provider.messages = [listed(body="Something else"), listed()]

    result = send(doubtful=True)

    assert (str(result.outcome), result.provider_id) == ("accepted", "SM9")
    assert provider.posted == []


@pytest.mark.parametrize(
    "message", [listed(body="Something else"), listed(age=timedelta(hours=2)), listed(status="failed")]
)
def test_what_did_not_arrive_is_sent_again(provider, message):
    provider.messages = [message]

    result = send(doubtful=True)

    assert (str(result.outcome), len(provider.posted)) == ("accepted", 1)


def test_while_the_list_cannot_be_read_nothing_is_sent_again(provider):
    provider.list_status = 503

    result = send(doubtful=True)

    assert (str(result.outcome), provider.posted) == ("unknown", [])


@pytest.mark.parametrize(("status", "outcome"), [(429, "retry"), (500, "retry"), (400, "refused"), (401, "refused")])
def test_a_refusal_has_its_class(provider, status, outcome):
    provider.post_status = status

    assert str(send().outcome) == outcome


def test_without_any_gateway_a_message_is_kept(settings):
    settings.SMS_GATEWAY_URL = settings.TWILIO_ACCOUNT_SID = ""

    assert str(send().outcome) == "accepted"
    assert send().provider_id == "kept"


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30), ("0", 0), ("999999999", 3600), ("soon", None), ("", None), (None, None)]
)
def test_how_long_to_wait_is_read_from_what_is_said(header, seconds):
    assert sms.retry_after(header) == seconds


def test_how_long_to_wait_may_be_a_date():
    assert 55 <= sms.retry_after(format_datetime(timezone.now() + timedelta(seconds=60))) <= 60
