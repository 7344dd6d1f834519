"""The notification log, what administrators do about failures, the outbox, and trying out the routing."""

import re
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core import signing
from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.models import Participant, StatusUpdate
from notifications import outbox, tick
from notifications.models import Delivery, FanOut, Heartbeat, OptOut
from teams.models import AuditEntry
from teams.tenancy import acting_in
from tests.factories import declare_incident
from tests.marker import MARKER

LOG = "/o/acme/deliveries/"


@pytest.fixture
def told(lena):
    """A SEV1 of which people have been told."""
    incident = declare_incident(lena, "Checkout fails", severity="sev1")
    tick.run()
    return incident


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_log_says_who_was_told_why_and_what_became_of_it(told, lena, signed_in):
    page = text_of(signed_in(lena).get(LOG))

    assert "Tariq Haddad tariq@acme.test E-mail" in page
    assert "SEV1 and SEV2 page engineering: on call for Engineering" in page
    assert "Kept: no mail server is set up." in page


def test_addresses_are_masked_for_all_but_administrators_and_oneself(told, tariq, signed_in):
    page = text_of(signed_in(tariq).get(LOG))

    assert "tariq@acme.test" in page
    assert "mei@acme.test" not in page
    assert "m…@acme.test" in page
    assert "…5603" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"channel": "sms", "person": "tariq@acme.test"}, 1),
        ({"person": "tariq@acme.test", "state": "sent"}, 2),
        ({"person": "tariq@acme.test", "state": "failed"}, 0),
        ({"incident": "INC-1", "person": "Ruth"}, 1),
        ({"incident": "1", "person": "Ruth"}, 1),
        ({"incident": "2"}, 0),
        ({"incident": "junk"}, 0),
    ],
)
def test_the_log_is_filtered(told, lena, signed_in, query, count):
    page = signed_in(lena).get(LOG, query)

    shown = [row for row in page.context["log"].rows if row.state != "suppressed"]
    assert len(shown) == count


def test_the_log_is_paged_by_cursor(told, lena, signed_in, monkeypatch):
    monkeypatch.setattr("notifications.log.PAGE", 3)
    everything = list(Delivery.objects.latest_first().values_list("pk", flat=True))
    assert len(everything) > 3
    client, address, seen = signed_in(lena), "", []

    while address is not None:
        log = client.get(LOG + address).context["log"]
        seen += [row.pk for row in log.rows]
        address = log.next_page or None

    assert seen == everything


def test_the_log_costs_the_same_for_few_and_many(lena, signed_in):
    client = signed_in(lena)
    # The first look of a session costs more than all later ones.
    client.get(LOG)
    counts = []
    for number in range(2):
        declare_incident(lena, f"Outage {number}", severity="sev1")
        tick.run()
        with CaptureQueriesContext(connection) as queries:
            shown = client.get(LOG).context["log"].rows
        counts.append((len(shown) > 15 * number, len(queries)))

    assert counts[0][1] == counts[1][1]
    assert counts[1][0], "the second page is longer"


def test_a_stakeholder_reads_only_what_was_meant_for_them(told, lena, mei, stan, signed_in):
    assert signed_in(stan).get(LOG).context["log"].rows == []

    told.refresh_from_db()
    body = {"what_is_happening": "Checkout fails.", "what_we_are_doing": "Rolling back."}
    StatusUpdate.publish(told, "customers", body, by=lena, waiver="No communications lead yet")
    tick.run()

    rows = signed_in(stan).get(LOG).context["log"].rows
    assert [row.recipient for row in rows] == [stan]


def test_a_private_incident_is_not_in_the_log_of_who_is_not_on_it(told, lena, tariq, mei, signed_in):
    mails = Delivery.objects.filter(recipient=tariq).exclude(recipient=mei)
    assert mails.exists()
    assert any(row.recipient == tariq for row in signed_in(mei).get(LOG).context["log"].rows)

    told.refresh_from_db()
    told.make_private(by=lena)

    assert {row.recipient for row in signed_in(mei).get(LOG).context["log"].rows} == {mei}
    Participant.join(told, mei, by=lena)
    assert any(row.recipient == tariq for row in signed_in(mei).get(LOG).context["log"].rows)


def test_globex_is_nowhere_in_the_log_of_acme(told, globex, lena, signed_in):
    with acting_in(globex):
        declare_incident(None, f"Secret {MARKER}", severity="sev1")
        tick.run()
        foreign = Delivery.objects.filter(notice__subject__contains=MARKER).first()
        assert foreign.recipient.email == "omar@globex.test"
    client = signed_in(lena)

    assert MARKER not in client.get(LOG).content.decode()
    assert client.post(f"{LOG}{foreign.pk}/retries/").status_code == 404
    assert client.get("/o/globex/deliveries/").status_code == 404


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        ("Lena", "It was their own act."),
        ("Tariq", "E-mail: accepted, because SEV1 and SEV2 page engineering: on call for Engineering."),
        ("Stan", "No rule named them."),
    ],
)
def test_why_somebody_did_not_hear_of_it_is_explained(told, lena, signed_in, person, sentence):
    page = text_of(signed_in(lena).get(LOG, {"incident": "1", "person": person}))

    assert sentence in page


# --- What failed -----------------------------------------------------------------------------------------


@pytest.fixture
def failed(told, tariq):
    delivery = Delivery.objects.get(recipient=tariq, channel="sms", notice__entry__kind="declared")
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", reason="400 Bad Request", failures=6)
    delivery.refresh_from_db()
    return delivery


def test_an_administrator_tries_a_failed_message_again(failed, lena, signed_in, sms_gateway):
    signed_in(lena).post(f"{LOG}{failed.pk}/retries/")
    tick.send_everything()

    failed.refresh_from_db()
    assert (failed.state, [request["key"] for request in sms_gateway.requests]) == ("accepted", [failed.identifier])
    assert list(failed.attempts.values_list("number", flat=True).order_by("number")) == [1, 2]
    assert AuditEntry.objects.filter(act="delivery_retried", actor=lena).exists()


def test_an_administrator_drops_a_failed_message(failed, lena, signed_in):
    signed_in(lena).post(f"{LOG}{failed.pk}/dropping/")

    failed.refresh_from_db()
    assert (failed.state, failed.reason) == ("suppressed", "Dropped by Lena Fischer. 400 Bad Request")


@pytest.mark.parametrize("act", ["retries", "dropping"])
def test_a_responder_does_neither(failed, tariq, signed_in, act):
    client = signed_in(tariq)

    assert "Try again" not in client.get(LOG).content.decode()
    assert client.post(f"{LOG}{failed.pk}/{act}/").status_code == 409
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_what_has_not_failed_is_not_tried_again(told, lena, signed_in):
    accepted = Delivery.objects.filter(state="accepted").first()

    answer = signed_in(lena).post(f"{LOG}{accepted.pk}/retries/")

    assert (answer.status_code, answer.context["refusal"].code) == (409, "not_failed")


def test_a_parked_fan_out_is_shown_to_administrators_and_begun_anew(told, lena, tariq, signed_in):
    fan_out = FanOut.objects.order_by("pk").first()
    FanOut.objects.filter(pk=fan_out.pk).update(done_at=None, next_at=None, attempts=5, problem="ValueError: poison")

    assert "ValueError: poison" in signed_in(lena).get(LOG).content.decode()
    assert "ValueError: poison" not in signed_in(tariq).get(LOG).content.decode()
    signed_in(lena).post(f"/o/acme/fan-outs/{fan_out.pk}/retries/")
    before = Delivery.objects.count()
    tick.run()

    fan_out.refresh_from_db()
    assert fan_out.done_at is not None
    assert Delivery.objects.count() == before, "what had been written before is not written again"


# --- Routing ---------------------------------------------------------------------------------------------


def test_a_dry_run_says_who_would_be_told_and_why(lena, signed_in):
    page = signed_in(lena).get("/o/acme/routing/", {"event": "declared", "severity": "sev1"})

    assert {(each.listener.name, str(each.channel)) for each in page.context["hearings"]} == {
        *((name, by) for name in ("Tariq Haddad", "Sam Okafor", "Mei Tanaka") for by in ("email", "sms")),
        ("Ruth Meyer", "email"),
    }
    assert "SEV1 and SEV2 page engineering: on call for Engineering" in text_of(page)
    assert not Delivery.objects.exists()


def test_a_dry_run_of_nothing_known_is_told_what_is_wrong(lena, signed_in):
    page = signed_in(lena).get("/o/acme/routing/", {"event": "declared", "severity": "nonsense"})

    assert (page.status_code, page.context["hearings"]) == (200, None)
    assert "Select a valid choice" in page.content.decode()


def test_stakeholders_do_not_read_the_routing(stan, signed_in):
    assert signed_in(stan).get("/o/acme/routing/").status_code == 404


# --- What is kept ----------------------------------------------------------------------------------------


def test_kept_messages_are_read_by_who_they_were_meant_for(told, lena, tariq, signed_in):
    own = text_of(signed_in(tariq).get("/o/acme/outbox/"))
    everybody = text_of(signed_in(lena).get("/o/acme/outbox/"))

    assert "to Tariq Haddad, tariq@acme.test" in own
    assert "Mei Tanaka" not in own
    assert "to Mei Tanaka, mei@acme.test" in everybody
    assert "SEV1 INC-1: Declared." in own


@pytest.fixture
def own_machine(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "notifications.outbox.EmailBackend"
    settings.EMAIL_URL = ""
    settings.BASE_URL = "http://127.0.0.1:8000"
    EmailMessage("Confirm your address", "https://confirm/lena", to=["Lena@acme.test"]).send()
    EmailMessage("Set a password", "https://reset/omar", to=["omar@globex.test"]).send()
    EmailMessage(
        "[SEV1 INC-1] Declared", "Go.", to=["lena@acme.test"], headers={"References": "<incident-1-1@x>"}
    ).send()


def test_mail_is_kept_in_files_that_any_mail_program_reads(own_machine, tmp_path):
    files = sorted((tmp_path / "outbox").iterdir())

    assert [message_from_bytes(path.read_bytes())["Subject"] for path in files] == [
        "Confirm your address",
        "Set a password",
        "[SEV1 INC-1] Declared",
    ]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_newcomer_at_the_machine_reads_account_mail_and_no_incidents(own_machine, db):
    page = Client(headers={"host": "127.0.0.1"}).get("/outbox/").content.decode()

    assert "https://confirm/lena" in page
    assert "INC-1" not in page


def test_who_is_signed_in_reads_their_own_mail_only(own_machine, lena, signed_in):
    page = signed_in(lena).get("/outbox/").content.decode()

    assert "https://confirm/lena" in page
    assert "INC-1" in page
    assert "omar" not in page


def test_claiming_an_address_does_not_open_the_mail_that_is_kept_for_it(own_machine, lena):
    """Neither somebody else's address, nor, from afar, one that nobody has confirmed yet."""
    for email in ("lena@acme.test", "nina@initech.test"):
        EmailMessage("Join", "https://invite/sealed", to=[email]).send()
        form = {"email": email, "password1": "a new horse battery", "organization": "Squat"}
        near, far = (
            Client(headers={"host": "127.0.0.1"}),
            Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR="192.0.2.7"),
        )
        near.post("/accounts/signup/", form)
        far.post("/accounts/login/", {"login": email, "password": form["password1"]})

        assert "https://invite/sealed" not in far.get("/outbox/").content.decode()
        assert ("https://invite/sealed" in near.get("/outbox/").content.decode()) == email.startswith("nina")


@pytest.mark.parametrize(
    ("headers", "remote", "changed"),
    [
        ({"host": "127.0.0.1"}, "192.0.2.7", {}),
        ({"host": "muster.example.com"}, "127.0.0.1", {"ALLOWED_HOSTS": ["muster.example.com"]}),
        ({"host": "127.0.0.1", "x-forwarded-for": "192.0.2.7"}, "127.0.0.1", {}),
        ({"host": "127.0.0.1", "x-real-ip": "192.0.2.7"}, "127.0.0.1", {}),
        ({"host": "127.0.0.1"}, "127.0.0.1", {"BASE_URL": "https://muster.example.com"}),
        ({"host": "127.0.0.1"}, "127.0.0.1", {"ALLAUTH_TRUSTED_PROXY_COUNT": 1}),
        ({"host": "127.0.0.1"}, "127.0.0.1", {"EMAIL_URL": "smtp://mail.example.com"}),
    ],
)
def test_account_mail_is_read_from_nowhere_else(own_machine, db, settings, headers, remote, changed):
    at_home = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR="127.0.0.1")
    assert at_home.get("/outbox/").status_code == 200

    for name, value in changed.items():
        setattr(settings, name, value)

    assert Client(headers=headers, REMOTE_ADDR=remote).get("/outbox/").status_code == 404


def test_a_strange_file_in_the_outbox_is_left_alone(own_machine, tmp_path):
    (tmp_path / "outbox" / "secret.eml").write_text("To: lena@acme.test\n\nNo.")
    (tmp_path / "outbox" / "notes.txt").write_text("hello")

    assert len(outbox.kept_mail(lambda mail: True)) == 3


# --- Stopping mail ---------------------------------------------------------------------------------------


@pytest.fixture
def stakeholder_mail(lena, stan, mail_server):
    def publish():
        incident.refresh_from_db()
        body = {"what_is_happening": "Checkout fails.", "what_we_are_doing": "Rolling back."}
        StatusUpdate.publish(incident, "customers", body, by=lena, waiver="No communications lead yet")
        tick.run()
        return mail_server.to("stan@acme.test")

    incident = declare_incident(lena, severity="sev4")
    return publish


def test_a_stakeholder_stops_the_mail_by_its_own_link(stakeholder_mail, stan):
    (mail,) = stakeholder_mail()
    address = re.search(r"List-Unsubscribe: <http://[^/]+(\S+)>", mail.replace("\r\n ", ""))[1]
    # As a mail program does it: no cookie, no token of ours, checks switched on.
    program = Client(enforce_csrf_checks=True)
    assert program.get(address).status_code == 200
    assert not OptOut.objects.exists(), "looking changes nothing"

    assert program.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert OptOut.objects.get().membership == stan
    assert len(stakeholder_mail()) == 1
    last = Delivery.objects.filter(recipient=stan).latest("pk")
    assert (last.state, last.reason) == ("suppressed", "Asked not to get these.")


def test_responders_have_no_such_link(lena, tariq, mail_server):
    declare_incident(lena, severity="sev1")
    tick.run()

    assert "List-Unsubscribe" not in mail_server.to("tariq@acme.test")[0]


def test_a_forged_link_stops_nothing(db):
    forged = signing.dumps([1, 1, "customers"], salt="something else")

    assert Client().post(reverse("unsubscribe", args=[forged])).status_code == 404


def test_whoever_waits_for_a_mail_is_told_where_it_is_kept(own_machine, client, db, settings):
    waiting = reverse("account_reset_password_done")

    assert 'href="/outbox/"' in client.get(waiting).content.decode()
    settings.EMAIL_URL = "smtp://mail.example.com"
    assert 'href="/outbox/"' not in client.get(waiting).content.decode()


# --- Lateness --------------------------------------------------------------------------------------------


@pytest.fixture
def late_page(lena):
    """What every page of Acme says about lateness, as words; empty when all is well."""

    def render():
        context = {"organization": lena.organization, "membership": lena}
        return render_to_string("notifications/_delayed.html", context).strip()

    return render


def test_a_scheduler_that_stands_still_is_noticed_on_every_page(late_page):
    Heartbeat.objects.update_or_create(process="scheduler", defaults={"seen_at": timezone.now()})
    assert late_page() == ""

    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    assert "Notifications are delayed" in late_page()


def test_every_page_of_an_organisation_says_it(lena, signed_in):
    Heartbeat.objects.update_or_create(process="scheduler", defaults={"seen_at": timezone.now() - timedelta(minutes=5)})
    client = signed_in(lena)

    assert "Notifications are delayed" in client.get(LOG).content.decode()
    assert client.get("/o/acme/incidents/999/").status_code == 404, "the page of an error stands by itself"


def test_messages_that_nobody_takes_are_noticed_too(told, late_page):
    assert late_page() == ""
    waiting = Delivery.objects.first()
    long_ago = timezone.now() - timedelta(seconds=90)
    Delivery.objects.filter(pk=waiting.pk).update(state="pending", next_at=long_ago, attempts_made=0)

    assert "Notifications are delayed" in late_page()
