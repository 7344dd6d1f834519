"""Drafts: one for each audience, checked, confirmed by somebody else, said once, and taken back before it leaves."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from incidents.drafting import Drafting, first_words, house_of
from incidents.models import Incident, Participant, RoleAssignment, StatusUpdate, Synthesis, UpdateDraft
from incidents.models.updates import PARTS
from incidents.wording import House, flags_in
from notifications import tick
from notifications.models import Delivery
from playbooks.models import Audience, GlossaryTerm, HoldingText
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, propose_theory, raise_finding
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of
from tests.notifications.quiet import hush

CUSTOMERS = {"what_is_happening": "Cards fail.", "what_we_are_doing": "We roll back."}


@pytest.fixture
def incident(lena, mei):
    hush()
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


def draft_of(incident, by, body=CUSTOMERS, audience="customers", **how):
    UpdateDraft.save_text(incident, audience, body, by=by, **how)
    return incident.drafts.open().with_people().get(audience=audience)


def clock_of(incident, audience="customers"):
    clock = incident.obligations.live().get(kind="update", audience=audience)
    return clock.pk, clock.due_at, clock.state


def test_the_panel_says_that_nobody_is_writing(lena, signed_in):
    incident = declare_incident(lena, severity="sev3")
    HoldingText.objects.all().delete()
    panel = url_of(incident, "drafts/")
    assert "Nobody is writing an update." in words_of(signed_in(lena).get(panel, headers=HTMX))

    draft_of(incident, lena)
    assert "Nobody is writing an update." not in words_of(signed_in(lena).get(panel, headers=HTMX))


# --- Writing ----------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_unfinished_and_nobody_writes_over_another_unseen(incident, mei, sam):
    draft = draft_of(incident, mei, {"what_is_happening": "Cards"}, version=0)
    assert (draft.version, draft.problems) == (1, {"what_we_are_doing": "What we are doing is required."})

    with pytest.raises(Refused, match="Mei Tanaka saved version 1 meanwhile") as refused:
        UpdateDraft.save_text(incident, "customers", CUSTOMERS, by=sam, version=0)
    assert refused.value.code == "stale_draft"
    UpdateDraft.save_text(incident, "customers", CUSTOMERS, by=sam, version=1)
    assert incident.drafts.get().version == 2
    assert last_entry(incident).details.keys() == {"draft", "audience", "version", "sha256"}


def test_a_draft_has_the_fields_of_its_audience_and_no_others(incident, mei):
    with pytest.raises(Refused, match="no such field"):
        draft_of(incident, mei, CUSTOMERS | {"text": "Stack trace"})


def test_two_who_write_are_told_of_each_other(incident, mei, sam):
    draft = draft_of(incident, mei)
    now = timezone.now()

    assert (draft.edited_by_another(sam, now), draft.edited_by_another(mei, now)) == (mei, None)
    assert draft.claim(by=sam) is False
    assert draft.claim(by=sam, take_over=True) is True
    assert draft.edited_by_another(mei, now) == sam
    assert draft.edited_by_another(mei, now + timedelta(minutes=3)) is None


def test_it_begins_with_what_we_know_and_says_what_changed_since_they_heard(incident, lena, mei):
    Synthesis.publish(incident, by=lena, known="SECRET pool", impact="Cards fail.", doing="SECRET rollback")
    first = Drafting(incident, mei, "customers")
    assert first.beginning == {"what_is_happening": "Cards fail."}
    draft = draft_of(incident, mei)
    draft.confirm(by=lena)
    draft.publish(by=mei)
    incident.change_status("identified", by=lena)
    Synthesis.publish(incident, by=lena, known="SECRET pool", impact="Half of the cards fail.", doing="SECRET rollback")

    later = Drafting(incident, mei, "customers")
    assert later.changes == [("Impact", "Cards fail.", "Half of the cards fail.")]
    assert [entry.kind for entry in later.news] == ["status_changed"]
    assert later.beginning == CUSTOMERS


def test_a_newer_synthesis_is_shown_and_leaves_the_text_alone(incident, lena, mei, signed_in):
    Synthesis.publish(incident, by=lena, known="Pool", impact="Cards fail.")
    draft_of(incident, mei)
    Synthesis.publish(incident, by=lena, known="Pool", impact="Half fail.")

    page = signed_in(mei).get(url_of(incident, "drafts/customers/"))

    assert "Version 2 of what we know is newer" in words_of(page)
    assert "Cards fail.</textarea>" in page.content.decode()


# --- Who confirms it --------------------------------------------------------------------------------------------


def test_customers_hear_only_what_the_lead_has_confirmed(incident, lena, mei, tariq):
    Participant.ensure(incident, tariq)
    draft = draft_of(incident, mei)
    with pytest.raises(Refused) as unconfirmed:
        draft.publish(by=mei)
    with pytest.raises(Refused) as own:
        draft.confirm(by=mei)
    with pytest.raises(Refused) as other:
        draft.confirm(by=tariq)
    assert (unconfirmed.value.code, unconfirmed.value.waivable) == ("draft_unconfirmed", True)
    assert (own.value.code, other.value.code) == ("own_draft", "coordination_right")

    asked = draft.propose(by=mei)
    draft.confirm(by=lena)
    entry = draft.publish(by=mei)
    assert asked.details["told_members"] == [lena.pk]
    assert entry.details["approved_by"] == "Lena Fischer"
    assert draft.update.approved_by == lena


def test_a_change_after_the_confirmation_asks_for_another(incident, lena, mei):
    draft = draft_of(incident, mei)
    draft.confirm(by=lena)
    draft = draft_of(incident, mei, CUSTOMERS | {"workaround": "Bank transfer works."})

    assert draft.confirmed_at is None
    with pytest.raises(Refused):
        draft.publish(by=mei)
    assert draft.publish(by=mei, waiver="Lena is on a train").details["waived"] == ["draft_unconfirmed"]


def test_whoever_is_alone_in_the_room_confirms_with_nobody(lena):
    incident = declare_incident(lena, severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", lena, by=lena, waiver="Night")
    draft = draft_of(incident, lena)

    assert not draft.needs_confirmation
    assert draft.publish(by=lena, waiver="Night")


def test_an_estimate_that_is_not_public_wants_a_reason(incident, lena, mei):
    draft = draft_of(incident, mei, CUSTOMERS | {"what_we_are_doing": "It is over within two hours."})
    draft.confirm(by=lena)

    with pytest.raises(Refused, match="“within two hours” reads like an estimate") as refused:
        draft.publish(by=mei)
    assert refused.value.code == "unapproved_estimate"


# --- Saying it, and taking it back ------------------------------------------------------------------------------


def test_it_waits_ten_seconds_and_taken_back_it_goes_to_nobody(incident, lena, mei, stan):
    draft, before = draft_of(incident, mei), clock_of(incident)
    draft.confirm(by=lena)
    entry = draft.publish(by=mei, key="once")
    assert draft.publish(by=mei, key="once") == entry
    update = incident.updates.get()
    tick.run()
    assert not Delivery.objects.filter(notice__entry=entry).exclude(state="pending").exists()

    update.take_back(by=mei)
    with time_machine.travel(timezone.now() + timedelta(seconds=11), tick=False):
        tick.run()
        assert {each.reason for each in Delivery.objects.filter(notice__entry=entry)} == {"Taken back."}
    assert clock_of(incident) == before
    assert list(incident.updates.standing()) == []
    assert incident.drafts.open().get().body == CUSTOMERS


def test_after_ten_seconds_it_has_left(incident, lena, mei, stan):
    entry = UpdateDraft.publish_holding(incident, "customers", by=mei)
    with time_machine.travel(timezone.now() + timedelta(seconds=11), tick=False):
        tick.run()
        assert Delivery.objects.filter(notice__entry=entry, state="accepted").exists()
        with pytest.raises(Refused) as refused:
            incident.updates.get().take_back(by=mei)
    assert refused.value.code == "gone_out"


def test_the_interface_for_programs_waits_for_nothing(incident, mei):
    StatusUpdate.publish(incident, "customers", CUSTOMERS, by=mei)
    tick.run()

    assert Delivery.objects.filter(notice__entry__kind="update_published", state="accepted").exists()


def test_the_holding_text_needs_no_confirmation_and_comes_first_or_not_at_all(incident, mei, tariq):
    with pytest.raises(Refused) as right:
        UpdateDraft.publish_holding(incident, "customers", by=tariq)
    entry = UpdateDraft.publish_holding(incident, "customers", by=mei, key="k")
    assert UpdateDraft.publish_holding(incident, "customers", by=mei, key="k") == entry
    with pytest.raises(Refused) as again:
        UpdateDraft.publish_holding(incident, "customers", by=mei)
    with pytest.raises(Refused) as none:
        UpdateDraft.publish_holding(incident, "technical", by=mei)

    assert entry.details["holding"] is True
    assert [each.value.code for each in (right, again, none)] == ["publishing_right", "told_already", "no_holding_text"]


def test_what_two_people_send_at_once_is_sent_once(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena, severity="sev1")
        RoleAssignment.assign(incident, "communications_lead", lena, by=lena, waiver="Night")

    def at_once(act):
        def try_it():
            with acting_in(committed_acme):
                try:
                    return act(Incident.objects.get(pk=incident.pk)).kind
                except Refused as refused:
                    return refused.code

        return sorted(all_at_once(try_it, 4))

    holding = at_once(lambda found: UpdateDraft.publish_holding(found, "customers", by=lena))
    with acting_in(committed_acme):
        pk = draft_of(incident, lena).pk
    drafted = at_once(lambda _: UpdateDraft.objects.get(pk=pk).publish(by=lena))

    assert holding == [*["told_already"] * 3, "update_published"]
    assert drafted == [*["draft_over"] * 3, "update_published"]
    with acting_in(committed_acme):
        assert incident.updates.count() == 2


# --- On the web and by program ----------------------------------------------------------------------------------


def test_from_the_first_word_to_the_last_on_the_web(incident, lena, mei, signed_in):
    meis, lenas, place = signed_in(mei), signed_in(lena), url_of(incident, "drafts/customers/")
    form = CUSTOMERS | {"version": "0", "next_minutes": "30", "key": "k"}

    assert meis.post(place, form | {"act": "save"}).url == place
    assert meis.post(place, form | {"act": "propose", "version": "1"}).url == place
    assert "The draft to customers waits to be confirmed" in words_of(lenas.get(url_of(incident)))
    held = meis.post(place, form | {"act": "publish", "version": "1"})
    assert (held.status_code, "whoever leads confirms" in words_of(held)) == (409, True)
    assert lenas.post(place + "confirmation/", {"version": "1"}).url == place
    sent = meis.post(place, form | {"act": "publish", "version": "1"})
    assert meis.post(place, form | {"act": "publish", "version": "1"}).url == sent.url == url_of(incident, "updates/1/")
    assert "Take it back" in words_of(meis.get(sent.url))
    assert meis.post(url_of(incident, "updates/1/taking-back/")).url == place
    assert "Cards fail.</textarea>" in meis.get(place).content.decode()
    assert meis.post(place + "dismissal/", {"version": "1"}).status_code == 302
    assert not incident.drafts.open().exists()


def test_what_sending_asks_for_is_not_called_optional_and_the_time_is_offered(incident, mei, signed_in):
    draft_of(incident, mei)

    page = signed_in(mei).get(url_of(incident, "drafts/customers/"))

    words = words_of(page)
    assert "Who is affected (optional)" in words
    assert "What is happening (optional)" not in words
    assert "Next update in (optional)" not in words
    assert page.context["form"]["next_minutes"].value() == 30


def test_a_stale_page_shows_both_texts(incident, mei, sam, signed_in):
    draft_of(incident, sam, CUSTOMERS | {"workaround": "Pay by invoice."})
    place = url_of(incident, "drafts/customers/")

    answer = signed_in(mei).post(place, CUSTOMERS | {"version": "0", "act": "save", "workaround": "Wait."})
    page = words_of(answer)

    assert (answer.status_code, "Sam Okafor saved version 1 meanwhile" in page) == (409, True)
    assert "Pay by invoice." in page
    assert "Wait.</textarea>" in answer.content.decode()
    again = CUSTOMERS | {"version": "1", "act": "save", "workaround": "Wait."}
    assert signed_in(mei).post(place, again).status_code == 302


def test_the_side_shows_the_words_and_how_it_arrives(incident, mei, signed_in):
    GlossaryTerm.objects.create(slug="ledger", name="ledger", plain="your account")
    form = CUSTOMERS | {"what_is_happening": "The ledger on gw-3 fails, says Tariq.", "version": "0"}

    side = signed_in(mei).post(url_of(incident, "drafts/customers/preview/"), form, headers=HTMX)

    assert all(
        word in words_of(side) for word in ("Say “your account”.", "“gw-3”", "“Tariq”", "E-mail", "Text message")
    )
    assert not incident.drafts.exists()


def test_the_holding_text_in_two_clicks(incident, mei, signed_in):
    page = signed_in(mei).get(url_of(incident, "drafts/customers/holding/"))
    sent = signed_in(mei).post(url_of(incident, "drafts/customers/holding/"), {"key": "k"})

    assert "We are looking into it and tell you more soon." in words_of(page)
    assert sent.url == url_of(incident, "updates/1/")


def test_by_program(incident, lena, mei, stan, omar, program):
    place = f"/incidents/{incident.number}/drafts/customers/"
    put = program(mei).put
    made = put(place, {"body": CUSTOMERS, "next_minutes": 30}, headers={"If-Match": '"0"'})
    stale = put(place, {"body": {"what_is_happening": "X"}}, headers={"If-Match": '"0"'})
    confirmed = program(lena).post(place + "confirmation/", headers={"If-Match": made["ETag"]})
    told = program(mei).post(place + "publication/")
    back = program(mei).post(f"/incidents/{incident.number}/updates/{told.json()['id']}/taking-back/")

    assert (made.status_code, made["ETag"], made.json()["flags"]) == (200, '"1"', [])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert confirmed.json()["confirmed_by"] == "lena@acme.test"
    assert (told.status_code, told.json()["approved_by"]) == (201, "lena@acme.test")
    assert back.json()["state"] == "taken_back"
    assert program(mei).delete(place).status_code == 204
    assert program(mei).get(place).status_code == 404
    assert program(stan).get(f"/incidents/{incident.number}/drafts/").status_code == 404
    assert program(omar).get(place).status_code == 404
    assert program(mei).post(place + "holding/").json()["holding"] is True


def test_the_desk_costs_the_same_however_much_was_said(incident, lena, mei, signed_in):
    browser, desk = signed_in(mei), url_of(incident, "drafts/")
    draft_of(incident, mei)
    browser.get(desk)
    few = queries_of(lambda: browser.get(desk))
    for text in map(str, range(8)):
        raise_finding(incident, by=mei)
        StatusUpdate.publish(incident, "coordination", dict.fromkeys(("current_status", "active_work"), text) | {
            "estimated_resolution": "unknown"}, by=mei)  # fmt: skip

    assert queries_of(lambda: browser.get(desk)) == few


# --- The word check ---------------------------------------------------------------------------------------------

HOUSE = House(people=("Tariq Haddad", "Mei Tanaka"), terms=(("ledger", "your account"), ("p99", "")), raw=(
    "A third of the handshakes with the bank is cut off after 250 ms",))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Cards fail in Europe.", []),
        ("gw-3 fails", [("machine", "gw-3")]),
        ("db1.prod.internal and 10.0.0.7 fail", [("machine", "db1.prod.internal"), ("machine", "10.0.0.7")]),
        ("payments-7d9f8b6c54-x2x9k restarts", [("machine", "payments-7d9f8b6c54-x2x9k")]),
        ("See INC-7, version 2.3, COVID-19", []),
        ("Tariq Haddad fixes it", [("person", "Tariq Haddad")]),
        ("Ask Tariq", [("person", "Tariq")]),
        ("The tariquet meising", []),
        ("The Ledger is slow", [("jargon", "Ledger")]),
        ("Ledgers and p99", [("jargon", "p99")]),
        ("The root cause is known", [("cause", "root cause")]),
        ("Caused by a provider", [("cause", "Caused by")]),
        ("We expect it back by 16:30", [("estimate", "by 16:30")]),
        ("It ends within the next two hours", [("estimate", "within the next two hours")]),
        ("Paying takes 30 minutes", []),
        ("A third of the handshakes with the bank is cut off", [("raw", "A third of the handshakes with the bank ")]),
    ],
)
def test_the_word_check(text, found):
    assert [(flag.code, flag.word) for flag in flags_in({"what_is_happening": text}, HOUSE)] == found


def test_whoever_has_given_no_name_is_none_to_look_for(incident, stan):
    """An empty name is found everywhere, and takes every other name apart."""
    stan.person.change_profile(name="", time_zone="UTC")

    flags = flags_in({"what_is_happening": "Tariq Haddad fixes it."}, house_of(incident))

    assert [(flag.code, flag.word) for flag in flags] == [("person", "Tariq Haddad")]


def test_what_is_confirmed_and_public_may_be_said():
    house = House(cause_confirmed=True, estimate_public=True)

    assert flags_in({"what_is_happening": "Caused by a provider; back by 16:30."}, house) == []
    assert flags_in({"workaround": "Try again in an hour."}, House()) == []


def test_no_internal_field_begins_an_outward_text_and_each_that_is_passed_on_is_flagged(incident, lena):
    """A marker in every line of what we know and in findings: outside begins only with the impact."""
    words = "the very secret marker of the inner house number"
    lines = {name: f"{words} {name}" for name in ("known", "unknown", "doing", "next", "impact", "expected", "ask")}
    Synthesis.publish(incident, by=lena, **lines)
    raise_finding(incident, f"{words} finding", by=lena)
    known = incident.syntheses.current()
    propose_theory(incident, f"{words} theory", by=lena)

    for audience in Audience:
        begun = first_words(audience, known)
        assert begun.keys() <= {part.name for part in PARTS[audience]}
        if audience == Audience.CUSTOMERS:
            assert set(begun.values()) == {lines["impact"]}
    house = house_of(incident, known)
    for leaked in (*lines.values(), f"{words} finding"):
        assert {flag.code for flag in flags_in({"what_is_happening": leaked}, house)} == {"raw"}
