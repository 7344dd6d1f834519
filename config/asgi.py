"""Pages, sockets, and what starts with the server."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

# Only now are the apps loaded, which the consumers need.
from config.lifespan import lifespan  # noqa: E402
from config.origins import OriginGate  # noqa: E402
from incidents.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": OriginGate(URLRouter(websocket_urlpatterns)),
        "lifespan": lifespan,
    }
)
