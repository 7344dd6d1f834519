"""A mail server and an SMS gateway on this machine, which do as they are told and remember everything."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


class MailServer:
    """`answers` maps a recipient to replies used up in order: `"250 OK"`, `"451 …"`, `"550 …"`, or `CUT` after the
    final dot. Whoever has none left gets 250."""

    CUT = "cut"

    def __init__(self):
        self.answers = {}
        self.mails = []
        self.seen = []
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    def start(self):
        self.controller.start()
        return self

    def stop(self):
        self.controller.stop()

    async def handle_DATA(self, server, session, envelope):
        (recipient,) = envelope.rcpt_tos
        self.seen.append(envelope)
        answer = self._next(recipient)
        if answer == self.CUT:
            self.mails.append(envelope)
            server.transport.abort()
            return "250 nobody reads this"
        if answer.startswith("2"):
            self.mails.append(envelope)
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        waiting = self.answers.get(address)
        if waiting and waiting[0].startswith("RCPT "):
            return waiting.pop(0).removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def _next(self, recipient):
        waiting = self.answers.get(recipient)
        return waiting.pop(0) if waiting else "250 OK"

    def to(self, address):
        """The messages taken for an address, as text."""
        return [mail.content.decode() for mail in self.mails if mail.rcpt_tos == [address]]


class SmsGateway:
    """`answers` are used up in order: `(status, headers)`, or `CUT`; then everything is taken.

    `hold()` lets requests arrive and keeps their answers back.
    """

    CUT = "cut"

    def __init__(self):
        self.answers = []
        self.requests = []
        self.arrived = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                gateway.take(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/send"

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self._open.set()
        self.server.shutdown()
        self.server.server_close()

    def hold(self):
        self._open.clear()

    def let_go(self):
        self._open.set()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.requests.append({**json.loads(body), "key": handler.headers["Idempotency-Key"]})
        answer = self.answers.pop(0) if self.answers else (202, {})
        self.arrived.release()
        self._open.wait(60)
        if answer == self.CUT:
            handler.close_connection = True
            handler.connection.close()
            return
        status, headers = answer
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            # Whoever asked is gone, which is what some tests are about.
            handler.close_connection = True

    @property
    def distinct(self):
        """What a gateway that knows keys passes on: each message once."""
        return {request["key"]: request for request in self.requests}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
