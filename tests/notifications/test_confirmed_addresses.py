"""Mail goes only where somebody has shown that the address is theirs; the log says why it did not."""

import pytest

from incidents.models import RoleAssignment
from notifications.models import Delivery
from notifications.tick import run
from teams.models import Function, Membership, Person
from tests.factories import declare_incident


@pytest.fixture
def newcomer(acme):
    person = Person.objects.create_user("nora@acme.test", "secret words", name="Nora Weiss")
    return Membership.objects.create(
        person=person, function=Function.objects.get(slug="engineering"), phone="+4915112345677"
    )


def told(member, lena):
    """What became of everything that tells a member of being given the lead, by channel."""
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "lead", member, by=lena)
    run()
    return {each.channel: (each.state, each.reason) for each in Delivery.objects.filter(recipient=member)}


def test_an_address_that_nobody_confirmed_gets_no_mail(newcomer, lena):
    state, reason = told(newcomer, lena)["email"]

    assert state == "suppressed"
    assert reason.startswith("Not confirmed")


def test_a_confirmed_address_gets_its_mail(newcomer, lena):
    newcomer.person.confirm_email()

    assert told(newcomer, lena)["email"][0] == "accepted"
