"""Declaring an incident: what it needs, what it starts, and that it happens once."""

import pytest

from incidents import kinds
from incidents.models import Incident, Obligation
from playbooks.models import IncidentType
from tests.factories import declare_incident


def test_a_title_is_enough(lena):
    incident = declare_incident(lena, "Something is odd")

    assert (incident.number, incident.severity.slug, incident.status) == (1, "sev3", "investigating")
    assert incident.holder_of("lead") == lena
    assert [stream.title for stream in incident.workstreams.all()] == ["General"]


def test_the_first_entry_is_the_declaration(lena):
    incident = declare_incident(lena, "Something is odd", severity="sev2")

    first = incident.timeline.in_order().first()
    assert (first.number, first.kind, first.actor) == (1, kinds.DECLARED.name, lena)
    assert first.details == {"title": "Something is odd", "severity": "sev2", "playbook": "General response v1"}


@pytest.mark.parametrize(
    ("slug", "needed"),
    [
        ("payment", {"engineering", "support", "finance"}),
        ("security", {"engineering", "support", "legal"}),
        ("customer-data", {"engineering", "support", "compliance", "privacy"}),
    ],
)
def test_the_type_decides_which_functions_are_requested(lena, slug, needed):
    incident = declare_incident(lena, "Odd", incident_type=IncidentType.objects.get(slug=slug))

    requested = incident.functions.filter(state="requested").values_list("function__slug", flat=True)
    assert set(requested) == needed


def test_the_type_is_guessed_from_the_title(lena):
    assert declare_incident(lena, "Card payments time out").incident_type.slug == "payment"
    assert declare_incident(lena, "The office plant is dry").incident_type is None


def test_the_clocks_start_with_the_declaration(lena):
    incident = declare_incident(lena, severity="sev1")

    minutes = {o.audience or o.kind: (o.due_at - incident.declared_at).seconds // 60 for o in Obligation.objects.all()}
    assert minutes == {
        "assessment": 5,
        "technical": 15,
        "coordination": 15,
        "leadership": 60,
        # The first word is owed sooner than the next ones.
        "customers": 10,
        # Support was called for, and nobody is its liaison; whoever declared leads.
        "vacancy": 5,
        "long_duty": 240,
    }


def test_the_same_key_declares_once(lena):
    first = declare_incident(lena, key="a-double-click")
    second = declare_incident(lena, key="a-double-click")

    assert first == second
    assert Incident.objects.count() == 1


def test_an_incident_declared_by_an_alert_has_no_lead(acme):
    assert declare_incident(None).holder_of("lead") is None


def test_a_stakeholder_may_declare_but_does_not_lead(stan):
    incident = declare_incident(stan)

    assert incident.holder_of("lead") is None
    assert incident.participants.get().capacity == "follower"
