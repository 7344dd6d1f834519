"""The whole product outside the test: one process on SQLite, or PostgreSQL, Redis and a process for each part."""

import json
import os
import subprocess
import sys
import uuid
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.notifications.fakes import free_port
from tests.serving import ROOT, Product, wait_for

SEVERAL = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
SHARED = {"SECRET_KEY": "k7" * 30}


class RedisServer:
    """A Redis of one's own, to be flushed and killed at will."""

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self.directory,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(lambda: self.ask("ping").strip() == "PONG")
        return self

    def ask(self, *words):
        command = ["redis-cli", "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def kill(self):
        self.process.kill()
        self.process.wait(10)


class Installation(Product):
    """`Product`, on whatever this run of the tests is on. `web` restarts apart from the rest."""

    def __init__(self, data_dir, **environment):
        self.port = free_port()
        self.others = {}
        self.redis = self._hand = None
        # `manage.py serve` names itself in messages; so do the others only if they are told.
        environment = {"BASE_URL": f"http://127.0.0.1:{self.port}", "ENV_FILE": os.devnull, **environment}
        if SEVERAL:
            self.redis = RedisServer(str(data_dir)).start()
            environment |= SHARED | {"REDIS_URL": self.redis.url} | self._new_database()
        super().__init__(data_dir, **environment)
        self.manage("migrate", "--verbosity", "0")
        if SEVERAL:
            self.manage("collectstatic", "--noinput", "--verbosity", "0")

    def _new_database(self):
        self.database = f"muster_journeys_{uuid.uuid4().hex[:12]}"
        self.owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        self._as(self.owner, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        return {
            name: urlsplit(url)._replace(path=f"/{self.database}").geturl()
            for name, url in (("DATABASE_URL", os.environ["DATABASE_URL"]), ("DATABASE_OWNER_URL", self.owner))
        }

    def _drop_database(self):
        # What a killed process left open may be ended only by the role that served.
        self._as(
            os.environ["DATABASE_URL"],
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            self.database,
        )
        self._as(self.owner, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.database)))

    @staticmethod
    def _as(role, statement, *values):
        with psycopg.connect(urlsplit(role)._replace(path="/postgres").geturl(), autocommit=True) as connection:
            connection.execute(statement, values or None)

    def manage(self, *words):
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # --- Processes -----------------------------------------------------------------------------------

    @property
    def command(self):
        return [sys.executable, "manage.py", "serve", "--port", str(self.port)]

    def start(self):
        super().start()
        if SEVERAL:
            self.start_worker()
            self.start_scheduler()
        return self

    def restart_web(self):
        """Pages, API and sockets again, on the same address; on the one-process default, everything."""
        super().start()

    def start_worker(self, name="worker"):
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--pool", "threads"]
        self.others[name] = self._celery("worker", "--hostname", f"{name}@journeys", *options)

    def start_scheduler(self, name="scheduler"):
        self.others[name] = self._celery("beat", "--pidfile", "")

    def _celery(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "config", *words], cwd=ROOT, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_other(self, name):
        process = self.others.pop(name)
        process.kill()
        process.wait(10)

    def __exit__(self, *trouble):
        if self._hand:
            self._hand.kill()
            self._hand.wait(10)
        for name in list(self.others):
            self.kill_other(name)
        self.kill()
        if SEVERAL:
            self.redis.kill()
            self._drop_database()

    # --- Inside --------------------------------------------------------------------------------------

    def do(self, what, *arguments, **named):
        """Have something of `hand.py` done; returns its answer."""
        if self._hand is None:
            self._hand = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.hand"], cwd=ROOT,
                env={**self.environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        self._hand.stdin.write(json.dumps([what, arguments, named]) + "\n")
        self._hand.stdin.flush()
        answer = self._hand.stdout.readline()
        assert answer, f"{what} ended with an error, which is on standard error."
        return json.loads(answer)
