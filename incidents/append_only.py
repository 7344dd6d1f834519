"""The database itself refuses to change or remove a timeline entry, on both databases."""

from django.db import connections

TABLE = "incidents_timelineentry"
ACTS = ("UPDATE", "DELETE")

SQLITE = """CREATE TRIGGER IF NOT EXISTS timeline_refuses_{name} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, 'The timeline is append-only.'); END"""

POSTGRESQL = """CREATE OR REPLACE FUNCTION refuse_timeline_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'The timeline is append-only.' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE OR REPLACE TRIGGER timeline_refuses_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_timeline_change()"""


def protect(connection):
    """Put the triggers in place; safe to repeat."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tableowner = current_user FROM pg_tables WHERE tablename = %s", [TABLE])
            owned = cursor.fetchone()
            if owned and owned[0]:
                cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = 'timeline_refuses_change'")
                if not cursor.fetchone():
                    cursor.execute(POSTGRESQL.format(table=TABLE))
        else:
            for act in ACTS:
                cursor.execute(SQLITE.format(name=act.lower(), act=act, table=TABLE))


def unprotect(connection):
    """Remove SQLite's triggers, for tools that empty a whole database between tests. PostgreSQL truncates instead."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for act in ACTS:
                cursor.execute(f"DROP TRIGGER IF EXISTS timeline_refuses_{act.lower()}")


def install(sender=None, using="default", **kwargs):
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        protect(connection)
