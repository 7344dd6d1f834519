"""What may be the cause, what shows it, and what was tried: nobody works twice on one thing unknowingly."""

import pytest

from incidents.guards import Facts, gaps_of
from incidents.models import FunctionActivation, GuardWaiver, Hypothesis, HypothesisEvidence, RoleAssignment
from teams.errors import Refused
from teams.models import Function, TechnicalDomain
from tests.factories import declare_incident, open_workstream, propose_change, propose_theory, try_fix
from tests.incidents.pages import last_entry


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value.code, refused.value.waivable


def gaps(incident):
    return [(gap.message, gap.subject) for gap in gaps_of(Facts.of(incident)) if gap.code == "lead_hands_on"]


# --- Theories ---------------------------------------------------------------------------------------


def test_a_responder_says_what_may_be_the_cause(incident, tariq, sam):
    backend = TechnicalDomain.objects.get(slug="backend")

    theory = propose_theory(incident, by=tariq, component="ledger", domain=backend, owner=sam)

    assert (theory.key, theory.state, theory.domain, theory.owner, theory.proposed_by) == (
        "H1", "open", backend, sam, tariq,
    )  # fmt: skip
    entry = last_entry(incident)
    assert (entry.kind, entry.details["component"], entry.details["owner"]) == (
        "hypothesis_proposed", "ledger", "Sam Okafor",
    )  # fmt: skip


def test_stakeholders_have_no_part_in_it(incident, lena, stan):
    theory = propose_theory(incident, by=lena)

    assert refusal(propose_theory, incident, by=stan) == ("responders_only", False)
    assert refusal(propose_theory, incident, by=lena, owner=stan) == ("responders_only", False)
    for act in (theory.test, theory.join, theory.confirm, theory.rule_out, theory.reopen):
        assert refusal(act, by=stan) == ("responders_only", False)
    assert refusal(theory.add_evidence, "x", by=stan, supports=True) == ("responders_only", False)


def test_a_second_theory_on_a_component_is_shown_the_first(incident, tariq, sam):
    first = propose_theory(incident, "The pool is too small", by=tariq, component="ledger")

    with pytest.raises(Refused, match="H1 “The pool is too small” suspects Ledger already") as refused:
        propose_theory(incident, "The disk is full", by=sam, component="ledger")

    assert (refused.value.code, refused.value.waivable) == ("duplicate_effort", True)
    first.join(by=sam)
    assert list(first.testers.all()) == [sam]
    assert last_entry(incident).kind == "hypothesis_joined"
    assert refusal(first.join, by=sam) == ("unchanged", False)


def test_an_overlap_that_somebody_wants_is_recorded(incident, tariq, sam):
    propose_theory(incident, by=tariq, component="ledger")

    propose_theory(incident, "The disk is full", by=sam, component="ledger", waiver="Both can be true")

    entry = last_entry(incident)
    assert (entry.details["same"], entry.details["waived"], entry.details["waiver"]) == (
        ["H1"], ["duplicate_effort"], "Both can be true",
    )  # fmt: skip
    assert GuardWaiver.objects.get().subject == "H1"


def test_other_components_and_decided_theories_are_in_nobodys_way(incident, tariq, sam):
    propose_theory(incident, by=tariq, component="ledger").rule_out(by=tariq, text="It was half empty")
    propose_theory(incident, by=tariq)

    keys = [propose_theory(incident, by=sam, component=slug).key for slug in ("ledger", "search")]
    keys.append(propose_theory(incident, "Something else", by=sam).key)

    assert keys == ["H3", "H4", "H5"]


def test_whoever_tests_it_owns_it_unless_somebody_does(incident, tariq, sam):
    theory, owned = propose_theory(incident, by=sam), propose_theory(incident, "The disk", by=sam, owner=sam)

    for each in (theory, owned):
        each.test(by=tariq)

    assert [(each.state, each.owner, list(each.testers.all())) for each in (theory, owned)] == [
        ("testing", tariq, [tariq]),
        ("testing", sam, [tariq]),
    ]
    assert refusal(theory.test, by=sam) == ("unchanged", False)


@pytest.mark.parametrize(
    ("act", "state", "supports"), [("confirm", "confirmed", True), ("rule_out", "ruled_out", False)]
)
def test_it_is_decided_by_evidence(incident, tariq, act, state, supports):
    theory = propose_theory(incident, by=tariq)
    assert refusal(getattr(theory, act), by=tariq) == ("evidence_required", False)
    theory.add_evidence("For the other side", by=tariq, supports=not supports)
    assert refusal(getattr(theory, act), by=tariq) == ("evidence_required", False)

    entry = getattr(theory, act)(by=tariq, text="64 of 64 in use", url="https://graphs.acme.test/1")

    theory.refresh_from_db()
    assert (theory.state, theory.decided_at is not None) == (state, True)
    assert (entry.kind, entry.details["text"]) == (f"hypothesis_{state}", "64 of 64 in use")
    evidence = HypothesisEvidence.objects.latest("pk")
    assert (evidence.text, evidence.url, evidence.supports, evidence.by) == (
        "64 of 64 in use", "https://graphs.acme.test/1", supports, tariq,
    )  # fmt: skip
    assert refusal(getattr(theory, act), by=tariq) == ("unchanged", False)
    for late in (theory.test, theory.join):
        assert refusal(late, by=tariq) == ("hypothesis_order", False)


def test_what_was_added_before_is_evidence_enough(incident, tariq, sam):
    theory = propose_theory(incident, by=tariq)
    theory.add_evidence("It was half empty", by=sam, supports=False)

    assert theory.rule_out(by=tariq).kind == "hypothesis_ruled_out"


def test_evidence_says_something(incident, tariq):
    theory = propose_theory(incident, by=tariq)

    assert refusal(theory.add_evidence, "", by=tariq, supports=True) == ("evidence_required", False)


def test_a_decided_theory_is_opened_again_and_keeps_its_evidence(incident, tariq):
    theory = propose_theory(incident, by=tariq)
    assert refusal(theory.reopen, by=tariq) == ("unchanged", False)
    theory.rule_out(by=tariq, text="It was half empty")

    entry = theory.reopen(by=tariq, reason="The graph was of yesterday")

    theory.refresh_from_db()
    assert (entry.details["before"], theory.state, theory.decided_at) == ("ruled_out", "open", None)
    assert theory.evidence.count() == 1


def test_nothing_is_suspected_in_an_incident_that_is_over(incident, lena):
    theory = propose_theory(incident, by=lena)
    incident.resolve(by=lena)

    assert refusal(propose_theory, incident, by=lena) == ("not_open", False)
    assert refusal(theory.test, by=lena) == ("not_open", False)
    assert Hypothesis.objects.count() == 1


# --- Fixes ------------------------------------------------------------------------------------------


def test_a_fix_is_tried_against_a_theory_under_a_change(incident, lena, tariq):
    theory, change = propose_theory(incident, by=tariq), propose_change(incident, "ledger", by=tariq)

    attempt = try_fix(incident, by=tariq, hypothesis=theory, change=change)

    assert (attempt.key, attempt.state, attempt.by) == ("F1", "started", tariq)
    assert last_entry(incident).details == {
        "fix": attempt.pk, "key": "F1", "what": "Raise the limit", "hypothesis": "H1", "change": "C1",
    }  # fmt: skip


@pytest.mark.parametrize("state", ["worked", "did_not_work", "rolled_back"])
def test_whether_it_helped_is_said(incident, tariq, sam, state):
    attempt = try_fix(incident, by=tariq)

    entry = attempt.finish(state, by=sam, result="Errors are gone")

    attempt.refresh_from_db()
    assert (attempt.state, attempt.result, attempt.ended_at is not None) == (state, "Errors are gone", True)
    assert (entry.kind, entry.details["state"]) == ("fix_ended", state)
    assert refusal(attempt.finish, state, by=sam) == ("unchanged", False)
    assert refusal(attempt.finish, "started", by=sam) == ("fix_result", False)


def test_what_worked_is_taken_back_later(incident, tariq):
    attempt = try_fix(incident, by=tariq)
    attempt.finish("worked", by=tariq)

    assert attempt.finish("rolled_back", by=tariq).details["before"] == "worked"


def test_what_a_restricted_line_of_work_tries_belongs_to_it(incident, lena, tariq):
    stream = open_workstream(incident, by=lena)
    theory = propose_theory(incident, by=tariq, workstream=stream)

    attempt = try_fix(incident, by=tariq, hypothesis=theory)

    assert attempt.workstream == stream
    assert last_entry(incident).workstream == stream


def test_stakeholders_try_nothing(incident, lena, stan):
    attempt = try_fix(incident, by=lena)

    assert refusal(try_fix, incident, by=stan) == ("responders_only", False)
    assert refusal(attempt.finish, "worked", by=stan) == ("responders_only", False)


# --- The lead's hands -------------------------------------------------------------------------------


@pytest.fixture
def several(incident, sam):
    """Support is at work beside engineering."""
    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=sam)
    return incident


def test_a_lead_of_several_functions_with_hands_on_a_fix_is_warned(several, lena, tariq):
    try_fix(several, by=tariq)
    assert gaps(several) == []

    attempt = try_fix(several, by=lena)

    assert gaps(several) == [("Lena Fischer leads several functions and works on a fix (F2).", "F2")]
    attempt.finish("worked", by=lena)
    assert gaps(several) == []


def test_a_lead_among_engineers_may_repair(incident, lena):
    try_fix(incident, by=lena)

    assert gaps(incident) == []


def test_the_warning_goes_with_the_hat_or_with_a_reason(several, lena, tariq):
    try_fix(several, by=lena)

    entry = GuardWaiver.grant(several, "lead_hands_on", "F1", reason="Nobody else has the key", by=lena)
    assert (entry.details["waived"], gaps(several)) == (["lead_hands_on"], [])

    try_fix(several, by=lena)
    assert [subject for _, subject in gaps(several)] == ["F2"]
    RoleAssignment.assign(several, "lead", tariq, by=lena)
    assert gaps(several) == []
