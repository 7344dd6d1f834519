"""From what an engineer found to what everybody is told, in their own words, and to what puts it right."""

import email
import email.policy
import re

from playwright.sync_api import expect

from tests.serving import wait_for

TITLE = "Cards are declined"
KIM = "kim@customer.test"
FOUND = "acquire timeout on gw-7 after 250 ms"
ROUND = {
    "technical": {"text": "The pool of the gateway gives up after 250 ms; we roll back."},
    "coordination": {
        "current_status": "A third of the card payments fail.",
        "active_work": "Tariq rolls the gateway back.",
        "estimated_resolution": "In half an hour.",
    },
    "leadership": {
        "business_impact": "A third of the revenue of this hour comes in late.",
        "customer_effect": "Cards are declined; invoices work.",
        "expected_timeline": "Half an hour.",
    },
}
CUSTOMERS = {
    "what_is_happening": "Some cards are declined.",
    "what_we_are_doing": "We are undoing a change of tonight.",
}


def test_from_a_finding_to_four_audiences_and_a_correction(installation, open_browser, mail_server):
    number, _ = installation.do("declare", title=TITLE, severity="sev2")
    installation.do("staff", number)
    installation.do("show_to_the_public", number, "Paying by card does not always work")
    tariqs, lenas, meis, ruths, kims = (open_browser() for _ in range(5))
    tariq, lena, mei, ruth = (
        browser.sign_in(name) for browser, name in ((tariqs, "tariq"), (lenas, "lena"), (meis, "mei"), (ruths, "ruth"))
    )
    room = f"/o/acme/incidents/{number}/"

    # Somebody outside wants to hear of it, and shows that the address is theirs.
    kim = kims.context.new_page()
    kim.goto("/status/acme/subscribe/")
    kim.get_by_label("E-mail").first.fill(KIM)
    kim.get_by_role("button", name="Subscribe").click()
    wait_for(lambda: mails(mail_server, KIM))
    kim.goto(re.search(r"http://\S+/confirm/\S+", mails(mail_server, KIM)[0])[0])
    kim.get_by_role("button", name="Yes, subscribe").click()
    expect(kim.locator("main")).to_contain_text("You are subscribed")

    # The coordinator has found something; the lead takes it up into what is known.
    lena.goto(room)
    expect(lena.locator(".link[role=status]")).to_have_text("Live")
    tariq.goto(f"{room}findings/new/")
    tariq.locator("[name=condition]").fill(FOUND)
    tariq.locator("main form").get_by_role("button").last.click()
    expect(lena.locator("#findings")).to_contain_text(FOUND)
    lena.locator("#findings").get_by_role("link", name=re.compile("^Take it up")).click()
    lena.locator("[name=known]").fill("The gateway of tonight cuts off a third of the card payments.")
    lena.locator("[name=impact]").fill("A third of the card payments.")
    lena.locator("[name=doing]").fill("Tariq rolls the gateway back.")
    lena.get_by_role("button", name="Publish").click()
    mei.goto(room)
    expect(mei.locator("#synthesis")).to_contain_text("cuts off a third of the card payments")
    expect(mei.locator("#synthesis")).to_contain_text("F1")

    # Three audiences hear from one version, in one sitting.
    mei.goto(f"{room}updates/round/")
    for audience, parts in ROUND.items():
        mei.locator(f"[name={audience}-choice]").select_option("send")
        for part, text in parts.items():
            mei.locator(f"[name={audience}-{part}]").fill(text)
    mei.get_by_role("button", name="Tell them").click()
    expect(mei.locator("#updates")).to_contain_text("A third of the revenue")
    ruth.goto(f"{room}brief/")
    # It brings itself up to date once the update can no longer be taken back.
    told = "A third of the revenue of this hour comes in late."
    expect(ruth.locator("main")).to_contain_text(told, timeout=60_000)
    expect(ruth.locator("main")).not_to_contain_text("250 ms")

    # What customers are told is read by the lead before, and leaves when nobody takes it back.
    mei.goto(f"{room}drafts/customers/")
    for part, text in CUSTOMERS.items():
        mei.locator(f"[name={part}]").fill(text)
    mei.get_by_role("button", name="Ask for confirmation").click()
    lena.goto(f"{room}drafts/customers/")
    lena.get_by_role("button", name="The facts are right: confirm").click()
    mei.goto(f"{room}drafts/customers/")
    expect(mei.locator("main")).to_contain_text("Confirmed by Lena Fischer")
    mei.get_by_role("button", name=re.compile("^Send to")).click()
    wait_for(lambda: len(mails(mail_server, KIM)) == 2, 60)
    told = mails(mail_server, KIM)[1]
    assert "Some cards are declined." in told
    assert not any(inside in told for inside in ("gw-7", "250 ms", "Lena", "Tariq", "INC-", "revenue"))
    kim.goto("/status/acme/")
    expect(kim.locator("main")).to_contain_text("Some cards are declined.")
    expect(kim.locator("main")).not_to_contain_text("gw-7")

    # A sentence that went out leads back to what was found.
    mei.goto(f"{room}updates/")
    mei.get_by_role("link", name=re.compile("Update 4 to Customers", re.IGNORECASE)).first.click()
    mei.get_by_role("link", name="Where it comes from").click()
    expect(mei.locator("#part-what_is_happening")).to_contain_text("F1")

    # It was worse than they said: whoever heard it hears what is right, and nobody else does.
    heard = len(mails(mail_server, "ruth@acme.test"))
    mei.goto(f"{room}updates/4/correction/")
    mei.locator("[name=reason]").fill("It is more cards than we thought")
    mei.locator("[name=what_is_happening]").fill("Most cards are declined.")
    mei.get_by_role("button", name="Send the correction").click()
    wait_for(lambda: len(mails(mail_server, KIM)) == 3, 60)
    assert "Corrected: It is more cards than we thought" in mails(mail_server, KIM)[2]
    assert "Most cards are declined." in mails(mail_server, KIM)[2]
    kim.reload()
    expect(kim.locator("main")).to_contain_text("Most cards are declined.")
    expect(kim.locator("main")).not_to_contain_text("Some cards are declined.")
    assert not any("Most cards" in mail for mail in mails(mail_server, "ruth@acme.test")[heard:])

    assert installation.do("broken_at", number) is None
    for browser in (tariqs, lenas, meis, ruths, kims):
        assert (browser.complaints, browser.strangers) == ([], [])


def mails(server, address):
    """What somebody was sent, in order, as text."""
    return [text_of(mail) for mail in server.mails if address in mail.rcpt_tos]


def text_of(mail):
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    return message.get_body(("plain",)).get_content()
