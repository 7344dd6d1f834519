"""The page and the region of estimates, impacts and promises: what each person sees there, and what they can do."""

import json
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from incidents.models import BusinessEvent, BusinessImpact, RestorationOrder, RoleAssignment
from incidents.room import IncidentRoom
from teams.models import Service
from tests.factories import declare_incident, give_estimate, plan_event, propose_commitment, propose_impact
from tests.incidents.pages import HTMX, queries_of, url_of, words_of

SOON = "2099-01-01T10:00"
LATER = "2099-01-01T12:00"


@pytest.fixture
def incident(lena, ada):
    incident = declare_incident(lena, services=list(Service.objects.filter(slug="checkout")))
    RoleAssignment.assign(incident, "product", ada, by=lena)
    incident.refresh_from_db()
    return incident


def post(browser, incident, rest, data=None):
    return browser.post(url_of(incident, rest), data or {})


def refused(browser, incident, rest, data=None):
    """The page that a form comes back as, with the status."""
    answer = post(browser, incident, rest, data)
    return answer.status_code, words_of(answer)


def test_everything_is_said_by_forms(incident, lena, ada, sam, signed_in):
    support, lead, product = signed_in(sam), signed_in(lena), signed_in(ada)
    times = {"earliest": SOON, "latest": LATER, "confidence": "low", "basis": "One node an hour"}
    assert post(support, incident, "estimates/new/", times).status_code == 302
    estimate = incident.estimates.get()
    assert refused(support, incident, f"estimates/{estimate.pk}/acceptance/")[0] == 409
    assert post(lead, incident, f"estimates/{estimate.pk}/acceptance/").status_code == 302
    assert post(lead, incident, f"estimates/{estimate.pk}/publication/", {"public": "yes"}).status_code == 302
    assert incident.estimates.current().public
    assert post(lead, incident, "estimates/new/", {"unknown": "on", "basis": "It failed"}).status_code == 302
    assert incident.estimates.current().unknown

    line = {"feature": "Card payments", "segment": "EU", "level": "partial"}
    assert post(support, incident, "impacts/new/", line).status_code == 302
    assert "I1 says so already" in refused(support, incident, "impacts/new/", line)[1]
    impact = incident.impacts.get()
    assert post(product, incident, f"impacts/{impact.pk}/confirmation/").status_code == 302
    assert post(support, incident, f"impacts/{impact.pk}/end/").status_code == 302
    assert incident.impacts.get().state == "ended"

    stated = {"level": "serious", "statement": "Sales wait", "key_accounts": "Hooli\nGlobex", "based_on": 0}
    assert post(product, incident, "business-impacts/new/", stated).status_code == 302
    assert incident.business_impacts.current().key_accounts == ["Hooli", "Globex"]
    status, words = refused(product, incident, "business-impacts/new/", stated | {"statement": "All of them"})
    assert (status, "Somebody has changed this since you read it" in words) == (409, True)

    promise = {"text": "Exports work", "to_whom": "Hooli", "due_at": SOON, "key": "once"}
    for _ in range(2):
        assert post(product, incident, "commitments/new/", promise).status_code == 302
    commitment = incident.commitments.get()
    status, words = refused(product, incident, f"commitments/{commitment.pk}/communication/")
    assert (status, "has confirmed P1. Say why to tell it." in words) == (409, True)
    assert post(lead, incident, f"commitments/{commitment.pk}/confirmation/").status_code == 302
    assert post(product, incident, f"commitments/{commitment.pk}/communication/").status_code == 302
    assert post(product, incident, f"commitments/{commitment.pk}/keeping/").status_code == 302
    assert incident.commitments.get().state == "kept"


def test_what_makes_no_sense_comes_back_with_what_was_typed(incident, lena, signed_in):
    browser = signed_in(lena)

    status, words = refused(browser, incident, "estimates/new/", {"basis": "A guess"})
    assert (status, "Give both times, or say that nobody knows yet." in words) == (422, True)
    assert "A guess" in words
    assert refused(browser, incident, "impacts/new/", {"level": "partial"})[0] == 422
    past = {"text": "Exports", "to_whom": "Hooli", "due_at": "2020-01-01T10:00"}
    assert "Give a time later than now." in refused(browser, incident, "commitments/new/", past)[1]


def test_the_order_is_moved_by_buttons_and_saved_once(incident, ada, lena, signed_in):
    browser = signed_in(ada)
    url = url_of(incident, "restoration-order/")
    places, order = [], {"based_on": 0}
    for act, more in (
        ("add", {"service": "search"}),
        ("add", {"service": "checkout"}),
        ("add", {"words": "Exports"}),
        ("up:2", {}),
        ("down:0", {}),
        ("out:2", {}),
        ("up:99", {}),
        ("out:x", {"service": "nothing"}),
    ):
        answer = browser.post(url, order | more | {"act": act, "places": json.dumps(places)})
        assert answer.status_code == 200
        places = answer.context["form"].shown
    assert not incident.restoration_orders.exists()
    assert places == ["w:Exports", "s:search"]

    answer = browser.post(url, order | {"places": json.dumps([*places, "w:Exports", "s:gone", 7]), "reason": "Money"})
    assert answer.status_code == 302
    order = incident.restoration_orders.current()
    assert ([step.what for step in order.steps.all()], order.reason) == (["Exports", "Search"], "Money")
    assert "1. Exports" in words_of(browser.get(url))

    assert (
        post(signed_in(lena), incident, f"restoration-orders/{order.pk}/objection/", {"reason": "No"}).status_code
        == 302
    )
    assert "Lena Fischer objects: No" in words_of(browser.get(url_of(incident, "facts/")))


def test_the_room_tells_each_what_waits_for_them(incident, lena, ada, sam, tariq):
    give_estimate(incident, by=tariq, hours=(1, 2))
    impact = propose_impact(incident, by=sam, segment="EU")
    promise = propose_commitment(incident, by=ada)

    def waits(viewer):
        needs = IncidentRoom(incident, viewer).needs
        return {(need.kind, tuple(act.word for act in need.acts)) for need in needs if need.kind in FACTS}

    FACTS = ("estimate", "impact", "commitment")
    assert waits(lena) == {("estimate", ("Let it hold",)), ("commitment", ("It can be kept", "It cannot"))}
    assert waits(ada) == {("impact", ("Confirm",))}
    assert waits(sam) == set()
    impact.confirm(by=ada)
    promise.confirm(by=lena)
    incident.estimates.get().accept(by=lena)
    assert waits(lena) == waits(ada) == set()


def test_a_stakeholder_reads_what_holds_and_nothing_else(incident, lena, ada, sam, stan, signed_in):
    give_estimate(incident, by=lena, hours=(1, 2), basis="SECRET basis")
    propose_impact(incident, by=sam, service=None, feature="SECRET feature")
    propose_impact(incident, by=ada, segment="EU")
    BusinessImpact.state(incident, "serious", "Sales wait", by=ada)
    propose_commitment(incident, "SECRET promise", by=ada)
    RestorationOrder.set(incident, ["SECRET order"], by=ada)
    inside, outside = signed_in(sam), signed_in(stan)

    assert words_of(inside.get(url_of(incident, "facts/"))).count("SECRET") == 4
    page = words_of(outside.get(url_of(incident, "facts/")))
    assert ("Sales wait" in page, "Checkout: partly broken, EU" in page) == (True, True)
    assert "No estimate that may be told." in page
    assert "SECRET" not in page + words_of(outside.get(url_of(incident, "facts/"), headers=HTMX))
    again = incident.estimates.select_related("incident").get()
    again.publish(by=lena)
    page = words_of(outside.get(url_of(incident, "facts/")))
    assert ("medium confidence" in page, "SECRET" in page) == (True, False)
    for rest in ("estimates/new/", "impacts/new/", "commitments/new/", "business-impacts/new/", "restoration-order/"):
        assert outside.get(url_of(incident, rest)).status_code == 404


def test_the_cost_stays_the_same_however_much_is_promised(incident, lena, ada, signed_in):
    def fill(number):
        propose_impact(incident, by=ada, service=None, feature=f"Feature {number}")
        propose_commitment(incident, f"Promise {number}", by=ada)
        give_estimate(incident, by=ada, basis=f"Reason {number}")
        BusinessImpact.state(incident, "limited", f"Statement {number}", by=ada)

    browser = signed_in(lena)

    def costs():
        return [queries_of(partial(browser.get, url_of(incident, "facts/"), headers=how)) for how in ({}, HTMX)]

    fill(1)
    few = costs()
    for number in range(2, 12):
        fill(number)

    assert costs() == few
    words = words_of(browser.get(url_of(incident, "facts/"), headers=HTMX))
    assert "10 more" in words


def test_the_calendar_is_kept_under_settings(acme, ada, stan, omar, signed_in):
    browser, url = signed_in(ada), "/o/acme/settings/business-events/"
    event = {"name": "Launch", "kind": "launch", "starts_at": SOON, "ends_at": LATER, "services": ["search"]}

    assert "It has to end later than it begins." in words_of(browser.post(url, event | {"ends_at": SOON}))
    assert browser.post(url, event).status_code == 302
    planned = BusinessEvent.objects.get()
    assert browser.post(f"{url}{planned.pk}/", event | {"name": "Big launch"}).status_code == 302
    assert "Big launch" in words_of(browser.get(url))
    reader = signed_in(stan)
    assert "Big launch" in words_of(reader.get(url))
    assert {reader.post(url, event).status_code, reader.post(f"{url}{planned.pk}/cancellation/").status_code} == {404}
    assert signed_in(omar).get(url).status_code == 404
    assert browser.post(f"{url}{planned.pk}/cancellation/").status_code == 302
    assert "Nothing is planned." in words_of(browser.get(url))


def test_the_page_names_what_the_business_has_planned(incident, ada, signed_in):
    plan_event("Instant refunds", "checkout", by=ada)
    task = incident.event_overlaps.get().task

    assert f"Instant refunds (launch), {timezone.now() + timedelta(hours=2):%-d %b}" in (
        page := words_of(signed_in(ada).get(url_of(incident, "facts/")))
    )
    assert f"{task.label} open" in page
