"""Lists come in pages that neither skip nor repeat, and cost the same however long the story is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Message, TimelineEntry, Workstream
from tests.factories import declare_incident, post_message


@pytest.fixture
def api(lena, program):
    return program(lena)


def walk(api, path):
    """Every row of a list, page by page, and how many pages there were."""
    rows, pages = [], 0
    while path:
        answer = api.get(path)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["results"]
        pages += 1
        path = answer.json()["next"] and answer.json()["next"].partition("/api/v1")[2]
    return rows, pages


def test_incidents_in_pages(api, lena):
    for number in range(5):
        declare_incident(lena, f"Number {number}")

    rows, pages = walk(api, "/incidents/?limit=2&status=open")

    assert [row["number"] for row in rows] == [5, 4, 3, 2, 1]
    assert pages == 3


def test_a_page_that_is_exactly_full_is_the_last(api, lena):
    for number in range(4):
        declare_incident(lena, f"Number {number}")

    assert walk(api, "/incidents/?limit=2")[1] == 2


def test_what_arrives_meanwhile_moves_nothing(api, lena):
    for number in range(4):
        declare_incident(lena, f"Number {number}")
    first = api.get("/incidents/?limit=2").json()
    declare_incident(lena, "Late")

    second = api.get(first["next"].partition("/api/v1")[2]).json()

    assert [row["number"] for row in first["results"] + second["results"]] == [4, 3, 2, 1]


def test_the_timeline_goes_upward_from_a_number_without_gaps(api, lena):
    incident = declare_incident(lena)
    for number in range(5):
        post_message(incident, f"Message {number}", by=lena)

    rows, _ = walk(api, "/incidents/1/timeline/?limit=4")
    late = api.get("/incidents/1/timeline/?after=7").json()["results"]

    incident.refresh_from_db()
    assert [row["number"] for row in rows] == list(range(1, incident.last_number + 1))
    assert [row["number"] for row in late] == list(range(8, incident.last_number + 1))


def test_the_timeline_says_what_sockets_say(api, lena):
    incident = declare_incident(lena)
    message = post_message(incident, "Replica lag is 2 s", by=lena)

    entry = api.get("/incidents/1/timeline/?kind=message_posted").json()["results"][0]

    assert set(entry) == {"number", "kind", "at", "first_said_at", "recorded_at", "actor", "details"}
    assert (entry["number"], entry["actor"]) == (message.entry.number, "lena@acme.test")
    assert (entry["details"]["text"], entry["details"]["message"]) == ("Replica lag is 2 s", message.pk)
    assert entry["at"].endswith("Z")


def test_the_timeline_by_function_and_kind(api, lena, mei):
    incident = declare_incident(lena)
    post_message(incident, by=mei)

    rows, _ = walk(api, "/incidents/1/timeline/?function=communications")

    assert {(row["actor"], row["kind"]) for row in rows} == {
        ("mei@acme.test", "participant_joined"),
        ("mei@acme.test", "message_posted"),
    }
    kinds = api.get("/incidents/1/timeline/?kind=declared,role_taken").json()["results"]
    assert [row["kind"] for row in kinds] == ["declared", "role_taken"]


def test_messages_are_walked_from_the_first_to_the_last(api, lena):
    incident = declare_incident(lena)
    stream = incident.workstreams.get()
    for number in range(5):
        post_message(incident, f"Message {number}", by=lena)

    rows, pages = walk(api, f"/incidents/1/workstreams/{stream.pk}/messages/?limit=2")

    assert [row["text"] for row in rows] == [f"Message {number}" for number in range(5)]
    assert pages == 3


# --- What it costs ----------------------------------------------------------------------------------


def fill(incident, lena, upto):
    """Entries with messages up to a number, written at once: what they cost to read is what counts here."""
    incident.refresh_from_db()
    stream = Workstream.objects.get(incident=incident)
    entries = [
        TimelineEntry(
            incident=incident,
            number=number,
            kind="message_posted",
            actor=lena,
            workstream=stream,
            visibility="room",
            happened_at=incident.declared_at,
            previous_hash="0",
            hash="0",
        )
        for number in range(incident.last_number + 1, upto + 1)
    ]
    entries = TimelineEntry.objects.bulk_create(entries)
    Message.objects.bulk_create(
        Message(incident=incident, workstream=stream, entry=entry, author=lena, text=f"Message {entry.number}")
        for entry in entries
    )
    incident.last_number = upto
    incident.save(update_fields=["last_number"])


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/incidents/1/", 23),
        ("/incidents/1/timeline/?limit=200", 12),
        ("/incidents/1/timeline/?after=5", 12),
        ("/incidents/1/workstreams/{stream}/messages/?limit=200", 9),
        ("/incidents/?limit=200", 8),
    ],
)
def test_a_long_story_costs_as_many_queries_as_a_short_one(api, lena, path, most):
    incident = declare_incident(lena)
    path = path.format(stream=incident.workstreams.get().pk)
    api.get("/me/")

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get(path).status_code == 200
        return len(captured)

    fill(incident, lena, 20)
    short = queries()
    fill(incident, lena, 1_000)

    assert queries() == short
    assert short <= most + (4 if connection.vendor == "postgresql" else 0)


def test_many_people_cost_as_many_queries_as_few(api, lena, tariq, mei, sam, ruth, ada):
    incident = declare_incident(lena)
    post_message(incident, by=lena)

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path).status_code == 200
        return len(captured)

    paths = [f"/incidents/1/{part}/" for part in ("participants", "timeline", "roles", "functions")] + ["/incidents/1/"]
    api.get("/me/")
    few = [queries(path) for path in paths]
    for member in (tariq, mei, sam, ruth, ada):
        post_message(incident, by=member)

    assert [queries(path) for path in paths] == few
