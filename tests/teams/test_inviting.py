"""Inviting people: who may, what the link shows, and everybody for whom it does not open."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from teams import invitation_links
from teams.founding import found
from teams.models import ApiToken, AuditEntry, Function, Invitation, Membership, Person
from teams.tenancy import acting_in
from tests.cast import PASSWORD

FORM = {"email": "nina@acme.test", "role": "responder", "function": ""}
NEWCOMER = {"name": "Nina Berg", "password": "a new horse battery", "time_zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def post_office(settings):
    """Mail leaves the house in these tests; what an administrator copies is not what is mailed."""
    settings.EMAIL_URL = "smtp://localhost"


@pytest.fixture
def invited(lena, acme):
    """`invited(email)` is `(invitation, copied path, mailed path)`; Lena invites."""

    def invite(email="nina@acme.test", *, by=lena, **fields):
        invitation, key = Invitation.invite(email, by=by, **fields)
        return invitation, path(invitation_links.link_to_copy(key)), path(invitation_links.link_to_mail(key))

    return invite


def path(link):
    return re.sub(r"^https?://[^/]+", "", link)


def open_link(link, client=None):
    return (client or Client()).get(link, follow=True)


def members(email):
    return Membership.objects.by_email(email)


# --- Inviting --------------------------------------------------------------------------------------------


def test_an_administrator_invites_and_the_link_is_shown_once(ada, acme, signed_in, django_capture_on_commit_callbacks):
    browser = signed_in(ada)
    support = Function.objects.get(slug="support")

    with django_capture_on_commit_callbacks(execute=True):
        shown = browser.post("/o/acme/settings/invitations/", {**FORM, "function": support.pk})

    invitation = Invitation.objects.get()
    assert (shown.status_code, invitation.role, invitation.function) == (201, "responder", support)
    copied = shown.context["link"]
    assert copied in shown.content.decode()
    assert copied not in browser.get("/o/acme/settings/invitations/").content.decode()
    assert invitation.key_hash not in copied
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["nina@acme.test"], "Ada Novak invites you to Acme")
    (mailed,) = re.findall(r"https?://\S+", message.body)
    assert mailed.startswith(copied.removesuffix("/"))
    assert mailed != copied
    assert AuditEntry.objects.get(act="invited").actor == ada


def test_a_responder_invites_nobody(tariq, signed_in):
    answer = signed_in(tariq).post("/o/acme/settings/invitations/", FORM)

    assert answer.status_code == 409
    assert not Invitation.objects.exists()


def test_an_administrator_does_not_invite_an_owner_but_an_owner_does(ada, lena, signed_in):
    form = {**FORM, "role": "owner"}

    assert signed_in(ada).post("/o/acme/settings/invitations/", form).status_code == 422
    assert signed_in(lena).post("/o/acme/settings/invitations/", form).status_code == 201


def test_a_function_of_another_organisation_cannot_be_chosen(ada, globex, signed_in):
    with acting_in(globex):
        foreign = Function.objects.first()

    answer = signed_in(ada).post("/o/acme/settings/invitations/", {**FORM, "function": foreign.pk})

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_a_known_and_an_unknown_address_are_invited_alike(ada, omar, signed_in):
    browser = signed_in(ada)

    known = browser.post("/o/acme/settings/invitations/", {**FORM, "email": omar.email})
    unknown = browser.post("/o/acme/settings/invitations/", FORM)
    member = browser.post("/o/acme/settings/invitations/", {**FORM, "email": "mei@acme.test"})

    assert (known.status_code, unknown.status_code, member.status_code) == (201, 201, 409)


def test_nothing_is_mailed_in_the_name_of_an_unconfirmed_address(ada, signed_in, django_capture_on_commit_callbacks):
    ada.person.emailaddress_set.update(verified=False)

    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(ada).post("/o/acme/settings/invitations/", FORM)

    assert (answer.status_code, answer.context["mailed"]) == (201, False)
    assert mail.outbox == []


def test_inviting_again_replaces_the_earlier_link(invited):
    _, _, first = invited()
    _, _, second = invited()

    assert open_link(first).status_code == 404
    assert open_link(second).status_code == 200


# --- Joining -----------------------------------------------------------------------------------------------


def test_a_newcomer_signs_up_through_the_mailed_link_and_is_in(invited):
    browser = Client()
    _, _, link = invited(role="responder", function=Function.objects.get(slug="support"))

    page = open_link(link, browser)
    assert page.status_code == 200
    assert "Lena Fischer invites" in page.content.decode()
    answer = browser.post("/invite/", NEWCOMER)

    assert answer.headers["Location"] == "/o/acme/"
    nina = members("nina@acme.test").with_people().get()
    assert (nina.name, nina.role, nina.function.slug) == ("Nina Berg", "responder", "support")
    assert (nina.person.time_zone, nina.person.has_confirmed_email()) == ("Europe/Berlin", True)
    assert browser.get("/o/acme/people/").status_code == 200
    assert mail.outbox == []


def test_the_address_of_the_form_cannot_be_changed(invited):
    browser = Client()
    _, _, link = invited()
    open_link(link, browser)

    browser.post("/invite/", {**NEWCOMER, "email": "evil@acme.test", "role": "owner"})

    assert not Person.objects.filter(email="evil@acme.test").exists()
    assert members("nina@acme.test").get().role == "responder"


def test_somebody_with_an_account_signs_in_and_joins(invited, omar):
    browser = Client()
    _, copied, _ = invited(omar.email)
    open_link(copied, browser)

    back = browser.post("/accounts/login/?next=/invite/", {"login": omar.email, "password": PASSWORD}, follow=True)
    assert "Join Acme" in back.content.decode()
    answer = browser.post("/invite/")

    assert answer.headers["Location"] == "/o/acme/"
    assert members(omar.email).get().person == omar.person
    assert len(browser.get("/me/").context["mine"]) == 2


def test_the_link_opens_where_the_address_was_confirmed_only(invited):
    """Whoever copied the link has not shown that they read that mailbox."""
    browser = Client()
    _, copied, _ = invited()
    open_link(copied, browser)

    browser.post("/invite/", NEWCOMER)
    person = Person.objects.get(email="nina@acme.test")
    waiting = browser.get("/")
    assert (waiting.headers["Location"], person.has_confirmed_email()) == ("/invite/", False)
    assert "Confirm your address first" in browser.get("/invite/").content.decode()
    assert browser.post("/invite/").status_code == 409
    assert not members("nina@acme.test").exists()

    (link,) = re.findall(r"https?://\S+confirm-email\S+", mail.outbox[0].body)
    browser.post(path(link))
    assert browser.post("/invite/").headers["Location"] == "/o/acme/"
    assert members("nina@acme.test").get().person == person


def test_an_administrator_cannot_take_somebody_elses_address_with_a_link_of_their_own(invited, omar):
    """Omar has an account; a stranger with the copied link gets one that only claims his address."""
    stranger = Client()
    _, copied, _ = invited(omar.email)
    open_link(copied, stranger)

    stranger.post("/invite/", NEWCOMER)

    assert Person.objects.confirmed(omar.email) == omar.person
    assert not members(omar.email).exists()
    assert stranger.get("/o/globex/").status_code == 404


def test_the_mailed_link_sends_somebody_with_an_account_to_sign_in(invited, omar):
    browser = Client()
    _, _, link = invited(omar.email)
    open_link(link, browser)

    answer = browser.post("/invite/", NEWCOMER)

    assert answer.status_code == 422
    assert "Sign in with it" in answer.content.decode()
    assert Person.objects.filter(email=omar.email).count() == 1


def test_an_unconfirmed_account_is_confirmed_by_the_mailed_link(invited, client):
    client.post(
        "/accounts/signup/",
        {"email": "nina@acme.test", "password1": "a new horse battery", "organization": "Nina"},
    )
    _, _, link = invited()
    open_link(link, client)

    assert client.post("/invite/").headers["Location"] == "/o/acme/"
    assert Person.objects.get(email="nina@acme.test").has_confirmed_email()


# --- Everybody else ------------------------------------------------------------------------------------------


def test_a_scanner_that_follows_the_link_accepts_nothing(invited):
    invitation, copied, mailed = invited()

    for link in (copied, mailed):
        for _ in range(3):
            assert open_link(link).status_code == 200
        assert Client().head(link).status_code in {302, 405}

    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert not Person.objects.filter(email="nina@acme.test").exists()


def test_the_key_leaves_the_address_bar_and_reaches_no_referrer(invited):
    _, _, link = invited()

    answer = Client().get(link)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/invite/")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def closed(link, client=None):
    """Whether the link leads to the one page that says nothing but that it is not open."""
    answer = open_link(link, client)
    return answer.status_code == 404 and "teams/invitation_closed.html" in [t.name for t in answer.templates]


def test_a_used_link_is_closed(invited, omar, signed_in):
    _, _, link = invited()
    browser = Client()
    open_link(link, browser)
    browser.post("/invite/", NEWCOMER)
    assert members("nina@acme.test").exists()

    assert closed(link)
    assert closed(link, browser)
    assert closed(link, signed_in(omar))


def test_an_expired_link_is_closed(invited):
    invitation, _, link = invited()
    assert not closed(link)

    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert closed(link)
    assert Client().post(link, NEWCOMER).status_code == 404


def test_a_link_lives_for_three_days(invited):
    invitation, _, _ = invited()

    assert invitation.expires_at - invitation.created_at == timedelta(hours=72)


def test_a_revoked_link_is_closed(invited, ada, signed_in):
    invitation, _, link = invited()
    assert not closed(link)

    answer = signed_in(ada).post(f"/o/acme/settings/invitations/{invitation.pk}/revocation/")

    assert answer.status_code == 302
    assert closed(link)


def test_links_of_an_administrator_who_left_or_was_cut_are_closed(invited, ada, lena):
    _, _, of_ada = invited(by=ada)
    assert not closed(of_ada)
    ada.change_role("responder", by=lena)
    assert closed(of_ada)

    ada.change_role("admin", by=lena)
    _, _, again = invited("nils@acme.test", by=ada)
    assert not closed(again)
    ada.end(by=lena)
    assert closed(again)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda key, other: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key, other: key.replace("inv_", "mst_"),
        lambda key, other: key.replace(f"_{key.split('_')[1]}_", f"_{other}_"),
        lambda key, other: key.replace(f"_{key.split('_')[1]}_", "_99999999999999999999_"),
        lambda key, other: key.replace(f"_{key.split('_')[1]}_", "_٣_"),
        lambda key, other: "inv_1_",
        lambda key, other: "x" * 2000,
        lambda key, other: "%00",
    ],
)
def test_a_tampered_link_is_closed(tamper, invited, globex):
    _, copied, _ = invited()
    key = copied.split("/")[2]
    assert not closed(f"/invite/{key}/")

    assert open_link(f"/invite/{tamper(key, globex.pk)}/").status_code in {400, 404}


def test_a_forged_seal_proves_no_address(invited):
    _, copied, _ = invited()
    key = copied.split("/")[2]
    browser = Client()

    open_link(f"/invite/{key}.{'0' * 64}/", browser)
    browser.post("/invite/", NEWCOMER)

    assert not members("nina@acme.test").exists()
    assert not Person.objects.get(email="nina@acme.test").has_confirmed_email()


def test_the_seal_of_another_invitation_proves_no_address(invited):
    _, copied, _ = invited()
    _, _, other = invited("nils@acme.test")
    key, seal = copied.split("/")[2], other.split("/")[2].partition(".")[2]
    browser = Client()

    open_link(f"/invite/{key}.{seal}/", browser)
    browser.post("/invite/", NEWCOMER)

    assert not members("nina@acme.test").exists()


def test_another_address_is_told_so_and_cannot_accept(invited, omar, signed_in):
    browser = signed_in(omar)
    for link in invited()[1:]:
        page = open_link(link, browser)

        assert page.status_code == 200
        assert "You are signed in as omar@globex.test" in page.content.decode()
        assert browser.post("/invite/").status_code == 409
        assert not members(omar.email).exists()
        assert not members("nina@acme.test").exists()


def test_an_invitation_opens_its_own_organisation_and_no_other(sam, lena, signed_in):
    young = found("Young Ltd", owner=sam.person).organization
    with acting_in(young):
        by_sam = Membership.objects.get(person=sam.person)
        _, key = Invitation.invite(lena.email, by=by_sam)
    browser = signed_in(lena)

    open_link(path(invitation_links.link_to_copy(key)), browser)
    assert browser.post("/invite/").headers["Location"] == "/o/young-ltd/"

    with acting_in(young):
        joined = Membership.objects.by_email(lena.email).get()
        assert (joined.role, joined.organization) == ("responder", young)
    lena.refresh_from_db()
    assert lena.role == "owner"


def test_globex_cannot_revoke_an_invitation_of_acme(invited, omar, signed_in):
    invitation, _, link = invited()

    answer = signed_in(omar).post(f"/o/globex/settings/invitations/{invitation.pk}/revocation/")

    assert answer.status_code == 404
    assert not closed(link)


def test_accepting_does_not_change_the_role_of_somebody_who_is_in_already(invited, ada, signed_in):
    _, copied, _ = invited("nina@acme.test")
    Invitation.objects.update(email=ada.email)

    answer = signed_in(ada).post(copied)

    ada.refresh_from_db()
    assert (answer.status_code, ada.role) == (409, "admin")


def test_a_former_member_comes_back_through_an_invitation_without_old_rights(invited, ada, lena, signed_in):
    _, key = ApiToken.issue(ada)
    ada.end(by=lena)
    _, copied, _ = invited(ada.email, role="stakeholder")
    browser = signed_in(ada)
    open_link(copied, browser)

    assert browser.post("/invite/").status_code == 302

    ada.refresh_from_db()
    assert (ada.role, ada.ended_at) == ("stakeholder", None)
    assert not ApiToken.objects.with_key(key).exists()


def test_a_weak_password_is_refused_with_the_reason(invited):
    browser = Client()
    _, _, link = invited()
    open_link(link, browser)

    answer = browser.post("/invite/", {**NEWCOMER, "password": "nina@acme.test"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["password"]
    assert not members("nina@acme.test").exists()


def test_without_a_mail_server_the_shown_link_is_the_whole_link(ada, signed_in, settings):
    settings.EMAIL_URL = ""
    shown = signed_in(ada).post("/o/acme/settings/invitations/", FORM)
    browser = Client()

    open_link(path(shown.context["link"]), browser)
    browser.post("/invite/", NEWCOMER)

    assert members("nina@acme.test").exists()
