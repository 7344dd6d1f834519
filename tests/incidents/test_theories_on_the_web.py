"""Theories and fixes in the room: suspecting, joining, deciding with evidence, trying."""

import pytest

from incidents.models import FixAttempt, Hypothesis
from tests.factories import declare_incident, propose_change, propose_theory, try_fix
from tests.incidents.pages import HTMX, last_entry, url_of, words_of
from tests.queries import counted


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def theory_url(theory, act):
    return url_of(theory.incident, f"hypotheses/{theory.pk}/{act}/")


def region(browser, incident):
    return browser.get(url_of(incident, "theories/"), headers=HTMX)


def test_somebody_says_what_may_be_the_cause(incident, tariq, sam, signed_in):
    form = {"statement": "The pool is too small", "component": "ledger", "owner": sam.pk}

    answer = signed_in(tariq).post(url_of(incident, "hypotheses/new/"), form, headers=HTMX)

    assert (answer.status_code, answer["HX-Trigger"]) == (204, "live-theories, live-timeline, acted")
    assert "The pool is too small H1 · Open · Ledger · Sam Okafor" in words_of(region(signed_in(sam), incident))


def test_without_a_statement_the_form_comes_back(incident, tariq, signed_in):
    answer = signed_in(tariq).post(url_of(incident, "hypotheses/new/"), {"statement": "", "component": "ledger"})

    assert answer.status_code == 422
    assert '<option value="ledger" selected>' in answer.content.decode()
    assert not Hypothesis.objects.filter(incident=incident).exists()


def test_a_second_theory_on_one_thing_offers_the_first_to_join(incident, tariq, sam, signed_in):
    first = propose_theory(incident, by=tariq, component="ledger")
    browser, form = signed_in(sam), {"statement": "The disk is full", "component": "ledger"}

    refused = browser.post(url_of(incident, "hypotheses/new/"), form, headers=HTMX)
    html = refused.content.decode()

    assert refused.status_code == 409
    assert "suspects Ledger already" in words_of(refused)
    assert f'hx-post="{theory_url(first, "testers")}"' in html
    assert 'name="waiver"' in html
    assert 'value="The disk is full"' in html

    assert browser.post(theory_url(first, "testers")).url == url_of(incident)
    assert list(Hypothesis.objects.get(pk=first.pk).testers.all()) == [sam]
    assert browser.post(url_of(incident, "hypotheses/new/"), {**form, "waiver": "Both can be"}).status_code == 302
    assert incident.hypotheses.count() == 2


def test_testing_is_one_click(incident, tariq, signed_in):
    theory = propose_theory(incident, by=tariq)
    browser = signed_in(tariq)
    assert f'id="h-{theory.pk}-testing"' in region(browser, incident).content.decode()

    answer = browser.post(theory_url(theory, "state"), {"state": "testing"}, headers=HTMX)

    assert answer.status_code == 204
    assert "H1 · Testing · Tariq Haddad" in words_of(region(browser, incident))
    assert browser.post(theory_url(theory, "state"), {"state": "testing"}, headers=HTMX).status_code == 409


@pytest.mark.parametrize(("state", "word"), [("ruled_out", "Rule it out"), ("confirmed", "Confirm it")])
def test_deciding_asks_for_what_shows_it(incident, tariq, signed_in, state, word):
    theory = propose_theory(incident, by=tariq)
    browser = signed_in(tariq)
    dialog = browser.get(theory_url(theory, "state") + f"?to={state}", headers=HTMX)
    assert word in words_of(dialog)

    empty = browser.post(theory_url(theory, "state"), {"state": state})
    assert (empty.status_code, "Say what shows it." in words_of(empty)) == (422, True)
    answer = browser.post(
        theory_url(theory, "state"), {"state": state, "text": "64 of 64 in use", "url": "https://graphs.acme.test/1"}
    )

    theory.refresh_from_db()
    assert (answer.status_code, theory.state) == (302, state)
    assert theory.evidence.get().url == "https://graphs.acme.test/1"


@pytest.mark.parametrize("state", ["", "nonsense"])
def test_a_state_that_is_none_changes_nothing(incident, tariq, signed_in, state):
    theory = propose_theory(incident, by=tariq)

    assert signed_in(tariq).post(theory_url(theory, "state"), {"state": state}).status_code == 422


def test_evidence_stands_on_the_page_and_only_on_safe_links(incident, tariq, signed_in):
    theory = propose_theory(incident, by=tariq)
    browser = signed_in(tariq)
    form = {"text": "<b>half</b> empty", "supports": "no"}

    assert browser.get(theory_url(theory, "evidence")).status_code == 200
    assert browser.post(theory_url(theory, "evidence"), {**form, "url": "javascript:alert(1)"}).status_code == 422
    assert browser.post(theory_url(theory, "evidence"), form).status_code == 302

    page = browser.get(url_of(incident, "theories/")).content.decode()
    assert "&lt;b&gt;half&lt;/b&gt; empty" in page
    assert "Against" in page


def test_what_is_ruled_out_is_folded_and_opened_again(incident, tariq, signed_in):
    theory = propose_theory(incident, by=tariq)
    theory.rule_out(by=tariq, text="It was half empty")
    browser = signed_in(tariq)

    html = region(browser, incident).content.decode()
    assert '<details class="fn__more" id="theories-h1" hx-preserve open>' in html
    assert "Nobody has said what may be the cause." in html

    browser.post(theory_url(theory, "state"), {"state": "open", "text": "The graph was of yesterday"})

    assert last_entry(incident).details["reason"] == "The graph was of yesterday"
    assert "<details" not in region(browser, incident).content.decode()


def test_a_fix_is_tried_and_its_result_told(incident, tariq, sam, signed_in):
    theory, change = propose_theory(incident, by=tariq), propose_change(incident, "ledger", by=tariq)
    browser = signed_in(tariq)
    dialog = browser.get(url_of(incident, f"fix-attempts/new/?hypothesis={theory.pk}"), headers=HTMX)
    assert f'<option value="{theory.pk}" selected>' in dialog.content.decode()

    form = {"what": "Raise the limit", "hypothesis": theory.pk, "change": change.pk}
    assert browser.post(url_of(incident, "fix-attempts/new/"), form).status_code == 302
    attempt = incident.fix_attempts.get()
    assert "Raise the limit F1 · Started · H1 · C1 · Tariq Haddad" in words_of(region(browser, incident))

    address = url_of(incident, f"fix-attempts/{attempt.pk}/result/")
    assert signed_in(sam).post(address, {"state": "did_not_work", "result": "Same errors"}).status_code == 302
    assert "F1 Raise the limit: did not work" in words_of(region(browser, incident))
    assert browser.post(address, {"state": "started"}).status_code == 422


def test_a_theory_of_another_incident_is_not_tried_against(incident, lena, tariq, signed_in):
    foreign = propose_theory(declare_incident(lena), by=tariq)

    answer = signed_in(tariq).post(url_of(incident, "fix-attempts/new/"), {"what": "x", "hypothesis": foreign.pk})

    assert answer.status_code == 422
    assert not FixAttempt.objects.filter(incident=incident).exists()


def test_stakeholders_and_outsiders_find_no_theories(incident, lena, stan, omar, signed_in):
    theory, attempt = propose_theory(incident, by=lena), try_fix(incident, by=lena)
    addresses = [
        *(url_of(incident, rest) for rest in ("theories/", "hypotheses/new/", "fix-attempts/new/")),
        *(theory_url(theory, act) for act in ("state", "evidence")),
        url_of(incident, f"fix-attempts/{attempt.pk}/result/"),
    ]

    for address in addresses:
        assert signed_in(lena).get(address).status_code == 200
        assert signed_in(stan).get(address).status_code == 404
        assert signed_in(omar).get(address).status_code == 404
    assert signed_in(stan).post(theory_url(theory, "testers")).status_code == 404


def test_the_region_costs_the_same_however_much_is_suspected(incident, lena, tariq, signed_in):
    browser = signed_in(lena)

    def grow(count):
        for _ in range(count):
            theory = propose_theory(incident, by=tariq)
            theory.test(by=lena)
            theory.add_evidence("Seen", by=tariq, supports=True)
            try_fix(incident, by=tariq, hypothesis=theory)

    grow(2)
    region(browser, incident)
    with counted() as few:
        region(browser, incident)
    grow(6)

    with counted() as many:
        region(browser, incident)

    assert len(many) == len(few)
