"""What people and programs see when a request comes to nothing."""

import json

import pytest
from django.test import Client, RequestFactory

from config import errors

factory = RequestFactory()


@pytest.mark.django_db
def test_a_page_that_is_not_there(client):
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_an_address_for_programs_that_is_not_there(client):
    answer = client.post("/ingest/nowhere/at/all", content_type="application/json")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "lena@acme.test"})

    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("answer_to", "status"),
    [(errors.bad_request, 400), (errors.permission_denied, 403), (errors.not_found, 404)],
)
def test_programs_get_problems(answer_to, status):
    answer = answer_to(factory.get("/api/v1/incidents/"), Exception())

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == status


def test_our_own_failure_is_told_without_asking_the_database():
    # No database in this test: a query would fail it.
    page = errors.server_error(factory.get("/o/acme/"))
    problem = errors.server_error(factory.get("/api/v1/incidents/"))

    assert (page.status_code, problem.status_code) == (500, 500)
    assert b"<h1" in page.content
    assert json.loads(problem.content)["code"] == "internal"
