"""Figures of an incident: how fast, how late, what it cost, and who may see whose hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from incidents.figures import Figures, within_the_day
from incidents.mobilization import assess
from incidents.models import (
    FunctionActivation,
    IncidentInvitation,
    Obligation,
    Participant,
    StatusUpdate,
    SupportReport,
)
from teams.models import Function, Team
from tests.factories import declare_incident
from tests.incidents.pages import queries_of, url_of, words_of

# A Tuesday, an hour before the working day ends in UTC.
START = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
WORDS = {"what_is_happening": "Paying fails.", "what_we_are_doing": "We look into it."}
BERLIN = ZoneInfo("Europe/Berlin")


def at(minutes):
    return time_machine.travel(START + timedelta(minutes=minutes), tick=False)


@pytest.fixture
def incident(lena, tariq, mei, sam):
    """Support is asked for and comes; customers hear late; Tariq works for half an hour, leaves, and comes back."""
    support = Function.objects.get(slug="support")
    with at(0):
        incident = declare_incident(lena, severity="sev1")
        for each in incident.functions.awaited().with_functions():
            FunctionActivation.change(incident, each.function, "waived", by=lena, reason="Not today")
    with at(2):
        FunctionActivation.change(incident, support, "requested", by=lena)
        Participant.join(incident, tariq, by=tariq)
    with at(6):
        FunctionActivation.change(incident, support, "engaged", by=sam)
        assess(incident, by=lena, severity=incident.severity, scope="unknown", criticality="unknown")
        for each in incident.functions.awaited().with_functions():
            FunctionActivation.change(incident, each.function, "waived", by=lena, reason="Not today")
    with at(32):
        incident.participants.get(membership=tariq).leave(by=tariq)
    return incident


def minutes(stretch):
    return stretch / timedelta(minutes=1)


def test_the_working_day_is_that_of_the_wall():
    def hours(since, until, zone=BERLIN):
        return within_the_day(since, until, zone) / timedelta(hours=1)

    tuesday = datetime(2026, 3, 3, tzinfo=UTC)
    assert hours(tuesday + timedelta(hours=6), tuesday + timedelta(hours=8)) == 1
    assert hours(tuesday + timedelta(hours=6), tuesday + timedelta(hours=8), UTC) == 0
    assert hours(tuesday, tuesday + timedelta(days=2), UTC) == 20
    assert hours(datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC), UTC) == 0
    # The night in which the clocks go forward is a night all the same.
    assert hours(datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)) == 5 + 6


def test_how_fast_it_went(incident, lena, mei):
    with at(40):
        before = Figures(incident)
        assert (before.first_customer_word_at, before.mitigated_at) == (None, None)
        taken_back = StatusUpdate.publish(incident, "customers", WORDS, by=mei, waiver="Nobody speaks yet")
        incident.updates.filter(pk=taken_back.details["update"]).update(state="taken_back", published_at=START)
        StatusUpdate.publish(incident, "customers", WORDS, by=mei, waiver="Nobody speaks yet")
    with at(50):
        incident.change_status("monitoring", by=lena)
    with at(70):
        incident.resolve(by=lena)

    figures = Figures(incident)
    moments = (figures.assessed_at, figures.mobilized_at, figures.first_customer_word_at, figures.mitigated_at)
    assert [minutes(each - START) for each in moments] == [6, 6, 40, 50]
    assert [(each.slug, minutes(each.came_at - each.asked_at)) for each in figures.arrivals] == [("support", 4)]


def test_a_function_that_is_awaited_keeps_everybody_from_being_there(incident, lena):
    FunctionActivation.change(incident, Function.objects.get(slug="legal"), "requested", by=lena)

    figures = Figures(incident)
    assert figures.mobilized_at is None
    assert [(each.slug, each.came_at is None) for each in figures.arrivals] == [("support", False), ("legal", True)]


def test_an_update_is_late_once_however_far_it_climbs(incident):
    for minute in (62, 70, 90):
        with at(minute):
            for clock in Obligation.objects.live().filter(incident=incident, audience="leadership"):
                clock.advance(START + timedelta(minutes=minute))

    late = Figures(incident).late_updates
    assert (late["leadership"], late["technical"]) == (1, 0)


def test_hours_of_work_end_with_the_incident(incident, lena, tariq, ada):
    tariq.person.change_profile(name=tariq.name, time_zone="Europe/Berlin")
    with at(50):
        Participant.join(incident, tariq, by=tariq)
    with at(90):
        incident.resolve(by=lena)
    with at(500):
        figures = Figures(incident)
        efforts = {each.member: each for each in figures.efforts}

    # In Berlin the day was over from the start; in UTC, where Lena lives, after an hour.
    assert minutes(efforts[tariq].worked) == 30 + 40
    assert efforts[tariq].out_of_hours == efforts[tariq].worked
    assert minutes(efforts[tariq].longest) == 40
    assert (minutes(efforts[lena].worked), minutes(efforts[lena].out_of_hours)) == (90, 30)
    assert figures.longest == efforts[lena].longest
    assert figures.worked == sum((each.worked for each in efforts.values()), timedelta())


def test_customers_are_counted_around_each_update_to_them(incident, lena, sam, mei, signed_in, program):
    def report(minute, count):
        with at(minute):
            return SupportReport.file("Declined", by=sam, incident=incident, count=count)

    def tell(minute, **words):
        with at(minute):
            return StatusUpdate.publish(incident, "customers", WORDS | words, by=lena, waiver="Nobody else is awake")

    # Too early, on the edge, one more of it meanwhile, after it, on its edge, too late.
    early, edge, *_ = report(9, 100), report(10.01, 4), report(40.01, 3), report(70, 2), report(70.01, 50)
    with at(39):
        edge.count_one_more(by=lena)
    with at(41):
        early.count_one_more(by=lena)
    tell(40)
    tell(60, workaround="Pay by invoice.")

    with at(75):
        figures = Figures(incident)
        reactions = [(each.update.number, each.before, each.after, each.over) for each in figures.reactions]
        page = words_of(signed_in(lena).get(url_of(incident, "figures/")))
        own_page = words_of(signed_in(lena).get(url_of(incident, f"updates/{reactions[1][0]}/")))
        answer = program(lena).get("/incidents/1/figures/").json()["reactions"]

    first, second = reactions
    assert first[1:] == (4 + 1, 3 + 1 + 2, True)
    assert second[1:] == (1 + 3 + 1, 2 + 50, False)
    assert f"Update {first[0]}" in page
    assert "52 so far" in page
    assert "Customers reported: 5 in the half hour before, 52 in the half hour after, so far." in own_page
    assert [(each["update"], each["before"], each["after"], each["over"]) for each in answer] == reactions


def test_only_what_customers_could_read_is_counted_around(incident, lena, sam, signed_in):
    """From the moment it left, and never what was taken back before or has not left yet."""

    def tell(audience="customers", hold=None, **words):
        body = {"text": "Look at the pool."} if audience == "technical" else WORDS | words
        entry = StatusUpdate.publish(incident, audience, body, by=lena, waiver="Nobody else is awake", hold=hold)
        return incident.updates.get(pk=entry.details["update"])

    with at(40):
        held = tell(hold=timedelta(minutes=2))
    with at(41):
        SupportReport.file("Declined", by=sam, incident=incident, count=7)
        assert Figures(incident).reactions == []
        assert Figures(incident).first_customer_word_at is None
    with at(50):
        tell(hold=timedelta(minutes=2), workaround="Pay by invoice.").take_back(by=lena)
        technical = tell("technical")
    with at(60):
        (reaction,) = Figures(incident).reactions
        page = words_of(signed_in(lena).get(url_of(incident, f"updates/{technical.number}/")))

    assert (reaction.update, reaction.before, reaction.after) == (held, 7, 0)
    assert Figures(incident).reaction_to(technical) is None
    assert "Customers reported" not in page


def test_an_invitation_is_measured_until_somebody_comes(incident, lena, ruth, mei):
    with at(40):
        IncidentInvitation.invite(incident, mei, by=lena)
        IncidentInvitation.invite(incident, ruth, by=lena)
    with at(43):
        incident.invitations.get(membership=mei).accept(by=mei)
        incident.invitations.get(membership=ruth).decline(by=ruth)

    assert [minutes(each) for each in Figures(incident).answers] == [3]
    assert minutes(Figures(incident).usual_answer) == 3


def test_whose_hours_who_may_see(incident, lena, tariq, sam, ada, mei, stan, omar, signed_in):
    def named(member):
        page = words_of(signed_in(member).get(url_of(incident, "figures/")))
        return [each.name for each in (lena, tariq, sam) if f"{each.name} " in page.partition("What it cost")[2]]

    assert named(lena) == named(ada) == [lena.name, tariq.name, sam.name]
    assert named(sam) == [sam.name]
    assert named(mei) == []
    team = Team.objects.create(slug="core", name="Core", function=tariq.function, manager=mei)
    team.members.set([tariq])
    assert named(mei) == [tariq.name]
    for outsider in (stan, omar):
        assert signed_in(outsider).get(url_of(incident, "figures/")).status_code == 404


def test_the_page_of_a_fresh_incident_has_no_figures_yet(lena, signed_in):
    page = words_of(signed_in(lena).get(url_of(declare_incident(lena), "figures/")))
    assert "First word to customers None so far" in page
    assert "Under control Not yet" in page


def test_a_program_reads_them(incident, lena, sam, program):
    with at(45):
        incident.resolve(by=lena)
    answer = program(lena).get("/incidents/1/figures/").json()

    assert answer["mitigated_at"] == answer["resolved_at"] == "2026-03-03T17:45:00Z"
    assert answer["arrivals"][0]["function"] == "support"
    assert {each["audience"]: each["updates"] for each in answer["late_updates"]}["customers"] == 0
    assert {each["member"]: each["worked"] for each in answer["efforts"]}["lena@acme.test"] == 45
    assert [each["member"] for each in program(sam).get("/incidents/1/figures/").json()["efforts"]] == ["sam@acme.test"]


def test_the_page_costs_the_same_however_many_worked(incident, lena, mei, ruth, signed_in):
    browser, address = signed_in(lena), url_of(incident, "figures/")
    browser.get(address)
    few = queries_of(lambda: browser.get(address))
    for member in (mei, ruth):
        Participant.join(incident, member, by=member)
    assert queries_of(lambda: browser.get(address)) == few
