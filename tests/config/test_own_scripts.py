"""The scripts that we wrote: how much of them a room loads, and that they are the same once they are lean."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.static_files import LeanStorage, lean
from tests.factories import declare_incident

ELEMENTS = sorted((Path(settings.BASE_DIR) / "static/js/elements").glob("*.js"))
# What a browser receives of them for the room in production, in bytes; and before compression.
MOST_ON_THE_WAY = 13 * 1024
MOST = 32 * 1024


def scripts_of(page):
    paths = re.findall(r'<script[^>]* src="/static/(js/[^"]+)"', page)
    assert len(paths) == len(set(paths))
    return [lean(Path(finders.find(path)).read_text()).encode() for path in paths]


def test_the_room_loads_little_of_our_own(lena, signed_in):
    incident = declare_incident(lena)

    scripts = scripts_of(signed_in(lena).get(incident.get_absolute_url()).content.decode())

    assert len(scripts) > 5
    assert sum(len(gzip.compress(script, 9)) for script in scripts) <= MOST_ON_THE_WAY
    assert sum(map(len, scripts)) <= MOST


@pytest.mark.parametrize("path", ELEMENTS, ids=lambda path: path.stem)
def test_a_script_holds_no_text_over_several_lines(path):
    """`lean` would change it."""
    for line in path.read_text().splitlines():
        code = "" if line.strip().startswith("//") else line
        assert code.count("`") % 2 == 0
        assert "/*" not in code


def test_collected_scripts_are_lean_and_nothing_else_is_touched(tmp_path):
    """Under the name that pages give, too, and compressed."""
    source = FileSystemStorage(location=tmp_path / "written", base_url="/")
    source.save("js/elements/x.js", ContentFile(b'// Why.\nif (here) {\n  // Because.\n\n  go("// on");\n}\n' * 50))
    source.save("js/other.js", ContentFile(b"// Theirs.\n" * 50))
    served = LeanStorage(location=tmp_path / "served", base_url="/static/")

    collect(source, served, ["js/elements/x.js", "js/other.js"])

    for name, expected in (
        ("js/elements/x.js", b'if (here) {\ngo("// on");\n}\n' * 50),
        ("js/other.js", b"// Theirs.\n" * 50),
    ):
        hashed = served.stored_name(name)
        assert hashed != name
        assert served.open(hashed).read() == served.open(name).read() == expected
        assert gzip.decompress(served.open(f"{hashed}.gz").read()) == expected


def collect(source, served, names):
    """What `collectstatic` does."""
    for name in names:
        served.save(name, source.open(name))
    for _, _, done in served.post_process({name: (source, name) for name in names}):
        assert not isinstance(done, Exception)
