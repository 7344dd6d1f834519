"""Bearer tokens. `TenancyMiddleware` has admitted the token and opened its organisation; this only reads that."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.throttling import SimpleRateThrottle


class TokenAuthentication(BaseAuthentication):
    """`request.user` is the person, `request.auth` the token, `request.membership` who acts."""

    def authenticate(self, request):
        token = request._request.token
        if token is None:
            if request.headers.get("Authorization"):
                raise AuthenticationFailed("This token is unknown, expired or revoked.")
            return None
        request.membership = token.membership
        return token.membership.person, token

    def authenticate_header(self, request):
        return "Bearer"


class TokenThrottle(SimpleRateThrottle):
    """So many requests a minute for one token."""

    scope = "token"

    def get_cache_key(self, request, view):
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk} if request.auth else None


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `create_token` or the settings page.",
        }
