"""When the database gives up waiting for a lock, people and programs hear "try again", and nothing is half saved."""

import pytest
from django.db import OperationalError

from config.patience import waited_too_long


class LockNotAvailable(Exception):
    sqlstate = "55P03"


def too_late(*args, **kwargs):
    raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()


def broken(*args, **kwargs):
    raise OperationalError("the disk is on fire")


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr("incidents.views.new.declare", too_late)
    monkeypatch.setattr("incidents.api.incidents.declare", too_late)


def test_a_person_is_asked_to_try_again(slow, signed_in, lena):
    answer = signed_in(lena).post("/o/acme/declare/", {"title": "Odd", "severity": "", "key": "k"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Nothing of this was saved" in answer.content.decode()


def test_a_program_is_asked_to_try_again(slow, program, lena):
    answer = program(lena).post("/incidents/", {"title": "Odd"})

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "2", "busy")


@pytest.mark.parametrize(("fails", "patient"), [(too_late, True), (broken, False)])
def test_only_waiting_is_patience(fails, patient):
    with pytest.raises(OperationalError) as failure:
        fails()
    assert waited_too_long(failure.value) is patient


def test_a_locked_file_is_waiting_too():
    assert waited_too_long(OperationalError("database is locked"))
    assert not waited_too_long(ValueError("database is locked"))
