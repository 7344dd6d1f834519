"""Two people give one short name at the same moment: one has it, the other hears what they would have heard later."""

import threading
from contextlib import suppress
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from teams.models import ApiToken, Function, Membership, Service, Team
from teams.models.catalogue import CatalogueModel
from teams.tenancy import acting_in
from tests.cast import Program
from tests.incidents.pages import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(committed_acme):
    with acting_in(committed_acme):
        return Membership.objects.with_people().get(person__email="ada@acme.test")


@pytest.fixture
def both_have_looked(monkeypatch):
    """Nobody saves before both have found the name free."""
    barrier = threading.Barrier(2)
    plain = CatalogueModel._keep

    def wait_and_keep(self, **options):
        # On SQLite the first holds the only pen while it saves, and the second has looked and waits for it.
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=0.3 if connection.vendor == "sqlite" else 10)
        barrier.reset()
        return plain(self, **options)

    monkeypatch.setattr(CatalogueModel, "_keep", wait_and_keep)


def in_order(answers):
    return sorted(answers, key=lambda answer: answer.status_code)


def test_over_the_api(ada, committed_acme, both_have_looked):
    with acting_in(committed_acme):
        _, key = ApiToken.issue(ada)
    bodies = {"services": {}, "teams": {"function": "engineering"}, "roles": {}}

    for place, body in bodies.items():
        body["name"] = "Payments"
        created, refused = in_order(all_at_once(partial(Program(key).post, f"/{place}/", body), 2))

        assert (created.status_code, refused.status_code) == (201, 422)
        assert refused.json() == Program(key).post(f"/{place}/", body).json()
        assert refused.json()["errors"] == [{"field": "slug", "message": "This slug is in use."}]


def test_on_the_pages(ada, committed_acme, both_have_looked):
    with acting_in(committed_acme):
        engineering = Function.objects.get(slug="engineering").pk
    browsers = [browser_of(ada) for _ in range(2)]

    for place, model in {"services": Service, "teams": Team}.items():
        form = {"name": "Payments", "slug": "", "domain": "", "team": "", "function": engineering}
        waiting = iter(browsers)
        answers = all_at_once(lambda: next(waiting).post(f"/o/acme/{place}/new/", form), 2)  # noqa: B023

        added, refused = in_order(answers)
        assert (added.status_code, refused.status_code) == (302, 422)
        assert "Something else has this short name." in refused.content.decode()
        with acting_in(committed_acme):
            assert model.objects.filter(slug="payments").count() == 1


def test_in_the_administration(ada, committed_acme):
    with acting_in(committed_acme):
        engineering = Function.objects.get(slug="engineering").pk
    fields = {"name": "Payments", "slug": "payments", "description": "", "position": "1", "function": engineering}

    for model in ("function", "technicaldomain"):
        answers = all_at_once(lambda: browser_of(ada).post(f"/admin/teams/{model}/add/", fields), 3)  # noqa: B023

        # One is sent on to the list, the others get the form back, with what is wrong.
        assert [answer.status_code for answer in in_order(answers)] == [200, 200, 302]


def browser_of(membership):
    browser = Client()
    browser.force_login(membership.person)
    return browser
