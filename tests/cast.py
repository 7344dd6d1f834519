"""The cast: the people and organisations that every test is about.

Acme: Lena leads, Tariq coordinates the backend, Mei speaks for the company, Sam listens to customers, Ruth is an
executive, Ada administers, Stan only wants to know. Globex: Omar, who must never see any of it, and whose own words
all carry a marker that nobody at Acme may ever receive.
"""

import time

import pytest
import time_machine
from django.db import connection
from django.test import Client

from teams.founding import found
from teams.models import ApiToken, Function, Membership, Organization, Person, Rota, Service
from teams.models.membership import OrganizationRole
from teams.tenancy import acting_in
from tests.emptying import empty_tables
from tests.globex import plant
from tests.marker import MARKER

PASSWORD = "correct horse battery"

# local part → (name, organisation role, function, telephone)
ACME = {
    "lena": ("Lena Fischer", "owner", "engineering", "+4915112345601"),
    "tariq": ("Tariq Haddad", "responder", "engineering", "+4915112345602"),
    "mei": ("Mei Tanaka", "responder", "communications", "+4915112345603"),
    "sam": ("Sam Okafor", "responder", "support", "+4915112345604"),
    "ruth": ("Ruth Meyer", "responder", "leadership", "+4915112345605"),
    "ada": ("Ada Novak", "admin", "product", "+4915112345606"),
    "stan": ("Stan Larsen", "stakeholder", "sales", ""),
}
GLOBEX = {"omar": (f"Omar {MARKER}", "owner", "engineering", "+4915112345699")}


def build_world():
    """Both organisations with their people, rotas and services."""
    _people("acme", "Acme", "acme.test", ACME)
    with acting_in(Organization.objects.get(slug="acme")):
        for slug, email in (("engineering", "tariq"), ("communications", "mei"), ("support", "sam")):
            Rota.objects.create(function=Function.objects.get(slug=slug), on_call=_member(f"{email}@acme.test"))
        for slug, name in (("checkout", "Checkout"), ("ledger", "Ledger"), ("search", "Search")):
            Service.objects.create(slug=slug, name=name)
    _people("globex", f"Globex {MARKER}", "globex.test", GLOBEX)
    with acting_in(Organization.objects.get(slug="globex")):
        plant(Organization.objects.get(slug="globex"), _member("omar@globex.test"))


def _people(slug, name, host, cast):
    owner, *others = cast.items()
    membership = found(name, owner=_person(owner, host), slug=slug)
    with acting_in(membership.organization):
        Membership.objects.update(phone=owner[1][3])
        for each in others:
            _, (_, role, function, phone) = each
            Membership.objects.create(
                person=_person(each, host),
                role=OrganizationRole(role),
                function=Function.objects.get(slug=function),
                phone=phone,
            )


def _person(entry, host):
    local, (name, *_) = entry
    person = Person.objects.create_user(f"{local}@{host}", PASSWORD, name=name)
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def _member(email):
    return Membership.objects.with_people().select_related("organization").get(person__email=email)


# Seconds for which a world stands: after some minutes what waits in it falls due, and answers into other tests.
STANDS_FOR = 90
# Between the clock that tests may turn and the one that they cannot.
OFFSET = time.time() - time.monotonic()


class Standing:
    """When the world was built, by the clock that nobody turns."""

    since = None

    @classmethod
    def is_fresh(cls):
        young = cls.since is not None and time.monotonic() - cls.since < STANDS_FOR
        return young and Organization.objects.filter(slug="acme").exists()

    @classmethod
    def build(cls):
        empty_tables()
        cls.since = time.monotonic()
        with time_machine.travel(OFFSET + cls.since):
            build_world()


@pytest.fixture
def world(django_db_setup, django_db_blocker):
    """Committed, and shared by the tests that roll back; built anew after one that committed and emptied the tables."""
    with django_db_blocker.unblock():
        if not connection.in_atomic_block:
            if not Standing.is_fresh():
                Standing.build()
        elif not Organization.objects.filter(slug="acme").exists():
            build_world()


@pytest.fixture
def acme(world, db):
    """Acme, the active organisation of the test."""
    organization = Organization.objects.get(slug="acme")
    with acting_in(organization):
        yield organization


@pytest.fixture
def committed_acme(world, transactional_db):
    """Acme for tests with several connections or processes: committed, and no scope opened around the test."""
    return Organization.objects.get(slug="acme")


@pytest.fixture
def globex(acme):
    """Globex; open its scope with `acting_in`."""
    return Organization.objects.get(slug="globex")


def _acme_member(local):
    @pytest.fixture(name=local)
    def member(acme):
        return _member(f"{local}@acme.test")

    return member


lena, tariq, mei, sam, ruth, ada, stan = map(_acme_member, ACME)


@pytest.fixture
def omar(globex):
    with acting_in(globex):
        return _member("omar@globex.test")


@pytest.fixture
def signed_in():
    """`signed_in(lena)` is a browser in which Lena is signed in."""

    def sign_in(membership):
        client = Client()
        client.force_login(membership.person)
        return client

    return sign_in


class Program:
    """A script that carries a member's token: `api.get("/incidents/")`, `api.post("/incidents/", {"title": …})`."""

    def __init__(self, key):
        self.client = Client(headers={"Authorization": f"Bearer {key}"})
        self.key = key

    def get(self, path, **kwargs):
        return self.client.get(f"/api/v1{path}", **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.client.post(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def put(self, path, body=None, **kwargs):
        return self.client.put(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def patch(self, path, body=None, **kwargs):
        return self.client.patch(f"/api/v1{path}", body or {}, content_type="application/json", **kwargs)

    def delete(self, path, **kwargs):
        return self.client.delete(f"/api/v1{path}", **kwargs)


@pytest.fixture
def program():
    """`program(lena)` acts over the API as Lena."""

    def carry(membership):
        with acting_in(membership.organization_id):
            _, key = ApiToken.issue(membership)
        return Program(key)

    return carry
