"""What `check --deploy` says before a production installation hurts somebody."""

import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection

from config import checks


def found(check):
    return [finding.id for finding in check(None)]


def test_the_one_process_default_is_named_for_what_it_is(settings):
    settings.REDIS_URL = ""
    assert "muster.W001" in found(checks.several_processes)

    settings.REDIS_URL = "redis://127.0.0.1/0"
    assert "muster.W001" not in found(checks.several_processes)


def test_sqlite_is_named_and_postgresql_is_not():
    assert ("muster.W002" in found(checks.several_processes)) == (connection.vendor == "sqlite")


def test_mail_that_reaches_nobody(settings):
    settings.EMAIL_URL = ""
    assert found(checks.messages_leave) == ["muster.W003"]

    settings.EMAIL_URL = "smtp://mail.example.com"
    assert found(checks.messages_leave) == []


def test_an_address_that_is_safe_and_answered(settings):
    settings.PRODUCTION, settings.BASE_URL, settings.ALLOWED_HOSTS = False, "http://muster.example.com", []
    assert found(checks.secure_address) == ["muster.E001", "muster.E002"]

    settings.PRODUCTION, settings.BASE_URL = True, "https://muster.example.com"
    settings.ALLOWED_HOSTS = ["muster.example.com"]
    assert found(checks.secure_address) == []


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_serving_role_is_bound_by_row_level_security():
    assert found(checks.powerless_role) == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_owner_would_not_be():
    assert powers_of(configured.DATABASE_OWNER_URL) == {"superuser": False, "bypasses": False, "owns_tables": True}
    assert powers_of(configured.DATABASE_URL) == {"superuser": False, "bypasses": False, "owns_tables": False}


def powers_of(url):
    with psycopg.connect(url, dbname=connection.settings_dict["NAME"]) as role:
        return dict(zip(("superuser", "bypasses", "owns_tables"), role.execute(checks.ROLE).fetchone(), strict=True))
