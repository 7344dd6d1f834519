"""Publishing updates: written once, previewed as it arrives, published once, and the clock starts anew."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents import kinds
from incidents.models import RoleAssignment, StatusUpdate
from incidents.models.updates import PARTS
from incidents.sms_length import SmsLength, sms_length
from playbooks.models import Audience
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, raise_finding
from tests.incidents.pages import HTMX, all_at_once, field_of, last_entry, queries_of, url_of, words_of

COORDINATION = {"current_status": "Down.", "active_work": "Rolling back.", "estimated_resolution": "unknown"}


@pytest.fixture
def incident(lena, mei):
    incident = declare_incident(lena, "Card payments fail", severity="sev1")
    RoleAssignment.assign(incident, "communications_lead", mei, by=lena)
    return incident


@pytest.fixture
def write(incident, signed_in):
    def write(member, audience="coordination", *, page="", headers=None, **changes):
        fields = {"act": "publish", "next_minutes": "15", **(COORDINATION if audience == "coordination" else {})}
        fields |= changes
        address = url_of(incident, f"drafts/{audience}/{page}")
        return signed_in(member).post(address, fields, headers=headers)

    return write


def minutes_left(incident, audience):
    due_at = incident.obligations.live().get(audience=audience).due_at
    return round((due_at - timezone.now()).total_seconds() / 60)


# --- The composer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", list(Audience))
def test_each_audience_has_its_own_fields(incident, mei, signed_in, audience):
    response = signed_in(mei).get(url_of(incident, f"updates/new/?audience={audience}"), follow=True)

    assert response.redirect_chain == [(url_of(incident, f"drafts/{audience}/"), 302)]
    assert f"Draft to {audience.label.lower()}" in words_of(response)
    assert [field.name for field, _ in response.context["form"].written] == [part.name for part in PARTS[audience]]


def test_without_an_audience_it_opens_with_the_one_that_is_due_next(incident, mei, signed_in):
    StatusUpdate.publish(incident, "technical", {"text": "Rolled back."}, by=mei, next_update_at=in_minutes(90))
    StatusUpdate.publish(incident, "coordination", COORDINATION, by=mei, next_update_at=in_minutes(90))

    for page in ("updates/new/", "updates/new/?audience=odd"):
        assert signed_in(mei).get(url_of(incident, page)).url == url_of(incident, "drafts/customers/")


def in_minutes(minutes):
    return timezone.now() + timedelta(minutes=minutes)


def test_it_starts_as_the_last_update_to_the_same_audience(incident, mei, write, signed_in):
    write(mei, current_status="Cards fail in Europe.")

    coordination = signed_in(mei).get(url_of(incident, "drafts/coordination/"))
    customers = signed_in(mei).get(url_of(incident, "drafts/customers/"))

    assert "Cards fail in Europe." in coordination.content.decode()
    assert "Starts as update 1" in words_of(coordination)
    assert "Cards fail in Europe." not in customers.content.decode()


def test_the_promise_is_preset_from_the_cadence(incident, mei, signed_in):
    response = signed_in(mei).get(url_of(incident, "drafts/leadership/"))

    assert 'value="60"' in field_of(response, "next_minutes")
    assert "SEV1 asks for one every 60." in words_of(response)


# --- How it arrives -----------------------------------------------------------------------------------------


def test_the_preview_is_what_is_typed_and_publishes_nothing(incident, mei, write):
    response = write(mei, page="preview/", current_status="Cards fail in Europe.", headers=HTMX)

    page = words_of(response)
    assert "E-mail" in page
    assert "[SEV1 INC-1] Update 1 to coordination: Card payments fail" in page
    assert "Current status: Cards fail in Europe." in page
    assert "Text message 0 people · 1 text message," in page
    assert not StatusUpdate.objects.exists()


def test_what_is_not_finished_is_previewed_too(mei, write):
    response = write(mei, page="preview/", current_status="", next_minutes="soon", headers=HTMX)

    assert response.status_code == 200
    assert "Active work: Rolling back." in words_of(response)


def test_without_scripts_the_preview_is_the_page_with_everything_kept(incident, mei, write):
    response = write(mei, page="preview/", current_status="Cards fail in Europe.")

    assert response.status_code == 200
    assert "Cards fail in Europe.</textarea>" in response.content.decode()
    assert "Current status: Cards fail in Europe." in words_of(response)
    assert not StatusUpdate.objects.exists()


# --- Publishing ---------------------------------------------------------------------------------------------


def test_the_communications_lead_publishes_and_the_clock_starts_anew(incident, mei, write):
    response = write(mei, next_minutes="25")

    update = StatusUpdate.objects.get()
    assert response.url == url_of(incident, "updates/1/")
    assert (update.audience, update.body, update.published_by) == ("coordination", COORDINATION, mei)
    assert minutes_left(incident, "coordination") == 25
    assert minutes_left(incident, "customers") == 10


def test_line_ends_are_kept_as_they_are_counted(mei, write):
    limit = PARTS[Audience.COORDINATION][0].limit
    text = "x" * (limit - 2) + "\r\n" + "y"

    assert write(mei, current_status=text).status_code == 302
    assert StatusUpdate.objects.get().body["current_status"] == "x" * (limit - 2) + "\ny"


def test_a_double_click_publishes_once(incident, mei, write):
    first, second = write(mei, key="a-double-click"), write(mei, key="a-double-click")

    assert first.url == second.url == url_of(incident, "updates/1/")
    assert StatusUpdate.objects.count() == 1


def test_an_impatient_finger_publishes_once(committed_acme, signed_in):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)
        address = url_of(incident, "drafts/technical/")
    cookie = signed_in(lena).cookies["sessionid"].value
    form = {"act": "publish", "text": "Rolled back.", "next_minutes": "30", "key": "an-impatient-finger"}

    answers = all_at_once(lambda: Client(headers={"Cookie": f"sessionid={cookie}"}).post(address, form).status_code)

    with acting_in(committed_acme):
        assert incident.updates.count() == 1
        assert incident.timeline.filter(kind=kinds.UPDATE_PUBLISHED.name).count() == 1
        assert not incident.drafts.open().exists()
    assert answers == [302] * 8


def test_an_optional_part_may_be_empty(lena, mei, write):
    fields = {"what_is_happening": "Some card payments fail.", "what_we_are_doing": "We roll back."}

    assert write(mei, "customers", **fields, workaround=" ", waiver="Lena is on a train").status_code == 302
    assert StatusUpdate.objects.get().body == fields


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"current_status": "  "}, "Current status is required."),
        ({"current_status": "x" * 401}, "At most 400 characters; this has 401."),
        ({"next_minutes": ""}, "Say when they hear the next."),
        ({"next_minutes": "0"}, "greater than or equal to 1"),
        ({"next_minutes": "5000"}, "less than or equal to 1440"),
        ({"next_minutes": "soon"}, "Enter a whole number."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(mei, write, wrong, sentence):
    response = write(mei, **{"active_work": "Draining the queue.", **wrong})

    assert response.status_code == 422
    assert sentence in words_of(response)
    assert "Draining the queue.</textarea>" in response.content.decode()
    assert not StatusUpdate.objects.exists()


def test_a_technical_field_has_no_place_in_a_word_to_leadership(mei, write):
    fields = {"business_impact": "Sales stop.", "customer_effect": "No cards.", "expected_timeline": "unknown"}

    assert write(mei, "leadership", **fields, text="The gateway leaks sockets.").status_code == 302
    assert StatusUpdate.objects.get().body == fields


def test_somebody_else_says_why_and_loses_no_word(incident, tariq, write):
    refused = write(tariq, current_status="Cards fail in Europe.")
    waived = write(tariq, current_status="Cards fail in Europe.", waiver="Mei is on a plane")

    assert refused.status_code == 409
    assert "Only the communications lead publishes above the technical tier." in words_of(refused)
    assert "<textarea" in field_of(refused, "waiver")
    assert "Cards fail in Europe.</textarea>" in refused.content.decode()
    assert waived.status_code == 302
    assert last_entry(incident).details["waiver"] == "Mei is on a plane"


def test_an_unconfirmed_address_writes_to_nobody_outside_and_loses_no_word(mei, write):
    fields = {"what_is_happening": "Some card payments fail.", "what_we_are_doing": "We roll back."}
    mei.person.emailaddress_set.update(verified=False)

    refused, inside = write(mei, "customers", **fields), write(mei)
    mei.person.emailaddress_set.update(verified=True)

    assert (refused.status_code, inside.status_code) == (409, 302)
    assert "Confirm your e-mail address before you write to customers" in words_of(refused)
    assert 'href="/accounts/email/"' in refused.content.decode()
    assert "Some card payments fail.</textarea>" in refused.content.decode()
    assert write(mei, "customers", **fields, waiver="Lena is on a train").status_code == 302


def test_technical_word_comes_from_every_responder(tariq, write):
    assert write(tariq, "technical", text="Rolled back to 5.1.").status_code == 302


def test_a_word_that_crossed_another_is_held_once(incident, lena, mei, write, signed_in):
    form = {"after": "0", "key": "mine", "current_status": "Still down."}
    write(mei, current_status="Half is up again.")
    raise_finding(incident, by=lena)

    held = write(mei, **form)
    published = write(mei, **form | {"after": "1"})

    assert held.status_code == 422
    assert "Mei Tanaka published update 1 to this audience while you were writing." in words_of(held)
    assert "Still down.</textarea>" in held.content.decode()
    assert 'value="1"' in field_of(held, "after")
    assert published.status_code == 302
    assert StatusUpdate.objects.count() == 2


def test_when_it_is_over_the_last_word_promises_nothing(incident, lena, mei, write, signed_in):
    incident.resolve(by=lena)

    page = signed_in(mei).get(url_of(incident, "drafts/coordination/"))
    response = write(mei, current_status="It is over.")

    assert field_of(page, "next_minutes") is None
    assert response.status_code == 302
    assert StatusUpdate.objects.get().next_update_at is None
    assert not incident.obligations.live().exists()


def test_an_audience_without_a_clock_may_be_promised_one(lena, mei, signed_in):
    incident = declare_incident(lena, severity="sev4")
    address = url_of(incident, "drafts/technical/")

    none = signed_in(lena).post(address, {"act": "publish", "text": "Looking.", "next_minutes": ""})
    raise_finding(incident, by=lena)
    form = {"act": "publish", "text": "Found it.", "next_minutes": "40", "after": "1"}
    some = signed_in(lena).post(address, form)

    first, second = incident.updates.order_by("number")
    assert (none.status_code, some.status_code) == (302, 302)
    assert first.next_update_at is None
    assert round((second.next_update_at - second.published_at).total_seconds() / 60) == 40


def test_the_timeline_tells_of_it_once(incident, mei, write):
    write(mei, key="once")
    write(mei, key="once")

    assert incident.timeline.filter(kind=kinds.UPDATE_PUBLISHED.name).count() == 1


# --- Reading it afterwards ----------------------------------------------------------------------------------


def test_the_update_says_what_was_told_and_where_to_look_for_its_way(incident, mei, tariq, write, signed_in):
    write(mei, current_status="Cards fail in Europe.")

    for member in (mei, tariq):
        response = signed_in(member).get(url_of(incident, "updates/1/"))
        assert "Published by Mei Tanaka" in words_of(response)
        assert "Current status Cards fail in Europe." in words_of(response)
        assert "/deliveries/?incident=1" in response.content.decode()


def test_an_update_that_is_not_there(incident, mei, write, signed_in):
    write(mei)

    assert signed_in(mei).get(url_of(incident, "updates/1/")).status_code == 200
    assert signed_in(mei).get(url_of(incident, "updates/2/")).status_code == 404


# --- Who may not --------------------------------------------------------------------------------------------


def test_a_stakeholder_writes_nothing(incident, stan, write, signed_in):
    assert signed_in(stan).get(url_of(incident, "updates/new/")).status_code == 404
    assert write(stan, waiver="I insist").status_code == 404
    assert not StatusUpdate.objects.exists()


@pytest.mark.parametrize("page", ["updates/new/", "drafts/coordination/"])
def test_outsiders_and_those_who_may_not_see_it_find_nothing(tariq, sam, omar, signed_in, page):
    address = url_of(declare_incident(tariq, private=True), page)

    assert {signed_in(member).get(address).status_code for member in (sam, omar)} == {404}
    assert signed_in(tariq).get(address, follow=True).status_code == 200


def test_the_composer_costs_the_same_however_much_was_published(incident, mei, write, signed_in):
    browser, address = signed_in(mei), url_of(incident, "drafts/coordination/")
    write(mei)
    browser.get(address)
    few = queries_of(lambda: browser.get(address))
    for number in range(10):
        raise_finding(incident, by=mei)
        StatusUpdate.publish(incident, "coordination", COORDINATION | {"current_status": f"{number}"}, by=mei)
    many = queries_of(lambda: browser.get(address))

    assert few == many


# --- How long a text message is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", SmsLength(parts=0, units=0, room=160, is_gsm=True)),
        ("x" * 160, SmsLength(parts=1, units=160, room=0, is_gsm=True)),
        ("x" * 161, SmsLength(parts=2, units=161, room=145, is_gsm=True)),
        ("x" * 306, SmsLength(parts=2, units=306, room=0, is_gsm=True)),
        ("x" * 307, SmsLength(parts=3, units=307, room=152, is_gsm=True)),
        ("€" * 80, SmsLength(parts=1, units=160, room=0, is_gsm=True)),
        # An escape sequence is not torn apart, so one septet of the first part stays empty.
        ("x" * 152 + "€" + "x" * 10, SmsLength(parts=2, units=164, room=141, is_gsm=True)),
        ("ñ" * 160, SmsLength(parts=1, units=160, room=0, is_gsm=True)),
        ("ş" * 70, SmsLength(parts=1, units=70, room=0, is_gsm=False)),
        ("ş" * 71, SmsLength(parts=2, units=71, room=63, is_gsm=False)),
        ("x" * 68 + "😀", SmsLength(parts=1, units=70, room=0, is_gsm=False)),
        ("x" * 69 + "😀", SmsLength(parts=2, units=71, room=63, is_gsm=False)),
        ("x" * 66 + "😀" * 3, SmsLength(parts=2, units=72, room=61, is_gsm=False)),
    ],
)
def test_how_many_text_messages_a_text_is(text, length):
    assert sms_length(text) == length
