"""Every page that can be reached is fit for everybody, fits a small screen, and talks to nobody else."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# One of many alike is enough; and what leaves the product, ends the session or is a file is no page.
LEFT_OUT = re.compile(r"/accounts/logout/|/api/|/admin/|/unsubscribe/|\.eml$|\.ics$|/export\.\w+$")
ALIKE = re.compile(r"\d+|(?<=/functions/)[a-z-]+|(?<=/playbooks/)[a-z0-9-]+|(?<=/services/)[a-z-]+|(?<=/roles/)[a-z_]+")
LAYOUTS = [
    pytest.param("lena", 1440, "light", id="lena-wide-light"),
    pytest.param("lena", 390, "dark", id="lena-narrow-dark"),
    pytest.param("stan", 1440, "dark", id="stan-wide-dark"),
    pytest.param("stan", 390, "light", id="stan-narrow-light"),
]


@pytest.fixture(scope="module")
def busy(installation):
    number, _ = installation.do("declare", severity="sev1")
    installation.do(
        "post", number, "```\nA line of a log that is far too long to fit on any telephone " + "x" * 200 + "\n```"
    )
    return number


@pytest.mark.parametrize("local, width, scheme", LAYOUTS)
def test_every_page_is_fit_for_everybody(open_browser, busy, local, width, scheme):
    browser = open_browser(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    page = browser.sign_in(local)
    wrong = {}

    waiting, seen = ["/o/acme/", f"/o/acme/incidents/{busy}/", "/me/"], set()
    while waiting:
        path = waiting.pop(0)
        if (shape := ALIKE.sub("N", path.partition("?")[0])) in seen:
            continue
        seen.add(shape)
        answer = page.goto(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status == 200, f"{path}: {answer.status}"
        page.evaluate("document.fonts.ready")
        if found := problems(page):
            wrong[path] = found
        waiting += [link for link in links(page) if not LEFT_OUT.search(link)]

    assert wrong == {}
    assert len(seen) > 12
    assert browser.complaints == []
    assert browser.strangers == []


def links(page):
    """Paths of our own pages that this one leads to."""
    return page.evaluate(
        "[...document.querySelectorAll('a[href]')].filter((link) => link.origin === location.origin && !link.hash)"
        ".map((link) => link.pathname)"
    )


def problems(page):
    violations = AXE.run(page, options=RULES).response["violations"]
    found = [f"{each['id']}: {node['target'][0]}" for each in violations for node in each["nodes"]]
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 900})
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > 320:
        found.append(f"scrolls sideways: {wide} px at 320")
    page.set_viewport_size(size)
    return found
