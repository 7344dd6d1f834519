"""A notebook for oneself: in the room, on its page, by program, and for nobody else."""

import pytest

from incidents.models import Message, Participant, PrivateNote, RoleAssignment, Workstream
from incidents.models.notebook import MOST_NOTES
from teams.errors import Refused
from tests.factories import declare_incident, post_message
from tests.incidents.pages import HTMX, all_at_once, queries_of, url_of, words_of

QUESTION = "Why did nobody ask product?"


@pytest.fixture
def incident(lena, ruth):
    incident = declare_incident(lena)
    RoleAssignment.assign(incident, "observer", ruth, by=lena)
    return incident


def notes_of(member, incident):
    return [(each.text, each.message_id) for each in PrivateNote.objects.of(member, incident)]


def test_whoever_reads_along_writes_where_others_say_something(incident, ruth, lena, signed_in):
    before = incident.last_number_for(lena)
    browser = signed_in(ruth)
    room = browser.get(url_of(incident)).content.decode()
    assert 'id="composer-text" name="text" rows="2" maxlength="2000" data-key="m"' in room
    assert "Message to General" not in room

    kept = browser.post(url_of(incident, "notebook/"), {"text": QUESTION, "key": "a"}, headers=HTMX)
    browser.post(url_of(incident, "notebook/"), {"text": QUESTION, "key": "a"}, headers=HTMX)

    assert "Kept in your notebook" in words_of(kept)
    assert QUESTION not in words_of(kept)
    assert notes_of(ruth, incident) == [(QUESTION, None)]
    assert incident.last_number_for(lena) == before
    assert not Message.objects.filter(text=QUESTION).exists()
    assert 'id="composer-text"' in signed_in(lena).get(url_of(incident)).content.decode()


def test_nobody_else_reads_it(incident, ruth, lena, ada, stan, omar, signed_in):
    note = PrivateNote.write(incident, QUESTION, by=ruth)
    tearing = url_of(incident, f"notebook/{note.pk}/tearing-out/")

    assert QUESTION in words_of(signed_in(ruth).get(url_of(incident, "notebook/")))
    for other in (lena, ada):
        browser = signed_in(other)
        assert "Nothing noted yet." in words_of(browser.get(url_of(incident, "notebook/")))
        assert QUESTION not in b"".join(browser.get(url_of(incident, "export.md"))).decode()
        assert browser.post(tearing).status_code == 404
    for outsider in (stan, omar):
        assert signed_in(outsider).get(url_of(incident, "notebook/")).status_code == 404
        assert signed_in(outsider).post(tearing).status_code == 404
    assert signed_in(ruth).post(tearing).url == url_of(incident, "notebook/")
    assert notes_of(ruth, incident) == []


def test_the_key_of_a_pin_marks_for_whoever_reads_along(incident, ruth, lena, signed_in):
    message = post_message(incident, "The pool is full.", by=lena)
    browser, pin = signed_in(ruth), url_of(incident, f"messages/{message.pk}/pin/")
    mark = url_of(incident, f"messages/{message.pk}/mark/")

    dialog = browser.get(pin, headers=HTMX).content.decode()
    assert "Pin it" not in dialog
    assert f'formaction="{mark}"' in dialog
    assert "Pin it" in signed_in(lena).get(pin, headers=HTMX).content.decode()

    assert browser.post(mark, headers=HTMX)["HX-Trigger"] == "acted"
    browser.post(mark)
    assert notes_of(ruth, incident) == [("", message.pk)]
    assert "The pool is full." in words_of(browser.get(url_of(incident, "notebook/")))


def test_a_mark_shows_no_more_than_its_owner_may_read_now(incident, ruth, lena, signed_in):
    secret = Workstream.open(incident, "Legal", by=lena).workstream
    message = post_message(incident, "They will sue.", by=lena, workstream=secret)
    PrivateNote.mark(message, by=ruth)
    secret.restrict(by=lena)

    page = words_of(signed_in(ruth).get(url_of(incident, "notebook/")))
    assert "not yours to read any more" in page
    assert "They will sue." not in page


def test_what_is_not_kept(incident, ruth, stan, signed_in):
    empty = signed_in(ruth).post(url_of(incident, "notebook/"), {"text": "  "})
    assert (empty.status_code, "Write something first." in words_of(empty)) == (422, True)
    in_the_room = signed_in(ruth).post(url_of(incident, "notebook/"), {"text": "x" * 2001}, headers=HTMX)
    assert (in_the_room.status_code, "x" * 2001 in in_the_room.content.decode()) == (422, True)
    with pytest.raises(Refused) as refused:
        PrivateNote.write(incident, QUESTION, by=stan)
    assert refused.value.code == "responders_only"
    PrivateNote.objects.bulk_create(
        PrivateNote(incident=incident, membership=ruth, text="One more") for _ in range(MOST_NOTES)
    )
    full = signed_in(ruth).post(url_of(incident, "notebook/"), {"text": QUESTION})
    assert (full.status_code, QUESTION in full.content.decode()) == (409, True)


def test_it_goes_on_after_the_incident_and_without_reading_along(incident, lena, signed_in):
    incident.resolve(by=lena)

    signed_in(lena).post(url_of(incident, "notebook/"), {"text": "Thank the database team."})

    assert notes_of(lena, incident) == [("Thank the database team.", None)]


def test_the_page_costs_the_same_for_one_note_and_many(incident, ruth, lena, signed_in):
    browser = signed_in(ruth)
    PrivateNote.mark(post_message(incident, by=lena), by=ruth)
    browser.get(url_of(incident, "notebook/"))
    few = queries_of(lambda: browser.get(url_of(incident, "notebook/")))

    for number in range(6):
        PrivateNote.mark(post_message(incident, f"Line {number}", by=lena), by=ruth)

    assert queries_of(lambda: browser.get(url_of(incident, "notebook/"))) == few


def test_a_program_reads_its_members_notes_only(incident, ruth, lena, program):
    message = post_message(incident, by=lena)
    api, path = program(ruth), f"/incidents/{incident.number}/"

    first = api.post(f"{path}notebook/", {"text": QUESTION})
    marked = api.put(f"{path}messages/{message.pk}/mark/")

    assert (first.status_code, marked.status_code) == (201, 200)
    notes = api.get(f"{path}notebook/").json()["results"]
    assert [(each["text"], each["message"]) for each in notes] == [("", message.pk), (QUESTION, None)]
    other = program(lena)
    assert other.get(f"{path}notebook/").json()["results"] == []
    assert other.delete(f"{path}notebook/{notes[0]['id']}/").status_code == 404
    assert api.delete(f"{path}notebook/{notes[0]['id']}/").status_code == 204
    assert Participant.objects.get(incident=incident, membership=ruth).capacity == "observer"


@pytest.mark.django_db(transaction=True)
def test_marking_at_the_same_moment_is_marking_once(committed_acme):
    from teams.models import Membership
    from teams.tenancy import acting_in

    with acting_in(committed_acme):
        lena = Membership.objects.by_email("lena@acme.test").with_people().get()
        message = post_message(declare_incident(lena), by=lena)

    def mark():
        with acting_in(committed_acme):
            return PrivateNote.mark(message, by=lena).pk

    assert len(set(all_at_once(mark, 4))) == 1
