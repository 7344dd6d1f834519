"""Who reads what was published: responders every tier, stakeholders what is meant for outside the room."""

import pytest

from incidents.models import RoleAssignment, StatusUpdate
from tests.factories import declare_incident
from tests.incidents.pages import HTMX

BODIES = {
    "technical": {"text": "Replica lag is 40 s."},
    "coordination": {
        "current_status": "Two regions slow",
        "active_work": "Rolling back",
        "estimated_resolution": "unknown",
    },
    "leadership": {"business_impact": "None yet", "customer_effect": "Slow checkout", "expected_timeline": "unknown"},
    "customers": {"what_is_happening": "Checkout is slow.", "what_we_are_doing": "We are repairing it."},
}
OUTER = {"leadership", "customers"}


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena)
    RoleAssignment.take(incident, "communications_lead", by=mei)
    for audience, body in BODIES.items():
        StatusUpdate.publish(incident, audience, body, by=mei)
    return incident


@pytest.mark.parametrize(("who", "readable"), [("tariq", set(BODIES)), ("stan", OUTER)])
def test_everywhere_the_same_updates_are_readable(request, incident, signed_in, program, who, readable):
    member = request.getfixturevalue(who)
    page = signed_in(member).get(f"/o/acme/incidents/{incident.number}/updates/").content.decode()
    listed = program(member).get(f"/incidents/{incident.number}/updates/").json()["results"]
    timeline = program(member).get(f"/incidents/{incident.number}/timeline/?kind=update_published").json()["results"]

    first_words = {audience: next(iter(body.values())) for audience, body in BODIES.items()}
    assert {audience for audience, words in first_words.items() if words in page} == readable
    assert {update["audience"] for update in listed} == readable
    assert {entry["details"]["audience"] for entry in timeline} == readable


def test_the_room_speaks_of_no_update_that_the_reader_may_not_read(incident, signed_in, tariq, stan):
    region = f"/o/acme/incidents/{incident.number}/updates/"

    tariqs, stans = (signed_in(each).get(region, headers=HTMX).content.decode() for each in (tariq, stan))

    assert tariqs.count("<li") == 4
    assert stans.count("<li") == 2
    assert "Technical" in tariqs
    assert "Technical" not in stans


@pytest.mark.parametrize("audience", BODIES)
def test_a_single_update_follows_the_same_rule(incident, signed_in, program, stan, audience):
    update = incident.updates.get(audience=audience)
    expected = 200 if audience in OUTER else 404

    page = signed_in(stan).get(f"/o/acme/incidents/{incident.number}/updates/{update.number}/")
    answer = program(stan).get(f"/incidents/{incident.number}/updates/{update.pk}/")
    assert (page.status_code, answer.status_code) == (expected, expected)
