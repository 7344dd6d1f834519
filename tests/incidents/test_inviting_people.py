"""Somebody is asked to come: they accept, decline or do not answer, and then whoever is on call is asked."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.models import FunctionActivation, Incident, IncidentInvitation, Obligation, Participant
from incidents.room import IncidentRoom
from notifications import tick
from notifications.models import Delivery
from playbooks.models import RoleDefinition
from teams.errors import Refused
from teams.models import Function, Membership, Rota
from teams.tenancy import acting_in
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, all_at_once, last_entry, url_of, words_of

S = IncidentInvitation.State


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev1")


@pytest.fixture
def invitation(incident, lena, ruth):
    """Ruth is wanted for support, where Sam is on call."""
    support = Function.objects.get(slug="support")
    entry = IncidentInvitation.invite(incident, ruth, by=lena, function=support, reason="Big customers call")
    return the_one(entry.details["invitation"])


def the_one(pk):
    return IncidentInvitation.objects.with_people().select_related("incident__severity").get(pk=pk)


def clock_of(invitation):
    return Obligation.objects.get(kind="invitation", subject=invitation.pk)


def let_it_run_out(invitation):
    clock = clock_of(invitation)
    with time_machine.travel(clock.due_at, tick=False):
        clock.advance(clock.due_at)
    return the_one(invitation.pk)


def send_what_was_said(invitation):
    """The scheduler's pass after the invitation ran out."""
    with time_machine.travel(invitation.expires_at + timedelta(seconds=1)):
        tick.run()


def told_of(incident, kind):
    return {
        (each.recipient.name.split()[0], str(each.channel))
        for each in Delivery.objects.filter(incident=incident, notice__entry__kind=kind).select_related(
            "recipient__person"
        )
    }


# --- Asking --------------------------------------------------------------------------------------------


def test_an_invitation_waits_for_an_answer(invitation, lena, ruth):
    assert (invitation.state, invitation.membership, invitation.invited_by) == ("requested", ruth, lena)
    entry = last_entry(invitation.incident)
    assert (entry.kind, entry.details["wanted_for"], entry.details["reason"]) == (
        "invitation_sent",
        "Support",
        "Big customers call",
    )


@pytest.mark.parametrize(("severity", "minutes"), [("sev1", 5), ("sev2", 5), ("sev3", 15), ("sev4", 15)])
def test_the_worse_it_is_the_sooner_an_answer_is_wanted(lena, ruth, severity, minutes):
    incident = declare_incident(lena, severity=severity)

    IncidentInvitation.invite(incident, ruth, by=lena)

    assert clock_of(incident.invitations.get()).interval_minutes == minutes


def test_without_a_function_it_is_for_their_own(incident, lena, ruth):
    IncidentInvitation.invite(incident, ruth, by=lena)

    assert incident.invitations.get().wanted_for == "Leadership"


def test_who_is_invited_to_observe_reads_along(incident, lena, ruth, signed_in):
    role = RoleDefinition.objects.get(slug="observer")
    IncidentInvitation.invite(incident, ruth, by=lena, role=role)
    invited = incident.invitations.get()

    signed_in(ruth).post(url_of(incident, f"invitations/{invited.pk}/acceptance/"))

    assert the_one(invited.pk).state == S.ACCEPTED
    assert incident.participants.get(membership=ruth).capacity == "observer"
    assert not incident.functions.filter(function=ruth.function, state="engaged").exists()


def test_the_invited_are_paged(invitation):
    tick.run()

    assert told_of(invitation.incident, "invitation_sent") == {("Ruth", "email"), ("Ruth", "sms")}


def test_a_second_invitation_changes_nothing(invitation, lena, ruth):
    with pytest.raises(Refused) as refused:
        IncidentInvitation.invite(invitation.incident, ruth, by=lena)

    assert refused.value.code == "unchanged"
    assert IncidentInvitation.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "by", "code"),
    [("stan", "lena", "responders_only"), ("ruth", "stan", "responders_only"), ("lena", "lena", "invites_oneself")],
)
def test_whom_nobody_invites(incident, request, who, by, code):
    with pytest.raises(Refused) as refused:
        IncidentInvitation.invite(incident, request.getfixturevalue(who), by=request.getfixturevalue(by))

    assert refused.value.code == code


def test_who_works_on_it_is_not_invited(incident, lena, tariq):
    Participant.join(incident, tariq, by=tariq)

    with pytest.raises(Refused) as refused:
        IncidentInvitation.invite(incident, tariq, by=lena)

    assert refused.value.code == "unchanged"


def test_nobody_is_invited_into_what_is_over(incident, lena, ruth):
    incident.resolve(by=lena)

    with pytest.raises(Refused) as refused:
        IncidentInvitation.invite(incident, ruth, by=lena)

    assert refused.value.code == "not_open"


@pytest.mark.django_db(transaction=True)
def test_many_who_invite_the_same_person_at_once_invite_them_once(committed_acme):
    with acting_in(committed_acme):
        lena, ruth = (
            Membership.objects.with_people().get(person__email=f"{name}@acme.test") for name in ("lena", "ruth")
        )
        incident = declare_incident(lena, severity="sev1")

    def invite():
        with acting_in(committed_acme):
            try:
                IncidentInvitation.invite(Incident.objects.get(pk=incident.pk), ruth, by=lena)
                return "invited"
            except Refused as refused:
                return refused.code

    assert sorted(all_at_once(invite, 6)) == ["invited"] + ["unchanged"] * 5


# --- Answering -----------------------------------------------------------------------------------------


def test_who_accepts_works_on_it_and_their_inviter_hears(invitation, ruth):
    entry = invitation.accept(by=ruth)

    assert entry.kind == "invitation_accepted"
    assert invitation.incident.participants.active().filter(membership=ruth).exists()
    assert the_one(invitation.pk).state == S.ACCEPTED
    assert clock_of(invitation).state == "satisfied"
    tick.run()
    assert told_of(invitation.incident, "invitation_accepted") == {("Lena", "email")}


def test_who_accepts_for_their_own_function_engages_it(incident, lena, sam):
    IncidentInvitation.invite(incident, sam, by=lena)

    the_one(incident.invitations.get().pk).accept(by=sam)

    assert FunctionActivation.objects.get(incident=incident, function=sam.function).state == "engaged"


def test_accepting_twice_is_refused_as_unchanged(invitation, ruth):
    invitation.accept(by=ruth)

    with pytest.raises(Refused) as refused:
        the_one(invitation.pk).accept(by=ruth)

    assert refused.value.code == "unchanged"


def test_nobody_answers_for_somebody_else(invitation, lena):
    for answer in (invitation.accept, invitation.decline):
        with pytest.raises(Refused) as refused:
            answer(by=lena)
        assert refused.value.code == "invited_only"


def test_who_declines_says_why_and_their_inviter_is_told_at_once(invitation, ruth):
    entry = invitation.decline(by=ruth, reason="On a plane")

    assert (entry.details["reason"], the_one(invitation.pk).answer) == ("On a plane", "On a plane")
    assert not invitation.incident.participants.filter(membership=ruth).exists()
    tick.run()
    assert told_of(invitation.incident, "invitation_declined") == {("Lena", "email"), ("Lena", "sms")}


def test_who_declined_may_be_asked_again(invitation, lena, ruth):
    invitation.decline(by=ruth)

    assert IncidentInvitation.invite(invitation.incident, ruth, by=lena).kind == "invitation_sent"


def test_joining_by_oneself_accepts(invitation, ruth):
    Participant.join(invitation.incident, ruth, by=ruth)

    assert the_one(invitation.pk).state == S.ACCEPTED
    assert clock_of(invitation).next_at is None


def test_an_invitation_is_taken_back_by_its_inviter_or_the_lead(invitation, sam, lena):
    with pytest.raises(Refused) as refused:
        invitation.withdraw(by=sam)
    assert refused.value.code == "coordination_right"

    assert invitation.withdraw(by=lena).kind == "invitation_withdrawn"
    assert (the_one(invitation.pk).state, clock_of(invitation).state) == ("withdrawn", "satisfied")


# --- Not answering -------------------------------------------------------------------------------------


def test_without_an_answer_whoever_is_on_call_is_asked(invitation, lena, sam):
    assert let_it_run_out(invitation).state == S.EXPIRED

    following = IncidentInvitation.objects.get(rerouted_from=invitation)
    assert (following.membership, following.invited_by, following.state) == (sam, lena, "requested")
    expired = invitation.incident.timeline.get(kind="invitation_expired")
    assert (expired.actor, expired.details["rerouted_to"]) == (None, "Sam Okafor")
    send_what_was_said(invitation)
    assert told_of(invitation.incident, "invitation_expired") == {("Lena", "email"), ("Lena", "sms")}
    assert ("Sam", "sms") in told_of(invitation.incident, "invitation_sent")


def test_when_the_one_on_call_does_not_answer_administrators_are_told(incident, lena, sam, ada, tariq):
    IncidentInvitation.invite(incident, sam, by=lena)

    expired = let_it_run_out(incident.invitations.get())

    assert incident.invitations.count() == 1
    assert incident.timeline.get(kind="invitation_expired").details["to_administrators"]
    send_what_was_said(expired)
    assert {name for name, _ in told_of(incident, "invitation_expired")} == {"Lena", "Ada"}


def test_with_nobody_on_call_administrators_are_told(incident, lena, ruth):
    IncidentInvitation.invite(incident, ruth, by=lena)
    assert not Rota.objects.filter(function=ruth.function).exists()

    let_it_run_out(incident.invitations.get())

    assert incident.timeline.get(kind="invitation_expired").details["to_administrators"]


def test_whoever_declined_is_not_asked_again_by_the_clock(invitation, lena, sam):
    IncidentInvitation.invite(invitation.incident, sam, by=lena)
    the_one(invitation.incident.invitations.get(membership=sam).pk).decline(by=sam)

    let_it_run_out(invitation)

    assert not IncidentInvitation.objects.filter(rerouted_from=invitation).exists()


def test_an_answer_stops_the_clock(invitation, ruth):
    invitation.accept(by=ruth)
    clock = clock_of(invitation)

    assert clock.advance(clock.due_at) is None
    assert the_one(invitation.pk).state == S.ACCEPTED


def test_too_late_is_said_and_they_may_still_join(invitation, ruth):
    expired = let_it_run_out(invitation)

    with pytest.raises(Refused, match="You can still join") as refused:
        expired.accept(by=ruth)
    assert refused.value.code == "answered"
    assert Participant.join(expired.incident, ruth, by=ruth)


def test_an_end_ends_the_waiting_and_a_reopening_does_not_revive_it(invitation, lena):
    invitation.incident.resolve(by=lena)
    assert the_one(invitation.pk).state == S.WITHDRAWN

    invitation.incident.reopen(by=lena)

    clock = clock_of(invitation)
    assert clock.advance(clock.due_at + timedelta(hours=1)) is None
    assert the_one(invitation.pk).state == S.WITHDRAWN


def test_the_scheduler_lets_it_run_out_once(invitation):
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        tick.run()
        tick.run()

    assert invitation.incident.timeline.of_kinds("invitation_expired").count() == 1


# --- A private incident ----------------------------------------------------------------------------------


def test_the_invited_may_look_until_they_decline(lena, ruth, sam):
    incident = declare_incident(lena, private=True)
    IncidentInvitation.invite(incident, ruth, by=lena)
    assert (incident.is_visible_to(ruth), incident.is_visible_to(sam)) == (True, False)

    the_one(incident.invitations.get().pk).decline(by=ruth)

    assert not incident.is_visible_to(ruth)


# --- On the web ------------------------------------------------------------------------------------------


def test_it_waits_under_needs_you_and_on_the_home_page(invitation, ruth, sam, signed_in):
    (need,) = [need for need in IncidentRoom(invitation.incident, ruth).needs if need.kind == "invitation"]
    assert need.sentence == "You are invited for Support by Lena Fischer: Big customers call"
    assert not [need for need in IncidentRoom(invitation.incident, sam).needs if need.kind == "invitation"]

    page = words_of(signed_in(ruth).get("/o/acme/"))
    assert need.sentence in page
    assert need.sentence not in words_of(signed_in(sam).get("/o/acme/"))
    assert "Accept" in page
    assert "Decline" in page


def test_a_responder_invites_over_the_page(incident, lena, tariq, signed_in):
    browser = signed_in(lena)
    page = words_of(browser.get(url_of(incident, "invitations/")))
    assert "Tariq Haddad Engineering · on call for Engineering" in page
    assert "Stan" not in page

    form = {"member": tariq.pk, "reason": "You wrote it", "function": "engineering"}
    answer = browser.post(url_of(incident, "invitations/"), form)

    assert answer.url == url_of(incident, "people/")
    assert "Tariq Haddad Engineering You wrote it" in words_of(browser.get(answer.url))
    again = browser.post(url_of(incident, "invitations/"), form, headers=HTMX)
    assert again.status_code == 409
    assert "invited already" in words_of(again)


def test_whom_is_asked(incident, lena, signed_in):
    answer = signed_in(lena).post(url_of(incident, "invitations/"), {"reason": "Come"})

    assert answer.status_code == 422
    assert "Choose who is invited." in words_of(answer)


def test_one_button_accepts(invitation, ruth, signed_in):
    answer = signed_in(ruth).post(url_of(invitation.incident, f"invitations/{invitation.pk}/acceptance/"), headers=HTMX)

    assert answer.status_code == 204
    assert the_one(invitation.pk).state == S.ACCEPTED


def test_declining_asks_why(invitation, ruth, signed_in):
    browser = signed_in(ruth)
    path = url_of(invitation.incident, f"invitations/{invitation.pk}/refusal/")
    assert "Lena Fischer invited you for Support: Big customers call" in words_of(browser.get(path))

    assert browser.post(path, {"reason": "Asleep"}).status_code == 302
    assert the_one(invitation.pk).answer == "Asleep"


def test_the_inviter_takes_it_back_on_the_page(invitation, lena, signed_in):
    path = url_of(invitation.incident, f"invitations/{invitation.pk}/withdrawal/")

    assert signed_in(lena).post(path).url == url_of(invitation.incident, "people/")
    assert the_one(invitation.pk).state == S.WITHDRAWN


def test_stakeholders_and_outsiders_find_none_of_it(invitation, stan, omar, signed_in):
    paths = [url_of(invitation.incident, f"invitations/{rest}") for rest in ("", f"{invitation.pk}/refusal/")]

    for member in (stan, omar):
        assert [signed_in(member).get(path).status_code for path in paths] == [404, 404]
