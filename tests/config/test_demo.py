"""The demonstration: believable, whole, safe to repeat, and silent towards the world."""

from collections import Counter

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client

from incidents.models import Incident
from notifications.models import Attempt, Delivery
from teams.models import Organization, Person
from teams.tenancy import TenantModel, acting_in
from tests.factories import declare_incident

TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]


@pytest.fixture
def cast_aside(db):
    """The cast of the other tests has the same names."""
    Organization.objects.update(slug=Concat(Value("other-"), "slug"))
    EmailAddress.objects.update(verified=False)


def rows():
    found = Counter(people=Person.objects.count())
    for organization in Organization.objects.filter(is_demo=True):
        with acting_in(organization):
            found.update({model._meta.label: model.objects.count() for model in TENANT_MODELS})
    return found


@pytest.mark.timeout(300)
def test_the_demonstration_is_whole_and_loading_it_again_changes_nothing(cast_aside, capsys):
    call_command("demo")
    said = capsys.readouterr().out
    once = rows()
    call_command("demo")

    assert "lena@acme.test" in said
    assert rows() == once
    assert "nothing was changed" in capsys.readouterr().out
    call_command("verify_timeline")
    password = said.rpartition("password: ")[2].strip()
    assert Client().login(username="lena@acme.test", password=password)
    with acting_in(Organization.objects.get(slug="acme")):
        burning = Incident.objects.real().open().get()
        moments = list(burning.timeline.in_order().values_list("recorded_at", flat=True))
        assert moments == sorted(moments)
        assert burning.severity.slug == "sev1"
        assert burning.obligations.live().filter(state="overdue").count() == 1
        assert burning.sync_points.exists()
        assert burning.workstreams.filter(restricted=True).exists()
        assert burning.documents.exists()
        assert burning.timeline.of_kinds("message_pinned").exists()
        assert burning.waivers.exists()
        assert burning.decisions.filter(state="reversed").exists()
        assert burning.alerts.firing().exists()
        assert burning.messages.values("workstream").distinct().count() >= 4
        assert {"accepted", "failed", "suppressed"} <= Delivery.objects.counted_by_state().keys()


def test_nothing_is_sent_outside_in_the_name_of_a_demonstration(acme, lena, settings, mailoutbox):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/send"
    Organization.objects.filter(pk=acme.pk).update(is_demo=True)
    declare_incident(lena, "Checkout is down", severity="sev1")

    call_command("tick")

    # Globex is no demonstration, and has an incident of its own.
    assert [mail.to for mail in mailoutbox if mail.to[0].endswith("@acme.test")] == []
    sent = Delivery.objects.filter(state=Delivery.State.ACCEPTED)
    assert {delivery.channel for delivery in sent} == {"email", "sms"}
    assert all(delivery.is_kept for delivery in sent)
    assert set(Attempt.objects.values_list("answer", flat=True)) == {"Kept: a demonstration sends nothing outside."}


def test_where_others_can_reach_it_the_password_has_to_be_chosen(db, settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="choose a --password"):
        call_command("demo")
    assert not Organization.objects.filter(is_demo=True).exists()
