"""An incident as one JSON document, in the shapes of the API; documented in `docs/api.md`."""

from rest_framework.utils.encoders import JSONEncoder

from ..api.timeline import EntryAnswer

_encoder = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def written(export):
    """The document in pieces."""
    head = _encoder.encode(export.head | export.sections)
    yield head.removesuffix("}") + ',"timeline":['
    comma = ""
    for rows in export.stretches(lambda entries: EntryAnswer(entries, many=True).data):
        for row in rows:
            yield comma + _encoder.encode(row)
            comma = ","
    yield "]}\n"
