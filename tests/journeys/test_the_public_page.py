"""What customers read in an outage: with one key after another, on a telephone, in the dark, and without any script."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.journeys.test_every_page import problems

PAGE = "/status/acme/"
PAGES = ("", "history/", "days/", "maintenance/", "subscribe/")
MINUTE = 60_000


@pytest.fixture(scope="module")
def outage(installation):
    number, _ = installation.do("declare", title="gw-1 drops handshakes", severity="sev1")
    installation.do("staff", number)
    installation.do("show_to_the_public", number, "Paying takes long")
    return number


def test_a_day_is_chosen_and_opened_by_keyboard(open_browser, outage):
    browser = open_browser()
    page = browser.context.new_page()
    page.goto(PAGE)
    strip = page.locator("strip-days").first
    link, said = strip.get_by_role("link"), strip.locator("output")
    link.focus()
    today = datetime.now(UTC).strftime("%-d %b %Y")
    words = [said.inner_text()]
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "End"):
        page.keyboard.press(key)
        words.append(said.inner_text())
    page.keyboard.press("Tab")
    assert not strip.evaluate("(strip) => strip.contains(document.activeElement)"), "The strip is one stop."
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")

    assert words[0].startswith(today)
    assert words[0] == words[1] == words[6]
    assert len(set(words)) == 4
    assert words[4] == words[5]
    page.wait_for_url(re.compile(rf"/days/#{datetime.now(UTC):%Y-%m-%d}$"))
    expect(page.locator(":target")).to_contain_text("Paying takes long")
    assert browser.complaints == browser.strangers == []


def test_the_day_under_a_finger_is_opened(open_browser, outage):
    browser = open_browser(viewport={"width": 390, "height": 800}, has_touch=True)
    page = browser.context.new_page()
    page.goto(PAGE)
    link = page.locator("strip-days a").first
    link.tap(position={"x": 2, "y": 10})
    page.wait_for_url(re.compile(r"/days/#\d{4}-\d\d-\d\d$"))

    assert page.locator("main section").last.get_attribute("id") == page.url.partition("#")[2]


def test_without_a_script_every_day_is_behind_a_link(open_browser, outage):
    browser = open_browser(java_script_enabled=False)
    page = browser.context.new_page()
    page.goto(PAGE)
    page.locator("strip-days a").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Day by day")
    assert page.locator("main section").count() == 90
    assert browser.context.cookies() == []


def test_something_new_is_offered_and_moves_nothing(open_browser, installation, outage):
    number, _ = installation.do("declare", title="gw-2 drops handshakes", severity="sev1")
    installation.do("staff", number)
    browser = open_browser()
    page = browser.context.new_page()
    page.clock.install()
    page.goto(PAGE)
    offer, heading = page.get_by_text("There is something new."), page.get_by_role("heading", level=1)
    with page.expect_response("**/summary.json") as asked:
        page.clock.run_for(MINUTE)
    assert asked.value.status == 304
    expect(offer).to_be_hidden()
    places = heading.bounding_box(), page.evaluate("document.documentElement.scrollHeight")

    installation.do("show_to_the_public", number, "Nobody can pay")
    with page.expect_response("**/summary.json") as asked:
        page.clock.run_for(MINUTE)
    assert asked.value.status == 200
    expect(offer).to_be_visible()
    assert places == (heading.bounding_box(), page.evaluate("document.documentElement.scrollHeight"))
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("heading", name="Nobody can pay")).to_be_visible()
    assert browser.complaints == browser.strangers == browser.context.cookies() == []


@pytest.mark.parametrize("width, scheme", [(1440, "light"), (390, "dark"), (1440, "dark"), (390, "light")])
def test_every_public_page_is_fit_for_everybody(open_browser, outage, width, scheme):
    browser = open_browser(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    page = browser.context.new_page()
    wrong = {}
    for path in PAGES:
        assert page.goto(PAGE + path).status == 200
        if found := problems(page):
            wrong[path] = found
    page.goto(PAGE)
    page.get_by_role("link", name="Paying takes long").click()
    wrong |= {"incident": found} if (found := problems(page)) else {}

    assert wrong == {}
    assert browser.complaints == browser.strangers == browser.context.cookies() == []
