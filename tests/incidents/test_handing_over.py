"""Handing a hat over: the successor reads what stands and says so, and only then does the hat move."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents.models import ChangeIntent, Decision, Handover, Incident, RoleAssignment
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream
from tests.incidents.pages import url_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev2")


@pytest.fixture
def lead(incident):
    return hat_of(incident, "lead")


def hat_of(incident, role):
    hat = incident.roles.current().with_people().get(role=role)
    hat.incident = incident
    return hat


def begin(hat, to, *, by, **fields):
    Handover.begin(hat, to, by=by, **fields)
    return Handover.objects.with_people().select_related("incident").open().get()


def code_of(refusing):
    with pytest.raises(Refused) as refusal:
        refusing()
    return refusal.value.code


def test_the_hat_moves_when_the_successor_has_it(incident, lead, lena, tariq):
    handover = begin(lead, tariq, by=lena, situation="Roll-back runs", objectives="Cards work again")

    assert incident.holder_of("lead") == lena
    assert hat_of(incident, "lead").state == "handing_over"
    entry = handover.acknowledge(by=tariq)

    assert incident.holder_of("lead") == tariq
    assert (entry.kind, entry.actor) == ("role_handed_over", tariq)
    assert (entry.details["before"], entry.details["name"]) == ("Lena Fischer", "Tariq Haddad")
    assert list(incident.roles.order_by("pk").values_list("membership", "state")) == [
        (lena.pk, "released"),
        (tariq.pk, "active"),
    ]
    assert incident.participants.current().filter(membership=tariq).exists()


def test_the_record_says_what_stands(incident, lead, lena, tariq):
    open_workstream(incident, "Roll back", by=lena, owner=tariq)
    legal = open_workstream(incident, "Legal matters", by=lena, restricted=True)
    two = [{"text": "Take them"}, {"text": "Leave them"}]
    Decision.open(incident, "resource", "Take two people off the launch?", by=lena, options=two)
    Decision.open(incident, "coordination", "Legal matters?", by=tariq, workstream=legal)
    ChangeIntent.propose(incident, "Roll back", by=tariq, until=timezone.now() + timedelta(minutes=30))

    told = begin(lead, tariq, by=lena).briefing

    assert told["roles"] == [{"title": "Incident lead", "name": "Lena Fischer"}]
    assert ("Roll back", "Working", "Tariq Haddad") in [
        (each["title"], each["state"], each["owner"]) for each in told["workstreams"]
    ]
    assert "Legal matters" not in str(told)
    assert [(each["subject"], each["asked"]) for each in told["decisions"]] == [
        ("D1 Take two people off the launch?", "executive")
    ]
    assert [(each["action"], each["owner"]) for each in told["changes"]] == [("C1 Roll back", "Tariq Haddad")]
    assert {each["audience"] for each in told["promised"]} == {"Technical", "Coordination", "Leadership", "Customers"}


def test_what_is_restricted_later_is_gone_from_the_record_too(incident, lead, lena, tariq, sam, signed_in, program):
    stream = open_workstream(incident, "Ask the lawyers", by=lena, owner=tariq)
    Decision.open(incident, "coordination", "Tell the regulator?", by=tariq, workstream=stream)
    handover = begin(lead, tariq, by=lena)
    path, address = url_of(incident, "handover/?role=lead"), f"/incidents/{incident.number}/roles/{lead.pk}/handover/"
    before = [signed_in(sam).get(path).content.decode(), str(program(sam).get(address).json())]

    stream.restrict(by=lena)

    after = [signed_in(sam).get(path).content.decode(), str(program(sam).get(address).json())]
    for words in ("Ask the lawyers", "Tell the regulator?"):
        assert all(words in each for each in before)
        assert not any(words in each for each in after)
    assert "Ask the lawyers" in str(handover.briefing_for(tariq))


def test_only_the_successor_says_that_they_have_it(incident, lead, lena, tariq, sam):
    handover = begin(lead, tariq, by=lena)

    assert code_of(lambda: handover.acknowledge(by=sam)) == "successor_only"
    assert code_of(lambda: handover.acknowledge(by=lena)) == "successor_only"
    assert incident.holder_of("lead") == lena


def test_the_successor_cannot_and_the_hat_stays(incident, lead, lena, tariq):
    entry = begin(lead, tariq, by=lena).decline(by=tariq)

    assert (entry.kind, entry.details["outcome"]) == ("handover_ended", "declined")
    assert (hat_of(incident, "lead").membership, hat_of(incident, "lead").state) == (lena, "active")


def test_the_holder_thinks_again(incident, lead, lena, tariq):
    handover = begin(lead, tariq, by=lena)
    assert code_of(lambda: handover.withdraw(by=tariq)) == "coordination_right"

    entry = handover.withdraw(by=lena)

    assert entry.details["outcome"] == "withdrawn"
    assert code_of(lambda: handover.acknowledge(by=tariq)) == "handover_over"
    assert incident.holder_of("lead") == lena


@pytest.mark.parametrize("again", [True, False])
def test_there_is_one_hand_over_at_a_time(lead, lena, tariq, sam, again):
    begin(lead, tariq, by=lena)

    assert code_of(lambda: Handover.begin(lead, tariq if again else sam, by=lena)) == "handover_open"
    assert Handover.objects.open().count() == 1


def test_who_may_begin_and_to_whom(incident, lead, lena, tariq, sam, stan):
    assert code_of(lambda: Handover.begin(lead, sam, by=tariq)) == "coordination_right"
    assert code_of(lambda: Handover.begin(lead, stan, by=lena)) == "responders_only"
    assert code_of(lambda: Handover.begin(lead, lena, by=lena)) == "unchanged"
    RoleAssignment.take(incident, "support_liaison", by=sam)

    # Whoever leads may hand over what others wear.
    assert Handover.begin(hat_of(incident, "support_liaison"), tariq, by=lena).kind == "handover_begun"


def test_giving_it_to_somebody_else_at_once_overtakes_the_hand_over(incident, lead, lena, tariq, sam):
    handover = begin(lead, tariq, by=lena)

    RoleAssignment.assign(incident, "lead", sam, by=lena)

    handover.refresh_from_db()
    assert handover.state == "cancelled"
    assert code_of(lambda: handover.acknowledge(by=tariq)) == "handover_over"
    assert incident.holder_of("lead") == sam


# --- Seizing ------------------------------------------------------------------------------------------------


def test_a_backup_seizes_the_hat_with_a_reason(incident, lead, lena, tariq):
    """Tariq is on call for engineering, the function of the lead."""
    assert code_of(lambda: lead.seize(by=tariq, reason="")) == "reason_required"

    entry = lead.seize(by=tariq, reason="Lena has no connection")

    assert (entry.kind, entry.details["before"], entry.details["reason"]) == (
        "role_seized",
        "Lena Fischer",
        "Lena has no connection",
    )
    assert incident.holder_of("lead") == tariq


@pytest.mark.parametrize(
    ("who", "may"), [("ada", True), ("ruth", True), ("tariq", True), ("mei", False), ("stan", False)]
)
def test_who_may_seize(incident, lead, ruth, request, who, may):
    """An administrator, whoever holds a right to escalate, whoever is on call for the role."""
    RoleAssignment.take(incident, "executive", by=ruth)
    member = request.getfixturevalue(who)

    if may:
        assert lead.seize(by=member, reason="She sleeps").kind == "role_seized"
    else:
        assert code_of(lambda: lead.seize(by=member, reason="She sleeps")) == "seizure_right"
    assert (incident.holder_of("lead") == member) == may


def test_while_nobody_is_an_executive_not_everybody_may_seize(lead, ruth):
    assert code_of(lambda: lead.seize(by=ruth, reason="She sleeps")) == "seizure_right"


def test_seizing_overtakes_a_hand_over(incident, lead, lena, sam, tariq):
    handover = begin(lead, sam, by=lena)

    lead.seize(by=tariq, reason="Lena is ill")

    handover.refresh_from_db()
    assert (handover.state, incident.holder_of("lead")) == ("cancelled", tariq)
    assert code_of(lambda: handover.acknowledge(by=sam)) == "handover_over"


# --- At the same moment ---------------------------------------------------------------------------------------


def outcomes_of(organization, acts):
    """What became of each act, all of them done at the same moment."""

    def in_a_thread(act):
        try:
            with acting_in(organization):
                act()
                return "done"
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(in_a_thread, acts))


@pytest.fixture
def race(committed_acme):
    """Lena leads and hands over to Sam; `member(local)` and `hat()` are read anew by each who acts."""
    with acting_in(committed_acme):
        lena, sam = (Membership.objects.with_people().get(person__email=f"{who}@acme.test") for who in ("lena", "sam"))
        incident = declare_incident(lena)
        begin(hat_of(incident, "lead"), sam, by=lena)
    return Race(committed_acme, incident.pk)


class Race:
    def __init__(self, organization, incident):
        self.organization, self.incident = organization, incident

    def member(self, who):
        return Membership.objects.with_people().get(person__email=f"{who}@acme.test")

    def acknowledge(self):
        Handover.objects.with_people().select_related("incident").get().acknowledge(by=self.member("sam"))

    def withdraw(self):
        Handover.objects.with_people().select_related("incident").get().withdraw(by=self.member("lena"))

    def seize(self):
        incident = Incident.objects.get(pk=self.incident)
        hat_of(incident, "lead").seize(by=self.member("tariq"), reason="Mine now")

    def assign(self):
        incident = Incident.objects.get(pk=self.incident)
        RoleAssignment.assign(incident, "lead", self.member("mei"), by=self.member("lena"), waiver="Now")

    def check(self):
        """One lead, one whole history, no hand-over that is still open."""
        with acting_in(self.organization):
            incident = Incident.objects.get(pk=self.incident)
            assert incident.roles.current().filter(role="lead").count() == 1
            assert Handover.objects.open().count() == 0
            moves = incident.timeline.of_kinds("role_taken", "role_handed_over", "role_seized").count()
            assert moves == incident.roles.filter(role="lead").count()
            assert incident.first_break() is None


@pytest.mark.parametrize(
    "acts",
    [
        ["acknowledge"] * 6,
        ["acknowledge", "withdraw"] * 3,
        ["seize", "acknowledge"],
        ["acknowledge", "seize", "withdraw", "assign"],
    ],
    ids=["six clicks", "two minds", "seized meanwhile", "everything at once"],
)
def test_whatever_happens_at_once_one_person_leads(race, acts):
    outcomes = outcomes_of(race.organization, [getattr(race, act) for act in acts])

    assert "done" in outcomes
    if set(acts) == {"acknowledge"}:
        assert sorted(outcomes) == ["done", *["handover_over"] * 5]
    race.check()


def test_two_hand_overs_begun_at_once_are_one(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)

    def hand_to(who):
        def act():
            found = Incident.objects.get(pk=incident.pk)
            member = Membership.objects.with_people().get(person__email=f"{who}@acme.test")
            Handover.begin(hat_of(found, "lead"), member, by=Membership.objects.with_people().get(pk=lena.pk))

        return act

    outcomes = outcomes_of(committed_acme, [hand_to(who) for who in ("tariq", "mei", "sam", "ruth")])

    assert sorted(outcomes) == ["done", *["handover_open"] * 3]
    with acting_in(committed_acme):
        assert Handover.objects.open().count() == 1
