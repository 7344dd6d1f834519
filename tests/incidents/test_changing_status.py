"""Along the life of an incident: the next step, the end with what is still loose, and back again."""

from datetime import timedelta

import pytest

from incidents import kinds
from incidents.loose_ends import loose_ends
from incidents.models import RoleAssignment, StatusUpdate
from tests.factories import add_task, ask_question, declare_incident, fire_alert, open_workstream, raise_finding
from tests.incidents.pages import field_of, last_entry, url_of, words_of

COORDINATION = {"current_status": "Down.", "active_work": "Rolling back.", "estimated_resolution": "unknown"}


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def act(incident, signed_in):
    def act(member, page, **fields):
        return signed_in(member).post(url_of(incident, page), fields)

    return act


def status_of(incident):
    incident.refresh_from_db()
    return incident.status


# --- Steps ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "offered", "preset"),
    [
        ([], ["identified", "monitoring", "declined"], "identified"),
        (["identified"], ["investigating", "monitoring", "declined"], "monitoring"),
        (["resolved"], ["investigating", "identified", "monitoring", "closed"], "closed"),
        (["resolved", "closed"], ["investigating"], "investigating"),
    ],
)
def test_what_is_possible_from_here_is_offered_the_likely_next_one_first(
    incident, lena, signed_in, steps, offered, preset
):
    for status in steps:
        incident.change_status(status, by=lena)

    form = signed_in(lena).get(url_of(incident, "status/")).context["form"]

    assert [value for value, _ in form.fields["status"].choices] == offered
    assert form["status"].value() == preset


def test_the_address_may_name_the_status(incident, lena, signed_in):
    form = signed_in(lena).get(url_of(incident, "status/?to=declined")).context["form"]
    nonsense = signed_in(lena).get(url_of(incident, "status/?to=odd")).context["form"]

    assert (form["status"].value(), nonsense["status"].value()) == ("declined", "identified")


def test_the_lead_moves_it_along(incident, act, lena):
    response = act(lena, "status/", status="identified", reason="It is the gateway")

    assert response.url == incident.get_absolute_url()
    assert status_of(incident) == "identified"
    assert last_entry(incident).details == {
        "before": "investigating",
        "after": "identified",
        "reason": "It is the gateway",
    }


def test_somebody_else_says_why(incident, act, tariq):
    refused = act(tariq, "status/", status="monitoring", reason="Fix is out")
    waived = act(tariq, "status/", status="monitoring", reason="Fix is out", waiver="Lena handed it to me on the phone")

    assert refused.status_code == 409
    assert 'value="Fix is out"' in field_of(refused, "reason")
    assert waived.status_code == 302
    assert last_entry(incident).details["waiver"] == "Lena handed it to me on the phone"


def test_what_is_not_possible_from_here_is_sent_back(incident, act, lena):
    assert act(lena, "status/", status="closed").status_code == 422
    assert act(lena, "status/", status="odd").status_code == 422
    assert act(lena, "status/").status_code == 422
    assert status_of(incident) == "investigating"


def test_a_false_alarm_is_declined_and_its_clocks_stop(incident, act, lena):
    act(lena, "status/", status="declined", reason="A test account")

    assert status_of(incident) == "declined"
    assert not incident.obligations.live().exists()


# --- The end ----------------------------------------------------------------------------------------------


def test_resolving_warns_of_what_is_loose_and_still_works(incident, act, lena, mei, signed_in):
    fire_alert().attach_to(incident, by=lena)
    open_workstream(incident, "Roll back the gateway", by=lena)

    page = words_of(signed_in(lena).get(url_of(incident, "resolution/")))
    response = act(lena, "resolution/", reason="Rolled back to 5.1")

    assert "Technical: nothing was published yet" in page
    assert "Nobody is communications lead" in page
    assert "Roles that are still held: Lena Fischer (incident lead)" in page
    assert "Asked for and never here: Engineering, Support" in page
    assert "Workstreams that are not done: Roll back the gateway" in page
    assert "1 alert is still firing" in page
    assert "None of this stops you." in page
    assert response.status_code == 302
    assert status_of(incident) == "resolved"
    assert last_entry(incident).details["reason"] == "Rolled back to 5.1"


def test_an_audience_that_heard_before_the_last_turn_is_waiting(incident, lena, mei):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei)
    told = [end.audience for end in loose_ends(incident, lena) if end.audience]
    incident.change_status("monitoring", by=lena)
    turned = {end.audience: end.since for end in loose_ends(incident, lena) if end.audience}

    assert told == ["technical"]
    assert list(turned) == ["technical", "coordination"]
    assert turned["coordination"] == StatusUpdate.objects.get().published_at


def test_with_everything_told_only_the_hats_are_left(incident, lena, mei):
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    incident.functions.all().delete()
    for task in incident.tasks.filter(phase="now"):
        task.done(by=lena)
    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei)
    StatusUpdate.publish(incident, "technical", {"text": "Rolled back."}, by=lena)

    assert [end.sentence for end in loose_ends(incident, lena)] == [
        "Roles that are still held: Lena Fischer (incident lead), Mei Tanaka (communications lead)"
    ]


def test_work_that_is_left_is_a_loose_end(incident, lena, tariq, stan):
    for task in incident.tasks.filter(phase="now"):
        task.done(by=lena)
    add_task(incident, by=lena)
    raise_finding(incident, by=tariq)
    ask_question(incident, by=stan)

    sentences = [end.sentence for end in loose_ends(incident, lena)]

    assert {
        "Tasks that are open: T10 Drain the queue",
        "Findings that nobody has acknowledged: F1",
        "Questions without an answer: Q1",
    } <= set(sentences)


def test_resolving_twice_is_refused(incident, act, lena, signed_in):
    act(lena, "resolution/")

    response = act(lena, "resolution/", reason="Once more")

    assert response.status_code == 409
    assert "The incident is resolved already." in words_of(response)
    assert 'value="Once more"' in field_of(response, "reason")
    assert incident.timeline.filter(kind=kinds.RESOLVED.name).count() == 1


def test_somebody_else_resolves_with_a_reason(incident, act, tariq):
    assert act(tariq, "resolution/").status_code == 409
    assert act(tariq, "resolution/", waiver="Lena lost her connection").status_code == 302
    assert status_of(incident) == "resolved"


def test_what_was_resolved_is_reopened_and_its_clocks_run_again(incident, act, lena):
    incident.resolve(by=lena)

    response = act(lena, "reopening/", reason="It fails again")

    assert response.status_code == 302
    assert status_of(incident) == "investigating"
    assert incident.resolved_at is None
    assert incident.obligations.live().filter(kind="update").count() == 2
    assert last_entry(incident).kind == kinds.REOPENED.name


def test_what_is_open_is_not_reopened(incident, act, lena):
    assert act(lena, "reopening/").status_code == 409
    assert act(lena, "status/", status="monitoring").status_code == 302
    assert act(lena, "reopening/").status_code == 409


def test_a_resolved_incident_is_closed(incident, act, lena):
    incident.resolve(by=lena)

    act(lena, "status/", status="closed")

    incident.refresh_from_db()
    assert (incident.status, incident.closed_at is not None) == ("closed", True)
    assert incident.closed_at - incident.resolved_at < timedelta(minutes=1)


# --- Details ------------------------------------------------------------------------------------------------


def test_details_are_corrected(incident, act, tariq):
    response = act(
        tariq, "details/", title="Checkout fails in Europe", summary="Since noon.", incident_type="payment",
        services=["checkout"],
    )  # fmt: skip

    incident.refresh_from_db()
    assert response.status_code == 302
    assert (incident.title, incident.summary, incident.incident_type.slug) == (
        "Checkout fails in Europe",
        "Since noon.",
        "payment",
    )
    assert [service.slug for service in incident.services.all()] == ["checkout"]
    assert "finance" in incident.functions.values_list("function__slug", flat=True)


def test_the_form_of_details_starts_as_they_are(incident, lena, signed_in):
    response = signed_in(lena).get(url_of(incident, "details/"))

    assert f'value="{incident.title}"' in field_of(response, "title")


def test_correcting_nothing_is_refused_and_an_empty_title_is_sent_back(incident, act, lena):
    same = act(lena, "details/", title=incident.title, incident_type="payment")
    empty = act(lena, "details/", title="", summary="Kept.", incident_type="payment")

    assert (same.status_code, empty.status_code) == (409, 422)
    assert "Nothing was changed." in words_of(same)
    assert "Kept." in empty.content.decode()


# --- Who may not --------------------------------------------------------------------------------------------


PAGES = [
    ("status/", {"status": "identified"}),
    ("resolution/", {}),
    ("reopening/", {}),
    ("details/", {"title": "Mine", "incident_type": "payment"}),
]


@pytest.mark.parametrize(("page", "fields"), PAGES)
def test_a_stakeholder_is_told_kindly(incident, act, stan, signed_in, page, fields):
    form = signed_in(stan).get(url_of(incident, page))
    response = act(stan, page, **fields)

    assert "You follow incidents as a stakeholder" in words_of(form)
    assert response.status_code == 409
    assert status_of(incident) == "investigating"


@pytest.mark.parametrize(("page", "fields"), PAGES)
def test_outsiders_and_those_who_may_not_see_it_find_nothing(tariq, sam, omar, signed_in, page, fields):
    address = url_of(declare_incident(tariq, private=True), page)

    assert signed_in(tariq).get(address).status_code == 200
    assert {signed_in(member).post(address, fields).status_code for member in (sam, omar)} == {404}
