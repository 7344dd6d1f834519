"""Reports, symptoms, spikes, digests and briefs, by program."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import RoleAssignment, Spike
from tests.factories import declare_incident, file_report, name_symptom, propose_theory


@pytest.fixture
def incident(lena, sam):
    incident = declare_incident(lena)
    RoleAssignment.take(incident, "support_liaison", by=sam)
    return incident


def test_a_report_with_an_incident_and_without(incident, program, sam, stan, lena):
    agent, api = program(stan), program(sam)

    loose = agent.post("/reports/", {"error_text": "Declined"}, headers={"Idempotency-Key": "a"})
    again = agent.post("/reports/", {"error_text": "Declined"}, headers={"Idempotency-Key": "a"})
    told = agent.post("/incidents/1/reports/", {"error_text": "Declined", "segment": "Europe", "ticket": "ZD-1"})

    assert (loose.status_code, told.status_code) == (201, 201)
    assert (loose.json()["incident"], told.json()["incident"], again.json()) == (None, 1, loose.json())
    assert [each["id"] for each in agent.get("/reports/").json()["results"]] == [told.json()["id"], loose.json()["id"]]
    assert [each["id"] for each in api.get("/reports/").json()["results"]] == [loose.json()["id"]]
    assert agent.get(f"/reports/{told.json()['id']}/").status_code == 200

    one_more = api.post(f"/reports/{told.json()['id']}/echoes/", {"ticket": "ZD-2"})
    twice = api.post(f"/reports/{told.json()['id']}/echoes/", {"ticket": "ZD-2"})
    assert (one_more.status_code, one_more.json()["customers"]) == (201, 2)
    assert (twice.status_code, twice.json()["code"]) == (409, "counted_already")

    brought = api.post(f"/reports/{loose.json()['id']}/incident/", {"incident": 1})
    assert (brought.status_code, brought.json()["incident"]) == (200, 1)
    private = declare_incident(lena, private=True)
    hidden = api.post("/reports/", {"error_text": "x", "incident": private.number})
    assert (hidden.status_code, hidden.json()["errors"][0]["message"]) == (422, "There is no such incident.")


def test_what_the_reports_add_up_to(incident, program, sam, tariq):
    theory = propose_theory(incident, "The card payment pool is too small", by=tariq)
    reports = [file_report(incident, by=sam, count=count, segment="Europe") for count in (1, 2)]
    api = program(sam)

    named = api.post("/incidents/1/symptoms/", {"title": "Card payment declined", "reports": [reports[0].pk]})
    pk = named.json()["id"]
    gathered = api.post(f"/incidents/1/symptoms/{pk}/reports/", {"reports": [reports[1].pk]})
    split = api.post(f"/incidents/1/symptoms/{pk}/split/", {"title": "Receipts", "reports": [reports[1].pk]})
    merged = api.post(f"/incidents/1/symptoms/{split.json()['id']}/merge/", {"into": pk})
    missing = api.post(f"/incidents/1/symptoms/{pk}/reports/", {"reports": [4711]})

    assert [each.status_code for each in (named, gathered, split, merged, missing)] == [201, 200, 201, 200, 422]
    assert (merged.json()["customers"], merged.json()["hypotheses"]) == (3, [theory.pk])
    assert merged.json()["segments"] == [{"segment": "Europe", "customers": 3}]
    listed = api.get("/incidents/1/symptoms/").json()["results"]
    assert [(each["key"], each["merged_into"]) for each in listed] == [("S1", None), ("S2", pk)]
    tally = api.get("/incidents/1/reports/tally/").json()
    assert (tally["reports"], tally["customers"], tally["direction"]) == (2, 3, "rising")
    assert (tally["lead_time"]["minutes"], tally["lead_time"]["first_alert_at"]) == (0, None)
    assert len(api.get(f"/incidents/1/reports/?symptom={pk}").json()["results"]) == 2
    assert api.get("/incidents/1/reports/?symptom=0").json()["results"] == []
    refused = program(tariq).post("/incidents/1/symptoms/", {"title": "Mine", "reports": [reports[0].pk]})
    assert (refused.status_code, refused.json()["code"]) == (409, "liaison_right")


def test_a_spike_by_program(incident, program, lena, sam, tariq):
    file_report(incident, by=sam, count=6)
    file_report(None, by=sam, count=6)
    loose, raising = program(tariq).get("/report-spikes/").json()["results"]
    assert (loose["incident"], loose["severity"], raising["incident"], raising["severity"]) == (None, None, 1, "sev2")

    refused = program(tariq).post(f"/report-spikes/{raising['id']}/acceptance/")
    assert (refused.json()["code"], refused.json()["waivable"]) == ("coordination_right", True)
    waived = program(tariq).post(f"/report-spikes/{raising['id']}/acceptance/", {"waiver": "Lena is on a train"})
    assert (waived.status_code, waived.json()["state"]) == (200, "accepted")
    declared = program(tariq).post(f"/report-spikes/{loose['id']}/acceptance/", {"title": "Cards"})
    assert declared.json()["led_to"] == 2
    again = program(lena).post(f"/report-spikes/{loose['id']}/dismissal/", {"reason": "No"})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert Spike.objects.filter(state="accepted").count() == 2


def test_where_a_spike_led_is_told_to_who_may_see_it(incident, program, lena, sam, tariq):
    file_report(None, by=sam, count=6)
    pk = program(lena).get("/report-spikes/").json()["results"][0]["id"]
    assert program(lena).post(f"/report-spikes/{pk}/acceptance/", {"incident": incident.number}).status_code == 200

    def led_to(member):
        return [each["led_to"] for each in program(member).get("/report-spikes/").json()["results"]]

    assert (led_to(lena), led_to(tariq)) == ([1], [1])
    incident.make_private(by=lena)
    assert (led_to(lena), led_to(tariq)) == ([1], [None])


def test_the_brief_goes_by_versions(incident, program, sam, stan):
    api, path = program(sam), "/incidents/1/support-briefs/"
    assert api.get(path)["ETag"] == '"0"'

    later = (timezone.now() + timedelta(minutes=30)).isoformat()
    first = api.post(path, {"say": "We know.", "next_update_at": later}, headers={"If-Match": '"0"'})
    stale = api.post(path, {"say": "We do."}, headers={"If-Match": '"0"'})
    second = api.post(path, {"say": "We do."}, headers={"If-Match": first["ETag"]})

    assert (first.status_code, first["ETag"], second.json()["version"]) == (201, '"1"', 2)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    read = program(stan).get(path)
    assert ([each["version"] for each in read.json()["results"]], read["ETag"]) == ([2, 1], '"2"')

    digest = api.post("/incidents/1/digests/", {"text": "Nobody writes."})
    assert (digest.status_code, digest.json()["figures"]["customers"]) == (201, 0)


def test_the_copy_to_take_along_holds_what_customers_said(incident, program, sam, stan):
    report = file_report(incident, "Declined\n# no heading", by=sam, ticket="ZD-1")
    name_symptom(incident, by=sam, reports=[report])
    api = program(sam)
    api.post("/incidents/1/support-briefs/", {"say": "We know."})
    api.post("/incidents/1/digests/", {"text": "Cards."})

    whole = api.get("/incidents/1/export.json").getvalue().decode()
    reading = program(stan).get("/incidents/1/export.json").getvalue().decode()
    paper = api.get("/incidents/1/export.md").getvalue().decode()

    for words in ('"support_briefs":[{"version":1', '"symptoms":[{', '"reports":[{', '"digests":[{'):
        assert words in whole
    assert '"support_briefs":[{"version":1' in reading
    assert '"reports"' not in reading
    lines = ("S1 Card is declined: 1 customers in 1 reports", r"Declined \# no heading", "Version 1", ": Cards.")
    for line in lines:
        assert line in paper
