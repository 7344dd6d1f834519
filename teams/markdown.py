"""What people write, made safe to show: CommonMark without HTML, then an allow-list on the result."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}

_commonmark = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 20})
    .enable(["table", "strikethrough"])
    # A remote picture would tell its host who reads the incident, and when.
    .disable(["image"])
)


@lru_cache(maxsize=4096)
def render(text):
    """Markdown to HTML that is the same for every viewer and runs nothing."""
    return nh3.clean(
        _commonmark.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        # A long line scrolls, for those without a mouse too.
        set_tag_attribute_values={"pre": {"tabindex": "0"}},
    )
