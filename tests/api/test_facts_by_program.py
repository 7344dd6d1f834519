"""Estimates, impacts, commitments and the calendar over the interface."""

import pytest

from incidents.models import RoleAssignment
from teams.models import Service
from tests.factories import declare_incident, propose_commitment

SOON, LATER = "2099-01-01T10:00:00Z", "2099-01-01T12:00:00Z"


@pytest.fixture
def incident(lena, ada):
    incident = declare_incident(lena, services=list(Service.objects.filter(slug="checkout")))
    RoleAssignment.assign(incident, "product", ada, by=lena)
    return incident


def test_an_estimate_is_proposed_accepted_published_and_withheld(incident, program, lena, tariq):
    body = {"earliest": SOON, "latest": LATER, "confidence": "low", "basis": "One node an hour"}

    proposed = program(tariq).post("/incidents/1/estimates/", body)
    place = f"/incidents/1/estimates/{proposed.json()['id']}/"
    told = [
        program(tariq).post(f"{place}acceptance/"),
        program(lena).post(f"{place}acceptance/"),
        program(lena).post(f"{place}publication/"),
        program(lena).delete(f"{place}publication/"),
    ]

    answer = proposed.json()
    assert (proposed.status_code, answer["state"], answer["unknown"], answer["earliest"]) == (
        201,
        "proposed",
        False,
        SOON,
    )
    assert [each.status_code for each in told] == [409, 200, 200, 200]
    assert (told[0].json()["code"], told[0].json()["waivable"]) == ("coordination_right", True)
    assert [(each.json()["state"], each.json()["public"]) for each in told[1:]] == [
        ("set", False), ("set", True), ("set", False),
    ]  # fmt: skip
    unknown = program(lena).post("/incidents/1/estimates/", {"basis": "It failed"}).json()
    assert (unknown["unknown"], unknown["latest"], unknown["confidence"]) == (True, None, "")
    listed = program(lena).get("/incidents/1/estimates/").json()["results"]
    assert [each["state"] for each in listed] == ["set", "superseded"]


def test_an_impact_lives_from_proposal_to_end(incident, program, sam, ada):
    support = program(sam)
    impact = support.post("/incidents/1/impacts/", {"service": "checkout", "segment": "EU", "level": "major"}).json()
    place = f"/incidents/1/impacts/{impact['id']}/"

    assert (impact["state"], impact["service"], impact["proposed_by"]) == ("proposed", "checkout", "sam@acme.test")
    assert support.post(f"{place}confirmation/").json()["code"] == "priority_right"
    assert program(ada).post(f"{place}confirmation/").json()["authority_used"] == "product"
    assert support.post(f"{place}end/").json()["state"] == "ended"
    assert support.delete(f"{place}?reason=No").status_code == 409
    other = support.post("/incidents/1/impacts/", {"feature": "Exports", "level": "partial"}).json()
    assert support.delete(f"/incidents/1/impacts/{other['id']}/?reason=A+proxy").status_code == 204
    states = [each["state"] for each in support.get("/incidents/1/impacts/").json()["results"]]
    assert states == ["ended", "withdrawn"]


@pytest.mark.parametrize(
    ("route", "first", "second"),
    [
        (
            "business-impacts",
            {"level": "limited", "statement": "A few wait", "customers_affected": 3, "key_accounts": ["Hooli"]},
            {"level": "serious", "statement": "Many wait"},
        ),
        ("restoration-orders", {"steps": [{"service": "checkout"}, "Exports"]}, {"steps": ["Exports"]}),
    ],
)
def test_versions_are_not_written_over(incident, program, ada, route, first, second):
    api, path = program(ada), f"/incidents/1/{route}/"
    assert api.get(path)["ETag"] == '"0"'

    made = api.post(path, first, headers={"If-Match": '"0"'})
    stale = api.post(path, second, headers={"If-Match": '"0"'})
    fresh = api.post(path, second, headers={"If-Match": made["ETag"]})

    assert [made.status_code, stale.status_code, fresh.status_code] == [201, 412, 201]
    assert (made["ETag"], fresh["ETag"], api.get(path)["ETag"]) == ('"1"', '"2"', '"2"')
    assert [each["version"] for each in api.get(path).json()["results"]] == [2, 1]


def test_a_commitment_is_confirmed_told_and_kept_by_program(incident, program, ada, lena):
    product = program(ada)
    body = {"text": "Exports work", "to_whom": "Hooli", "due_at": LATER, "domain": "backend"}
    made = [product.post("/incidents/1/commitments/", body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert (made[0].status_code, made[0].json()) == (201, made[1].json())
    place = f"/incidents/1/commitments/{made[0].json()['id']}/"

    refused = product.post(f"{place}communication/")
    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (
        409, "commitment_unconfirmed", True,
    )  # fmt: skip
    assert program(lena).post(f"{place}confirmation/").json()["judged_by"] == "lena@acme.test"
    assert product.post(f"{place}communication/").json()["state"] == "communicated"
    assert product.post(f"{place}keeping/").json()["state"] == "kept"
    assert [each["state"] for each in product.get("/incidents/1/commitments/").json()["results"]] == ["kept"]


def test_a_commitment_is_refused_missed_or_taken_back_by_program(incident, program, ada, lena):
    refused, missed, back = (f"/incidents/1/commitments/{propose_commitment(incident, by=ada).pk}/" for _ in range(3))
    product, lead = program(ada), program(lena)

    assert lead.post(f"{refused}refusal/", {"reason": "Two days"}).json()["reason"] == "Two days"
    told = product.post(f"{missed}communication/", {"waiver": "They wait"})
    assert told.json()["state"] == "communicated"
    assert product.post(f"{missed}miss/", {"reason": "The vendor"}).json()["state"] == "missed"
    assert product.delete(back).status_code == 204
    assert product.get(back).json()["state"] == "withdrawn"


def test_what_makes_no_sense_is_said(incident, program, ada):
    api = program(ada)
    for path, body, field in (
        ("impacts", {"level": "huge"}, "level"),
        ("commitments", {"text": "Exports", "to_whom": "Hooli"}, "due_at"),
        ("restoration-orders", {"steps": [{"service": "nothing"}]}, "steps.0"),
        ("restoration-orders", {"steps": [7]}, "steps.0"),
        ("business-impacts", {"level": "serious", "statement": ""}, "statement"),
    ):
        answer = api.post(f"/incidents/1/{path}/", body)
        assert (path, answer.status_code, answer.json()["errors"][0]["field"]) == (path, 422, field)


def test_the_lead_objects_by_program(incident, program, ada, lena):
    order = program(ada).post("/incidents/1/restoration-orders/", {"steps": ["Exports"]}).json()

    answer = program(lena).post(f"/incidents/1/restoration-orders/{order['id']}/objection/", {"reason": "No"})

    assert (answer.json()["objection"], answer.json()["objected_by"]) == ("No", "lena@acme.test")


def test_the_calendar_by_program(incident, program, ada):
    api = program(ada)
    body = {"name": "Launch", "kind": "launch", "starts_at": SOON, "ends_at": LATER, "services": ["search"]}

    event = api.post("/business-events/", body).json()
    place = f"/business-events/{event['id']}/"
    changed = api.patch(place, {"name": "Big launch", "services": ["checkout", "search"]}).json()
    assert (event["services"], changed["name"], changed["services"]) == (
        ["search"],
        "Big launch",
        ["checkout", "search"],
    )
    assert api.post("/business-events/", body | {"ends_at": SOON}).json()["code"] == "window_order"
    assert api.delete(place).status_code == 204
    assert api.get(place).json()["cancelled_at"]
    assert api.patch(place, {"name": "Again"}).json()["code"] == "unchanged"
