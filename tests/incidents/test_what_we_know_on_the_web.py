"""What we know in the browser: at the top of the room, on a page with its history, and written in a form."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import SynthesisDelegation, SynthesisEditing
from tests.factories import declare_incident, open_workstream, raise_finding, say_what_we_know
from tests.incidents.pages import HTMX, queries_of, url_of, words_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def post(incident, signed_in):
    def post(member, page, /, *, headers=None, **fields):
        return signed_in(member).post(url_of(incident, page), fields, headers=headers)

    return post


@pytest.fixture
def look(incident, signed_in):
    def look(member, page="", /, *, headers=None):
        return signed_in(member).get(url_of(incident, page), headers=headers)

    return look


def test_the_room_begins_with_what_we_know(incident, look, lena, tariq, stan):
    empty = words_of(look(lena, "synthesis/", headers=HTMX))
    finding = raise_finding(incident, by=tariq)
    say_what_we_know(
        incident, by=lena, expected="Within the hour", confidence="low", sources={"known": [finding], "": []}
    )

    region = look(tariq, "synthesis/", headers=HTMX)
    room = look(lena).content.decode()

    assert "Nobody has said yet what we know." in empty
    assert "Say it" in empty
    assert "v1, Lena Fischer" in words_of(region)
    assert "Known Paying by card fails in Europe. Behind it: F1" in words_of(region)
    assert "Expected Within the hour (low confidence)" in words_of(region)
    assert 'id="synthesis-new"' not in region.content.decode()
    assert room.index('id="synthesis"') < room.index('id="gaps"')
    assert 'id="synthesis-new"' in room
    # Stakeholders are told in the words of an update.
    assert 'id="synthesis"' not in look(stan).content.decode()
    pages = ("synthesis/", "synthesis/new/", "synthesis/1/", "synthesis/1/challenge/", "synthesis/delegation/")
    assert {look(stan, page).status_code for page in pages} == {404}


def test_a_finding_is_taken_up_in_two_steps_and_the_next_version_starts_as_this_one(incident, look, post, lena, tariq):
    finding = raise_finding(incident, "Node 1 is clean", by=tariq)
    form = look(lena, f"synthesis/new/?finding={finding.pk}").content.decode()
    assert "Node 1 is clean</textarea>" in form
    assert 'value="F1"' in form

    published = post(lena, "synthesis/new/", known="Node 1 is clean", known_findings="F1", basis="0", upto="1", key="a")
    again = post(lena, "synthesis/new/", known="Node 1 is clean", known_findings="F1", basis="0", upto="1", key="a")

    assert (published.status_code, published["Location"]) == (302, url_of(incident, "synthesis/"))
    assert (again.status_code, incident.syntheses.count()) == (302, 1)
    second = look(lena, "synthesis/new/").content.decode()
    assert "Node 1 is clean</textarea>" in second
    assert 'value="F1"' in second
    over = look(lena, "synthesis/new/?field=doing").content.decode()
    assert "Publish version 2" in over
    nudge = post(lena, "synthesis/new/", known="All clean", basis="1", headers=HTMX)
    assert "live-synthesis" in nudge["HX-Trigger"]


def test_mistakes_keep_what_was_typed(incident, post, lena, tariq):
    hidden = open_workstream(incident, "Insider", by=lena, restricted=True)
    raise_finding(incident, by=lena, workstream=hidden)
    empty = post(lena, "synthesis/new/", known=" ", doing="Looking")
    wrong = post(lena, "synthesis/new/", known="X", known_findings="F1, soup")
    foreign = post(tariq, "synthesis/new/", known="X", known_findings="1", waiver="Lena is away")
    barred = post(tariq, "synthesis/new/", known="It is slow")

    assert [each.status_code for each in (empty, wrong, foreign, barred)] == [422, 422, 422, 409]
    assert "Say what is known, and be it that nothing is." in words_of(empty)
    assert "Looking</textarea>" in empty.content.decode()
    assert "“soup” is no finding. Write them as F12, F14." in words_of(wrong)
    assert "There is no finding F1." in words_of(foreign)
    assert "Do it anyway, because" in words_of(barred)
    assert post(tariq, "synthesis/new/", known="It is slow", waiver="Lena is away").status_code == 302


def test_a_version_that_came_between_is_shown_and_nothing_is_dropped(incident, post, lena, tariq):
    say_what_we_know(incident, "Paying fails.", by=lena)
    say_what_we_know(incident, "Paying fails everywhere.", by=tariq, waiver="Lena is away")

    stale = post(lena, "synthesis/new/", known="Paying is slow.", basis="1", key="mine")

    assert stale.status_code == 409
    words = words_of(stale)
    assert "Tariq Haddad published version 2 meanwhile." in words
    assert "What changed meanwhile Known Paying fails. fails everywhere." in words
    assert "Paying is slow.</textarea>" in stale.content.decode()
    assert '<input type="hidden" name="basis" value="2"' in stale.content.decode()
    assert post(lena, "synthesis/new/", known="Paying is slow.", basis="2", key="mine").status_code == 302
    assert incident.syntheses.current().version == 3


def test_the_page_tells_what_each_version_changed(incident, look, post, lena, tariq):
    finding = raise_finding(incident, by=tariq)
    say_what_we_know(incident, "Paying fails.", by=lena, sources={"known": [finding]})
    say_what_we_know(incident, "Paying is slow.", by=lena, sources={"known": [finding]})
    finding.correct("5.1 fails on node 2.", by=tariq)
    post(tariq, "synthesis/2/challenge/", reason="It is not slow")

    page = look(tariq, "synthesis/")
    text, html = words_of(page), page.content.decode()

    assert "<del>fails.</del><ins>is slow.</ins>" in html
    assert text.index("Version 2 Lena") < text.index("Version 1 Lena")
    assert "Challenged by Tariq Haddad: It is not slow" in text
    assert "F1 corrected by F2" in text
    assert "Found since F2 5.1 fails on node 2." in text
    assert "Take it up" not in text
    assert "Take it up" in words_of(look(lena, "synthesis/"))
    assert "Paying fails." in words_of(look(tariq, "synthesis/1/"))
    assert look(tariq, "synthesis/9/").status_code == 404


def test_an_old_one_is_amber_and_waits_for_the_lead_and_for_whom_they_named(incident, look, lena, tariq, mei):
    say_what_we_know(incident, by=lena)
    SynthesisDelegation.give(incident, mei, minutes=60, by=lena)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        raise_finding(incident, by=tariq)
    fresh = look(lena, "synthesis/", headers=HTMX).content.decode()

    with time_machine.travel(timezone.now() + timedelta(minutes=21)):
        old = look(lena, "synthesis/", headers=HTMX)
        needs = {who: words_of(look(who, "needs/", headers=HTMX)) for who in (lena, mei, tariq)}
        assert "More was found since it was last said what is known." in words_of(look(lena, "gaps/"))

    assert 'data-state="old"' not in fresh
    assert 'data-state="old"' in old.content.decode()
    assert "Old: 1 newer finding" in words_of(old)
    assert [("Say what we know: more was found since" in words) for words in needs.values()] == [True, True, False]
    assert "F1 5.1 is healthy on the canary" in needs[mei]


def test_who_writes_is_shown_and_taken_over(incident, look, post, lena, mei):
    SynthesisDelegation.give(incident, mei, minutes=60, by=lena)
    mine = post(lena, "synthesis/editing/", headers=HTMX)
    theirs = post(mei, "synthesis/editing/", headers=HTMX)

    assert (mine.status_code, words_of(mine)) == (200, "")
    assert "Lena Fischer is writing since" in words_of(theirs)
    assert "Lena Fischer is writing since" in words_of(look(mei, "synthesis/new/"))
    taken = post(mei, "synthesis/editing/", take_over="1")
    assert taken["Location"] == url_of(incident, "synthesis/new/")
    assert SynthesisEditing.of(incident, timezone.now()).editor == mei


def test_it_is_given_to_somebody_and_back(incident, look, post, lena, mei):
    post(lena, "synthesis/delegation/", delegate=mei.pk, minutes="60")
    assert "Mei Tanaka says it until" in words_of(look(lena, "synthesis/", headers=HTMX))
    assert "Give it back" in words_of(look(mei, "synthesis/"))
    assert post(mei, "synthesis/delegation/end/").status_code == 302
    assert "Mei Tanaka says it" not in words_of(look(lena, "synthesis/", headers=HTMX))
    assert look(mei, "synthesis/delegation/end/").status_code == 404
    assert post(mei, "synthesis/delegation/", delegate=mei.pk, minutes="60").status_code == 409


def test_a_finding_is_asked_about_challenged_answered_and_corrected(incident, look, post, lena, tariq, mei):
    finding = raise_finding(incident, by=tariq)
    own = f"findings/{finding.pk}/"
    assert "Ask for more…" in words_of(look(lena, own))
    assert "Challenge…" in words_of(look(mei, own))
    assert "Challenge…" not in words_of(look(tariq, own))

    post(lena, f"{own}more/", text="Which node?")
    assert "F1 more asked: 5.1 is healthy on the canary" in words_of(look(tariq, "needs/", headers=HTMX))
    assert 'id="finding-' + str(finding.pk) + '-reply"' in look(tariq, "findings/", headers=HTMX).content.decode()
    post(tariq, f"{own}reply/", text="Node 2")
    post(mei, f"{own}challenge/", reason="Node 2 has no traffic")
    bare = post(mei, f"{own}correction/", condition="It fails", confidence="low")
    assert (bare.status_code, post(tariq, f"{own}reply/", text=" ").status_code) == (409, 422)
    post(tariq, f"{own}correction/", condition="It fails on node 2", confidence="high", reason="No traffic", key="x")

    panel = words_of(look(lena, "findings/", headers=HTMX))
    assert "Lena Fischer asks: Which node?" in panel
    assert "Tariq Haddad replies: Node 2" in panel
    assert "Mei Tanaka challenges it: Node 2 has no traffic" in panel
    assert "Corrected by F2" in panel
    assert "In place of F1" in panel


def test_what_few_may_know_is_behind_nothing_that_others_see(incident, look, lena, tariq):
    hidden = open_workstream(incident, "Insider", by=lena, restricted=True)
    raise_finding(incident, "Node 1 is clean", by=tariq)
    secret = raise_finding(incident, "It was copied on Monday", by=lena, workstream=hidden)
    say_what_we_know(incident, by=lena, sources={"known": [secret]})

    assert "Behind it: F2" in words_of(look(lena, "synthesis/"))
    for page in ("synthesis/", "synthesis/1/", ""):
        assert "F2" not in words_of(look(tariq, page))


def test_whoever_comes_late_reads_what_we_know_first(incident, look, lena, tariq):
    incident.change_details(by=lena, summary="The summary of the beginning")
    say_what_we_know(incident, by=lena)

    card = words_of(look(tariq, "catch-up/"))

    assert card.index("Paying by card fails in Europe.") < card.index("Since the start")
    assert "The summary of the beginning" not in card


def test_the_region_costs_the_same_however_much_there_is(incident, lena, tariq, signed_in):
    browser = signed_in(lena)

    def costs():
        return [
            queries_of(lambda page=page, headers=headers: browser.get(url_of(incident, page), headers=headers))
            for page, headers in (
                ("synthesis/", HTMX),
                ("synthesis/", None),
                ("synthesis/new/", None),
                ("catch-up/", None),
            )
        ]

    def fill(times):
        for number in range(times):
            sources = {name: [raise_finding(incident, by=tariq)] for name in ("known", "doing")}
            say_what_we_know(incident, f"{number}", by=lena, doing="x", sources=sources)
            raise_finding(incident, by=tariq)

    fill(2)
    browser.get(url_of(incident))
    few = costs()
    fill(8)

    assert costs() == few
    assert few[0] <= 12
