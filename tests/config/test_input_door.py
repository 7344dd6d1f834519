"""What no part of the product can read is turned away before anything looks at it."""

import json

import pytest
from django.db import DataError
from django.http import HttpResponse
from django.test import RequestFactory

from config.input_door import InputDoor, is_storable

factory = RequestFactory()
FORM = "application/x-www-form-urlencoded"


def behind_the_door(request):
    return InputDoor(lambda request: HttpResponse("inside"))(request)


@pytest.mark.parametrize(
    "request_for",
    [
        lambda: factory.get("/o/acme/", {"q": "Ärger 🔥"}),
        lambda: factory.get("/o/acme/", {"q": "\ufffd"}),
        lambda: factory.post("/o/acme/", {"title": "Checkout fails", "summary": "one\r\ntwo\ttabs"}),
        lambda: factory.post("/o/acme/", "title=Z%C3%BCrich+is+down", content_type=FORM),
        lambda: factory.post("/api/v1/incidents/", '{"title": "\\u0000"}', content_type="application/json"),
    ],
)
def test_ordinary_input_passes(request_for):
    assert behind_the_door(request_for()).content == b"inside"


@pytest.mark.parametrize(
    "request_for",
    [
        lambda: factory.get("/o/ac%00me/"),
        lambda: factory.get("/o/acme/?q=%00"),
        lambda: factory.get("/o/acme/?%00=q"),
        lambda: factory.get("/o/acme/?q=%ED%A0%80"),
        lambda: factory.get("/o/acme/?q=%FF%FE"),
        lambda: factory.post("/o/acme/", "title=%00", content_type=FORM),
        lambda: factory.post("/o/acme/", "title=%ED%A0%80", content_type=FORM),
        lambda: factory.post("/o/acme/", b"title=\xff", content_type=FORM),
        lambda: factory.post("/o/acme/", {"title": "a\0b"}),
    ],
)
def test_what_cannot_be_stored_is_a_clear_400(request_for):
    answer = behind_the_door(request_for())

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


def test_programs_get_the_same_as_a_problem():
    answer = behind_the_door(factory.get("/api/v1/incidents/?status=%00"))

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content) == {
        "type": "about:blank",
        "status": 400,
        "code": "unreadable_text",
        "title": "Malformed request",
        "detail": "The request contains text that cannot be stored.",
    }


def test_a_form_too_large_to_read_is_a_413(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    assert behind_the_door(factory.post("/o/acme/", "title=" + "x" * 90, content_type=FORM)).status_code == 200
    assert behind_the_door(factory.post("/o/acme/", "title=" + "x" * 101, content_type=FORM)).status_code == 413


def test_a_form_with_too_many_fields_is_a_413(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2

    assert behind_the_door(factory.post("/o/acme/", "a=1&b=2", content_type=FORM)).status_code == 200
    assert behind_the_door(factory.post("/o/acme/", "a=1&b=2&c=3", content_type=FORM)).status_code == 413


def test_a_form_cut_off_in_the_middle_is_a_400():
    request = factory.post("/o/acme/", b"--x\r\nContent-Disp", content_type="multipart/form-data")

    assert behind_the_door(request).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        DataError("integer out of range"),
        RecursionError(),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
    ],
)
def test_a_value_that_breaks_the_database_is_the_senders_mistake(trouble):
    answer = InputDoor(None).process_exception(factory.post("/ingest/key/generic"), trouble)

    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "unusable_value"


@pytest.mark.parametrize(
    "trouble", [ValueError("our own mistake"), OverflowError("date value out of range"), KeyError()]
)
def test_our_own_mistakes_stay_ours(trouble):
    assert InputDoor(None).process_exception(factory.get("/o/acme/"), trouble) is None


def test_only_whole_characters_can_be_stored():
    assert [is_storable(text) for text in ("", "Zürich", "🔥", "\ufffd", "\n\t")] == [True] * 5
    assert [is_storable(text) for text in ("\0", "a\0b", "\ud800", "\udfff!")] == [False] * 4
