"""Long lists come in pages, by cursor: `{"results": […], "next": url|null}`.

The cursor is a unique, growing number of the last row, so a page costs the same wherever it lies, and rows that
arrive meanwhile move nothing.
"""

from functools import cache

from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from .shapes import LARGEST_ID, Answer, Query

PAGE = 50
LARGEST_PAGE = 1000


class Paging(Query):
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST_ID, help_text="Where the last page ended: take it from `next`."
    )


def page_of(request, rows, shape, asked, *, key="pk", ascending=False, parameter="cursor", prepare=None, upward=None):
    """One page as `Paging` asked for it. `key` is the number that orders the rows, `parameter` its name outside;
    `prepare` is called with the rows of the page, to load what they show at once. `upward(rows, cursor)` is another
    order: the rows after a cursor, sorted.
    """
    limit, cursor = asked["limit"], asked.get("cursor")
    if upward:
        rows = upward(rows, cursor)
    else:
        if cursor is not None:
            rows = rows.filter(**{f"{key}__{'gt' if ascending else 'lt'}": cursor})
        rows = rows.order_by(key if ascending else f"-{key}")
    found = list(rows[: limit + 1])
    page, rest = found[:limit], found[limit:]
    if prepare:
        prepare(page)
    following = replace_query_param(request.build_absolute_uri(), parameter, getattr(page[-1], key)) if rest else None
    return Response({"results": shape(page, many=True, context={"request": request}).data, "next": following})


@cache
def pages_of(shape):
    """The serializer that describes a page of this shape."""
    return type(
        f"{shape.__name__}Page",
        (Answer,),
        {"results": shape(many=True), "next": serializers.URLField(allow_null=True)},
    )
