"""Whoever speaks for an incident hears what is known and what is asked, not what engineers say among themselves, and
writes to every audience from what is known."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.drafting import BEGINS_WITH, Drafting
from incidents.models import Incident, Question, StatusUpdate, Synthesis, UpdateDraft
from incidents.models.synthesis import LINES
from incidents.models.updates import PARTS
from incidents.room import IncidentRoom
from notifications import tick
from notifications.models import Delivery
from playbooks.models import Audience
from tests.incidents.pages import url_of, words_of
from tests.telling.planting import BRIEFING, ROOM, SUMMARY, TITLE, Planted

# Long enough that whatever waits has climbed as far as it goes.
MINUTES = (0, 6, 16, 31, 61)
# What whoever only has to know may read, too.
FOR_ALL = {TITLE, SUMMARY, BRIEFING}
# What she is called for, and what she owes: a clock for each audience above the technical tier.
HER_OWN = {
    "declared", "function_requested", "role_taken", "role_unanswered", "clock_warned", "clock_due", "clock_overdue",
    "clock_escalated",
}  # fmt: skip
KNOWN = {line.name: f"This is {line.label.lower()}." for line in LINES}


class Technical(Planted):
    """What is said, found, suspected, changed, decided and promised where the cause is looked for; and no more."""

    def _restricted(self):
        pass

    _facts = _listen = _public = _tell = _restricted


@pytest.fixture
def planted(acme, lena, tariq, mei, sam, ruth, ada, stan):
    people = {"lena": lena, "tariq": tariq, "mei": mei, "sam": sam, "ruth": ruth, "ada": ada, "stan": stan}
    return Technical(acme, people)


def notices_to(member):
    found = Delivery.objects.filter(recipient=member).select_related("notice__entry").order_by("pk")
    return [each.notice for each in found]


def needs_of(incident, member):
    return IncidentRoom(Incident.objects.get(pk=incident.pk), member).needs


def test_no_word_of_the_engineers_reaches_who_speaks(planted, mei, lena, mailoutbox, sms_gateway):
    began, waiting = timezone.now(), []
    for minutes in MINUTES:
        with time_machine.travel(began + timedelta(minutes=minutes)):
            tick.run()
            waiting += needs_of(planted.incident, mei)

    notices = notices_to(mei)
    told = "\n".join(f"{each.subject} {each.text} {each.html} {each.short}" for each in notices)
    assert planted.words.found_in(told).keys() <= FOR_ALL
    assert planted.words.found_in("\n".join(need.sentence for need in waiting)).keys() <= FOR_ALL
    assert {each.entry.kind for each in notices} <= HER_OWN
    assert {need.kind for need in waiting} == {"answer", "assessment", "clock", "function"}
    # It was there to be told.
    assert ROOM in planted.words.found_in("\n".join(each.text for each in notices_to(lena)))
    assert ROOM in planted.words.found_in("\n".join(need.sentence for need in needs_of(planted.incident, lena)))


def test_what_is_known_and_what_is_asked_reaches_who_speaks(planted, mei, ruth, lena, mailoutbox, sms_gateway):
    tick.run()
    before = len(notices_to(mei))

    Synthesis.publish(planted.incident, by=lena, **KNOWN)
    Question.ask(planted.incident, "May we tell Hooli?", by=ruth)
    tick.run()

    known, asked = notices_to(mei)[before:]
    assert (known.entry.kind, asked.entry.kind) == ("synthesis_published", "question_asked")
    assert all(text in known.text for text in KNOWN.values())
    assert "May we tell Hooli?" in asked.text
    (need,) = [each for each in needs_of(planted.incident, mei) if each.kind == "question"]
    assert need.sentence == "Q1 May we tell Hooli?"


def test_the_room_of_who_speaks_begins_with_what_is_known_and_opens_no_technical_thread(planted, mei):
    room = IncidentRoom(Incident.objects.get(pk=planted.incident.pk), mei)
    main, right = (room.lens.columns[name] for name in ("main", "right"))

    assert room.lens.slug == "comms"
    assert main[0] == "synthesis"
    assert right[:2] == ("drafts", "questions")
    assert room.stream.is_general


@pytest.mark.parametrize("audience", Audience)
def test_a_first_draft_begins_with_what_is_known_and_with_nothing_else(planted, lena, mei, signed_in, audience):
    address, lines = url_of(planted.incident, f"drafts/{audience}/"), BEGINS_WITH[audience]
    browser = signed_in(mei)
    assert Drafting(planted.incident, mei, audience).beginning == {}

    Synthesis.publish(planted.incident, by=lena, **KNOWN)

    assert Drafting(planted.incident, mei, audience).beginning == {part: KNOWN[line] for part, line in lines.items()}
    page = browser.get(address).content.decode()
    for line in lines.values():
        assert f"{KNOWN[line]}</textarea>" in page


@pytest.mark.parametrize("audience", Audience)
def test_a_later_draft_rests_on_what_is_known_now(planted, lena, mei, signed_in, audience):
    incident = planted.incident
    Synthesis.publish(incident, by=lena, **KNOWN)
    body = {part.name: "Said before." for part in PARTS[audience]}
    StatusUpdate.publish(incident, audience, body, by=mei, waiver="So it is")
    line = next(iter(BEGINS_WITH[audience].values()))

    Synthesis.publish(incident, by=lena, **KNOWN | {line: "It is otherwise."})

    label = next(each.label for each in LINES if each.name == line)
    assert Drafting(incident, mei, audience).changes == [(label, KNOWN[line], "It is otherwise.")]
    assert "It is otherwise." in words_of(signed_in(mei).get(url_of(incident, f"drafts/{audience}/")))
    UpdateDraft.save_text(incident, audience, body, by=mei)
    assert incident.drafts.open().get(audience=audience).synthesis == incident.syntheses.current()
