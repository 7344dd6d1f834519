"""Which sockets may knock: a browser's from our own pages, a program's with a token. Nobody with neither.

A browser sends its cookies along whoever's page asks, and names that page in `Origin`: what carries cookies
must come from here. It cannot set `Authorization`: a token speaks for a program, which has no page to name.
"""

from collections import defaultdict
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


class OriginGate:
    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if admits(scope):
            return await self.application(scope, receive, send)
        await receive()
        return await send({"type": "websocket.close"})


def admits(scope) -> bool:
    headers: dict[bytes, list[str]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.lower()].append(value.decode("latin-1"))
    if is_ours(headers[b"origin"], headers[b"host"], scope.get("scheme", "ws")):
        return True
    return carries_token(headers[b"authorization"]) and not headers[b"cookie"]


def carries_token(authorizations: list[str]) -> bool:
    return len(authorizations) == 1 and authorizations[0].lower().startswith("bearer ")


def is_ours(origins: list[str], hosts: list[str], scheme: str) -> bool:
    """Exactly one origin, and it is the configured address or the very host that was asked."""
    if len(origins) != 1 or (came_from := parts(origins[0])) is None:
        return False
    ours = [*settings.CSRF_TRUSTED_ORIGINS]
    if len(hosts) == 1 and validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS):
        secure = settings.PRODUCTION or scheme == "wss"
        ours.append(f"{'https' if secure else 'http'}://{hosts[0]}")
    return came_from in [parts(origin) for origin in ours]


def parts(origin: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for whatever is not an origin, `null` among it."""
    try:
        url = urlsplit(origin.lower())
        port = url.port or DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        return None
    plain = url.geturl() == f"{url.scheme}://{url.netloc}" and "@" not in url.netloc
    return (url.scheme, url.hostname, port) if url.scheme in DEFAULT_PORTS and url.hostname and plain else None
