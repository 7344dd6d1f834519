"""Apps look down only: teams ← playbooks ← incidents ← notifications; config assembles and nothing imports it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("teams", "playbooks", "incidents", "notifications")


def imports_of(app):
    """`(file, app)` for every import of one of ours, absolute or relative, at the top or inside."""
    for path in sorted((ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for name in names:
                yield path.relative_to(ROOT), name.partition(".")[0]


@pytest.mark.parametrize("app", ORDER)
def test_an_app_imports_only_what_lies_below_it(app):
    allowed = ORDER[: ORDER.index(app) + 1]
    upward = {(str(path), top) for path, top in imports_of(app) if top in (*ORDER, "config") and top not in allowed}
    assert upward == set()


def test_the_reader_of_imports_sees_them():
    assert "teams" in {top for _, top in imports_of("incidents")}
