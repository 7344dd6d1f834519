"""How the files of `static/` leave the house in production: named by their content, compressed, our scripts lean."""

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_SCRIPTS = "js/elements/"


class LeanStorage(CompressedManifestStaticFilesStorage):
    """Our own scripts travel without what only their readers need. Still one line for each line."""

    def _save(self, name, content):
        if name.startswith(OUR_SCRIPTS):
            # From its beginning: whoever named the file by its content has read to the end.
            content = ContentFile(lean(b"".join(content.chunks()).decode()).encode())
        return super()._save(name, content)


def lean(script):
    """The script without indentation, empty lines and lines of comment. Knows nothing of texts over several lines."""
    lines = (line.strip() for line in script.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))
