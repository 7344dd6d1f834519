"""The server dies in the worst moments: nothing it answered for is lost, and nothing is done twice.

What becomes of messages on their way out is in `tests/notifications/test_under_fire.py`, of open sockets in
`tests/incidents/test_listening.py` and `tests/journeys/test_losing_the_line.py`.
"""

import random
import threading
import time

import pytest
import requests

from tests.journeys.installation import Installation
from tests.serving import wait_for

KILLS = 15
KILLING_SECONDS = 30
WRITERS = 3


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("faults")) as running:
        running.do("build")
        yield running


class Writer(threading.Thread):
    """Says one thing after the other over the API, and each again, under the same key, until it is answered."""

    def __init__(self, name, url, token, over):
        super().__init__(name=name, daemon=True)
        self.url, self.token, self.over = url, token, over
        self.answered, self.wrong = {}, []
        self.retries = 0

    def run(self):
        number = 0
        while not self.over.is_set():
            number += 1
            self._say(f"{self.name} {number}")

    def _say(self, text):
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": text.replace(" ", "-")}
        while True:
            try:
                answer = requests.post(self.url, json={"text": text}, headers=headers, timeout=20)
            except requests.RequestException:
                self.retries += 1
                self.over.wait(0.05)
                if self.over.is_set():
                    return
                continue
            if answer.status_code == 201:
                self.answered[text] = answer.json()["id"]
            elif answer.status_code != 409:
                self.wrong.append((text, answer.status_code, answer.text))
            if answer.status_code != 409:
                return


@pytest.mark.timeout(240)
def test_what_was_answered_is_there_and_there_once_however_often_the_server_dies(installation):
    number, stream = installation.do("declare", title="Somebody pulls the plug")
    url = f"{installation.address}/api/v1/incidents/{number}/workstreams/{stream}/messages/"
    token, over, chance = installation.do("token", "lena"), threading.Event(), random.Random(7)
    writers = [Writer(f"writer-{n}", url, token, over) for n in range(WRITERS)]
    for writer in writers:
        writer.start()

    begun, kills = time.monotonic(), 0
    while kills < KILLS and (kills < 4 or time.monotonic() - begun < KILLING_SECONDS):
        said = sum(len(writer.answered) for writer in writers)
        wait_for(lambda said=said: sum(len(writer.answered) for writer in writers) > said + 2, 60)
        threading.Event().wait(chance.uniform(0, 0.2))
        installation.kill()
        kills += 1
        installation.restart_web()
    said = sum(len(writer.answered) for writer in writers)
    wait_for(lambda: sum(len(writer.answered) for writer in writers) > said, 60)
    over.set()
    for writer in writers:
        writer.join(30)

    texts = installation.do("texts", number)
    answered = {text for writer in writers for text in writer.answered}
    assert [wrong for writer in writers for wrong in writer.wrong] == []
    assert sum(writer.retries for writer in writers) > 0
    assert answered <= set(texts)
    assert len(texts) == len(set(texts))
    assert len(texts) - len(answered) <= WRITERS
    assert installation.do("broken_at", number) is None
