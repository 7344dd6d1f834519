"""A change that waits for one in another incident hears of its end, in its own incident and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents.models import ChangeIntent, Incident
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, propose_change, read_change

OVER = timedelta(minutes=41)


@pytest.fixture
def theirs(lena):
    return declare_incident(lena)


@pytest.fixture
def ours(theirs, lena):
    return declare_incident(lena)


@pytest.fixture
def first(theirs, tariq):
    return propose_change(theirs, "ledger", by=tariq)


def in_line(lead, *changes):
    """Put these one after the other and let all of them go."""
    ChangeIntent.arrange(changes[0].incident, changes, by=lead)
    for change in changes:
        read_change(change.pk).release(by=lead)


def cleared(incident):
    return [
        (entry.details["key"], entry.details["other"], entry.details["told_members"], entry.actor)
        for entry in incident.timeline.of_kinds("change_cleared").in_order()
    ]


def end(how, change, lena, tariq):
    if how == "finish":
        read_change(change.pk).start(by=tariq)
        read_change(change.pk).finish("failed", by=tariq)
    elif how == "withdraw":
        read_change(change.pk).withdraw(by=tariq)
    elif how == "lapse":
        change.incident.obligations.live().get(kind="change", subject=change.pk).advance(timezone.now() + OVER)
    elif how == "resolve":
        change.incident.resolve(by=lena)
    elif how == "merge":
        change.incident.merge_into(declare_incident(lena), by=lena)


@pytest.mark.parametrize("how", ["finish", "withdraw", "lapse", "resolve", "merge"])
def test_however_it_ends_whoever_waits_in_another_incident_hears_of_it_once(how, theirs, ours, first, lena, tariq, sam):
    second = propose_change(ours, "ledger", by=sam)
    in_line(lena, first, second)
    assert [str(change) for change in read_change(second.pk).waits_for] == [str(first)]

    end(how, first, lena, tariq)

    assert cleared(ours) == [("C1", "INC-1 C1", [sam.pk], None)]
    (entry,) = ours.timeline.of_kinds("change_cleared")
    assert (entry.details["change"], entry.details["released"]) == (second.pk, True)
    for ended in theirs.timeline.of_kinds("change_ended", "change_withdrawn", "change_lapsed"):
        assert sam.pk not in ended.details.get("told_members", [])
    ours.refresh_from_db()
    assert ours.first_break() is None
    assert read_change(second.pk).start(by=sam).kind == "change_started"


def test_late_words_about_what_is_over_tell_nobody_again(theirs, ours, first, lena, tariq, sam):
    second = propose_change(ours, "ledger", by=sam)
    in_line(lena, first, second)
    read_change(first.pk).start(by=tariq)

    theirs.resolve(by=lena)
    read_change(first.pk).finish("succeeded", by=tariq)
    theirs.close(by=lena)

    assert len(cleared(ours)) == 1


def test_who_waits_for_two_hears_of_the_last_one_only(theirs, ours, first, lena, tariq, mei, sam):
    other = propose_change(theirs, "ledger", by=mei)
    last = propose_change(ours, "ledger", by=sam)
    in_line(lena, first, other, last)

    read_change(first.pk).withdraw(by=tariq)
    assert cleared(ours) == []
    theirs.resolve(by=lena)

    assert cleared(ours) == [("C1", "INC-1 C2", [sam.pk], None)]


def test_what_lapses_clears_the_way_in_its_own_incident_too(theirs, first, lena, tariq, sam):
    second = propose_change(theirs, "ledger", by=sam)
    ChangeIntent.arrange(theirs, [first, second], by=lena)

    end("lapse", first, lena, tariq)

    assert cleared(theirs) == [("C2", "C1", [sam.pk], None)]
    assert "released" not in theirs.timeline.of_kinds("change_cleared").get().details


def test_a_private_incident_is_not_named(ours, lena, ruth):
    hidden = declare_incident(ruth, "Somebody got in", private=True)
    theirs = propose_change(hidden, "ledger", by=ruth)
    mine = propose_change(ours, "ledger", by=ruth)
    ChangeIntent.arrange(hidden, [theirs, mine], by=ruth, waiver="Lena said yes")

    read_change(theirs.pk).withdraw(by=ruth)

    assert cleared(ours) == [("C1", "a change in another incident", [ruth.pk], None)]


@pytest.mark.django_db(transaction=True)
def test_of_two_that_end_at_the_same_moment_in_two_incidents_one_clears_the_way(committed_acme):
    with acting_in(committed_acme):
        by = Membership.objects.with_people().get(person__email="lena@acme.test")
        incidents = [declare_incident(by) for _ in range(3)]
        changes = [propose_change(incident, "ledger", by=by) for incident in incidents]
        # The one in the middle by its key waits for the others, so that locks are wanted in both directions.
        ahead, last = [changes[0], changes[2]], changes[1]
        in_line(by, *ahead, last)

    def act(pk):
        try:
            with acting_in(committed_acme):
                member = Membership.objects.with_people().get(person__email="lena@acme.test")
                if pk is None:
                    return propose_change(Incident.objects.get(pk=incidents[2].pk), "search", by=member).pk
                return read_change(pk).withdraw(by=member).number
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as people:
        assert all(people.map(act, [ahead[0].pk, None, ahead[1].pk]))

    with acting_in(committed_acme):
        assert len(cleared(incidents[1])) == 1
        assert all(Incident.objects.get(pk=each.pk).first_break() is None for each in incidents)
