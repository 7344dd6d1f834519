"""Providers on this machine, for the tests of this directory."""

import pytest

from .fakes import MailServer, SmsGateway
from .quiet import hush


@pytest.fixture
def acme(acme):
    """Acme, while Globex keeps silent: on a slow machine its clocks fall due in the middle of a test of ours."""
    hush()
    return acme


@pytest.fixture
def mail_server(settings):
    server = MailServer().start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
    settings.EMAIL_TIMEOUT = 5
    yield server
    server.stop()


@pytest.fixture
def sms_gateway(settings):
    gateway = SmsGateway().start()
    settings.SMS_GATEWAY_URL = gateway.url
    yield gateway
    gateway.stop()
