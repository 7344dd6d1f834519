"""What people read before they need it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from playbooks.models import DecisionRight, FunctionRule, Playbook, RoleDefinition, Severity
from teams.errors import Refused
from teams.models import Function


def test_every_member_reads_the_playbooks_and_outsiders_do_not(stan, omar, signed_in):
    page = signed_in(stan).get("/o/acme/playbooks/")

    assert page.status_code == 200
    assert "Payments" in page.content.decode()
    assert signed_in(omar).get("/o/acme/playbooks/").status_code == 404
    assert signed_in(omar).get("/o/acme/playbooks/payments/").status_code == 404


def test_a_card_names_type_version_and_the_functions_that_must_come(lena, signed_in):
    versions = {v.playbook.slug: v for v in signed_in(lena).get("/o/acme/playbooks/").context["versions"]}

    payments = versions["payments"]
    assert (payments.number, payments.playbook.incident_type.slug) == (1, "payment")
    assert [rule.function.slug for rule in payments.required] == [
        "engineering",
        "support",
        "product",
        "communications",
        "finance",
    ]


def test_a_playbook_says_whom_it_pages_invites_and_informs(lena, signed_in):
    page = signed_in(lena).get("/o/acme/playbooks/payments/")

    rules = {
        rule.function.slug: (rule.get_how_display(), str(rule.from_severity or "")) for rule in page.context["rules"]
    }
    assert rules == {
        "engineering": ("Page", ""),
        "support": ("Invite", ""),
        "communications": ("Page", "SEV2"),
        "finance": ("Page", ""),
        "product": ("Invite", "SEV2"),
        "leadership": ("Inform", "SEV1"),
    }
    assert [each.function.slug for each in page.context["required_by_type"]] == ["finance"]


def test_steps_come_by_phase_and_role(lena, signed_in):
    phases = signed_in(lena).get("/o/acme/playbooks/general/").context["phases"]

    assert [(phase["name"], [role["name"] for role in phase["roles"]]) for phase in phases] == [
        ("First five minutes", ["Incident lead", "Communications lead"]),
        ("While it lasts", ["Incident lead", "Communications lead"]),
        ("Before it is closed", ["Incident lead", "Communications lead"]),
    ]
    assert str(phases[0]["roles"][0]["steps"][0]) == "Take or give the lead"


def test_the_cadence_is_told_in_minutes(lena, signed_in):
    cadence = signed_in(lena).get("/o/acme/playbooks/general/").context["cadence"]

    assert [str(row["severity"]) for row in cadence] == ["SEV1", "SEV2", "SEV3", "SEV4"]
    assert cadence[0]["cells"] == [("Technical", 15), ("Coordination", 15), ("Leadership", 60), ("Customers", 30)]
    assert cadence[3]["cells"][0] == ("Technical", None)


def test_the_version_in_use_is_read_older_ones_on_request_and_drafts_by_administrators(lena, tariq, signed_in):
    playbook = Playbook.objects.get(slug="payments")
    second = playbook.draft()
    second.guidance = "Call the bank."
    second.save(update_fields=["guidance"])
    second.publish(by=lena)
    playbook.draft()
    responder, administrator = signed_in(tariq), signed_in(lena)

    def number(browser, query=""):
        return browser.get(f"/o/acme/playbooks/payments/{query}").context["version"].number

    assert number(responder) == 2
    assert number(responder, "?version=1") == 1
    assert number(administrator, "?version=3") == 3
    for query in ("?version=3", "?version=9", "?version=x", "?version="):
        assert responder.get(f"/o/acme/playbooks/payments/{query}").status_code == 404
    assert "Call the bank." in responder.get("/o/acme/playbooks/payments/").content.decode()


def test_guidance_is_drawn_and_runs_nothing(lena, signed_in):
    draft = Playbook.objects.get(slug="payments").draft()
    draft.guidance = "**First** call the bank:\n\n- [numbers](https://bank.example/)\n- <script>alert(1)</script>"
    draft.save(update_fields=["guidance"])
    draft.publish(by=lena)

    html = signed_in(lena).get("/o/acme/playbooks/payments/").content.decode()

    assert "<strong>First</strong> call the bank:" in html
    assert '<a href="https://bank.example/" rel="nofollow noopener noreferrer">numbers</a>' in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def test_a_playbook_that_was_never_published_is_not_there_yet(lena, signed_in):
    Playbook.objects.create(slug="young", name="Young").draft()

    assert signed_in(lena).get("/o/acme/playbooks/young/").status_code == 404
    assert signed_in(lena).get("/o/acme/playbooks/young/?version=1").status_code == 200


def test_without_playbooks_the_page_says_what_happens_instead(lena, signed_in):
    Playbook.objects.update(is_active=False)

    assert "No playbook is published" in signed_in(lena).get("/o/acme/playbooks/").content.decode()


@pytest.mark.parametrize("path", ["/o/acme/playbooks/", "/o/acme/playbooks/payments/"])
def test_reading_costs_the_same_for_few_and_many(path, lena, signed_in, django_assert_num_queries):
    browser = signed_in(lena)
    browser.get(path)
    with CaptureQueriesContext(connection) as few:
        browser.get(path)

    version = Playbook.objects.get(slug="payments").published
    for number in range(10):
        function = Function.objects.create(slug=f"f{number}", name=f"F {number}")
        FunctionRule.objects.create(version=version, function=function)
        version.steps.create(text=f"Step {number}")
        Severity.objects.create(slug=f"sev{number + 5}", name=f"SEV{number + 5}", rank=number + 5)
        extra = Playbook.objects.create(slug=f"p{number}", name=f"P {number}")
        extra.draft().publish()

    with django_assert_num_queries(len(few)):
        assert browser.get(path).status_code == 200


# --- Roles --------------------------------------------------------------------------------------------------


def test_everybody_reads_what_a_role_does_and_may_decide(stan, omar, signed_in):
    page = signed_in(stan).get("/o/acme/roles/")
    roles = {role.slug: (role, rights) for role, rights in page.context["roles"]}

    assert list(roles) == [
        "lead", "communications_lead", "technical_coordinator", "support_liaison",
        "product", "executive", "responder", "observer",
    ]  # fmt: skip
    lead, rights = roles["lead"]
    assert "Debug" in lead.must_not_lines
    assert [right.partition(":")[0] for right in rights] == ["Coordination"]
    assert "Technical work of any kind" in page.content.decode()
    assert signed_in(omar).get("/o/acme/roles/").status_code == 404


def test_a_role_is_defined_and_described_over_the_api(ada, tariq, program):
    api = program(ada)
    scribe = {"name": "Scribe", "duties": "Write down who decides what", "wanted": "on_demand", "single": False}

    assert program(tariq).post("/roles/", scribe).status_code == 409
    made = api.post("/roles/", scribe).json()
    changed = api.patch("/roles/scribe/", {"description": "Keeps the minutes."})

    assert (made["slug"], made["single"], made["built_in"], made["exclusions"]) == ("scribe", False, False, [])
    assert changed.json() == made | {"description": "Keeps the minutes."}
    assert "scribe" in [role["slug"] for role in api.get("/roles/").json()["results"]]
    for settled in ({"slug": "writer"}, {"single": True}, {"technical": True}):
        assert api.patch("/roles/scribe/", settled).status_code == 422


def test_a_role_says_beside_what_it_must_not_stand(lena, program):
    lead = program(lena).get("/roles/lead/").json()

    assert (lead["built_in"], lead["function"]) == (True, "engineering")
    assert [(each["other"], each["when"], each["code"]) for each in lead["exclusions"]] == [
        ("technical_coordinator", "cross_functional", "lead_also_coordinator"),
        ("communications_lead", "cross_functional", "lead_also_communications"),
    ]


def test_built_in_roles_stay_and_own_ones_go(ada, signed_in):
    own = RoleDefinition.add(by=ada, slug="scribe", name="Scribe")
    lead = RoleDefinition.objects.get(slug="lead")
    browser = signed_in(ada)

    def delete(role):
        address = reverse("admin:playbooks_roledefinition_delete", args=[role.pk])
        return browser.post(address, {"post": "yes"}).status_code

    assert (delete(lead), delete(own)) == (403, 302)
    assert not RoleDefinition.objects.filter(slug="scribe").exists()
    assert RoleDefinition.objects.filter(slug="lead").exists()
    with pytest.raises(Refused, match="A slug never changes"):
        lead.change(by=ada, slug="boss")


def test_rights_and_rules_name_defined_roles_only(ada, program):
    rule = {"name": "Tell the scribe", "event": "declared", "role": "scribe"}
    refused = program(ada).post("/routing-rules/", rule)
    RoleDefinition.add(by=ada, slug="scribe", name="Scribe")

    assert refused.status_code == 422
    assert program(ada).post("/routing-rules/", rule).json()["role"] == "scribe"
    DecisionRight(organization=ada.organization, decision_class="priority", role="scribe").clean()
    with pytest.raises(ValidationError):
        DecisionRight(organization=ada.organization, decision_class="priority", role="king").clean()
