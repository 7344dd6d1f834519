"""The people of an incident over the API: brought in, invited, released with thanks, called back."""

import pytest

from playbooks.models import Severity
from teams.models import Team
from tests.factories import declare_incident


@pytest.fixture
def path(lena):
    return f"/incidents/{declare_incident(lena, severity='sev1').number}/"


@pytest.fixture
def api(lena, program):
    return program(lena)


@pytest.fixture
def platform(lena, tariq, stan):
    team = Team.objects.create(slug="platform", name="Platform", function=lena.function)
    team.consist_of([lena, tariq, stan], by=lena)
    return team


def test_a_participant_says_since_when_and_how_present(api, path):
    (own,) = api.get(f"{path}participants/").json()["results"]

    assert (own["member"], own["capacity"], own["presence"], own["released_at"]) == (
        "lena@acme.test",
        "active",
        "gone",
        None,
    )
    assert own["since"] == own["joined_at"]


def test_a_full_room_wants_a_reason(api, path):
    Severity.objects.update(participant_cap=1)
    api.put(f"{path}functions/support/", {"state": "waived", "reason": "Nobody called"})

    refused = api.post(f"{path}participants/", {"member": "sam@acme.test"})
    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (409, "participant_cap", True)

    joined = api.post(f"{path}participants/", {"member": "sam@acme.test", "waiver": "He knows them"})
    assert (joined.status_code, joined.json()["capacity"]) == (201, "active")


def test_a_team_is_refused_and_the_answer_says_what_goes_through(api, path, platform):
    refused = api.post(f"{path}participants/", {"team": "platform"})
    assert (refused.status_code, refused.json()["code"], refused.json()["waivable"]) == (
        409,
        "department_bulk_add",
        False,
    )
    assert "follower" in refused.json()["detail"]
    assert refused.json()["offers"] == ["follower"]

    follows = api.post(f"{path}participants/", {"team": "platform", "capacity": "follower"})
    assert (follows.status_code, follows.json()["count"]) == (202, 2)
    people = {each["member"]: each["capacity"] for each in api.get(f"{path}participants/").json()["results"]}
    assert people == {"lena@acme.test": "active", "tariq@acme.test": "follower", "stan@acme.test": "follower"}


@pytest.mark.parametrize(
    "body",
    [{}, {"team": "platform", "member": "sam@acme.test"}, {"team": "of-nobody", "capacity": "follower"}],
)
def test_what_makes_no_sense(api, path, platform, body):
    assert api.post(f"{path}participants/", body).status_code == 422


def test_release_with_thanks_and_recall(api, path):
    joined = api.post(f"{path}participants/", {"member": "sam@acme.test"}).json()
    own = f"{path}participants/{joined['id']}/"

    assert api.delete(f"{own}?thanks=You%20found%20it").status_code == 204
    entry = api.get(f"{path}timeline/?kind=participant_left").json()["results"][0]
    assert (entry["details"]["thanks"], entry["details"]["follows"]) == ("You found it", True)

    recalled = api.post(f"{own}recall/")
    assert (recalled.status_code, recalled.json()["capacity"], recalled.json()["released_at"]) == (200, "active", None)
    assert api.post(f"{own}recall/").json()["code"] == "unchanged"

    assert api.delete(f"{own}?follows=false").status_code == 204
    assert [each["member"] for each in api.get(f"{path}participants/").json()["results"]] == ["lena@acme.test"]
    assert api.delete(own).json()["code"] == "unchanged"


def test_an_invitation_is_accepted(api, path, sam, program):
    sent = api.post(f"{path}invitations/", {"member": "sam@acme.test", "reason": "Big customers call"})
    assert (sent.status_code, sent.json()["state"], sent.json()["function"]) == (201, "requested", "support")
    own = f"{path}invitations/{sent.json()['id']}/"
    assert api.post(f"{path}invitations/", {"member": "sam@acme.test"}).json()["code"] == "unchanged"
    assert api.post(f"{own}acceptance/").json()["code"] == "invited_only"

    accepted = program(sam).post(f"{own}acceptance/")

    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert "sam@acme.test" in [each["member"] for each in api.get(f"{path}participants/").json()["results"]]
    assert api.get(own).json()["answered_at"] is not None


def test_an_invitation_is_declined_or_taken_back(api, path, sam, mei, program):
    first = api.post(f"{path}invitations/", {"member": "sam@acme.test"}).json()["id"]
    second = api.post(f"{path}invitations/", {"member": "mei@acme.test", "role": "communications_lead"}).json()["id"]

    declined = program(sam).post(f"{path}invitations/{first}/refusal/", {"reason": "Asleep"})
    assert (declined.status_code, declined.json()["answer"]) == (200, "Asleep")
    assert api.delete(f"{path}invitations/{second}/").status_code == 204
    assert api.delete(f"{path}invitations/{second}/").json()["code"] == "answered"

    states = [each["state"] for each in api.get(f"{path}invitations/").json()["results"]]
    assert states == ["withdrawn", "declined"]


def test_a_function_stands_down_with_its_people(api, path, sam):
    api.post(f"{path}participants/", {"member": "sam@acme.test"})
    api.put(f"{path}functions/support/", {"state": "engaged"})

    api.put(f"{path}functions/support/", {"state": "stood_down", "release": True, "thanks": "Well done"})

    people = {each["member"]: each["capacity"] for each in api.get(f"{path}participants/").json()["results"]}
    assert people["sam@acme.test"] == "follower"
