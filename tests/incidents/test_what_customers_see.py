"""Reports: everybody tells, the liaison sorts, a spike proposes, and the room and the agents hear what matters."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from incidents import listening
from incidents.models import (
    Incident,
    RoleAssignment,
    Spike,
    SupportBrief,
    SupportDigest,
    SupportReport,
    Symptom,
)
from incidents.tally import Tally
from playbooks.models import Severity
from teams.errors import Refused
from teams.models import Service
from tests.cast import _member
from tests.factories import declare_incident, file_report, fire_alert, name_symptom, propose_theory
from tests.incidents.pages import all_at_once, last_entry

TEXT = "Declined, says the card. The bank says it is fine."


@pytest.fixture
def incident(lena, sam):
    incident = declare_incident(lena)
    RoleAssignment.take(incident, "support_liaison", by=sam)
    return incident


def refusal_of(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


# --- Telling ----------------------------------------------------------------------------------------


def test_everybody_tells_what_customers_see_with_an_incident_and_without(incident, stan, sam):
    loose = file_report(None, f" {TEXT} ", by=stan, segment="Europe", count=3)
    report = file_report(incident, TEXT, by=stan, ticket="https://desk.example/4711")

    assert (loose.incident, loose.entry, loose.error_text, loose.customers) == (None, None, TEXT, 3)
    assert (report.entry.kind, report.ticket_url) == ("report_filed", "https://desk.example/4711")
    assert TEXT not in str(report.entry.details)
    assert list(SupportReport.objects.visible_to(stan)) == [loose, report]
    assert not SupportReport.objects.visible_to(stan).filter(reported_by=sam).exists()


def test_what_is_told_twice_is_counted_once(incident, sam):
    first = file_report(incident, by=sam, key="one")
    again = file_report(incident, by=sam, key="one")

    assert (again, again.entry) == (first, first.entry)
    assert incident.reports.count() == 1


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"text": "  "}, "empty"),
        ({"count": 0}, "count_range"),
        ({"seen_at": timezone.now() + timedelta(days=1)}, "in_future"),
        ({"seen_at": timezone.now() - timedelta(days=400)}, "too_early"),
    ],
)
def test_what_makes_no_sense_is_refused(incident, sam, told, code):
    assert refusal_of(lambda: file_report(incident, by=sam, **told)) == code
    assert not incident.reports.exists()


def test_a_private_or_closed_incident_takes_no_report(lena, sam, ada):
    private = declare_incident(lena, private=True)
    assert refusal_of(lambda: file_report(private, by=sam)) == "not_visible"
    assert file_report(private, by=ada).incident == private

    over = declare_incident(lena)
    over.resolve(by=lena)
    assert file_report(over, by=sam).incident == over
    over.close(by=lena)
    assert refusal_of(lambda: file_report(over, by=sam)) == "not_open"


def test_one_more_is_counted_once_for_each_member_and_ticket(incident, sam, mei):
    report = file_report(incident, by=sam, count=2)

    report.count_one_more(by=sam)
    report.count_one_more(by=mei)
    entry = report.count_one_more(by=sam, ticket="ZD-2")

    assert (entry.kind, entry.details["customers"]) == ("report_repeated", 5)
    assert refusal_of(lambda: report.count_one_more(by=sam, ticket=" ZD-2 ")) == "counted_already"
    assert SupportReport.objects.get().customers == Tally(incident).total.customers == 5


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_spike_and_lose_no_customer(committed_acme):
    from teams.tenancy import acting_in

    with acting_in(committed_acme):
        incident = declare_incident(_member("lena@acme.test"))
        report = file_report(incident, by=_member("sam@acme.test"), count=4)

    def one_more():
        with acting_in(committed_acme):
            sam = _member("sam@acme.test")
            file_report(Incident.objects.get(pk=incident.pk), by=sam)
            try:
                SupportReport.objects.for_reading().get(pk=report.pk).count_one_more(by=sam)
            except Refused as refused:
                return refused.code

    answers = all_at_once(one_more, count=4)

    with acting_in(committed_acme):
        assert sorted(map(str, answers)) == ["None", "counted_already", "counted_already", "counted_already"]
        assert Tally(incident).total.customers == 4 + 4 + 1
        assert Spike.objects.filter(incident=incident).count() == 1


def test_reports_that_wait_are_brought_to_an_incident(incident, sam, stan, tariq):
    waiting = [file_report(None, by=stan), file_report(None, by=sam, count=2)]

    assert refusal_of(lambda: SupportReport.attach(waiting, incident, by=stan)) == "responders_only"
    entry = SupportReport.attach(waiting, incident, by=tariq)

    assert (entry.kind, entry.details["reports"], entry.details["customers"]) == ("reports_attached", 2, 3)
    assert refusal_of(lambda: SupportReport.attach(waiting, incident, by=tariq)) == "report_taken"
    assert incident.reports.count() == 2


# --- Sorting ----------------------------------------------------------------------------------------


def test_the_liaison_names_joins_and_takes_apart(incident, sam, tariq, lena):
    reports = [file_report(incident, by=sam, count=count, segment="Europe") for count in (1, 2, 4)]
    assert refusal_of(lambda: name_symptom(incident, by=tariq, reports=reports)) == "liaison_right"
    assert refusal_of(lambda: name_symptom(incident, by=sam, reports=[])) == "reports_required"

    cards = name_symptom(incident, by=sam, reports=reports[:2])
    other = name_symptom(incident, "Receipts are missing", by=lena, reports=reports[2:])
    assert (cards.key, other.key) == ("S1", "S2")
    assert [(each.key, each.counted.customers) for each in Tally(incident).symptoms] == [("S2", 4), ("S1", 3)]

    entry = other.merge_into(cards, by=sam)
    assert (entry.details["into"], entry.details["reports"]) == ("S1", 1)
    assert refusal_of(lambda: other.merge_into(cards, by=sam)) == "merged_already"
    assert refusal_of(lambda: cards.merge_into(cards, by=sam)) == "merge_itself"
    assert file_report(incident, by=sam, symptom=Symptom.objects.get(pk=other.pk)).symptom == cards

    split = cards.split("Refunds are late", list(cards.reports.filter(pk=reports[0].pk)), by=sam)
    assert (split.details["key"], split.details["origin"], split.details["reports"]) == ("S3", "S1", 1)
    assert refusal_of(lambda: cards.split("Nothing", [], by=sam)) == "reports_required"

    assert refusal_of(lambda: cards.gather([reports[1]], by=sam)) == "unchanged"
    assert cards.gather([reports[0]], by=sam).kind == "reports_sorted"
    counted = Tally(incident).of(cards)
    assert (counted.reports, counted.customers, counted.segments) == (4, 8, [("Europe", 7)])


def test_while_nobody_listens_everybody_sorts(lena, tariq, stan):
    incident = declare_incident(lena)
    report = file_report(incident, by=tariq)

    assert refusal_of(lambda: name_symptom(incident, by=stan, reports=[report])) == "liaison_right"
    assert name_symptom(incident, by=tariq, reports=[report]).number == 1


def test_a_merge_takes_reports_and_symptoms_along(incident, lena, sam):
    other = declare_incident(lena, "Shop is slow")
    for each in (incident, other):
        report = file_report(each, by=sam, count=6)
        name_symptom(each, each.title, by=lena, reports=[report])
    assert incident.spikes.proposed().exists()

    incident.merge_into(other, by=lena)

    assert [(each.key, each.counted.customers) for each in Tally(other).symptoms] == [("S1", 6), ("S2", 6)]
    assert not incident.reports.exists()
    assert [each.reason for each in incident.spikes.all()] == [f"Goes on in {other.key}"]


# --- What the numbers say -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recent", "before", "expected"),
    [(0, 0, "quiet"), (1, 0, "rising"), (0, 1, "falling"), (6, 5, "steady"), (7, 5, "rising"), (5, 6, "steady"),
     (4, 5, "falling"), (20, 20, "steady")],
)  # fmt: skip
def test_where_it_goes(recent, before, expected):
    assert listening.direction(recent, before) == expected


@given(st.integers(0, 300), st.integers(0, 20_000), st.integers(0, 5_000))
def test_a_spike_is_more_than_chance_whatever_is_usual(recent, counted, more):
    is_spike = listening.is_spike(recent, counted)

    # More customers never end a spike; more of them before never begin one.
    assert not is_spike or listening.is_spike(recent + more, counted)
    assert is_spike or not listening.is_spike(recent, counted + more)
    # Never by a handful, and never at the usual rate.
    assert not is_spike or recent >= listening.FEWEST
    assert not (is_spike and recent <= listening.usual(counted))
    assert listening.is_spike(listening.threshold(listening.usual(counted)), counted)


def test_the_threshold_is_what_the_page_says():
    assert [listening.threshold(mean) for mean in (0, 1, 4, 100)] == [5, 5, 10, 130]


def test_the_trend_is_that_of_the_last_two_quarters_of_an_hour(incident, sam, mei):
    with time_machine.travel(timezone.now() - timedelta(minutes=20), tick=False):
        report = file_report(incident, by=sam, count=3)
    report.count_one_more(by=mei)

    tally = Tally(incident)
    assert (tally.total.recent, tally.total.before, tally.total.direction) == (1, 3, "falling")
    assert Tally(incident, timezone.now() + timedelta(hours=1)).total.direction == "quiet"


def test_who_knew_first(lena, sam):
    now = timezone.now()
    with time_machine.travel(now - timedelta(minutes=9), tick=False):
        loose = file_report(None, by=sam)
    incident = declare_incident(lena)
    assert Tally(incident).lead_time is None

    SupportReport.attach([loose], incident, by=sam)
    assert Tally(incident).lead_time.minutes == 9
    assert Tally(incident).lead_time.sentence == "First report 9 min before the declaration"

    with time_machine.travel(now - timedelta(minutes=21), tick=False):
        alert = fire_alert()
    alert.attach_to(incident, by=lena)
    assert Tally(incident).lead_time.minutes == -12
    assert Tally(incident).lead_time.sentence == "First report 12 min after the first alert"


def test_a_symptom_stands_beside_the_theories_it_may_belong_to(incident, sam, tariq):
    checkout = Service.objects.get(slug="checkout")
    symptom = name_symptom(incident, "Card payment is declined", by=sam, reports=[file_report(incident, by=sam)])

    def alike(statement, component=None, service=None):
        return listening.are_alike(statement, component, symptom.title, service)

    assert alike("The pool is too small", checkout, checkout)
    assert alike("Every second card payment times out")
    assert not alike("The pool is too small", checkout)
    assert not alike("Some customers have errors")
    assert not alike("The card printer is out of ink")
    # Neither knows a service: that is nothing in common.
    assert not alike("The pool is too small", None, None)
    assert propose_theory(incident, "Card payment queue is full", by=tariq).state == "open"


# --- Spikes -------------------------------------------------------------------------------------------


def test_a_spike_proposes_once_and_a_person_raises_the_severity(incident, sam, lena, mei):
    before = incident.severity
    file_report(incident, by=sam, count=4)
    assert not Spike.objects.exists()

    file_report(incident, by=sam)
    file_report(incident, by=sam, count=30)

    spike = Spike.objects.for_reading().get()
    assert (spike.incident, spike.customers, spike.severity.rank) == (incident, 5, before.rank - 1)
    assert [entry.kind for entry in incident.timeline.filter(kind="spike_seen")] == ["spike_seen"]
    incident.refresh_from_db()
    assert incident.severity == before, "Nothing happens by itself."

    assert refusal_of(lambda: spike.accept(by=mei)) == "coordination_right"
    spike.accept(by=lena)
    assert (last_entry(incident).kind, last_entry(incident).actor) == ("spike_accepted", lena)
    assert Incident.objects.get(pk=incident.pk).severity == spike.severity
    assert refusal_of(lambda: spike.dismiss(by=sam, reason="Late")) == "already_answered"


def test_a_spike_that_somebody_was_faster_than_never_makes_it_milder(incident, sam, lena):
    file_report(incident, by=sam, count=5)
    spike = Spike.objects.for_reading().get()

    incident.change_severity(Severity.objects.get(slug="sev1"), by=lena)

    spike.refresh_from_db()
    assert (spike.state, spike.reason, spike.answered_by) == ("dismissed", "The severity is SEV1 already", lena)
    assert refusal_of(lambda: spike.accept(by=lena)) == "already_answered"


def test_a_report_that_was_brought_to_an_incident_meanwhile_is_counted_there(incident, sam, mei):
    report = file_report(None, by=sam)
    stale = SupportReport.objects.get(pk=report.pk)
    SupportReport.attach([report], incident, by=sam)

    assert stale.count_one_more(by=mei).incident == incident


def test_a_dismissed_spike_stays_so_until_it_is_over(incident, sam, tariq):
    now = timezone.now()
    file_report(incident, by=sam, count=5)
    spike = Spike.objects.for_reading().get()
    assert refusal_of(lambda: spike.dismiss(by=tariq, reason="A campaign")) == "liaison_right"
    assert refusal_of(lambda: spike.dismiss(by=sam, reason=" ")) == "reason_required"
    assert spike.dismiss(by=sam, reason="A campaign").details["reason"] == "A campaign"

    for minutes in (10, 20, 30):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            file_report(incident, by=sam, count=8)
    assert Spike.objects.count() == 1

    with time_machine.travel(now + timedelta(hours=3), tick=False):
        file_report(incident, by=sam, count=5)
    assert Spike.objects.proposed().count() == 1, "Above what the last day makes usual, and new."


def test_without_an_incident_a_spike_proposes_to_declare_one(acme, sam, stan, tariq):
    old = timezone.now() - timedelta(hours=2)
    with time_machine.travel(old, tick=False):
        earlier = file_report(None, "Something else", by=stan)
    for number in range(5):
        file_report(None, f"Card declined {number}", by=stan)
    spike = Spike.objects.for_reading().get()
    assert (spike.incident, spike.severity, spike.customers) == (None, None, 5)
    assert not Incident.objects.exists()
    assert not Spike.objects.visible_to(stan).exists()
    assert refusal_of(lambda: spike.accept(by=stan)) == "responders_only"

    declared = spike.accept(by=tariq)

    assert (declared.title, declared.reports.count()) == ("Card declined 0", 5)
    assert declared.timeline.get(kind="declared").details["detected_by"] == "Customer reports"
    assert list(SupportReport.objects.waiting()) == [earlier]
    assert Spike.objects.get().led_to == declared


def test_a_report_that_was_counted_up_goes_along_with_its_spike(acme, sam, stan, tariq):
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        untouched, counted_up = file_report(None, "Another thing", by=sam), file_report(None, "Card declined", by=sam)
    for ticket in range(5):
        counted_up.count_one_more(by=stan, ticket=f"T-{ticket}")
    spike = Spike.objects.for_reading().get()
    assert spike.customers == 5

    declared = spike.accept(by=tariq)

    assert (declared.title, list(declared.reports.all())) == ("Card declined", [counted_up])
    assert list(SupportReport.objects.waiting()) == [untouched]


def test_at_the_worst_severity_and_after_the_end_nothing_is_proposed(lena, sam):
    worst, over = declare_incident(lena, severity="sev1"), declare_incident(lena)
    over.resolve(by=lena)

    for incident in (worst, over):
        file_report(incident, by=sam, count=50)

    assert not Spike.objects.exists()


# --- Telling the room, and telling agents ---------------------------------------------------------------


def test_the_liaison_tells_the_room_what_customers_say(incident, sam, tariq):
    report = file_report(incident, by=sam, count=3)
    name_symptom(incident, by=sam, reports=[report])
    assert refusal_of(lambda: SupportDigest.give(incident, "Cards", by=tariq)) == "liaison_right"

    entry = SupportDigest.give(incident, "Cards, nearly all of them.", by=sam, key="one")
    again = SupportDigest.give(incident, "Cards, nearly all of them.", by=sam, key="one")

    assert again == entry
    assert {"number": 1, "customers": 3, "direction": "rising"}.items() <= entry.details.items()
    assert "nearly" not in str(entry.details)
    assert incident.digests.get().figures["symptoms"] == [
        {"key": "S1", "title": "Card is declined", "customers": 3, "direction": "rising"}
    ]
    assert SupportDigest.give(incident, "Fewer now.", by=sam).details["number"] == 2


def test_the_clock_of_the_customers_is_suggested_only_where_it_helps():
    now = timezone.now()
    late, soon = now + timedelta(minutes=30), now + timedelta(minutes=5)

    assert "bring the update for them forward" in listening.suggestion("rising", late, now)
    assert {listening.suggestion(*case, now) for case in (("rising", soon), ("rising", None), ("falling", late))} == {
        ""
    }


def test_the_brief_has_versions_and_the_slower_writer_reads_first(incident, sam, mei, tariq):
    RoleAssignment.take(incident, "communications_lead", by=mei)
    assert refusal_of(lambda: SupportBrief.write(incident, "We know.", by=tariq)) == "brief_right"

    first = SupportBrief.write(incident, "We know.", by=sam, avoid="No times.", based_on=0)
    assert refusal_of(lambda: SupportBrief.write(incident, "We do.", by=mei, based_on=0)) == "brief_changed"
    second = SupportBrief.write(incident, "We do.", by=mei, based_on=1)

    assert (first.details["version"], second.details["version"], first.visibility) == (1, 2, "briefing")
    assert "know" not in str(first.details)
    assert refusal_of(lambda: SupportBrief.write(incident, "We do.", by=mei)) == "unchanged"
    past = timezone.now() - timedelta(minutes=1)
    assert refusal_of(lambda: SupportBrief.write(incident, "So.", by=mei, next_update_at=past)) == "next_update_past"
    assert [each.say for each in incident.support_briefs.latest_first()] == ["We do.", "We know."]
