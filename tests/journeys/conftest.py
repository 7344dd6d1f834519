"""A running installation with the cast in it, its mail and its texts, and browsers."""

import os

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.journeys.browsing import PATIENCE, Watched
from tests.journeys.installation import Installation
from tests.notifications.fakes import MailServer, SmsGateway

LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/journeys" in item.path.as_posix():
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def mail_server():
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sms_gateway():
    gateway = SmsGateway().start()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def installation(tmp_path_factory, mail_server, sms_gateway):
    """One for the whole session: a journey goes by its own incident."""
    outward = {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}", "SMS_GATEWAY_URL": sms_gateway.url}
    with Installation(tmp_path_factory.mktemp("installation"), **outward) as running:
        running.do("build")
        running.wait_until_ready(60)
        yield running


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """One that may be killed."""
    with Installation(tmp_path_factory.mktemp("own")) as running:
        running.do("build")
        yield running


@pytest.fixture(scope="module")
def chromium():
    """Started and stopped with the module: as long as it runs, this thread counts as inside an event loop."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=LAUNCH
        )
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium, installation):
    """`open_browser()` opens another one; options are those of a Playwright context."""
    opened = []

    def opens(**options):
        opened.append(Watched(chromium, installation.address, **options))
        return opened[-1]

    yield opens
    for each in opened:
        each.context.close()
