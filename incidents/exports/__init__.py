"""An incident to take along: everything one member may read of it, with the moment and the entry it reflects."""

from dataclasses import dataclass
from types import ModuleType

from django.http import StreamingHttpResponse

from . import as_json, as_markdown
from .contents import Export


@dataclass(frozen=True)
class Format:
    extension: str
    media_type: str
    writer: ModuleType


FORMATS = {
    each.extension: each
    for each in (Format("md", "text/markdown", as_markdown), Format("json", "application/json", as_json))
}


def download(incident, viewer, form):
    """The answer that streams the file; a long incident is never in memory as a whole."""
    name = f"{incident.key}.{form.extension}"
    return StreamingHttpResponse(
        form.writer.written(Export(incident, viewer)),
        content_type=f"{form.media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
