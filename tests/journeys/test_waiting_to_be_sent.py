"""What is written in the room while the server cannot be reached waits in the browser, and arrives once."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browsing import Watched
from tests.serving import wait_for

SAID = "The pool is full."


@pytest.fixture
def lena(chromium, own):
    """Her browser, her open room, and the number of the incident."""
    browser = Watched(chromium, own.address)
    number, _ = own.do("declare")
    own.do("staff", number)
    page = browser.sign_in("lena")
    enter(page, number)
    yield browser, page, number
    browser.context.close()


def test_messages_findings_and_tasks_wait_and_are_sent_once(own, lena):
    browser, page, number = lena
    other_tab = browser.context.new_page()
    enter(other_tab, number)
    page.bring_to_front()
    learn(page)

    cut(own, page)
    say(page, SAID)
    say(page, "And another.")
    page.locator("#tasks-new").click()
    page.get_by_label("What has to be done").fill("Drain the queue")
    page.get_by_role("button", name="Add the task").click()
    page.locator("#findings-new").click()
    page.get_by_label("Condition").fill("Connections are not given back.")
    page.get_by_role("button", name="Raise the finding").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".waiting__count")).to_have_text("4 not sent yet: sent when you are live again")
    expect(waiting(page)).to_have_count(4)
    expect(page.locator("#conversation [data-waiting] .msg__text")).to_have_text([SAID, "And another."])
    expect(page.locator("waiting-line [data-waiting]")).to_contain_text(["Drain the queue", "Connections are not"])
    expect(page.get_by_label("Message to General")).to_have_value("")
    expect(waiting(other_tab)).to_have_count(4)

    own.restart_web()
    for each in (page, other_tab):
        expect(each.locator(".link[role=status]")).to_have_text("Live", timeout=30_000)
        expect(waiting(each)).to_have_count(0)
        expect(each.locator("#conversation .msg .msg__text")).to_have_text([SAID, "And another."])
        expect(each.locator("#tasks")).to_contain_text("Drain the queue")
        expect(each.locator("#findings")).to_contain_text("Connections are not given back.")
    assert own.do("texts", number) == [SAID, "And another."]
    assert own.do("to_do", number) == [["Drain the queue"], ["Connections are not given back."]]
    assert shelf(page) == []


def test_what_waits_outlives_the_page_and_is_sent_by_nobody_else(own, lena):
    browser, page, number = lena
    cut(own, page)
    say(page, SAID)
    expect(waiting(page)).to_have_count(1)
    page.goto("about:blank")
    own.restart_web()

    browser.context.clear_cookies()
    sams = browser.sign_in("sam")
    enter(sams, number)
    sams.wait_for_timeout(1500)
    expect(waiting(sams)).to_have_count(0)
    assert own.do("texts", number) == []
    assert SAID not in sams.locator("main").inner_text()

    browser.context.clear_cookies()
    sams.close()
    page = browser.sign_in("lena")
    enter(page, number)
    expect(page.locator("#conversation .msg .msg__text")).to_have_text([SAID])
    expect(waiting(page)).to_have_count(0)
    assert own.do("texts", number) == [SAID]


def test_a_page_left_open_sends_nothing_in_the_name_of_who_signs_in_next(own, lena):
    browser, page, number = lena
    page.route("**/messages/", lambda route: route.abort())
    say(page, SAID)
    expect(waiting(page)).to_contain_text("Not sent")
    page.unroute("**/messages/")

    browser.context.clear_cookies()
    sams = browser.sign_in("sam")
    page.get_by_role("button", name="Retry").click()

    expect(waiting(page)).to_contain_text(re.compile("You signed in again, or somebody else did|You are signed out"))
    expect(waiting(page)).to_contain_text(SAID)
    assert own.do("texts", number) == []
    sams.close()


def test_what_others_must_see_at_once_does_not_wait_and_says_so(own, lena):
    _, page, number = lena
    told = own.do("kinds", number)
    page.locator("#header").get_by_role("link", name="Decision").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What has to be decided").fill("Roll back?")

    cut(own, page)
    dialog.get_by_role("button", name="Ask, or decide").click()
    expect(dialog.get_by_role("alert")).to_contain_text("this has to be seen by others when it happens")
    expect(dialog.get_by_label("What has to be decided")).to_have_value("Roll back?")
    page.keyboard.press("Escape")
    for opener in ("#changes-new", "#header-update", "#header-severity", "#roles a[href*='/roles/']"):
        page.evaluate("document.querySelector('waiting-line').notice.textContent = ''")
        page.locator(opener).first.evaluate("(link) => link.click()")
        expect(page.get_by_role("alert")).to_contain_text("Not done: you are offline.")
    assert shelf(page) == []
    assert page.url.endswith(f"/incidents/{number}/")

    own.restart_web()
    expect(page.locator(".link[role=status]")).to_have_text("Live", timeout=30_000)
    expect(page.locator("waiting-line [role=alert]")).to_be_hidden()
    assert own.do("kinds", number) == told


def test_what_is_refused_later_stays_with_its_words_and_the_reason(own, lena):
    browser, page, number = lena
    browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    learn(page)
    cut(own, page)
    page.locator("#tasks-new").click()
    page.get_by_label("What has to be done").fill("Drain the queue")
    page.get_by_role("button", name="Add the task").click()
    own.do("decline", number)
    own.restart_web()

    expect(waiting(page)).to_contain_text(re.compile("Not sent.*Reopen it first"), timeout=30_000)
    page.reload()
    expect(waiting(page)).to_contain_text(re.compile("Not sent.*Reopen it first"))
    expect(waiting(page)).to_contain_text("Drain the queue")
    waiting(page).get_by_role("button", name="Copy").click()
    expect(waiting(page).get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Drain the queue"
    waiting(page).get_by_role("button", name="Delete").click()
    expect(waiting(page)).to_have_count(0)
    assert (shelf(page), own.do("to_do", number)) == ([], [[], []])


def test_ones_own_message_stands_there_at_once_and_once(own, lena):
    _, page, number = lena
    held = []

    page.route("**/messages/", lambda route: held.append((route, route.fetch())))
    say(page, SAID)
    words = page.locator("#conversation .msg .msg__text")
    expect(words).to_have_text([SAID])
    # The server has it and the socket brings it, before the answer comes.
    expect(page.locator("#conversation .msg[data-entry]")).to_have_count(1)
    expect(waiting(page)).to_have_count(0)
    expect(words).to_have_text([SAID])
    route, answer = held[0]
    route.fulfill(response=answer)
    page.wait_for_timeout(500)
    expect(words).to_have_text([SAID])
    assert (own.do("texts", number), shelf(page)) == ([SAID], [])


def test_without_an_answer_it_says_so_and_can_be_sent_again(own, lena):
    _, page, number = lena
    page.route("**/messages/", lambda route: None)
    say(page, SAID)
    expect(waiting(page)).to_contain_text("sending", timeout=1000)
    expect(page.get_by_label("Message to General")).to_have_value("")
    expect(waiting(page)).to_contain_text("Not sent", timeout=13_000)
    expect(waiting(page).get_by_role("button")).to_have_text(["Retry", "Copy", "Delete"])
    expect(page.locator(".waiting__count")).to_have_text("1 not sent yet")

    page.unroute("**/messages/")
    waiting(page).get_by_role("button", name="Retry").click()
    expect(page.locator("#conversation .msg[data-entry] .msg__text")).to_have_text([SAID])
    expect(waiting(page)).to_have_count(0)
    assert own.do("texts", number) == [SAID]


def test_a_tick_and_one_more_customer_show_at_once(own, lena):
    browser, page, number = lena
    task = own.do("add_task", number, "Drain the queue", "lena")
    own.do("symptom", number, "Card is declined")
    page.reload()
    expect(page.locator(".link[role=status]")).to_have_text("Live")
    held = []
    for act in ("**/completion/", "**/echoes/"):
        page.route(act, lambda route: held.append(route))

    tick, echo = page.locator(f"#task-{task}-done"), page.get_by_role("button", name="+1 customer: Card is declined")
    for button in (tick, echo):
        button.click()
        expect(button.locator("xpath=..")).to_have_attribute("data-sending", "")
    wait_for(lambda: page.wait_for_timeout(50) or len(held) == 2)
    for route in held:
        route.continue_()
    expect(page.locator("#tasks")).to_contain_text("done by Lena Fischer")
    expect(page.locator("#reports")).to_contain_text("2 customers")
    expect(page.locator("[data-sending]")).to_have_count(0)
    assert (own.do("customers", number), shelf(page)) == ([2], [])
    assert browser.complaints == []


def enter(page, number):
    page.goto(f"/o/acme/incidents/{number}/")
    expect(page.locator(".link[role=status]")).to_have_text("Live")


def learn(page):
    """Wait until the page has the forms that it opens without a line."""
    kept = "() => Object.keys(document.querySelector('waiting-line').kept).length"
    wait_for(lambda: page.wait_for_timeout(50) or page.evaluate(kept) == 2)


def cut(own, page):
    own.kill()
    expect(page.locator(".link[role=status]")).to_have_attribute("data-state", "off")


def say(page, text):
    page.get_by_label("Message to General").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def waiting(page):
    return page.locator("[data-waiting]")


def shelf(page):
    """What this browser keeps of what was written."""
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('waiting '))")
