"""The socket of a room ends politely, falls silent or never opens: the page notices by itself and misses nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.serving import wait_for

# Seconds of the page's own clock.
NOTICED = 60
POLLED = 20
# For a page to ask, and to no longer wait for the answer.
GIVEN_UP = 30


class Line:
    """The sockets of one room between a page and the server: they pass everything on, nothing, or are refused."""

    def __init__(self, page, number):
        self.sockets = []
        self.is_refused = self.is_silent = False
        page.route_web_socket(re.compile(rf"/incidents/{number}/"), self._open)

    def close(self, code):
        self.sockets[-1].close(code=code)

    def _open(self, socket):
        self.sockets.append(socket)
        if self.is_refused:
            socket.close(code=1006)
            return
        server = socket.connect_to_server()
        socket.on_message(lambda words: self._pass_on(words, server))
        server.on_message(lambda words: self._pass_on(words, socket))

    def _pass_on(self, words, to):
        if not self.is_silent:
            to.send(words)


class Room:
    """Lena's page of a new incident, its line, and its clock, which once stopped only the test turns."""

    def __init__(self, browser, installation):
        self.installation = installation
        self.number, _ = installation.do("declare")
        self.page = browser.sign_in("lena")
        self.line = Line(self.page, self.number)
        self.link = self.page.locator(".link[role=status]")
        self.messages = self.page.locator("#conversation .msg .msg__text")
        self.said = []
        self.asked = set()
        self.page.on("request", lambda request: self.asked.add(request))
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self.asked.discard(request))

    @property
    def address(self):
        return f"/o/acme/incidents/{self.number}/"

    def enter(self):
        self.page.goto(self.address)

    def stop_the_clock(self):
        self.page.clock.pause_at(self.page.evaluate("Date.now()") / 1000 + 5)

    def turn(self, seconds):
        """Faster than the server answers."""
        self.page.clock.run_for(seconds * 1000)

    def wait(self, seconds):
        """Second by second; what the page asks for is answered in the same one."""
        for _ in range(seconds):
            self.turn(1)
            wait_for(lambda: self.page.wait_for_timeout(10) or not self.asked)

    def say(self, text):
        """Somebody says it elsewhere."""
        self.said.append(text)
        self.installation.do("post", self.number, text, by="tariq")

    def expect_everything_once(self):
        expect(self.messages).to_have_text(self.said)
        numbers = self.page.locator("#timeline [data-number]").evaluate_all(
            "lines => lines.map((line) => line.dataset.number)"
        )
        assert len(numbers) == len(set(numbers))


@pytest.fixture
def room(open_browser, installation):
    return Room(open_browser(), installation)


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_line_that_ends_politely_is_opened_again(room, code):
    room.enter()
    expect(room.link).to_have_text("Live")
    room.say("Before.")
    room.expect_everything_once()

    room.line.close(code)
    room.say("Meanwhile.")

    wait_for(lambda: room.page.wait_for_timeout(50) or len(room.line.sockets) == 2)
    room.expect_everything_once()
    expect(room.link).to_have_text("Live")
    room.say("Afterwards.")
    room.expect_everything_once()


@pytest.mark.parametrize("moment", [1, 6, 11, 16])
def test_a_line_that_falls_silent_is_noticed(room, moment):
    """Whenever between two signs of life that is."""
    room.page.clock.install()
    room.enter()
    expect(room.link).to_have_text("Live")
    room.stop_the_clock()
    room.wait(moment)
    room.say("Before.")
    room.expect_everything_once()

    room.line.is_silent = True
    room.turn(NOTICED)

    assert room.link.inner_text() == "Reconnecting…"


def test_behind_a_silent_line_the_page_says_whether_the_server_is_reached(room):
    room.page.clock.install()
    room.enter()
    expect(room.link).to_have_text("Live")
    room.stop_the_clock()
    room.line.is_silent = True
    room.turn(NOTICED)

    room.page.route(f"**{room.address}", lambda route: None)
    room.turn(GIVEN_UP)
    expect(room.link).to_contain_text("Offline since")

    room.page.unroute(f"**{room.address}")
    room.say("Meanwhile.")
    room.wait(POLLED)
    expect(room.link).to_have_text("Updates every 15 s")
    room.expect_everything_once()

    room.line.is_silent = False
    room.wait(NOTICED + POLLED)
    expect(room.link).to_have_text("Live")
    room.say("Afterwards.")
    room.expect_everything_once()


@pytest.mark.parametrize("blocked", ["is_refused", "is_silent"])
def test_without_a_socket_the_room_is_polled(room, blocked):
    setattr(room.line, blocked, True)
    room.page.clock.install()
    room.enter()
    room.stop_the_clock()
    room.wait(POLLED)
    expect(room.link).to_have_text("Updates every 15 s")

    # Longer than it takes until a page no longer tries often, or gives up a line that does not answer.
    for n in range(4):
        room.say(f"Message {n}.")
        room.wait(POLLED)
        room.expect_everything_once()

    room.installation.do("change_everything", room.number)
    room.wait(POLLED)
    room.page.clock.resume()
    expect(room.page.locator("#header")).to_contain_text("Another title")
