"""Parallel lines of work: opening them, naming them, saying how they go."""

import pytest

from incidents.models import FunctionActivation, Workstream
from teams.models import Function, TechnicalDomain
from tests.factories import declare_incident, open_workstream


def url_of(incident, rest=""):
    return f"/o/acme/incidents/{incident.number}/workstreams/{rest}"


def test_a_responder_opens_a_workstream_and_lands_in_its_thread(lena, tariq, signed_in):
    incident = declare_incident(lena)
    backend = TechnicalDomain.objects.get(slug="backend")

    answer = signed_in(tariq).post(url_of(incident), {"title": "Roll back", "domain": backend.pk, "owner": tariq.pk})

    opened = incident.workstreams.get(title="Roll back")
    assert (opened.domain, opened.owner, opened.state) == (backend, tariq, "working")
    assert answer.url == f"/o/acme/incidents/1/?stream={opened.pk}"
    assert f'id="tab-{opened.pk}"' in signed_in(lena).get("/o/acme/incidents/1/").content.decode()


def test_a_title_is_enough(lena, signed_in):
    incident = declare_incident(lena)

    signed_in(lena).post(url_of(incident), {"title": "Roll back"})

    assert [stream.title for stream in incident.workstreams.in_order()] == ["General", "Roll back"]


def test_without_a_title_the_form_comes_back_with_what_was_chosen(lena, tariq, signed_in):
    incident = declare_incident(lena)

    answer = signed_in(lena).post(url_of(incident), {"title": "", "owner": tariq.pk})

    assert answer.status_code == 422
    assert f'<option value="{tariq.pk}" selected>' in answer.content.decode()
    assert incident.workstreams.count() == 1


def test_htmx_gets_a_dialog_and_then_a_nudge(lena, signed_in):
    incident = declare_incident(lena)
    browser = signed_in(lena)

    dialog = browser.get(url_of(incident), headers={"HX-Request": "true"})
    answer = browser.post(url_of(incident), {"title": "Roll back"}, headers={"HX-Request": "true"})

    assert "<open-dialog>" in dialog.content.decode()
    opened = incident.workstreams.get(title="Roll back")
    assert answer.status_code == 204
    assert answer["HX-Trigger"] == f"live-streams, live-gaps, live-lines, live-timeline, live-stream-{opened.pk}, acted"


def test_nobody_opens_one_in_an_incident_that_is_over(lena, signed_in):
    incident = declare_incident(lena)
    incident.resolve(by=lena)

    answer = signed_in(lena).post(url_of(incident), {"title": "Roll back"})

    assert answer.status_code == 409
    assert "INC-1 is resolved. Reopen it first." in answer.content.decode()
    assert 'value="Roll back"' in answer.content.decode()


def test_stakeholders_and_outsiders_find_no_workstreams(lena, stan, omar, signed_in):
    incident = declare_incident(lena)
    stream = incident.workstreams.get()

    for rest in ("", f"{stream.pk}/"):
        assert signed_in(lena).get(url_of(incident, rest)).status_code == 200
        assert signed_in(stan).get(url_of(incident, rest)).status_code == 404
        assert signed_in(omar).get(url_of(incident, rest)).status_code == 404


def test_a_stakeholder_cannot_own_a_workstream(lena, stan, signed_in):
    incident = declare_incident(lena)

    answer = signed_in(lena).post(url_of(incident), {"title": "Roll back", "owner": stan.pk})

    assert answer.status_code == 422
    assert incident.workstreams.count() == 1


def test_a_member_of_globex_cannot_own_a_workstream(lena, omar, signed_in):
    incident = declare_incident(lena)

    assert signed_in(lena).post(url_of(incident), {"title": "Roll back", "owner": omar.pk}).status_code == 422


def test_a_workstream_is_blocked_and_given_to_somebody(lena, tariq, signed_in):
    incident = declare_incident(lena)
    stream = open_workstream(incident, "Roll back", by=lena)

    signed_in(tariq).post(
        url_of(incident, f"{stream.pk}/"), {"title": "Roll back", "state": "blocked", "owner": tariq.pk}
    )

    stream.refresh_from_db()
    assert (stream.state, stream.owner) == ("blocked", tariq)
    page = signed_in(lena).get(f"/o/acme/incidents/1/?stream={stream.pk}").content.decode()
    assert "blocked</span>" in page
    assert "owned by Tariq Haddad" in page


def test_a_change_that_changes_nothing_is_refused_in_words(lena, signed_in):
    incident = declare_incident(lena)
    stream = incident.workstreams.get()

    answer = signed_in(lena).post(url_of(incident, f"{stream.pk}/"), {"title": "General", "state": "working"})

    assert answer.status_code == 409
    assert "Nothing was changed." in answer.content.decode()


def test_a_workstream_of_another_incident_is_not_found(lena, signed_in):
    first, second = declare_incident(lena), declare_incident(lena)
    foreign = first.workstreams.get()

    answer = signed_in(lena).post(url_of(second, f"{foreign.pk}/"), {"title": "Mine", "state": "done"})

    assert answer.status_code == 404
    assert Workstream.objects.get(pk=foreign.pk).title == "General"


def test_the_owner_starts_in_their_own_workstream(lena, tariq, signed_in):
    incident = declare_incident(lena)
    own = open_workstream(incident, "Roll back", by=lena, owner=tariq)
    general = incident.workstreams.in_order().first()

    assert f'data-stream="{own.pk}"' in signed_in(tariq).get("/o/acme/incidents/1/").content.decode()
    assert f'data-stream="{general.pk}"' in signed_in(lena).get("/o/acme/incidents/1/").content.decode()


@pytest.mark.parametrize(
    ("function", "kind"),
    [("engineering", "cause"), ("support", "impact"), ("communications", "messages"), ("product", "priorities")],
)
def test_a_function_that_is_engaged_brings_its_line_of_work_once(lena, tariq, sam, function, kind):
    incident = declare_incident(lena, severity="sev4")
    function = Function.objects.get(slug=function)
    whose = next((each for each in (tariq, sam) if each.function_id == function.pk), None)

    for state in ("engaged", "stood_down", "requested", "engaged"):
        if not incident.functions.filter(function=function, state=state).exists():
            FunctionActivation.change(incident, function, state, by=whose if whose and state == "engaged" else lena)

    line = incident.workstreams.get(kind=kind)
    assert (line.owner, line.state) == (whose, "working")
