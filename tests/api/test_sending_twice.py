"""`Idempotency-Key`: what is sent twice is done once, answered twice."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from incidents.models import Incident, Integration, Message
from teams.models import ApiToken, IdempotentRequest, Membership
from teams.tenancy import acting_in
from tests.cast import Program
from tests.factories import declare_incident, open_workstream

KEY = {"Idempotency-Key": "3f6c0a1e-retry"}


@pytest.fixture
def api(lena, program):
    return program(lena)


def test_the_same_request_again_is_answered_again_and_done_once(api):
    first = api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)
    second = api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)

    assert (second.status_code, second.json()) == (201, first.json())
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert Incident.objects.count() == 1


def test_without_a_key_the_same_request_is_done_again(api):
    for _ in range(2):
        assert api.post("/incidents/", {"title": "Checkout fails"}).status_code == 201

    assert Incident.objects.count() == 2


def test_another_key_is_another_request(api):
    for key in ("one", "two"):
        api.post("/incidents/", {"title": "Checkout fails"}, headers={"Idempotency-Key": key})

    assert Incident.objects.count() == 2


def test_the_same_key_with_another_body_is_refused(api):
    api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)

    answer = api.post("/incidents/", {"title": "Search fails"}, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert [incident.title for incident in Incident.objects.all()] == ["Checkout fails"]


def test_the_same_key_at_another_address_is_refused(api, lena):
    incident = declare_incident(lena)
    other = open_workstream(incident, by=lena)
    stream = incident.workstreams.in_order().first()
    api.post(f"/incidents/1/workstreams/{stream.pk}/messages/", {"text": "Hello"}, headers=KEY)

    answer = api.post(f"/incidents/1/workstreams/{other.pk}/messages/", {"text": "Hello"}, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Message.objects.count() == 1


def test_keys_belong_to_a_token(lena, tariq, program):
    for member in (lena, tariq):
        assert program(member).post("/incidents/", {"title": "Checkout fails"}, headers=KEY).status_code == 201

    assert Incident.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"title": ""}, 422),
        ({"title": "x", "severity": "sev9"}, 422),
    ],
)
def test_a_mistake_is_not_kept_so_the_key_can_be_used_once_it_is_mended(api, wrong, status):
    assert api.post("/incidents/", wrong, headers=KEY).status_code == status
    assert IdempotentRequest.objects.count() == 0

    assert api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY).status_code == 201


def test_a_refusal_is_not_kept_so_it_goes_through_with_a_reason(lena, tariq, program):
    declare_incident(lena)
    api = program(tariq)
    assert api.post("/incidents/1/severity/", {"severity": "sev1"}, headers=KEY).status_code == 409

    answer = api.post("/incidents/1/severity/", {"severity": "sev1", "waiver": "Lena sleeps"}, headers=KEY)

    assert answer.status_code == 200
    assert api.post("/incidents/1/severity/", {"severity": "sev1", "waiver": "Lena sleeps"}, headers=KEY).json() == (
        answer.json()
    )


def test_after_a_day_a_key_is_forgotten(api):
    api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)
    api.post("/incidents/", {"title": "Search fails"}, headers={"Idempotency-Key": "another"})

    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)["Idempotent-Replayed"] == "true"
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert "Idempotent-Replayed" not in api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY)
        assert [request.key for request in IdempotentRequest.objects.all()] == [KEY["Idempotency-Key"]]

    assert Incident.objects.count() == 3


def test_a_secret_that_is_shown_once_is_not_kept(api):
    first = api.post("/integrations/", {"kind": "generic"}, headers=KEY)
    second = api.post("/integrations/", {"kind": "generic"}, headers=KEY)

    key = first.json()["key"]
    assert second.json() == {**first.json(), "key": None}
    assert Integration.objects.with_key(key).count() == 1
    assert key not in IdempotentRequest.objects.get().body


def test_only_posts_are_remembered(api, lena):
    declare_incident(lena)

    for title in ("One", "Two"):
        assert api.patch("/incidents/1/", {"title": title}, headers=KEY).json()["title"] == title

    assert IdempotentRequest.objects.count() == 0


# --- Committed, and at the same moment ----------------------------------------------------------------------------


def at_once(count, act):
    """Call `act` in so many threads, all let go at the same moment; returns what each returned."""
    results, start = [None] * count, threading.Barrier(count)

    def run(place):
        try:
            start.wait()
            results[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def issue_key(organization, email):
    with acting_in(organization):
        return ApiToken.issue(Membership.objects.by_email(email).get())[1]


def test_a_fault_of_ours_leaves_neither_the_act_nor_the_key(committed_acme, monkeypatch):
    api = Program(issue_key(committed_acme, "lena@acme.test"))
    api.client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("incidents.api.incidents.read_incident", lambda *args: 1 / 0)
        assert api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY).status_code == 500

    with acting_in(committed_acme):
        assert IdempotentRequest.objects.count() == 0
        assert Incident.objects.count() == 0
    assert api.post("/incidents/", {"title": "Checkout fails"}, headers=KEY).status_code == 201


def test_sent_by_eight_at_the_same_moment_it_is_done_once(committed_acme):
    key = issue_key(committed_acme, "lena@acme.test")

    answers = at_once(8, lambda: Program(key).post("/incidents/", {"title": "Checkout fails"}, headers=KEY))

    done = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(refused) == 8
    assert len(done) >= 1
    assert len({answer.content for answer in done}) == 1
    assert [answer.json()["code"] for answer in refused] == ["still_running"] * len(refused)
    assert sum("Idempotent-Replayed" not in answer for answer in done) == 1
    with acting_in(committed_acme):
        assert Incident.objects.count() == 1


@pytest.mark.postgresql
def test_whoever_waits_longer_than_the_database_allows_is_told_to_ask_again(committed_acme):
    """The first request is held open in its transaction; the second gives up waiting for its key."""
    key = issue_key(committed_acme, "lena@acme.test")
    holding, done = threading.Event(), threading.Event()

    def hold():
        try:
            with acting_in(committed_acme):
                IdempotentRequest.objects.create(
                    token=ApiToken.objects.with_key(key).get(), key=KEY["Idempotency-Key"], method="POST", path="/"
                )
                holding.set()
                done.wait(30)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(10)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        answer = Program(key).post("/incidents/", {"title": "Checkout fails"}, headers=KEY)
    finally:
        done.set()
        holder.join()

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "still_running", "1")
    with acting_in(committed_acme):
        assert Incident.objects.count() == 0
