"""What a program reads and arranges about the organisation itself."""

import pytest
from django.core import mail

from incidents.models import Alert, Integration
from teams.models import Invitation
from tests.factories import declare_incident


@pytest.fixture
def api(ada, program):
    return program(ada)


def results(api, path):
    return api.get(path).json()["results"]


def test_who_a_token_acts_for(lena, program):
    me = program(lena).get("/me/").json()

    assert me["organization"] == {"slug": "acme", "name": "Acme", "time_zone": "UTC"}
    assert (me["email"], me["role"], me["function"], me["domain"]) == ("lena@acme.test", "owner", "engineering", None)
    assert me["token"]["name"] == "API token"


def test_members_are_listed_and_invited(api, django_capture_on_commit_callbacks):
    assert "tariq@acme.test" in [member["email"] for member in results(api, "/members/")]

    with django_capture_on_commit_callbacks(execute=True):
        invited = api.post("/members/", {"email": "Noor@acme.test", "role": "responder", "function": "support"})

    assert invited.status_code == 201
    assert (invited.json()["email"], invited.json()["function"]) == ("noor@acme.test", "support")
    assert "/invite/" in invited.json()["link"]
    assert [message.to for message in mail.outbox] == [["noor@acme.test"]]
    assert Invitation.objects.get().email == "noor@acme.test"


def test_who_is_on_call_is_told_and_changed(api):
    on_call = {function["slug"]: function["on_call"] for function in results(api, "/functions/")}
    assert (on_call["engineering"], on_call["finance"]) == ("tariq@acme.test", None)

    assert api.patch("/functions/finance/", {"on_call": "ruth@acme.test"}).json()["on_call"] == "ruth@acme.test"
    assert api.patch("/functions/finance/", {"on_call": None}).json()["on_call"] is None


def test_nobody_who_may_not_respond_is_put_on_call(api):
    answer = api.patch("/functions/sales/", {"on_call": "stan@acme.test"})

    assert (answer.status_code, answer.json()["code"]) == (409, "responders_only")


def test_services_are_added_and_changed(api):
    added = api.post("/services/", {"name": "Payment gateway", "domain": "backend"})
    assert added.status_code == 201
    assert added.json() == {
        "slug": "payment-gateway",
        "name": "Payment gateway",
        "description": "",
        "domain": "backend",
        "team": None,
        "depends_on": [],
    }

    changed = api.patch("/services/payment-gateway/", {"description": "Talks to the bank."})
    taken = api.post("/services/", {"name": "Another", "slug": "checkout"})

    assert changed.json()["description"] == "Talks to the bank."
    assert api.get("/services/payment-gateway/").json() == changed.json()
    assert taken.json()["errors"] == [{"field": "slug", "message": "This slug is in use."}]


def test_what_a_service_needs_is_told_and_replaced(api):
    added = api.post("/services/", {"name": "Gateway", "depends_on": ["search", "ledger"]})
    assert (added.status_code, added.json()["depends_on"]) == (201, ["ledger", "search"])

    changed = api.patch("/services/gateway/", {"depends_on": ["ledger"]})
    refused = api.patch("/services/ledger/", {"depends_on": ["gateway"], "name": "Not kept"})
    missing = api.patch("/services/ledger/", {"depends_on": ["nothing"]})

    assert changed.json()["depends_on"] == ["ledger"]
    assert (refused.status_code, refused.json()["code"]) == (409, "circular_dependency")
    assert missing.status_code == 422
    assert api.get("/services/ledger/").json() == {**api.get("/services/ledger/").json(), "name": "Ledger"}
    assert {each["slug"]: each["depends_on"] for each in results(api, "/services/")} == {
        "checkout": [], "gateway": ["ledger"], "ledger": [], "search": [],
    }  # fmt: skip


def test_teams_are_added_with_their_members(api):
    body = {"name": "Platform", "function": "engineering", "members": ["tariq@acme.test", "lena@acme.test"]}
    added = api.post("/teams/", body)
    assert (added.status_code, added.json()["members"]) == (201, ["lena@acme.test", "tariq@acme.test"])

    changed = api.patch("/teams/platform/", {"members": ["tariq@acme.test"]})

    assert (changed.json()["members"], changed.json()["function"]) == (["tariq@acme.test"], "engineering")


def test_severities_come_with_their_cadences_the_worst_first(api):
    severities = results(api, "/severities/")

    assert [severity["slug"] for severity in severities] == ["sev1", "sev2", "sev3", "sev4"]
    assert severities[2]["cadences"] == {"technical": 30, "coordination": 60, "leadership": None, "customers": None}


def test_types_come_with_the_functions_they_need(api):
    needs = {kind["slug"]: kind["required_functions"] for kind in results(api, "/types/")}

    assert needs["customer-data"] == ["compliance", "privacy"]
    assert needs["outage"] == []


def test_playbooks_and_their_versions(api):
    playbooks = {playbook["slug"]: playbook for playbook in results(api, "/playbooks/")}
    assert (playbooks["payments"]["type"], playbooks["payments"]["version"]) == ("payment", 1)
    assert api.get("/playbooks/payments/").json() == playbooks["payments"]

    (line,) = results(api, "/playbooks/payments/versions/")
    version = api.get("/playbooks/payments/versions/1/").json()

    assert (line["number"], line["state"]) == (1, "published")
    assert {"function": "finance", "need": "required", "how": "page", "from_severity": None} in version[
        "function_rules"
    ]
    assert version["steps"][0] == {"phase": "first", "role": "lead", "text": "Take or give the lead"}


def test_decision_rights(api):
    rights = {(right["decision"], right["role"]) for right in results(api, "/decision-rights/")}

    assert ("publishing", "communications_lead") in rights


def test_sources_of_alerts_are_connected_and_shut_out(api):
    connected = api.post("/integrations/", {"kind": "alertmanager", "name": "Prometheus", "declares": True}).json()
    assert connected["key"].startswith("ing_")
    (listed,) = results(api, "/integrations/")
    assert "key" not in listed
    assert (listed["name"], listed["declares"]) == ("Prometheus", True)

    assert api.delete(f"/integrations/{connected['id']}/").status_code == 204

    assert results(api, "/integrations/") == []
    assert Integration.objects.with_key(connected["key"]).count() == 0


def test_alerts_wait_until_an_incident_takes_them(api, ada):
    integration, _ = Integration.connect(ada.organization, "generic", name="Prometheus")
    alert = Alert.objects.create(integration=integration, dedup_key="a", group_key="a", title="Disk full")
    incident = declare_incident(ada)
    (waiting,) = results(api, "/alerts/?state=firing&waiting=true")
    assert (waiting["title"], waiting["integration"], waiting["incident"]) == ("Disk full", "Prometheus", None)

    taken = api.post(f"/incidents/{incident.number}/alerts/", {"alert": alert.pk})

    assert (taken.status_code, taken.json()["incident"]) == (201, incident.number)
    assert results(api, "/alerts/?waiting=true") == []
    assert [each["id"] for each in results(api, f"/incidents/{incident.number}/alerts/")] == [alert.pk]
    again = api.post(f"/incidents/{incident.number}/alerts/", {"alert": alert.pk})
    assert (again.status_code, again.json()["code"]) == (409, "alert_taken")


def test_alerts_of_a_private_incident_stay_with_it(ada, tariq, program):
    integration, _ = Integration.connect(ada.organization, "generic", name="Prometheus")
    alert = Alert.objects.create(integration=integration, dedup_key="a", group_key="a", title="Intruder")
    alert.attach_to(declare_incident(ada, private=True), by=ada)

    assert [each["title"] for each in results(program(ada), "/alerts/")] == ["Intruder"]
    assert results(program(tariq), "/alerts/") == []


def test_tokens_are_listed_without_their_keys_and_revoked(lena, tariq, program):
    api = program(tariq)
    (own,) = results(api, "/tokens/")
    assert (own["member"], "key" in own) == ("tariq@acme.test", False)

    assert api.delete(f"/tokens/{own['id']}/").status_code == 204

    assert api.get("/me/").status_code == 401


def test_nobody_sees_or_revokes_a_token_of_somebody_else(lena, tariq, ada, program):
    theirs, api = program(lena), program(tariq)
    token = next(each["id"] for each in results(theirs, "/tokens/") if each["member"] == "lena@acme.test")

    assert api.delete(f"/tokens/{token}/").status_code == 404
    assert {each["member"] for each in results(program(ada), "/tokens/")} >= {"lena@acme.test", "tariq@acme.test"}


def test_routing_rules_are_added_changed_and_removed(api):
    body = {
        "name": "Bad payments",
        "event": "declared",
        "from_severity": "sev2",
        "type": "payment",
        "function": "finance",
    }
    added = api.post("/routing-rules/", {**body, "services": ["checkout"], "by_sms": True})
    assert added.status_code == 201
    rule = added.json()
    assert {name: rule[name] for name in body} == body
    assert (rule["services"], rule["by_email"], rule["by_sms"], rule["active"]) == (["checkout"], True, True, True)

    changed = api.patch(f"/routing-rules/{rule['id']}/", {"active": False, "services": []}).json()
    assert (changed["active"], changed["services"], changed["name"]) == (False, [], "Bad payments")

    assert api.delete(f"/routing-rules/{rule['id']}/").status_code == 204
    assert api.get(f"/routing-rules/{rule['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Nobody", "event": "declared"}, "no_target"),
        ({"name": "By no means", "event": "declared", "function": "support", "by_email": False}, "no_channel"),
    ],
)
def test_a_rule_that_tells_nobody_is_refused(api, body, code):
    answer = api.post("/routing-rules/", body)

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_dry_run_says_who_would_be_told_and_why(api):
    body = {"name": "Bad payments", "event": "declared", "from_severity": "sev2", "type": "payment", "role": "lead"}
    api.post("/routing-rules/", {**body, "function": "support", "by_sms": True})
    asked = {"event": "declared", "severity": "sev1", "type": "payment"}

    told = api.post("/routing-rules/dry-run/", asked).json()["results"]

    because = {(each["member"], each["channel"]): each["rule"] for each in told}
    assert because["sam@acme.test", "sms"].startswith("Bad payments")
    assert api.get("/routing-rules/dry-run/?event=declared&severity=sev1&type=payment").json()["results"] == told
    mild = api.post("/routing-rules/dry-run/", {**asked, "severity": "sev4"}).json()["results"]
    assert not any(each["rule"].startswith("Bad payments") for each in mild)
