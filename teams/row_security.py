"""The third wall on PostgreSQL: policies that show a row only to the organisation that is active.

Applied after every migration by walking the models, so a new tenant table cannot be forgotten. Nothing here runs
on SQLite, which has the first two walls only (`docs/operating.md`).
"""

import environ
from django.conf import settings
from django.db import connections

from .tenancy import tenant_models

ORGANIZATION = "NULLIF(current_setting('muster.organization', true), '')"
# A CASE, because the text '*' of the queue scope must not reach the cast.
SAME_ORGANIZATION = f"organization_id = CASE WHEN {ORGANIZATION} = '*' THEN NULL ELSE {ORGANIZATION}::bigint END"
OWN_MEMBERSHIP = "person_id = NULLIF(current_setting('muster.person', true), '')::bigint"
QUEUE = "current_setting('muster.organization', true) = '*'"


def policies(model):
    """`{name: sql}` of the policies that a tenant model's table must carry."""
    table = model._meta.db_table
    wanted = {"muster_organization": f"USING ({SAME_ORGANIZATION}) WITH CHECK ({SAME_ORGANIZATION})"}
    if model.owned_by_person:
        wanted["muster_person"] = f"FOR SELECT USING ({OWN_MEMBERSHIP})"
    if model.queue:
        wanted["muster_queue"] = f"FOR SELECT USING ({QUEUE})"
    return {name: f'CREATE POLICY {name} ON "{table}" {body}' for name, body in wanted.items()}


def install(sender=None, using="default", **kwargs):
    """Enable, force and define the policies that are missing, and let the application role in."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (user,) = cursor.fetchone()
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tableowner = %s", [user]
        )
        owned = {table for (table,) in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()")
        present = set(cursor.fetchall())
        for model in tenant_models():
            table = model._meta.db_table
            if table not in owned:
                continue
            missing = [(name, sql) for name, sql in policies(model).items() if (table, name) not in present]
            if missing:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
                cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
            for _, sql in missing:
                cursor.execute(sql)
        admit_application(cursor, user, owned)


def admit_application(cursor, owner, owned):
    """Grant the serving role what it needs on the owner's tables: rows, never structure."""
    if not settings.DATABASE_OWNER_URL or not owned:
        return
    role = environ.Env.db_url_config(settings.DATABASE_URL)["USER"]
    if role == owner:
        return
    quoted = '"' + role.replace('"', '""') + '"'
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
