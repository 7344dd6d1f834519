"""What needs somebody: the bar, the title, the home page, the room and programs say the same number."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from incidents.boards import needs
from incidents.models import (
    ChangeIntent,
    Handover,
    Incident,
    IncidentInvitation,
    Obligation,
    Participant,
    RoleAssignment,
    Spike,
    StatusUpdate,
    UpdateDraft,
)
from incidents.room import IncidentRoom
from incidents.waiting import Waiting
from playbooks.models import Severity
from teams.models import Function, Membership, Team
from teams.tenancy import acting_in
from tests.factories import (
    add_task,
    ask_for,
    ask_question,
    challenge_update,
    declare_incident,
    file_report,
    give_estimate,
    name_symptom,
    open_workstream,
    propose_change,
    propose_commitment,
    propose_impact,
    put_ask,
    raise_decision,
    raise_finding,
    say_what_we_know,
)
from tests.incidents.pages import HTMX, queries_of, url_of

CUSTOMERS = {"what_is_happening": "Cards fail.", "what_we_are_doing": "We roll back."}


def late(incident, kind, **which):
    """Let a clock fall due a minute ago."""
    then = timezone.now() - timedelta(minutes=1)
    found = Obligation.objects.filter(incident=incident, kind=kind, **which)
    assert found.update(starts_at=then - timedelta(minutes=1), warn_at=then, due_at=then)


def hat(incident, role):
    return RoleAssignment.objects.with_people().select_related("incident").get(incident=incident, role=role)


# --- One of everything that can wait, each with whom it waits for -------------------------------------------


def invitation(incident, lena, ruth, **_):
    IncidentInvitation.invite(incident, ruth, by=lena, reason="Big customers call")
    return ruth


def reinforcement(incident, lena, sam, ada, **_):
    sam.rotas.all().delete()
    team = Team.objects.create(slug="desk", name="Desk", function=Function.objects.get(slug="support"), manager=ada)
    team.members.set([sam])
    ask_for(incident, sam, by=lena)
    return ada


def answer(incident, lena, ruth, **_):
    RoleAssignment.assign(incident, "executive", ruth, by=lena)
    return ruth


def hand(incident, lena, mei, **_):
    RoleAssignment.volunteer(incident, "communications_lead", by=mei)
    return lena


def handover(incident, lena, tariq, **_):
    Handover.begin(hat(incident, "lead"), tariq, by=lena)
    return tariq


def decision(incident, lena, **_):
    raise_decision(incident, "coordination", by=lena)
    return lena


def assessment(incident, lena, **_):
    late(incident, "assessment")
    return lena


def clock(incident, lena, mei, **_):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    late(incident, "update", audience="customers")
    return mei


def role(incident, mei, **_):
    return mei


def function(incident, ada, **_):
    assert incident.functions.get(function=ada.function).state in ("required", "requested")
    return ada


def finding(incident, lena, tariq, **_):
    raise_finding(incident, by=tariq)
    return lena


def reply(incident, lena, tariq, **_):
    raise_finding(incident, by=tariq).ask_for_more("On all of them?", by=lena)
    return tariq


def synthesis(incident, lena, tariq, **_):
    say_what_we_know(incident, by=lena)
    raise_finding(incident, by=tariq)
    late(incident, "synthesis")
    return lena


def draft(incident, lena, mei, **_):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    UpdateDraft.save_text(incident, "customers", CUSTOMERS, by=mei)
    incident.drafts.get().propose(by=mei)
    return lena


def spike(incident, lena, sam, **_):
    file_report(incident, by=sam)
    now, sev1 = timezone.now(), Severity.objects.get(slug="sev1")
    moments = {"began_at": now, "seen_at": now, "last_at": now}
    Spike.objects.create(incident=incident, severity=sev1, customers=40, usual=2, **moments)
    return lena


def symptom(incident, lena, sam, **_):
    file_report(incident, by=sam)
    name_symptom(incident, by=sam)
    return lena


def question(incident, lena, stan, **_):
    ask_question(incident, by=stan)
    return lena


def ask(incident, lena, tariq, stan, **_):
    put_ask(ask_question(incident, by=stan), to=tariq, by=lena)
    return tariq


def task(incident, lena, tariq, **_):
    add_task(incident, by=lena, owner=tariq, due_at=timezone.now() + timedelta(minutes=5))
    return tariq


def change(incident, tariq, sam, lena, **_):
    for member in (tariq, sam):
        propose_change(incident, "ledger", by=member)
    return lena


def estimate(incident, lena, tariq, **_):
    give_estimate(incident, by=tariq, hours=(1, 2))
    return lena


def commitment(incident, lena, mei, **_):
    propose_commitment(incident, by=mei)
    return lena


def impact(incident, lena, ada, tariq, **_):
    RoleAssignment.assign(incident, "product", ada, by=lena)
    propose_impact(incident, by=tariq)
    return ada


def challenge(incident, lena, mei, sam, **_):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    RoleAssignment.assign(incident, "support_liaison", sam, by=lena)
    challenge_update(incident, by=sam)
    return mei


def unchanged(incident, lena, **_):
    StatusUpdate.publish(incident, "technical", {"text": "Cards fail."}, by=lena)
    for _time in range(2):
        StatusUpdate.publish(incident, "technical", {}, by=lena, no_change="The provider has not answered")
    return lena


PLANTED = {
    each.__name__: each
    for each in (
        invitation, reinforcement, answer, hand, handover, decision, assessment, clock, role, function, finding, reply,
        synthesis, challenge, draft, unchanged, spike, symptom, question, ask, task, change, estimate, commitment,
        impact,
    )
}  # fmt: skip


@pytest.fixture
def people(lena, tariq, mei, sam, ruth, ada, stan):
    return {"lena": lena, "tariq": tariq, "mei": mei, "sam": sam, "ruth": ruth, "ada": ada, "stan": stan}


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev1")


def in_the_bar(page):
    found = re.search(r'id="needs-badge".*?<span class="badge">(\d+)</span>', page, re.DOTALL)
    return int(found[1]) if found else 0


def in_the_title(page):
    found = re.search(r"<title>\((\d+)\) ", page)
    return int(found[1]) if found else 0


def in_the_panel(page):
    found = re.search(r'data-needs="(\d+)"', page)
    return int(found[1]) if found else 0


def numbers_of(browser, api, incidents):
    """What each place says, and the sum of what the rooms say."""
    home, elsewhere = (browser.get(url).content.decode() for url in ("/o/acme/", "/o/acme/incidents/"))
    rooms = [browser.get(url_of(each)).content.decode() for each in incidents]
    parts = [browser.get(url_of(each, "needs/"), headers=HTMX).content.decode() for each in incidents]
    pages = [home, elsewhere, *rooms, *parts]
    section = re.search(r'<section class="panel needs" id="needs".*?</section>', home, re.DOTALL)
    return {
        *map(in_the_bar, pages),
        *map(in_the_title, pages),
        in_the_panel(home),
        section[0].count('<li class="needs__row"') if section else 0,
        sum(map(in_the_panel, rooms)),
        sum(map(in_the_panel, parts)),
        sum(part.count('<li class="needs__row"') for part in parts),
        api.get("/needs/").json()["count"],
        sum(api.get(f"/needs/?incident={each.number}").json()["count"] for each in incidents),
    }


def test_there_is_one_of_every_kind_here():
    words = Path(needs.__file__).read_text()
    kinds = re.findall(r'(?:Need\(|_about\(room, \w+, )"(\w+)"', words)

    # The facts name their own kinds.
    assert {*kinds, "estimate", "commitment", "impact"} == set(PLANTED)


@pytest.mark.parametrize("kind", PLANTED)
def test_every_place_says_the_same_number(kind, incident, people, signed_in, program):
    other = declare_incident(people["tariq"], "Search is slow", severity="sev3")
    member = PLANTED[kind](incident, **people)
    rooms = [IncidentRoom(Incident.objects.get(pk=each.pk), member).needs for each in (incident, other)]
    assert kind in {need.kind for need in rooms[0]}
    assert Waiting(member).count == len([*rooms[0], *rooms[1]]) > 0

    numbers = numbers_of(signed_in(member), program(member), [incident, other])

    assert numbers == {Waiting(member).count}


def test_where_nothing_waits_no_place_says_a_number(incident, people, signed_in, program):
    stan = people["stan"]
    ask_question(incident, by=stan)

    browser, api = signed_in(stan), program(stan)

    pages = [browser.get(url).content.decode() for url in ("/o/acme/", "/o/acme/incidents/", url_of(incident))]
    assert {in_the_bar(page) + in_the_title(page) + in_the_panel(page) for page in pages} == {0}
    assert api.get("/needs/").json() == {"count": 0, "needs": []}
    assert browser.get(url_of(incident, "needs/"), headers=HTMX).status_code == 404


def test_what_is_over_waits_for_nobody(incident, people):
    for plant in (decision, finding, question, hand):
        plant(incident, **people)
    assert Waiting(people["lena"]).count > 0

    incident.resolve(by=people["lena"])

    assert [Waiting(each).count for each in people.values()] == [0] * len(people)


def test_a_hidden_incident_counts_for_nobody_who_may_not_know_of_it(people):
    hidden = declare_incident(people["tariq"], private=True, severity="sev1")

    assert Waiting(people["tariq"]).count > 0
    assert Waiting(people["mei"]).by_incident == []

    Participant.join(hidden, people["mei"], by=people["tariq"])
    assert [incident for incident, _ in Waiting(people["mei"]).by_incident] == [hidden]


def test_nothing_of_another_organisation_counts(incident, people, globex, omar, signed_in, program):
    finding(incident, **people)
    with acting_in(globex):
        declare_incident(omar, severity="sev1")
        of_omar = Waiting(omar).count
    of_lena = Waiting(people["lena"]).count
    assert of_omar > 0

    page = signed_in(people["lena"]).get("/o/acme/").content.decode()
    answer = program(people["lena"]).get("/needs/").json()

    assert in_the_bar(page) == answer["count"] == of_lena
    assert {each["incident"] for each in answer["needs"]} == {incident.number}


def test_a_program_is_told_what_waits_and_where(incident, people, program):
    raise_finding(incident, "5.1 is healthy", by=people["tariq"])
    api = program(people["lena"])

    (need,) = [each for each in api.get("/needs/").json()["needs"] if each["kind"] == "finding"]

    assert need == {
        "incident": incident.number,
        "kind": "finding",
        "sentence": "F1 5.1 is healthy",
        "late": False,
        "due_at": need["due_at"],
    }
    assert api.get("/needs/?incident=999").status_code == 404
    assert api.get("/needs/?incident=none").status_code == 422


def test_counting_costs_the_same_however_much_is_open(people):
    everybody = [people[name] for name in ("lena", "tariq", "mei", "sam", "ruth", "ada")]

    def fill(count):
        for number in range(count):
            incident = declare_incident(people["lena"], f"Incident {number}", severity="sev1")
            open_workstream(incident, "Roll back", by=people["lena"])
            for kind in (
                "invitation",
                "hand",
                "decision",
                "finding",
                "question",
                "ask",
                "task",
                "change",
                "commitment",
            ):
                PLANTED[kind](incident, **people)
            estimate(incident, **people)
            symptom(incident, **people)

    fill(1)
    few = [
        queries_of(lambda member=member: Waiting(Membership.objects.get(pk=member.pk)).count) for member in everybody
    ]
    fill(3)
    for each in Incident.objects.open():
        for member in (people["tariq"], people["sam"]):
            propose_change(each, "checkout", by=member)
    many = [
        queries_of(lambda member=member: Waiting(Membership.objects.get(pk=member.pk)).count) for member in everybody
    ]

    assert many == few
    assert max(many) <= 30
    assert ChangeIntent.objects.count() == 16
