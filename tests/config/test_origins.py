"""Which sockets may knock."""

import pytest

from config.origins import OriginGate, admits

COOKIE = (b"cookie", b"sessionid=abc")
TOKEN = (b"authorization", b"Bearer mst_abc")
OURS = "http://testserver:8000"


@pytest.fixture(autouse=True)
def address(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://muster.example.com"]


def knock(*headers, origins=(), host="testserver:8000", scheme="ws"):
    named = [(b"host", host.encode())] if host else []
    named += [(b"origin", origin.encode()) for origin in origins]
    return {"type": "websocket", "scheme": scheme, "headers": [*named, *headers]}


@pytest.mark.parametrize("origin", [OURS, "https://muster.example.com", "https://muster.example.com:443", OURS.upper()])
def test_a_browser_on_our_own_page_is_let_in(origin):
    assert admits(knock(COOKIE, origins=[origin]))


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example:8000"],
        ["https://testserver:8000"],
        ["http://testserver:8001"],
        ["http://testserver"],
        ["null"],
        [],
        [""],
        ["http://testserver:8000.evil.example"],
        ["http://evil.example#http://testserver:8000"],
        ["http://testserver:8000@evil.example"],
        ["http://testserver:8000/"],
        ["http://testserver:port"],
        ["http://[testserver:8000"],
        [OURS, "http://evil.example"],
        [OURS, OURS],
        ["http://muster.example.com"],
        ["https://evil.muster.example.com"],
    ],
)
@pytest.mark.parametrize("credentials", [[COOKIE], [COOKIE, TOKEN], []], ids=["cookie", "both", "neither"])
def test_a_strangers_page_is_turned_away(origins, credentials):
    assert not admits(knock(*credentials, origins=origins))


def test_a_program_with_a_token_needs_no_origin():
    assert admits(knock(TOKEN))
    assert not admits(knock(TOKEN, TOKEN))
    assert not admits(knock((b"authorization", b"Basic bGVuYTpwYXNz")))


def test_a_host_that_is_not_ours_vouches_for_nobody():
    assert not admits(knock(COOKIE, origins=["http://rebound.example"], host="rebound.example"))
    assert not admits(knock(COOKIE, origins=[OURS], host=None))


def test_behind_https_only_https_pages_are_ours(settings):
    settings.PRODUCTION = True

    assert admits(knock(COOKIE, origins=["https://testserver:8000"]))
    assert not admits(knock(COOKIE, origins=[OURS]))


async def test_the_turned_away_never_reach_the_application():
    reached, sent = [], []

    async def application(scope, receive, send):
        reached.append(scope)

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    gate = OriginGate(application)
    await gate(knock(COOKIE, origins=[OURS]), receive, send)
    await gate(knock(COOKIE, origins=["null"]), receive, send)

    assert len(reached) == 1
    assert sent == [{"type": "websocket.close"}]
