"""Services rest on services: who says so, that nothing needs itself, and what the graph tells."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from teams.errors import Refused
from teams.graph import leads_back, reached_from
from teams.models import AuditEntry, Membership, Service, ServiceDependency, ServiceGraph
from teams.tenancy import acting_in
from tests.queries import counted


def address(name, **kwargs):
    return reverse(f"teams:{name}", kwargs={"org": "acme", **kwargs})


@pytest.fixture
def services(acme):
    return {service.slug: service for service in Service.objects.all()}


@pytest.fixture
def chain(services, ada):
    """Checkout needs the ledger, and the ledger needs the search."""
    services["checkout"].rest_on([services["ledger"]], by=ada)
    services["ledger"].rest_on([services["search"]], by=ada)
    return services


def needed_by(service):
    return set(service.depends_on.values_list("slug", flat=True))


# --- The graph --------------------------------------------------------------------------------------


def test_what_is_reached_comes_with_the_way_to_it():
    edges = [(1, 2), (2, 3), (1, 4), (4, 3), (5, 1)]

    assert reached_from({1}, edges) == {2: 1, 4: 1, 3: 2}
    assert reached_from({3}, edges) == {}


@pytest.mark.parametrize(
    ("edges", "circular"),
    [([(1, 2), (2, 3)], False), ([(1, 2), (2, 1)], True), ([(1, 1)], True), ([(1, 2), (2, 3), (3, 2)], False)],
)
def test_a_circle_is_seen_from_a_row_on_it(edges, circular):
    assert leads_back(1, edges) is circular


def test_failing_and_resting_go_all_the_way_in_one_query(chain):
    checkout, ledger, search = chain["checkout"].pk, chain["ledger"].pk, chain["search"].pk

    with counted() as queries:
        graph = ServiceGraph.read()
        assert graph.dependants_of({search}) == {ledger: search, checkout: ledger}
        assert graph.needs_of({checkout}) == {ledger: checkout, search: ledger}
        assert graph.around({ledger}) == {checkout, ledger, search}

    assert len(queries) == 1


# --- Saying it --------------------------------------------------------------------------------------


def test_a_service_comes_to_need_others_and_the_audit_says_so(services, ada):
    services["checkout"].rest_on([services["ledger"], services["search"]], by=ada)

    assert needed_by(services["checkout"]) == {"ledger", "search"}
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.act, entry.details) == (
        ada, "service_dependencies_changed", {"depends_on": "Ledger, Search"},
    )  # fmt: skip


def test_saying_it_again_changes_nothing(chain, ada):
    before = AuditEntry.objects.count()

    chain["checkout"].rest_on([chain["ledger"]], by=ada)

    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(("service", "needed"), [("search", "checkout"), ("ledger", "checkout"), ("search", "search")])
def test_nothing_needs_itself_in_the_end(chain, ada, service, needed):
    before = needed_by(chain[service])

    with pytest.raises(Refused) as refused:
        chain[service].rest_on([chain[needed]], by=ada)

    assert refused.value.code == "circular_dependency"
    assert needed_by(chain[service]) == before


def test_only_administrators_say_what_needs_what(services, tariq):
    with pytest.raises(Refused) as refused:
        services["checkout"].rest_on([services["ledger"]], by=tariq)

    assert refused.value.code == "administrators_only"


@pytest.mark.django_db(transaction=True)
def test_two_services_that_begin_to_need_each_other_at_once_make_no_circle(committed_acme):
    def need(pair):
        try:
            with acting_in(committed_acme):
                ada = Membership.objects.get(person__email="ada@acme.test")
                service, needed = (Service.objects.get(slug=slug) for slug in pair)
                service.rest_on([needed], by=ada)
                return "done"
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as administrators:
        outcomes = sorted(administrators.map(need, [("checkout", "ledger"), ("ledger", "checkout")]))

    assert outcomes == ["circular_dependency", "done"]
    with acting_in(committed_acme):
        assert ServiceDependency.objects.count() == 1


# --- Pages ------------------------------------------------------------------------------------------


def form_of(service, *needed):
    return {"name": service.name, "slug": service.slug, "depends_on": [each.pk for each in needed]}


def test_the_services_page_says_what_needs_what(chain, stan, signed_in):
    page = signed_in(stan).get(address("services")).content.decode()

    assert '<td data-label="Depends on">Ledger</td>' in page
    assert '<td data-label="Depends on">Nothing</td>' in page


def test_an_administrator_picks_what_a_service_needs(services, ada, signed_in):
    browser = signed_in(ada)
    added = {"name": "Gateway", "slug": "", "depends_on": [services["ledger"].pk]}

    assert browser.post(address("new_service"), added).status_code == 302
    assert needed_by(Service.objects.get(slug="gateway")) == {"ledger"}
    offered = browser.get(address("service", slug="checkout")).context["form"].fields["depends_on"].queryset
    assert {service.slug for service in offered} == {"gateway", "ledger", "search"}

    answer = browser.post(address("service", slug="checkout"), form_of(services["checkout"], services["search"]))
    assert answer.status_code == 302
    assert needed_by(services["checkout"]) == {"search"}


def test_a_circle_comes_back_as_an_error_of_the_form_and_nothing_is_saved(chain, ada, signed_in):
    form = {**form_of(chain["search"], chain["checkout"]), "name": "Finding"}

    answer = signed_in(ada).post(address("service", slug="search"), form)

    assert answer.status_code == 422
    assert "would need itself in the end." in answer.content.decode()
    assert needed_by(chain["search"]) == set()
    assert Service.objects.get(slug="search").name == "Search"


def test_the_list_costs_the_same_however_much_needs_each_other(services, ada, signed_in):
    browser = signed_in(ada)
    browser.get(address("services"))
    with counted() as few:
        browser.get(address("services"))
    services["checkout"].rest_on([services["ledger"], services["search"]], by=ada)
    services["ledger"].rest_on([services["search"]], by=ada)

    with counted() as many:
        browser.get(address("services"))

    assert len(many) == len(few)


def test_the_administration_refuses_a_circle_too(chain, ada, signed_in):
    browser = signed_in(ada)
    search, checkout = chain["search"], chain["checkout"]
    change = reverse("admin:teams_service_change", args=[search.pk])
    inline = browser.get(change).context["inline_admin_formsets"][0].formset.prefix
    form = {
        "name": "Search", "slug": "search", "position": "0",
        f"{inline}-TOTAL_FORMS": "1", f"{inline}-INITIAL_FORMS": "0", f"{inline}-0-needed": checkout.pk,
    }  # fmt: skip

    refused = browser.post(change, form)
    accepted = browser.post(
        reverse("admin:teams_service_change", args=[checkout.pk]),
        {**form, "name": "Checkout", "slug": "checkout", f"{inline}-0-needed": search.pk},
    )

    assert refused.status_code == 200
    assert "Search would need itself in the end." in refused.content.decode()
    assert accepted.status_code == 302
    assert needed_by(checkout) == {"ledger", "search"}
