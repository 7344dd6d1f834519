"""Declaring in the browser: a title is enough, a double click is one incident, an alert says the rest."""

import pytest
from django.test import Client

from incidents.models import Incident, Integration
from playbooks.models import IncidentType
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident, fire_alert
from tests.incidents.pages import HTMX, all_at_once, field_of, words_of

DECLARE = "/o/acme/declare/"


def test_a_title_is_enough(lena, signed_in):
    response = signed_in(lena).post(DECLARE, {"title": "Card payments fail"})

    incident = Incident.objects.get()
    assert (response.status_code, response.url) == (302, "/o/acme/incidents/1/")
    assert (incident.title, incident.severity.slug, incident.scope, incident.criticality) == (
        "Card payments fail",
        "sev3",
        "unknown",
        "unknown",
    )
    assert incident.incident_type == IncidentType.objects.get(slug="payment")
    assert incident.holder_of("lead") == lena


def test_everything_that_is_said_is_kept(lena, signed_in):
    signed_in(lena).post(
        DECLARE,
        {
            "title": "Somebody reads our mail",
            "severity": "sev1",
            "incident_type": "security",
            "services": ["checkout", "ledger"],
            "scope": "many",
            "criticality": "critical",
            "summary": "Since noon.\r\nTwo mailboxes.",
            "drill": "on",
            "private": "on",
        },
    )

    incident = Incident.objects.get()
    assert (incident.severity.slug, incident.incident_type.slug) == ("sev1", "security")
    assert (incident.scope, incident.criticality, incident.drill, incident.private) == ("many", "critical", True, True)
    assert incident.summary == "Since noon.\nTwo mailboxes."
    assert sorted(incident.services.values_list("slug", flat=True)) == ["checkout", "ledger"]


def test_the_form_says_that_nobody_outside_is_told(lena, signed_in):
    response = signed_in(lena).get(DECLARE)

    assert "Nobody outside your organisation is told." in words_of(response)
    assert 'value="sev3" required id="id_severity_2" checked' in response.content.decode()


def test_a_double_click_declares_once(lena, signed_in):
    browser = signed_in(lena)
    form = {"title": "Card payments fail", "key": browser.get(DECLARE).context["form"]["key"].value()}

    first, second = browser.post(DECLARE, form), browser.post(DECLARE, form)

    assert first.url == second.url == "/o/acme/incidents/1/"
    assert Incident.objects.count() == 1


def test_an_impatient_finger_declares_once(committed_acme, signed_in):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
    browser = signed_in(lena)
    cookie = browser.cookies["sessionid"].value
    form = {"title": "Card payments fail", "key": "an-impatient-finger"}

    answers = all_at_once(lambda: Client(headers={"Cookie": f"sessionid={cookie}"}).post(DECLARE, form).status_code)

    with acting_in(committed_acme):
        assert Incident.objects.count() == 1
    assert answers == [302] * 8


def test_every_form_has_a_key_of_its_own(lena, signed_in):
    browser = signed_in(lena)

    keys = {field_of(browser.get(DECLARE), "key") for _ in range(2)}

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"title": "Odd", "severity": "sev9"}, "not one of the available choices"),
        ({"title": "Odd", "scope": "galaxy"}, "galaxy is not one of the available choices"),
        ({"title": "Odd", "services": ["unheard-of"]}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(lena, signed_in, wrong, sentence):
    response = signed_in(lena).post(DECLARE, {"summary": "Since noon.", **wrong})

    assert response.status_code == 422
    assert sentence in words_of(response)
    assert "Since noon." in response.content.decode()
    assert not Incident.objects.exists()


def test_another_organisations_service_is_not_one_of_the_choices(lena, globex, signed_in):
    with acting_in(globex):
        foreign = Incident.objects.first().services.get()

    response = signed_in(lena).post(DECLARE, {"title": "Odd", "services": [str(foreign.pk)]})

    assert response.status_code == 422
    assert not Incident.objects.exists()


def test_a_stakeholder_declares_and_follows(stan, signed_in):
    response = signed_in(stan).post(DECLARE, {"title": "A customer cannot pay"})

    incident = Incident.objects.get()
    assert response.status_code == 302
    assert incident.declared_by == stan
    assert incident.holder_of("lead") is None


def test_an_outsider_declares_nothing(omar, signed_in):
    browser = signed_in(omar)

    assert browser.get(DECLARE).status_code == 404
    assert browser.post(DECLARE, {"title": "Odd"}).status_code == 404
    assert not Incident.objects.exists()


def test_a_drill_and_a_title_can_be_in_the_address(lena, signed_in):
    response = signed_in(lena).get(f"{DECLARE}?drill=1&title=Practice")

    assert "checked" in field_of(response, "drill")
    assert 'value="Practice"' in field_of(response, "title")


def test_the_form_fits_into_a_dialog(lena, signed_in):
    page = signed_in(lena).get(DECLARE, headers=HTMX).content.decode()

    assert page.lstrip().startswith("<open-dialog>")
    assert 'hx-post="/o/acme/declare/"' in page


# --- From an alert ------------------------------------------------------------------------------------


@pytest.fixture
def alert(acme):
    labels = {"severity": "critical", "incident_type": "payment", "service": "checkout"}
    return fire_alert("Checkout errors above 5 %", labels=labels)


def test_an_alert_fills_in_what_it_knows(lena, alert, signed_in):
    form = signed_in(lena).get(f"{DECLARE}?alert={alert.pk}").context["form"]

    assert form["title"].value() == "Checkout errors above 5 %"
    assert [form[name].value() for name in ("severity", "incident_type")] == ["sev1", "payment"]
    assert list(form["services"].value()) == ["checkout"]


def test_the_alert_becomes_part_of_the_incident_however_often_it_is_sent(lena, alert, signed_in):
    form = {"title": "Checkout fails", "alert": alert.pk, "key": "a-double-click"}

    first, second = signed_in(lena).post(DECLARE, form), signed_in(lena).post(DECLARE, form)

    alert.refresh_from_db()
    incident = Incident.objects.get()
    assert first.url == second.url == incident.get_absolute_url()
    assert alert.incident == incident
    assert incident.timeline.in_order().first().details["detected_by"] == "Prometheus"


def test_an_alert_that_somebody_else_declared_from_is_refused_with_the_text_kept(lena, tariq, alert, signed_in):
    alert.attach_to(declare_incident(tariq), by=tariq)

    response = signed_in(lena).post(DECLARE, {"title": "Checkout fails", "alert": alert.pk})

    assert response.status_code == 409
    assert "This alert belongs to an incident already." in words_of(response)
    assert 'value="Checkout fails"' in field_of(response, "title")
    assert Incident.objects.count() == 1


def test_a_foreign_alert_is_like_one_that_never_was(lena, globex, signed_in):
    with acting_in(globex):
        foreign = Integration.objects.first().alerts.first()

    answers = [signed_in(lena).get(f"{DECLARE}?alert={pk}").status_code for pk in (foreign.pk, 999_999, "odd")]
    response = signed_in(lena).post(DECLARE, {"title": "Odd", "alert": foreign.pk})

    assert answers == [404, 404, 404]
    assert response.status_code == 422
    assert not Incident.objects.exists()


def test_stakeholders_do_not_declare_from_alerts(stan, alert, signed_in):
    assert signed_in(stan).get(f"{DECLARE}?alert={alert.pk}").status_code == 404
    assert signed_in(stan).post(DECLARE, {"title": "Odd", "alert": alert.pk}).status_code == 409
    assert not Incident.objects.exists()
