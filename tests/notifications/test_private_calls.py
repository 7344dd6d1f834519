"""A private incident is mailed to whoever can open it. Being on call for a function it needs is not being on it."""

from incidents.models import FunctionActivation, Participant
from notifications.models import Delivery
from notifications.tick import run
from teams.models import Function
from tests.factories import declare_incident


def states(member):
    return {(each.channel, each.state, each.reason) for each in Delivery.objects.filter(recipient=member)}


def call_support(lena):
    incident = declare_incident(lena, severity="sev1", private=True)
    run()
    return incident


def test_on_call_people_hear_nothing_of_what_they_cannot_open(lena, sam):
    incident = call_support(lena)

    assert not incident.is_visible_to(sam)
    assert {state for _, state, _ in states(sam)} == {"suppressed"}
    assert "The incident is private, and this person is not on it." in {reason for _, _, reason in states(sam)}


def test_whoever_is_brought_in_hears(lena, sam):
    incident = call_support(lena)
    Participant.join(incident, sam, by=lena)
    support = Function.objects.get(slug="support")
    FunctionActivation.change(incident, support, "waived", by=lena, reason="Not yet")
    FunctionActivation.change(incident, support, "requested", by=lena)
    run()

    assert incident.is_visible_to(sam)
    assert ("email", "accepted") in {(channel, state) for channel, state, _ in states(sam)}
