"""People of other teams: asked for by name, answered for by their manager, and where that fails by an executive."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.home import Home
from incidents.models import Decision, IncidentInvitation, Obligation, Participant, ReinforcementRequest
from incidents.room import IncidentRoom
from notifications import tick
from notifications.models import Delivery
from teams.errors import Refused
from teams.models import Function, Rota, Team
from teams.tenancy import acting_in
from tests.factories import ask_for, declare_incident, open_workstream, raise_decision
from tests.incidents.pages import HTMX, all_at_once, url_of, words_of

S = ReinforcementRequest.State
PURPOSE = "You wrote the connection pool."


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev1")


@pytest.fixture
def desk(sam, ada, ruth):
    """Sam's team, which Ada manages. Nobody of it is on call, and Ruth answers for leadership."""
    Rota.objects.filter(on_call=sam).delete()
    Rota.objects.create(function=Function.objects.get(slug="leadership"), on_call=ruth)
    return team_of(sam, manager=ada)


@pytest.fixture
def request_(incident, desk, sam, lena):
    """Lena asks for Sam; Ada has to answer."""
    return ask_for(incident, sam, by=lena)


def team_of(*members, manager, slug="desk"):
    team = Team.objects.create(
        slug=slug, name="Desk", function=Function.objects.get(slug="support"), manager=manager
    )  # fmt: skip
    team.members.set(members)
    return team


def read(request):
    found = ReinforcementRequest.objects.with_people().select_related("incident__severity").get(pk=request.pk)
    if found.decision:
        found.decision.incident = found.incident
    return found


def clock_of(request):
    return Obligation.objects.get(kind="reinforce", subject=request.pk)


def let_it_run_out(request):
    clock = clock_of(request)
    with time_machine.travel(clock.due_at, tick=False):
        clock.advance(clock.due_at)
    return read(request)


def refused(verb, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        verb(*args, **kwargs)
    return caught.value.code


def kinds_of(incident, after=0):
    return [entry.kind for entry in incident.timeline.after(after).in_order()]


# --- Asking --------------------------------------------------------------------------------------------


def test_the_manager_is_asked_and_nobody_is_invited_meanwhile(request_, incident, sam, ada, lena):
    assert (request_.state, request_.label, request_.hours, request_.direct) == (S.ASKED, "R1", 4, False)
    assert (clock_of(request_).owner, clock_of(request_).interval_minutes) == (ada, 10)
    assert not incident.invitations.exists()
    (entry,) = incident.timeline.of_kinds("reinforcement_asked")
    assert entry.details["managers"] == [ada.pk]
    assert PURPOSE not in str(entry.details)


def test_whoever_is_on_call_has_no_manager_or_the_asker_as_one_is_invited_at_once(incident, lena, tariq, mei, ada):
    """Tariq is on call and managed by Ada, Ruth has no manager, and Lena manages Mei herself."""
    Rota.objects.filter(on_call=mei).delete()
    team_of(tariq, manager=ada)
    team_of(mei, manager=lena, slug="press")
    for member, managers in ((tariq, [ada.pk]), (mei, [lena.pk])):
        request = ask_for(incident, member, by=lena)

        assert (request.state, request.direct, request.invitation.membership) == (S.GRANTED, True, member)
        assert incident.timeline.of_kinds("reinforcement_taken").latest_first()[0].details["managers"] == managers
    assert request.invitation.reason == PURPOSE
    assert not Decision.objects.filter(incident=incident).exists()


def test_who_has_no_manager_is_invited_at_once_too(incident, lena, ruth):
    request = ask_for(incident, ruth, by=lena)

    assert (request.state, request.invitation.state) == (S.GRANTED, "requested")


@pytest.mark.parametrize("managed", [True, False])
def test_who_works_on_another_incident_is_an_executives_to_lend(incident, desk, lena, sam, ruth, ada, managed):
    if not managed:
        Team.objects.update(manager=None)
    other = declare_incident(lena, "Search is slow")
    hidden = declare_incident(lena, "Somebody got in", private=True)
    practice = declare_incident(lena, "Practice", drill=True)
    for each in (other, hidden, practice):
        Participant.join(each, sam, by=sam)

    request = read(ask_for(incident, sam, by=lena))

    assert (request.state, request.answer_by) == (S.OBJECTED, None)
    decision = request.decision
    assert (decision.decision_class, decision.is_open, decision.choice) == ("resource", True, "")
    assert decision.subject == "R1: lend Sam Okafor to INC-1 for 4 hours?"
    assert decision.commitments_sacrificed == ["Work on INC-2 Search is slow", "Work on another incident"]
    assert decision.right().members == (ruth,)
    assert not Obligation.objects.filter(kind="reinforce").exists()
    assert refused(request.give_answer, True, by=ada) == ("already_answered" if managed else "managers_only")


def test_what_cannot_be_asked(request_, incident, lena, tariq, mei, sam, stan, ruth):
    Participant.join(incident, mei, by=mei)
    IncidentInvitation.invite(incident, tariq, by=lena)
    for member, code in ((sam, "unchanged"), (mei, "unchanged"), (tariq, "unchanged"), (stan, "responders_only")):
        assert refused(ask_for, incident, member, by=lena) == code
    assert refused(ask_for, incident, lena, by=lena) == "invites_oneself"
    assert refused(ask_for, incident, ruth, by=lena, purpose="  ") == "empty"
    assert refused(ask_for, incident, ruth, by=lena, hours=169) == "hours"
    assert refused(ask_for, incident, ruth, by=stan, waiver="Now") == "responders_only"
    assert refused(ask_for, incident, ruth, by=mei) == "coordination_right"
    incident.resolve(by=lena)
    assert refused(ask_for, incident, ruth, by=lena) == "not_open"
    assert incident.reinforcements.count() == 1


def test_who_does_not_lead_asks_with_a_reason_and_the_same_key_asks_once(incident, desk, mei, sam):
    first, second = (
        ReinforcementRequest.ask(
            incident, sam, by=mei, purpose=PURPOSE, hours=2, key="once", waiver="Lena is on a plane"
        )
        for _ in range(2)
    )

    assert first == second
    assert first.details["waiver"] == "Lena is on a plane"


def test_a_full_room_wants_a_reason_at_once_but_not_from_who_lets_somebody_go(lena, tariq, ruth, desk, sam, ada):
    incident = declare_incident(lena, severity="sev4")
    incident.severity.participant_cap = 1
    incident.severity.save()
    sam.change_place(function=lena.function, domain=None, by=ada)

    assert refused(ask_for, incident, tariq, by=lena) == "participant_cap"
    assert not incident.reinforcements.exists()
    ask_for(incident, tariq, by=lena, waiver="He knows it")

    ask_for(incident, sam, by=lena).give_answer(True, by=ada)
    sent = incident.timeline.of_kinds("invitation_sent").latest_first().first()
    assert (sent.details["member"], sent.details["waiver"]) == (sam.pk, "Ada Novak lets them go for R2")


# --- The manager answers -------------------------------------------------------------------------------


def test_a_yes_invites_and_an_answer_is_given_once(request_, incident, ada, sam, lena, mei):
    assert refused(request_.give_answer, True, by=mei) == "managers_only"
    assert refused(request_.give_answer, True, by=lena) == "managers_only"

    assert request_.give_answer(True, by=ada, reason="Gladly").kind == "reinforcement_agreed"

    request = read(request_)
    assert (request.state, request.answered_by, request.answer) == (S.AGREED, ada, "Gladly")
    assert (request.invitation.membership, request.invitation.invited_by) == (sam, lena)
    assert clock_of(request_).state == "satisfied"
    assert refused(request_.give_answer, False, by=ada, reason="No") == "already_answered"


def test_an_objection_becomes_a_decision_that_names_what_is_given_up(request_, incident, ada, sam, ruth):
    assert refused(request_.give_answer, False, by=ada, reason=" ") == "reason_required"

    entry = request_.give_answer(False, by=ada, reason="Support is thin", commitments=["Launch on Friday"])

    assert "Support is thin" not in str(entry.details)
    request = read(request_)
    assert (request.state, clock_of(request_).state) == (S.OBJECTED, "satisfied")
    assert request.decision.commitments_sacrificed == ["Launch on Friday"]
    assert request.decision.raised_by is None
    (said,) = request.decision.inputs.all()
    assert (said.given_by, said.choice, said.text) == (ada, "Leave Sam Okafor where they are", "Support is thin")
    assert not incident.invitations.exists()


def test_without_an_answer_an_executive_is_asked_once_and_nothing_is_decided(request_, incident, ada):
    request = let_it_run_out(request_)

    assert (request.state, request.answered_by) == (S.OBJECTED, None)
    assert (request.decision.is_open, request.decision.choice) == (True, "")
    assert refused(request_.give_answer, True, by=ada) == "already_answered"
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        tick.run()
        tick.run()
    assert incident.timeline.of_kinds("reinforcement_unanswered").count() == 1
    assert (read(request_).state, read(request_).decision.is_open) == (S.OBJECTED, True)
    assert not incident.invitations.exists()


def test_one_who_was_called_in_directly_may_be_objected_to_afterwards(incident, desk, lena, sam, ada, ruth):
    """Over the form that brings somebody in at once, nothing changes for whoever uses it; Ada is told."""
    entry = Participant.join(incident, sam, by=lena)

    assert entry.kind == "participant_joined"
    request = incident.reinforcements.select_related("incident").get()
    assert (request.state, request.direct, request.hours, request.managers.get()) == (S.GRANTED, True, None, ada)
    request.give_answer(False, by=ada, reason="Support is thin")
    request = read(request)
    assert refused(request.withdraw, by=lena) == "works_on_it"
    assert request.decision.subject == "R1: lend Sam Okafor to INC-1?"
    request.decision.decide("leave", by=ruth)
    assert read(request).state == S.REFUSED
    assert incident.timeline.of_kinds("reinforcement_refused").get().details["here"] is True
    assert incident.participants.active().filter(membership=sam).exists()


def test_whoever_is_let_go_may_be_brought_in_without_another_word(request_, incident, lena, sam, ada):
    request_.give_answer(True, by=ada)

    Participant.join(incident, sam, by=lena)

    assert (incident.reinforcements.count(), incident.invitations.get().state) == (1, "accepted")


def test_nobody_is_told_of_who_comes_by_themselves_or_only_reads(incident, desk, lena, sam):
    Participant.join(incident, sam, by=lena, capacity="observer")
    Participant.join(incident, sam, by=sam)

    assert not incident.reinforcements.exists()


# --- An executive decides ------------------------------------------------------------------------------


@pytest.fixture
def objected(request_, ada):
    request_.give_answer(False, by=ada, reason="Support is thin")
    return read(request_)


def test_the_decision_brings_it_about_and_so_do_a_later_one_and_taking_it_back(objected, incident, ruth, sam):
    assert refused(objected.decision.decide, "For an hour", by=ruth) == "option_required"
    assert read(objected).decision.is_open

    objected.decision.decide("lend", by=ruth, reason="Customers first")
    request = read(objected)
    assert (request.state, request.invitation.state) == (S.GRANTED, "requested")

    request.decision.supersede("leave", by=ruth, reason="Others came")
    request = read(request)
    assert (request.state, request.decision.number, request.invitation.state) == (S.REFUSED, 2, "withdrawn")

    request.decision.supersede("lend", by=ruth)
    request = read(request)
    assert (request.state, incident.invitations.waiting().get().membership) == (S.GRANTED, sam)

    request.decision.reverse(by=ruth, reason="Enough")
    assert (read(request).state, incident.invitations.waiting().count()) == (S.REFUSED, 0)
    assert kinds_of(incident).count("invitation_sent") == kinds_of(incident).count("invitation_withdrawn") == 2


def test_a_refusal_that_is_taken_back_decides_nothing(objected, ruth, sam, incident):
    objected.decision.decide("leave", by=ruth)

    read(objected).decision.reverse(by=ruth, reason="Too early")

    assert read(objected).state == S.LAPSED
    assert not incident.invitations.exists()


def test_other_decisions_go_on_as_before(objected, incident, ruth, lena):
    other = raise_decision(incident, "resource", "Buy time?", by=lena, options=["Buy", "Wait"])

    other.decide("A word of one's own", by=ruth)

    assert read(objected).state == S.OBJECTED


@pytest.mark.parametrize("gone", ["withdrawn", "here", "left the organisation"])
def test_what_is_decided_too_late_or_never_invites_nobody(objected, incident, ruth, sam, lena, gone):
    if gone == "withdrawn":
        objected.decision.withdraw(by=lena)
    elif gone == "here":
        Participant.join(incident, sam, by=sam)
        assert read(objected).decision.state == "withdrawn"
    else:
        sam.end(by=lena)
        objected.decision.decide("lend", by=ruth)

    assert read(objected).state == S.LAPSED
    assert not incident.invitations.exists()


# --- Its ends ------------------------------------------------------------------------------------------


def test_it_is_taken_back_by_whoever_asked_or_leads(request_, incident, ada, mei, lena, ruth):
    for member in (ada, mei):
        assert refused(request_.withdraw, by=member) == "coordination_right"

    request_.withdraw(by=lena, reason="Found somebody")

    assert (read(request_).state, clock_of(request_).state) == (S.WITHDRAWN, "cancelled")
    assert refused(request_.withdraw, by=lena) == "unchanged"
    assert refused(request_.give_answer, True, by=ada) == "already_answered"


@pytest.mark.parametrize("end", ["resolve", "merge_into"])
@pytest.mark.parametrize("answered", [False, True])
def test_an_end_ends_the_waiting_with_its_decision(request_, incident, ada, lena, end, answered):
    if answered:
        request_.give_answer(False, by=ada, reason="Support is thin")

    if end == "resolve":
        incident.resolve(by=lena)
        incident.reopen(by=lena)
    else:
        incident.merge_into(declare_incident(lena), by=lena)

    request = read(request_)
    assert request.state == S.WITHDRAWN
    assert (request.decision.state if answered else "withdrawn") == "withdrawn"
    assert not incident.decisions.open().exists()
    assert clock_of(request_).state in ("cancelled", "satisfied")


# --- At the same moment ----------------------------------------------------------------------------------


def test_nobody_decides_about_who_has_left_meanwhile(request_, incident, sam, ada):
    sam.end(by=ada)

    request = let_it_run_out(request_)

    assert (request.state, request.decision, clock_of(request).next_at) == (S.LAPSED, None, None)
    assert kinds_of(incident)[-1] == "reinforcement_lapsed"


@pytest.mark.django_db(transaction=True)
def test_of_answers_and_a_withdrawal_at_the_same_moment_one_counts(committed_acme):
    with acting_in(committed_acme):
        from tests.cast import _member

        lena, sam, ada, ruth = (_member(f"{name}@acme.test") for name in ("lena", "sam", "ada", "ruth"))
        Rota.objects.filter(on_call=sam).delete()
        team_of(sam, manager=ada)
        team_of(sam, manager=ruth, slug="night")
        request = ask_for(declare_incident(lena, severity="sev1"), sam, by=lena)

    def fresh():
        return ReinforcementRequest.objects.with_people().select_related("incident").get(pk=request.pk)

    codes = []

    acts = [
        lambda each: each.give_answer(True, by=ada),
        lambda each: each.give_answer(False, by=ruth, reason="No"),
        lambda each: each.withdraw(by=lena),
    ]

    def one_of_them():
        act = acts.pop()
        with acting_in(committed_acme):
            try:
                act(fresh())
            except Refused as refusal:
                codes.append(refusal.code)

    all_at_once(one_of_them, count=3)

    with acting_in(committed_acme):
        request = read(request)
        invited = request.incident.invitations.count()
        open_ones = request.incident.decisions.open().count()
        # Whoever withdraws comes after an objection too, which then is over with its decision.
        assert (request.state, invited, open_ones) in {
            (S.AGREED, 1, 0),
            (S.OBJECTED, 0, 1),
            (S.WITHDRAWN, 0, 0),
        }
        assert request.incident.timeline.of_kinds("reinforcement_agreed", "reinforcement_objected").count() <= 1
        assert request.incident.first_break() is None
    assert set(codes) <= {"already_answered", "unchanged"}
    assert len(codes) in (1, 2)


# --- Who hears, and who sees -----------------------------------------------------------------------------


def test_the_manager_is_paged_the_requester_hears_and_so_does_the_executive(request_, incident, ada, lena):
    def told(kind):
        sent = Delivery.objects.filter(incident=incident, notice__entry__kind=kind)
        return {
            (each.recipient.name.split()[0], str(each.channel)) for each in sent.select_related("recipient__person")
        }

    tick.run()
    request_.give_answer(False, by=ada, reason="Support is thin")
    tick.run()

    assert told("reinforcement_asked") == {("Ada", "email"), ("Ada", "sms")}
    assert told("reinforcement_objected") == {("Lena", "email"), ("Lena", "sms")}
    assert told("decision_raised") == {("Ruth", "email"), ("Ruth", "sms")}
    notice = Delivery.objects.filter(notice__entry__kind="reinforcement_asked").first().notice
    assert PURPOSE in notice.text
    assert f"/reinforcements/{request_.pk}/answer/" in notice.text


def test_a_private_incident_lets_in_the_manager_who_has_to_answer_and_no_other(lena, desk, sam, ada, tariq, mei):
    incident = declare_incident(lena, private=True)
    team_of(tariq, manager=mei, slug="code")
    ask_for(incident, sam, by=lena)
    ask_for(incident, tariq, by=lena)
    tick.run()

    assert (incident.is_visible_to(ada), incident.is_visible_to(mei)) == (True, False)
    assert not Delivery.objects.filter(incident=incident, recipient=mei).exists()


def test_what_becomes_private_meanwhile_is_still_the_managers_to_answer(request_, incident, desk, mei, stan, lena):
    desk.manager = mei
    desk.save(update_fields=["manager"])

    incident.make_private(by=lena)

    assert incident.is_visible_to(mei)
    assert not incident.is_visible_to(stan)
    assert read(request_).give_answer(True, by=mei).kind == "reinforcement_agreed"


def test_it_waits_for_the_manager_under_needs_you_and_on_the_home_page(request_, incident, ada, mei):
    (need,) = [each for each in IncidentRoom(incident, ada).needs if each.kind == "reinforcement"]
    assert need.sentence == "R1 Sam Okafor: You wrote the connection pool"
    assert not [each for each in IncidentRoom(incident, mei).needs if each.kind == "reinforcement"]
    assert need in [each for _, needs in Home(ada).waiting.by_incident for each in needs]


def test_asking_answering_and_taking_back_on_the_page(incident, desk, lena, ada, sam, mei, signed_in):
    browser, place = signed_in(lena), url_of(incident, "reinforcements/")
    assert "Nobody was asked for" in words_of(browser.get(place))
    assert browser.post(f"{place}new/", {"member": sam.pk, "purpose": "", "hours": 2}).status_code == 422
    form = {"member": sam.pk, "purpose": PURPOSE, "hours": 2, "key": "once"}
    assert browser.post(f"{place}new/", form).url == place
    assert browser.post(f"{place}new/", form).url == place
    request = incident.reinforcements.get()
    assert "Ask another team" in words_of(browser.get(url_of(incident, "people/"), headers=HTMX))
    assert "1 asked of their manager" in words_of(browser.get(url_of(incident, "people/"), headers=HTMX))
    page = words_of(browser.get(place))
    assert "R1 Sam Okafor Asked of the manager" in page
    assert ("Take back" in page, "Answer R1" in page) == (True, False)

    answer = f"{place}{request.pk}/answer/"
    assert "Let them go" not in words_of(signed_in(mei).get(answer))
    managers = signed_in(ada)
    assert "Let them go" in words_of(managers.get(answer))
    assert managers.post(answer, {"answer": "no"}).status_code == 422
    told = {"answer": "no", "reason": "Support is thin", "commitments": "Launch on Friday"}
    assert managers.post(answer, told, headers=HTMX).status_code == 204
    assert "Ada Novak: Support is thin D1" in words_of(browser.get(place))
    assert managers.post(answer, told).status_code == 409

    assert browser.post(f"{place}{request.pk}/withdrawal/").url == place
    assert read(request).state == S.WITHDRAWN


def test_the_same_by_program(incident, desk, lena, ada, sam, program):
    place, leads, manages = f"/incidents/{incident.number}/reinforcements/", program(lena), program(ada)
    body = {"member": "sam@acme.test", "purpose": PURPOSE, "hours": 2}
    key = {"Idempotency-Key": "one"}
    asked, again = (leads.post(place, body, headers=key) for _ in range(2))

    assert (asked.status_code, again.status_code, asked.json()) == (201, 201, again.json())
    mine = f"{place}{asked.json()['id']}/"
    assert leads.post(f"{mine}answer/", {"agrees": True}).json()["code"] == "managers_only"
    assert manages.post(f"{mine}answer/", {"agrees": False}).json()["code"] == "reason_required"
    assert manages.post(f"{mine}answer/", {}).status_code == 422
    said = manages.post(f"{mine}answer/", {"agrees": False, "reason": "Thin", "commitments": ["Launch"]}).json()
    assert (said["state"], said["answered_by"], said["decision"]) == ("objected", "ada@acme.test", 1)
    assert leads.post(f"{mine}withdrawal/", {"reason": "Found somebody"}).json()["state"] == "withdrawn"
    assert [each["number"] for each in leads.get(place).json()["results"]] == [1]
    assert leads.get(mine).json()["purpose"] == PURPOSE


def test_a_restricted_workstream_is_not_named_to_who_may_not_know_of_it(
    incident, desk, lena, ada, sam, mei, program, signed_in
):
    secret = open_workstream(incident, "Payroll", by=lena, restricted=True)
    ask_for(incident, sam, by=lena, workstream=secret)
    place = f"/incidents/{incident.number}/reinforcements/"

    assert program(lena).get(place).json()["results"][0]["workstream"] == secret.pk
    assert program(mei).get(place).json()["results"][0]["workstream"] is None
    assert "Payroll" in words_of(signed_in(lena).get(url_of(incident, "reinforcements/")))
    assert "Payroll" not in words_of(signed_in(mei).get(url_of(incident, "reinforcements/")))
    assert (
        program(mei)
        .post(place, {"member": "ruth@acme.test", "purpose": "x", "hours": 1, "workstream": secret.pk})
        .status_code
        == 404
    )


def test_it_goes_along_in_every_copy_for_those_who_work_on_it(request_, incident, ada, lena, stan, signed_in):
    request_.give_answer(True, by=ada, reason="Gladly")

    for extension, words in (
        ("md", "- ada@acme.test: Gladly"),
        ("json", '"answered_by":"ada@acme.test"'),
    ):
        mine, theirs = (
            b"".join(signed_in(each).get(url_of(incident, f"export.{extension}")).streaming_content).decode()
            for each in (lena, stan)
        )
        assert words in mine.replace("\\", "").replace('": "', '":"')
        assert ("connection pool" in mine, "connection pool" in theirs) == (True, False)


def test_stakeholders_and_outsiders_find_none_of_it(request_, incident, stan, omar, signed_in):
    paths = [url_of(incident, f"reinforcements/{rest}") for rest in ("", "new/", f"{request_.pk}/answer/")]

    for member in (stan, omar):
        assert [signed_in(member).get(path).status_code for path in paths] == [404, 404, 404]


# --- Who manages a team ------------------------------------------------------------------------------------


def test_a_team_has_a_manager_who_responds_and_is_still_there(lena, ada, stan, sam, signed_in, program):
    team = team_of(sam, manager=None)
    fields = {"name": "Desk", "slug": "desk", "function": team.function_id, "members": [sam.pk], "manager": ada.pk}
    assert signed_in(lena).post("/o/acme/teams/desk/", fields).status_code == 302
    assert "managed by Ada Novak" in words_of(signed_in(sam).get("/o/acme/teams/"))
    api = program(lena)
    assert api.get("/teams/desk/").json()["manager"] == "ada@acme.test"
    assert api.patch("/teams/desk/", {"manager": "stan@acme.test"}).json()["code"] == "responders_only"
    assert api.patch("/teams/desk/", {"manager": "lena@acme.test"}).json()["manager"] == "lena@acme.test"
    api.patch("/teams/desk/", {"manager": "ada@acme.test"})

    ada.end(by=lena)

    assert api.get("/teams/desk/").json()["manager"] is None
