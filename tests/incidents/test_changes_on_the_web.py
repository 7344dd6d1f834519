"""Claiming, ordering and ending changes in the room: forms, buttons, what needs whom, and what is said aloud."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from incidents.models import ChangeIntent
from incidents.room import IncidentRoom
from teams.models import Service
from tests.factories import declare_incident, propose_change, read_change
from tests.incidents.pages import HTMX, url_of, words_of
from tests.queries import counted

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena)


@pytest.fixture
def colliding(incident, tariq, sam):
    return [propose_change(incident, "ledger", by=by) for by in (tariq, sam)]


def change_url(change, act):
    return url_of(change.incident, f"changes/{change.pk}/{act}/")


def region(browser, incident, name="changes"):
    return browser.get(url_of(incident, f"{name}/"), headers=HTMX)


def needs(incident, member):
    return [
        (need.sentence, need.acts[0].word) for need in IncidentRoom(incident, member).needs if need.kind == "change"
    ]


# --- Claiming ---------------------------------------------------------------------------------------


def test_somebody_says_what_they_change_until_when(incident, tariq, sam, signed_in):
    browser = signed_in(tariq)
    form = {"action": "Roll back to 5.1", "services": ["ledger", "search"], "until": "12:40", "reversible": "on"}

    answer = browser.post(url_of(incident, "changes/new/"), form)

    change = read_change(incident.changes.get().pk)
    assert answer.url == url_of(incident)
    assert (change.owner, change.starts_at, change.until) == (tariq, NOON, NOON + timedelta(minutes=40))
    assert change.reversible
    assert "Tariq Haddad : Roll back to 5.1 C1 · Clear · Ledger, Search · until 12:40" in words_of(
        region(signed_in(sam), incident)
    )


def test_a_time_that_is_past_is_meant_for_tomorrow(incident, tariq, signed_in):
    form = {"action": "Reindex", "until": "00:30", "starts": "23:30"}

    signed_in(tariq).post(url_of(incident, "changes/new/"), form)

    change = incident.changes.get()
    assert (change.starts_at, change.until) == (NOON + timedelta(hours=11.5), NOON + timedelta(hours=12.5))
    assert not change.reversible


def test_clock_times_are_those_of_the_reader(incident, tariq, signed_in):
    tariq.person.time_zone = "Europe/Berlin"
    tariq.person.save()

    signed_in(tariq).post(url_of(incident, "changes/new/"), {"action": "Reindex", "until": "13:40"})

    assert incident.changes.get().until == NOON + timedelta(minutes=40)


@pytest.mark.parametrize(
    "wrong", [{"action": ""}, {"until": ""}, {"until": "25:00"}, {"services": ["nothing"]}, {"owner": "0"}]
)
def test_a_form_that_makes_no_sense_comes_back_with_what_was_typed(incident, tariq, signed_in, wrong):
    form = {"action": "Reindex", "until": "12:40", **wrong}

    answer = signed_in(tariq).post(url_of(incident, "changes/new/"), form)

    assert answer.status_code == 422
    assert not incident.changes.exists()


def test_htmx_gets_a_dialog_and_then_a_nudge(incident, tariq, signed_in):
    browser = signed_in(tariq)

    dialog = browser.get(url_of(incident, "changes/new/"), headers=HTMX)
    answer = browser.post(url_of(incident, "changes/new/"), {"action": "Reindex", "until": "12:40"}, headers=HTMX)

    assert "<open-dialog>" in dialog.content.decode()
    assert 'value="12:30"' in dialog.content.decode()
    assert (answer.status_code, answer["HX-Trigger"]) == (
        204,
        "live-changes, live-needs, live-gaps, live-timeline, acted",
    )


def test_stakeholders_and_outsiders_find_no_changes(incident, lena, tariq, stan, omar, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    acts = ("release", "start", "result", "extension", "withdrawal", "arrangement")
    addresses = [url_of(incident, "changes/"), url_of(incident, "changes/new/")]
    addresses += [change_url(change, act) for act in acts]

    for address in addresses:
        assert signed_in(lena).get(address).status_code == 200
        assert signed_in(stan).get(address).status_code == 404
        assert signed_in(omar).get(address).status_code == 404


def test_a_change_of_another_incident_is_not_found(incident, lena, tariq, signed_in):
    change, other = propose_change(incident, "ledger", by=tariq), declare_incident(lena)

    assert signed_in(lena).post(url_of(other, f"changes/{change.pk}/release/")).status_code == 404
    assert read_change(change.pk).state == "proposed"


# --- Buttons ----------------------------------------------------------------------------------------


def test_the_lead_releases_by_one_click_and_the_owner_starts_by_one(incident, lena, tariq, sam, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    lead, owner, other = (signed_in(each) for each in (lena, tariq, sam))
    assert f'id="change-{change.pk}-release"' in region(lead, incident).content.decode()
    assert f"change-{change.pk}-start" not in region(owner, incident).content.decode()
    assert needs(incident, lena) == [("C1 waits for your go: Tariq Haddad, Drain the queue", "Release")]
    assert (needs(incident, tariq), needs(incident, sam)) == ([], [])

    assert lead.post(change_url(change, "release"), headers=HTMX).status_code == 204

    assert f'id="change-{change.pk}-start"' in region(owner, incident).content.decode()
    assert f"change-{change.pk}-" not in region(other, incident).content.decode()
    assert needs(incident, tariq) == [("C1 may begin: Drain the queue", "Start")]
    assert needs(incident, lena) == []

    assert owner.post(change_url(change, "start")).url == url_of(incident)
    assert read_change(change.pk).state == "started"
    assert needs(incident, tariq) == []


def test_a_button_that_breaks_a_rule_asks_for_the_reason_in_the_same_step(incident, tariq, sam, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    browser = signed_in(tariq)

    refused = browser.post(change_url(change, "start"), headers=HTMX)

    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#dialog")
    assert "has not let C1 go yet" in words_of(refused)
    assert 'name="waiver"' in refused.content.decode()

    answer = browser.post(change_url(change, "start"), {"waiver": "It is losing money"}, headers=HTMX)
    assert (answer.status_code, read_change(change.pk).state) == (204, "started")


def test_its_owner_says_how_it_ended(incident, lena, tariq, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    browser = signed_in(tariq)
    assert "Succeeded" in words_of(browser.get(change_url(change, "result")))

    answer = browser.post(change_url(change, "result"), {"result": "rolled_back", "text": "Too slow"})

    assert answer.status_code == 302
    page = words_of(browser.get(url_of(incident, "changes/")))
    assert "C1 · Rolled back · Ledger · 12:00 Too slow" in page
    assert "Nobody is changing anything." in words_of(region(browser, incident))


def test_it_takes_longer(incident, lena, tariq, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    browser = signed_in(tariq)
    assert 'value="13:00"' in browser.get(change_url(change, "extension")).content.decode()

    browser.post(change_url(change, "extension"), {"until": "12:50", "reason": "One node hangs"})

    assert read_change(change.pk).until == NOON + timedelta(minutes=50)


def test_a_time_that_is_no_later_is_an_error_at_its_field(incident, tariq, signed_in):
    change = propose_change(incident, "ledger", by=tariq)

    answer = signed_in(tariq).post(change_url(change, "extension"), {"until": "12:20"})

    assert answer.status_code == 422
    assert "Say a later time than before." in words_of(answer)


def test_it_is_withdrawn(incident, tariq, signed_in):
    change = propose_change(incident, "ledger", by=tariq)

    assert signed_in(tariq).post(change_url(change, "withdrawal"), {"reason": "Not needed"}).status_code == 302
    assert read_change(change.pk).state == "withdrawn"


def test_nothing_is_claimed_once_it_is_over(incident, lena, tariq, signed_in):
    propose_change(incident, "ledger", by=tariq)
    incident.resolve(by=lena)
    browser = signed_in(tariq)

    assert "changes-new" not in region(browser, incident).content.decode()
    answer = browser.post(url_of(incident, "changes/new/"), {"action": "Reindex", "until": "12:40"})
    assert answer.status_code == 409
    assert "Reopen it first." in words_of(answer)


# --- Collisions -------------------------------------------------------------------------------------


def test_a_collision_is_said_aloud_to_both_owners_and_the_lead(incident, colliding, lena, tariq, sam, mei, signed_in):
    for member, aloud in ((lena, 2), (tariq, 1), (sam, 1), (mei, 0)):
        html = region(signed_in(member), incident).content.decode()
        assert "Same service: Ledger (C1)" in " ".join(html.split())
        assert html.count('role="alert"') == aloud


def test_the_lead_is_asked_and_says_which_goes_first(incident, colliding, lena, tariq, sam, signed_in):
    first, second = colliding
    browser = signed_in(lena)
    assert [sentence for sentence, _ in needs(incident, lena)] == [
        "C1 and C2 are in each other's way: same service: Ledger"
    ]
    assert needs(incident, tariq) == []
    dialog = words_of(browser.get(change_url(first, "arrangement"), headers=HTMX))
    assert "C1 Drain the queue (Tariq Haddad), then C2 Drain the queue (Sam Okafor)" in dialog

    answer = browser.post(change_url(first, "arrangement"), {"order": f"{second.pk},{first.pk}"})

    assert answer.status_code == 302
    assert "after C2" in words_of(region(browser, incident))
    assert read_change(first.pk).starts_at == NOON + timedelta(minutes=30)


def test_who_does_not_lead_gives_a_reason_for_an_order(incident, colliding, tariq, signed_in):
    first, second = colliding
    browser, form = signed_in(tariq), {"order": f"{first.pk},{second.pk}"}

    assert browser.post(change_url(first, "arrangement"), form).status_code == 409
    assert browser.post(change_url(first, "arrangement"), {**form, "waiver": "Lena said so"}).status_code == 302


@pytest.mark.parametrize("order", ["", "1", "x,y", "2,2"])
def test_an_order_that_was_not_offered_is_none(incident, colliding, lena, signed_in, order):
    answer = signed_in(lena).post(change_url(colliding[0], "arrangement"), {"order": order})

    assert answer.status_code == 422
    assert read_change(colliding[0].pk).waits_for == []


def test_what_is_under_way_is_offered_first_only(incident, colliding, lena, tariq, sam, mei, signed_in):
    first, _ = colliding
    propose_change(incident, "ledger", by=mei, action="Reindex")
    read_change(first.pk).start(by=tariq, waiver="It burns")

    offered = signed_in(lena).get(change_url(first, "arrangement")).context["form"].fields["order"].choices

    assert len(offered) == 2
    assert all(value.startswith(f"{first.pk},") for value, _ in offered)


def test_what_somebody_may_not_see_is_not_offered(incident, lena, ruth, tariq, ada, signed_in):
    hidden = declare_incident(ruth, "Somebody got in", private=True)
    theirs = propose_change(hidden, "ledger", by=ruth, action="Rotate the keys")
    ours = propose_change(incident, "ledger", by=ruth)

    blind = signed_in(tariq).get(change_url(ours, "arrangement"))
    seeing = signed_in(ruth).get(change_url(ours, "arrangement"))

    assert "Nothing that you may see is in its way." in words_of(blind)
    assert "Rotate the keys" not in blind.content.decode()
    assert f"INC-2 C1 Rotate the keys ({theirs.owner.name})" in words_of(seeing)
    page = words_of(region(signed_in(tariq), incident))
    assert "Same service: Ledger (a change in another incident)" in page


def test_a_late_change_is_marked_and_its_owner_asked(incident, lena, tariq, clock, signed_in):
    change = propose_change(incident, "ledger", by=tariq)
    change.start(by=lena)
    clock.shift(timedelta(minutes=31))

    html = region(signed_in(tariq), incident).content.decode()

    assert 'data-state="late"' in html
    assert needs(incident, tariq) == [("C1 was to be over: Drain the queue", "Done")]
    assert needs(incident, lena) == []


# --- What it costs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["changes", "needs", "gaps"])
def test_a_region_costs_the_same_however_many_changes_there_are(incident, lena, tariq, sam, signed_in, name):
    browser = signed_in(lena)
    for by in (tariq, sam):
        propose_change(incident, "ledger", by=by)
    region(browser, incident, name)
    with counted() as few:
        region(browser, incident, name)
    for number in range(6):
        propose_change(incident, "ledger", "search", by=(tariq, sam)[number % 2])

    with counted() as many:
        region(browser, incident, name)

    assert len(many) == len(few)


# --- Services that may be affected ------------------------------------------------------------------


@pytest.fixture
def suspicious(lena, ada):
    """An incident of the search, which the ledger needs."""
    search = Service.objects.get(slug="search")
    Service.objects.get(slug="ledger").rest_on([search], by=ada)
    return declare_incident(lena, services=[search])


def test_the_header_names_what_may_be_affected_and_one_click_says_whether_it_is(suspicious, tariq, signed_in):
    browser = signed_in(tariq)
    assert "Possibly affected Ledger needs Search" in words_of(region(browser, suspicious, "header"))

    answer = browser.post(url_of(suspicious, "services/ledger/"), {"affected": "yes"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Trigger"]) == (
        204,
        "live-header, live-functions, live-timeline, acted",
    )
    assert "Affects Ledger, Search" in words_of(region(browser, suspicious, "header"))
    assert "Possibly affected" not in words_of(region(browser, suspicious, "header"))


def test_what_is_cleared_is_not_named_any_more(suspicious, tariq, signed_in):
    browser = signed_in(tariq)

    assert browser.post(url_of(suspicious, "services/ledger/"), {"affected": "no"}).url == url_of(suspicious)

    assert "Possibly affected" not in words_of(region(browser, suspicious, "header"))
    assert browser.post(url_of(suspicious, "services/ledger/"), {"affected": "no"}).status_code == 409


def test_the_form_of_the_details_names_them_all(suspicious, lena, ada, signed_in):
    below = Service.objects.get(slug="ledger")
    for number in range(4):
        above = Service.objects.create(slug=f"layer-{number}", name=f"Layer {number}")
        above.rest_on([below], by=ada)
    browser = signed_in(lena)

    header = region(browser, suspicious, "header")

    assert "2 more" in words_of(header)
    assert "Layer 3" not in words_of(header)
    assert "Layer 3 needs Ledger" in words_of(browser.get(url_of(suspicious, "details/")))


def test_stakeholders_read_it_and_outsiders_find_nothing(suspicious, stan, omar, signed_in):
    assert "Possibly affected Ledger needs Search" in words_of(region(signed_in(stan), suspicious, "header"))
    assert 'name="affected"' not in region(signed_in(stan), suspicious, "header").content.decode()
    for member in (stan, omar):
        answer = signed_in(member).post(url_of(suspicious, "services/ledger/"), {"affected": "yes"})
        assert answer.status_code == 404
    assert ChangeIntent.objects.count() == 0
