"""Serves pages, API and sockets, and on the one-process default worker and scheduler with them."""

import contextlib
import os
import signal
import socket
import warnings
from ipaddress import ip_address

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded


class AnnouncingServer(uvicorn.Server):
    """Says that it is there once it really is."""

    def __init__(self, config, announce):
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        if self.started:
            self.announce()


class Command(BaseCommand):
    help = "Serve Muster. Without REDIS_URL this one process is the whole product."
    # Nobody waits for them at every start; `bin/run` migrates and CI checks.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=port_number, default=settings.PORT, help="port to listen on (default: %(default)s)"
        )

    def handle(self, *args, host, port, **options):
        if settings.EMBEDDED:
            try:
                embedded.claim.take(settings.DATA_DIR)
            except embedded.AlreadyRunning as trouble:
                raise CommandError(str(trouble)) from None
        listener = self.listen(host, port)
        address = address_of(listener)
        embedded.claim.sign(address)
        if not settings.BASE_URL_CHOSEN:
            settings.BASE_URL = address

        # Static files are small, so that they are read at once is as good.
        warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
        # The server ends in order and then repeats the signal that asked for it; that is not an error.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            AnnouncingServer(server_options(), lambda: self.announce(address)).run(sockets=[listener])
        if settings.EMBEDDED and "worker" not in embedded.celery.dead_threads():
            # A task hangs on somebody's network. Its work is leased and will be taken up again.
            os._exit(0)

    def listen(self, host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as trouble:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {trouble.strerror}. Choose another with PORT."
            ) from None
        return listener

    def announce(self, address):
        self.stdout.write(f"Muster is at {address} (Ctrl-C stops it)")
        if settings.EMBEDDED:
            self.stdout.write(f"Its data lies in {settings.DATA_DIR}")
            if not settings.EMAIL_URL:
                self.stdout.write(f"Mail is kept there and can be read at {address}/outbox/")
            self.stdout.write("For an example to look at, stop it and start again with: bin/run --demo")
        else:
            self.stdout.write("Pages and sockets only: worker and scheduler are processes of their own.")
        self.stdout.flush()


def address_of(listener):
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def port_number(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def server_options():
    return uvicorn.Config(
        "config.asgi:application",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who the client is, and whether it came by https, is for the settings to believe (`TRUSTED_PROXIES`).
        proxy_headers=False,
        # Nobody writes anything long over a socket, and what the hub sends is small and the same for all.
        ws_max_size=64 * 1024,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
