"""What every resource does the same way: it reads a body or a query, finds, calls one verb, answers in JSON."""

from contextlib import contextmanager

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response
from rest_framework.views import APIView

from ..errors import Refused
from .pages import Paging, page_of
from .problems import Stale


class AlwaysJSON(BaseContentNegotiation):
    """There is one format, whatever a program says it would like."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    content_negotiation_class = AlwaysJSON

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        # Asked here, because a form that somebody has read before us would pass for a body.
        if request.META.get("CONTENT_LENGTH") not in (None, "", "0") and not self._reads(request.content_type):
            raise UnsupportedMediaType(request.content_type)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "allowance", {}).items():
            response[name] = value
        return response

    @property
    def member(self):
        """The membership that acts."""
        return self.request.membership

    def body(self, shape, *, partial=False):
        """The body in this shape, as the keyword arguments of a verb; 422 where it makes no sense."""
        return self._read(shape, self.request.data, partial=partial)

    def query(self, shape):
        """The parameters of the address in this shape."""
        return self._read(shape, self.request.query_params.dict())

    def find(self, rows, **named):
        """The one row among those this member may reach; 404 for everything else."""
        return get_object_or_404(rows, **named)

    def answer(self, shape, subject, *, status=200, headers=None):
        data = shape(subject, context={"request": self.request}).data
        return Response(data, status=status, headers=headers)

    def answer_once(self, shape, subject, *, hide):
        """Answer a creation with something shown only now; what is kept for a repeated request has null there."""
        response = self.answer(shape, subject, status=201)
        response.kept = {**response.data, hide: None}
        return response

    def page(self, shape, rows, asked=None, **order):
        """One page of rows, by cursor; `asked` is the query where it says more than which page."""
        return page_of(self.request, rows, shape, asked or self.query(Paging), **order)

    def require_match(self, current):
        """Refuse with 412 when `If-Match` names another version than the one that is there."""
        wanted = self.request.headers.get("If-Match", "*").strip()
        if wanted != "*" and etag(current) not in [tag.strip() for tag in wanted.split(",")]:
            raise Stale

    def _reads(self, content_type):
        offered = content_type.partition(";")[0].strip().lower()
        return offered in [parser.media_type for parser in self.parser_classes]

    def _read(self, shape, data, **options):
        reader = shape(data=data, context={"request": self.request}, **options)
        reader.is_valid(raise_exception=True)
        return reader.validated_data


def etag(version):
    return f'"{version}"'


@contextmanager
def unchanged_is_fine():
    """Asking for what is already so succeeds: PUT and PATCH may be repeated."""
    try:
        yield
    except Refused as refusal:
        if refusal.code != "unchanged":
            raise
