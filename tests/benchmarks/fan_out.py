"""From a post to every open socket of one incident, beside the same sending without a product around it.

    python -m tests.benchmarks.fan_out --sockets 200 500 1000

Prints a table. *One at a time*: a message is posted, and the next when everybody has it; times are from the request,
and from the first socket that heard, since Muster's request writes to a database and the others' do not. *Full rate*:
many messages at once (a hundredth as many for Channels, which takes as long); processor time of the server process,
divided by deliveries. For Muster reading and drawing the messages is part of it. A contender that has not delivered a
message to everybody after a minute has given up.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent.parent
PER_PERSON = 20
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(process):
    """What a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Bare:
    """One of the contenders of `bare.py`."""

    path = "/"

    def __init__(self, name, text, *, share=1):
        self.name, self.text, self.share = name, text, share

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = ["--port", str(self.port), "--log-level", "warning", "--ws-per-message-deflate", "false"]
        module = "tests.benchmarks.bare"
        self.process = subprocess.Popen([sys.executable, "-m", "uvicorn", f"{module}:{self.name}", *options], cwd=ROOT)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.post()
                return self
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise

    def __exit__(self, *trouble):
        self.process.kill()
        self.process.wait()

    def headers_of(self, n):
        return {}

    def post(self):
        self.burst(1)

    def burst(self, count):
        requests.post(f"http://127.0.0.1:{self.port}/?count={count}", data=self.text, timeout=120).raise_for_status()


class Muster:
    """The product as `bin/run` serves it: pages, sockets, worker and scheduler in one process on SQLite."""

    name = "muster"
    share = 1

    def __init__(self, sockets):
        self.sockets = sockets

    def __enter__(self):
        from tests.serving import Product

        self.product = Product(os.environ["DATA_DIR"]).start()
        self.process = self.product.process
        self.port = int(self.product.address.rpartition(":")[2])
        self.url = (
            f"{self.product.address}/api/v1/incidents/{self.incident.number}/workstreams/{self.stream.pk}/messages/"
        )
        self.session = requests.Session()
        return self

    def __exit__(self, *trouble):
        self.product.kill()

    def prepare(self):
        """People with tokens, and an incident."""
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        import django

        django.setup()
        from teams.founding import found
        from teams.models import ApiToken, Membership, Person
        from teams.tenancy import acting_in
        from tests.factories import declare_incident

        owner = found("Acme", owner=Person.objects.create_user("lena@acme.test", name="Lena Fischer"), slug="acme")
        self.organization = owner.organization
        with acting_in(self.organization):
            people = [owner]
            for n in range(-(-self.sockets // PER_PERSON)):
                person = Person.objects.create_user(f"person{n}@acme.test", name=f"Person {n}")
                people.append(Membership.objects.create(person=person))
            self.tokens = [ApiToken.issue(member)[1] for member in people]
            self.lena = owner
            self.incident = declare_incident(owner)
            self.stream = self.incident.workstreams.get()
        return self

    @property
    def path(self):
        from incidents.models import Incident
        from teams.tenancy import acting_in

        with acting_in(self.organization):
            last = Incident.objects.get(pk=self.incident.pk).last_number
        return f"/ws/o/acme/incidents/{self.incident.number}/?after={last}"

    def headers_of(self, n):
        return {"Authorization": f"Bearer {self.tokens[1 + n // PER_PERSON]}"}

    def post(self):
        headers = {"Authorization": f"Bearer {self.tokens[0]}"}
        self.session.post(self.url, json={"text": WORDS}, headers=headers, timeout=30).raise_for_status()

    def burst(self, count):
        """Written behind the server's back, so that it finds all of them when it next looks."""
        from django.db import transaction

        from incidents.models import Message
        from teams.tenancy import acting_in

        with acting_in(self.organization), transaction.atomic():
            for _ in range(count):
                Message.post(self.stream, WORDS, by=self.lena)

    def a_frame(self):
        """What a socket receives for a message, for the contenders to send."""
        from incidents.frames import look
        from teams.tenancy import acting_in
        from tests.factories import post_message

        with acting_in(self.organization):
            number = post_message(self.incident, WORDS, by=self.lena).entry.number
        (news,) = look(
            self.organization.pk, {self.incident.pk: (number - 1, {"room": number - 1, "briefing": 1})}
        ).values()
        return news.frames[0].texts["room"]


WORDS = "Draining the old pool takes **eight minutes**. Then the gateway is rolled back, one zone after the other."


async def measure(server, sockets, posts, burst):
    """One line of the table, as a dictionary."""
    from tests.benchmarks.crowd import Crowd

    crowd = Crowd()
    await crowd.gather(server.port, await asyncio.to_thread(lambda: server.path), sockets, server.headers_of)
    await asyncio.to_thread(server.post)
    await crowd.hear(1)
    alone, spread = [], []
    for _ in range(posts):
        began = time.perf_counter()
        posting = asyncio.create_task(asyncio.to_thread(server.post))
        (moments,) = await crowd.hear(1)
        await posting
        alone += [moment - began for moment in moments]
        spread += [moment - moments[0] for moment in moments]
    burst //= server.share
    used = await asyncio.to_thread(processor_seconds, server.process)
    posting = asyncio.create_task(asyncio.to_thread(server.burst, burst))
    heard = await crowd.hear(burst)
    await posting
    used = await asyncio.to_thread(processor_seconds, server.process) - used
    crowd.leave()
    return {
        "contender": server.name,
        "sockets": sockets,
        "p50": percentile(alone, 50),
        "p99": percentile(alone, 99),
        "spread p50": percentile(spread, 50),
        "spread p99": percentile(spread, 99),
        "µs": used / (burst * sockets) * 1e6,
        "rate": burst * sockets / (heard[-1][-1] - heard[0][0]),
        "heard": sum(len(moments) for moments in heard),
    }


def percentile(values, which):
    return statistics.quantiles(values, n=100, method="inclusive")[which - 1] * 1000


def show(rows):
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(
        "| sockets | contender | post → all, p50 / p99 ms | first → all, p50 / p99 ms | µs a delivery | deliveries/s |"
    )
    print("|---:|---|---:|---:|---:|---:|")
    for row in rows:
        if row["p50"] is None:
            print(f"| {row['sockets']} | {row['contender']} | gave up | | | |")
            continue
        print(
            f"| {row['sockets']} | {row['contender']} | {row['p50']:.1f} / {row['p99']:.1f} "
            f"| {row['spread p50']:.1f} / {row['spread p99']:.1f} | {row['µs']:.1f} | {row['rate']:,.0f} |"
        )


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sockets", type=int, nargs="+", default=[200, 500, 1000])
    arguments.add_argument("--posts", type=int, default=30)
    arguments.add_argument("--burst", type=int, default=200)
    arguments.add_argument("--json", help="also write the rows to this file")
    chosen = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    rows = []
    with tempfile.TemporaryDirectory() as data:
        os.environ["DATA_DIR"] = data
        muster = Muster(max(chosen.sockets)).prepare()
        text = muster.a_frame()
        for sockets in chosen.sockets:
            for server in (Bare("asgi", text), Bare("channels", text, share=100), muster):
                with server:
                    try:
                        rows.append(asyncio.run(measure(server, sockets, chosen.posts, chosen.burst)))
                    except TimeoutError:
                        rows.append({"contender": server.name, "sockets": sockets, "p50": None})
                    print(rows[-1], file=sys.stderr)
    show(rows)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
