"""Hats that one person must not wear together: refused in both orders, lifted by a reason, told while they are worn."""

import pytest

from incidents.guards import Facts, gaps_of
from incidents.models import FunctionActivation, GuardWaiver, RoleAssignment, Workstream
from playbooks.models import RoleDefinition, RoleExclusion
from teams.errors import Refused
from teams.models import Function, TechnicalDomain
from tests.factories import declare_incident, post_message

DATABASE = {"domain": "database"}
SPEAKER, COORDINATOR = ("communications_lead", {}), ("technical_coordinator", DATABASE)
LEAD, RESPONDER = ("lead", {}), ("responder", {})


@pytest.fixture
def incident(acme):
    """Nobody leads it, and engineering alone is at work."""
    return declare_incident(None, "Odd")


def wear(incident, role, member, *, waiver=""):
    slug, where = role
    domain = TechnicalDomain.objects.get(slug=where["domain"]) if where else None
    return RoleAssignment.take(incident, slug, by=member, domain=domain, waiver=waiver)


def engage_support(incident, sam):
    FunctionActivation.change(incident, Function.objects.get(slug="support"), "engaged", by=sam)


def told(incident):
    return {(gap.code, gap.subject) for gap in gaps_of(Facts.of(incident))}


# The first hat, the second, and the rule: in every incident, or only once support is engaged.
RULES = [
    (SPEAKER, COORDINATOR, "communications_also_technical", False),
    (COORDINATOR, SPEAKER, "communications_also_technical", False),
    (SPEAKER, RESPONDER, "communications_also_technical", False),
    (RESPONDER, SPEAKER, "communications_also_technical", False),
    (LEAD, COORDINATOR, "lead_also_coordinator", True),
    (COORDINATOR, LEAD, "lead_also_coordinator", True),
    (LEAD, SPEAKER, "lead_also_communications", True),
    (SPEAKER, LEAD, "lead_also_communications", True),
]


@pytest.mark.parametrize(("first", "second", "code", "only_across_functions"), RULES)
def test_the_second_hat_is_refused_and_a_reason_lifts_the_rule(
    incident, mei, sam, first, second, code, only_across_functions
):
    if only_across_functions:
        engage_support(incident, sam)
    wear(incident, first, mei)

    with pytest.raises(Refused) as refused:
        wear(incident, second, mei)
    assert (refused.value.code, refused.value.waivable) == (code, True)
    assert incident.roles.current().filter(membership=mei).count() == 1

    entry = wear(incident, second, mei, waiver="Nobody else is awake")
    assert (entry.details["waived"], entry.details["waiver"]) == ([code], "Nobody else is awake")
    assert GuardWaiver.objects.get(guard=code).subject == str(mei.pk)
    assert (code, str(mei.pk)) not in told(incident)


@pytest.mark.parametrize(("first", "second"), [(LEAD, COORDINATOR), (COORDINATOR, LEAD), (LEAD, SPEAKER)])
def test_within_engineering_one_person_may_do_both_until_others_come(incident, mei, sam, first, second):
    wear(incident, first, mei)
    wear(incident, second, mei)
    before = told(incident)

    engage_support(incident, sam)

    codes = {code for code, _ in told(incident) - before}
    assert codes & {"lead_also_coordinator", "lead_also_communications"}


@pytest.mark.parametrize(("first", "second"), [(COORDINATOR, RESPONDER), (LEAD, ("product", {}))])
def test_other_hats_go_together(incident, mei, sam, first, second):
    engage_support(incident, sam)

    wear(incident, first, mei)
    wear(incident, second, mei)

    assert incident.roles.current().filter(membership=mei).count() == 2


def test_whoever_works_hands_on_does_not_speak(incident, mei):
    domain = TechnicalDomain.objects.get(slug="database")
    stream = Workstream.open(incident, "Replication", by=mei, domain=domain, owner=mei).workstream

    with pytest.raises(Refused, match="Mei Tanaka works in a technical workstream") as refused:
        wear(incident, SPEAKER, mei)
    assert refused.value.code == "communications_also_technical"

    stream.change(by=mei, state="done")
    assert wear(incident, SPEAKER, mei).kind == "role_taken"


def test_whoever_speaks_and_then_writes_in_a_technical_workstream_stands_on_the_board(incident, mei, tariq):
    wear(incident, SPEAKER, mei)
    domain = TechnicalDomain.objects.get(slug="database")
    stream = Workstream.open(incident, "Replication", by=tariq, domain=domain).workstream
    assert ("communications_also_technical", str(mei.pk)) not in told(incident)

    post_message(incident, "I have restarted it.", by=mei, workstream=stream)

    gap = next(gap for gap in gaps_of(Facts.of(incident)) if gap.code == "communications_also_technical")
    assert gap.message.startswith("Mei Tanaka is communications lead and works in a technical workstream.")
    assert (gap.subject, gap.waivable) == (str(mei.pk), True)


def test_an_organisation_keeps_its_own_roles_apart(incident, ada, lena):
    scribe = RoleDefinition.add(by=ada, slug="scribe", name="Scribe")
    RoleExclusion.objects.create(role=scribe, other=RoleDefinition.objects.get(slug="lead"))
    RoleAssignment.take(incident, "scribe", by=lena)

    with pytest.raises(Refused, match="Scribe and Incident lead do not go together") as refused:
        RoleAssignment.take(incident, "lead", by=lena)
    assert (refused.value.code, refused.value.waivable) == ("roles_exclude_each_other", True)
