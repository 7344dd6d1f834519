"""The whole product in one process: it starts, says where it is, stops in order, and survives being killed."""

import shutil
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.serving import ROOT, Product, wait_for

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def acme(migrated, tmp_path_factory):
    """A data directory with Acme and its owner Lena, made by the commands an operator would use."""
    data_dir = shutil.copytree(migrated, tmp_path_factory.mktemp("acme") / "data")
    command(data_dir, "create_organization", "Acme", "--owner", "lena@acme.test", "--password", PASSWORD)
    return data_dir


@pytest.fixture(scope="module")
def lenas_token(acme):
    return command(acme, "create_token", "acme", "lena@acme.test")


@pytest.fixture(scope="module")
def running(acme, lenas_token, tmp_path_factory):
    """One product for all the tests that leave it running."""
    with Product(shutil.copytree(acme, tmp_path_factory.mktemp("running") / "data")) as running:
        yield running


@pytest.fixture
def product(acme, lenas_token, tmp_path):
    """One product for a test that ends it."""
    with Product(shutil.copytree(acme, tmp_path / "data")) as product:
        yield product


def command(data_dir, *arguments):
    environment = Product(data_dir).environment
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def listen(product, path, *, token=None, **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return connect(product.address.replace("http", "ws") + path, additional_headers=headers, open_timeout=10)


def close_code(connection):
    try:
        while True:
            connection.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def test_it_says_where_it_is_and_becomes_ready(running):
    assert running.get("/healthz").json() == {"status": "alive"}
    assert running.wait_until_ready()["reasons"] == []
    assert f"Its data lies in {running.data_dir}" in running.lines
    assert any(line.endswith("bin/run --demo") for line in running.lines)
    assert list(ROOT.glob("celerybeat*")) == []


def test_it_does_not_tell_what_it_runs_on(running):
    answer = running.get("/")

    assert answer.status_code == 200
    assert "server" not in answer.headers


def test_ctrl_c_ends_it_in_order_while_a_socket_is_open(product, lenas_token):
    with listen(product, "/ws/o/acme/", token=lenas_token) as connection:
        started = time.monotonic()
        code = product.interrupt()
        took = time.monotonic() - started
        code_of_close = close_code(connection)

    assert code == 0
    assert took < 10
    # "Service restart": the page knows that it is to come back.
    assert code_of_close == 1012
    assert "Traceback" not in product.output


def test_a_request_on_its_way_is_answered_before_it_ends(product):
    address = urlsplit(product.address)
    body = b"login=lena%40acme.test&password=wrong"
    head = (
        f"POST /accounts/login/ HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head.encode() + body[:10])
        # The next one is answered, so the server has read the head of ours.
        assert product.get("/healthz").status_code == 200
        product.process.send_signal(2)
        wait_for(lambda: refuses_connections(address))
        line.sendall(body[10:])
        answer = line.recv(100)

    assert answer.startswith(b"HTTP/1.1 403")  # without the form's secret; what counts is the answer
    assert product.wait() == 0


def refuses_connections(address):
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_second_one_on_the_same_data_is_refused(running):
    second = Product(running.data_dir).spawn()

    assert second.wait() == 1
    assert second.output == (
        f"CommandError: Muster already runs on the data in {running.data_dir} "
        f"(process {running.process.pid} {running.address}). Stop it first, or choose another place with DATA_DIR."
    )
    assert running.get("/healthz").status_code == 200


def test_a_taken_port_is_named(running, tmp_path):
    port = urlsplit(running.address).port
    elsewhere = Product(shutil.copytree(running.data_dir, tmp_path / "elsewhere"))

    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        env=elsewhere.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: Cannot listen on 127.0.0.1 port {port}: Address already in use. Choose another with PORT.\n"
    )


def test_what_was_acknowledged_survives_a_kill(product, lenas_token):
    headers = {"Authorization": f"Bearer {lenas_token}"}
    declared = requests.post(
        product.address + "/api/v1/incidents/", json={"title": "Checkout fails"}, headers=headers, timeout=10
    )
    product.kill()
    with Product(product.data_dir) as again:
        found = again.get("/api/v1/incidents/1/", headers=headers)
        again.wait_until_ready()

    assert declared.status_code == 201
    assert found.json()["title"] == "Checkout fails"


def test_sockets_of_strangers_are_refused(running, lenas_token):
    with listen(running, "/ws/o/acme/", token=lenas_token):
        pass
    with pytest.raises(InvalidStatus) as refusal:
        listen(running, "/ws/o/acme/", Cookie="sessionid=abc", Origin="http://evil.example")

    assert refusal.value.response.status_code == 403


def test_a_frame_longer_than_anybody_needs_closes_the_socket(running, lenas_token):
    with listen(running, "/ws/o/acme/", token=lenas_token) as connection:
        connection.send("x" * (64 * 1024 + 1))
        code_of_close = close_code(connection)

    assert code_of_close == 1009
