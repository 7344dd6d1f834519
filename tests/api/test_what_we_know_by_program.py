"""What we know, by program: versions under `If-Match`, their sources, and what becomes of a finding."""

import pytest

from tests.factories import declare_incident, open_workstream, raise_finding


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev2")


@pytest.fixture
def path(incident):
    return f"/incidents/{incident.number}/"


def test_versions_build_on_each_other(path, incident, lena, tariq, program):
    api, finding = program(lena), raise_finding(incident, by=tariq)
    nothing = api.get(f"{path}syntheses/")
    body = {"known": "Paying fails.", "doing": "Tariq looks.", "findings": [finding.pk]}

    first = api.post(f"{path}syntheses/", body, headers={"If-Match": '"0"'})
    second = api.post(
        f"{path}syntheses/",
        {"known": "Paying is slow.", "confidence": "low", "sources": {"known": [finding.pk]}},
        headers={"If-Match": first["ETag"]},
    )
    stale = api.post(f"{path}syntheses/", {"known": "Fine."}, headers={"If-Match": first["ETag"]})
    blind = api.post(f"{path}syntheses/", {"known": "Fine."})

    assert (nothing["ETag"], nothing.json()) == ('"0"', {"results": [], "next": None})
    assert (first.status_code, first["ETag"], second["ETag"]) == (201, '"1"', '"2"')
    assert first.json()["sources"] == [
        {"field": "", "finding": finding.pk, "number": 1, "state": "synthesised", "corrected_by": None}
    ]
    assert [each["field"] for each in second.json()["sources"]] == ["known"]
    assert (second.json()["version"], second.json()["confidence"], second.json()["doing"]) == (2, "low", "")
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (412, "stale_basis", 2)
    assert stale.json()["changed"] == [
        {"field": "known", "before": "Paying fails.", "after": "Paying is slow."},
        {"field": "doing", "before": "Tariq looks.", "after": ""},
    ]
    assert (blind.status_code, blind.json()["version"]) == (201, 3)
    listed = api.get(f"{path}syntheses/")
    assert ([each["version"] for each in listed.json()["results"]], listed["ETag"]) == ([3, 2, 1], '"3"')
    one = api.get(f"{path}syntheses/{first.json()['id']}/")
    assert (one.json(), one["ETag"]) == (listed.json()["results"][-1], '"1"')
    for tag, status in (('"1", "3"', 201), ('"nonsense"', 412), ("*", 201)):
        answer = api.post(f"{path}syntheses/", {"known": f"With {tag}"}, headers={"If-Match": tag})
        assert answer.status_code == status


def test_what_makes_no_sense_is_named(path, incident, lena, tariq, sam, program):
    hidden = open_workstream(incident, "Insider", by=lena, restricted=True)
    secret = raise_finding(incident, by=lena, workstream=hidden)
    elsewhere = raise_finding(declare_incident(lena), by=tariq)

    def fields(member, body):
        answer = program(member).post(f"{path}syntheses/", body)
        assert answer.status_code == 422, answer.content
        return [each["field"] for each in answer.json()["errors"]]

    assert fields(lena, {}) == ["known"]
    assert fields(lena, {"known": "x" * 601}) == ["known"]
    assert fields(lena, {"known": "X", "findings": [elsewhere.pk]}) == ["findings.0"]
    assert fields(tariq, {"known": "X", "findings": [secret.pk], "waiver": "I must"}) == ["findings.0"]
    assert fields(lena, {"known": "X", "sources": {"weather": []}}) == ["sources.weather"]
    barred = program(sam).post(f"{path}syntheses/", {"known": "X"})
    assert (barred.status_code, barred.json()["code"], barred.json()["waivable"]) == (409, "coordination_right", True)
    # A source that only few may know of is in nobody else's answer.
    assert program(lena).post(f"{path}syntheses/", {"known": "X", "findings": [secret.pk]}).status_code == 201
    assert program(sam).get(f"{path}syntheses/").json()["results"][0]["sources"] == []
    assert program(sam).get(f"{path}catch-up/").json()["known"]["known"] == "X"


def test_sent_twice_it_is_published_once(path, incident, lena, program):
    api = program(lena)
    first, again = (
        api.post(f"{path}syntheses/", {"known": "X"}, headers={"Idempotency-Key": "1", "If-Match": '"0"'})
        for _ in range(2)
    )

    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert incident.syntheses.count() == 1


def test_a_finding_goes_back_to_its_author_and_is_corrected(path, incident, lena, tariq, mei, program):
    finding = raise_finding(incident, by=tariq)
    own = f"{path}findings/{finding.pk}/"
    version = program(lena).post(f"{path}syntheses/", {"known": "X", "findings": [finding.pk]}).json()

    asked = program(lena).post(f"{own}question/", {"text": "Which node?"})
    replied = program(tariq).post(f"{own}reply/", {"text": "Node 2"})
    doubted = program(mei).post(f"{own}challenge/", {"reason": "No traffic there"})
    corrected = program(tariq).post(f"{own}correction/", {"condition": "It fails on node 2", "reason": "No traffic"})

    states = [answer.json()["state"] for answer in (asked, replied, doubted, corrected)]
    assert states == ["more_asked", "raised", "challenged", "raised"]
    assert (corrected.status_code, corrected.json()["corrects"]) == (201, finding.pk)
    old = program(mei).get(own).json()
    assert (old["state"], old["corrected_by"]) == ("corrected", corrected.json()["id"])
    assert [(each["kind"], each["made_by"], each["text"]) for each in old["remarks"]] == [
        ("more_asked", "lena@acme.test", "Which node?"),
        ("reply", "tariq@acme.test", "Node 2"),
        ("challenged", "mei@acme.test", "No traffic there"),
    ]
    marked = program(mei).get(f"{path}syntheses/{version['id']}/").json()["sources"]
    assert [(each["state"], each["corrected_by"]) for each in marked] == [("corrected", corrected.json()["id"])]
    wrong = program(mei).post(f"{path}syntheses/{version['id']}/challenge/", {"reason": "It rests on F1"})
    assert (wrong.json()["challenge"], wrong.json()["challenged_by"]) == ("It rests on F1", "mei@acme.test")


def test_who_writes_and_for_whom(path, lena, mei, tariq, program):
    editing, delegation = f"{path}syntheses/editing/", f"{path}syntheses/delegation/"
    assert program(mei).get(editing).json() == {"editor": None, "since": None, "until": None}
    assert program(mei).get(delegation).json() == {"member": None, "until": None, "given_by": None}

    given = program(lena).put(delegation, {"member": "mei@acme.test", "minutes": 60})
    assert (given.json()["member"], given.json()["given_by"]) == ("mei@acme.test", "lena@acme.test")
    assert program(tariq).put(delegation, {"member": "mei@acme.test", "minutes": 60}).status_code == 409
    assert program(mei).put(editing).json()["editor"] == "mei@acme.test"
    assert program(lena).put(editing).json()["editor"] == "mei@acme.test"
    assert program(lena).put(editing, {"take_over": True}).json()["editor"] == "lena@acme.test"
    assert program(tariq).put(editing).status_code == 409
    assert program(lena).delete(editing).status_code == 204
    assert program(mei).get(editing).json()["editor"] is None
    assert program(mei).post(f"{path}syntheses/", {"known": "X"}).status_code == 201
    assert [program(mei).delete(delegation).status_code for _ in range(2)] == [204, 404]
