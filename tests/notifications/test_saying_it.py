"""What notices say: subject, plain text and text message, and what must never be in them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from incidents import kinds
from incidents.arrivals import arrivals_of
from incidents.models import (
    ChangeIntent,
    Participant,
    RestorationOrder,
    RoleAssignment,
    StatusUpdate,
    StreamException,
    SupportBrief,
    SynthesisDelegation,
    TimelineEntry,
)
from incidents.sms_length import sms_length
from notifications import notices, tick
from notifications.models import Delivery, Notice
from notifications.recipients import BRIEFING, ROOM
from notifications.transports.base import Message
from notifications.transports.email import EmailTransport, compose
from teams.models import Rota, Service, Team
from tests.factories import (
    add_task,
    ask_for,
    ask_question,
    challenge_update,
    declare_incident,
    file_report,
    give_estimate,
    open_workstream,
    plan_event,
    propose_change,
    propose_commitment,
    put_ask,
    raise_decision,
    raise_finding,
    read_change,
    say_what_we_know,
)


def notice_of(incident, kind, reader=ROOM):
    return notices.compose(incident.timeline.filter(kind=kind).latest("pk"), reader)


def test_every_kind_that_is_told_can_be_said(lena, mei, tariq):
    """And every kind that notifies is either told or, like an assessment, deliberately not."""
    told = {kind.name for kind in kinds.all_kinds() if kind.notifies}

    assert told - notices.TOLD_KINDS == {"assessed"}
    assert told >= notices.TOLD_KINDS


def test_a_declaration_says_what_somebody_woken_has_to_know(lena, settings):
    settings.BASE_URL = "https://muster.acme.test"
    incident = declare_incident(lena, "Checkout fails", severity="sev1", summary="Since 14:00.")

    notice = notice_of(incident, "declared")

    assert notice.subject == "[SEV1 INC-1] Declared: Checkout fails"
    lines = notice.text.splitlines()
    assert lines[:2] == ["SEV1 INC-1: Checkout fails", "Declared."]
    assert "Type: Payments" in lines
    assert "What is known: Since 14:00." in lines
    assert "Functions called: Engineering, Support, Product, Communications, Finance" in lines
    assert "https://muster.acme.test/o/acme/incidents/1/" in lines
    assert notice.short == "SEV1 INC-1: Declared. Checkout fails https://muster.acme.test/o/acme/incidents/1/"


def test_leadership_and_stakeholders_read_no_technical_detail(lena):
    incident = declare_incident(lena, severity="sev1", summary="SECRET-DETAIL in the gateway")
    incident.refresh_from_db()
    incident.resolve(by=lena, reason="SECRET-DETAIL rolled back")

    for kind in ("declared", "resolved"):
        assert "SECRET-DETAIL" in notice_of(incident, kind).text
        briefing = notice_of(incident, kind, BRIEFING)
        assert "SECRET-DETAIL" not in briefing.text + briefing.html + briefing.short + briefing.subject


def test_an_update_says_what_was_written_to_its_audience(lena):
    incident = declare_incident(lena, severity="sev1")
    body = {"business_impact": "Orders lost", "customer_effect": "Some cannot pay", "expected_timeline": "An hour"}
    StatusUpdate.publish(incident, "leadership", body, by=lena, waiver="Nobody speaks yet")

    notice = notice_of(incident, "update_published", "update")

    assert notice.subject.startswith("[SEV1 INC-1] Update 1 to leadership")
    for text in body.values():
        assert text in notice.text
        assert text in notice.short
    assert "Next update by: " in notice.text


def test_the_preview_of_an_update_is_what_is_sent(lena, ruth):
    incident = declare_incident(lena, severity="sev1")
    body = {"business_impact": "Orders lost", "customer_effect": "Some cannot pay", "expected_timeline": "An hour"}

    mail, text = arrivals_of(incident, "leadership", body, number=1, by=lena)
    StatusUpdate.publish(incident, "leadership", body, by=lena, waiver="Nobody speaks yet")
    tick.run()

    (sent,) = Notice.objects.filter(entry__kind="update_published")
    assert (mail.channel, mail.people, mail.subject) == ("E-mail", 1, sent.subject)
    assert (text.channel, text.people, text.text) == ("Text message", 0, sent.short)
    assert set(mail.text.splitlines()) - set(sent.text.splitlines()) == set()
    assert [each.recipient for each in Delivery.objects.filter(notice=sent)] == [ruth]


def test_a_spike_and_what_agents_say_can_be_read_alone(lena, sam, settings):
    settings.BASE_URL = "https://muster.acme.test"
    incident = declare_incident(lena)
    file_report(incident, by=sam, count=7)
    SupportBrief.write(incident, "We know of it.", by=lena, avoid="No times.", workaround="Pay by invoice.")

    spike, brief = notice_of(incident, "spike_seen"), notice_of(incident, "support_brief_written", BRIEFING)

    assert "Counted: 7 customers in 15 minutes, usually none" in spike.text
    assert "Proposed: Raise it to SEV2" in spike.text
    entry = TimelineEntry.objects.get(kind="spike_seen")
    waits = incident.record(kinds.SPIKE_WAITS, **entry.details, told=["lead"])
    over = incident.record(kinds.SPIKE_FADED, **entry.details)
    assert "Waits: Nobody has answered yet." in notices.compose(waits, ROOM).text
    assert "fell away by itself" in notices.compose(over, ROOM).text
    assert "What agents say, version 1" in brief.subject
    for words in ("Say: We know of it.", "Do not say: No times.", "Meanwhile customers can: Pay by invoice."):
        assert words in brief.text
    assert "https://muster.acme.test/o/acme/incidents/1/support-brief/" in brief.text


def test_a_drill_says_so_everywhere(lena):
    notice = notice_of(declare_incident(lena, drill=True), "declared")

    assert notice.subject.startswith("DRILL [")
    assert notice.text.startswith("This is a drill.")
    assert notice.short.startswith("DRILL ")
    assert "This is a drill." in notice.html


@pytest.mark.parametrize(
    "title",
    [
        "Kassenausfall – „Zahlung“ schlägt fehl…",
        "x" * 200,
        "Łódź: płatności nie działają",
        "決済が失敗する" * 20,
        "🔥" * 60,
    ],
)
def test_a_text_message_keeps_its_beginning_and_its_link(lena, title):
    short = notice_of(declare_incident(lena, title, severity="sev1"), "declared").short

    assert short.startswith("SEV1 INC-1: Declared. ")
    assert short.endswith("/o/acme/incidents/1/")
    length = sms_length(short)
    assert length.parts <= (1 if length.is_gsm else 2)


def test_a_title_cannot_forge_headers_or_turn_the_text_around(lena):
    incident = declare_incident(lena, "Fine\r\nBcc: everybody@acme.test\u202egnihton")
    notice = notice_of(incident, "declared")

    mail = compose(Message("id", "tariq@acme.test", notice.subject, notice.text, notice.short)).message()

    assert notice.subject.endswith("Declared: Fine Bcc: everybody@acme.test gnihton")
    assert mail["Bcc"] is None
    assert mail.get_all("To") == ["tariq@acme.test"]


def test_a_title_is_text_in_html(lena):
    title = "<script>alert(1)</script>"

    assert escape(title) in notice_of(declare_incident(lena, title), "declared").html


def test_somebody_given_a_role_reads_which(lena, mei):
    incident = declare_incident(lena)
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)

    assert notice_of(incident, "role_taken").subject.startswith("[SEV3 INC-1] You are communications lead")


def test_a_finding_says_its_four_lines(lena, tariq):
    incident = declare_incident(lena)
    raise_finding(incident, by=tariq, actions="Rolled one node back", needs="A go", meaning="It is the release")

    notice = notice_of(incident, "finding_raised")

    assert notice.subject.startswith("[SEV3 INC-1] Finding F1 for you")
    assert {
        "Condition: 5.1 is healthy on the canary.",
        "Actions: Rolled one node back",
        "Needs: A go",
        "Meaning: It is the release",
        "Raised by: Tariq Haddad",
    } <= set(notice.text.splitlines())


def test_whoever_raised_a_finding_reads_what_is_held_against_it_and_the_lead_what_took_its_place(lena, tariq, mei):
    incident = declare_incident(lena)
    finding = raise_finding(incident, by=tariq)
    finding.challenge("The canary has no traffic", by=mei)
    finding.correct("5.1 fails on node 2.", by=tariq)

    challenged, corrected = notice_of(incident, "finding_challenged"), notice_of(incident, "finding_corrected")

    assert challenged.subject.startswith("[SEV3 INC-1] Finding F1 is challenged")
    assert "Mei Tanaka challenges it: The canary has no traffic" in challenged.text.splitlines()
    assert f"/incidents/1/findings/{finding.pk}/" in challenged.text
    assert corrected.subject.startswith("[SEV3 INC-1] Finding F2 corrects an earlier one")
    assert {"In place of: F1", "Condition: 5.1 fails on node 2."} <= set(corrected.text.splitlines())


def test_what_we_know_says_its_lines(lena, tariq, mei):
    incident = declare_incident(lena)
    finding = raise_finding(incident, by=tariq)
    version = say_what_we_know(incident, "Paying fails.", by=lena, ask="Two people", sources={"known": [finding]})
    version.challenge("It is not only paying", by=mei)
    SynthesisDelegation.give(incident, mei, minutes=60, by=lena)

    said, challenged = notice_of(incident, "synthesis_published"), notice_of(incident, "synthesis_challenged")
    given = notice_of(incident, "synthesis_delegated")

    assert said.subject.startswith("[SEV3 INC-1] What we know, version 1: ")
    assert {"By: Lena Fischer", "Behind it: F1", "Known: Paying fails.", "Ask: Two people"} <= set(
        said.text.splitlines()
    )
    assert "Paying fails." in said.short
    assert "Not right, because: It is not only paying" in challenged.text.splitlines()
    assert given.subject.startswith("[SEV3 INC-1] You say what we know for a while")


def test_a_challenge_says_what_was_told_what_is_not_right_and_what_became_of_it(lena, tariq, mei):
    incident = declare_incident(lena)
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    Participant.ensure(incident, tariq)
    challenge = challenge_update(incident, "It is Europe only", told="Cards fail.", by=tariq)

    said = notice_of(incident, "update_challenged")
    assert said.subject.startswith("[SEV3 INC-1] Update 1 to technical is challenged")
    lines = {"Not right, because: It is Europe only", "Challenged by: Tariq Haddad"}
    assert lines < set(said.text.splitlines())
    assert "Cards fail." in said.text
    assert f"/incidents/1/challenges/{challenge.pk}/" in said.text

    challenge.let_stand("Asia has it, too", by=mei)
    answered = notice_of(incident, "challenge_answered")
    assert {"Stands, because: Asia has it, too", "Answered by: Mei Tanaka"} < set(answered.text.splitlines())
    assert "Answer by" not in answered.text
    assert "/incidents/1/updates/1/" in answered.text


def test_a_task_says_what_and_until_when(lena, tariq):
    incident = declare_incident(lena)
    add_task(incident, by=lena, owner=tariq, due_at=timezone.now() + timedelta(minutes=30))

    notice = notice_of(incident, "task_added")

    assert notice.subject.startswith("[SEV3 INC-1] Task T10 is yours")
    assert {"Task: T10 Drain the queue", "Owner: Tariq Haddad", "From: Lena Fischer"} <= set(notice.text.splitlines())
    assert "Due: " in notice.text


def test_whoever_asked_reads_the_question_and_the_answer(lena, stan, mail_server):
    incident = declare_incident(lena)
    question = ask_question(incident, by=stan)
    tick.run()
    question.give_answer("Yes, the acquirer is European.", by=lena)
    tick.run()

    assert "Question: May we tell Hooli that it is Europe only?" in notice_of(incident, "question_asked").text
    answered = notice_of(incident, "question_answered", BRIEFING)
    assert "Answer: Yes, the acquirer is European." in answered.text
    assert any("Yes, the acquirer is European." in mail for mail in mail_server.to("stan@acme.test"))
    assert not any("Hooli" in mail for mail in mail_server.to("tariq@acme.test"))


def test_an_engineer_reads_what_was_put_to_them_and_never_the_question(lena, tariq, stan, ruth):
    incident = declare_incident(lena)
    question = ask_question(incident, by=stan)
    ask = put_ask(question, "Which regions fail?", to=tariq, by=lena, purpose="A key account")

    put = notice_of(incident, "ask_put")
    assert "A1 for you" in put.subject
    assert "Asked: Which regions fail?\nWhat for: A key account\nAsked by: Lena Fischer" in put.text
    assert f"/asks/{ask.pk}/" in put.text
    assert "Hooli" not in put.subject + put.text + put.html + put.short
    ask.give_answer("Europe.", by=tariq)
    assert "Answer: Europe." in notice_of(incident, "ask_answered").text
    ask_question(incident, by=ruth).merge_into(question, by=lena)
    question.give_answer("Yes.", by=lena)
    assert "Asked by: Stan Larsen and 1 more" in notice_of(incident, "question_answered", BRIEFING).text


def test_a_declined_question_says_why(lena, stan):
    incident = declare_incident(lena)
    ask_question(incident, by=stan).decline(reason="We name no customers.", by=lena)

    assert "No answer, because: We name no customers." in notice_of(incident, "question_declined", BRIEFING).text


def test_a_manager_reads_who_is_asked_for_what_for_and_until_when(lena, sam, ada):
    Rota.objects.filter(on_call=sam).delete()
    team = Team.objects.create(slug="desk", name="Desk", function=sam.function, manager=ada)
    team.members.add(sam)
    incident = declare_incident(lena)
    asked = ask_for(incident, sam, by=lena, hours=2)

    notice = notice_of(incident, "reinforcement_asked")

    assert notice.subject.startswith("[SEV3 INC-1] Sam Okafor is asked for")
    facts = {"Who: Sam Okafor", "Needed for: You wrote the connection pool.", "For: 2 hours", "Asked by: Lena Fischer"}
    assert facts <= set(notice.text.splitlines())
    assert "Answer by: " in notice.text
    assert f"/reinforcements/{asked.pk}/answer/" in notice.short


def test_whoever_is_let_in_reads_where_and_until_when(lena, ruth):
    stream = open_workstream(declare_incident(lena), "Card gateway", by=lena)
    StreamException.grant(stream, ruth, minutes=30, by=lena)

    notice = notice_of(stream.incident, "exception_granted")

    assert "Workstream: Card gateway" in notice.text.splitlines()
    assert "Until: " in notice.text


def test_a_merge_into_a_private_incident_does_not_name_it(lena):
    first, second = declare_incident(lena, "One"), declare_incident(lena, "Hidden takeover", private=True)
    first.merge_into(second, by=lena)

    assert "Hidden takeover" not in notice_of(first, "merged").text


def test_mail_of_one_incident_folds_and_answers_nobody(lena, tariq, mail_server):
    incident = declare_incident(lena, severity="sev1")
    tick.run()
    incident.refresh_from_db()
    incident.resolve(by=lena)
    tick.run()

    first, last = mail_server.to("tariq@acme.test")
    for mail in (first, last):
        assert f"References: <incident-{lena.organization_id}-1@localhost>" in mail
        assert "Auto-Submitted: auto-generated" in mail
        assert "You get this because: " in mail
    assert "Resolved" in last


@pytest.mark.parametrize(
    "address", ["a@acme.test,b@acme.test", "a@acme.test\r\nBcc: b@acme.test", "nobody", "a b@acme.test"]
)
def test_an_address_is_exactly_one_address(mail_server, address):
    with EmailTransport() as transport:
        result = transport.send(Message("id", address, "s", "t", "s"))

    assert (result.outcome, mail_server.seen) == ("refused", [])


def test_a_collision_says_what_is_in_whose_way_and_for_whom_to_do_what(lena, tariq, sam):
    incident = declare_incident(lena)
    for by in (tariq, sam):
        propose_change(incident, "ledger", by=by)

    notice = notice_of(incident, "changes_collided")

    assert notice.subject.startswith("[SEV3 INC-1] C2 and C1 are in each other's way")
    assert "same service: Ledger" in notice.text
    assert "Say which goes first" in notice.text


def test_an_ended_change_tells_the_next_that_it_is_their_turn(lena, tariq, sam):
    incident = declare_incident(lena)
    changes = [propose_change(incident, "ledger", by=by) for by in (tariq, sam)]
    ChangeIntent.arrange(incident, changes, by=lena)
    for change in changes:
        read_change(change.pk).release(by=lena)
    read_change(changes[0].pk).start(by=tariq)
    read_change(changes[0].pk).finish("rolled_back", by=tariq, text="Too slow")

    notice = notice_of(incident, "change_ended")
    tick.run()

    assert notice.subject.startswith("[SEV3 INC-1] C1 rolled back: yours is next")
    assert "Too slow" in notice.text
    told = Delivery.objects.filter(notice__entry__kind="change_ended").values_list("recipient", "topic")
    assert list(told) == [(sam.pk, f"change:{changes[0].pk}")]
    order = notice_of(incident, "changes_arranged")
    assert "Changes one after the other: C1, then C2" in order.subject


def test_whoever_waited_for_another_incident_hears_of_it_in_their_own(lena, tariq, sam):
    theirs, ours = declare_incident(lena), declare_incident(lena)
    changes = [propose_change(theirs, "ledger", by=tariq), propose_change(ours, "ledger", by=sam)]
    ChangeIntent.arrange(ours, changes, by=lena)
    read_change(changes[0].pk).withdraw(by=tariq, reason="Not needed")

    notice = notice_of(ours, "change_cleared")

    assert notice.subject.startswith("[SEV3 INC-2] C1 waits no longer for INC-1 C1")
    assert "Not needed" not in notice.text


# --- Decisions ----------------------------------------------------------------------------------------


def ask_for_people(lena, ruth):
    incident = declare_incident(lena, "Cards fail", severity="sev3")
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    return raise_decision(
        incident,
        "resource",
        "Take two people from the launch?",
        by=lena,
        options=["Take both", {"text": "Take one", "tradeoff": "Slower"}],
        cost_of_waiting="4,200 € a minute",
        commitments_sacrificed=["Launch on Thursday"],
    )


def test_mails_about_promises_and_estimates_can_be_read_alone(lena, ada, tariq, settings):
    settings.BASE_URL = "https://muster.acme.test"
    incident = declare_incident(lena, "Exports fail", severity="sev2")
    give_estimate(incident, by=tariq, hours=(1, 2), basis="SECRET-BASIS")
    promise = propose_commitment(incident, by=ada)
    promise.confirm(by=lena)
    promise.communicate(by=ada)
    give_estimate(incident, by=lena, hours=(1, 2))
    give_estimate(incident, by=lena, basis="The roll-back failed")
    RestorationOrder.set(incident, ["Exports", "Search"], by=lena, reason="Money first")
    RestorationOrder.objects.get().object(by=lena, reason="The ledger comes first")
    incident.change_details(by=lena, services=list(Service.objects.filter(slug="search")))
    plan_event("Launch", "search", by=ada)

    said = {
        "estimate_proposed": ("An estimate is proposed", "Basis: SECRET-BASIS"),
        "estimate_set": ("The estimate", "Earliest: Nobody knows"),
        "commitment_proposed": ("P1 waits for your word", "To: Hooli"),
        "commitment_confirmed": ("P1 can be kept", "Owner: Ada Novak"),
        "commitment_reopened": ("P1 has to be thought over", "Promised: Exports work again"),
        "restoration_order_set": ("What comes back first", "1.: Exports"),
        "restoration_order_objected": ("The lead objects to the restoration order", "Because: The ledger comes first"),
        "event_overlapped": ("“Launch” needs what is affected", "Commitments at risk: P1"),
    }
    for kind, (headline, line) in said.items():
        notice = notice_of(incident, kind)
        assert notice.subject == f"[SEV2 INC-1] {headline}: Exports fail"
        assert line in notice.text.splitlines()
        assert "https://muster.acme.test/o/acme/incidents/1/facts/" in notice.text
        assert sms_length(notice.short).parts <= 2


def test_the_mail_that_asks_for_a_decision_can_be_read_alone(lena, ruth, settings):
    settings.BASE_URL = "https://muster.acme.test"
    decision = ask_for_people(lena, ruth)

    notice = notice_of(decision.incident, "decision_raised")

    assert notice.subject == "[SEV3 INC-1] D1 needs a decision: Cards fail"
    for line in (
        "Decision: Take two people from the launch?",
        "Option 1: Take both",
        "Option 2: Take one",
        "Given up for it: Launch on Thursday",
        "Cost of waiting: 4,200 € a minute",
        "Asked by: Lena Fischer",
        "https://muster.acme.test/o/acme/incidents/1/decisions/1/",
    ):
        assert line in notice.text.splitlines()
    assert "Needed by: " in notice.text
    assert "Take two people from the launch?" in notice.short
    assert "/decisions/1/" in notice.short


def test_an_executive_is_paged_by_mail_and_text_and_the_answer_comes_back(lena, ruth):
    decision = ask_for_people(lena, ruth)
    tick.run()

    asked = Delivery.objects.filter(notice__entry__kind="decision_raised")
    assert set(asked.values_list("recipient", "channel")) == {(ruth.pk, "email"), (ruth.pk, "sms")}

    decision.decide("a", by=ruth, reason="Customers first")
    tick.run()

    (answer,) = Delivery.objects.filter(notice__entry__kind="decision_made")
    assert (answer.recipient, answer.topic) == (lena, "decision:1")
    assert "Choice: Take both" in answer.notice.text
    assert "Authority: executive" in answer.notice.text


def test_a_question_that_was_answered_meanwhile_is_not_sent_any_more(lena, ruth):
    decision = ask_for_people(lena, ruth)
    decision.decide("a", by=ruth)

    tick.run()

    asked = Delivery.objects.filter(notice__entry__kind="decision_raised")
    assert set(asked.values_list("state", "reason")) == {("suppressed", "It was done meanwhile.")}


def test_the_holder_reads_what_was_decided_in_their_place(lena, ruth):
    decision = ask_for_people(lena, ruth)
    decision.decide("a", by=lena, waiver="Ruth is on a plane")

    notice = notice_of(decision.incident, "decision_made")

    assert "D1 decided outside authority" in notice.subject
    assert "Outside their authority, because: Ruth is on a plane" in notice.text
