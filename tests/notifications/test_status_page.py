"""The status page: who arranges it, who puts an incident on it, and what never comes near it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import RoleAssignment, StatusUpdate
from notifications.models import (
    Component,
    ComponentImpact,
    CustomHost,
    Maintenance,
    PublicIncident,
    StatusPage,
)
from teams.errors import Refused
from teams.models import AuditEntry, Organization, Service
from teams.tenancy import acting_in
from tests.factories import declare_incident, raise_finding
from tests.incidents.pages import field_of, last_entry, url_of, words_of

CUSTOMERS = {"what_is_happening": "Paying by card takes long.", "what_we_are_doing": "We use another provider."}
SETTINGS = "/o/acme/settings/status-page/"


@pytest.fixture
def status_page(acme, ada):
    StatusPage.arrange(acme, by=ada, name="Acme", published=True)
    Component.add(by=ada, slug="card", name="Pay by card", services=Service.objects.filter(slug="ledger"))
    Component.add(by=ada, slug="search", name="Search the shop", position=1)
    return StatusPage.of(acme)


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena, "gw-1 drops TLS handshakes", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


@pytest.fixture
def card(status_page):
    return Component.objects.get(slug="card")


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value.code, refused.value.waivable


# --- Arranging it ---------------------------------------------------------------------------------------


def test_administrators_arrange_the_page_and_nobody_else(acme, ada, tariq, mei, signed_in):
    unpublished = signed_in(ada).get(SETTINGS)
    saved = signed_in(ada).post(SETTINGS, {"name": "Acme shop", "intro": "Buy here.", "published": "on"})
    again = signed_in(ada).post(SETTINGS, {"name": "Acme shop", "intro": "Buy here.", "published": "on"})

    assert "Nobody sees it before it is published." in words_of(unpublished)
    assert (saved.status_code, again.status_code) == (302, 302)
    assert "Everybody can read it at http://127.0.0.1:8000/status/acme/" in words_of(signed_in(ada).get(SETTINGS))
    assert AuditEntry.objects.filter(act="status_page_changed").count() == 1
    for path in ("", "components/new/", "maintenance/new/", "subscribers/"):
        assert signed_in(tariq).get(SETTINGS + path).status_code == 409
    assert refusal(StatusPage.arrange, acme, by=mei, published=False) == ("administrators_only", False)
    assert StatusPage.of(acme).published


def test_parts_are_said_in_customers_words_and_leave_with_their_history(status_page, card, ada, signed_in):
    browser = signed_in(ada)
    added = browser.post(f"{SETTINGS}components/new/", {"name": "Track a parcel", "position": "2"})
    twice = browser.post(f"{SETTINGS}components/new/", {"name": "Other", "slug": "card", "position": "2"})
    changed = browser.post(f"{SETTINGS}components/card/", {"name": "Pay", "slug": "card", "position": "0"})
    retired = browser.post(f"{SETTINGS}components/card/retirement/")

    assert [each.status_code for each in (added, twice, changed, retired)] == [302, 422, 302, 302]
    assert [each.name for each in Component.objects.shown().in_order()] == ["Search the shop", "Track a parcel"]
    assert Component.objects.get(pk=card.pk).name == "Pay"
    assert browser.get(f"{SETTINGS}components/card/").status_code == 404
    assert "Track a parcel" in words_of(browser.get(SETTINGS))


def test_a_host_name_is_one_organisations_and_never_muster_itself(status_page, ada, omar, acme, globex, signed_in):
    def asked(host):
        return signed_in(ada).post(SETTINGS, {"name": "Acme", "published": "on", "host": host})

    with acting_in(globex):
        StatusPage.arrange(Organization.objects.get(slug="globex"), by=omar, host="status.globex.test")

    assert asked("Status.Acme.test.").status_code == 302
    assert StatusPage.of(acme).address == "http://status.acme.test/"
    for host in (
        "status.globex.test",
        "localhost",
        "127.0.0.1",
        "10.1.2.3",
        "status",
        "a b.test",
        "-x.test",
        "x" * 254,
    ):
        assert asked(host).status_code == 422, host
    assert set(CustomHost.objects.values_list("host", flat=True)) == {"status.acme.test", "status.globex.test"}
    assert asked("").status_code == 302
    assert set(CustomHost.objects.values_list("host", flat=True)) == {"status.globex.test"}


def test_maintenance_is_planned_ahead_and_taken_back(status_page, card, ada, tariq, signed_in):
    def plan(start, end, **fields):
        now = timezone.now()
        times = {"starts_at": now + timedelta(hours=start), "ends_at": now + timedelta(hours=end)}
        return Maintenance.plan(by=fields.pop("by", ada), title="We move the database", **times, **fields)

    window = plan(1, 3, components=[card])

    assert refusal(plan, 3, 1) == ("ends_before_start", False)
    assert refusal(plan, -3, -1) == ("in_past", False)
    assert refusal(plan, 1, 200) == ("too_long", False)
    assert refusal(plan, 1, 2, by=tariq) == ("administrators_only", False)
    moments = [timedelta(), timedelta(hours=2), timedelta(hours=4)]
    assert [window.state(timezone.now() + each) for each in moments] == ["scheduled", "in_progress", "completed"]
    form = {"title": "More", "starts_at": "2100-01-01T10:00", "ends_at": "2100-01-01T11:00", "components": [card.pk]}
    assert signed_in(ada).post(f"{SETTINGS}maintenance/new/", form).status_code == 302
    wrong = signed_in(ada).post(f"{SETTINGS}maintenance/new/", {**form, "ends_at": "2100-01-01T09:00"})
    assert "It has to end after it begins." in words_of(wrong)
    assert "We move the database" in words_of(signed_in(ada).get(SETTINGS))
    assert signed_in(ada).post(f"{SETTINGS}maintenance/{window.pk}/cancellation/").status_code == 302
    window.refresh_from_db()
    assert refusal(window.cancel, by=ada) == ("unchanged", False)
    assert list(Maintenance.objects.ahead(timezone.now()).values_list("title", flat=True)) == ["More"]


# --- Putting an incident on it --------------------------------------------------------------------------


def test_only_who_speaks_to_customers_puts_an_incident_there(status_page, incident, card, lena, tariq, mei, stan):
    assert refusal(PublicIncident.publish, incident, "Cards fail", by=tariq) == ("publishing_right", True)
    assert refusal(PublicIncident.publish, incident, "Cards fail", by=stan) == ("responders_only", False)
    mei.person.emailaddress_set.update(verified=False)
    assert refusal(PublicIncident.publish, incident, "Cards fail", by=mei) == ("email_unconfirmed", False)
    mei.person.emailaddress_set.update(verified=True)
    assert not PublicIncident.objects.exists()

    entry = PublicIncident.publish(incident, " Paying  takes long ", by=mei, impacts={card: "partial"})

    assert entry.details["headline"] == "Paying takes long"
    assert entry.details["components"] == [{"name": "Pay by card", "level": "partial"}]
    said = ComponentImpact.objects.get()
    assert (said.component, said.level, said.said_by, said.ended_at) == (card, "partial", mei, None)
    assert refusal(PublicIncident.publish, incident, "Again", by=mei) == ("already_public", False)
    waived = declare_incident(lena, "Other")
    entry = PublicIncident.publish(waived, "Search is slow", by=lena, waiver="Nobody speaks tonight")
    assert entry.details["waiver"] == "Nobody speaks tonight"


def test_drills_and_private_incidents_never_come_near_it(status_page, incident, lena, mei):
    drill = declare_incident(lena, "Fire drill", drill=True)
    private = declare_incident(lena, "Somebody got in", private=True)

    for each, code in ((drill, "drill_stays_inside"), (private, "private_stays_inside")):
        assert refusal(PublicIncident.publish, each, "Odd", by=lena, waiver="Still") == (code, False)

    PublicIncident.publish(incident, "Paying takes long", by=mei)
    assert PublicIncident.objects.shown().exists()
    incident.make_private(by=lena)
    assert not PublicIncident.objects.shown().exists()


def test_without_a_published_page_there_is_nowhere_to_put_it(incident, mei, ada, acme, signed_in):
    assert refusal(PublicIncident.publish, incident, "Cards fail", by=mei) == ("no_status_page", False)
    assert "There is no published status page yet" in words_of(signed_in(mei).get(url_of(incident, "status-page/")))


def test_a_second_statement_ends_the_first_and_from_monitoring_on_everything_works(status_page, incident, card, mei):
    search = Component.objects.get(slug="search")
    PublicIncident.publish(incident, "Paying takes long", by=mei, impacts={card: "partial"})
    public = PublicIncident.objects.get()

    public.change(by=mei, impacts={card: "major", search: "degraded"})
    assert refusal(public.change, by=mei, impacts={card: "major", search: "degraded"}) == ("unchanged", False)
    public.change(by=mei, impacts={card: "major"}, headline="Paying fails")
    entry = public.change(by=mei, state="monitoring", impacts={card: "major"})
    public.change(by=mei, state="resolved")

    assert entry.details.get("components") is None
    assert not public.impacts.current().exists()
    told = list(public.impacts.order_by("pk").values_list("component__slug", "level"))
    assert told == [("card", "partial"), ("card", "major"), ("search", "degraded")]
    public.refresh_from_db()
    assert public.monitoring_at
    assert public.resolved_at
    assert list(public.posts.order_by("pk").values_list("state", flat=True)) == [
        "investigating",
        "monitoring",
        "resolved",
    ]
    public.change(by=mei, state="investigating", impacts={card: "degraded"})
    assert (public.resolved_at, public.impacts.current().get().level) == (None, "degraded")


def test_what_customers_were_told_stands_there_before_and_after(status_page, incident, lena, mei):
    StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
    StatusUpdate.publish(incident, "technical", {"text": "TLS handshakes time out"}, by=lena)
    PublicIncident.publish(incident, "Paying takes long", by=mei)
    raise_finding(incident, "Invoices work", by=lena)
    StatusUpdate.publish(incident, "customers", {**CUSTOMERS, "workaround": "Pay by invoice."}, by=mei)
    StatusUpdate.publish(incident, "technical", {"text": "Rolled back"}, by=lena)

    public = PublicIncident.objects.get()
    assert list(public.posts.order_by("pk").values_list("update__number", flat=True)) == [1, 3]
    public.withdraw(by=mei, reason="It was not ours")
    assert last_entry(incident).details["reason"] == "It was not ours"
    assert refusal(public.withdraw, by=mei) == ("not_public", False)
    StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei, waiver="Invoices do not work any more")
    assert public.posts.count() == 2
    PublicIncident.publish(incident, "It was ours after all", by=mei)
    public.refresh_from_db()
    assert (public.headline, public.posts.count()) == ("It was ours after all", 3)


def test_the_communications_lead_does_it_on_one_page(status_page, incident, card, mei, tariq, signed_in):
    address = url_of(incident, "status-page/")
    said = {"headline": "Paying takes long", "state": "identified", "part-card": "major"}
    first = signed_in(mei).get(address)
    refused = signed_in(tariq).post(address, said)
    published = signed_in(mei).post(address, said)
    then = signed_in(mei).get(address)
    worked = signed_in(mei).post(address, {**said, "state": "resolved"})
    gone = signed_in(mei).post(url_of(incident, "status-page/withdrawal/"), {"reason": "Twice"})

    assert "gw-1" not in (field_of(first, "headline") or "gw-1")
    assert refused.status_code == 409
    assert "Only the communications lead speaks to the public." in words_of(refused)
    assert field_of(refused, "waiver")
    assert (published.status_code, worked.status_code, gone.status_code) == (302, 302, 302)
    assert "Everybody can read it: http://127.0.0.1:8000/status/acme/incidents/" in words_of(then)
    assert "Paying takes long" in field_of(then, "headline")
    kinds = [each.kind for each in incident.timeline.in_order() if each.kind.startswith("public_")]
    assert kinds == ["public_incident_published", "public_incident_changed", "public_incident_withdrawn"]
    assert signed_in(mei).get(url_of(incident, "status-page/withdrawal/")).status_code == 404


# --- By program -----------------------------------------------------------------------------------------


def test_the_page_by_program(acme, ada, tariq, program):
    api = program(ada)
    assert api.get("/status-page/").json()["published"] is False
    assert program(tariq).patch("/status-page/", {"published": True}).json()["code"] == "administrators_only"
    page = api.patch("/status-page/", {"published": True, "host": "status.acme.test"}).json()
    assert (page["published"], page["url"]) == (True, "http://status.acme.test/")
    assert api.patch("/status-page/", {"host": "localhost"}).status_code == 422

    made = api.post("/status-page/components/", {"name": "Pay by card", "services": ["ledger"]})
    assert (made.status_code, made.json()["slug"], made.json()["services"]) == (201, "pay-by-card", ["ledger"])
    assert api.patch("/status-page/components/pay-by-card/", {"services": []}).json()["services"] == []
    window = {"title": "Move", "starts_at": "2100-01-01T01:00:00Z", "ends_at": "2100-01-01T02:00:00Z"}
    planned = api.post("/status-page/maintenances/", {**window, "components": ["pay-by-card"]}).json()
    assert planned["components"] == ["pay-by-card"]
    for _ in range(2):
        assert api.delete(f"/status-page/maintenances/{planned['id']}/").status_code == 204
    assert api.get("/status-page/maintenances/").json()["results"][0]["cancelled_at"]
    assert api.delete("/status-page/components/pay-by-card/").status_code == 204
    assert api.get("/status-page/components/").json()["results"] == []


def test_an_incident_on_the_page_by_program(status_page, incident, mei, tariq, program):
    address, api = f"/incidents/{incident.number}/public/", program(mei)
    said = {"headline": "Paying takes long", "impacts": [{"component": "card", "level": "major"}]}

    assert api.get(address).status_code == 404
    refused = program(tariq).post(address, said).json()
    assert (refused["code"], refused["waivable"]) == ("publishing_right", True)
    made = [api.post(address, said, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert api.post(address, said).json()["code"] == "already_public"
    assert made[0].json()["impacts"][0]["said_by"] == "mei@acme.test"
    assert api.post(address, {**said, "impacts": [{"component": "of-nobody", "level": "major"}]}).status_code == 422

    before = incident.timeline.count()
    assert api.patch(address, {"headline": "Paying takes long"}).status_code == 200
    assert incident.timeline.count() == before
    assert api.patch(address, {"state": "resolved"}).json()["impacts"][0]["ended_at"]
    assert api.post(f"{address}withdrawal/", {"reason": "Twice"}).status_code == 204
    assert api.get(address).status_code == 404
