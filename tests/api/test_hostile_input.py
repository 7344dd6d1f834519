"""Input that breaks other servers: each answered with a clear 4xx, never a 500, and nothing is written."""

import json

import pytest
from django.test import Client

from incidents.models import Incident
from tests.factories import declare_incident

DEEP = 5_000


@pytest.fixture
def api(lena, program):
    return program(lena)


def send(api, data, path="/incidents/", **kwargs):
    return api.client.post(f"/api/v1{path}", data, **{"content_type": "application/json", **kwargs})


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"not json", 400),
        (b'{"title": "a\\u0000b"}', 400),
        (b'{"title": "a\x00b"}', 400),
        (b'{"title\\u0000": "x"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": "\\udfff x"}', 400),
        (b'{"\\ud800": 1, "title": "x"}', 400),
        (b'{"title": "\xff"}', 400),
        (b"\xfe\xff\x00{\x00}", 400),
        (b'{"title": NaN}', 400),
        (b'{"title": Infinity}', 400),
        (b'{"title": 1e400}', 400),
        (b'{"title": ' + b"9" * 5_000 + b"}", 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b"[" * DEEP + b"]" * DEEP, 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
        (b'{"title": "x", "services": [' + b",".join([b'"a"'] * 3_000) + b"]}", 400),
        (b'{"title": "' + b"x" * 300_000 + b'"}', 413),
        (b'{"title": "' + b"x" * 2_000_000 + b'"}', 413),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b"17", 422),
        (b'{"title": {"$ne": 1}}', 422),
        (b'{"title": ["x"]}', 422),
        (b'{"title": 17}', 201),
        (b'{"title": ""}', 422),
        (b'{"title": "   "}', 422),
        (b'{"title": "one\\ntwo"}', 422),
        (b'{"title": "bell \\u0007"}', 422),
        (b'{"title": "' + b"x" * 201 + b'"}', 422),
        (b'{"title": "x", "severity": "sev9"}', 422),
        (b'{"title": "x", "severity": 1}', 422),
        (b'{"title": "x", "services": "checkout"}', 422),
        (b'{"title": "x", "services": [null, {}, 1]}', 422),
        (b'{"title": "x", "scope": "galaxy"}', 422),
        (b'{"title": "x", "drill": "perhaps"}', 422),
        (b'{"title": "x", "__proto__": {}}', 422),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else str(value),
)
def test_a_body_that_cannot_be_used_is_a_clear_4xx(api, data, status):
    answer = send(api, data)

    assert answer.status_code == status
    if status != 201:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert Incident.objects.count() == 0


@pytest.mark.parametrize("key", [None, "a-key"])
def test_the_door_is_the_same_with_an_idempotency_key(api, key):
    headers = {"Idempotency-Key": key} if key else {}

    assert send(api, b'{"title": "a\\u0000b"}', headers=headers).status_code == 400
    assert send(api, b'{"title": "' + b"x" * 2_000_000 + b'"}', headers=headers).status_code == 413


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "naïve", "tab\tin it"])
def test_an_idempotency_key_that_is_none_is_a_400(api, key):
    answer = send(api, b'{"title": "x"}', headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert Incident.objects.count() == 0


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("text/plain", b"title=x"),
        ("", b'{"title": "x"}'),
        ("application/x-www-form-urlencoded", b"title=x"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nOdd\r\n--x--\r\n',
        ),
    ],
)
def test_anything_but_json_is_a_415(api, content_type, data):
    answer = send(api, data, content_type=content_type)

    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
    assert Incident.objects.count() == 0


def test_a_charset_beside_the_type_does_not_matter(api):
    assert send(api, b'{"title": "x"}', content_type="application/json; charset=utf-8").status_code == 201


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense"])
def test_whatever_a_program_would_like_it_gets_json(api, accept):
    answer = api.get("/incidents/", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/incidents/?limit=0", 422),
        ("/incidents/?limit=-1", 422),
        ("/incidents/?limit=ten", 422),
        ("/incidents/?limit=99999999999999999999", 422),
        ("/incidents/?limit=" + "9" * 5_000, 422),
        ("/incidents/?cursor=x", 422),
        ("/incidents/?cursor=-1", 422),
        ("/incidents/?cursor=9223372036854775807", 200),
        ("/incidents/?cursor=9223372036854775808", 422),
        ("/incidents/?since=yesterday", 422),
        ("/incidents/?since=0001-01-01T00:00:00%2B14:00", 422),
        ("/incidents/?since=9999-12-31T23:59:59-14:00", 422),
        ("/incidents/?drill=perhaps", 422),
        ("/incidents/?status=%00", 400),
        ("/incidents/?status=%ED%A0%80", 400),
        ("/incidents/?severity='%20OR%201=1--", 200),
        ("/incidents/?a=1&a=2&limit=2&limit=3", 200),
        ("/incidents/1/timeline/?after=-1", 422),
        ("/incidents/1/timeline/?after=99999999999999999999", 422),
        ("/incidents/1/timeline/?kind=nonsense", 422),
        ("/incidents/1/timeline/?function=nonsense", 200),
        ("/incidents/99999999999999999999/", 404),
        ("/incidents/" + "9" * 5_000 + "/", 404),
        ("/incidents/-1/", 404),
        ("/incidents/1/messages/99999999999999999999/", 404),
        ("/incidents/1/updates/0/", 404),
        ("/incidents/%00/", 400),
        ("/incidents/1", 404),
        ("/nonsense/", 404),
        ("/", 404),
    ],
)
def test_an_address_that_makes_no_sense_is_a_clear_4xx(api, lena, path, status):
    declare_incident(lena)

    answer = api.get(path)

    assert answer.status_code == status
    expected = "application/json" if status == 200 else "application/problem+json"
    assert answer["Content-Type"] == expected


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("status/", {"status": "merged"}),
        ("status/", {"status": "resolved", "reason": "x" * 1_001}),
        ("merge/", {"into": 2**40}),
        ("merge/", {"into": "x"}),
        ("merge/", {"into": -1}),
        ("roles/", {"role": "king", "member": "mei@acme.test"}),
        ("roles/", {"role": "lead", "member": "not an address"}),
        ("roles/", {"role": "lead", "member": "x" * 300 + "@acme.test"}),
        ("participants/", {}),
        ("participants/", {"member": None}),
        ("workstreams/", {"title": "x" * 121}),
        ("workstreams/", {"title": "x", "owner": ["tariq@acme.test"]}),
        ("alerts/", {"alert": 2**63 - 1}),
        ("updates/", {"audience": "technical", "body": []}),
        ("updates/", {"audience": "technical", "body": {"text": {"text": "x"}}}),
        ("updates/", {"audience": "technical", "body": {"text": None}}),
        ("updates/", {"audience": "technical", "body": {"text": "x" * 1_001}}),
        ("updates/", {"audience": "everybody", "body": {"text": "x"}}),
        ("updates/", {"audience": "technical", "body": {"text": "x"}, "next_update_at": "soon"}),
        ("updates/", {"audience": "technical", "body": {"text": "x"}, "next_update_at": "0001-01-01T00:00:00+14:00"}),
    ],
)
def test_values_that_make_no_sense_are_named(api, lena, path, body):
    incident = declare_incident(lena)
    before = incident.timeline.count()

    answer = api.post(f"/incidents/{incident.number}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"]
    assert incident.timeline.count() == before


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"])
def test_a_promise_out_of_reach_is_refused(api, lena, moment):
    incident = declare_incident(lena)
    body = {"audience": "technical", "body": {"text": "x"}, "next_update_at": moment}

    answer = api.post(f"/incidents/{incident.number}/updates/", body)

    assert (answer.status_code, answer.json()["code"]) in ((409, "next_update_far"), (409, "next_update_past"))


def test_fields_nobody_knows_are_named(api):
    answer = api.post("/incidents/", {"title": "Odd", "sevrity": "sev1", "priority": 1})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "sevrity", "message": "There is no such field."},
        {"field": "priority", "message": "There is no such field."},
    ]


def test_text_is_kept_as_people_wrote_it(api):
    title = "Zürich 🔥 قطع 'quotes' \"double\" <b>bold</b> & co. {{ 7 }} %s ${x}"

    declared = api.post("/incidents/", {"title": title}).json()

    assert declared["title"] == title


def test_letters_in_pieces_are_put_together(api):
    assert api.post("/incidents/", {"title": "Zu\u0308rich"}).json()["title"] == "Z\u00fcrich"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_method_that_is_not_there_is_a_405_problem(api, method):
    answer = getattr(api, method)("/incidents/")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_our_own_fault_is_a_problem_too(api, monkeypatch):
    api.client.raise_request_exception = False
    monkeypatch.setattr("incidents.api.incidents.declare", lambda *args, **kwargs: 1 / 0)

    answer = api.post("/incidents/", {"title": "x"})

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert json.loads(answer.content)["code"] == "internal"


def test_too_many_requests_are_told_when_to_come_back(api, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [api.get("/me/") for _ in range(5)]
    limited = answers[-1]

    assert (limited.status_code, limited["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(limited["Retry-After"]) <= 61
    assert limited["RateLimit-Remaining"] == "0"
    assert limited.json()["code"] == "too_many_requests"


def test_a_cache_that_is_away_stops_nobody(api, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError("nobody there")

    monkeypatch.setattr("teams.api.tokens.cache.add", away)

    assert api.get("/me/").status_code == 200


def test_somebody_elses_page_cannot_use_a_session_here(lena, signed_in):
    """The interface knows tokens only, so that a browser's cookie opens nothing."""
    assert signed_in(lena).get("/api/v1/me/").status_code == 401
    assert Client().get("/api/v1/me/").status_code == 401
