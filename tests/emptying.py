"""Emptying the tables: not by Django's flush, which the append-only timeline refuses and which remakes permissions."""

from django.core.management.color import no_style
from django.db import connection

from incidents import append_only

# Made by the migrations, not by tests.
KEPT_TABLES = {"django_content_type", "auth_permission"}


def empty_tables(test_case=None):
    """Everything that tests have committed is gone; Django calls it with the test case."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    statements = connection.ops.sql_flush(no_style(), sorted(tables - KEPT_TABLES))
    append_only.unprotect(connection)
    connection.ops.execute_sql_flush(statements)
    append_only.protect(connection)
