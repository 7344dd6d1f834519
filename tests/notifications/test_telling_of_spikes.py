"""A spike without an incident calls whoever decides, until somebody answers or it falls away by itself."""

import threading
from datetime import timedelta

import pytest
import time_machine

from incidents.models import Incident, Spike, SupportReport
from notifications import tick
from notifications.models import Delivery, Notice
from teams.errors import Refused
from teams.models import Function, Membership, Rota
from teams.tenancy import acting_in
from tests.cast import _member
from tests.factories import declare_incident, file_report
from tests.incidents.pages import words_of

pytestmark = pytest.mark.django_db


def told(**about):
    """`[(name, channel), …]` of what was written down for somebody, in order."""
    found = Delivery.objects.filter(incident=None, **about).order_by("pk")
    return sorted((each.recipient.name.split()[0], str(each.channel)) for each in found.select_related("recipient"))


@pytest.fixture
def spike(acme, stan):
    """Six customers write, and nobody has been told yet."""
    file_report(None, "Login is broken", by=stan, count=6)
    return Spike.objects.get()


def at(spike, minutes):
    return time_machine.travel(spike.seen_at + timedelta(minutes=minutes), tick=False)


def test_who_listens_and_who_would_be_called_are_told_once(spike, sam, tariq, settings):
    settings.BASE_URL = "https://muster.acme.test"

    for _ in range(3):
        tick.prepare()

    # Sam is on call for Support, Tariq for Engineering, which hears of every declaration.
    assert {name for name, _ in told()} == {"Sam", "Tariq"}
    assert len(told()) == len(set(told()))
    notice = Notice.objects.get(reader="room", entry=None)
    assert notice.subject == "[Acme] More customers write than usual: 6 customers in 15 minutes, usually none"
    page = f"https://muster.acme.test/o/acme/report-spikes/{spike.pk}/"
    assert page in notice.text
    assert page in notice.html
    assert notice.short.endswith(page)
    assert "Login is broken" not in notice.text + notice.short, "What customers write stays behind the link."
    assert Delivery.objects.filter(rule="More reports than usual: on call for Support", recipient=sam).exists()


def test_the_link_opens_the_proposal_and_answering_ends_the_reminders(spike, tariq, sam, signed_in):
    tick.prepare()
    page = f"/o/acme/report-spikes/{spike.pk}/"
    assert "Declare or join" in words_of(signed_in(sam).get(page))

    assert signed_in(tariq).post(page, {"title": "Nobody can sign in"}).status_code == 302

    before = told()
    with at(spike, 6):
        tick.prepare()
    assert told() == before
    words = words_of(signed_in(sam).get(page))
    assert "Tariq Haddad said yes." in words
    assert "Open INC-1" in words
    assert "Declare or join" not in words


def test_while_nobody_answers_it_is_told_again_and_at_last_to_administrators(spike, stan):
    names = []
    for minutes in (0, 4, 5, 6, 14):
        with at(spike, minutes):
            tick.prepare()
            if minutes == 14:
                # They go on writing, so it has not fallen away.
                file_report(None, "Login is broken", by=stan)
            names.append(sorted({each.recipient.name for each in Delivery.objects.filter(incident=None)}))
    assert names[0] == names[-1] == ["Sam Okafor", "Tariq Haddad"]
    assert [each.notice.text.count("Nobody has answered yet.") for each in mails_to("sam@acme.test")] == [0, 1]

    with at(spike, 16):
        tick.prepare()
    assert {name for name, _ in told()} == {"Sam", "Tariq", "Lena", "Ada"}
    assert len(mails_to("sam@acme.test")) == 3

    with at(spike, 28):
        tick.prepare()
    assert len(mails_to("sam@acme.test")) == 3, "Three times are all."


def mails_to(address):
    return list(Delivery.objects.filter(address=address, incident=None).select_related("notice").order_by("pk"))


def test_one_that_falls_away_by_itself_says_so_to_who_was_told_and_is_quiet(spike, sam, signed_in):
    tick.prepare()
    asked = told()

    for _ in range(2):
        with at(spike, 15):
            tick.prepare()

    spike.refresh_from_db()
    assert (spike.state, spike.answered_by, spike.reason) == ("faded", None, "Fewer customers write again")
    over = told(topic=f"spike_over:{spike.pk}")
    assert over == sorted({(name, "email") for name, _ in asked}), "By mail: nobody is woken to hear that it is over."
    assert told(topic=f"spike:{spike.pk}") == asked
    assert "fell away by itself" in Notice.objects.filter(deliveries__topic=f"spike_over:{spike.pk}").first().text
    browser = signed_in(sam)
    assert "6 customers in 15 minutes" not in words_of(browser.get("/o/acme/"))
    page = browser.get(f"/o/acme/report-spikes/{spike.pk}/")
    assert "It fell away by itself: fewer customers write again." in words_of(page)
    late = browser.post(f"/o/acme/report-spikes/{spike.pk}/", {"title": "Late"})
    assert late.status_code == 409
    assert not Incident.objects.exists()


def test_more_after_it_fell_away_is_told_anew(spike, stan):
    with at(spike, 15):
        tick.prepare()
    with at(spike, 40):
        file_report(None, "Login is broken again", by=stan, count=9)
        tick.prepare()

    assert Spike.objects.proposed().get() != spike
    assert "9 customers" in mails_to("sam@acme.test")[-1].notice.subject


def test_one_that_was_never_told_because_nothing_ran_is_not_told_three_times(spike):
    with at(spike, 14):
        tick.prepare()
    assert len(mails_to("sam@acme.test")) == 1


def test_it_can_be_about_an_incident_that_is_open_already(spike, lena, tariq, stan, signed_in):
    incident = declare_incident(lena)
    page = f"/o/acme/report-spikes/{spike.pk}/"
    assert signed_in(stan).get(page).status_code == 404

    assert signed_in(tariq).post(page, {"incident": "99"}).status_code == 422
    assert signed_in(tariq).post(page, {"incident": str(incident.number)}).status_code == 302

    spike.refresh_from_db()
    assert (spike.state, spike.led_to, spike.answered_by) == ("accepted", incident, tariq)
    assert incident.reports.get().error_text == "Login is broken"
    assert Incident.objects.count() == 1


def test_bringing_all_its_reports_to_an_incident_answers_it_and_some_of_them_do_not(spike, lena, stan):
    from incidents.models import SupportReport

    incident = declare_incident(lena)
    late = file_report(None, "Me too", by=stan)
    first = SupportReport.objects.waiting().exclude(pk=late.pk).get()

    SupportReport.attach([first], incident, by=lena)
    spike.refresh_from_db()
    assert spike.is_proposed

    SupportReport.attach([late], incident, by=lena)
    spike.refresh_from_db()
    assert (spike.state, spike.led_to, spike.answered_by) == ("accepted", incident, lena)


def test_a_message_still_on_its_way_is_not_sent_after_the_answer(spike, tariq, mail_server, settings):
    tick.prepare()
    spike.dismiss(by=tariq, reason="A campaign")

    tick.run()

    assert mail_server.mails == []
    assert {each.reason for each in Delivery.objects.filter(incident=None)} == {"It was answered meanwhile."}


def test_where_whoever_is_on_call_only_reads_administrators_are_told(spike):
    Membership.objects.filter(person__email="sam@acme.test").update(role="stakeholder")

    tick.prepare()

    assert {name for name, _ in told()} == {"Tariq", "Lena", "Ada"}


def test_nobody_on_call_for_support_means_administrators(spike):
    Rota.objects.filter(function=Function.objects.get(slug="support")).delete()

    tick.prepare()

    assert {name for name, _ in told()} == {"Tariq", "Lena", "Ada"}


def test_the_other_organisation_hears_nothing(spike, omar):
    tick.prepare()

    with acting_in(omar.organization):
        assert not Delivery.objects.filter(incident=None, recipient__isnull=False).exists()


def test_a_drill_tells_its_roster_alone(lena, sam):
    drill = declare_incident(lena, drill=True)
    file_report(drill, by=sam, count=12)
    assert drill.spikes.proposed().exists()

    for minutes in (0, 5, 14):
        with at(drill.spikes.get(), minutes):
            tick.prepare()

    assert told() == []
    about = Delivery.objects.filter(notice__entry__kind__in=("spike_seen", "spike_waits"))
    assert set(about.values_list("recipient__person__email", flat=True)) <= {"lena@acme.test", "sam@acme.test"}
    assert about.exists()


def test_with_an_incident_the_lead_is_reminded_and_hears_that_it_is_over(lena, sam, tariq):
    incident = declare_incident(lena)
    file_report(incident, by=sam, count=12)
    spike = incident.spikes.get()
    with at(spike, 5):
        tick.prepare()
        tick.prepare()
    with at(spike, 16):
        tick.prepare()

    kinds = ["spike_seen", "spike_waits", "spike_faded"]
    assert list(incident.timeline.filter(kind__in=kinds).order_by("number").values_list("kind", flat=True)) == kinds
    assert incident.timeline.get(kind="spike_waits").details["told"] == ["support_liaison", "lead"]
    assert incident.spikes.get().state == "faded"


def test_reports_are_not_brought_to_what_has_become_private_meanwhile(spike, lena, tariq):
    incident = declare_incident(lena)
    incident.make_private(by=lena)

    with pytest.raises(Refused) as refused:
        spike.accept(by=tariq, incident=Incident.objects.get())

    assert refused.value.code == "not_visible"
    assert Spike.objects.get().state == "proposed"
    assert SupportReport.objects.waiting().count() == 1


@pytest.mark.django_db(transaction=True)
def test_four_passes_at_once_tell_once_and_of_two_answers_one_counts(committed_acme):
    with acting_in(committed_acme):
        file_report(None, "Login is broken", by=_member("stan@acme.test"), count=6)
        pk = Spike.objects.get().pk

    at_once(tick.prepare, count=4)

    with acting_in(committed_acme):
        assert told() == sorted(set(told()))
        assert {name for name, _ in told()} == {"Sam", "Tariq"}

    def answer():
        with acting_in(committed_acme):
            spike = Spike.objects.for_reading().get(pk=pk)
            spike.accept(by=_member("tariq@acme.test"), title="Login")

    def dismiss():
        with acting_in(committed_acme):
            Spike.objects.for_reading().get(pk=pk).dismiss(by=_member("sam@acme.test"), reason="A campaign")

    assert sorted(at_once(answer, dismiss)) == ["already_answered", "done"]
    with acting_in(committed_acme):
        assert Incident.objects.count() == (Spike.objects.get().state == "accepted")


def at_once(*acts, count=1):
    """What became of each: `done`, or the code it was refused with."""
    from django.db import connection

    outcomes = []

    def run(act):
        try:
            act()
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
