"""The description of the interface, made from the code: what every operation shares is said here once."""

import re

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from . import problems
from .pages import Paging, pages_of
from .shapes import Answer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Up to 255 visible characters of your own. The same key with the same body is answered with the "
    "first answer for 24 hours and does nothing again.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^(\\*|"[!#-~]*")$'},
    OpenApiParameter.HEADER,
    description="The `ETag` you read. When it changed since, the answer is 412 and nothing is done.",
)


# In the order in which they are shown.
TAGS = {
    "me": "Whom a token acts for",
    "needs": "What waits for that member",
    "incidents": "Declare, work and end incidents",
    "alerts": "What monitoring says",
    "reports": "What customers see",
    "report-spikes": "What more reports than usual propose",
    "integrations": "Sources of alerts",
    "business-events": "What the business has planned",
    "deliveries": "What was sent to whom, and what became of it",
    "routing-rules": "Who is told of what",
    "status-page": "What the public reads",
    "members": "Who belongs to the organisation",
    "functions": "Organisational areas, and who is on call for them",
    "services": "What customers use",
    "glossary": "Words of the house, and what to say instead",
    "teams": "People who work together",
    "playbooks": "Whom to involve, and what to do first",
    "types": "Kinds of incidents",
    "severities": "How bad it can be, and how often each audience hears",
    "roles": "What each role does, and what excludes what",
    "decision-rights": "Who may decide what",
    "tokens": "What programs carry",
}

# What each problem looks like: code, detail, and what more it says.
PROBLEMS = {
    400: ("malformed", "The body is not JSON: Expecting value at character 10.", {}),
    401: ("authentication_failed", "This token is unknown, expired or revoked.", {}),
    404: ("not_found", problems.MISSING, {}),
    405: ("method_not_allowed", 'Method "TRACE" not allowed.', {}),
    409: (
        "coordination_right",
        "Only the incident lead may change the severity. Say why to do it anyway.",
        {"waivable": True},
    ),
    412: ("stale", "This was changed since you read it. Read it again and repeat your change.", {}),
    413: ("too_large", "This body is larger than is accepted here.", {}),
    415: ("unsupported_media_type", 'Unsupported media type "text/plain" in request.', {}),
    422: (
        "invalid",
        "Some values make no sense.",
        {"errors": [{"field": "severity", "message": "There is nothing with this name."}]},
    ),
    429: ("too_many_requests", "So many requests a minute are allowed for one token. Wait a little.", {}),
}


class FieldProblem(Answer):
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class Problem(Answer):
    """An error, as RFC 9457 shapes it."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Names the rule or the mistake; stable.")
    title = serializers.CharField()
    detail = serializers.CharField(help_text="A sentence for people.")
    waivable = serializers.BooleanField(
        required=False, help_text='With 409: the same body with `"waiver": "reason"` goes through.'
    )
    offers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With 409: what can be done instead."
    )
    errors = FieldProblem(many=True, required=False)


def operation(*, body=None, answer=None, status=200, query=None, examples=(), if_match=False, also=None):
    """Describe one method: what it takes, what it answers, and examples of both."""
    parameters = [query] if query else []
    if if_match:
        parameters.append(IF_MATCH)
    return extend_schema(
        request=body,
        responses={status: answer, **(also or {})},
        parameters=parameters or None,
        examples=list(examples) or None,
    )


def listing(shape, query=Paging):
    """Describe a GET that answers with pages of this shape."""
    return operation(answer=pages_of(shape), query=query)


def example_of(status):
    code, detail, more = PROBLEMS[status]
    return OpenApiExample(code, problems.problem(status, code, detail, **more))


class Schema(AutoSchema):
    """Adds to every operation its name, its first sentence, its problems and the headers it honours."""

    def get_operation_id(self):
        parts = re.sub(self.path_prefix, "", self.path).strip("/").split("/")
        return "_".join([self.method.lower(), *(re.sub(r"[-.]", "_", part.strip("{}")) for part in parts)])

    def get_summary(self):
        return self.get_description().partition(". ")[0].rstrip(".")

    def get_override_parameters(self):
        return [IDEMPOTENCY_KEY] if self.method == "POST" else []

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        for status in self._problems():
            response = OpenApiResponse(Problem, problems.TITLES[status], [example_of(status)])
            bodies[str(status)] = self._get_response_for_code(response, str(status), [problems.MEDIA_TYPE], direction)
        return bodies

    def _problems(self):
        """The statuses of the errors this operation can answer with."""
        found = {400, 401, 404, 405, 429}
        places = {place for _, place in self._process_override_parameters()}
        if self.method != "GET":
            found |= {409}
        if self.method in ("POST", "PUT", "PATCH"):
            found |= {413, 415}
        if "query" in places or self.method in ("POST", "PUT", "PATCH"):
            found |= {422}
        if ("If-Match", "header") in self._process_override_parameters():
            found |= {412}
        return sorted(found)


def arrange(result, generator, request, public):
    """Put first what people look for first, and take out marks that the generator leaves for a step we do without."""
    result["tags"] = [{"name": name, "description": description} for name, description in TAGS.items()]
    _forget_marks(result)
    return result


def _forget_marks(node):
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _forget_marks(inner)
