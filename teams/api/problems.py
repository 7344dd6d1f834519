"""Every error a program gets, in one shape: `application/problem+json`."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from ..errors import Refused, Taken

MEDIA_TYPE = "application/problem+json"
# One sentence for both, so that nobody learns what exists elsewhere.
MISSING = "Not there, or not yours."
TITLES = {
    400: "The request is malformed",
    401: "A valid token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Refused by a rule",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "The values make no sense",
    428: "Precondition required",
    429: "Too many requests",
    500: "Our fault",
}


class Unprocessable(exceptions.APIException):
    """Valid JSON that makes no sense: `errors` is `[{"field", "message"}]`."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "invalid"

    def __init__(self, errors):
        super().__init__("Some values make no sense.")
        self.errors = errors


class Stale(exceptions.APIException):
    """`If-Match` names a version that is no longer current. `facts` tell a program what is there instead."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "stale"
    default_detail = "This was changed since you read it. Read it again and repeat your change."

    def __init__(self, detail=None, *, code=None, **facts):
        super().__init__(detail)
        self.default_code = code or self.default_code
        self.facts = facts


def problem(status_code, code, detail, **more):
    """The body of a problem, as a dictionary."""
    return {
        "type": "about:blank",
        "status": status_code,
        "code": code,
        "title": TITLES.get(status_code, "Error"),
        "detail": detail,
        **more,
    }


def problem_response(status_code, code, detail, *, headers=None, **more):
    """The same as an ordinary response, for views that are not the framework's."""
    return JsonResponse(
        problem(status_code, code, detail, **more),
        status=status_code,
        content_type=MEDIA_TYPE,
        headers=headers,
    )


def field_errors(errors, prefix=""):
    """Flatten a serializer's errors to `[{"field": "body.text", "message": …}]`."""
    if isinstance(errors, dict):
        flat = []
        for name, inner in errors.items():
            own = "" if name == "non_field_errors" else str(name)
            flat += field_errors(inner, ".".join(filter(None, (prefix, own))))
        return flat
    if isinstance(errors, list):
        return [each for inner in errors for each in field_errors(inner, prefix)]
    return [{"field": prefix, "message": str(errors)}]


def answer(error, context):
    """Turn an exception into a problem; None for what is a fault of ours."""
    headers, more = {}, {}
    if isinstance(error, (Http404, PermissionDenied)):
        error = exceptions.NotFound(MISSING)
    if isinstance(error, Taken):
        error = exceptions.ValidationError({"slug": [error.sentence]})
    if isinstance(error, Refused):
        code, detail, status_code = error.code, error.sentence, 409
        more |= {"waivable": error.waivable, **error.facts}
        if error.offers:
            more["offers"] = list(error.offers)
    elif isinstance(error, exceptions.ValidationError):
        code, detail, status_code = "invalid", "Some values make no sense.", 422
        more["errors"] = field_errors(error.detail)
    elif isinstance(error, Unprocessable):
        code, detail, status_code = "invalid", str(error.detail), 422
        more["errors"] = error.errors
    elif isinstance(error, exceptions.APIException):
        code, detail, status_code = error.default_code, str(error.detail), error.status_code
        more |= getattr(error, "facts", {})
        if isinstance(error, exceptions.ParseError):
            code = "malformed"
        if isinstance(error, exceptions.Throttled):
            code, detail = "too_many_requests", "So many requests a minute are allowed for one token. Wait a little."
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait) + 1)
    else:
        return None
    return Response(
        problem(status_code, code, detail, **more),
        status=status_code,
        headers=headers,
        content_type=MEDIA_TYPE,
    )
