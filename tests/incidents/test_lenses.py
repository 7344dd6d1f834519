"""Lenses: one room, in the order of whoever looks. They move panels; they neither show nor hide anything."""

import re

import pytest

from incidents.lenses import LENSES, USUAL
from incidents.models import Participant, RoleAssignment
from incidents.room import IncidentRoom
from teams.models import TechnicalDomain
from tests.factories import declare_incident, open_workstream
from tests.incidents.pages import url_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, summary="Cards fail.")


def choose(browser, incident, lens, **more):
    return browser.post(url_of(incident, "lens/"), {"lens": lens} | more)


def lens_in(response):
    return re.search(r'id="room" data-lens="([a-z]+)"', response.content.decode())[1]


def panels_in(response):
    """The ids of the panels in the order in which they are read."""
    room = response.content.decode().split('id="room"')[1].split("<tab-bar")[0]
    return re.findall(r'<(?:section|p)[^>]* id="([a-z_]+)"[^>]* data-pane="|<section id="([a-z_]+)" class="panel', room)


def names(response):
    return ["".join(pair) for pair in panels_in(response)]


# --- What a lens is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_a_lens_leaves_nothing_out_and_shows_nothing_twice(lens):
    placed = [panel for panels in lens.columns.values() for panel in panels]

    assert sorted(placed) == sorted(panel for panels in USUAL.values() for panel in panels)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_the_timeline_stays_behind_the_conversation_whose_tab_it_is(lens):
    middle = lens.columns["main"]

    assert middle.index("timeline") == middle.index("conversation") + 1


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_panels_are_written_in_the_order_in_which_they_are_seen(lens, incident, lena, signed_in):
    page = signed_in(lena).get(url_of(incident), {"lens": lens.slug})

    wanted = [panel for panels in lens.columns.values() for panel in panels]
    drawn = names(page)
    assert len(drawn) > 15
    assert drawn == [panel for panel in wanted if panel in drawn]


@pytest.mark.parametrize("who", ["lena", "tariq", "stan"])
def test_through_every_lens_somebody_sees_the_same(who, incident, signed_in, request):
    browser = signed_in(request.getfixturevalue(who))

    seen = {slug: frozenset(names(browser.get(url_of(incident), {"lens": slug}))) for slug in LENSES}

    assert len(set(seen.values())) == 1
    assert ("roles" in seen["lead"]) == (who != "stan")


# --- Whose lens it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "role", "lens"),
    [
        ("mei", "lead", "lead"),
        ("lena", "communications_lead", "comms"),
        ("lena", "technical_coordinator", "tech"),
        ("lena", "support_liaison", "support"),
        ("lena", "product", "product"),
        ("lena", "executive", "exec"),
        ("mei", "responder", "tech"),
        ("mei", "observer", "observer"),
    ],
)
def test_without_a_choice_it_is_that_of_the_role(who, role, lens, incident, lena, request):
    member = request.getfixturevalue(who)
    lead = incident.roles.current().get()
    lead.incident = incident
    lead.stand_down(by=lena)
    domain = TechnicalDomain.objects.get(slug="backend") if role == "technical_coordinator" else None
    RoleAssignment.take(incident, role, by=member, domain=domain)

    assert IncidentRoom(incident, member).lens.slug == lens


def test_of_several_roles_the_leads_comes_first(incident, lena):
    RoleAssignment.take(incident, "product", by=lena)

    assert IncidentRoom(incident, lena).lens.slug == "lead"


@pytest.mark.parametrize(
    ("who", "lens"), [("tariq", "tech"), ("mei", "comms"), ("sam", "support"), ("ada", "product"), ("ruth", "exec")]
)
def test_without_a_role_it_is_that_of_the_function(who, lens, incident, request):
    assert IncidentRoom(incident, request.getfixturevalue(who)).lens.slug == lens


def test_who_reads_along_observes(incident, tariq, stan):
    Participant.join(incident, tariq, by=tariq, capacity="observer")

    assert IncidentRoom(incident, tariq).lens.slug == "observer"
    assert IncidentRoom(incident, stan).lens.slug == "observer"


# --- Choosing -----------------------------------------------------------------------------------------


def test_a_chosen_lens_is_kept_for_this_person_and_this_incident(incident, lena, tariq, signed_in):
    other, browser = declare_incident(lena), signed_in(tariq)

    answer = choose(browser, incident, "comms")

    assert answer.url == url_of(incident)
    assert lens_in(browser.get(url_of(incident))) == "comms"
    assert lens_in(browser.get(url_of(other))) == "tech"
    assert lens_in(signed_in(lena).get(url_of(incident))) == "lead"


def test_whoever_only_looks_chooses_too_and_is_still_only_looking(incident, stan, signed_in):
    browser = signed_in(stan)

    for lens in ("exec", "support"):
        choose(browser, incident, lens)

    page = browser.get(url_of(incident))
    assert lens_in(page) == "support"
    assert "You are watching." in page.content.decode()
    assert incident.participants.current().filter(membership=stan).count() == 0


def test_choosing_is_no_news(incident, tariq, signed_in):
    before = incident.timeline.count()

    choose(signed_in(tariq), incident, "exec")

    assert incident.timeline.count() == before


def test_an_address_with_a_lens_looks_through_it_this_once(incident, tariq, signed_in):
    browser = signed_in(tariq)

    assert lens_in(browser.get(url_of(incident), {"lens": "exec"})) == "exec"
    assert lens_in(browser.get(url_of(incident))) == "tech"


@pytest.mark.parametrize("lens", ["", "nonsense", "LEAD", "x" * 5000])
def test_a_lens_that_nobody_knows_is_that_of_the_role(lens, incident, lena, signed_in):
    browser = signed_in(lena)
    choose(browser, incident, "exec")

    assert lens_in(browser.get(url_of(incident), {"lens": lens})) == "exec"
    assert choose(browser, incident, lens).status_code == 302
    assert lens_in(browser.get(url_of(incident))) == "lead"


def test_the_thread_that_is_open_stays_open(incident, lena, signed_in):
    stream = open_workstream(incident, "Drain the queue", by=lena)

    browser, thread = signed_in(lena), url_of(incident, f"?stream={stream.pk}")

    assert choose(browser, incident, "tech", stream=str(stream.pk)).url == thread
    assert choose(browser, incident, "tech", stream="//evil.example").url == url_of(incident)


def test_an_observer_begins_with_the_timeline_and_opens_any_thread(incident, lena):
    general = incident.workstreams.get()

    assert IncidentRoom(incident, lena, lens="observer").stream == "timeline"
    assert IncidentRoom(incident, lena, lens="observer", stream=str(general.pk)).stream == general


def test_outsiders_have_no_lens(incident, omar, lena, signed_in):
    assert choose(signed_in(lena), incident, "exec").status_code == 302

    assert choose(signed_in(omar), incident, "exec").status_code == 404
    assert signed_in(lena).get(url_of(incident, "lens/")).status_code == 405


def test_the_menu_says_which_one_it_is(incident, lena, signed_in):
    page = signed_in(lena).get(url_of(incident)).content.decode()

    assert re.findall(r'value="([a-z]+)" id="lens-[a-z]+" aria-pressed="true"', page) == ["lead"]
    assert re.findall(r'name="lens" value="([a-z]*)"', page) == [*LENSES, ""]
