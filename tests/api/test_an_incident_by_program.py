"""A program declares an incident, works it and ends it, with nothing but a token."""

import pytest

from incidents.models import Incident
from tests.factories import declare_incident, post_message


@pytest.fixture
def api(lena, program):
    return program(lena)


@pytest.fixture
def incident(lena):
    return declare_incident(lena, "Card payments time out", severity="sev2")


@pytest.fixture
def path(incident):
    return f"/incidents/{incident.number}/"


def test_a_title_is_enough_to_declare(api):
    answer = api.post("/incidents/", {"title": "Checkout fails"})

    assert answer.status_code == 201
    declared = answer.json()
    assert answer["Location"] == f"/api/v1/incidents/{declared['number']}/"
    assert (declared["key"], declared["severity"], declared["status"]) == ("INC-1", "sev3", "investigating")
    assert (declared["lead"], declared["type"], declared["drill"]) == ("lena@acme.test", "payment", False)
    assert declared["playbook"] == {"slug": "payments", "version": 1}
    assert declared["url"].endswith("/o/acme/incidents/1/")


def test_everything_that_is_known_can_be_said_at_once(api):
    body = {
        "title": "Ledger is wrong",
        "severity": "sev1",
        "type": "customer_data",
        "summary": "Two bookings are missing.",
        "services": ["ledger", "checkout"],
        "scope": "many",
        "criticality": "critical",
        "drill": True,
        "private": True,
    }

    declared = api.post("/incidents/", body).json()

    expected = {**body, "type": "customer-data", "services": ["checkout", "ledger"]}
    assert {name: declared[name] for name in body} == expected


def test_the_detail_says_everything(api, path, incident):
    detail = api.get(path).json()

    assert {clock["audience"]: clock["interval_minutes"] for clock in detail["clocks"]} == {
        "technical": 20,
        "coordination": 30,
        "leadership": 60,
        "customers": 60,
    }
    assert [(each["function"], each["state"]) for each in detail["functions"]] == [
        ("engineering", "requested"),
        ("support", "requested"),
        ("product", "requested"),
        ("communications", "requested"),
        ("finance", "requested"),
    ]
    assert [(each["role"], each["domain"], each["holder"]) for each in detail["roles"]] == [
        ("lead", None, "lena@acme.test")
    ]
    assert {gap["code"] for gap in detail["guards"]} == {
        "required_function_not_engaged",
        "no_support_liaison",
        "task_unowned",
    }
    assert all(gap["waivable"] for gap in detail["guards"])
    assert detail["last_entry"] == Incident.objects.get().last_number


def test_assessing_calls_for_the_functions_it_needs(api, path):
    answer = api.post(
        f"{path}assessment/", {"severity": "sev1", "scope": "all", "criticality": "critical", "functions": ["legal"]}
    )

    assert answer.status_code == 200
    assessed = answer.json()
    assert assessed["assessed_at"] is not None
    called = {each["function"] for each in assessed["functions"] if each["state"] == "requested"}
    assert {"sales", "leadership", "legal"} <= called


def test_the_status_walks_to_the_end_and_back(api, path):
    for status in ("identified", "monitoring", "resolved", "closed", "investigating"):
        answer = api.post(f"{path}status/", {"status": status, "reason": "So it goes"})
        assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_an_impossible_step_is_refused_by_name(api, path):
    answer = api.post(f"{path}status/", {"status": "closed"})

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "status": 409,
        "code": "status_order",
        "title": "Refused by a rule",
        "detail": "An incident that is investigating cannot become closed.",
        "waivable": False,
    }


def test_a_rule_that_can_be_waived_says_so_and_goes_through_with_a_reason(path, tariq, program):
    api = program(tariq)
    refused = api.post(f"{path}severity/", {"severity": "sev1"})
    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (
        409,
        "coordination_right",
        True,
    )

    answer = api.post(f"{path}severity/", {"severity": "sev1", "waiver": "Lena is on a plane"})

    assert (answer.status_code, answer.json()["severity"]) == (200, "sev1")
    entry = api.get(f"{path}timeline/?kind=severity_changed").json()["results"][0]
    assert entry["details"]["waiver"] == "Lena is on a plane"


def test_correcting_changes_what_is_given_and_leaves_the_rest(api, path):
    answer = api.patch(path, {"title": "Card payments fail", "services": ["checkout"], "severity": "sev1"})

    assert answer.status_code == 200
    corrected = answer.json()
    assert (corrected["title"], corrected["services"], corrected["severity"]) == (
        "Card payments fail",
        ["checkout"],
        "sev1",
    )
    assert corrected["type"] == "payment"


def test_correcting_to_what_is_so_already_succeeds_and_records_nothing(api, path, incident):
    before = api.get(path).json()["last_entry"]

    answer = api.patch(path, {"title": incident.title, "severity": "sev2", "private": False})

    assert (answer.status_code, answer.json()["last_entry"]) == (200, before)


def test_a_correction_is_all_or_nothing(path, sam, program):
    api = program(sam)

    answer = api.patch(path, {"title": "Mine", "status": "resolved"})

    assert (answer.status_code, answer.json()["code"]) == (409, "coordination_right")
    assert api.get(path).json()["title"] == "Card payments time out"


def test_a_stale_correction_is_refused_and_news_alone_make_none_stale(api, path, lena, incident):
    read = api.get(path)
    post_message(incident, by=lena)
    first = api.patch(path, {"title": "Cards fail"}, headers={"If-Match": read["ETag"]})
    assert first.status_code == 200

    second = api.patch(path, {"title": "Cards time out"}, headers={"If-Match": read["ETag"]})

    assert (second.status_code, second.json()["code"]) == (412, "stale")
    assert api.get(path).json()["title"] == "Cards fail"


def test_roles_are_given_listed_and_put_down(api, path):
    given = api.post(f"{path}roles/", {"role": "communications_lead", "member": "MEI@acme.test"})
    assert given.status_code == 201
    assert (given.json()["holder"], given.json()["domain"]) == ("mei@acme.test", None)

    down = api.delete(f"{path}roles/{given.json()['id']}/")

    assert (down.status_code, down.content) == (204, b"")
    assert [each["role"] for each in api.get(f"{path}roles/").json()["results"]] == ["lead"]


def test_a_role_is_put_down_by_others_with_a_reason(path, tariq, program, api):
    api.post(f"{path}roles/", {"role": "communications_lead", "member": "mei@acme.test"})
    role = next(each for each in api.get(f"{path}roles/").json()["results"] if each["role"] == "communications_lead")
    other = program(tariq)

    refused = other.delete(f"{path}roles/{role['id']}/")
    assert (refused.status_code, refused.json()["waivable"]) == (409, True)

    assert other.delete(f"{path}roles/{role['id']}/?waiver=Mei+sleeps").status_code == 204


def test_a_function_engages_itself_and_twice_is_the_same(path, sam, program):
    api = program(sam)
    for _ in range(2):
        answer = api.put(f"{path}functions/support/", {"state": "engaged"})
        assert (answer.status_code, answer.json()["state"]) == (200, "engaged")

    assert len(api.get(f"{path}timeline/?kind=function_engaged").json()["results"]) == 1
    assert [each["function"] for each in api.get(f"{path}functions/?limit=2").json()["results"]] == [
        "engineering",
        "support",
    ]


def test_waiving_a_function_wants_a_reason(api, path):
    assert api.put(f"{path}functions/finance/", {"state": "waived"}).json()["code"] == "reason_required"
    assert api.put(f"{path}functions/finance/", {"state": "waived", "reason": "No money moves"}).status_code == 200
    assert not any("Finance" in gap["message"] for gap in api.get(path).json()["guards"])


def test_a_member_joins_and_a_whole_team_does_not(api, path):
    joined = api.post(f"{path}participants/", {"member": "sam@acme.test", "capacity": "observer"})
    assert (joined.status_code, joined.json()["member"], joined.json()["function"]) == (201, "sam@acme.test", "support")
    assert api.post(f"{path}participants/", {"member": "sam@acme.test", "capacity": "observer"}).status_code == 200

    refused = api.post(f"{path}participants/", {"team": "platform"})
    assert (refused.status_code, refused.json()["code"]) == (409, "department_bulk_add")
    assert refused.json()["waivable"] is False

    assert api.delete(f"{path}participants/{joined.json()['id']}/").status_code == 204
    assert [each["member"] for each in api.get(f"{path}participants/").json()["results"]] == ["lena@acme.test"]


def test_a_workstream_is_opened_given_away_and_done(api, path):
    opened = api.post(f"{path}workstreams/", {"title": "Roll back", "domain": "backend", "owner": "tariq@acme.test"})
    assert opened.status_code == 201
    stream = opened.json()
    assert (stream["title"], stream["domain"], stream["owner"], stream["state"]) == (
        "Roll back",
        "backend",
        "tariq@acme.test",
        "working",
    )

    changed = api.patch(f"{path}workstreams/{stream['id']}/", {"state": "done", "owner": "lena@acme.test"})

    assert (changed.json()["state"], changed.json()["owner"]) == ("done", "lena@acme.test")
    assert [each["title"] for each in api.get(f"{path}workstreams/").json()["results"]] == ["General", "Roll back"]


def test_messages_are_posted_edited_and_taken_back(api, path, incident):
    stream = incident.workstreams.get().pk
    posted = api.post(f"{path}workstreams/{stream}/messages/", {"text": "**Lag** is 2 s"})
    assert posted.status_code == 201
    message = posted.json()
    assert (message["author"], message["html"], message["text"]) == (
        "lena@acme.test",
        "<p><strong>Lag</strong> is 2 s</p>\n",
        "**Lag** is 2 s",
    )
    assert message["entry"] == api.get(path).json()["last_entry"]

    read = api.get(f"{path}messages/{message['id']}/")
    edited = api.patch(f"{path}messages/{message['id']}/", {"text": "Lag is 3 s"}, headers={"If-Match": read["ETag"]})
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    stale = api.patch(f"{path}messages/{message['id']}/", {"text": "Lag is 4 s"}, headers={"If-Match": read["ETag"]})
    assert stale.status_code == 412

    assert api.delete(f"{path}messages/{message['id']}/?reason=Wrong+number").status_code == 204
    assert [
        (each["text"], each["html"]) for each in api.get(f"{path}workstreams/{stream}/messages/").json()["results"]
    ] == [("", "")]


def test_publishing_an_update_restarts_the_clock(api, path):
    before = {clock["audience"]: clock["due_at"] for clock in api.get(path).json()["clocks"]}

    answer = api.post(f"{path}updates/", {"audience": "technical", "body": {"text": "Replica promoted."}})

    assert answer.status_code == 201
    assert answer.json()["body"] == {"text": "Replica promoted."}
    after = {clock["audience"]: clock["due_at"] for clock in api.get(path).json()["clocks"]}
    assert after["technical"] > before["technical"]
    assert after["customers"] == before["customers"]
    assert api.get(f"{path}updates/?audience=technical").json()["results"] == [answer.json()]
    assert api.get(f"{path}updates/{answer.json()['id']}/").json() == answer.json()


def test_what_is_missing_in_an_update_is_named_field_by_field(api, path):
    answer = api.post(
        f"{path}updates/", {"audience": "leadership", "body": {"text": "Stack trace", "customer_effect": ""}}
    )

    assert answer.status_code == 422
    assert sorted(answer.json()["errors"], key=lambda error: error["field"]) == [
        {"field": "body.business_impact", "message": "Business impact is required."},
        {"field": "body.customer_effect", "message": "Customer effect is required."},
        {"field": "body.expected_timeline", "message": "Expected timeline is required."},
        {"field": "body.text", "message": "This audience has no such field."},
    ]


def test_merging_names_the_other_incident(api, path, lena):
    other = declare_incident(lena, "Checkout is slow")

    answer = api.post(f"{path}merge/", {"into": other.number, "reason": "Same cause"})

    assert (answer.status_code, answer.json()["status"], answer.json()["merged_into"]) == (200, "merged", other.number)
    missing = api.post(f"/incidents/{other.number}/merge/", {"into": 4711})
    assert (missing.status_code, missing.json()["errors"]) == (
        422,
        [{"field": "into", "message": "There is no such incident."}],
    )


def test_incidents_are_found_by_what_they_are(api, lena):
    declare_incident(lena, "One", severity="sev1")
    declare_incident(lena, "Two", severity="sev2", drill=True)
    declare_incident(lena, "Three", severity="sev3").resolve(by=lena)

    def titles(query):
        return [each["title"] for each in api.get(f"/incidents/?{query}").json()["results"]]

    assert titles("") == ["Three", "Two", "One"]
    assert titles("status=open") == ["Two", "One"]
    assert titles("status=resolved,merged") == ["Three"]
    assert titles("severity=sev1,sev2&drill=false") == ["One"]
    assert titles("drill=true") == ["Two"]
    assert titles("since=2999-01-01T00:00:00Z") == []
    assert api.get("/incidents/?status=broken").status_code == 422
