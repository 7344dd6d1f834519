"""The real product as a child process on the one-process default, for tests that must see it from outside."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parent.parent
OUTSIDE = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "EMAIL_URL", "PORT")


class Product:
    """One `manage.py serve` on a data directory. As a context it is killed at the end, whatever happened."""

    command = (sys.executable, "manage.py", "serve", "--port", "0")

    def __init__(self, data_dir, **environment):
        self.data_dir = Path(data_dir)
        inherited = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        self.environment = {**inherited, "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **environment}
        self.process = None
        self.lines = []
        self._said = threading.Condition()

    def __enter__(self):
        return self.start()

    def __exit__(self, *trouble):
        self.kill()

    def start(self):
        """Start and wait until it says where it is."""
        self.spawn()
        self.address = self.wait_for_line("Muster is at ").split()[3]
        return self

    def spawn(self):
        """Start without waiting."""
        process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with self._said:
            self.process, self.lines, self._silent = process, [], False
        self._reader = threading.Thread(target=self._read, args=[process, self.lines], daemon=True)
        self._reader.start()
        return self

    def get(self, path, **kwargs):
        return requests.get(self.address + path, timeout=10, **kwargs)

    def wait_until_ready(self, timeout=30):
        """Wait for the first full pass of the scheduler, asking as a load balancer would."""
        answer = wait_for(lambda: (got := self.get("/readyz")).status_code == 200 and got, timeout)
        return answer.json()

    def wait_for_line(self, start, timeout=60):
        def found():
            return next((line for line in self.lines if line.startswith(start)), None)

        with self._said:
            self._said.wait_for(lambda: found() or self._silent, timeout)
        if not (line := found()):
            raise AssertionError(f"Nothing said {start!r}:\n" + "\n".join(self.lines))
        return line

    def interrupt(self, timeout=30):
        """What Ctrl-C does; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait(timeout)

    def wait(self, timeout=30):
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def kill(self):
        """What a power cut does."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    @property
    def output(self):
        return "\n".join(self.lines)

    def _read(self, process, lines):
        for line in process.stdout:
            with self._said:
                lines.append(line.rstrip())
                self._said.notify_all()
        with self._said:
            # The last words of a process that was killed may be read when its successor runs already.
            self._silent = self._silent or process is self.process
            self._said.notify_all()


def wait_for(answer, timeout=30):
    """Ask until the answer is true, pausing a moment between; returns it."""
    pause = threading.Event()
    for _ in range(int(timeout / 0.05)):
        if got := answer():
            return got
        pause.wait(0.05)
    raise AssertionError(f"Still false after {timeout} s.")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A data directory with an empty, migrated database, to be copied."""
    product = Product(tmp_path_factory.mktemp("migrated"))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=product.environment,
        check=True,
    )
    return product.data_dir


@pytest.fixture
def data_dir(migrated, tmp_path):
    return shutil.copytree(migrated, tmp_path / "data")


@pytest.fixture
def product(data_dir):
    """The product, up and serving."""
    with Product(data_dir) as running:
        yield running
