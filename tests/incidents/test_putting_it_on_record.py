"""Putting things on the record by hand: notes, pinned messages, and when something really happened."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from incidents.fragments import attach_messages, facts_of
from incidents.frames import read
from incidents.models import TimelineEntry
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream, post_message
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def message(incident, tariq):
    return post_message(incident, "The replica lags by **40 s**.", by=tariq)


def note(incident, text="The provider called back.", **kwargs):
    return TimelineEntry.note(incident, text, **kwargs)


def reread(entry):
    return entry.incident.timeline.for_reading().get(pk=entry.pk)


def kinds_of(incident):
    return list(incident.timeline.in_order().values_list("kind", flat=True))


# --- Notes ------------------------------------------------------------------------------------------


def test_a_note_says_when_it_happened_and_when_it_was_written_down(tariq, incident):
    an_hour_ago = timezone.now() - AN_HOUR

    entry = note(incident, "  The provider called back.\n", by=tariq, happened_at=an_hour_ago)

    assert entry.details == {"text": "The provider called back."}
    assert (entry.actor, entry.happened_at, entry.visibility) == (tariq, an_hour_ago, "room")
    assert entry.recorded_at - an_hour_ago > AN_HOUR
    assert entry.is_late
    assert not note(incident, "Now", by=tariq).is_late
    assert incident.first_break() is None


@pytest.mark.parametrize(
    ("text", "offset", "code"),
    [
        ("", None, "empty"),
        ("x" * 501, None, "too_long"),
        ("Soon", timedelta(minutes=1), "in_future"),
        ("Long ago", -timedelta(days=367), "too_early"),
    ],
)
def test_a_note_that_makes_no_sense_is_refused(tariq, incident, text, offset, code):
    before = kinds_of(incident)

    with pytest.raises(Refused) as refused:
        note(incident, text, by=tariq, happened_at=offset and timezone.now() + offset)

    assert refused.value.code == code
    assert kinds_of(incident) == before


def test_what_led_to_an_incident_is_part_of_its_story(tariq, incident):
    the_day_before = incident.declared_at - timedelta(days=1)

    assert note(incident, "The new version went out.", by=tariq, happened_at=the_day_before).is_late


def test_a_stakeholder_writes_no_note(tariq, stan, incident):
    note(incident, by=tariq)

    with pytest.raises(Refused) as refused:
        note(incident, by=stan)

    assert refused.value.code == "responders_only"


def test_the_record_of_an_incident_that_is_over_stays_open(lena, tariq, incident):
    incident.resolve(by=lena)

    assert note(incident, "It was the certificate.", by=tariq).number == last_entry(incident).number


def test_the_form_writes_the_note_in_the_viewers_time_zone(tariq, incident, signed_in):
    tariq.person.time_zone = "Asia/Tokyo"
    tariq.person.save()
    browser = signed_in(tariq)
    moment = (timezone.now() - AN_HOUR).replace(second=0, microsecond=0)
    in_tokyo = (moment + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")

    form = browser.get(url_of(incident, "notes/"))
    answer = browser.post(url_of(incident, "notes/"), {"text": "They called.", "happened_at": in_tokyo, "key": "k"})

    assert "Asia/Tokyo" in words_of(form)
    entry = last_entry(incident)
    assert (entry.details["text"], entry.happened_at) == ("They called.", moment)
    assert answer.url == f"/o/acme/incidents/1/timeline/?around={entry.number}#e-{entry.number}"


def test_a_double_click_notes_once(tariq, incident, signed_in):
    browser = signed_in(tariq)
    form = {"text": "They called.", "key": "the-same"}

    first, second = (browser.post(url_of(incident, "notes/"), form, headers=HTMX) for _ in range(2))

    assert (first.status_code, second.status_code) == (204, 204)
    assert first["HX-Trigger"] == "live-timeline, acted"
    assert kinds_of(incident).count("note_added") == 1


def test_what_cannot_be_noted_is_kept_and_explained(tariq, incident, signed_in):
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    answer = signed_in(tariq).post(url_of(incident, "notes/"), {"text": "They called.", "happened_at": tomorrow})

    assert answer.status_code == 422
    assert "later than now" in words_of(answer)
    assert "They called.</textarea>" in answer.content.decode()


def test_a_note_is_text_and_never_markup(tariq, incident, signed_in):
    note(incident, "<script>alert(1)</script>\nsecond line", by=tariq)

    html = signed_in(tariq).get(url_of(incident, "timeline/")).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>second line" in html
    assert "<script>alert" not in html


def test_stakeholders_and_outsiders_find_no_form(tariq, stan, omar, incident, message, signed_in):
    pin = f"messages/{message.pk}/pin/"
    for rest in ("notes/", pin):
        assert signed_in(tariq).get(url_of(incident, rest)).status_code == 200
        assert signed_in(stan).get(url_of(incident, rest)).status_code == 404
        assert signed_in(stan).post(url_of(incident, rest), {"text": "Hello"}).status_code == 404
        assert signed_in(omar).get(url_of(incident, rest)).status_code == 404


# --- Pins -------------------------------------------------------------------------------------------


def test_a_pinned_message_keeps_its_own_time_and_author_and_a_link_back(lena, tariq, incident, message, signed_in):
    entry = message.put_on_record(by=lena)

    assert (entry.actor, entry.happened_at, entry.workstream) == (lena, message.posted_at, message.workstream)
    assert "text" not in entry.details
    page = signed_in(tariq).get(url_of(incident, "timeline/"))
    assert "Lena Fischer pinned what Tariq Haddad wrote in “General” : The replica lags by **40 s**." in words_of(page)
    assert f'href="/o/acme/incidents/1/?stream={message.workstream_id}#m-{message.pk}"' in page.content.decode()


def test_a_pin_may_say_that_it_happened_at_another_time(lena, incident, message):
    an_hour_ago = timezone.now() - AN_HOUR

    assert message.put_on_record(by=lena, happened_at=an_hour_ago).happened_at == an_hour_ago


def test_a_message_is_pinned_once(lena, message):
    message.put_on_record(by=lena)

    with pytest.raises(Refused) as refused:
        message.put_on_record(by=lena)

    assert refused.value.code == "unchanged"


def test_unpinning_is_an_entry_of_its_own(lena, mei, incident, message):
    pinned = message.put_on_record(by=lena)

    entry = message.take_off_record(by=mei)

    assert (entry.kind, entry.details) == ("message_unpinned", {"message": message.pk, "entry": pinned.number})
    assert kinds_of(incident)[-2:] == ["message_pinned", "message_unpinned"]
    message.refresh_from_db()
    assert message.pin is None
    with pytest.raises(Refused):
        message.take_off_record(by=mei)
    assert message.put_on_record(by=mei).number == entry.number + 1


def test_deleting_a_message_takes_its_words_off_the_timeline_too(lena, tariq, incident, message, signed_in):
    pinned = message.put_on_record(by=lena)
    message.delete_text(by=tariq, reason="It held a password")

    page = words_of(signed_in(lena).get(url_of(incident, "timeline/")))

    assert "replica lags" not in page
    assert "Lena Fischer pinned what Tariq Haddad wrote in “General” ; the words were deleted." in page
    assert facts_of(attach_messages([reread(pinned)])[0])["details"]["text"] is None
    incident.refresh_from_db()
    assert incident.first_break() is None


def test_a_deleted_message_is_not_pinned(lena, tariq, message):
    message.delete_text(by=tariq)

    with pytest.raises(Refused) as refused:
        message.put_on_record(by=lena)

    assert refused.value.code == "deleted"


def test_the_thread_says_that_it_is_pinned_and_offers_the_key(lena, incident, message, signed_in):
    browser = signed_in(lena)
    address = f"/o/acme/incidents/1/messages/{message.pk}/pin/"
    assert f'href="{address}" data-key="."' in (browser.get(url_of(incident)).content.decode())

    answer = browser.post(address, {})

    assert answer.url == f"/o/acme/incidents/1/?stream={message.workstream_id}#m-{message.pk}"
    room = browser.get(url_of(incident)).content.decode()
    assert "data-dialog>pinned</a>" in room
    assert 'data-key="."' not in room
    assert browser.post(address, {"unpin": "1"}).status_code == 302
    assert 'data-key="."' in browser.get(url_of(incident)).content.decode()


def test_pinning_twice_at_once_pins_once(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)
        pk = post_message(incident, by=lena).pk

    def pin():
        with acting_in(committed_acme), transaction.atomic():
            try:
                return incident.messages.get(pk=pk).put_on_record(by=lena).kind
            except Refused as refused:
                return refused.code

    outcomes = all_at_once(pin, 4)

    assert sorted(outcomes) == ["message_pinned", "unchanged", "unchanged", "unchanged"]


# --- When it really happened --------------------------------------------------------------------------


def test_a_correction_leaves_the_entry_as_it_was_sealed(tariq, incident):
    entry = note(incident, by=tariq)
    sealed, earlier = entry.hash, entry.happened_at - AN_HOUR

    correction = entry.correct_time(earlier, by=tariq, reason="Read it in the call log")

    assert correction.details == {
        "entry": entry.number,
        "before": entry.happened_at.isoformat(),
        "after": earlier.isoformat(),
        "reason": "Read it in the call log",
    }
    again = reread(entry)
    assert (again.happened_at, again.took_place_at, again.hash) == (entry.happened_at, earlier, sealed)
    assert incident.first_break() is None


def test_the_last_correction_counts_and_all_of_them_stay_readable(tariq, incident, signed_in):
    entry = note(incident, by=tariq)
    entry.correct_time(entry.happened_at - AN_HOUR, by=tariq, reason="The call log")
    entry.correct_time(entry.happened_at - 2 * AN_HOUR, by=tariq, reason="Their mail")

    page = words_of(signed_in(tariq).get(entry.history_url))

    assert reread(entry).took_place_at == entry.happened_at - 2 * AN_HOUR
    assert "as it was first written down" in page
    assert page.index("The call log") < page.index("Their mail")


def test_whoever_wrote_it_and_the_lead_correct_it(lena, tariq, mei, incident):
    entry = note(incident, by=tariq)

    with pytest.raises(Refused) as refused:
        entry.correct_time(entry.happened_at - AN_HOUR, by=mei)

    assert refused.value.code == "author_only"
    entry.correct_time(entry.happened_at - AN_HOUR, by=tariq)
    entry.correct_time(entry.happened_at - 2 * AN_HOUR, by=lena)


@pytest.mark.parametrize(("offset", "code"), [(AN_HOUR, "in_future"), (timedelta(), "unchanged")])
def test_a_time_that_cannot_be_or_is_so_already_is_refused(tariq, incident, offset, code):
    entry = note(incident, by=tariq)

    with pytest.raises(Refused) as refused:
        entry.correct_time(entry.happened_at + offset, by=tariq)

    assert refused.value.code == code


def test_what_the_system_saw_has_no_other_time(lena, incident):
    declared = incident.timeline.in_order().first()

    with pytest.raises(Refused) as refused:
        declared.correct_time(declared.happened_at - AN_HOUR, by=lena)

    assert refused.value.code == "system_time"


def test_the_form_corrects_and_the_line_says_so(tariq, mei, incident, signed_in):
    entry = note(incident, by=tariq)
    earlier = (entry.happened_at - 3 * AN_HOUR).replace(second=0, microsecond=0)

    answer = signed_in(tariq).post(
        entry.history_url, {"happened_at": earlier.strftime("%Y-%m-%dT%H:%M"), "reason": "The call log"}
    )

    assert answer.url == entry.history_url
    assert reread(entry).took_place_at == earlier
    timeline = signed_in(mei).get(url_of(incident, "timeline/"))
    assert f'<a href="{entry.history_url}">time corrected</a>' in timeline.content.decode()
    assert "written down" in words_of(timeline)
    assert "Correct the time" not in words_of(signed_in(mei).get(entry.history_url))


def test_a_stakeholder_reads_the_entries_that_are_theirs(stan, tariq, incident, signed_in):
    entry = note(incident, by=tariq)
    browser = signed_in(stan)

    assert browser.get(url_of(incident, "timeline/1/")).status_code == 200
    assert browser.get(entry.history_url).status_code == 404
    assert browser.post(entry.history_url, {"happened_at": "2026-01-01T00:00"}).status_code == 404


# --- Live -------------------------------------------------------------------------------------------


def frames_after(incident, number):
    return read(incident.pk, number).frames


def test_lines_that_read_differently_are_drawn_again_for_whoever_has_them(lena, tariq, incident, message):
    pinned = message.put_on_record(by=lena)
    pinned.correct_time(message.posted_at - AN_HOUR, by=lena)
    message.delete_text(by=tariq)

    corrected, deleted = (frame.shared for frame in frames_after(incident, pinned.number))

    assert f'id=\\"e-{pinned.number}\\"' in corrected
    assert corrected.count("data-again") == 1
    assert f'id=\\"e-{message.entry.number}\\"' in deleted
    assert f'id=\\"e-{pinned.number}\\"' in deleted
    assert f'id=\\"m-{message.pk}\\"' in deleted
    assert deleted.count("data-again") == 3
    assert "replica lags" not in deleted


def test_a_pin_adds_one_line_to_the_timeline_and_none_to_the_thread(lena, incident, message):
    entry = message.put_on_record(by=lena)

    (frame,) = frames_after(incident, entry.number - 1)

    line, thread = frame.shared.split(f'"stream-{message.workstream_id}"')
    assert f'id=\\"e-{entry.number}\\"' in line
    assert "data-again" not in line
    assert "data-again" in thread


# --- By program -------------------------------------------------------------------------------------


def test_a_program_writes_a_note_and_corrects_it(tariq, incident, program):
    api = program(tariq)

    noted = api.post("/incidents/1/timeline/", {"text": "They called.", "happened_at": "2026-11-01T10:00:00Z"})
    number = noted.json()["number"]
    corrected = api.patch(f"/incidents/1/timeline/{number}/", {"happened_at": "2026-11-01T09:00:00Z", "reason": "Log"})
    again = api.patch(f"/incidents/1/timeline/{number}/", {"happened_at": "2026-11-01T09:00:00Z"})

    assert noted.status_code == 201
    assert (noted.json()["kind"], noted.json()["at"]) == ("note_added", "2026-11-01T10:00:00Z")
    assert corrected.json() | {"recorded_at": ""} == noted.json() | {"at": "2026-11-01T09:00:00Z", "recorded_at": ""}
    assert corrected.json()["first_said_at"] == "2026-11-01T10:00:00Z"
    assert again.status_code == 200
    assert kinds_of(incident).count("time_corrected") == 1


def test_a_program_pins_and_unpins(lena, incident, message, program):
    api = program(lena)
    address = f"/incidents/1/messages/{message.pk}/pin/"

    pinned = [api.put(address) for _ in range(2)]
    number = api.get(f"/incidents/1/messages/{message.pk}/").json()["pinned"]
    removed = [api.delete(address).status_code for _ in range(2)]

    assert [answer.status_code for answer in pinned] == [200, 200]
    assert {answer.json()["number"] for answer in pinned} == {number}
    assert pinned[0].json()["details"]["text"] == "The replica lags by **40 s**."
    assert removed == [204, 204]
    assert kinds_of(incident)[-2:] == ["message_pinned", "message_unpinned"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "x" * 501}, 422),
        ({"text": ""}, 422),
        ({"text": "Odd", "happened_at": "2999-01-01T00:00:00Z"}, 409),
        ({"text": "Odd", "happened_at": "0001-01-01T00:00:00Z"}, 409),
        ({"text": "Odd", "happened_at": "yesterday"}, 422),
    ],
)
def test_a_program_hears_what_is_wrong(tariq, incident, program, body, status):
    assert program(tariq).post("/incidents/1/timeline/", body).status_code == status


def test_pins_cost_the_same_however_many_there_are(lena, incident, signed_in):
    browser = signed_in(lena)
    stream = open_workstream(incident, by=lena)

    def pin(count):
        for _ in range(count):
            post_message(incident, by=lena, workstream=stream).put_on_record(by=lena)

    pin(1)
    browser.get(url_of(incident))
    few = queries_of(lambda: browser.get(url_of(incident)))
    pin(10)

    assert queries_of(lambda: browser.get(url_of(incident))) == few
