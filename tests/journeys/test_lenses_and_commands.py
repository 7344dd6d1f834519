"""The room in one's own order, and acts typed where messages are written; all of it from the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.test_by_keyboard import tab_to

FIRST_SCREEN = 900
# As much of a panel as shows its heading and what stands first in it.
ENOUGH = 100
# Through each lens, the panels that answer the questions of whoever looks (docs/room.md).
ANSWERS = {
    "lead": ("clocks", "roles", "synthesis", "needs", "lines"),
    "tech": ("theories", "changes", "needs", "tasks", "roles"),
    "comms": ("clocks", "drafts", "synthesis", "questions"),
    "support": ("reports",),
    "product": ("facts", "decisions", "updates"),
    "exec": ("reports", "facts", "questions", "needs"),
    "observer": ("roles", "functions", "questions"),
}


@pytest.fixture(scope="module")
def busy(installation):
    number, _ = installation.do("declare", severity="sev1")
    installation.do("staff", number)
    installation.do("post", number, "Half of the nodes are back.")
    return number


def test_a_lens_is_chosen_from_the_keyboard_and_stays(open_browser, busy):
    browser = open_browser()
    page = browser.sign_in("tariq")
    page.goto(f"/o/acme/incidents/{busy}/")
    expect(page.locator(".link[role=status]")).to_have_text("Live")

    page.keyboard.press("l")
    expect(page.locator("#lens-support")).to_be_visible()
    tab_to(page, page.locator("#lens-support"))
    page.keyboard.press("Enter")

    expect(page.locator("#room")).to_have_attribute("data-lens", "support")
    expect(page.locator(".room__main > :first-child")).to_have_attribute("id", "reports")
    page.reload()
    expect(page.locator(".room__main > :first-child")).to_have_attribute("id", "reports")
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    # A panel that fetches itself stays where the lens put it.
    page.evaluate(
        "document.querySelector('#reports').dataset.old = ''; document.body.dispatchEvent(new Event('live-reports'))"
    )
    expect(page.locator("#reports:not([data-old])")).to_be_visible()
    expect(page.locator(".room__main > :first-child")).to_have_attribute("id", "reports")
    assert browser.complaints == []


def test_through_every_lens_the_answers_need_no_scrolling(open_browser, busy):
    browser = open_browser()
    page = browser.sign_in("lena")

    below = {}
    for lens, panels in ANSWERS.items():
        page.goto(f"/o/acme/incidents/{busy}/?lens={lens}")
        tops = {panel: page.locator(f"#{panel}").bounding_box() for panel in panels}
        hidden = [panel for panel, box in tops.items() if box and box["y"] > FIRST_SCREEN - ENOUGH]
        if hidden:
            below[lens] = hidden

    assert below == {}


def test_without_scripts_a_lens_is_chosen_and_a_line_is_obeyed(open_browser, busy):
    browser = open_browser(java_script_enabled=False)
    page = browser.sign_in("sam")
    page.goto(f"/o/acme/incidents/{busy}/")

    page.locator("#lenses summary").click()
    page.locator("#lens-tech").click()
    expect(page.locator("#room")).to_have_attribute("data-lens", "tech")

    page.get_by_label(re.compile("^Message to")).fill("/ws new Ask the bank")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("opened the workstream")).not_to_have_count(0)
    expect(page.locator("#streams")).to_contain_text("Ask the bank")

    page.get_by_label(re.compile("^Message to")).fill("/nonsense")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label(re.compile("^Message to"))).to_have_value("/nonsense")
    expect(page.locator("#composer-error")).to_contain_text("There is no command /nonsense.")


def test_lines_that_begin_with_a_slash(open_browser):
    browser = open_browser()
    page = browser.sign_in("lena")
    page.goto("/o/acme/declare/")
    page.get_by_label("What is happening?").fill("Nothing is found")
    page.keyboard.press("Enter")
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    box, hint = page.get_by_label("Message to General"), page.locator("#composer-command")

    page.keyboard.press("m")
    page.keyboard.type("/ro")
    expect(hint).to_have_text("/role comms @lena: Give a role, or take it")
    page.keyboard.type("le comms @mei")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#composer [role=status]")).to_have_text(
        "Mei Tanaka is communications lead, given by Lena Fischer."
    )
    expect(page.locator("#roles")).to_contain_text("Mei Tanaka")
    expect(box).to_have_value("")
    expect(box).to_be_focused()

    page.keyboard.type("/rol comms")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#composer-error")).to_contain_text("There is no command /rol.")
    expect(box).to_have_value("/rol comms")
    expect(page.locator("#conversation .msg")).to_have_count(0)

    box.fill("/decide Roll back?")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What has to be decided")).to_have_value("Roll back?")
    expect(box).to_have_value("/decide Roll back?")
    dialog.get_by_label("Your choice").fill("Roll back")
    dialog.get_by_role("button", name="Ask, or decide").click()
    expect(page.locator("#decisions")).to_contain_text("Roll back?")
    expect(box).to_have_value("")

    box.fill("/help")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".commands")).to_be_focused()
    box.fill("/update customers Nothing is found.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("What is happening")).to_have_value("Nothing is found.")

    page.go_back()
    page.locator("#header").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Give a role, or take it")
    assert browser.complaints == []
