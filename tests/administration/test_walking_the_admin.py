"""Every path of every model in the admin, walked by Acme's administrator with Globex's rows in hand.

Nothing of Globex is shown (the marker scan watches every answer), nothing of it changes, and what is refused is
refused as if it did not exist.
"""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from incidents.models import Integration
from notifications.models import AudienceGroup, RoutingRule
from playbooks.models import Cadence, DecisionRight, IncidentType, Playbook, PlaybookVersion, Severity
from teams.administration import site
from teams.administration.scoped import OrganizationModelAdmin, ReadOnlyAdmin
from teams.models import AuditEntry, Function, Membership, Rota, Service, Team, TechnicalDomain
from teams.tenancy import TenantModel, acting_in, tenant_models
from tests.marker import MARKER
from tests.queries import counted

# A search page repeats what was searched for; a part finds the same rows without looking like a leak.
PART_OF_MARKER = MARKER[:10]
# What the browser sends along with a service that needs no other.
NEEDS_NOTHING = {"-1-TOTAL_FORMS": "0", "-1-INITIAL_FORMS": "0"}
MODELS = sorted(site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def globex_rows(globex, omar):
    """`{model: row}`: one row of Globex for every model in the admin, each with the marker where it has words."""
    with acting_in(globex):
        AudienceGroup.objects.update_or_create(slug="secret", defaults={"name": MARKER, "audience": "leadership"})
        engineering = Function.objects.get(slug="engineering")
        Rota.objects.get_or_create(function=engineering, defaults={"on_call": omar})
        RoutingRule.objects.create(name=MARKER, event="declared", function=engineering)
        playbook = Playbook.objects.get(name__contains=MARKER)
        playbook.draft()
        for model in (Function, TechnicalDomain, Severity, IncidentType):
            model.objects.filter(pk=model.objects.first().pk).update(name=f"{MARKER} {model.__name__}")
        rows = {model: model.objects.order_by("pk").last() for model in MODELS}
        rows[PlaybookVersion] = playbook.versions.get()
        assert all(rows.values())
        return rows


@pytest.fixture
def admin(signed_in, ada):
    return signed_in(ada)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fingerprint(globex):
    """Everything that Globex has, so that any change shows."""
    with acting_in(globex):
        return {
            model._meta.label: sorted(map(str, model.objects.values_list()))
            for model in tenant_models()
            if model._meta.label != "teams.IdempotentRequest"
        }


def fields_of(page):
    """What the browser would send back from a change or add page, formsets included."""
    form = page.context["adminform"].form
    forms = [form, *(each for formset in page.context["inline_admin_formsets"] for each in formset.formset.forms)]
    management = [formset.formset.management_form for formset in page.context["inline_admin_formsets"]]
    values = {}
    for each in (*forms, *management):
        for bound in each:
            value = bound.value()
            if value is not None and value is not False:
                values[bound.html_name] = value
    return values


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
class TestEveryModel:
    def test_the_list_shows_own_rows_only(self, admin, globex_rows, model):
        page = admin.get(address(model, "changelist"))

        assert page.status_code == 200
        assert set(page.context["cl"].queryset.values_list("organization_id", flat=True)) <= {
            Function.objects.first().organization_id
        }

    def test_a_search_finds_nothing_foreign(self, admin, globex_rows, model):
        if site._registry[model].search_fields:
            page = admin.get(address(model, "changelist"), {"q": PART_OF_MARKER})
            assert page.context["cl"].result_count == 0

    def test_filters_offer_and_accept_nothing_foreign(self, admin, globex_rows, model):
        for field in site._registry[model].list_filter:
            related = model._meta.get_field(field).related_model
            if related and issubclass(related, TenantModel):
                foreign = globex_rows[related].pk
                page = admin.get(address(model, "changelist"), {f"{field}__id__exact": foreign}, follow=True)
                assert page.status_code == 200
                assert set(page.context["cl"].queryset) <= set(model.objects.all())

    @pytest.mark.parametrize("page", ["change", "history", "delete"])
    def test_a_foreign_row_is_as_if_it_did_not_exist(self, admin, globex_rows, model, page):
        foreign = admin.get(address(model, page, globex_rows[model].pk))
        missing = admin.get(address(model, page, 2**40))

        assert foreign.status_code == missing.status_code
        assert foreign.status_code in (302, 403, 404)
        assert foreign.headers.get("Location") == missing.headers.get("Location")

    @pytest.mark.parametrize("page", ["change", "delete"])
    def test_a_foreign_row_cannot_be_written(self, admin, globex, globex_rows, model, page):
        before = fingerprint(globex)

        admin.post(address(model, page, globex_rows[model].pk), {"name": "taken", "post": "yes", "_saveasnew": "1"})

        assert fingerprint(globex) == before

    def test_the_pages_of_own_rows_offer_nothing_foreign(self, admin, globex_rows, model):
        own = model.objects.order_by("pk").first()
        if own is not None:
            for page in ("change", "history", "delete"):
                assert admin.get(address(model, page, own.pk)).status_code in (200, 403)
        assert admin.get(address(model, "add")).status_code in (200, 403)
        assert admin.get(address(model, "add"), {"_popup": "1", "_to_field": "id"}).status_code in (200, 403)

    def test_bulk_actions_touch_nothing_foreign(self, admin, globex, globex_rows, model):
        before = fingerprint(globex)
        for action in (*(site._registry[model].actions or ()), "delete_selected"):
            chosen = {"action": action, "_selected_action": [globex_rows[model].pk], "post": "yes"}
            admin.post(address(model, "changelist"), chosen)

        assert fingerprint(globex) == before

    def test_pickers_find_nothing_foreign(self, admin, globex_rows, model):
        for field in site._registry[model].autocomplete_fields:
            choice = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": PART_OF_MARKER,
            }
            found = admin.get(reverse("admin:autocomplete"), choice)
            assert (found.status_code, found.json()["results"]) == (200, [])

    def test_foreign_keys_refuse_foreign_rows(self, admin, globex, globex_rows, model):
        """Own form, foreign identifiers: in the main form and in every inline."""
        Playbook.objects.get(slug="payments").draft()
        own = model.objects.order_by("-pk").first()
        page = admin.get(address(model, "change", own.pk)) if own else None
        if page is None or page.status_code != 200 or not page.context["has_change_permission"]:
            assert own is None or isinstance(site._registry[model], ReadOnlyAdmin)
            return
        values, before = fields_of(page), fingerprint(globex)
        slots = [
            (name, field.queryset.model)
            for form, prefix in _forms(page)
            for name, field in ((prefix + name, field) for name, field in form.fields.items())
            if hasattr(field, "queryset") and field.queryset.model in globex_rows
        ]
        for name, target in slots:
            if target is model:
                continue
            with_foreign = {**values, name: globex_rows[target].pk}
            answer = admin.post(address(model, "change", own.pk), with_foreign)
            assert answer.status_code == 200, f"{name} accepted a foreign {target.__name__}"
        assert fingerprint(globex) == before

    def test_the_list_takes_few_queries(self, admin, model):
        admin.get(address(model, "changelist"))
        with counted() as queries:
            admin.get(address(model, "changelist"))

        assert len(queries) <= 12, queries

    @pytest.mark.parametrize("who", ["lena", "tariq", "stan", "omar"])
    def test_only_administrators_enter(self, request, signed_in, model, who):
        member = request.getfixturevalue(who)
        page = signed_in(member).get(address(model, "changelist"))

        assert page.status_code == (200 if who in ("lena", "omar") else 404)


def _forms(page):
    yield page.context["adminform"].form, ""
    for inline in page.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            yield form, f"{form.prefix}-"


def test_signed_out_people_are_sent_to_sign_in(client, db):
    assert client.get("/admin/").status_code == 302
    assert "/accounts/login/" in client.get("/admin/", follow=True).redirect_chain[-1][0]


def test_being_staff_or_superuser_opens_nothing(signed_in, tariq):
    tariq.person.is_staff = tariq.person.is_superuser = True
    tariq.person.save()

    assert signed_in(tariq).get("/admin/").status_code == 404


def test_a_model_without_the_scoped_base_class_is_refused():
    with pytest.raises(ImproperlyConfigured):
        site.register(apps.get_model("auth", "Group"))
    with pytest.raises(ImproperlyConfigured):
        site.register(apps.get_model("auth", "Group"), OrganizationModelAdmin)


def test_what_administrators_have_to_edit_is_there():
    wanted = {Playbook, PlaybookVersion, IncidentType, Severity, Cadence, DecisionRight, RoutingRule, Integration}
    assert wanted <= set(MODELS)


def test_a_duplicate_is_an_error_in_the_form(admin, lena):
    answer = admin.post(address(Service, "add"), {"name": "Checkout", "slug": "checkout", "position": "0"})

    assert answer.status_code == 200
    assert "Something here has this slug already." in answer.content.decode()
    assert Service.objects.filter(slug="checkout").count() == 1


def test_the_same_slug_as_in_the_other_organisation_is_free(admin, globex_rows):
    answer = admin.post(
        address(Service, "add"), {"name": "Own", "slug": f"secret-{MARKER}"[:40], "position": "0", **NEEDS_NOTHING}
    )

    assert answer.status_code == 302


def test_history_tells_who_changed_what(admin, ada):
    service = Service.objects.get(slug="checkout")
    form = {"name": "Check-out", "slug": "checkout", "position": "0", **NEEDS_NOTHING}
    admin.post(address(Service, "change", service.pk), form)

    entry = AuditEntry.objects.about(service).get()
    assert (entry.actor, entry.act, entry.details) == (ada, "changed", {"message": [{"changed": {"fields": ["Name"]}}]})
    history = admin.get(address(Service, "history", service.pk)).content.decode()
    assert "Ada Novak" in history
    assert "Name" in history


def test_an_administrator_of_two_organisations_sees_one_at_a_time(signed_in, ada, globex):
    with acting_in(globex):
        Membership.objects.create(person=ada.person, role="admin")
    client = signed_in(ada)

    def own(model):
        page = client.get(address(model, "changelist"))
        return set(page.context["cl"].queryset.values_list("organization__slug", flat=True))

    first, _ = own(Team), client.post(reverse("admin:organization"), {"organization": "globex"})
    assert "globex" not in first
    with acting_in(globex):
        assert own(Team) == {"globex"}


def test_an_organisation_that_one_does_not_administer_cannot_be_chosen(admin):
    assert admin.post(reverse("admin:organization"), {"organization": "globex"}).status_code == 404
