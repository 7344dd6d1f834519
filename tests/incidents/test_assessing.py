"""The first judgement: what it calls for is shown before, done after, and it is the lead's to make."""

import pytest

from incidents import consequences, kinds
from incidents.models import FunctionActivation
from playbooks.models import Criticality, IncidentType, Scope, Severity
from teams.models import Function
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, field_of, last_entry, queries_of, url_of, words_of

JUDGEMENT = {"severity": "sev1", "scope": "all", "criticality": "critical"}


@pytest.fixture
def incident(lena):
    return declare_incident(lena, "Odd things happen")


@pytest.fixture
def judge(incident, signed_in):
    def judge(member, **changes):
        return signed_in(member).post(url_of(incident, "assessment/"), JUDGEMENT | changes)

    return judge


def called_for(incident, *, severity="sev3", scope, criticality):
    severity = Severity.objects.get(slug=severity)
    return [call.function.slug for call in consequences.of_assessment(incident, severity, scope, criticality)]


# --- What a judgement calls for -----------------------------------------------------------------------


def test_a_database_outage_for_all_customers_is_full_mobilisation(incident):
    called = called_for(incident, severity="sev1", scope=Scope.ALL, criticality=Criticality.CRITICAL)

    assert called == ["engineering", "support", "product", "communications", "leadership", "sales"]


def test_a_degraded_feature_that_is_not_critical_is_engineering_and_support(incident):
    called = called_for(incident, scope=Scope.SOME, criticality=Criticality.NON_CRITICAL)

    assert called == ["engineering", "support"]


def test_what_is_unknown_counts_as_the_larger_case(incident):
    unknown = called_for(incident, scope=Scope.UNKNOWN, criticality=Criticality.UNKNOWN)
    small = called_for(incident, scope=Scope.FEW, criticality=Criticality.NON_CRITICAL)

    assert set(unknown) > set(small)


def test_the_type_adds_what_it_needs(lena):
    incident = declare_incident(lena, "Odd", incident_type=IncidentType.objects.get(slug="security"))

    assert "legal" in called_for(incident, scope=Scope.NONE, criticality=Criticality.NON_CRITICAL)


def test_what_is_foretold_is_what_happens(incident, judge, lena):
    foretold = called_for(incident, severity="sev1", scope=Scope.ALL, criticality=Criticality.CRITICAL)
    judge(lena)

    requested = incident.functions.filter(state="requested").values_list("function__slug", flat=True)
    assert set(requested) == set(foretold)


def test_the_preview_follows_what_is_chosen_and_saves_nothing(incident, lena, signed_in):
    preview = url_of(incident, "assessment/preview/")

    large = signed_in(lena).post(preview, JUDGEMENT, headers=HTMX)
    small = signed_in(lena).post(preview, JUDGEMENT | {"scope": "none", "criticality": "non_critical"}, headers=HTMX)

    incident.refresh_from_db()
    assert "Sales will be asked now" in words_of(large)
    assert "Sales" not in words_of(small)
    assert "Engineering requested already" in words_of(small)
    assert (incident.assessed_at, incident.scope, last_entry(incident).kind) == (
        None,
        Scope.UNKNOWN,
        kinds.FUNCTION_REQUESTED.name,
    )


def test_without_scripts_the_preview_is_the_page_with_everything_kept(incident, lena, signed_in):
    response = signed_in(lena).post(url_of(incident, "assessment/preview/"), JUDGEMENT)

    assert response.status_code == 200
    assert "Sales will be asked now" in words_of(response)
    assert response.context["form"]["scope"].value() == "all"


# --- Judging --------------------------------------------------------------------------------------------


def test_the_lead_judges(incident, judge, lena):
    response = judge(lena, functions=["finance"])

    incident.refresh_from_db()
    entry = incident.timeline.get(kind=kinds.ASSESSED.name)
    assert response.url == incident.get_absolute_url()
    assert (incident.severity.slug, incident.scope, incident.criticality) == ("sev1", "all", "critical")
    assert incident.assessed_at is not None
    assert entry.details["functions"][-1] == "finance"
    assert incident.functions.get(function__slug="finance").state == "requested"
    assert not incident.obligations.live().filter(kind="assessment").exists()


def test_a_function_that_was_waived_stays_waived(incident, judge, lena):
    function = Function.objects.get(slug="support")
    FunctionActivation.change(incident, function, "waived", by=lena, reason="Nobody outside notices")

    judge(lena)

    assert incident.functions.get(function=function).state == "waived"


def test_somebody_else_says_why(incident, judge, tariq):
    refused = judge(tariq, scope="many")
    waived = judge(tariq, scope="many", waiver="Lena cannot be reached")

    incident.refresh_from_db()
    assert refused.status_code == 409
    assert "Only the incident lead assesses." in words_of(refused)
    assert "<textarea" in field_of(refused, "waiver")
    assert refused.context["form"]["scope"].value() == "many"
    assert waived.status_code == 302
    assert incident.timeline.get(kind=kinds.ASSESSED.name).details["waiver"] == "Lena cannot be reached"


def test_the_timeline_shows_the_waiver(incident, judge, tariq, lena, signed_in):
    judge(tariq, waiver="Lena cannot be reached")

    assert "Rule waived Lena cannot be reached" in words_of(signed_in(lena).get(url_of(incident, "timeline/")))


@pytest.mark.parametrize("wrong", [{"severity": "sev9"}, {"scope": ""}, {"criticality": "rather"}])
def test_what_makes_no_sense_is_sent_back(incident, judge, lena, wrong):
    response = judge(lena, **wrong)

    incident.refresh_from_db()
    assert response.status_code == 422
    assert incident.assessed_at is None


def test_what_is_over_is_not_judged(incident, judge, lena):
    incident.resolve(by=lena)

    response = judge(lena)

    assert response.status_code == 409
    assert "INC-1 is resolved. Reopen it first." in words_of(response)


def test_a_stakeholder_is_told_kindly(incident, judge, stan, signed_in):
    page = signed_in(stan).get(url_of(incident, "assessment/"))
    response = judge(stan)

    incident.refresh_from_db()
    assert "You follow incidents as a stakeholder" in words_of(page)
    assert field_of(page, "scope") is None
    assert response.status_code == 409
    assert "Stakeholders read; ask a responder." in words_of(response)
    assert incident.assessed_at is None


def test_outsiders_and_those_who_may_not_see_it_find_nothing(tariq, sam, omar, signed_in):
    incident = declare_incident(tariq, private=True)
    addresses = [url_of(incident, "assessment/"), url_of(incident, "assessment/preview/")]

    answers = {signed_in(member).post(each, JUDGEMENT).status_code for member in (sam, omar) for each in addresses}

    assert answers == {404}
    assert signed_in(tariq).post(addresses[0], JUDGEMENT).status_code == 302


def test_the_page_costs_the_same_however_many_functions_are_called(incident, judge, lena, signed_in):
    browser = signed_in(lena)
    browser.get(url_of(incident, "assessment/"))
    few = queries_of(lambda: browser.get(url_of(incident, "assessment/")))
    judge(lena, functions=["finance", "legal", "privacy"])
    many = queries_of(lambda: browser.get(url_of(incident, "assessment/")))

    assert few == many
