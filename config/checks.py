"""What `manage.py check --deploy` says before a production installation hurts somebody."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import DatabaseError, connection

ROLE = """
    SELECT rolsuper, rolbypassrls, EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
    )
    FROM pg_roles WHERE rolname = current_user
"""


@register(Tags.security, deploy=True)
def several_processes(app_configs, **kwargs):
    """The one-process default is for trying and for small teams."""
    findings = []
    if not settings.REDIS_URL:
        findings.append(
            Warning(
                "REDIS_URL is not set: everything runs in one process.",
                hint="Queue and rate limits live in its memory. Set REDIS_URL, start worker and scheduler.",
                id="muster.W001",
            )
        )
    if connection.vendor == "sqlite":
        findings.append(
            Warning(
                "DATABASE_URL is not set: data lies in SQLite, without row-level security.",
                hint="Set DATABASE_URL to a PostgreSQL database prepared with deploy/postgresql.sql.",
                id="muster.W002",
            )
        )
    return findings


@register(Tags.security, deploy=True)
def messages_leave(app_configs, **kwargs):
    if settings.EMAIL_URL:
        return []
    return [
        Warning(
            "EMAIL_URL is not set: mail is kept on disk and reaches nobody.",
            hint="Set EMAIL_URL, for example smtp+tls://user:password@mail.example.com:587.",
            id="muster.W003",
        )
    ]


@register(Tags.security, deploy=True)
def secure_address(app_configs, **kwargs):
    """BASE_URL decides about secure cookies, redirects and the address in every message."""
    findings = []
    if not settings.PRODUCTION:
        findings.append(
            Error(
                "BASE_URL is not an https address: cookies would travel in the clear.",
                hint="Set BASE_URL to what people type, for example https://muster.example.com.",
                id="muster.E001",
            )
        )
    if urlsplit(settings.BASE_URL).hostname not in settings.ALLOWED_HOSTS:
        findings.append(
            Error(
                "ALLOWED_HOSTS does not contain the host of BASE_URL.",
                hint="Requests to your own address would be refused.",
                id="muster.E002",
            )
        )
    return findings


@register(Tags.security, deploy=True)
def powerless_role(app_configs, **kwargs):
    """Row-level security binds neither superusers nor, unless forced, the owner of a table."""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(ROLE)
            superuser, bypasses, owns_tables = cursor.fetchone()
    except DatabaseError as trouble:
        return [Error(f"The database does not answer: {trouble}", id="muster.E003")]
    findings = []
    if superuser or bypasses:
        findings.append(
            Error(
                "The role in DATABASE_URL is a superuser or bypasses row-level security.",
                hint="Serve as an ordinary role: see deploy/postgresql.sql.",
                id="muster.E004",
            )
        )
    if owns_tables and settings.DATABASE_OWNER_URL:
        findings.append(
            Error(
                "The role in DATABASE_URL owns tables, or belongs to a role that does.",
                hint="Only the role in DATABASE_OWNER_URL may: migrate with it, serve with the other.",
                id="muster.E005",
            )
        )
    if owns_tables and not settings.DATABASE_OWNER_URL:
        findings.append(
            Warning(
                "One PostgreSQL role both owns the tables and serves.",
                hint="Split them with DATABASE_OWNER_URL: see deploy/postgresql.sql.",
                id="muster.W004",
            )
        )
    return findings
