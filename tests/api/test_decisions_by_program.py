"""Decisions over the interface: asked, proposed, made, taken back."""

import pytest

from incidents.models import RoleAssignment
from tests.factories import declare_incident, open_workstream, raise_decision

LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev2")


@pytest.fixture
def decision(incident, tariq):
    return raise_decision(
        incident, "coordination", by=tariq, options=["Roll back", {"text": "Wait", "tradeoff": "Money"}]
    )


def test_a_choice_by_right_decides_and_by_anybody_else_is_input(incident, program, lena, tariq):
    body = {"class": "coordination", "subject": "Roll back?", "choice": "Yes", "reason": "Errors"}

    proposed = program(tariq).post("/incidents/1/decisions/", body)
    decided = program(lena).post("/incidents/1/decisions/", body)

    assert (proposed.status_code, proposed.json()["kind"], proposed.json()["state"]) == (201, "input", "raised")
    assert proposed.json()["inputs"][0]["given_by"] == "tariq@acme.test"
    answer = decided.json()
    assert {name: answer[name] for name in ("kind", "number", "class", "state", "choice", "decided_by")} == {
        "kind": "decision",
        "number": 1,
        "class": "coordination",
        "state": "decided",
        "choice": "Yes",
        "decided_by": "lena@acme.test",
    }
    assert (answer["authority_used"], answer["outside_authority"]) == ("lead", False)


def test_a_question_has_options_in_either_shape(incident, program, lena, ruth):
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    body = {
        "class": "resource",
        "subject": "Who helps?",
        "options": ["Noor", {"key": "both", "text": "Noor and Jo", "tradeoff": "The launch waits"}],
        "needed_by": LATER,
    }

    answer = program(lena).post("/incidents/1/decisions/", body).json()

    assert answer["options"] == [
        {"key": "a", "text": "Noor", "tradeoff": ""},
        {"key": "both", "text": "Noor and Jo", "tradeoff": "The launch waits"},
    ]
    assert (answer["asked_of"], answer["needed_by"]) == ("executive", LATER)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"class": "publishing"}, 422, "class"),
        ({"subject": ""}, 422, "subject"),
        ({"needed_by": "2020-01-01T00:00:00Z"}, 422, "needed_by"),
        ({"options": [7]}, 422, "options.0"),
        ({"domain": "nowhere"}, 422, "domain"),
        ({"class": "resource"}, 409, "options_required"),
        ({"domain": "backend"}, 409, "domain_of_investigation"),
    ],
)
def test_what_makes_no_sense_is_said(incident, program, lena, body, status, told):
    answer = program(lena).post("/incidents/1/decisions/", {"class": "coordination", "subject": "Roll back?", **body})

    assert answer.status_code == status
    problem = answer.json()
    assert told == (problem["code"] if status == 409 else problem["errors"][0]["field"])


def test_the_second_question_names_the_open_one(decision, program, sam):
    again = {"class": "coordination", "subject": "roll back THE gateway?"}

    problem = program(sam).post("/incidents/1/decisions/", again).json()

    assert (problem["status"], problem["code"], problem["decision"]) == (409, "decision_open", 1)


def test_deciding_without_the_right_wants_a_reason(decision, program, sam):
    api, address = program(sam), f"/incidents/1/decisions/{decision.pk}/choice/"

    refused = api.post(address, {"choice": "b"})
    decided = api.post(address, {"choice": "b", "waiver": "Lena is not reachable"}).json()

    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (
        409,
        "decision_outside_authority",
        True,
    )
    assert (decided["choice"], decided["outside_authority"], decided["authority_used"]) == ("Wait", True, "")


def test_the_life_of_a_decision(decision, program, lena, sam):
    here = f"/incidents/1/decisions/{decision.pk}/"
    api = program(lena)

    assert program(sam).post(f"{here}input/", {"choice": "a"}).json()["inputs"][0]["choice"] == "Roll back"
    assert api.post(f"{here}acknowledgement/").json()["acknowledged_by"] == "lena@acme.test"
    moved = api.post(f"{here}postponement/", {"needed_by": LATER, "reason": "The bank"}).json()
    assert moved["needed_by"] == LATER
    assert api.post(f"{here}choice/", {"choice": "a"}).json()["state"] == "decided"
    assert api.post(f"{here}execution/").json()["state"] == "executed"
    replaced = api.post(f"{here}replacement/", {"choice": "b"}).json()
    assert (replaced["number"], replaced["supersedes"]) == (2, 1)
    reversal = f"/incidents/1/decisions/{replaced['id']}/reversal/"
    assert api.post(reversal, {}).status_code == 422
    assert api.post(reversal, {"reason": "It did not heal"}).json()["reverses"] == 2

    states = [each["state"] for each in api.get("/incidents/1/decisions/").json()["results"]]
    assert states == ["decided", "reversed", "superseded"]
    only = api.get("/incidents/1/decisions/?state=reversed,raised").json()["results"]
    assert [each["number"] for each in only] == [2]
    assert api.get("/incidents/1/decisions/?state=odd").status_code == 422


def test_what_product_and_whoever_asked_may_do(incident, program, lena, sam):
    api = program(lena)
    interim = api.post("/incidents/1/decisions/", {"class": "priority", "subject": "First?", "choice": "A"}).json()
    assert interim["interim"] is True
    RoleAssignment.assign(incident, "product", sam, by=sam)

    ratified = program(sam).post(f"/incidents/1/decisions/{interim['id']}/ratification/").json()
    question = api.post("/incidents/1/decisions/", {"class": "priority", "subject": "Second?"}).json()
    withdrawn = api.post(f"/incidents/1/decisions/{question['id']}/withdrawal/", {"reason": "Clear"}).json()

    assert (ratified["interim"], withdrawn["state"], withdrawn["reason"]) == (False, "withdrawn", "Clear")


def test_what_belongs_to_a_restricted_workstream_is_not_there(incident, program, lena, sam, tariq):
    stream = open_workstream(incident, by=lena, owner=tariq)
    body = {"class": "coordination", "subject": "Tell the regulator?", "workstream": stream.pk}
    question = program(tariq).post("/incidents/1/decisions/", body).json()
    assert program(sam).get("/incidents/1/decisions/").json()["results"] != []

    stream.restrict(by=tariq)

    assert program(sam).get("/incidents/1/decisions/").json()["results"] == []
    assert program(sam).get(f"/incidents/1/decisions/{question['id']}/").status_code == 404
    assert program(tariq).get(f"/incidents/1/decisions/{question['id']}/").status_code == 200
