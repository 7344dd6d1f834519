"""From declaring to resolving without touching a mouse."""

import re

from playwright.sync_api import expect


def test_an_incident_from_beginning_to_end_by_keyboard(open_browser):
    browser = open_browser()
    page = browser.sign_in("lena")
    page.keyboard.press("d")
    expect(page.get_by_label("What is happening?")).to_be_focused()
    page.keyboard.type("Search finds nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Search finds nothing")
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    number = int(re.search(r"/incidents/(\d+)/", page.url)[1])

    page.keyboard.press("m")
    expect(page.get_by_label("Message to General")).to_be_focused()
    page.keyboard.type("The index is empty.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation .msg")).to_contain_text("The index is empty.")
    # The line may come over the socket before the form is drawn anew, with the focus in it.
    expect(page.get_by_label("Message to General")).to_have_value("")

    # Out of the field, because single keys sleep while one has the focus.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.get_by_role("link", name="It is over: resolve…"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Resolve INC-{number}")).to_be_visible()
    tab_to(page, page.get_by_label("What ended it"))
    page.keyboard.type("The index is full again.")
    tab_to(page, page.get_by_role("button", name=f"Resolve INC-{number}"))
    page.keyboard.press("Enter")

    expect(page.locator("#header")).to_contain_text("to resolved")
    assert browser.complaints == []


def tab_to(page, control):
    """Press Tab until it has the focus, which has to be seen on the way."""
    for _ in range(60):
        if control.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{control} cannot be reached by Tab.")
