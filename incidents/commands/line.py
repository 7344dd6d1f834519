"""Whether a text is a command, and which."""

import re
from dataclasses import dataclass

SLASH = "/"
WORD = re.compile(r"(\S*)(.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """The word after the slash, in small letters, and everything after it."""

    word: str
    rest: str


def command_in(text):
    """The `Line` of a text that begins with one slash, or None. Two slashes begin a message."""
    text = text.strip()
    if not text.startswith(SLASH) or text.startswith(SLASH * 2):
        return None
    word, rest = WORD.match(text[1:]).groups()
    return Line(word.lower(), rest.strip())


def message_in(text):
    """The words of a message: of two slashes at its beginning one is left."""
    text = text.strip()
    return text[1:] if text.startswith(SLASH * 2) else text
