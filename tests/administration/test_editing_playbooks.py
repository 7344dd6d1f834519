"""Administrators edit playbooks, severities and cadences in the admin; what is published stays as it is."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from incidents.models import Obligation, RoleAssignment
from playbooks.models import Cadence, Playbook, PlaybookVersion, RoleDefinition
from teams.models import AuditEntry
from tests.administration.test_walking_the_admin import fields_of
from tests.factories import declare_incident

PLAYBOOKS = "admin:playbooks_playbook_changelist"


@pytest.fixture
def admin(signed_in, ada):
    return signed_in(ada)


@pytest.fixture
def payments(acme):
    return Playbook.objects.get(slug="payments")


def run(admin, action, playbook):
    return admin.post(reverse(PLAYBOOKS), {"action": action, "_selected_action": [playbook.pk]}, follow=True)


def version_page(version):
    return reverse("admin:playbooks_playbookversion_change", args=[version.pk])


def test_a_draft_starts_where_the_published_version_is(admin, payments):
    run(admin, "open_drafts", payments)

    draft = payments.versions.get(state="draft")
    published = payments.published
    assert draft.number == published.number + 1
    assert draft.function_rules.count() == published.function_rules.count() > 0
    assert draft.steps.count() == published.steps.count() > 0


def test_publishing_freezes_it_and_new_incidents_use_it(admin, payments, lena, ada):
    running = declare_incident(lena, "Card payments fail")
    run(admin, "open_drafts", payments)
    draft = payments.versions.get(state="draft")
    form = fields_of(admin.get(version_page(draft)))
    saved = admin.post(version_page(draft), {**form, "when_to_use": "When money is stuck."})
    assert saved.status_code == 302, [f.formset.errors for f in saved.context["inline_admin_formsets"]]
    run(admin, "publish", payments)

    draft.refresh_from_db()
    assert (draft.state, draft.when_to_use, draft.published_by) == ("published", "When money is stuck.", ada)
    assert declare_incident(lena, "Card payments fail").playbook_version == draft
    running.refresh_from_db()
    assert running.playbook_version.state == "archived"
    assert AuditEntry.objects.about(draft).filter(actor=ada).exists()


def test_a_step_is_for_any_role_that_the_organisation_defines(admin, payments, lena, tariq, acme, program):
    RoleDefinition.objects.create(slug="database-captain", name="Database captain", position=90)
    run(admin, "open_drafts", payments)
    draft = payments.versions.get(state="draft")
    form = fields_of(admin.get(version_page(draft)))
    at = int(form["steps-TOTAL_FORMS"])
    step = {"phase": "first", "position": "50", "text": "Stop the replication"}
    step = {f"steps-{at}-{name}": value for name, value in step.items()} | {"steps-TOTAL_FORMS": str(at + 1)}

    refused = admin.post(version_page(draft), {**form, **step, f"steps-{at}-role": "nobody-knows"})
    saved = admin.post(version_page(draft), {**form, **step, f"steps-{at}-role": "database-captain"})
    run(admin, "publish", payments)

    assert (refused.status_code, saved.status_code) == (200, 302)
    read = program(lena).get(f"/playbooks/payments/versions/{draft.number}/").json()["steps"]
    assert [each["role"] for each in read if each["text"] == "Stop the replication"] == ["database-captain"]
    page = admin.get("/o/acme/playbooks/payments/").context["phases"][0]["roles"]
    assert page[-1]["name"] == "Database captain"

    incident = declare_incident(lena, "Card payments fail")
    task = incident.tasks.get(text="Stop the replication")
    assert (task.role, task.role_name) == ("database-captain", "database captain")
    assert task.owner_among(incident.roles.current().with_people()) is None
    RoleAssignment.assign(incident, "database-captain", tariq, by=lena)
    assert task.owner_among(incident.roles.current().with_people()) == tariq


def test_a_step_for_a_role_that_nobody_knows_is_not_clean(payments):
    step = payments.published.steps.first()
    step.full_clean()
    step.role = "nobody-knows"

    with pytest.raises(ValidationError, match="no role with this slug"):
        step.full_clean()


def test_a_published_version_cannot_be_edited(admin, payments):
    published = payments.published
    page = admin.get(version_page(published))

    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert admin.post(version_page(published), {"when_to_use": "x"}).status_code == 403


def test_publishing_without_a_draft_says_so(admin, payments):
    page = run(admin, "publish", payments)

    assert "has no draft" in page.content.decode()
    assert PlaybookVersion.objects.filter(playbook=payments).count() == 1


def test_a_playbook_out_of_use_is_not_chosen(admin, payments, lena):
    run(admin, "archive", payments)

    assert declare_incident(lena, "Card payments fail").playbook_version.playbook.slug == "general"


def test_an_edited_cadence_is_the_next_clock(admin, lena):
    cadence = Cadence.objects.get(severity__slug="sev1", audience="coordination")
    listing = reverse("admin:playbooks_cadence_changelist")
    page = admin.get(listing)
    formset = page.context["cl"].formset
    values = {bound.html_name: bound.value() for form in formset.forms for bound in form if bound.value() is not None}
    values |= {bound.html_name: bound.value() for bound in formset.management_form}
    own = next(form.prefix for form in formset.forms if form.instance == cadence)
    admin.post(listing, {**values, f"{own}-minutes": "9", "_save": "Save"})

    incident = declare_incident(lena, severity="sev1")
    assert Obligation.objects.get(incident=incident, audience="coordination").interval_minutes == 9


@pytest.mark.parametrize("minutes", ["0", "1441", "-5", "soon"])
def test_a_senseless_cadence_is_refused_in_the_form(admin, minutes):
    cadence = Cadence.objects.get(severity__slug="sev1", audience="coordination")
    page = reverse("admin:playbooks_cadence_change", args=[cadence.pk])
    answer = admin.post(page, {"severity": cadence.severity_id, "audience": "coordination", "minutes": minutes})

    assert answer.status_code == 200
    cadence.refresh_from_db()
    assert cadence.minutes == 15
