"""The timeline is append-only, numbered without gaps, and sealed: tampering shows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from incidents.models import Incident, Message, TimelineEntry
from incidents.models.timeline import first_break
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, post_message


@pytest.fixture
def incident(lena):
    incident = declare_incident(lena)
    for word in ("one", "two", "three"):
        post_message(incident, word, by=lena)
    return Incident.objects.get(pk=incident.pk)


def test_numbers_run_without_a_gap(incident):
    numbers = list(incident.timeline.in_order().values_list("number", flat=True))

    assert numbers == list(range(1, incident.last_number + 1))
    assert incident.first_break() is None


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_change_the_past(incident, act):
    attempts = {
        "update": lambda: incident.timeline.update(details={"title": "It never happened"}),
        "delete": lambda: incident.timeline.filter(number=2)._raw_delete("default"),
    }
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        attempts[act]()


def test_a_rolled_back_verb_leaves_no_number_behind(incident, lena):
    before = incident.last_number
    with transaction.atomic():
        post_message(incident, "gone", by=lena)
        transaction.set_rollback(True)
    post_message(incident, "here", by=lena)

    incident.refresh_from_db()
    assert incident.last_number == before + 1
    assert incident.first_break() is None


def _edit(entries):
    entries[2].kind = "closed"


def _backdate(entries):
    entries[3].happened_at -= timedelta(hours=1)


def _delete(entries):
    del entries[2]


def _reorder(entries):
    entries[2].number, entries[3].number = entries[3].number, entries[2].number
    entries.sort(key=lambda entry: entry.number)


def _truncate(entries):
    del entries[5:]


def _forge(entries):
    entries[4].details = {"title": "It never happened"}
    entries[4].seal(entries[3].hash)


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [(_edit, 3), (_backdate, 4), (_delete, 3), (_reorder, 3), (_truncate, 6), (_forge, 6)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_tampering_shows(incident, tampering, found_at):
    entries = list(incident.timeline.in_order())
    tampering(entries)

    assert first_break(entries, incident.head_hash, incident.last_number) == found_at


def test_ten_people_posting_at_once_get_ten_numbers(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        workstream = declare_incident(lena).workstreams.get()

    def post(number):
        try:
            with acting_in(committed_acme):
                author = Membership.objects.with_people().get(pk=lena.pk)
                return Message.post(type(workstream).objects.get(pk=workstream.pk), f"{number}", by=author).number
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        numbers = list(people.map(post, range(40)))

    with acting_in(committed_acme):
        incident = Incident.objects.get()
        assert len(set(numbers)) == 40
        assert TimelineEntry.objects.filter(incident=incident).count() == incident.last_number
        assert incident.first_break() is None


def test_one_message_key_posted_twice_at_once_is_one_message(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        workstream = declare_incident(lena).workstreams.get()

    def post(_):
        try:
            with acting_in(committed_acme):
                author = Membership.objects.with_people().get(pk=lena.pk)
                stream = type(workstream).objects.get(pk=workstream.pk)
                return Message.post(stream, "Once", by=author, key="the-same").number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as clicks:
        numbers = set(clicks.map(post, range(16)))

    with acting_in(committed_acme):
        assert len(numbers) == 1
        assert Message.objects.count() == 1
