"""What operators type: exact output on standard output, one clear line where something is wrong."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.test import Client

from incidents.models import Integration, TimelineEntry
from teams.admission import admit_token
from teams.models import Membership, Organization, Person
from teams.tenancy import acting_in
from tests.cast import PASSWORD
from tests.factories import declare_incident, post_message


def told(*arguments, **options):
    """What a command printed on standard output."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def sign_in(email, password=PASSWORD):
    return Client().post("/accounts/login/", {"login": email, "password": password})


def test_an_organisation_is_founded_and_its_owner_can_sign_in(acme):
    printed = told("create_organization", "Initech GmbH", "--owner", "Bill@Initech.test", "--password", PASSWORD)

    assert printed == "initech-gmbh\n"
    organization = Organization.objects.get(slug="initech-gmbh")
    with acting_in(organization):
        owner = Membership.objects.get()
        assert (owner.role, owner.email, owner.person.has_confirmed_email()) == ("owner", "bill@initech.test", True)
    assert sign_in("bill@initech.test").status_code == 302


def test_namesakes_get_addresses_of_their_own(acme):
    names = ["Initech", "Initech", "admin", "日本", "<script>alert(1)</script>"]

    slugs = [told("create_organization", name, "--owner", "b@initech.test", "--password", PASSWORD) for name in names]

    assert slugs == ["initech\n", "initech-2\n", "admin-team\n", "organisation\n", "scriptalert1script\n"]


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["Initech", "--owner", "nobody", "--password", PASSWORD], "valid email"),
        (["Initech", "--owner", "b@initech.test", "--password", "short"], "too short"),
        (["Initech", "--owner", "b@initech.test", "--password", PASSWORD, "--slug", "acme"], "acme already"),
        (["Initech", "--owner", "b@initech.test", "--password", PASSWORD, "--slug", "admin"], "reserved"),
        (["Ini\u202etech", "--owner", "b@initech.test", "--password", PASSWORD], "can be seen"),
        ([" ", "--owner", "b@initech.test", "--password", PASSWORD], "1 to 120"),
    ],
)
def test_an_organisation_that_cannot_be_is_explained_in_one_line(acme, arguments, sentence):
    before = Person.objects.count()

    with pytest.raises(CommandError) as refused:
        told("create_organization", *arguments)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert Person.objects.count() == before


def test_a_member_is_verified_placed_and_ready_to_sign_in(acme):
    told(
        "add_member", "acme", "Nina@acme.test", "--name", "Nina Berg", "--function", "engineering", "--role", "admin",
        "--phone", "+4915112345680", "--password", PASSWORD, "--domain", "backend",
    )  # fmt: skip

    nina = Membership.objects.by_email("nina@acme.test").with_people().get()
    assert (nina.name, nina.role, nina.function.slug, nina.domain.slug, nina.phone) == (
        "Nina Berg",
        "admin",
        "engineering",
        "backend",
        "+4915112345680",
    )
    assert nina.person.has_confirmed_email()
    assert sign_in("nina@acme.test").status_code == 302


def test_somebody_with_an_account_joins_with_it(omar, acme):
    told("add_member", "acme", omar.email, "--name", "Other", "--function", "support", "--password", "another password")

    joined = Membership.objects.by_email(omar.email).with_people().get()
    assert (joined.person, joined.name) == (omar.person, omar.name)
    assert sign_in(omar.email).status_code == 302


def test_whoever_only_claims_an_address_is_not_let_in_by_it(acme, client):
    client.post(
        "/accounts/signup/",
        {"email": "nina@acme.test", "password1": "the squatter's password", "organization": "Squat"},
    )
    squatter = Person.objects.get(email="nina@acme.test")

    told("add_member", "acme", "nina@acme.test", "--name", "Nina", "--function", "support", "--password", PASSWORD)

    assert Membership.objects.by_email("nina@acme.test").get().person != squatter
    assert client.get("/o/acme/people/").status_code == 404


def test_a_former_member_comes_back(ada, tariq, acme):
    tariq.end(by=ada)

    told("add_member", "acme", tariq.email, "--name", "Tariq", "--function", "support", "--role", "stakeholder")

    tariq.refresh_from_db()
    assert (tariq.ended_at, tariq.role, tariq.function.slug) == (None, "stakeholder", "support")


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["nowhere", "n@acme.test", "--function", "support"], "no organisation nowhere"),
        (["acme", "n@acme.test", "--function", "juggling"], "no function juggling. Known: engineering, support"),
        (["acme", "n@acme.test", "--function", "support", "--domain", "juggling"], "no technical domain juggling"),
        (["acme", "n@acme.test", "--function", "support", "--phone", "0151 1"], "country code"),
        (["acme", "n@acme.test", "--function", "support", "--role", "king"], "invalid choice"),
        (["acme", "lena@acme.test", "--function", "support"], "is a member already"),
    ],
)
def test_a_member_who_cannot_be_added_is_explained_in_one_line(acme, arguments, sentence):
    before = Person.objects.count()

    with pytest.raises(CommandError) as refused:
        told("add_member", *arguments, "--name", "N")

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert Person.objects.count() == before


def test_a_token_is_printed_alone_and_acts_for_its_member(tariq, omar):
    key = told("create_token", "acme", "tariq@acme.test", "--name", "deploys").removesuffix("\n")

    admission = admit_token(f"Bearer {key}")
    assert (admission.membership, admission.token.name) == (tariq, "deploys")
    with pytest.raises(CommandError, match="is not a member"):
        told("create_token", "acme", omar.email)


def test_an_ingest_key_is_printed_alone(acme):
    key = told("create_integration", "acme", "alertmanager", "--name", "Prometheus", "--declare").removesuffix("\n")

    integration = Integration.objects.with_key(key).get()
    assert (integration.kind, integration.name, integration.declares) == ("alertmanager", "Prometheus", True)
    quiet = told("create_integration", "acme", "generic").strip()
    assert Integration.objects.with_key(quiet).get().declares is False
    with pytest.raises(CommandError, match="invalid choice: 'smoke'"):
        told("create_integration", "acme", "smoke")


def test_intact_timelines_verify(acme, lena):
    incident = declare_incident(by=lena)
    post_message(incident, by=lena)

    assert told("verify_timeline", "acme", str(incident.number)) == "1 timeline intact\n"
    assert "intact" in told("verify_timeline", "acme")
    assert "intact" in told("verify_timeline")
    with pytest.raises(CommandError, match="no incident 4711 in acme"):
        told("verify_timeline", "acme", "4711")


def test_a_changed_entry_is_found_by_its_number(acme, lena, monkeypatch):
    incident = declare_incident(by=lena)
    post_message(incident, by=lena)
    honest = TimelineEntry.from_db.__func__

    def forged(cls, *args):
        entry = honest(cls, *args)
        if entry.number == 2:
            entry.details = {**entry.details, "text": "It was somebody else."}
        return entry

    monkeypatch.setattr(TimelineEntry, "from_db", classmethod(forged))
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("verify_timeline", "acme", str(incident.number), stdout=out)

    assert ended.value.code == 1
    assert out.getvalue() == f"acme {incident.key}: broken at entry 2\n"


def test_what_a_shell_sees_is_one_line_and_an_exit_code(capsys):
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "create_token"])

    assert ended.value.code == 2
    assert capsys.readouterr().err == "Error: the following arguments are required: ORG, EMAIL\n"
