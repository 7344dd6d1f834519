"""The server dies under an open page and comes back: nothing is lost, nothing comes twice, nothing typed is gone."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browsing import Watched

DRAFT = "I was about to say"


@pytest.fixture
def room(chromium, own):
    browser = Watched(chromium, own.address)
    number, _ = own.do("declare")
    page = browser.sign_in("lena")
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    yield page, number
    browser.context.close()


def test_a_page_survives_the_death_of_the_server(own, room):
    page, number = room
    link = page.locator(".link[role=status]")
    own.do("post", number, "Before.")
    expect(page.locator("#conversation .msg")).to_have_count(1)
    page.get_by_label("Message to General").fill(DRAFT)

    own.kill()
    expect(link).to_have_attribute("data-state", "off")
    expect(link).to_contain_text("Offline since")
    for n in range(3):
        own.do("post", number, f"Meanwhile {n}.")
    own.restart_web()
    expect(link).to_have_text("Live", timeout=30_000)

    messages = page.locator("#conversation .msg .msg__text")
    expect(messages).to_have_count(4)
    assert messages.all_inner_texts() == ["Before.", "Meanwhile 0.", "Meanwhile 1.", "Meanwhile 2."]
    numbers = page.locator("#timeline [data-number]").evaluate_all("lines => lines.map((line) => line.dataset.number)")
    assert len(numbers) == len(set(numbers))
    expect(page.get_by_label("Message to General")).to_have_value(DRAFT)


def test_what_is_typed_and_where_stays_while_the_page_changes_around_it(own, room):
    page, number = room
    field = page.get_by_label("Message to General")
    field.fill(DRAFT)
    field.evaluate("(element) => element.setSelectionRange(2, 5)")

    own.do("post", number, "Something new.")
    own.do("change_everything", number)

    expect(page.locator("#header")).to_contain_text("Another title")
    expect(page.locator("#conversation .msg")).to_contain_text("Something new.")
    expect(field).to_be_focused()
    expect(field).to_have_value(DRAFT)
    assert field.evaluate("(element) => [element.selectionStart, element.selectionEnd]") == [2, 5]
    page.reload()
    expect(field).to_have_value(DRAFT)


def test_whoever_reads_holds_back_what_comes_and_lets_it_in_again(own, room):
    page, number = room
    link, words = page.locator(".link[role=status]"), page.locator("#conversation .msg .msg__text")
    page.keyboard.press("p")
    expect(link).to_contain_text("Paused at")
    expect(link).to_contain_text("0 changes waiting")

    own.do("post", number, "While somebody reads.")
    own.do("change_everything", number)

    expect(link).not_to_contain_text(re.compile(r"\b[01] changes? waiting"))
    expect(words).to_have_count(0)
    expect(page.locator("#header")).not_to_contain_text("Another title")
    page.get_by_role("button", name="Resume live updates").click()
    expect(words).to_have_text(["While somebody reads."])
    expect(page.locator("#header")).to_contain_text("Another title")
    expect(link).to_have_text("Live")
    own.do("post", number, "And on.")
    expect(words).to_have_count(2)
