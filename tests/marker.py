"""The marker scan: in every test of the suite, nothing that carries Globex's marker may reach anybody else.

Globex's people, incidents, messages, updates and alerts all hold one random word (`MARKER`). Whatever the
test client, a socket or the outbox hands out is searched for it unless the receiver belongs to Globex.
"""

import pytest
from channels.testing import WebsocketCommunicator
from django.core import mail
from django.test import Client

from teams.admission import memberships_of

MARKER = "7f3a9c2e5d8b1046"


def receiver_is_globex(request):
    membership = getattr(request, "membership", None)
    person = membership.person if membership else getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return False
    return any(each.organization.slug == "globex" for each in memberships_of(person))


def carries_marker(response):
    body = b"" if response.streaming else response.content
    return MARKER.encode() in body or any(MARKER in value for value in response.headers.values())


@pytest.fixture(autouse=True)
def nothing_of_globex_leaks(monkeypatch):
    leaks = []
    plain_request, plain_receive = Client.request, WebsocketCommunicator.receive_output

    def request(self, **environment):
        response = plain_request(self, **environment)
        if carries_marker(response) and not receiver_is_globex(response.wsgi_request):
            leaks.append(f"{response.wsgi_request.method} {response.wsgi_request.path}")
        return response

    async def receive_output(self, *args, **kwargs):
        event = await plain_receive(self, *args, **kwargs)
        if MARKER in str(event) and not self.scope["path"].startswith("/ws/o/globex/"):
            leaks.append(f"socket {self.scope['path']}")
        return event

    monkeypatch.setattr(Client, "request", request)
    monkeypatch.setattr(WebsocketCommunicator, "receive_output", receive_output)
    yield
    for message in getattr(mail, "outbox", []):
        outsiders = [address for address in message.recipients() if not address.endswith("@globex.test")]
        if outsiders and MARKER in f"{message.subject}{message.body}{message.extra_headers}":
            leaks.append(f"mail to {outsiders}")
    assert leaks == [], "Something of Globex reached somebody else."
