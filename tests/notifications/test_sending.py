"""From a declaration to proof, and everything providers do on the way."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import Participant
from notifications import tick
from notifications.leases import DEATHS, LEASE, Lease
from notifications.models import Attempt, Delivery, FanOut
from notifications.sending import send_due
from notifications.transports import base, email
from tests.factories import declare_incident
from tests.notifications.fakes import MailServer, SmsGateway

START = "2026-11-23T02:00:00Z"


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def to(person, channel="email", **lookups):
    return Delivery.objects.get(recipient=person, channel=channel, **lookups)


def outcomes(delivery):
    return [str(outcome) for outcome in delivery.attempts.order_by("number").values_list("outcome", flat=True)]


@pytest.fixture
def page(lena, tariq):
    """One mail and one text message to Tariq, waiting; everything else is settled."""

    def declared(channel="email", **fields):
        declare_incident(lena, severity="sev1", **fields)
        tick.prepare()
        delivery = to(tariq, channel, notice__entry__kind="declared")
        Delivery.objects.exclude(pk=delivery.pk).update(next_at=None, state="accepted")
        return delivery

    return declared


def send(delivery):
    result = send_due(delivery.organization_id, delivery.channel)
    delivery.refresh_from_db()
    return result


def test_a_sev1_reaches_people_by_mail_and_text_and_the_log_says_why(
    lena, tariq, mei, sam, ruth, mail_server, sms_gateway
):
    declare_incident(lena, "Checkout fails", severity="sev1")

    summary = tick.run()

    declared = Delivery.objects.filter(notice__entry__kind="declared")
    assert set(declared.values_list("recipient__person__email", "channel", "state")) == {
        ("tariq@acme.test", "email", "accepted"),
        ("tariq@acme.test", "sms", "accepted"),
        ("sam@acme.test", "email", "accepted"),
        ("sam@acme.test", "sms", "accepted"),
        ("mei@acme.test", "email", "accepted"),
        ("mei@acme.test", "sms", "accepted"),
        ("ruth@acme.test", "email", "accepted"),
    }
    assert to(tariq, notice__entry__kind="declared").rule == ("SEV1 and SEV2 page engineering: on call for Engineering")
    (mail,) = mail_server.to("tariq@acme.test")
    assert "Subject: [SEV1 INC-1] Declared: Checkout fails" in mail
    texts = {request["to"]: request["text"] for request in sms_gateway.requests}
    assert texts[tariq.phone].startswith("SEV1 INC-1: Declared. Checkout fails http")
    assert summary["messages"] == {"accepted": Delivery.objects.filter(state="accepted").count()}
    assert not Delivery.objects.exclude(state__in=("accepted", "suppressed")).exists()


def test_running_the_pass_twice_changes_nothing_more(lena, mail_server, sms_gateway):
    declare_incident(lena, severity="sev1")
    tick.run()
    before = (Delivery.objects.count(), Attempt.objects.count(), len(mail_server.mails), len(sms_gateway.requests))

    again = tick.run()

    assert again == {"clocks": 0, "fan_outs": 0, "spikes": 0, "recipients": 0, "windows": 0, "messages": {}}
    assert before == (
        Delivery.objects.count(),
        Attempt.objects.count(),
        len(mail_server.mails),
        len(sms_gateway.requests),
    )


def test_an_attempt_is_on_record_before_the_call(page, monkeypatch):
    delivery = page()
    seen = []

    def call(self, message):
        seen.extend(Attempt.objects.filter(delivery=delivery).values_list("number", "outcome"))
        return base.Result.accepted("ok")

    monkeypatch.setattr(email.EmailTransport, "call", call)
    send(delivery)

    assert seen == [(1, "started")]
    assert outcomes(delivery) == ["accepted"]


# --- What providers answer -----------------------------------------------------------------------------


def test_try_later_is_tried_later_and_later_still(page, mail_server, clock):
    delivery = page()
    mail_server.answers["tariq@acme.test"] = ["451 busy", "RCPT 421 too many", "250 OK"]

    send(delivery)

    assert (delivery.state, delivery.failures) == ("pending", 1)
    first = (delivery.next_at - timezone.now()).total_seconds()
    assert 4 <= first <= 6
    assert send(delivery) == {}, "not before its time"

    clock.shift(first)
    send(delivery)
    second = (delivery.next_at - timezone.now()).total_seconds()
    assert 24 <= second <= 36

    clock.shift(second)
    send(delivery)
    assert delivery.state == "accepted"
    assert outcomes(delivery) == ["retry", "retry", "accepted"]
    assert [attempt.answer[:3] for attempt in delivery.attempts.order_by("number")][:2] == ["451", "421"]


def test_a_final_no_is_not_tried_again(page, mail_server, clock):
    delivery = page()
    mail_server.answers["tariq@acme.test"] = ["RCPT 550 no such person"]

    send(delivery)
    clock.shift(3600)

    assert send(delivery) == {}
    assert (delivery.state, delivery.next_at, outcomes(delivery)) == ("failed", None, ["refused"])
    assert delivery.reason == "550 no such person"


def test_a_server_that_is_away_costs_one_attempt_and_not_one_for_everybody(lena, settings, mail_server):
    declare_incident(lena, severity="sev1")
    tick.prepare()
    settings.EMAIL_PORT = 1

    organization_id = lena.organization_id
    assert send_due(organization_id, "email") == {"retry": 1}

    mails = Delivery.objects.filter(channel="email", state="pending")
    tried = list(mails.values_list("attempts_made", flat=True))
    assert (len(tried) > 3, sum(tried)) == (True, 1)
    assert not mails.filter(next_at__lte=timezone.now()).exists()


def test_a_line_cut_after_the_final_dot_is_unknown_and_sent_once_more_under_the_same_id(page, mail_server, clock):
    delivery = page()
    mail_server.answers["tariq@acme.test"] = [MailServer.CUT]

    send(delivery)
    assert (delivery.state, delivery.doubtful) == ("unknown", True)

    clock.shift(60)
    send(delivery)

    assert (delivery.state, outcomes(delivery)) == ("accepted", ["unknown", "accepted"])
    assert delivery.reason.startswith("An earlier try had no answer, so it may have arrived twice.")
    identifiers = {
        line for mail in mail_server.to("tariq@acme.test") for line in mail.splitlines() if "Message-ID" in line
    }
    assert len(mail_server.to("tariq@acme.test")) == 2
    assert identifiers == {f"Message-ID: <{delivery.identifier}@localhost>"}


def test_a_mail_without_answer_twice_is_for_a_person_to_decide(page, mail_server, clock):
    delivery = page()
    mail_server.answers["tariq@acme.test"] = [MailServer.CUT, MailServer.CUT]

    send(delivery)
    clock.shift(60)
    send(delivery)

    assert (delivery.state, delivery.next_at) == ("failed", None)
    assert delivery.reason.startswith("No answer 2 times; it may have arrived.")


def test_a_gateway_says_when_to_come_back(page, sms_gateway, clock):
    delivery = page("sms")
    sms_gateway.answers = [(429, {"Retry-After": "77"})]

    send(delivery)

    assert (delivery.next_at - timezone.now()).total_seconds() == 77
    clock.shift(76)
    assert send(delivery) == {}
    clock.shift(1)
    send(delivery)
    assert (delivery.state, outcomes(delivery)) == ("accepted", ["retry", "accepted"])


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        ((200, {}), "accepted", "accepted"),
        ((202, {}), "accepted", "accepted"),
        ((408, {}), "pending", "retry"),
        ((429, {}), "pending", "retry"),
        ((500, {}), "pending", "retry"),
        ((503, {}), "pending", "retry"),
        ((302, {"Location": "http://127.0.0.1:1/"}), "failed", "refused"),
        ((400, {}), "failed", "refused"),
        ((404, {}), "failed", "refused"),
        (SmsGateway.CUT, "unknown", "unknown"),
    ],
)
def test_every_answer_of_a_gateway_has_its_class(page, sms_gateway, answer, state, outcome):
    delivery = page("sms")
    sms_gateway.answers = [answer]

    send(delivery)

    assert (delivery.state, outcomes(delivery)) == (state, [outcome])


def test_a_gateway_that_knows_keys_gets_the_same_key_again(page, sms_gateway, clock):
    delivery = page("sms")
    sms_gateway.answers = [SmsGateway.CUT, (500, {})]

    for _ in range(3):
        send(delivery)
        clock.shift(60)

    assert (delivery.state, outcomes(delivery)) == ("accepted", ["unknown", "retry", "accepted"])
    assert {request["key"] for request in sms_gateway.requests} == {delivery.identifier}
    assert {request["id"] for request in sms_gateway.requests} == {delivery.identifier}


def test_what_never_works_is_given_up_in_the_open(page, sms_gateway, clock):
    delivery = page("sms")
    sms_gateway.answers = [(500, {})] * 10

    for _ in range(10):
        send(delivery)
        clock.shift(3600)

    assert (delivery.state, delivery.attempts_made) == ("failed", 6)
    assert delivery.reason == "Given up after 6 tries. 500 Internal Server Error"


# --- Poison --------------------------------------------------------------------------------------------


def test_a_message_that_raises_is_parked_and_stops_nobody_else(lena, tariq, sam, monkeypatch, clock):
    declare_incident(lena, severity="sev1")
    tick.prepare()
    real = email.EmailTransport.call

    def call(self, message):
        if message.address == "tariq@acme.test":
            raise ValueError("poison")
        return real(self, message)

    monkeypatch.setattr(email.EmailTransport, "call", call)
    for _ in range(8):
        tick.send_everything()
        clock.shift(1900)

    poison = to(tariq, notice__entry__kind="declared")
    assert (poison.state, poison.attempts_made) == ("failed", 5)
    assert poison.reason == "Given up after 5 tries. ValueError: poison"
    assert to(sam, notice__entry__kind="declared").state == "accepted"


def test_a_fan_out_that_raises_is_parked_and_stops_nobody_else(lena, monkeypatch, clock):
    from notifications import fan_out

    first = declare_incident(lena, "Poison", severity="sev1")
    second = declare_incident(lena, "Fine", severity="sev1")
    real = fan_out.notices.compose

    def compose(entry, reader):
        if entry.incident_id == first.pk and entry.kind == "declared":
            raise ValueError("poison")
        return real(entry, reader)

    monkeypatch.setattr(fan_out.notices, "compose", compose)
    for _ in range(8):
        tick.prepare()
        clock.shift(3600)

    (parked,) = FanOut.objects.parked()
    assert (parked.entry.incident, parked.entry.kind, parked.attempts) == (first, "declared", 5)
    assert parked.problem == "ValueError: poison"
    assert Delivery.objects.filter(incident=second, notice__entry__kind="declared").exists()


def test_a_message_that_ends_two_workers_is_parked(page, clock):
    delivery = page()
    for _ in range(DEATHS):
        dying = Lease.take(delivery.organization_id, "email", doubts=2)
        dying.turn([], dying.deliveries)
        clock.shift(LEASE.total_seconds() + 1)

    assert send(delivery) == {}

    assert (delivery.state, outcomes(delivery)) == ("failed", ["abandoned", "abandoned"])
    assert delivery.reason == "Parked: 2 workers ended while sending it."


# --- Leases --------------------------------------------------------------------------------------------


def test_what_is_leased_is_nobody_elses_until_the_lease_is_over(page, clock):
    delivery = page()
    first = Lease.take(delivery.organization_id, "email", doubts=2)

    assert [each.pk for each in first.deliveries] == [delivery.pk]
    assert Lease.take(delivery.organization_id, "email", doubts=2).deliveries == []

    clock.shift(LEASE.total_seconds() + 1)
    second = Lease.take(delivery.organization_id, "email", doubts=2)
    assert [each.pk for each in second.deliveries] == [delivery.pk]
    delivery.refresh_from_db()
    assert delivery.deaths == 0, "it was never begun, so nobody died of it"


def test_a_worker_whose_lease_is_over_changes_nothing_but_tells_the_truth(page, clock):
    delivery = page()
    slow = Lease.take(delivery.organization_id, "email", doubts=2)
    ((_, slow_attempt),) = slow.turn([], slow.deliveries)
    clock.shift(LEASE.total_seconds() + 1)
    quick = Lease.take(delivery.organization_id, "email", doubts=2)
    ((_, quick_attempt),) = quick.turn([], quick.deliveries)

    slow.turn([(slow_attempt, base.Result.refused("550 no"))])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fence) == ("leased", quick.fence)

    quick.turn([(quick_attempt, base.Result.accepted("250 yes"))])
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    assert [(each.outcome, each.answer) for each in delivery.attempts.order_by("number")] == [
        ("abandoned", "After the lease was over: 550 no"),
        ("accepted", "250 yes"),
    ]


def test_a_late_worker_begins_nothing_it_has_lost(page, clock):
    delivery = page()
    slow = Lease.take(delivery.organization_id, "email", doubts=2)
    clock.shift(LEASE.total_seconds() + 1)
    Lease.take(delivery.organization_id, "email", doubts=2)

    assert slow.turn([], slow.deliveries) == []
    assert not delivery.attempts.exists()


# --- Not sent after all ----------------------------------------------------------------------------------


def suppressed(delivery):
    assert send(delivery) == {"suppressed": 1}
    assert (delivery.state, delivery.next_at, delivery.attempts_made) == ("suppressed", None, 0)
    return delivery.reason


def test_somebody_who_has_left_gets_nothing_more(page, tariq, lena):
    delivery = page()
    tariq.end(by=lena)

    assert suppressed(delivery) == "No longer a member."


def test_an_incident_made_private_meanwhile_is_told_to_nobody_outside(page, lena):
    delivery = page()
    delivery.incident.make_private(by=lena)

    assert suppressed(delivery) == "The incident is private, and this person is not on it."


def test_an_incident_made_private_is_still_told_to_who_is_on_it(page, lena, tariq):
    delivery = page()
    Participant.join(delivery.incident, tariq, by=lena)
    delivery.incident.make_private(by=lena)

    assert send(delivery) == {"accepted": 1}


def test_only_the_newest_about_the_same_is_sent_after_an_outage(lena, tariq, clock):
    incident = declare_incident(lena, severity="sev1")
    tick.prepare()
    clock.shift(600)
    incident.refresh_from_db()
    incident.resolve(by=lena)

    tick.run()

    declared = to(tariq, notice__entry__kind="declared")
    assert (declared.state, declared.reason) == ("suppressed", "Superseded by something newer about the same.")
    assert to(tariq, notice__entry__kind="resolved").state == "accepted"


def test_a_reminder_overtaken_by_the_update_is_not_sent(lena, clock):
    from incidents.models import Obligation, StatusUpdate

    incident = declare_incident(lena, severity="sev1")
    clock.shift(16 * 60)
    tick.prepare()
    reminder = to(lena, notice__entry__kind="clock_overdue", topic="clock:update:technical")
    incident.refresh_from_db()
    StatusUpdate.publish(incident, "technical", {"text": "Rolling back."}, by=lena)
    assert Obligation.objects.filter(audience="technical", state="satisfied").exists()

    tick.send_everything()

    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == ("suppressed", "It was done meanwhile.")


def test_a_page_for_an_incident_that_is_over_is_not_sent(lena, clock):
    incident = declare_incident(lena, severity="sev3")
    tick.prepare()
    incident.refresh_from_db()
    incident.resolve(by=lena)
    requested = Delivery.objects.filter(notice__entry__kind="function_requested", state="pending").first()
    assert requested is not None

    tick.run()

    requested.refresh_from_db()
    assert (requested.state, requested.reason) == ("suppressed", "The incident was resolved meanwhile.")


def test_what_is_of_no_more_use_is_not_sent(page, clock):
    delivery = page()
    clock.shift(timedelta(hours=25))

    assert suppressed(delivery).startswith("Expired: it was of use until")


# --- Drills ----------------------------------------------------------------------------------------------


def test_a_drill_tells_its_roster_and_marks_every_message(lena, tariq, mei, mail_server, sms_gateway):
    incident = declare_incident(lena, "Exercise", severity="sev1", drill=True)
    Participant.join(incident, tariq, by=lena)
    # Tariq joined after the declaration was recorded and before it was told.
    tick.run()

    assert set(Delivery.objects.values_list("recipient__person__email", flat=True)) == {"tariq@acme.test"}
    assert "Subject: DRILL [SEV1 INC-1] Declared: Exercise" in mail_server.to("tariq@acme.test")[0]
    assert all(request["text"].startswith("DRILL SEV1 INC-1") for request in sms_gateway.requests)


def test_the_transport_itself_refuses_what_is_not_on_the_roster(page, lena, tariq, mail_server):
    delivery = page()
    # As if the first lock had failed: the message is there although its incident is a drill without Tariq.
    type(delivery.incident).objects.filter(pk=delivery.incident_id).update(drill=True)

    send(delivery)

    assert (delivery.state, mail_server.seen) == ("failed", [])
    assert delivery.reason == "Refused: this drill has nobody with this address on its roster."
