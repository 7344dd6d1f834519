"""From nothing to an open room, and a second person in it."""

import re

from playwright.sync_api import expect

from tests.serving import wait_for

PASSWORD = "a calm voice at night"
LINK = re.compile(r"(http://\S+/invite/\S+)")


def sign_up(browser, email, organization):
    page = browser.context.new_page()
    loads = []
    page.on("response", lambda answer: loads.append(answer.url) if is_page(answer) else None)
    page.goto("/")
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Work e-mail").fill(email)
    page.locator("input[name=password1]").fill(PASSWORD)
    page.get_by_label("Organisation").fill(organization)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Nothing is on fire.")).to_be_visible()
    return page, loads


def is_page(answer):
    return answer.request.is_navigation_request() and answer.status == 200


def test_from_the_front_door_to_an_open_room_in_five_pages(open_browser):
    browser = open_browser()

    page, loads = sign_up(browser, "first@initech.test", "Initech")
    page.get_by_role("link", name="Declare an incident").last.click()
    page.get_by_label("What is happening?").fill("Printers print nothing")
    page.get_by_role("button", name="Declare", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("INC-1 Printers print nothing")
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    assert len(loads) <= 5, loads
    assert browser.complaints + browser.strangers == []


def test_an_invitation_brings_a_second_person_in(open_browser, mail_server):
    inviting, invited = open_browser(), open_browser()
    owner = inviting.sign_in("lena")
    owner.goto("/o/acme/settings/invitations/")
    owner.get_by_label("E-mail").fill("nils@acme.test")
    owner.get_by_role("button", name="Invite").click()
    expect(owner.get_by_role("main")).to_contain_text("nils@acme.test")
    expect(owner.get_by_label("Link")).to_have_value(LINK)

    (mail,) = wait_for(lambda: mail_server.to("nils@acme.test"))
    page = invited.context.new_page()
    page.goto(LINK.search(mail.replace("=\r\n", "").replace("=3D", "="))[1])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Join Acme")
    page.get_by_label("name").first.fill("Nils Berg")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign up and join").click()

    expect(page).to_have_url(re.compile(r"/o/acme/$"))
    owner.goto("/o/acme/people/")
    expect(owner.get_by_text("Nils Berg")).to_be_visible()
    assert inviting.complaints + invited.complaints == []
