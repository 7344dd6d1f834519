"""Decisions in the browser: asked with one form, made in two steps, proposed by everybody else."""

import re

import pytest
from django.utils import timezone

from incidents.models import Decision, Participant, RoleAssignment
from incidents.room import IncidentRoom
from teams.models import TechnicalDomain
from tests.factories import declare_incident, post_message, raise_decision
from tests.incidents.pages import HTMX, field_of, last_entry, queries_of, url_of, words_of

OPTIONS = ["Roll back", {"text": "Wait", "tradeoff": "Four in ten payments fail"}]


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev2")


@pytest.fixture
def decision(incident, tariq):
    return raise_decision(incident, "coordination", by=tariq, options=OPTIONS, cost_of_waiting="4,200 € a minute")


@pytest.fixture
def read(incident, signed_in):
    return lambda member, page, **kwargs: signed_in(member).get(url_of(incident, page), **kwargs)


@pytest.fixture
def post(incident, signed_in):
    def post(member, page, /, *, headers=None, **fields):
        return signed_in(member).post(url_of(incident, page), fields, headers=headers)

    return post


def question(**fields):
    return {"decision_class": "coordination", "subject": "Roll back?", **fields}


# --- Asking -----------------------------------------------------------------------------------------------


def test_the_form_asks_and_the_page_shows_the_question(incident, post, read, tariq):
    response = post(
        tariq, "decisions/new/",
        **question(options="Roll back\n\nWait | Payments fail\n", needed_in=20, cost_of_waiting="Money"),
    )  # fmt: skip

    decision = incident.decisions.get()
    assert response.url == url_of(incident, "decisions/1/")
    assert [(each["key"], each["text"], each["tradeoff"]) for each in decision.options] == [
        ("a", "Roll back", ""),
        ("b", "Wait", "Payments fail"),
    ]
    assert 19 < (decision.needed_by - timezone.now()).total_seconds() / 60 <= 20
    page = words_of(read(tariq, "decisions/1/"))
    for words in ("D1 Roll back?", "Asked of incident lead, Lena Fischer", "Wait: Payments fail", "Money"):
        assert words in page


def test_who_leads_decides_with_the_same_form(incident, post, lena):
    post(lena, "decisions/new/", **question(choice="Yes", reason="Errors at 40 %"))

    decision = incident.decisions.get()
    assert (decision.state, decision.decided_by, decision.choice) == ("decided", lena, "Yes")


def test_what_somebody_else_fills_in_is_a_proposal(incident, post, tariq):
    post(tariq, "decisions/new/", **question(choice="Yes"))

    assert last_entry(incident).kind == "decision_input"
    assert incident.decisions.get().state == "raised"


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"subject": ""}, 422, "This field is required."),
        ({"decision_class": "publishing"}, 422, "Select a valid choice."),
        ({"needed_in": "0"}, 422, "greater than or equal to 1"),
        ({"decision_class": "resource", "options": "Only one"}, 200, "Name at least two options"),
    ],
)
def test_what_is_wrong_with_a_question_stands_beside_the_field(incident, post, lena, fields, status, words):
    response = post(lena, "decisions/new/", **question(**fields))

    assert response.status_code in (status, 422)
    assert words in words_of(response)
    assert not incident.decisions.exists()


def test_the_second_to_ask_is_led_to_the_first(incident, post, decision, sam):
    response = post(sam, "decisions/new/", **question(subject=" roll back THE gateway? "))

    assert response.status_code == 409
    assert "D1 asks this already." in words_of(response)
    assert url_of(incident, "decisions/1/") in response.content.decode()


def test_a_double_click_asks_once(incident, post, lena):
    for _ in range(2):
        post(lena, "decisions/new/", **question(choice="Yes", key="once"))

    assert incident.decisions.count() == 1


@pytest.mark.parametrize(
    ("role", "chosen"),
    [
        ("product", "priority"),
        ("executive", "resource"),
        ("technical_coordinator", "investigation"),
        (None, "coordination"),
    ],
)
def test_the_kind_is_the_one_that_ones_role_decides(incident, read, sam, role, chosen):
    if role:
        domain = TechnicalDomain.objects.first() if role == "technical_coordinator" else None
        RoleAssignment.assign(incident, role, sam, by=None, domain=domain)

    page = read(sam, "decisions/new/").content.decode()

    (checked,) = [tag for tag in page.split("<input") if 'name="decision_class"' in tag and " checked" in tag]
    assert f'value="{chosen}"' in checked


def test_a_message_becomes_a_question(incident, post, read, lena):
    message = post_message(incident, "Shall we roll back?", by=lena)
    page = read(lena, f"decisions/new/?message={message.pk}")
    assert 'value="Shall we roll back?"' in field_of(page, "subject")

    post(lena, "decisions/new/", **question(message=message.pk))

    assert incident.decisions.get().source_message == message


# --- Choosing ---------------------------------------------------------------------------------------------


def test_who_decides_has_the_options_as_buttons_and_everybody_else_proposes(read, decision, lena, sam):
    mine = read(lena, "decisions/", headers=HTMX).content.decode()
    theirs = read(sam, "decisions/", headers=HTMX).content.decode()

    assert 'id="decide-1-a"' in mine
    assert 'id="decide-1-b"' in mine
    assert 'id="propose-1"' not in mine
    assert 'id="propose-1"' in theirs
    assert "decide-1" not in theirs


def test_deciding_takes_two_steps(incident, post, read, decision, lena):
    form = read(lena, "decisions/1/choice/?option=b", headers=HTMX).content.decode()
    (checked,) = [tag for tag in form.split("<input") if 'name="option"' in tag and " checked" in tag]
    assert 'value="b"' in checked

    response = post(lena, "decisions/1/choice/", option="b", reason="It heals", headers=HTMX)

    decision.refresh_from_db()
    assert (response.status_code, decision.choice, decision.reason) == (204, "Wait", "It heals")
    assert response["HX-Trigger"].startswith("live-decisions, live-needs, live-gaps")


def test_choosing_nothing_is_said_beside_the_field(post, decision, lena):
    response = post(lena, "decisions/1/choice/", option="")

    assert response.status_code == 422
    assert "Choose one, or say it in your own words." in words_of(response)


def test_other_words_do_as_well(post, decision, lena):
    post(lena, "decisions/1/choice/", option="", choice="Fix forward")

    decision.refresh_from_db()
    assert decision.choice == "Fix forward"


def test_deciding_anyway_is_refused_once_and_shown_for_what_it_is(post, read, decision, sam):
    refused = post(sam, "decisions/1/choice/", option="a")
    assert refused.status_code == 409
    assert "The incident lead decides this: Lena Fischer." in words_of(refused)
    assert "<textarea" in field_of(refused, "waiver")

    post(sam, "decisions/1/choice/", option="a", waiver="Lena is not reachable")

    page = words_of(read(sam, "decisions/1/"))
    assert "Outside authority" in page
    assert "by Sam Okafor (outside their authority)" in page


def test_a_proposal_stands_under_the_question(post, read, decision, sam, lena):
    assert post(sam, "decisions/1/input/", option="a", text="31 tickets").status_code == 302

    assert "Sam Okafor proposes Roll back : 31 tickets" in words_of(read(lena, "decisions/", headers=HTMX))


def test_what_was_decided_meanwhile_is_said(post, decision, lena):
    decision.decide("a", by=lena)

    response = post(lena, "decisions/1/choice/", option="b")

    assert response.status_code == 409
    assert "D1 is decided already." in words_of(response)


# --- Afterwards -------------------------------------------------------------------------------------------


def test_a_decision_is_finished_replaced_and_taken_back(incident, post, read, decision, lena):
    decision.decide("a", by=lena)
    post(lena, "decisions/1/execution/")
    post(lena, "decisions/1/replacement/", option="b", reason="It heals")
    taken_back = post(lena, "decisions/2/reversal/", reason="It did not")

    states = list(incident.decisions.order_by("number").values_list("state", flat=True))
    assert states == ["superseded", "reversed", "decided"]
    assert taken_back.url == url_of(incident, "decisions/3/")
    page = words_of(read(lena, "decisions/"))
    for words in ("In place of D1", "Superseded by D2", "Takes back D2", "Reversed by D3"):
        assert words in page


def test_more_time_and_no_more_need(post, decision, lena, tariq):
    wanting = post(lena, "decisions/1/postponement/", needed_in=90)
    assert wanting.status_code == 422
    assert "Say why it can wait." in words_of(wanting)

    post(lena, "decisions/1/postponement/", needed_in=90, reason="The bank answers at half past")
    post(tariq, "decisions/1/withdrawal/", reason="It healed")

    decision.refresh_from_db()
    assert (decision.state, decision.reason) == ("withdrawn", "It healed")


def test_an_executive_says_that_it_is_seen_with_one_button(incident, post, read, lena, ruth):
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    raise_decision(incident, "resource", by=lena, options=OPTIONS)
    assert 'id="acknowledgement-1"' in read(ruth, "decisions/", headers=HTMX).content.decode()

    post(ruth, "decisions/1/acknowledgement/")

    page = read(lena, "decisions/", headers=HTMX)
    assert "Seen by Ruth Meyer" in words_of(page)
    assert 'id="acknowledgement-1"' not in page.content.decode()


def test_product_says_yes_to_what_the_lead_chose_meanwhile(incident, post, read, lena, sam):
    Decision.open(incident, "priority", "What first?", by=lena, choice="Invoices")
    RoleAssignment.assign(incident, "product", sam, by=sam)
    assert "Say yes or no to D1 What first?: Invoices" in words_of(read(sam, "needs/", headers=HTMX))

    post(sam, "decisions/1/ratification/")

    assert "Say yes or no" not in words_of(read(sam, "needs/", headers=HTMX))


# --- What waits for whom ----------------------------------------------------------------------------------


def needs(incident, member):
    return [(need.slug, need.state) for need in IncidentRoom(incident, member).needs if need.kind == "decision"]


def test_a_decision_needs_whoever_may_make_it(incident, decision, lena, sam):
    assert needs(incident, lena) == [("1", "")]
    assert needs(incident, sam) == []


def test_what_an_executive_leaves_lying_needs_the_lead_too(incident, lena, ruth):
    RoleAssignment.assign(incident, "executive", ruth, by=ruth)
    late = raise_decision(incident, "resource", by=lena, options=OPTIONS)
    assert (needs(incident, ruth), needs(incident, lena)) == ([("1", "")], [])

    Decision.objects.filter(pk=late.pk).update(needed_by=timezone.now())

    assert (needs(incident, ruth), needs(incident, lena)) == ([("1", "late")], [("1", "late")])


def test_the_log_is_filtered_by_state_and_paged(incident, read, lena):
    for number in range(52):
        Decision.open(incident, "coordination", f"Question {number}", by=lena, choice="Yes")
    raise_decision(incident, "coordination", "Still open")

    everything = read(lena, "decisions/").content.decode()
    waiting = words_of(read(lena, "decisions/?state=raised"))

    assert everything.count("<article") == 50
    assert "?before=4" in everything
    assert ("Still open" in waiting, "Question 3" in waiting) == (True, False)
    assert read(lena, "decisions/?state=nonsense").status_code == 200
    assert read(lena, "decisions/?before=4").content.decode().count("<article") == 3


def test_nobody_else_reads_or_decides(incident, post, read, decision, stan, omar, lena):
    acts = ("choice", "input", "replacement", "reversal", "postponement", "withdrawal")
    for page in ("decisions/", "decisions/new/", "decisions/1/", *(f"decisions/1/{act}/" for act in acts)):
        assert read(lena, page).status_code in (200, 409), page
        assert (read(stan, page).status_code, read(omar, page).status_code) == (404, 404), page
    assert post(stan, "decisions/1/execution/").status_code == 404
    decision.refresh_from_db()
    assert decision.state == "raised"


def test_once_it_is_over_nothing_is_offered(incident, read, decision, lena):
    incident.resolve(by=lena)

    page = read(lena, "decisions/", headers=HTMX).content.decode()

    assert "D1</span>" in page
    assert "decide-1" not in page
    assert "decision-new" not in page


def test_the_panel_costs_the_same_however_many_there_are(incident, signed_in, decision, lena, sam):
    browser = signed_in(lena)

    def region():
        return browser.get(url_of(incident, "decisions/"), headers=HTMX)

    decision.give_input("Wait", by=sam)
    region()
    few = queries_of(region)
    for number in range(12):
        more = raise_decision(incident, "coordination", f"Question {number}", by=sam)
        more.give_input("Yes", by=sam)
    for number in range(12):
        Decision.open(incident, "priority", f"Choice {number}", by=lena, choice="Yes")

    assert queries_of(region) == few


# --- Reading along ----------------------------------------------------------------------------------------


def test_whoever_reads_along_is_offered_nothing(incident, decision, lena, ada, read):
    """Not even as an administrator who raised it: they join first."""
    Participant.join(incident, ada, by=ada, capacity="observer")
    acts = ("Roll back", "Propose", "Decide", "more time…", "Withdraw it…", "Choose differently…", "Take it back…")

    def offered():
        page = re.search(
            r'<article class="card decision".*?</article>(.*)', read(ada, "decisions/1/").content.decode(), re.S
        )
        buttons = re.findall(r'<(?:a|button) class="btn[^"]*"[^>]*>(.*?)</(?:a|button)>', page[0], re.S)
        return [words for words in acts if any(words in button for button in buttons)]

    assert offered() == []
    decision.decide("a", by=lena)
    assert offered() == []
    Participant.join(incident, ada, by=ada)
    assert offered() == ["Choose differently…", "Take it back…"]
