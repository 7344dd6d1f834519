"""Finding something on the timeline: by filter, by words, by day, by the order in which it happened, by its address."""

import re
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest
from django.utils import timezone

from incidents import kinds
from incidents.models import RoleAssignment, StatusUpdate, TimelineEntry
from incidents.models.timeline import SAID_EVERYWHERE, SPOKEN
from tests.factories import declare_incident, open_workstream, post_message
from tests.incidents.pages import url_of, words_of
from tests.incidents.test_the_timeline import SENTENCES

AN_HOUR = timedelta(hours=1)
ENTRIES = Path("templates/incidents/entries")
LISTS = ("names", "readers", "options", "order", "commitments_sacrificed")


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def numbers_in(response):
    return [int(number) for number in re.findall(r'id="e-(\d+)"', response.content.decode())]


@pytest.fixture
def shown(incident, signed_in, program):
    """`shown(lena, "person=…")`: the numbers on the page and, when they are the same, over the API."""

    def numbers(member, query):
        on_page = numbers_in(signed_in(member).get(url_of(incident, f"timeline/?{query}")))
        answer = program(member).get(f"/incidents/1/timeline/?{query}")
        assert answer.status_code == 200
        assert [entry["number"] for entry in answer.json()["results"]] == on_page
        return on_page

    return numbers


def note(incident, text, *, by, hours_ago=0):
    return TimelineEntry.note(incident, text, by=by, happened_at=timezone.now() - hours_ago * AN_HOUR).number


def test_filtering_by_person_and_workstream_and_audience(lena, mei, incident, shown):
    stream = open_workstream(incident, by=mei)
    opened = incident.timeline.latest_first().first().number
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    told = StatusUpdate.publish(incident, "leadership", {
        "business_impact": "Orders wait.", "customer_effect": "Slow.", "expected_timeline": "Unknown.",
    }, by=mei).number  # fmt: skip

    assert shown(lena, "person=mei@acme.test&kind=workstream_opened") == [opened]
    assert shown(lena, f"workstream={stream.pk}&kind=workstream_opened") == [opened]
    assert shown(lena, "audience=leadership&kind=update_published") == [told]
    assert shown(lena, "audience=customers&kind=update_published") == []
    assert shown(lena, f"workstream={stream.pk}&person=lena@acme.test&kind=workstream_opened") == []


def test_searching_for_words(lena, tariq, mei, incident, shown):
    first = note(incident, "The Straßenbahn provider called", by=tariq)
    message = post_message(incident, "Ask the provider again", by=mei)
    note(incident, "Something else", by=tariq)
    incident.change_details(by=lena, title="Payments of one provider fail")
    corrected = incident.timeline.latest_first().first().number

    assert shown(lena, "q=provider") == [first, message.entry.number, corrected]
    assert shown(lena, "q=PROVIDER%20CALLED") == [first]
    assert shown(lena, "q=straßenbahn") == [first]
    assert first in shown(lena, "q=Tariq")
    assert shown(lena, "q=%25") == []


# What entries keep besides words: slugs, states, moments, numbers, and keys of what stands elsewhere.
CODES = {
    *(
        "against",
        "asked_of",
        "asker",
        "audience",
        "authority",
        "capacity",
        "change",
        "clock",
        "component",
        "confidence",
        "corrects",
        "count",
        "for_author",
        "findings",
    ),
    *("criticality", "decision", "direction", "document", "drill", "due_at", "entry", "expires_at", "finding", "fix"),
    *("follows", "following", "for_briefing", "function", "functions", "guard", "hypothesis", "interim", "into"),
    *("irreversible", "key", "late", "level", "member", "message", "minutes", "needed_by", "next_update_at", "number"),
    *("outside_authority", "owner_role", "playbook", "question", "reverses", "role", "same", "scope", "services"),
    *("severity", "sha256", "starts_at", "state", "supersedes", "task", "team", "to_administrators", "told", "until"),
    *(
        "released",
        "version",
        "waived",
        "worn",
        "commitment",
        "commitments",
        "customers_affected",
        "earliest",
        "ended_at",
    ),
    *("estimate", "impact", "latest", "moved_back", "task_number", "unconfirmed", "unknown", "ended_at"),
    *("reinforcement", "busy", "hours", "answer_by", "brought_in", "managers", "here"),
    *(
        "ask",
        "briefing",
        "declined",
        "for_question",
        "in_briefing",
        "left",
        "questions",
        "to_audience",
        "update",
        "in_update",
        "held_until",
    ),
    *("customers", "digest", "origin", "report", "reports", "spike", "support_brief", "symptom", "usual"),
}
# Words in other kinds.
CODES_HERE = {
    *(("severity_changed", "before"), ("severity_changed", "after"), ("status_changed", "before")),
    *(("status_changed", "after"), ("resolved", "before"), ("resolved", "after"), ("reopened", "before")),
    *(("reopened", "after"), ("time_corrected", "before"), ("time_corrected", "after"), ("task_moved", "before")),
    *(("change_extended", "before"), ("change_ended", "result"), ("handover_ended", "outcome")),
    *(("service_cleared", "service"), ("severity_changed", "moved"), ("update_corrected", "corrects")),
    *(("touchpoint_written", "place"), ("touchpoint_written", "core"), ("touchpoint_written", "kept")),
    *(("estimate_set", "before"), ("business_impact_stated", "before")),
    ("challenge_answered", "outcome"),
    *(("clock_moved", "before"), ("draft_saved", "version")),
    *(("service_cleared", "service"), ("public_incident_changed", "before")),
}


def shown_by(kind):
    """The details that the sentence of a kind reads, and those that it is tested with."""
    text = (ENTRIES / f"{kind}.html").read_text()
    text += "".join((ENTRIES / part).read_text() for part in re.findall(r'"incidents/entries/(_\w+\.html)"', text))
    return {*re.findall(r"details\.(\w+)", text), *SENTENCES[kind][0]}


def test_every_word_that_a_kind_shows_is_one_that_is_searched():
    assert SPOKEN.keys() <= SENTENCES.keys()
    for kind in SENTENCES:
        searched = {path.partition("__")[0] for path in (*SPOKEN.get(kind, ()), *SAID_EVERYWHERE)}
        shown = {key for key in shown_by(kind) - CODES if (kind, key) not in CODES_HERE}

        assert shown <= searched, kind


def test_every_kind_is_found_by_each_of_its_words(lena, incident, shown):
    """Not everything that is said is plain ASCII, and not everything is said in one string."""
    incident.lock()
    words = {path: f"Ωmega{at}x" for at, path in enumerate({*chain(*SPOKEN.values()), *SAID_EVERYWHERE})}
    expected = {path: [] for path in words}
    for kind in SENTENCES:
        details = {}
        for path in (*SPOKEN.get(kind, ()), *SAID_EVERYWHERE):
            expected[path].append(kind)
            *steps, last = path.split("__")
            place = details
            for step in steps:
                place = place.setdefault(step, {})
            said = f"the {words[path]}, of course"
            place[last] = [said] if path in LISTS else said
        incident.record(kinds.named(kind), **details)

    for path, word in words.items():
        found = incident.timeline.saying(word).in_order()
        assert [entry.kind for entry in found] == expected[path], path
    assert len(shown(lena, f"q={words['title']}&kind=declared")) == 1


@pytest.mark.parametrize("name", ["member", "sha256", "mentions", "version"])
def test_what_only_programs_read_is_not_searched(lena, incident, shown, name):
    post_message(incident, "Draining.", by=lena).edit("Drained.", by=lena)

    assert shown(lena, f"q={name}") == []


def test_the_words_of_an_update_are_found_by_whoever_may_read_it(lena, mei, stan, incident, shown):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    inner = StatusUpdate.publish(incident, "technical", {"text": "A marmot ate the cable."}, by=mei).number
    outer = StatusUpdate.publish(incident, "leadership", {
        "business_impact": "A marmot.", "customer_effect": "None.", "expected_timeline": "Today.",
    }, by=mei).number  # fmt: skip

    assert shown(lena, "q=marmot") == [inner, outer]
    assert shown(stan, "q=marmot") == [outer]


def test_words_that_were_deleted_are_not_found(lena, tariq, incident, shown):
    message = post_message(incident, "The password is hunter2", by=tariq)
    pinned = message.put_on_record(by=lena)
    assert shown(lena, "q=hunter2") == [message.entry.number, pinned.number]

    message.delete_text(by=tariq)

    assert shown(lena, "q=hunter2") == []


def test_a_stakeholder_learns_nothing_by_filtering(lena, tariq, stan, incident, signed_in, shown):
    stream = open_workstream(incident, "Call the lawyers", by=tariq)
    note(incident, "The lawyers called", by=tariq)
    page = words_of(signed_in(stan).get(url_of(incident, "timeline/")))

    assert shown(lena, "q=lawyers") != []
    for query in ("q=lawyers", f"workstream={stream.pk}", "person=tariq@acme.test", "kind=note_added"):
        assert shown(stan, query) == []
    assert "lawyers" not in page
    assert "Tariq" not in page


def test_filters_stay_while_paging(lena, incident, signed_in):
    for number in range(60):
        note(incident, f"provider & call {number}", by=lena)

    page = signed_in(lena).get(url_of(incident, "timeline/?q=provider+%26&person=lena@acme.test")).content.decode()
    earlier = re.search(r'href="([^"]*\?before=[^"]*)"', page)[1].replace("&amp;", "&")
    rest = signed_in(lena).get(earlier)

    assert len(numbers_in(rest)) == 10
    assert "provider &amp; call 9" in rest.content.decode()


# --- The order in which it happened -------------------------------------------------------------------


def test_by_default_the_order_is_that_of_the_numbers(lena, incident, shown):
    written = [note(incident, "b", by=lena, hours_ago=1), note(incident, "a", by=lena, hours_ago=2)]

    assert shown(lena, "kind=note_added") == written
    assert shown(lena, "kind=note_added&order=happened") == written[::-1]


def test_a_correction_moves_an_entry_to_its_place(lena, incident, shown):
    first, second = note(incident, "a", by=lena, hours_ago=3), note(incident, "b", by=lena, hours_ago=2)
    entry = incident.timeline.get(number=second)

    entry.correct_time(entry.happened_at - 2 * AN_HOUR, by=lena)

    assert shown(lena, "kind=note_added&order=happened") == [second, first]


def test_the_story_is_read_in_pages_without_losing_or_repeating(lena, incident, program, signed_in):
    same = timezone.now() - 5 * AN_HOUR
    for number in range(60):
        happened_at = same if number % 2 else timezone.now() - number * AN_HOUR
        TimelineEntry.note(incident, str(number), by=lena, happened_at=happened_at)
    moments = incident.timeline.of_kinds("note_added").values_list("happened_at", "number")
    story = [number for _, number in sorted(moments)]
    api = program(lena)

    address, read = "/incidents/1/timeline/?kind=note_added&order=happened&limit=7", []
    while address:
        answer = api.get(address).json()
        read += [entry["number"] for entry in answer["results"]]
        address = answer["next"] and answer["next"].partition("/api/v1")[2]
    browser = signed_in(lena)
    newest = browser.get(url_of(incident, "timeline/?kind=note_added&order=happened"))
    older = browser.get(url_of(incident, f"timeline/?kind=note_added&order=happened&before={story[10]}"))

    assert read == story
    assert numbers_in(newest) == story[10:]
    assert numbers_in(older) == story[:10]


def test_a_place_that_is_not_there_starts_the_story_anew(lena, incident, shown):
    number = note(incident, "a", by=lena)

    assert shown(lena, "kind=note_added&order=happened&after=4711") == [number]


# --- Days -------------------------------------------------------------------------------------------


def dividers(response):
    return re.findall(r'<li class="log__divider"><time[^>]*>([^<]*)', response.content.decode())


def test_days_are_divided_in_the_viewers_zone(lena, incident, signed_in):
    """Half past eleven at night in London is the next day in Tokyo."""
    late = timezone.now().replace(hour=22, minute=30, second=0, microsecond=0) - timedelta(days=2)
    for moment in (late, late + 2 * AN_HOUR):
        TimelineEntry.note(incident, "Seen", by=lena, happened_at=moment)
    browser = signed_in(lena)
    query = "timeline/?kind=note_added&order=happened"

    in_utc = dividers(browser.get(url_of(incident, query)))
    lena.person.time_zone = "Asia/Tokyo"
    lena.person.save()
    in_tokyo = dividers(browser.get(url_of(incident, query)))

    assert len(in_utc) == 2
    assert len(in_tokyo) == 1
    assert in_tokyo[0] == in_utc[1]


# --- One entry by its address -----------------------------------------------------------------------------


def test_an_entry_stands_among_its_neighbours(lena, incident, signed_in):
    for number in range(80):
        incident.change_status("identified" if number % 2 == 0 else "monitoring", by=lena)
    message = post_message(incident, by=lena)  # folded away at first sight
    browser = signed_in(lena)

    middle = browser.get(url_of(incident, "timeline/?around=40"))
    folded = browser.get(url_of(incident, f"timeline/?around={message.entry.number}"))

    assert numbers_in(middle) == list(range(15, 65))
    assert "?after=64" in middle.content.decode()
    assert "?before=15" in middle.content.decode()
    assert message.entry.number in numbers_in(folded)


def test_every_line_carries_its_address(lena, incident, signed_in):
    html = signed_in(lena).get(url_of(incident)).content.decode()

    assert 'href="/o/acme/incidents/1/timeline/?around=1#e-1"' in html


def test_an_address_shows_a_stakeholder_only_what_is_theirs(lena, stan, incident, signed_in):
    hidden = note(incident, "Not for everybody", by=lena)

    page = signed_in(stan).get(url_of(incident, f"timeline/?around={hidden}"))

    assert page.status_code == 200
    assert hidden not in numbers_in(page)
