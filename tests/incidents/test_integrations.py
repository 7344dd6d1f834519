"""Sources of alerts: administrators connect them and shut them out; the key is shown once."""

import re

import pytest
from django.test import Client

from incidents.models import Alert, Integration

PAGE = "/o/acme/settings/integrations/"


def connect(browser, **fields):
    return browser.post(PAGE, {"kind": "generic", "name": "Nagios", **fields})


def test_nothing_is_connected_at_first(signed_in, ada):
    assert "Not connected" in signed_in(ada).get(PAGE).content.decode()


@pytest.mark.parametrize("kind", Integration.Kind.values)
def test_the_key_is_shown_once_with_what_to_put_where(signed_in, ada, kind):
    browser = signed_in(ada)
    shown = connect(browser, kind=kind)
    key = re.search(r"ing_[\w-]+", shown.content.decode()).group()

    assert shown.status_code == 201
    assert Integration.objects.with_key(key).get().kind == kind
    assert key not in browser.get(PAGE).content.decode()


def test_an_alert_sent_to_the_shown_address_arrives(signed_in, ada):
    browser = signed_in(ada)
    key = re.search(r"ing_[\w-]+", connect(browser).content.decode()).group()

    Client().post(f"/ingest/{key}/generic", {"title": "Disk"}, content_type="application/json")

    assert Alert.objects.get().integration.name == "Nagios"
    assert "Working" in browser.get(PAGE).content.decode()


def test_a_source_that_sends_what_cannot_be_read_is_named(signed_in, ada):
    browser = signed_in(ada)
    key = re.search(r"ing_[\w-]+", connect(browser).content.decode()).group()

    Client().post(f"/ingest/{key}/generic", {"name": "x"}, content_type="application/json")

    assert "Cannot be read: title" in browser.get(PAGE).content.decode()


def test_a_source_that_was_shut_out_is_not_let_in_again(signed_in, ada):
    browser = signed_in(ada)
    key = re.search(r"ing_[\w-]+", connect(browser).content.decode()).group()
    browser.post(f"{PAGE}{Integration.objects.get().pk}/revocation/")

    answer = Client().post(f"/ingest/{key}/generic", {"title": "Disk"}, content_type="application/json")
    assert answer.status_code == 404
    assert "Nagios" not in browser.get(PAGE, follow=True).content.decode().split("<main")[1].replace("Nagios is", "")


def test_an_unknown_kind_is_refused_in_the_form(signed_in, ada):
    assert connect(signed_in(ada), kind="telepathy").status_code == 422
    assert not Integration.objects.exists()


@pytest.mark.parametrize("who", ["tariq", "stan"])
def test_only_administrators_connect_and_shut_out(request, signed_in, ada, who):
    connect(signed_in(ada))
    browser = signed_in(request.getfixturevalue(who))

    assert connect(browser).status_code == 409
    assert browser.post(f"{PAGE}{Integration.objects.get().pk}/revocation/").status_code == 409
    assert Integration.objects.connected().count() == 1
