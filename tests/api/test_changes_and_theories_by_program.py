"""A program claims changes, puts them in order, suspects causes and tells what was tried."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from teams.models import Service
from tests.factories import declare_incident, open_workstream, propose_change, propose_theory, read_change, try_fix
from tests.queries import counted


@pytest.fixture
def incident(lena):
    return declare_incident(lena, "Card payments time out", severity="sev2")


@pytest.fixture
def path(incident):
    return f"/incidents/{incident.number}/"


def moment(text):
    return datetime.fromisoformat(text)


# --- Changes ----------------------------------------------------------------------------------------


def test_a_change_is_claimed_for_some_minutes(path, incident, tariq, program):
    body = {
        "action": "Roll back to 5.1",
        "services": ["search", "ledger"],
        "minutes": 30,
        "reversible": False,
        "domain": "backend",
        "workstream": open_workstream(incident, by=tariq).pk,
    }

    answer = program(tariq).post(f"{path}changes/", body)

    claimed = answer.json()
    assert answer.status_code == 201
    assert (claimed["key"], claimed["state"], claimed["owner"], claimed["result"]) == (
        "C1", "clear", "tariq@acme.test", "",
    )  # fmt: skip
    assert {name: claimed[name] for name in body if name not in ("minutes", "services")} == {
        name: value for name, value in body.items() if name not in ("minutes", "services")
    }
    assert claimed["services"] == ["ledger", "search"]
    assert moment(claimed["until"]) - moment(claimed["starts_at"]) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minutes": 30}, "action"),
        ({"action": "x"}, "until"),
        ({"action": "x", "minutes": 30, "until": "2099-01-01T00:00:00Z"}, "until"),
        ({"action": "x", "minutes": 0}, "minutes"),
        ({"action": "x", "minutes": 30, "services": ["nothing"]}, "services.0"),
        ({"action": "x", "minutes": 30, "workstream": 2**40}, "workstream"),
        ({"action": "x", "minutes": 30, "owner": "omar@globex.test"}, "owner"),
    ],
)
def test_a_claim_that_makes_no_sense(path, lena, program, body, field):
    answer = program(lena).post(f"{path}changes/", body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_workstream_of_another_incident_is_none(path, lena, program):
    stream = declare_incident(lena).workstreams.get()

    answer = program(lena).post(f"{path}changes/", {"action": "x", "minutes": 30, "workstream": stream.pk})

    assert answer.status_code == 422


def test_a_window_that_is_too_long_is_refused(path, lena, program):
    until = (timezone.now() + timedelta(hours=25)).isoformat()

    answer = program(lena).post(f"{path}changes/", {"action": "x", "until": until})

    assert (answer.status_code, answer.json()["code"], answer.json()["waivable"]) == (409, "window_far", False)


def test_what_is_in_the_way_is_named_ordered_and_done(path, incident, lena, tariq, sam, program):
    lead, owner, other = program(lena), program(tariq), program(sam)
    first = owner.post(f"{path}changes/", {"action": "One", "services": ["ledger"], "minutes": 30}).json()
    second = other.post(f"{path}changes/", {"action": "Two", "services": ["ledger"], "minutes": 20}).json()
    assert (second["state"], second["conflicts"]) == (
        "conflict",
        [{"id": first["id"], "incident": incident.number, "name": "C1", "about": "same service: Ledger"}],
    )
    guards = {guard["code"]: guard for guard in lead.get(path).json()["guards"]}
    assert guards["conflicting_changes"]["subject"] == f"{first['id']}-{second['id']}"

    refused = lead.post(f"{path}changes/{first['id']}/release/", {})
    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (
        409, "conflicting_changes", True,
    )  # fmt: skip
    order = {"order": [first["id"], second["id"]]}
    assert owner.post(f"{path}changes/{first['id']}/arrangement/", order).json()["code"] == "coordination_right"
    assert lead.post(f"{path}changes/{first['id']}/arrangement/", order).json()["state"] == "clear"

    waiting = other.get(f"{path}changes/{second['id']}/").json()
    assert [each["name"] for each in waiting["after"]] == ["C1"]
    assert waiting["starts_at"] == first["until"]
    assert lead.post(f"{path}changes/{first['id']}/release/", {}).json()["state"] == "released"
    assert owner.post(f"{path}changes/{first['id']}/start/", {}).json()["state"] == "started"
    ended = owner.post(f"{path}changes/{first['id']}/result/", {"result": "succeeded", "text": "Gone"}).json()
    assert (ended["state"], ended["result"]) == ("succeeded", "Gone")
    assert other.get(f"{path}changes/{second['id']}/").json()["after"] == []


def test_a_rule_is_lifted_by_a_reason(path, incident, tariq, program):
    change = propose_change(incident, "ledger", by=tariq)
    api = program(tariq)

    refused = api.post(f"{path}changes/{change.pk}/start/", {})
    started = api.post(f"{path}changes/{change.pk}/start/", {"waiver": "It is losing money"})

    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (409, "not_released", True)
    assert (started.status_code, started.json()["state"]) == (200, "started")


@pytest.mark.parametrize("order", [[1], [], "1,2", [1, 1], [1, 2**40]])
def test_an_order_that_makes_no_sense(path, incident, lena, tariq, sam, program, order):
    first, _ = (propose_change(incident, "ledger", by=by) for by in (tariq, sam))
    named = [first.pk if each == 1 else each for each in order] if isinstance(order, list) else order

    assert program(lena).post(f"{path}changes/{first.pk}/arrangement/", {"order": named}).status_code == 422


def test_a_change_takes_longer_and_another_is_withdrawn(path, incident, tariq, program):
    change, dropped = (propose_change(incident, slug, by=tariq) for slug in ("ledger", "search"))
    api, until = program(tariq), change.until + timedelta(minutes=5)

    longer = api.post(f"{path}changes/{change.pk}/extension/", {"until": until.isoformat(), "reason": "Slow"})
    gone = api.delete(f"{path}changes/{dropped.pk}/?reason=Not+needed")

    assert moment(longer.json()["until"]) == until
    assert (gone.status_code, read_change(dropped.pk).state) == (204, "withdrawn")
    assert api.delete(f"{path}changes/{dropped.pk}/").status_code == 409


def test_what_one_may_not_know_of_has_no_id(path, incident, ruth, tariq, program):
    hidden = declare_incident(ruth, "Somebody got in", private=True)
    propose_change(hidden, "ledger", by=ruth)
    ours = propose_change(incident, "ledger", by=ruth)

    (conflict,) = program(tariq).get(f"{path}changes/{ours.pk}/").json()["conflicts"]

    assert conflict == {
        "id": None, "incident": None, "name": "a change in another incident", "about": "same service: Ledger",
    }  # fmt: skip


def test_lists_cost_the_same_however_long_they_are(path, incident, lena, tariq, program):
    api = program(lena)

    def grow(count):
        for _ in range(count):
            propose_change(incident, "ledger", by=tariq)
            theory = propose_theory(incident, by=tariq)
            theory.add_evidence("Seen", by=lena, supports=True)
            try_fix(incident, by=tariq, hypothesis=theory)

    def cost():
        with counted() as queries:
            for name in ("changes", "hypotheses", "fix-attempts"):
                assert api.get(f"{path}{name}/").status_code == 200
        return len(queries)

    grow(2)
    cost()
    few = cost()
    grow(4)

    assert cost() == few


# --- Theories and fixes -----------------------------------------------------------------------------


def test_a_theory_is_proposed_tested_and_ruled_out(path, tariq, sam, program):
    api = program(tariq)
    body = {"statement": "The pool is too small", "component": "ledger", "domain": "backend", "owner": "sam@acme.test"}
    theory = api.post(f"{path}hypotheses/", body).json()
    assert {name: theory[name] for name in body} == body
    assert (theory["key"], theory["state"], theory["evidence"]) == ("H1", "open", [])
    address = f"{path}hypotheses/{theory['id']}/"

    assert api.post(f"{address}state/", {"state": "testing"}).json()["testers"] == ["tariq@acme.test"]
    assert program(sam).post(f"{address}testers/", {}).json()["testers"] == ["sam@acme.test", "tariq@acme.test"]
    assert program(sam).post(f"{address}testers/", {}).status_code == 200
    refused = api.post(f"{address}state/", {"state": "ruled_out"})
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_required")

    evidence = {"text": "It was half empty", "url": "https://graphs.acme.test/1", "supports": False}
    added = api.post(f"{address}evidence/", evidence)
    assert added.status_code == 201
    assert [{name: each[name] for name in evidence} for each in added.json()["evidence"]] == [evidence]
    assert api.post(f"{address}state/", {"state": "ruled_out"}).json()["state"] == "ruled_out"
    assert api.post(f"{address}state/", {"state": "open", "text": "Look again"}).json()["state"] == "open"
    assert api.get(address).json()["state"] == "open"


def test_a_second_theory_on_one_component_is_refused_until_somebody_says_why(path, incident, tariq, sam, program):
    propose_theory(incident, by=tariq, component="ledger")
    body = {"statement": "The disk is full", "component": "ledger"}

    refused = program(sam).post(f"{path}hypotheses/", body)
    waived = program(sam).post(f"{path}hypotheses/", {**body, "waiver": "Both can be"})

    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (409, "duplicate_effort", True)
    assert waived.status_code == 201


def test_a_fix_is_tried_and_its_result_told(path, incident, tariq, program):
    theory, change = propose_theory(incident, by=tariq), propose_change(incident, "ledger", by=tariq)
    api = program(tariq)

    tried = api.post(f"{path}fix-attempts/", {"what": "Raise it", "hypothesis": theory.pk, "change": change.pk})
    fix = tried.json()
    told = api.post(f"{path}fix-attempts/{fix['id']}/result/", {"state": "did_not_work", "result": "Same errors"})

    assert (tried.status_code, fix["key"], fix["state"], fix["hypothesis"], fix["change"]) == (
        201, "F1", "started", theory.pk, change.pk,
    )  # fmt: skip
    assert (told.json()["state"], told.json()["result"]) == ("did_not_work", "Same errors")
    assert [each["id"] for each in api.get(f"{path}fix-attempts/").json()["results"]] == [fix["id"]]


def test_a_theory_of_another_incident_is_none(path, lena, program):
    foreign = propose_theory(declare_incident(lena), by=lena)

    answer = program(lena).post(f"{path}fix-attempts/", {"what": "x", "hypothesis": foreign.pk})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "hypothesis")


def test_what_a_restricted_workstream_suspects_is_not_there_for_others(path, incident, lena, tariq, sam, program):
    stream = open_workstream(incident, by=lena, restricted=True, members=[tariq])
    theory = propose_theory(incident, by=tariq, component="ledger", workstream=stream)
    change = propose_change(incident, "ledger", by=tariq, workstream=stream)
    attempt = try_fix(incident, by=tariq, hypothesis=theory)
    inside, outside = program(tariq), program(sam)

    for name, row in (("changes", change), ("hypotheses", theory), ("fix-attempts", attempt)):
        assert [each["id"] for each in inside.get(f"{path}{name}/").json()["results"]] == [row.pk]
        assert outside.get(f"{path}{name}/").json()["results"] == []
    for address in (f"changes/{change.pk}/", f"hypotheses/{theory.pk}/"):
        assert inside.get(path + address).status_code == 200
        assert outside.get(path + address).content == outside.get(f"{path}changes/{2**40}/").content
    assert outside.post(f"{path}fix-attempts/", {"what": "x", "change": change.pk}).status_code == 422
    assert outside.post(f"{path}hypotheses/", {"statement": "x", "component": "ledger"}).status_code == 201


# --- Services ---------------------------------------------------------------------------------------


def test_what_may_be_affected_is_told_and_judged(lena, ada, program):
    search, ledger = (Service.objects.get(slug=slug) for slug in ("search", "ledger"))
    ledger.rest_on([search], by=ada)
    api = program(lena)
    declared = api.post("/incidents/", {"title": "Search is down", "services": ["search"]}).json()
    path = f"/incidents/{declared['number']}/"
    assert declared["possibly_affected"] == [{"service": "ledger", "team": None, "via": "search"}]

    cleared = api.put(f"{path}services/ledger/", {"state": "not_affected"}).json()
    again = api.put(f"{path}services/ledger/", {"state": "not_affected"})
    assert (cleared["possibly_affected"], again.status_code) == ([], 200)

    confirmed = api.put(f"{path}services/ledger/", {"state": "affected"}).json()
    assert (confirmed["services"], confirmed["possibly_affected"]) == (["ledger", "search"], [])
    assert api.put(f"{path}services/nothing/", {"state": "affected"}).status_code == 404
