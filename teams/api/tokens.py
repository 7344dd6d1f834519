"""Bearer tokens. `TenancyMiddleware` has admitted the token and opened its organisation; this only reads that."""

import logging
import time

from django.conf import settings
from django.core.cache import cache
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)

WINDOW = 60


class TokenAuthentication(BaseAuthentication):
    """`request.user` is the person, `request.auth` the token, `request.membership` who acts."""

    def authenticate(self, request):
        token = request._request.token
        if token is None:
            if request.headers.get("Authorization"):
                raise AuthenticationFailed("This token is unknown, expired or revoked.")
            return None
        return token.membership.person, token

    def authenticate_header(self, request):
        return "Bearer"


class TokenThrottle(BaseThrottle):
    """So many requests in each minute for one token; the answer's headers tell how many are left."""

    def allow_request(self, request, view):
        if request.auth is None:
            return True
        limit, now = settings.API_REQUESTS_PER_MINUTE, int(time.time())
        self.left_in_window = WINDOW - now % WINDOW
        made = self._count(request.auth.pk, now // WINDOW)
        request.allowance = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - made)),
            "RateLimit-Reset": str(self.left_in_window),
        }
        return made <= limit

    def wait(self):
        return self.left_in_window

    @staticmethod
    def _count(token_id, window):
        """How many requests the token has made in this window; none when the cache is away, which stops nobody."""
        name = f"api-requests:{token_id}:{window}"
        try:
            cache.add(name, 0, timeout=2 * WINDOW)
            return cache.incr(name)
        except Exception:
            logger.warning("Requests are not counted: the cache does not answer.", exc_info=True)
            return 0


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `create_token` or the settings page.",
        }
