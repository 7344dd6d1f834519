"""Three walls between organisations: the scope of a query, the person's reach, and the database's own policies."""

import asyncio

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef

from incidents.models import Incident, Obligation, TimelineEntry
from teams import row_security
from teams.admission import memberships_of
from teams.models import Function, Membership, Organization, Person
from teams.tenancy import (
    NoOrganization,
    TenantManager,
    TenantModel,
    WrongOrganization,
    acting_in,
    as_person,
    everywhere,
    tenant_models,
)
from tests.factories import declare_incident
from tests.globex import SAY_NOTHING
from tests.marker import MARKER
from tests.telling.fields import without

GLOBAL_MODELS = {
    # What tenant data is compared with, what a person has everywhere, and what the installation keeps for itself.
    "teams.Organization",
    "teams.Person",
    "notifications.CustomHost",
    "notifications.Heartbeat",
}
OURS = {"teams", "playbooks", "incidents", "notifications"}


@pytest.fixture
def outside(world, db):
    """No organisation is active."""


async def _collect(rows):
    return [row async for row in rows]


PATHS = {
    "list": lambda: list(Incident.objects.all()),
    "count": lambda: Incident.objects.count(),
    "exists": lambda: Incident.objects.exists(),
    "first": lambda: Incident.objects.first(),
    "get": lambda: Incident.objects.get(pk=1),
    "aggregate": lambda: Incident.objects.aggregate(n=Count("pk")),
    "annotate": lambda: list(Incident.objects.annotate(n=Count("timeline"))),
    "values": lambda: list(Incident.objects.values("title")),
    "values_list": lambda: list(Incident.objects.values_list("title", flat=True)),
    "dates": lambda: list(Incident.objects.dates("declared_at", "day")),
    "in_bulk": lambda: Incident.objects.in_bulk([1]),
    "iterator": lambda: list(Incident.objects.iterator()),
    "exclude": lambda: list(Incident.objects.exclude(title="x")),
    "order": lambda: list(Incident.objects.order_by("number")[:3]),
    "distinct": lambda: list(Incident.objects.distinct()),
    "union": lambda: list(Incident.objects.all().union(Incident.objects.all())),
    "subquery": lambda: list(Organization.objects.filter(pk__in=Incident.objects.values("organization"))),
    "exists_subquery": lambda: list(Person.objects.filter(Exists(Membership.objects.filter(person=OuterRef("pk"))))),
    "update": lambda: Incident.objects.update(title="x"),
    "delete": lambda: Incident.objects.all().delete(),
    "raw_delete": lambda: Incident.objects.all()._raw_delete("default"),
    "raw": lambda: list(Incident.objects.raw("SELECT * FROM incidents_incident")),
    "create": lambda: Function.objects.create(slug="x", name="x"),
    "bulk_create": lambda: Function.objects.bulk_create([Function(slug="x", name="x")]),
    "bulk_update": lambda: Function.objects.bulk_update([Function(pk=1, name="x")], ["name"]),
    "get_or_create": lambda: Function.objects.get_or_create(slug="x"),
    "update_or_create": lambda: Function.objects.update_or_create(slug="x"),
    "save": lambda: Function(pk=1, slug="x", name="x").save(),
    "explain": lambda: Incident.objects.all().explain(),
    "async exists": lambda: asyncio.run(Incident.objects.aexists()),
    "async for": lambda: asyncio.run(_collect(Incident.objects.exclude(title="x"))),
    "async first": lambda: asyncio.run(Incident.objects.afirst()),
}


@pytest.mark.parametrize("path", PATHS)
def test_no_path_reads_or_writes_without_an_organisation(outside, path):
    with pytest.raises(NoOrganization):
        PATHS[path]()


def test_building_a_query_outside_is_legal(outside):
    assert Incident.objects.filter(title="x").order_by("number") is not None


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_every_tenant_model_is_scoped_and_unique_inside_its_organisation(model):
    assert isinstance(model._default_manager, TenantManager)
    assert isinstance(model._base_manager, TenantManager)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert constraint.fields[0] == "organization"
    unique = [field.name for field in model._meta.concrete_fields if field.unique and not field.primary_key]
    # A one-to-one points at a tenant row, which is as good as starting with the organisation.
    assert all(model._meta.get_field(name).one_to_one for name in unique)


def test_every_model_of_ours_is_tenant_data_or_declared_global():
    undeclared = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and not issubclass(model, TenantModel)
    }
    # The framework's own tables behind `PermissionsMixin`.
    undeclared -= {"teams.Person_groups", "teams.Person_user_permissions"}
    assert undeclared == GLOBAL_MODELS


def test_inside_one_organisation_the_other_does_not_exist(lena, globex):
    with acting_in(globex):
        theirs = Incident.objects.get(title=f"Secret {MARKER}")

    assert not Incident.objects.filter(pk=theirs.pk).exists()
    assert list(Incident.objects.all()) == []
    assert declare_incident(lena).number == theirs.number


def test_every_field_of_words_holds_the_marker_there(globex):
    """So that the scan of every test finds whatever crosses over."""
    with acting_in(globex):
        assert without(lambda text: MARKER in text) - SAY_NOTHING.keys() == set()


def test_a_row_is_not_written_into_another_organisation(lena, globex):
    with pytest.raises(WrongOrganization):
        Function(organization=globex, slug="x", name="x").save()


def test_a_row_does_not_point_into_another_organisation(lena, omar):
    incident = declare_incident(lena)

    with pytest.raises(WrongOrganization):
        incident.participants.create(membership=omar)


def test_scopes_nest_and_return(acme, globex):
    own = set(Membership.objects.values_list("person__email", flat=True))
    with acting_in(globex):
        assert set(Membership.objects.values_list("person__email", flat=True)) == {"omar@globex.test"}
    assert set(Membership.objects.values_list("person__email", flat=True)) == own


def test_a_person_sees_their_memberships_and_nothing_else(lena, omar):
    with as_person(lena.person):
        assert [m.pk for m in Membership.objects.all()] == [lena.pk]
        with pytest.raises(NoOrganization):
            Incident.objects.exists()
    assert [m.organization.slug for m in memberships_of(omar.person)] == ["globex"]


def test_everywhere_opens_the_queues_and_nothing_else(lena, omar):
    declare_incident(lena)

    with everywhere("find what is due"):
        organizations = set(Obligation.objects.values_list("organization_id", flat=True))
        with pytest.raises(NoOrganization):
            Incident.objects.exists()

    assert organizations == {lena.organization_id, omar.organization_id}


def test_everywhere_wants_a_reason(acme):
    with pytest.raises(ValueError, match="Say why"):
        everywhere("")


# --- Row-level security ---------------------------------------------------------------------------

pg = pytest.mark.postgresql


def _rows(table):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT organization_id FROM "{table}"')
        return {row for (row,) in cursor.fetchall()}


@pg
def test_every_tenant_table_has_forced_policies(acme):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname FROM pg_policies")
        present = set(cursor.fetchall())

    for model in tenant_models():
        table = model._meta.db_table
        assert table in forced
        assert {(table, name) for name in row_security.policies(model)} <= present


@pg
def test_the_suite_runs_as_a_role_that_policies_bind(acme):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pg
def test_raw_sql_finds_only_the_active_organisation(lena, omar, globex):
    declare_incident(lena)

    assert _rows("incidents_incident") == {lena.organization_id}
    with acting_in(globex):
        assert _rows("incidents_incident") == {omar.organization_id}
    with everywhere("look at a table that is no queue"):
        assert _rows("incidents_incident") == set()


@pg
def test_raw_sql_outside_of_any_scope_finds_nothing(outside):
    assert _rows("teams_membership") == set()


@pg
def test_raw_sql_cannot_insert_for_another_organisation(acme, globex):
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO teams_function (organization_id, slug, name, description, position)"
            " VALUES (%s, 'x', 'x', '', 0)",
            [globex.pk],
        )


@pg
def test_a_query_that_escapes_the_manager_is_still_walled_in(globex):
    escaped = models.QuerySet(Incident).all()
    assert list(escaped) == []
    assert Organization.objects.filter(pk=globex.pk).annotate(n=Count(F("pk"))).get().n == 1
    assert models.QuerySet(TimelineEntry).count() == 0
