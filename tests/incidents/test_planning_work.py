"""Lines of work beside each other: what each waits for, who answers for it, and what is started twice."""

import pytest

from incidents.guards import Facts, gaps_of
from incidents.models import FunctionActivation, Workstream, WorkstreamDependency
from teams.errors import Refused
from teams.models import Function, Service, TechnicalDomain
from teams.tenancy import acting_in
from tests.factories import declare_incident, open_workstream
from tests.incidents.pages import all_at_once
from tests.listening import at_once, member


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


@pytest.fixture
def frontend(incident, lena, sam):
    return open_workstream(incident, "Frontend", by=lena, owner=sam)


@pytest.fixture
def backend(incident, lena, tariq):
    return open_workstream(incident, "Backend", by=lena, owner=tariq)


def state_of(workstream):
    workstream.refresh_from_db()
    return workstream.state


def refusal(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value


# --- The four that run side by side -------------------------------------------------------------------


def test_a_function_that_joins_brings_its_line_of_work(incident, tariq, sam):
    tariq.domain = TechnicalDomain.objects.get(slug="backend")
    tariq.save(update_fields=["domain"])
    for slug, by in (("engineering", tariq), ("support", sam), ("legal", None)):
        FunctionActivation.change(incident, Function.objects.get(slug=slug), "engaged", by=by)

    opened = incident.workstreams.in_order()

    assert [(stream.title, stream.kind, stream.owner, stream.domain) for stream in opened] == [
        ("General", "other", None, None),
        ("Find the cause", "cause", tariq, tariq.domain),
        ("Understand the impact", "impact", sam, None),
    ]


def test_it_is_brought_once(incident, tariq, lena):
    engineering = Function.objects.get(slug="engineering")
    open_workstream(incident, "Why cards fail", by=lena, kind="cause")

    for state in ("engaged", "stood_down", "engaged"):
        FunctionActivation.change(incident, engineering, state, by=lena)

    assert [stream.title for stream in incident.workstreams.in_order()] == ["General", "Why cards fail"]


# --- Waiting for each other ------------------------------------------------------------------------------


def test_one_waits_for_the_other_until_that_is_done(frontend, backend, sam, tariq):
    entry = WorkstreamDependency.add(frontend, backend, by=sam, reason="It needs the new endpoint")

    assert (entry.kind, entry.workstream, entry.beside) == ("workstream_blocked", frontend, backend)
    assert entry.details == {
        "dependency": WorkstreamDependency.objects.get().pk,
        "waiting": "Frontend",
        "blocking": "Backend",
        "reason": "It needs the new endpoint",
        "told_members": [tariq.pk],
    }
    assert state_of(frontend) == "blocked"

    backend.change(by=tariq, state="done")

    settled = frontend.incident.timeline.latest_first().first()
    assert (settled.kind, settled.details["told_members"]) == ("workstream_unblocked", [sam.pk])
    assert state_of(frontend) == "working"
    assert not WorkstreamDependency.objects.live().exists()


def test_it_goes_on_only_when_nothing_holds_it_up(frontend, backend, incident, lena, sam):
    data = open_workstream(incident, "Data", by=lena, owner=lena)
    WorkstreamDependency.add(frontend, backend, by=sam)
    WorkstreamDependency.add(frontend, data, by=sam)

    backend.change(by=lena, state="done")
    assert state_of(frontend) == "blocked"
    WorkstreamDependency.objects.live().get().resolve(by=sam)
    assert state_of(frontend) == "working"


def test_what_nobody_owns_tells_the_lead(frontend, incident, lena, sam):
    loose = open_workstream(incident, "Loose", by=lena)

    entry = WorkstreamDependency.add(frontend, loose, by=sam)

    assert (entry.details["told"], entry.details.get("told_members")) == (["lead"], None)


def test_a_circle_is_refused_by_name(frontend, backend, incident, lena):
    data = open_workstream(incident, "Data", by=lena)
    WorkstreamDependency.add(frontend, backend, by=lena)
    WorkstreamDependency.add(backend, data, by=lena)

    refused = refusal(lambda: WorkstreamDependency.add(data, frontend, by=lena))

    assert (refused.code, refused.sentence) == (
        "dependency_cycle",
        "That is a circle: “Data” waits for “Frontend”, which waits for “Backend”, which waits for “Data”.",
    )
    itself = refusal(lambda: WorkstreamDependency.add(data, data, by=lena))
    assert (itself.code, itself.sentence) == ("dependency_cycle", "“Data” cannot wait for itself.")


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (lambda one, other, by: WorkstreamDependency.add(one, other, by=by), "unchanged"),
        (lambda one, other, by: other.change(by=by, state="done"), "workstream_done"),
    ],
)
def test_what_cannot_be_waited_for(frontend, backend, lena, arrange, code):
    arrange(frontend, backend, lena)

    assert refusal(lambda: WorkstreamDependency.add(frontend, backend, by=lena)).code == code


def test_only_its_owner_a_coordinator_or_the_lead_says_what_it_waits_for(frontend, backend, mei, stan, lena, sam):
    assert refusal(lambda: WorkstreamDependency.add(frontend, backend, by=mei)).code == "planning_right"
    assert refusal(lambda: WorkstreamDependency.add(frontend, backend, by=stan)).code == "responders_only"
    WorkstreamDependency.add(frontend, backend, by=lena)
    dependency = WorkstreamDependency.objects.get()
    assert refusal(lambda: dependency.resolve(by=mei)).code == "planning_right"
    dependency.resolve(by=sam)
    assert refusal(lambda: dependency.resolve(by=sam)).code == "unchanged"


def test_a_workstream_of_another_incident_is_not_waited_for(frontend, lena):
    other = declare_incident(lena).workstreams.get()

    assert refusal(lambda: WorkstreamDependency.add(frontend, other, by=lena)).code == "other_incident"


def test_a_restricted_one_may_hold_up_others_and_is_not_named_to_them(frontend, incident, lena, mei, sam):
    secret = open_workstream(incident, "Payroll", by=lena, owner=lena, restricted=True, members=[sam])
    another = open_workstream(incident, "Contracts", by=lena, owner=lena, restricted=True)

    entry = WorkstreamDependency.add(frontend, secret, by=sam)

    assert entry in incident.timeline.visible_to(sam)
    assert entry not in incident.timeline.visible_to(mei)
    assert not WorkstreamDependency.objects.visible_to(mei).exists()
    assert refusal(lambda: WorkstreamDependency.add(secret, another, by=lena)).code == "both_restricted"


def test_a_circle_through_a_restricted_one_does_not_give_its_name(frontend, backend, incident, lena, sam):
    secret = open_workstream(incident, "Payroll", by=lena, owner=lena, restricted=True)
    WorkstreamDependency.add(frontend, secret, by=lena)
    WorkstreamDependency.add(secret, backend, by=lena)
    backend.change(by=lena, owner=sam)

    refused = refusal(lambda: WorkstreamDependency.add(backend, frontend, by=sam))

    assert refused.sentence == (
        "That is a circle: “Backend” waits for “Frontend”, which waits for another workstream, "
        "which waits for “Backend”."
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_close_a_circle_from_both_sides_come_one_after_the_other(committed_acme):
    lena = member(committed_acme, "lena")
    incident = at_once(committed_acme, declare_incident, lena)
    pair = [at_once(committed_acme, open_workstream, incident, title, by=lena) for title in ("One", "Other")]
    turns = iter([(0, 1), (1, 0)] * 4)

    def close():
        waiting, blocking = next(turns)
        with acting_in(committed_acme):
            try:
                WorkstreamDependency.add(
                    Workstream.objects.get(pk=pair[waiting].pk), Workstream.objects.get(pk=pair[blocking].pk), by=lena
                )
            except Refused as refused:
                return refused.code
        return "added"

    outcomes = all_at_once(close, 8)

    assert outcomes.count("added") == 1
    assert set(outcomes) == {"added", "unchanged", "dependency_cycle"}
    assert at_once(committed_acme, lambda: WorkstreamDependency.objects.live().count()) == 1


# --- Who answers for it -----------------------------------------------------------------------------------


def test_a_line_of_work_that_nobody_owns_is_a_gap(incident, frontend, lena, mei):
    loose = open_workstream(incident, "Loose", by=lena)
    secret = open_workstream(incident, "Payroll", by=lena, restricted=True)

    def unowned(viewer):
        gaps = gaps_of(Facts.of(incident, viewer=viewer))
        return [gap.message for gap in gaps if gap.code == "workstream_unowned"]

    assert unowned(lena) == ["Nobody owns the workstream “Loose”.", "Nobody owns the workstream “Payroll”."]
    assert unowned(mei) == ["Nobody owns the workstream “Loose”."]
    loose.change(by=mei, owner=mei)
    secret.change(by=lena, state="done")
    assert unowned(lena) == []


def test_a_promise_of_more_stands_until_it_is_changed(frontend, sam, incident):
    soon = incident.declared_at.replace(microsecond=0)

    entry = frontend.change(by=sam, next_word_at=soon, goal="Cards work again")

    assert set(entry.details["changed"]) == {"next_word", "goal"}
    frontend.refresh_from_db()
    assert (frontend.next_word_at, frontend.goal) == (soon, "Cards work again")
    frontend.change(by=sam, state="done")
    assert frontend.closed_at is not None
    frontend.change(by=sam, state="working")
    assert frontend.closed_at is None


# --- Started twice ------------------------------------------------------------------------------------------


@pytest.fixture
def checkout():
    return Service.objects.get(slug="checkout")


def test_work_on_a_component_that_somebody_works_on_is_shown_first(incident, lena, tariq, mei, checkout):
    first = open_workstream(incident, "Roll back", by=lena, owner=tariq, component=checkout)

    refused = refusal(lambda: Workstream.open(incident, "Scale out", by=mei, component=checkout))

    assert (refused.code, refused.waivable, refused.sentence) == (
        "duplicate_effort",
        True,
        "“Roll back” works on Checkout already; Tariq Haddad owns it. Join it there, or say why two are needed.",
    )
    assert not incident.workstreams.filter(title="Scale out").exists()

    entry = Workstream.open(incident, "Scale out", by=mei, component=checkout, waiver="Both at once are faster")

    assert (entry.beside, entry.details["overlaps"], entry.details["waiver"]) == (
        first,
        "Roll back",
        "Both at once are faster",
    )


def test_work_that_is_done_is_nobodys_double(incident, lena, checkout):
    open_workstream(incident, "Roll back", by=lena, component=checkout).change(by=lena, state="done")

    assert open_workstream(incident, "Scale out", by=lena, component=checkout).component == checkout


def test_a_restricted_double_is_not_given_away(incident, lena, mei, checkout):
    open_workstream(incident, "Payroll", by=lena, restricted=True, component=checkout)

    assert open_workstream(incident, "Scale out", by=mei, component=checkout).component == checkout
