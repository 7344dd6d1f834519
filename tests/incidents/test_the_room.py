"""The room: what it shows, to whom, and at what cost."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from incidents import kinds
from incidents.models import FunctionActivation, Obligation, Participant, RoleAssignment, StatusUpdate
from incidents.room import IncidentRoom
from incidents.views.room import BRIEFING, REGIONS
from playbooks.models import IncidentType
from teams.models import Function, Membership, Person, TechnicalDomain
from tests.factories import declare_incident, open_workstream, post_message, raise_finding
from tests.queries import counted

OTHER_REGIONS = ("needs", "people", "timeline", "decisions", "reports")


def url_of(incident, rest=""):
    return f"/o/acme/incidents/{incident.number}/{rest}"


def fetch(client, incident, region):
    """A region as htmx asks for it."""
    return client.get(url_of(incident, f"{region}/"), headers={"HX-Request": "true"})


def text_of(response):
    return " ".join(response.content.decode().split())


# --- Who may look ---------------------------------------------------------------------------------


def test_a_member_sees_the_room(lena, tariq, signed_in):
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    post_message(incident, "Draining the queue.", by=lena)

    page = text_of(signed_in(tariq).get(url_of(incident)))

    assert "INC-1</span> Card payments fail</h1>" in page
    assert "Lead Lena Fischer" in page
    assert "Draining the queue." in page


def test_an_outsider_finds_nothing(lena, omar, signed_in):
    incident = declare_incident(lena)

    browser = signed_in(omar)

    assert signed_in(lena).get(url_of(incident)).status_code == 200
    assert browser.get(url_of(incident)).status_code == 404
    assert {fetch(browser, incident, region).status_code for region in (*REGIONS, *OTHER_REGIONS)} == {404}


def test_an_incident_that_is_not_there_looks_like_one_that_is_hidden(lena, tariq, signed_in):
    hidden = declare_incident(lena, private=True)
    browser = signed_in(tariq)

    assert signed_in(lena).get(url_of(hidden)).status_code == 200
    assert browser.get(url_of(hidden)).status_code == 404
    assert browser.get("/o/acme/incidents/99/").status_code == 404


def test_a_stakeholder_reads_the_briefing_and_no_more(lena, tariq, stan, signed_in):
    incident = declare_incident(lena, "Card payments fail")
    post_message(incident, "The gateway is a mess.", by=tariq)
    StatusUpdate.publish(
        incident, "leadership", by=lena, waiver="No communications lead yet",
        body={"business_impact": "A third of sales", "customer_effect": "Cards fail", "expected_timeline": "Unknown"},
    )  # fmt: skip
    assert "The gateway is a mess." in text_of(signed_in(tariq).get(url_of(incident)))

    browser = signed_in(stan)
    page = text_of(browser.get(url_of(incident)))

    assert "A third of sales" in page
    assert "declared “Card payments fail”" in page
    assert "The gateway is a mess." not in page
    assert 'id="composer"' not in page
    statuses = {region: fetch(browser, incident, region).status_code for region in REGIONS}
    assert statuses == {region: 200 if region in BRIEFING else 404 for region in REGIONS}
    assert browser.get(url_of(incident, "conversation/"), headers={"HX-Request": "true"}).status_code == 404


# --- Regions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", [*REGIONS, *OTHER_REGIONS])
def test_a_region_is_one_element_that_carries_its_name(lena, signed_in, region):
    incident = declare_incident(lena)

    html = fetch(signed_in(lena), incident, region).content.decode().strip()

    root = html[: html.index(">")]
    assert f'id="{region}"' in root
    assert html.count(f'id="{region}"') == 1
    if region != "timeline":
        assert f'hx-get="/o/acme/incidents/1/{region}/' in root
        assert f"live-{region} from:body" in root


def test_every_region_that_a_kind_names_can_be_fetched(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)

    named = {region for kind in kinds.all_kinds() for region in kind.regions}

    assert {region: fetch(browser, incident, region).status_code for region in named} == dict.fromkeys(named, 200)


def test_a_browser_that_asks_for_a_region_is_shown_where_it_stands(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)

    assert browser.get(url_of(incident, "roles/")).url == url_of(incident) + "#roles"
    assert browser.get(url_of(incident, "updates/")).status_code == 200
    assert browser.get(url_of(incident, "people/")).status_code == 200


def test_controls_in_regions_keep_their_focus_over_a_refetch(lena, signed_in):
    """A control with an id is found again by htmx; one without loses the focus to the page."""
    incident = declare_incident(lena, severity="sev1")
    open_workstream(incident, by=lena)
    browser = signed_in(lena)

    for region in REGIONS:
        html = fetch(browser, incident, region).content.decode()
        controls = [tag for tag in html.split("<")[1:] if tag.startswith(("button", "a ", "details", "textarea"))]
        loose = [tag.split(">")[0] for tag in controls if " id=" not in tag.split(">")[0]]
        assert loose == []
        assert "<textarea" not in html
        assert '<input type="text"' not in html


# --- Roles ------------------------------------------------------------------------------------------


def test_a_vacant_role_says_so_and_offers_itself(lena, tariq, signed_in):
    incident = declare_incident(lena)

    page = text_of(fetch(signed_in(tariq), incident, "roles"))

    assert "2 unfilled" in page
    assert "Communications lead: unfilled for" in page
    assert "Support liaison: unfilled for" in page
    assert 'id="take-communications_lead"' in page
    assert 'id="take-lead"' not in page


def test_only_who_decides_about_a_role_sees_the_button_that_gives_it(lena, tariq, signed_in):
    incident = declare_incident(lena)

    assert 'id="give-lead"' in text_of(fetch(signed_in(lena), incident, "roles"))
    assert 'id="give-lead"' not in text_of(fetch(signed_in(tariq), incident, "roles"))


def test_the_room_works_without_a_lead(acme, tariq, signed_in):
    incident = declare_incident(None)

    page = text_of(signed_in(tariq).get(url_of(incident)))

    assert "No lead yet" in page
    assert 'id="take-lead"' in page


def test_one_person_with_both_roles_is_warned(lena, signed_in):
    incident = declare_incident(lena)
    assert "risky" not in text_of(fetch(signed_in(lena), incident, "roles"))

    RoleAssignment.take(incident, "communications_lead", by=lena)

    assert "Lena Fischer is incident lead and communications lead: risky" in text_of(
        fetch(signed_in(lena), incident, "roles")
    )


def test_a_role_is_vacant_since_it_was_released(lena):
    incident = declare_incident(lena)
    RoleAssignment.objects.get(incident=incident, role="lead").stand_down(by=lena)

    row = IncidentRoom(incident, lena).roles.rows[0]

    assert (row.holder, row.since) == (None, RoleAssignment.objects.get().ended_at)


# --- Functions and presence ------------------------------------------------------------------------


def test_functions_tell_how_far_they_are_and_who_is_here(lena, tariq, ruth):
    incident = declare_incident(lena, incident_type=IncidentType.objects.get(slug="payment"), severity="sev1")
    FunctionActivation.change(incident, Function.objects.get(slug="engineering"), "engaged", by=lena)
    Participant.join(incident, tariq, by=tariq)
    Participant.join(incident, ruth, by=ruth, capacity="observer")
    Participant.beat(incident, [lena.pk, ruth.pk])
    Participant.beat(incident, [tariq.pk], away=True)

    room, later = IncidentRoom(incident, lena), IncidentRoom(incident, lena)
    later.now += timedelta(minutes=10)
    rows = {row.function.slug: row for row in room.functions}

    engineering, finance, leadership = rows["engineering"], rows["finance"], rows["leadership"]
    assert (engineering.state, engineering.here, engineering.away, engineering.absent) == ("Engaged", 1, 1, False)
    assert (finance.state, finance.here, finance.absent) == ("Requested", 0, False)
    assert next(row for row in later.functions if row.function.slug == "finance").absent
    assert (leadership.here, leadership.watching) == (0, 1)
    assert finance.activation.rule == "Playbook Payments v1"


def test_a_fresh_room_calls_nobody_absent(lena, tariq):
    """Whoever was given a role has ten minutes to come; so has a function that was asked for."""
    incident = declare_incident(lena)
    RoleAssignment.assign(incident, "communications_lead", tariq, by=lena)

    def here(minutes):
        room = IncidentRoom(incident, lena)
        room.now += timedelta(minutes=minutes)
        return {row.slug: row.here for row in room.roles.rows if row.holder}

    assert here(0) == here(9) == {"lead": True, "communications_lead": True}
    assert here(10) == {"lead": False, "communications_lead": False}


def test_presence_ends_a_minute_after_the_last_beat(lena):
    incident = declare_incident(lena)

    Participant.beat(incident, [lena.pk], now=timezone.now() - timedelta(seconds=61))
    assert IncidentRoom(incident, lena).own_participation.presence == "gone"

    Participant.beat(incident, [lena.pk])
    assert IncidentRoom(incident, lena).own_participation.presence == "here"


def test_people_engage_their_own_function_and_the_lead_may_change_all(lena, sam):
    incident = declare_incident(lena)

    own = {row.function.slug: (str(row.act), row.may_change) for row in IncidentRoom(incident, sam).functions}
    leads = {row.function.slug: (str(row.act), row.may_change) for row in IncidentRoom(incident, lena).functions}

    assert own["support"] == ("engaged", False)
    assert own["engineering"] == ("", False)
    assert leads["support"] == ("", True)


# --- What needs whom --------------------------------------------------------------------------------


def needs_of(incident, member):
    return [(need.kind, need.slug, need.state) for need in IncidentRoom(incident, member).needs]


def test_a_late_update_needs_its_owner_and_nobody_else(lena, mei, tariq):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.take(incident, "communications_lead", by=mei)
    FunctionActivation.change(incident, mei.function, "engaged", by=mei)
    make_due(incident, "customers", minutes_ago=1)

    assert needs_of(incident, mei) == [("clock", "customers", "late")]
    assert ("clock", "customers", "late") not in needs_of(incident, lena)
    assert ("clock", "customers", "late") not in needs_of(incident, tariq)


def test_a_late_update_that_nobody_owns_needs_the_lead(lena):
    incident = declare_incident(lena, severity="sev1")
    make_due(incident, "customers", minutes_ago=1)

    assert ("clock", "customers", "late") in needs_of(incident, lena)


def test_an_escalated_update_needs_the_lead_too(lena, mei):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    make_due(incident, "customers", minutes_ago=6)
    Obligation.objects.filter(audience="customers").update(state="escalated", level=1)

    assert ("clock", "customers", "late") in needs_of(incident, lena)


def test_the_assessment_needs_the_lead_when_it_is_due_soon(lena, tariq):
    incident = declare_incident(lena)
    assert ("assessment", "", "") not in needs_of(incident, lena)

    Obligation.objects.filter(kind="assessment").update(warn_at=timezone.now())

    assert ("assessment", "", "") in needs_of(incident, lena)
    assert ("assessment", "", "") not in needs_of(incident, tariq)


def test_a_vacant_communications_lead_needs_the_lead_and_communications(lena, mei, tariq):
    incident = declare_incident(lena)
    vacant = ("role", "communications_lead", "empty")

    assert (vacant in needs_of(incident, lena), vacant in needs_of(incident, mei)) == (True, True)
    assert vacant not in needs_of(incident, tariq)


def test_a_requested_function_needs_its_people_until_one_engages_it(lena, sam, tariq):
    incident = declare_incident(lena)
    asked = ("function", "support", "")
    assert (asked in needs_of(incident, sam), asked in needs_of(incident, tariq)) == (True, False)

    FunctionActivation.change(incident, sam.function, "engaged", by=sam)

    assert asked not in needs_of(incident, sam)


def test_nothing_needs_anybody_once_it_is_over(lena, signed_in):
    incident = declare_incident(lena)
    assert needs_of(incident, lena)

    incident.resolve(by=lena)

    assert needs_of(incident, lena) == []
    region = fetch(signed_in(lena), incident, "needs").content.decode()
    assert " hidden" in region[: region.index(">")]


def make_due(incident, audience, *, minutes_ago):
    due_at = timezone.now() - timedelta(minutes=minutes_ago)
    Obligation.objects.filter(incident=incident, audience=audience).update(
        due_at=due_at, warn_at=due_at - timedelta(minutes=5), state="due"
    )


# --- Life and clocks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("identified", ["done", "now", "", ""]),
        ("monitoring", ["done", "done", "now", ""]),
        ("resolved", ["done", "done", "done", "now"]),
        ("declined", ["done", "now"]),
    ],
)
def test_the_steps_show_where_it_is(lena, status, steps):
    incident = declare_incident(lena)
    incident.change_status(status, by=lena)

    assert [step.state for step in IncidentRoom(incident, lena).steps] == steps


def test_there_is_one_clock_for_every_audience_the_most_urgent_first(lena):
    incident = declare_incident(lena, severity="sev2")

    clocks = [(clock.name, clock.due_at is not None) for clock in IncidentRoom(incident, lena).clocks]

    assert clocks == [
        ("Assessment", True), ("Customers", True), ("Technical", True), ("Coordination", True), ("Leadership", True),
    ]  # fmt: skip


def test_an_audience_without_a_clock_says_on_change(lena):
    incident = declare_incident(lena, severity="sev4")

    clocks = {clock.name: clock.idle for clock in IncidentRoom(incident, lena).clocks if clock.due_at is None}

    assert clocks == dict.fromkeys(("Technical", "Coordination", "Leadership", "Customers"), "on change")


def test_the_latest_update_to_each_audience_is_shown(lena, tariq):
    incident = declare_incident(lena)
    StatusUpdate.publish(incident, "technical", {"text": "Looking."}, by=tariq)
    raise_finding(incident, "Found it.", by=tariq)
    StatusUpdate.publish(incident, "technical", {"text": "Found it."}, by=tariq)

    said = {clock.name: update and update.body for clock, update in IncidentRoom(incident, lena).updates}

    assert said == {"Technical": {"text": "Found it."}, "Coordination": None, "Leadership": None, "Customers": None}


def test_a_drill_says_so_everywhere(lena, signed_in):
    drill, real = declare_incident(lena, drill=True), declare_incident(lena)

    assert "banner--drill" in text_of(signed_in(lena).get(url_of(drill)))
    assert "banner--drill" not in text_of(signed_in(lena).get(url_of(real)))


# --- Taking part ------------------------------------------------------------------------------------


def test_a_member_joins_and_leaves(lena, tariq, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(tariq)

    assert browser.post(url_of(incident, "participation/"), {"capacity": "active"}).url == url_of(incident)
    assert Participant.objects.get(membership=tariq).left_at is None

    browser.post(url_of(incident, "participation/"), {"capacity": "left"})
    assert Participant.objects.get(membership=tariq).left_at is not None


def test_joining_twice_changes_nothing(lena, tariq, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(tariq)

    for _ in range(2):
        browser.post(url_of(incident, "participation/"), {"capacity": "active"})

    assert incident.timeline.of_kinds("participant_joined").filter(actor=tariq).count() == 1


def test_a_stakeholder_follows_but_does_not_respond(lena, stan, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(stan)

    assert browser.post(url_of(incident, "participation/"), {"capacity": "active"}).status_code == 409
    assert browser.post(url_of(incident, "participation/"), {"capacity": "follower"}).status_code == 302
    assert Participant.objects.get(membership=stan).capacity == "follower"


def test_the_lead_leaves_only_without_the_role(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)

    refused = browser.post(url_of(incident, "participation/"), {"capacity": "left"})

    assert refused.status_code == 409
    assert "still holds a role" in text_of(refused)


def test_somebody_is_brought_into_a_private_incident(lena, tariq, signed_in):
    incident = declare_incident(lena, private=True)
    assert signed_in(tariq).get(url_of(incident)).status_code == 404

    form = {"member": tariq.pk, "capacity": "active", "from": "people"}
    answer = signed_in(lena).post(url_of(incident, "participation/"), form)

    assert answer.url == url_of(incident, "people/")
    assert signed_in(tariq).get(url_of(incident)).status_code == 200


def test_whoever_leaves_a_private_incident_is_led_out_of_it(lena, tariq, signed_in):
    incident = declare_incident(lena, private=True)
    Participant.join(incident, tariq, by=lena)

    answer = signed_in(tariq).post(url_of(incident, "participation/"), {"capacity": "left"})

    assert answer.url == "/o/acme/"


def test_a_member_of_another_organisation_cannot_be_brought_in(lena, omar, signed_in):
    incident = declare_incident(lena)

    answer = signed_in(lena).post(url_of(incident, "participation/"), {"member": omar.pk, "capacity": "active"})

    assert answer.status_code == 404
    assert incident.participants.count() == 1


def test_htmx_is_told_which_regions_changed(lena, tariq, signed_in):
    incident = declare_incident(lena)

    answer = signed_in(tariq).post(
        url_of(incident, "participation/"), {"capacity": "active"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 204
    assert answer["HX-Trigger"] == "live-people, live-functions, live-gaps, live-timeline, acted"


# --- What it costs ----------------------------------------------------------------------------------

ADMISSION = ("django_session", "teams_person", "teams_organization", "teams_membership")


def queries_of(act):
    with counted() as queries:
        assert act().status_code == 200
    return queries


def costs(browser, incident):
    """Queries of the page and of each region."""
    browser.get(url_of(incident))  # the first request of a session notes the session
    fetches = {"page": lambda: browser.get(url_of(incident))} | {
        region: partial(fetch, browser, incident, region) for region in (*REGIONS, *OTHER_REGIONS)
    }
    return {name: queries_of(act) for name, act in fetches.items()}


def counts(costs):
    return {name: len(queries) for name, queries in costs.items()}


def own_reads(queries):
    """What a view reads after the person was let in."""
    tables = [sql.split(' FROM "')[1].split('"')[0] for sql in queries if sql.startswith("SELECT") and ' FROM "' in sql]
    return [table for table in tables if not table.startswith(ADMISSION)]


def test_the_cost_stays_the_same_however_long_the_timeline_is(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)
    post_message(incident, by=lena)
    lengthen(incident, lena, to=10)
    short = costs(browser, incident)

    lengthen(incident, lena, to=1000)

    assert counts(costs(browser, incident)) == counts(short)


def test_a_page_and_its_regions_are_cheap(lena, signed_in):
    incident = declare_incident(lena)
    post_message(incident, by=lena)

    reads = {name: len(own_reads(queries)) for name, queries in costs(signed_in(lena), incident).items()}

    assert reads.pop("page") <= 34
    # The board of gaps looks at everything there is; what waits for somebody is counted in all that is open.
    assert reads.pop("gaps") <= 11
    assert reads.pop("needs") <= 9
    assert max(reads.values()) <= 6


def test_the_cost_stays_the_same_however_many_people_there_are(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)
    crowd(incident, to=3)
    few = counts(costs(browser, incident))

    crowd(incident, to=60)

    assert incident.participants.count() == 60
    assert counts(costs(browser, incident)) == few


def test_only_the_newest_fifty_lines_are_drawn(lena, signed_in):
    incident = declare_incident(lena)
    for number in range(60):
        post_message(incident, f"word {number}", by=lena)
    lengthen(incident, lena, to=200)

    page = signed_in(lena).get(url_of(incident)).content.decode()

    assert page.count('<li class="msg" id=') == 50
    assert page.count('<li class="msg msg--entry"') == 50
    assert len(page) < 165_000


@transaction.atomic
def lengthen(incident, member, *, to):
    """Entries and messages until the timeline is that long."""
    incident.lock()
    while incident.last_number < to:
        if incident.last_number % 10 == 0:
            post_message(incident, by=member)
            incident.lock()
        else:
            incident.record(kinds.STATUS_CHANGED, by=member, before="identified", after="monitoring")


def crowd(incident, *, to):
    """Participants of all functions until there are that many."""
    functions = list(Function.objects.in_order())
    for number in range(incident.participants.count(), to):
        person = Person.objects.create(email=f"extra{number}@acme.test", name=f"Extra {number}")
        member = Membership.objects.create(person=person, function=functions[number % len(functions)])
        Participant.objects.create(incident=incident, membership=member, seen_at=timezone.now())


def test_many_vacant_roles_are_one_line_for_the_lead(lena, tariq):
    incident = declare_incident(lena, severity="sev1")
    for slug in ("backend", "database", "platform"):
        open_workstream(incident, slug, by=lena, domain=TechnicalDomain.objects.get(slug=slug), owner=tariq)

    (row,) = [need for need in IncidentRoom(incident, lena).needs if need.kind == "role"]

    assert row.sentence.startswith("5 roles are unfilled: ")
    assert [act.place for act in row.acts] == ["gaps/"]
