"""The pinned lists say what pyproject.toml chose, and install wherever the product runs."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CHOSEN = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    return {re.sub(r"\[.*\]", "", line.split(";")[0].strip()): line for line in lines}


def without_extras(requirement):
    return re.sub(r"\[.*\]", "", requirement.split(";")[0].strip())


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("requirements.txt", CHOSEN["dependencies"]),
        ("requirements-dev.txt", CHOSEN["dependencies"] + CHOSEN["optional-dependencies"]["dev"]),
    ],
)
def test_what_was_chosen_is_what_is_installed(name, chosen):
    assert {without_extras(requirement) for requirement in chosen} - set(pins(name)) == set()


def test_tests_run_against_the_very_versions_that_serve():
    assert set(pins("requirements.txt")) - set(pins("requirements-dev.txt")) == set()


def test_the_python_of_debian_12_gets_what_redis_needs_there():
    (line,) = [line for pin, line in pins("requirements.txt").items() if pin.startswith("async-timeout==")]

    assert line.split(";")[1].strip() == "python_full_version < '3.11.3'"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_everything_is_pinned_and_comes_from_nowhere_in_particular(name):
    assert [pin for pin in pins(name) if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []
