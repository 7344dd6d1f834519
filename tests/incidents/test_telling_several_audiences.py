"""An update round tells several audiences from one version of what we know; each sentence leads back to findings."""

import pytest

from incidents.models import RoleAssignment, Synthesis, UpdateDraft
from incidents.rounds import Word, tell
from teams.errors import Refused
from tests.factories import declare_incident, open_workstream, raise_finding
from tests.incidents.pages import last_entry, url_of, words_of

TECHNICAL = {"text": "Half of the nodes are back."}
LEADERSHIP = {"business_impact": "Orders are late.", "customer_effect": "Cards fail.", "expected_timeline": "unknown"}
COORDINATION = {"current_status": "Half back.", "active_work": "Rolling back.", "estimated_resolution": "unknown"}


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    finding = raise_finding(incident, by=lena)
    Synthesis.publish(
        incident, by=lena, known="The pool is too small.", impact="Cards fail.", doing="Rolling back.",
        sources={"known": [finding], "doing": [finding]},
    )  # fmt: skip
    return incident


def words(**bodies):
    return [Word(audience, body) for audience, body in bodies.items()]


def test_several_audiences_are_told_from_one_version_and_one_is_skipped(incident, mei):
    due = incident.obligations.live().get(audience="customers")

    entries = tell(
        incident,
        [*words(leadership=LEADERSHIP, technical=TECHNICAL), Word("customers", {}, skip="They were called")],
        basis=1,
        by=mei,
        key="round",
    )

    assert [entry.kind for entry in entries] == ["update_published", "update_published", "clock_skipped"]
    assert {each.synthesis.version for each in incident.updates.all()} == {1}
    assert all(each.is_held for each in incident.updates.all())
    due.refresh_from_db()
    assert due.state == "skipped"
    assert incident.obligations.live().get(audience="customers").interval_minutes == 30
    again = tell(incident, words(leadership=LEADERSHIP, technical=TECHNICAL), basis=1, by=mei, key="round")
    assert [entry.pk for entry in again] == [entry.pk for entry in entries[:2]]


@pytest.mark.parametrize(
    ("told", "basis", "code"),
    [
        (words(technical=TECHNICAL, leadership=LEADERSHIP), 0, "stale_basis"),
        (words(technical=TECHNICAL, leadership={"business_impact": "Late."}), 1, "incomplete"),
        ([*words(technical=TECHNICAL), *words(technical=TECHNICAL)], 1, "named_twice"),
        ([], 1, "empty"),
        ([*words(technical=TECHNICAL), Word("leadership", {}, skip=" ")], 1, "reason_required"),
    ],
)
def test_all_of_it_or_nothing(incident, mei, told, basis, code):
    before = last_entry(incident)

    with pytest.raises(Refused) as refused:
        tell(incident, told, basis=basis, by=mei)

    assert refused.value.code == code
    assert last_entry(incident) == before
    assert not incident.drafts.exists()


def test_a_round_on_the_web_and_by_program(incident, mei, tariq, stan, omar, signed_in, program):
    page = url_of(incident, "updates/round/")
    parts = {"technical": TECHNICAL, "coordination": COORDINATION, "leadership": LEADERSHIP, "customers": {}}
    form = {f"{audience}-{name}": text for audience, body in parts.items() for name, text in body.items()}
    form |= {f"{audience}-choice": "leave" for audience in parts} | {"basis": "1", "key": "k"}

    assert "version 1 of what we know" in words_of(signed_in(mei).get(page))
    wrong = signed_in(mei).post(page, form | {"technical-choice": "send", "technical-text": ""})
    nobody = signed_in(mei).post(page, form)
    sent = signed_in(mei).post(page, form | {"technical-choice": "send", "coordination-choice": "send"})
    assert (wrong.status_code, nobody.status_code, sent.status_code) == (422, 409, 302)
    assert sorted(incident.updates.values_list("audience", flat=True)) == ["coordination", "technical"]

    place = f"/incidents/{incident.number}/update-rounds/"
    body = {"synthesis": 1, "words": [{"audience": "leadership", "body": LEADERSHIP}]}
    refused = program(tariq).post(place, body)
    made = program(mei).post(place, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "publishing_right")
    assert (made.status_code, [each["audience"] for each in made.json()["updates"]]) == (201, ["leadership"])
    assert {signed_in(who).get(page).status_code for who in (stan, omar)} == {404}


def test_a_sentence_leads_back_to_its_findings(incident, lena, mei, tariq, stan, omar, signed_in, program):
    hidden = open_workstream(incident, "Payroll", by=lena, restricted=True)
    secret = raise_finding(incident, "Payroll was read.", by=lena, workstream=hidden)
    first = incident.findings.order_by("number").first()
    Synthesis.publish(incident, by=lena, known="Pool.", doing="Rolling back.", sources={"known": [first, secret]})
    UpdateDraft.save_text(incident, "coordination", COORDINATION, by=mei)
    entry = incident.drafts.get().publish(by=mei)
    place = f"/incidents/{incident.number}/updates/{entry.details['update']}/sources/"

    answers = {who: program(who).get(place).json() for who in (lena, tariq)}
    for who, found in ((lena, {first.pk, secret.pk}), (tariq, {first.pk})):
        status = answers[who]["sentences"][0]
        assert (answers[who]["synthesis"], status["part"]) == (2, "current_status")
        assert {each["id"] for each in status["lines"][0]["findings"]} == found
    page = words_of(signed_in(tariq).get(url_of(incident, "updates/1/sources/")))
    assert f"F{first.number} {first.condition}" in page
    assert "Payroll was read." not in page
    assert "Payroll was read." in words_of(signed_in(lena).get(url_of(incident, "updates/1/sources/")))
    assert {program(who).get(place).status_code for who in (stan, omar)} == {404}
