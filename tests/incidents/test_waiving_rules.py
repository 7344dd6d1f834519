"""Rules are lifted by name and with a reason: a gap that need not be filled, and an act that breaks one."""

import pytest

from incidents.guards import Breach, Facts, check, gaps_of
from incidents.models import FunctionActivation, GuardWaiver
from teams.errors import Refused
from teams.models import Function
from tests.factories import declare_incident

RULES = [
    Breach("first_rule", "The first rule.", subject="1"),
    None,
    Breach("second_rule", "The second rule."),
]


@pytest.fixture
def incident(lena):
    incident = declare_incident(lena, "Odd")
    FunctionActivation.change(incident, Function.objects.get(slug="finance"), "requested", by=lena)
    return incident


def codes(incident):
    return {(gap.code, gap.subject) for gap in gaps_of(Facts.of(incident))}


def test_a_gap_is_settled_with_a_reason(incident, tariq):
    assert ("required_function_not_engaged", "finance") in codes(incident)

    entry = GuardWaiver.grant(
        incident, "required_function_not_engaged", "finance", reason="No money moves", by=tariq
    )  # fmt: skip

    assert ("required_function_not_engaged", "finance") not in codes(incident)
    assert (entry.kind, entry.actor, entry.details) == (
        "guard_waived",
        tariq,
        {
            "guard": "required_function_not_engaged",
            "subject": "finance",
            "gap": "Finance is called for and not engaged.",
            "waiver": "No money moves",
            "waived": ["required_function_not_engaged"],
        },
    )


@pytest.mark.parametrize(
    "guard, subject, reason, code",
    [
        ("required_function_not_engaged", "finance", "", "reason_required"),
        ("required_function_not_engaged", "legal", "Because", "unchanged"),
        ("no_lead", "", "Because", "not_waivable"),
    ],
)
def test_what_cannot_be_waived(incident, lena, guard, subject, reason, code):
    incident.roles.current().get(role="lead").stand_down(by=lena)

    with pytest.raises(Refused) as refused:
        GuardWaiver.grant(incident, guard, subject, reason=reason, by=lena)

    assert refused.value.code == code
    assert not GuardWaiver.objects.exists()


def test_a_stakeholder_waives_nothing(incident, stan):
    with pytest.raises(Refused) as refused:
        GuardWaiver.grant(incident, "required_function_not_engaged", "finance", reason="Because", by=stan)

    assert refused.value.code == "responders_only"


def test_an_act_that_breaks_no_rule_goes_through(incident, lena):
    assert check(incident, [None], by=lena, waiver="") == {}
    assert not GuardWaiver.objects.exists()


def test_an_act_that_breaks_rules_names_them_all_and_offers_the_waiver(incident, lena):
    with pytest.raises(Refused) as refused:
        check(incident, RULES, by=lena, waiver="")

    assert (refused.value.code, refused.value.sentence, refused.value.waivable) == (
        "first_rule",
        "The first rule. The second rule.",
        True,
    )

    with pytest.raises(Refused) as final:
        check(incident, RULES, by=lena, waiver=None)
    assert not final.value.waivable


def test_a_reason_lifts_all_the_rules_of_an_act(incident, lena):
    details = check(incident, RULES, by=lena, waiver="Two of us are here")

    assert details == {"waiver": "Two of us are here", "waived": ["first_rule", "second_rule"]}
    assert list(GuardWaiver.objects.in_order().values_list("guard", "subject", "reason", "granted_by")) == [
        ("first_rule", "1", "Two of us are here", lena.pk),
        ("second_rule", "", "Two of us are here", lena.pk),
    ]
