"""With JavaScript off, everything that matters can be done all the same."""

import re

from playwright.sync_api import expect


def test_an_incident_from_beginning_to_end_without_any_script(installation, open_browser):
    browser = open_browser(java_script_enabled=False)
    page = browser.sign_in("ada")

    page.get_by_role("link", name="Declare").first.click()
    page.get_by_label("What is happening?").fill("Nobody can sign in")
    page.get_by_role("button", name="Declare", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody can sign in")
    number = int(re.search(r"/incidents/(\d+)/", page.url)[1])

    page.get_by_label("Message to General").fill("The key ran out at **noon**.")
    page.get_by_role("button", name="Send").click()
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator("#conversation strong").filter(has_text="noon")).to_be_visible()

    page.locator("#take-communications_lead").click()
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator("#roles li").filter(has_text="Communications lead")).to_contain_text("Ada Novak")

    page.locator("#header-update").click()
    page.get_by_role("navigation", name="Audience").get_by_role("link", name="Customers").click()
    page.get_by_label("What is happening").fill("Signing in does not work.")
    page.get_by_label("What we are doing").fill("We are putting a new key in.")
    page.get_by_role("button", name=re.compile("^Send to")).click()
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator("#updates")).to_contain_text("Signing in does not work.")

    page.locator("#header-status").click()
    page.get_by_role("link", name="It is over: resolve…").click()
    page.get_by_label("What ended it").fill("A new key.")
    page.get_by_role("button", name=f"Resolve INC-{number}").click()
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator("#header")).to_contain_text("to resolved")

    kinds = installation.do("kinds", number)
    assert [kind for kind in kinds if not kind.startswith(("function_", "participant_", "workstream_"))] == [
        "declared",
        "role_taken",
        "message_posted",
        "role_taken",
        "draft_saved",
        "update_published",
        "resolved",
    ]
    assert browser.strangers == []
