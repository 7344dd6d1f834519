"""How a hat finds a head: asked and answered, offered, a hand raised; and who is paged while nobody wears it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.demand import domains_at_work
from incidents.guards import Facts, gaps_of
from incidents.mobilization import assess
from incidents.models import FunctionActivation, Obligation, Participant, RoleAssignment, Workstream
from notifications.fan_out import expand
from notifications.models import Delivery, FanOut
from playbooks.models import RoleDefinition, Severity
from teams.errors import Refused
from teams.models import Function, Membership, TechnicalDomain
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, last_entry, url_of, words_of


@pytest.fixture
def clock():
    """Time stands still until a test moves it."""
    with time_machine.travel("2026-03-01T14:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def incident(clock, lena):
    return declare_incident(lena)


def pass_minutes(clock, minutes):
    """Every step that falls due, each at its own moment."""
    until = timezone.now() + timedelta(minutes=minutes)
    while pressing := Obligation.objects.pressing(until).select_related("incident").first():
        clock.move_to(max(pressing.next_at, timezone.now()))
        pressing.advance(timezone.now())
    clock.move_to(until)


def hat(incident, role, member):
    found = incident.roles.with_people().filter(membership=member).of(role).latest("pk")
    found.incident = incident
    return found


def told(incident, kind):
    """`(whose title, told roles, told members, function)` of every entry of a kind."""
    return [
        (
            entry.details["title"],
            entry.details.get("told", []),
            entry.details.get("told_members", []),
            entry.details.get("function", ""),
        )
        for entry in incident.timeline.of_kinds(kind).in_order()
    ]


def codes(incident):
    return {(gap.code, gap.subject) for gap in gaps_of(Facts.of(incident))}


def refusal_of(act):
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code, refusal.value.waivable


# --- Asked and answered ---------------------------------------------------------------------------------------


def test_who_is_given_a_role_says_that_they_have_it(incident, lena, mei, sam):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    given = hat(incident, "communications_lead", mei)
    assert refusal_of(lambda: given.accept(by=sam)) == ("not_asked", False)

    entry = given.accept(by=mei)

    assert (entry.kind, hat(incident, "communications_lead", mei).state) == ("role_accepted", "active")
    assert not Obligation.objects.live().filter(kind="acceptance").exists()
    assert refusal_of(lambda: hat(incident, "communications_lead", mei).accept(by=mei)) == ("unchanged", False)


def test_who_cannot_says_so_and_the_role_is_vacant_at_once(incident, lena, mei):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)

    entry = hat(incident, "communications_lead", mei).decline(by=mei, reason="I am on a train")

    assert (entry.kind, entry.details["reason"]) == ("role_declined", "I am on a train")
    assert incident.holder_of("communications_lead") is None
    assert hat(incident, "communications_lead", mei).state == "declined"


def test_without_an_answer_the_lead_hears_of_it_and_then_the_rota(incident, clock, lena, ruth):
    RoleAssignment.assign(incident, "communications_lead", ruth, by=lena)
    assert told(incident, "role_unanswered") == []

    pass_minutes(clock, 5)
    assert told(incident, "role_unanswered") == [("communications lead", ["lead"], [ruth.pk], "")]

    pass_minutes(clock, 5)
    assert told(incident, "role_unanswered")[1:] == [
        ("communications lead", ["administrators"], [ruth.pk], "communications")
    ]
    assert incident.holder_of("communications_lead") == ruth


# --- Offers and raised hands ------------------------------------------------------------------------------------


def test_a_role_that_is_offered_is_nobodys_until_it_is_accepted(incident, lena, ruth):
    entry = RoleAssignment.offer(incident, "communications_lead", ruth, by=lena)
    assert (entry.kind, incident.holder_of("communications_lead")) == ("role_offered", None)

    hat(incident, "communications_lead", ruth).accept(by=ruth)

    assert incident.holder_of("communications_lead") == ruth
    assert list(incident.roles.filter(membership=ruth).order_by("pk").values_list("state", flat=True)) == [
        "expired",
        "active",
    ]
    assert not Obligation.objects.live().filter(kind="offer").exists()


def test_an_offer_without_an_answer_goes_to_whoever_is_on_call(incident, clock, lena, ruth, mei):
    RoleAssignment.offer(incident, "communications_lead", ruth, by=lena)

    pass_minutes(clock, 5)

    assert hat(incident, "communications_lead", ruth).state == "expired"
    assert hat(incident, "communications_lead", mei).state == "offered"
    ended = incident.timeline.of_kinds("role_offer_ended").get()
    assert ended.details["following"] == "Mei Tanaka"

    pass_minutes(clock, 5)
    assert hat(incident, "communications_lead", mei).state == "expired"
    assert incident.timeline.of_kinds("role_offered").count() == 2


def test_whoever_was_faster_has_it_and_the_offer_is_over(incident, lena, mei, ruth):
    RoleAssignment.offer(incident, "communications_lead", ruth, by=lena)
    RoleAssignment.take(incident, "communications_lead", by=mei)

    assert refusal_of(lambda: hat(incident, "communications_lead", ruth).accept(by=ruth)) == ("unchanged", False)
    assert incident.holder_of("communications_lead") == mei


def test_who_may_offer_what(incident, lena, tariq, mei, stan):
    def offer(role, member, by):
        return refusal_of(lambda: RoleAssignment.offer(incident, role, member, by=by))

    assert offer("communications_lead", mei, tariq) == ("coordination_right", True)
    assert offer("communications_lead", stan, lena) == ("responders_only", False)
    assert offer("lead", mei, lena) == ("role_held", False)
    RoleAssignment.offer(incident, "communications_lead", mei, by=lena)
    assert offer("communications_lead", mei, lena) == ("unchanged", False)


def test_a_raised_hand_is_given_the_role_without_another_question(incident, lena, ruth):
    RoleAssignment.volunteer(incident, "communications_lead", by=ruth)
    assert incident.holder_of("communications_lead") is None

    entry = RoleAssignment.assign(incident, "communications_lead", ruth, by=lena)

    assert "asked" not in entry.details
    assert hat(incident, "communications_lead", ruth).state == "active"


def test_a_hand_goes_down_again(incident, lena, ruth, tariq):
    RoleAssignment.volunteer(incident, "communications_lead", by=ruth)
    raised = hat(incident, "communications_lead", ruth)
    assert refusal_of(lambda: raised.withdraw(by=tariq)) == ("coordination_right", False)

    assert raised.decline(by=ruth).kind == "role_declined"
    assert refusal_of(lambda: raised.withdraw(by=lena)) == ("unchanged", False)


def test_what_was_offered_ends_with_the_incident(incident, lena, ruth):
    RoleAssignment.offer(incident, "communications_lead", ruth, by=lena)

    incident.resolve(by=lena)

    assert hat(incident, "communications_lead", ruth).state == "expired"


# --- Nobody wears it ----------------------------------------------------------------------------------------------


def test_an_incident_that_an_alert_declares_pages_for_a_lead_at_once(clock, acme):
    incident = declare_incident(None)

    assert told(incident, "role_vacant") == [("incident lead", [], [], "engineering")]

    pass_minutes(clock, 5)
    mine = [each for each in told(incident, "role_vacant") if each[0] == "incident lead"]
    assert mine[1:] == [("incident lead", ["lead"], [], "")]

    pass_minutes(clock, 5)
    mine = [each for each in told(incident, "role_vacant") if each[0] == "incident lead"]
    assert mine[2:] == [("incident lead", ["administrators"], [], "")]


def test_somebody_takes_it_and_the_pages_stop(clock, acme, tariq):
    incident = declare_incident(None)

    RoleAssignment.take(incident, "lead", by=tariq)

    pass_minutes(clock, 30)
    assert [each[0] for each in told(incident, "role_vacant")].count("incident lead") == 1


def test_whoever_puts_the_lead_down_is_not_asked_to_take_it_up(incident, lena, tariq):
    hat(incident, "lead", lena).stand_down(by=lena)

    entry = incident.timeline.of_kinds("role_vacant").get()
    assert (entry.details["title"], entry.details["left"]) == ("incident lead", lena.pk)


def test_whoever_leaves_the_organisation_leaves_the_role_vacant(
    incident, ada, lena, tariq, django_capture_on_commit_callbacks
):
    RoleAssignment.assign(incident, "lead", tariq, by=lena)

    with django_capture_on_commit_callbacks(execute=True):
        tariq.end(by=ada)

    assert incident.holder_of("lead") is None
    assert [entry.kind for entry in incident.timeline.of_kinds("role_released", "role_vacant")] == [
        "role_released",
        "role_vacant",
    ]


def test_a_communications_lead_is_missed_once_another_function_is_engaged(incident, clock, lena, sam):
    assess(incident, by=lena, severity=Severity.objects.get(slug="sev3"), scope="none", criticality="non_critical")
    assert told(incident, "role_vacant") == []

    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=sam)

    assert told(incident, "role_vacant") == [("communications lead", [], [], "communications")]
    assert ("no_communications_lead", "") in codes(incident)


@pytest.mark.parametrize(("scope", "missed"), [("few", True), ("all", True), ("none", False)])
def test_a_liaison_is_missed_where_customers_notice(incident, lena, scope, missed):
    assess(incident, by=lena, severity=Severity.objects.get(slug="sev3"), scope=scope, criticality="non_critical")

    assert (("support liaison", [], [], "support") in told(incident, "role_vacant")) == missed
    assert (("no_support_liaison", "") in codes(incident)) == missed


def test_before_anybody_judged_the_liaison_waits_for_the_end_of_the_five_minutes(incident, clock):
    """Support was called for at the declaration, which has told its people once."""
    assert ("no_support_liaison", "") in codes(incident)
    assert told(incident, "role_vacant") == []

    pass_minutes(clock, 5)

    assert ("support liaison", [], [], "support") in told(incident, "role_vacant")


def test_two_domains_at_work_want_a_coordinator_each(incident, clock, lena, tariq):
    domains = {domain.slug: domain for domain in TechnicalDomain.objects.all()}
    assess(incident, by=lena, severity=Severity.objects.get(slug="sev3"), scope="none", criticality="non_critical")
    Workstream.open(incident, "API", by=lena, domain=domains["backend"])
    assert not {code for code, _ in codes(incident)} & {"domain_without_coordinator"}

    stream = Workstream.open(incident, "Replicas", by=lena, domain=domains["database"]).workstream
    assert {subject for code, subject in codes(incident) if code == "domain_without_coordinator"} == {
        "backend",
        "database",
    }
    assert told(incident, "role_vacant") == [
        ("technical coordinator for Backend, technical coordinator for Database", [], [], "engineering")
    ]

    RoleAssignment.take(incident, "technical_coordinator", by=tariq, domain=domains["backend"])
    assert ("domain_without_coordinator", "database") in codes(incident)
    assert ("domain_without_coordinator", "backend") not in codes(incident)

    stream.change(by=lena, state="done")
    assert not {code for code, _ in codes(incident)} & {"domain_without_coordinator"}
    assert not Obligation.objects.live().filter(kind="vacancy", subject=_coordinator().pk).exists()


def test_an_engineer_who_leads_does_not_engage_their_own_domain(incident, lena, tariq):
    domains = {domain.slug: domain for domain in TechnicalDomain.objects.all()}
    Membership.objects.filter(pk=lena.pk).update(domain=domains["platform"])
    Membership.objects.filter(pk=tariq.pk).update(domain=domains["backend"])
    Participant.join(incident, tariq, by=tariq)

    assert {domain.slug for domain in domains_at_work([incident.pk])[incident.pk]} == {"backend"}

    hat(incident, "lead", lena).stand_down(by=lena)
    assert {domain.slug for domain in domains_at_work([incident.pk])[incident.pk]} == {"backend", "platform"}


def _coordinator():
    return RoleDefinition.objects.get(slug="technical_coordinator")


def test_a_restricted_workstream_is_no_reason_to_page(incident, lena, tariq):
    domains = {domain.slug: domain for domain in TechnicalDomain.objects.all()}
    Workstream.open(incident, "API", by=lena, domain=domains["backend"])
    Workstream.open(incident, "Intrusion", by=lena, domain=domains["database"], restricted=True)

    assert {domain.slug for domain in domains_at_work([incident.pk])[incident.pk]} == {"backend"}


def test_reopening_misses_what_is_vacant_again(incident, clock, lena):
    hat(incident, "lead", lena).stand_down(by=lena)
    incident.resolve(by=lena)
    assert not Obligation.objects.live().exists()

    clock.shift(60)
    incident.reopen(by=lena)

    lead = RoleDefinition.objects.get(slug="lead")
    assert Obligation.objects.live().filter(kind="vacancy", subject=lead.pk).count() == 1


# --- Qualification and long duty ------------------------------------------------------------------------------------


@pytest.fixture
def sev1(acme):
    severity = Severity.objects.get(slug="sev1")
    severity.lead_level = 2
    severity.save(update_fields=["lead_level"])
    return severity


def test_whoever_is_below_the_level_leads_only_with_a_reason(incident, sev1, ada, lena, tariq, sam):
    incident.change_severity(sev1, by=lena)
    assert ("lead_below_qualification", str(lena.pk)) in codes(incident)
    assert refusal_of(lambda: RoleAssignment.assign(incident, "lead", tariq, by=lena)) == (
        "lead_below_qualification",
        True,
    )

    entry = RoleAssignment.assign(incident, "lead", tariq, by=lena, waiver="Nobody else is awake")
    assert entry.details["waived"] == ["lead_below_qualification"]
    assert ("lead_below_qualification", str(tariq.pk)) not in codes(incident)

    sam.change_lead_level(3, by=ada)
    assert "waived" not in RoleAssignment.assign(incident, "lead", sam, by=tariq).details


def test_declaring_is_refused_to_nobody(sev1, lena):
    incident = declare_incident(lena, severity="sev1")

    assert incident.holder_of("lead") == lena
    assert ("lead_below_qualification", str(lena.pk)) in codes(incident)


def test_after_four_hours_the_holder_is_told_to_hand_over(incident, clock, lena):
    pass_minutes(clock, 239)
    assert told(incident, "long_duty") == []
    assert "long_duty" not in {code for code, _ in codes(incident)}

    pass_minutes(clock, 1)
    assert told(incident, "long_duty") == [("incident lead", [], [lena.pk], "")]
    gap = next(gap for gap in gaps_of(Facts.of(incident)) if gap.code == "long_duty")
    assert gap.message == "Lena Fischer has been incident lead for more than 4 hours."

    pass_minutes(clock, 90)
    assert [each[1] for each in told(incident, "long_duty")] == [[], ["lead"], ["administrators"]]


def test_a_hand_over_begins_a_new_duty(incident, clock, lena, tariq):
    pass_minutes(clock, 200)
    RoleAssignment.assign(incident, "lead", tariq, by=lena)
    hat(incident, "lead", tariq).accept(by=tariq)

    pass_minutes(clock, 100)

    assert told(incident, "long_duty") == []


# --- On the page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def post(incident, signed_in):
    def post(member, page, /, *, headers=None, **fields):
        return signed_in(member).post(url_of(incident, page), fields, headers=headers)

    return post


def test_the_card_is_shown_to_whoever_is_asked_and_to_nobody_else(incident, lena, mei, tariq, signed_in, post):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    page = "roles/communications_lead/answer/"

    card = words_of(signed_in(mei).get(url_of(incident, page)))
    assert "Lena Fischer asks you to be communications lead" in card
    assert "Publish a first coordination update" in card
    assert "Investigate or repair anything" in card
    assert signed_in(tariq).get(url_of(incident, page)).status_code == 404

    assert post(mei, page, answer="yes", headers=HTMX).status_code == 204
    assert last_entry(incident).kind == "role_accepted"
    assert signed_in(mei).get(url_of(incident, page)).status_code == 404


def test_the_board_says_who_has_not_answered_and_needs_asks_them(incident, lena, mei, signed_in, post):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)

    assert "Mei Tanaka asked, has not answered" in words_of(signed_in(lena).get(url_of(incident)))
    assert "You are asked to be communications lead" in words_of(signed_in(mei).get(url_of(incident)))
    assert post(mei, "roles/communications_lead/answer/", answer="no", reason="Ill").status_code == 302
    assert incident.holder_of("communications_lead") is None


def test_a_hand_is_raised_and_given_in_two_clicks(incident, lena, sam, signed_in, post):
    assert post(sam, "roles/support_liaison/hand/").status_code == 302
    assert "Sam Okafor would be support liaison" in words_of(signed_in(lena).get(url_of(incident)))

    post(lena, "roles/support_liaison/", member=sam.pk)

    assert hat(incident, "support_liaison", sam).state == "active"


def test_the_lead_asks_first(incident, lena, ruth, post):
    assert post(lena, "roles/executive/", offered="1").status_code == 422
    assert post(lena, "roles/executive/", offered="1", another=ruth.pk).status_code == 302
    assert hat(incident, "executive", ruth).state == "offered"


def test_a_hand_over_on_the_page(incident, lena, tariq, stan, signed_in, post):
    page = "handover/?role=lead"
    assert "Begin the hand-over" in words_of(signed_in(lena).get(url_of(incident, page)))
    assert post(lena, page, to=tariq.pk, situation="The roll-back runs").status_code == 302

    read = words_of(signed_in(tariq).get(url_of(incident, "handover/")))
    assert "Lena Fischer hands over to Tariq Haddad" in read
    assert "The roll-back runs" in read
    assert signed_in(stan).get(url_of(incident, page)).status_code == 404
    assert post(lena, page, answer="acknowledge").status_code == 409
    assert post(tariq, page, answer="acknowledge").status_code == 302
    assert incident.holder_of("lead") == tariq


def test_a_seizure_on_the_page(incident, lena, tariq, mei, post):
    assert post(mei, "roles/lead/seizure/", reason="Now").status_code == 409
    assert post(tariq, "roles/lead/seizure/").status_code == 422
    assert post(tariq, "roles/lead/seizure/", reason="Lena is offline").status_code == 302
    assert incident.holder_of("lead") == tariq


def test_a_coordinator_is_chosen_with_the_domain(incident, lena, tariq, signed_in, post):
    page = "roles/technical_coordinator/"
    assert "For which domain?" in words_of(signed_in(lena).get(url_of(incident, page)))
    assert post(lena, page, member=tariq.pk).status_code == 422
    assert post(lena, page, member=tariq.pk, of_domain="database").status_code == 302
    assert incident.holder_of("technical_coordinator", TechnicalDomain.objects.get(slug="database")) == tariq
    assert "Technical coordinator, Database Tariq Haddad" in words_of(signed_in(lena).get(url_of(incident)))


# --- Over the interface for programs ----------------------------------------------------------------------------------


def test_the_whole_life_of_a_role_by_program(incident, lena, tariq, ruth, ada, program):
    at = f"/incidents/{incident.number}"
    leads, coordinates = program(lena), program(tariq)

    assert leads.post(f"{at}/roles/", {"role": "technical_coordinator", "member": "tariq@acme.test"}).status_code == 422
    given = leads.post(
        f"{at}/roles/", {"role": "technical_coordinator", "member": "tariq@acme.test", "domain": "database"}
    ).json()
    assert (given["domain"], given["state"], given["holder"]) == ("database", "asked", "tariq@acme.test")
    assert coordinates.post(f"{at}/roles/{given['id']}/acceptance/").json()["state"] == "active"

    lead = next(role for role in leads.get(f"{at}/roles/").json()["results"] if role["role"] == "lead")
    handover = leads.post(f"{at}/roles/{lead['id']}/handover/", {"to": "ada@acme.test", "situation": "Calm"})
    assert (handover.status_code, handover.json()["state"]) == (201, "open")
    assert coordinates.post(f"{at}/roles/{lead['id']}/handover/acknowledgement/").status_code == 409
    assert program(ada).post(f"{at}/roles/{lead['id']}/handover/acknowledgement/").json()["holder"] == "ada@acme.test"
    assert leads.get(f"{at}/roles/{lead['id']}/handover/").json()["state"] == "acknowledged"

    offer = program(ruth).post(f"{at}/role-offers/", {"role": "executive"}).json()
    assert (offer["member"], offer["state"]) == ("ruth@acme.test", "volunteered")
    assert program(ada).delete(f"{at}/role-offers/{offer['id']}/").status_code == 204

    held = next(role for role in leads.get(f"{at}/roles/").json()["results"] if role["role"] == "lead")
    assert coordinates.post(f"{at}/roles/{held['id']}/seizure/", {}).status_code == 422
    seized = coordinates.post(f"{at}/roles/{held['id']}/seizure/", {"reason": "Ada is offline"})
    assert seized.json()["holder"] == "tariq@acme.test"


def test_who_was_told_of_the_declaration_is_paged_for_what_the_judgement_asks(lena, tariq, sam):
    """However soon it comes: the declaration said that something broke, the judgement says that they are needed."""
    incident = declare_incident(None, "Card payments fail", severity="sev1")
    RoleAssignment.take(incident, "lead", by=tariq)

    assess(incident, by=tariq, severity=incident.severity, scope="some", criticality="non_critical")
    for fan_out in FanOut.objects.order_by("pk"):
        expand(incident.organization_id, fan_out.pk)

    paged = Delivery.objects.filter(notice__entry__kind="role_vacant", notice__subject__contains="support liaison")
    assert {(each.recipient, each.channel, each.state) for each in paged} == {
        (sam, "email", "pending"),
        (sam, "sms", "pending"),
    }
