"""Hats and functions in the browser: two clicks to give one, one winner when several take it."""

import re

import pytest

from incidents import kinds
from incidents.models import Handover, Participant, RoleAssignment
from teams.models import Membership, Person
from tests.factories import declare_incident, open_workstream
from tests.incidents.pages import HTMX, field_of, last_entry, queries_of, url_of, words_of


@pytest.fixture
def incident(lena):
    return declare_incident(lena, severity="sev3")


@pytest.fixture
def post(incident, signed_in):
    def post(member, page, /, *, headers=None, **fields):
        return signed_in(member).post(url_of(incident, page), fields, headers=headers)

    return post


def test_keys_lead_to_giving_and_handing_over(lena, tariq, signed_in):
    incident = declare_incident(lena)

    def keys_of(member):
        html = signed_in(member).get(url_of(incident)).content.decode()
        return set(re.findall(r'id="([\w-]+)" data-key="([rhb])"', html))

    roles = {("give-lead", "r"), ("give-communications_lead", "r"), ("give-support_liaison", "r")}
    assert keys_of(lena) == {*roles, ("hand-over-lead", "h")}
    assert keys_of(tariq) == set()
    open_workstream(incident, by=tariq)
    assert ("stream-change", "b") in keys_of(tariq)

    Handover.begin(incident.roles.current().get(role="lead"), tariq, by=lena)
    assert ("hand-over-lead", "h") not in keys_of(lena)


LEAD, SPEAKER = "roles/lead/", "roles/communications_lead/"


# --- Taking and giving --------------------------------------------------------------------------------------


def test_a_vacant_role_is_taken_with_one_button(incident, post, mei):
    response = post(mei, SPEAKER)

    assert response.url == incident.get_absolute_url()
    assert incident.holder_of("communications_lead") == mei
    assert last_entry(incident).kind == kinds.ROLE_TAKEN.name


def test_the_likely_people_stand_next_to_a_button(incident, lena, mei, tariq, ruth, signed_in):
    Participant.join(incident, ruth, by=ruth)

    page = words_of(signed_in(lena).get(url_of(incident, SPEAKER)))

    assert "Nobody is communications lead yet." in page
    assert "Mei Tanaka Communications · on call for Communications Give" in page
    assert "Ruth Meyer Leadership · in the incident Give" in page
    assert page.index("Mei Tanaka Communications ·") < page.index("Tariq Haddad Engineering ·")


def test_the_lead_gives_a_role_with_the_button_next_to_the_person(incident, post, lena, mei):
    post(lena, SPEAKER, member=mei.pk)

    assert incident.holder_of("communications_lead") == mei
    assert incident.participants.current().filter(membership=mei).exists()


def test_anybody_else_is_chosen_from_the_list(incident, post, lena, ada):
    nobody = post(lena, SPEAKER, listed="1", another="")
    somebody = post(lena, SPEAKER, listed="1", another=ada.pk)

    assert nobody.status_code == 422
    assert "Choose who gets the role." in words_of(nobody)
    assert somebody.status_code == 302
    assert incident.holder_of("communications_lead") == ada


def test_the_second_to_take_it_hears_who_was_faster(incident, post, mei, sam):
    first, second = post(mei, SPEAKER, member=mei.pk), post(sam, SPEAKER, member=sam.pk)

    assert first.status_code == 302
    assert second.status_code == 409
    assert "Mei Tanaka is communications lead." in words_of(second)
    assert incident.holder_of("communications_lead") == mei


def test_not_even_the_lead_takes_away_by_accident_what_was_vacant_a_moment_ago(incident, post, lena, mei):
    post(mei, SPEAKER)

    response = post(lena, SPEAKER, member=lena.pk)

    assert response.status_code == 409
    assert incident.holder_of("communications_lead") == mei


def test_taking_over_from_somebody_wants_a_reason(incident, post, lena, tariq, signed_in):
    page = signed_in(tariq).get(url_of(incident, LEAD))
    seize = {"member": tariq.pk, "holder": lena.pk}
    refused, waived = post(tariq, LEAD, **seize), post(tariq, LEAD, **seize, waiver="Lena went offline")

    assert "Take over" in words_of(page)
    assert f'value="{lena.pk}"' in field_of(page, "holder")
    assert refused.status_code == 409
    assert "<textarea" in field_of(refused, "waiver")
    assert waived.status_code == 302
    assert incident.holder_of("lead") == tariq
    assert last_entry(incident).details["waiver"] == "Lena went offline"


def test_the_holder_hands_over(incident, post, lena, tariq):
    post(lena, LEAD, member=tariq.pk, holder=lena.pk)

    entry = last_entry(incident)
    assert incident.holder_of("lead") == tariq
    assert (entry.kind, entry.details["before"]) == (kinds.ROLE_HANDED_OVER.name, "Lena Fischer")


def test_a_stakeholder_is_not_among_those_who_can_get_it(incident, post, lena, stan, signed_in):
    page = signed_in(lena).get(url_of(incident, SPEAKER))

    response = post(lena, SPEAKER, member=stan.pk)

    assert "Ada Novak, Product" in words_of(page)
    assert "Stan Larsen" not in words_of(page)
    assert response.status_code == 422
    assert incident.holder_of("communications_lead") is None


def test_a_member_who_left_is_not_among_them_either(incident, post, lena, sam):
    sam.end(by=lena)

    assert post(lena, SPEAKER, member=sam.pk).status_code == 422


def test_htmx_is_told_which_parts_changed(post, mei):
    response = post(mei, SPEAKER, headers=HTMX)

    assert response.status_code == 204
    assert "live-roles" in response["HX-Trigger"]


# --- Putting it down ------------------------------------------------------------------------------------------


def test_a_role_is_put_down(incident, post, lena):
    response = post(lena, "roles/lead/vacancy/")

    assert response.status_code == 302
    assert incident.holder_of("lead") is None
    released, vacant = incident.timeline.in_order().filter(number__gt=incident.last_number)
    assert (released.kind, vacant.kind) == (kinds.ROLE_RELEASED.name, kinds.ROLE_VACANT.name)


def test_taking_it_off_somebodys_head_wants_a_reason(incident, post, tariq):
    assert post(tariq, "roles/lead/vacancy/").status_code == 409
    assert post(tariq, "roles/lead/vacancy/", waiver="Lena fell ill").status_code == 302
    assert incident.holder_of("lead") is None


def test_what_is_vacant_cannot_be_put_down(incident, post, lena):
    assert post(lena, "roles/communications_lead/vacancy/").status_code == 404


@pytest.mark.parametrize("role", ["king/", "lead%20/", "lead/?domain=backend"])
def test_a_role_that_is_not_defined_does_not_exist(post, lena, role):
    assert post(lena, f"roles/{role}").status_code == 404


# --- Functions ------------------------------------------------------------------------------------------------


def state_of(incident, slug):
    activation = incident.functions.filter(function__slug=slug).first()
    return activation and activation.state


def test_a_function_walks_from_asked_to_released(incident, post, lena):
    walked = []
    for state in ("requested", "engaged", "stood_down"):
        post(lena, "functions/legal/", state=state)
        walked.append(state_of(incident, "legal"))

    assert walked == ["requested", "engaged", "stood_down"]


def test_a_function_says_itself_that_it_is_here(incident, post, sam, tariq):
    others = post(tariq, "functions/support/", state="engaged")
    own = post(sam, "functions/support/", state="engaged")

    assert others.status_code == 409
    assert "The incident lead decides which functions are needed." in words_of(others)
    assert own.status_code == 302
    assert state_of(incident, "support") == "engaged"


def test_waiving_a_function_needs_a_reason_at_the_field(incident, post, lena):
    bare = post(lena, "functions/support/", state="waived")
    reasoned = post(lena, "functions/support/", state="waived", reason="Nobody outside notices")

    assert bare.status_code == 422
    assert "Why: Say why this function is not needed." in words_of(bare)
    assert reasoned.status_code == 302
    assert last_entry(incident).details["reason"] == "Nobody outside notices"


def test_what_is_possible_is_offered(incident, lena, signed_in):
    page = signed_in(lena).get(url_of(incident, "functions/support/?state=waived")).content.decode()

    assert 'id="function-engaged"' in page
    assert 'btn--go" type="submit" name="state" value="waived"' in page
    assert 'id="function-requested"' not in page


def test_doing_it_twice_is_refused(post, lena):
    post(lena, "functions/legal/", state="requested")

    response = post(lena, "functions/legal/", state="requested", reason="Again")

    assert response.status_code == 409
    assert "Legal is requested already." in words_of(response)
    assert 'value="Again"' in field_of(response, "reason")


@pytest.mark.parametrize(("slug", "state", "status"), [("unheard-of", "requested", 404), ("legal", "odd", 422)])
def test_what_makes_no_sense_is_sent_back(post, lena, slug, state, status):
    assert post(lena, f"functions/{slug}/", state=state).status_code == status


# --- Who may not ----------------------------------------------------------------------------------------------


PAGES = [(LEAD, {}), ("roles/lead/vacancy/", {}), ("functions/legal/", {"state": "requested"})]


@pytest.mark.parametrize(("page", "fields"), PAGES)
def test_a_stakeholder_is_told_kindly(incident, post, lena, stan, signed_in, page, fields):
    form, response = signed_in(stan).get(url_of(incident, page)), post(stan, page, **fields, waiver="I insist")

    assert "You follow incidents as a stakeholder" in words_of(form)
    assert response.status_code == 409
    assert incident.holder_of("lead") == lena
    assert state_of(incident, "legal") is None


@pytest.mark.parametrize(("page", "fields"), PAGES)
def test_outsiders_and_those_who_may_not_see_it_find_nothing(tariq, sam, omar, signed_in, page, fields):
    address = url_of(declare_incident(tariq, private=True), page)

    assert signed_in(tariq).get(address).status_code == 200
    assert {signed_in(member).post(address, fields).status_code for member in (sam, omar)} == {404}


def test_the_page_costs_the_same_however_many_people_there_are(incident, lena, acme, signed_in):
    browser, address = signed_in(lena), url_of(incident, SPEAKER)
    browser.get(address)
    few = queries_of(lambda: browser.get(address))
    for number in range(30):
        person = Person.objects.create_user(f"member{number}@acme.test", "correct horse battery", name=f"M {number}")
        member = Membership.objects.create(person=person, role="responder", function=lena.function)
        RoleAssignment.assign(incident, "communications_lead", member, by=lena)
    many = queries_of(lambda: browser.get(address))

    assert few == many
