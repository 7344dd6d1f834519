"""Several lines of work at once: two changes that collide, an executive who is asked, a night shift that ends."""

import re

from playwright.sync_api import expect

from tests.serving import wait_for

TITLE = "Payments are booked twice"


def test_several_lines_of_work_and_one_chain_of_command(installation, open_browser, mail_server):
    number, _ = installation.do("declare", title=TITLE, severity="sev2")
    installation.do("staff", number)
    lenas, tariqs, ruths = open_browser(), open_browser(), open_browser()
    lena, tariq, ruth = lenas.sign_in("lena"), tariqs.sign_in("tariq"), ruths.sign_in("ruth")
    room = f"/o/acme/incidents/{number}/"
    for page in (lena, tariq, ruth):
        page.goto(room)
        expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
        expect(page.locator(".link[role=status]")).to_have_text("Live")

    # The coordinator says what he changes; somebody else is at the same service, and both see it.
    claim(tariq, "Roll the checkout back to 5.1", "checkout")
    expect(lena.locator("#changes")).to_contain_text("Roll the checkout back to 5.1")
    other = installation.do("claim", number, "sam", "Restart the checkout", "checkout")
    expect(tariq.locator("#changes .claim__clash").first).to_contain_text("C")
    expect(lena.locator("#changes .claim__clash").first).to_be_visible()

    # The lead puts them in order and gives the word; only then does he begin.
    lena.locator(f"#change-{other}-arrangement").click()
    order = lena.get_by_role("dialog")
    order.get_by_role("radio").first.check()
    order.get_by_role("button", name="Put them in this order").click()
    expect(tariq.locator("#changes .claim__clash")).to_have_count(0)
    first = installation.do("changes", number)[0]
    lena.locator(f"#change-{first}-release").click()
    tariq.locator(f"#change-{first}-start").click()
    expect(lena.locator("#changes")).to_contain_text("Under way")

    # Taking people from other work is an executive's to decide: she is asked, with options and a time.
    lena.goto(room + "decisions/new/")
    lena.get_by_label("What has to be decided").fill("Take two people off the launch?")
    lena.get_by_role("radio", name=re.compile("^Resources")).check()
    lena.get_by_label("Options").fill("Take them | The launch slips a week\nLeave them | Bookings are checked by hand")
    lena.get_by_label("What is given up for it").fill("The launch of instant refunds")
    lena.get_by_role("button", name="Ask, or decide").click()
    expect(ruth.locator("#decisions")).to_contain_text("Take two people off the launch?")
    wait_for(lambda: any(b"Take two people off the launch?" in mail.content for mail in to(mail_server, "ruth")))
    expect(ruth.locator("#needs")).to_contain_text("Take two people off the launch?")
    ruth.locator("#decisions").get_by_role("link", name="Take them").click()
    ruth.get_by_role("dialog").get_by_role("button").last.click()
    lena.goto(room)
    expect(lena.locator("#decisions")).to_contain_text("by Ruth Meyer")

    # She asks where the cause is looked for; her words are kept, and become a question in the queue.
    cause = installation.do("cause", number)
    ruth.goto(f"{room}?stream={cause}")
    ruth.locator("#composer-text").fill("What does this cost us an hour?")
    ruth.get_by_role("button", name="Send").click()
    expect(ruth.locator("#composer-text")).to_have_value("What does this cost us an hour?")
    ruth.locator("#offer-question").click()
    expect(ruth.locator("#questions")).to_contain_text("What does this cost us an hour?")
    expect(tariq.locator("#conversation")).not_to_contain_text("What does this cost us an hour?")
    assert installation.do("asked", number) == ["What does this cost us an hour?"]

    # The shift ends: the lead moves when the successor has it, and not before.
    lena.goto(room + "handover/")
    lena.get_by_label(re.compile("^To")).select_option(label="Ada Novak, Product")
    lena.get_by_label("Situation").fill("The checkout rolls back; bookings are checked by hand.")
    lena.get_by_role("button", name="Begin the hand-over").click()
    expect(tariq.locator("#roles")).to_contain_text("Lena Fischer")
    adas = open_browser()
    ada = adas.sign_in("ada")
    ada.goto(room + "handover/")
    expect(ada.locator("main")).to_contain_text("The checkout rolls back")
    ada.locator("#handover-acknowledge").click()
    expect(tariq.locator("#roles")).to_contain_text("Ada Novak")
    expect(tariq.locator("#header")).to_contain_text("Lead Ada Novak")

    told = installation.do("kinds", number)
    landmarks = ["change_proposed", "change_released", "change_started", "decision_raised", "decision_made",
                 "post_declined", "question_asked", "role_handed_over"]  # fmt: skip
    assert [kind for kind in told if kind in landmarks and kind != "change_proposed"] == landmarks[1:]
    assert installation.do("broken_at", number) is None
    for browser in (lenas, tariqs, ruths, adas):
        assert (browser.complaints, browser.strangers) == ([], [])


def claim(page, action, service):
    page.locator("#changes-new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What do you change?").fill(action)
    dialog.locator(f"input[name=services][value={service}]").check()
    dialog.get_by_role("button", name="Claim it").click()
    expect(dialog).to_have_count(0)


def to(mail_server, local):
    return [mail for mail in mail_server.mails if f"{local}@acme.test" in mail.rcpt_tos]
