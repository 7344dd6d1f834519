"""Documents elsewhere: listed beside the incident, never in its place."""

import pytest
from django.db import transaction

from incidents.models import Document
from teams.errors import Refused
from teams.models import Membership
from teams.tenancy import acting_in
from tests.factories import declare_incident
from tests.incidents.pages import HTMX, all_at_once, last_entry, queries_of, url_of, words_of

STATUS = "https://status.provider.example/"


@pytest.fixture
def incident(lena):
    return declare_incident(lena)


def add(incident, url=STATUS, *, by, title="Provider status", **fields):
    return incident.documents.get(pk=Document.add(incident, title, url, by=by, **fields).details["document"])


def test_a_document_is_listed_and_marked_as_not_the_record(tariq, incident, signed_in):
    add(incident, by=tariq, note="Their own clock is wrong.")

    page = signed_in(tariq).get(url_of(incident))

    assert f'href="{STATUS}" rel="nofollow noopener noreferrer">Provider status</a>' in page.content.decode()
    words = words_of(page)
    assert "Their own clock is wrong." in words
    assert "Not authoritative: the record is here." in words


def test_the_address_stays_out_of_the_sealed_record(tariq, incident):
    add(incident, "https://wiki.example/?token=hunter2", by=tariq)

    entry = last_entry(incident)

    assert (entry.kind, entry.details["title"]) == ("document_added", "Provider status")
    assert "hunter2" not in str(entry.details)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://files.example/", "file:///etc/passwd", "//x", "no", ""]
)
def test_only_addresses_of_the_web_are_listed(tariq, incident, url):
    with pytest.raises(Refused) as refused:
        add(incident, url, by=tariq)

    assert refused.value.code == "not_an_address"
    assert not incident.documents.exists()


def test_one_address_is_listed_once_and_again_after_it_was_removed(tariq, mei, incident):
    document = add(incident, by=tariq)
    with pytest.raises(Refused) as refused:
        add(incident, by=mei, title="The same")
    assert refused.value.code == "listed_already"

    document.remove(by=mei)

    assert last_entry(incident).kind == "document_removed"
    assert add(incident, by=mei).pk != document.pk
    with pytest.raises(Refused):
        document.remove(by=mei)


def test_a_list_has_an_end(tariq, incident, monkeypatch):
    monkeypatch.setattr("incidents.models.documents.MOST", 2)
    add(incident, by=tariq)
    add(incident, STATUS + "2", by=tariq)

    with pytest.raises(Refused) as refused:
        add(incident, STATUS + "3", by=tariq)

    assert refused.value.code == "too_many"


def test_stakeholders_and_outsiders_have_no_documents(tariq, stan, omar, incident, signed_in):
    document = add(incident, by=tariq)
    with pytest.raises(Refused):
        add(incident, STATUS + "2", by=stan)
    for rest in ("documents/", "documents/new/", f"documents/{document.pk}/"):
        assert signed_in(tariq).get(url_of(incident, rest), headers=HTMX).status_code == 200
        assert signed_in(stan).get(url_of(incident, rest), headers=HTMX).status_code == 404
        assert signed_in(omar).get(url_of(incident, rest), headers=HTMX).status_code == 404
    assert "Provider status" not in words_of(signed_in(stan).get(url_of(incident)))


def test_forms_list_and_remove(tariq, incident, signed_in):
    browser = signed_in(tariq)

    added = browser.post(
        url_of(incident, "documents/new/"), {"title": "Their status", "url": "status.example"}, headers=HTMX
    )
    document = incident.documents.get()
    again = browser.post(url_of(incident, "documents/new/"), {"title": "Again", "url": document.url})
    removed = browser.post(url_of(incident, f"documents/{document.pk}/"))

    assert (added.status_code, added["HX-Trigger"]) == (204, "live-documents, live-timeline, acted")
    assert (document.url, document.added_by) == ("https://status.example", tariq)
    assert again.status_code == 422
    assert "listed already" in words_of(again)
    assert removed.status_code == 302
    assert not incident.documents.current().exists()


def test_a_wrong_address_is_explained(tariq, incident, signed_in):
    answer = signed_in(tariq).post(url_of(incident, "documents/new/"), {"title": "Odd", "url": "javascript:alert(1)"})

    assert answer.status_code == 422
    assert not incident.documents.exists()


def test_a_program_lists_and_removes(tariq, incident, program):
    api = program(tariq)

    made = api.post("/incidents/1/documents/", {"title": "Their status", "url": STATUS, "note": "In English"})
    again = api.post("/incidents/1/documents/", {"title": "Their status", "url": STATUS})
    odd = api.post("/incidents/1/documents/", {"title": "Odd", "url": "ftp://files.example/"})
    listed = api.get("/incidents/1/documents/").json()["results"]
    removed = [api.delete(f"/incidents/1/documents/{made.json()['id']}/").status_code for _ in range(2)]

    assert made.status_code == 201
    assert listed == [made.json()]
    assert (made.json()["url"], made.json()["added_by"]) == (STATUS, "tariq@acme.test")
    assert (again.status_code, again.json()["code"]) == (409, "listed_already")
    assert odd.status_code == 422
    assert removed == [204, 204]
    assert api.get("/incidents/1/documents/").json()["results"] == []


def test_two_who_list_the_same_at_once_list_it_once(committed_acme):
    with acting_in(committed_acme):
        lena = Membership.objects.with_people().get(person__email="lena@acme.test")
        incident = declare_incident(lena)

    def listing():
        with acting_in(committed_acme), transaction.atomic():
            try:
                return Document.add(incident, "Same", STATUS, by=lena).kind
            except Refused as refused:
                return refused.code

    assert sorted(all_at_once(listing, 3)) == ["document_added", "listed_already", "listed_already"]


def test_many_documents_cost_as_much_as_one(tariq, incident, signed_in):
    browser = signed_in(tariq)
    add(incident, by=tariq)
    browser.get(url_of(incident, "documents/"), headers=HTMX)
    few = queries_of(lambda: browser.get(url_of(incident, "documents/"), headers=HTMX))
    for number in range(5):
        add(incident, f"{STATUS}{number}", by=tariq)

    assert queries_of(lambda: browser.get(url_of(incident, "documents/"), headers=HTMX)) == few
